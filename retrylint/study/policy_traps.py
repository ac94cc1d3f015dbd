"""Misuse of a policy: on what it does nothing, above or below what, and with which arguments it does something else."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.libraries.policies import PolicyIndex
from retrylint.model import RetrySite, Span, Trap
from retrylint.study.body import decorator_name
from retrylint.study.policy_catch import exception_names
from retrylint.study.policy_uses import Use
from retrylint.study.scope import Scope

ROUTES = frozenset({"delete", "get", "head", "options", "patch", "post", "put", "route", "websocket"})
TASKS = frozenset({"actor", "shared_task", "task"})
SHORT = 100  # milliseconds: a shorter wait was meant in seconds
ERRORS = frozenset({"requests.HTTPError", "requests.exceptions.HTTPError", "httpx.HTTPStatusError"})
EVERYTHING = frozenset({"Exception", "BaseException"})


def policy_traps(
    use: Use, site: RetrySite, function: code.Function, scope: Scope, index: PolicyIndex
) -> Iterator[Trap]:
    """The misuse in one use of a policy."""
    if use.decorator is not None:
        yield from _wrong_kind(use, site, function)
        yield from _wrong_order(use, site, function, scope)
    if use.loop is not None and not _enters_attempts(use.loop):
        yield Trap("not-entered", use.loop.span, site, _library(use))
    yield from _wrong_arguments(use, site, scope, index)
    yield from _too_short(use, site, scope)
    if use.decorator is not None and _swallows(function, site, scope):
        yield Trap("swallowed-inside", function.span, site, _library(use))
    if _never_raises(use, site):
        yield Trap("status-not-raised", site.span, site, site.catch.names[0])


def _library(use: Use) -> str:
    return use.policy.library.title


def _wrong_kind(use: Use, site: RetrySite, function: code.Function) -> Iterator[Trap]:
    """It runs a call, and a coroutine function or a generator function does not fail when it is called."""
    yields = any(isinstance(node, code.Yield) for node in code.walk(*function.body))
    if yields and use.policy.on_generator == "ignored":
        kind = "async generator" if function.is_async else "generator"
        yield Trap("wrong-kind", function.span, site, f"{_library(use)} {kind}")
    elif function.is_async and use.policy.on_async == "ignored":
        yield Trap("wrong-kind", function.span, site, f"{_library(use)} coroutine")


def _wrong_order(use: Use, site: RetrySite, function: code.Function, scope: Scope) -> Iterator[Trap]:
    """What stands below the policy has taken the function already; what stands above is done once for all attempts."""
    assert use.decorator is not None
    names = [decorator_name(each, scope.imports) or "" for each in function.decorators]
    for below, name in zip(function.decorators[use.decorator + 1 :], names[use.decorator + 1 :], strict=True):
        taken = _taken_by(below, name)
        if taken:
            yield Trap("decorator-order", function.span, site, f"{taken} {name}")
            return
    for name in names[: use.decorator]:
        if name.endswith("transaction.atomic"):
            yield Trap("decorator-order", function.span, site, f"transaction {name}")


def _taken_by(decorator: code.Expr, name: str) -> str:
    """What a decorator makes of the function: a task, a route, a command, a fixture, or something else to call."""
    last = name.rpartition(".")[2]
    if name in ("classmethod", "property"):
        return "object"
    if name in ("pytest.fixture", "pytest_asyncio.fixture"):
        return "fixture"
    if name.startswith("click.") and last in ("command", "group"):
        return "command"
    is_attribute = "." in name
    if last == "shared_task" or (last in TASKS and is_attribute):
        return "task"
    path = decorator.arguments[0].value if isinstance(decorator, code.Call) and decorator.arguments else None
    is_path = isinstance(path, code.Const) and isinstance(path.value, str) and path.value.startswith("/")
    return "route" if is_attribute and last in ROUTES and is_path else ""


def _enters_attempts(loop: code.For) -> bool:
    """Does the loop enter each attempt, or hand it on to what may?"""
    name = code.dotted(loop.target)
    entered = [item for node in code.walk(*loop.body) if isinstance(node, code.With) for item, _ in node.items]
    if any(code.dotted(item) == name for item in entered):
        return True
    handed = [argument.value for call in code.calls(*loop.body) for argument in call.arguments]
    return any(code.dotted(each) == name for each in handed)


def _wrong_arguments(use: Use, site: RetrySite, scope: Scope, index: PolicyIndex) -> Iterator[Trap]:
    """An argument that is a number or a class where an object is meant."""
    policy, options = use.policy, use.stated.options
    for option, terms in ((policy.stop, index.stops), (policy.wait, index.waits), (policy.condition, index.conditions)):
        expr = options.get(option) if option else None
        if expr is None or policy.wait_args:
            continue
        told = _mistaken(option, scope.meant(expr), scope, frozenset(terms), is_condition=option == policy.condition)
        if told:
            yield Trap("wrong-argument", _place(use), site, *told)
    first = policy.positions[0] if policy.positions else ""
    if first == "sleep" and first in options:
        made = scope.meant(options[first])
        name = scope.imports.name_of(made.function) or "" if isinstance(made, code.Call) else ""
        if name in index.stops or name in index.waits:
            right = policy.stop if name in index.stops else policy.wait
            detail = f"the first argument of the policy is the function that sleeps: {name} is no {right} there"
            yield Trap("wrong-argument", _place(use), site, detail, f"say `{right}=`")
    caught = options.get(policy.catches) if policy.catches else None
    if caught is not None and isinstance(scope.value(caught), (int, float)):
        detail = f"{policy.catches} is {scope.value(caught)!r}, which is no exception: the first failure is a TypeError"
        yield Trap("wrong-argument", _place(use), site, detail, "say which number it is: by its name")


def _mistaken(
    option: str, expr: code.Expr, scope: Scope, terms: frozenset[str], is_condition: bool
) -> tuple[str, str] | None:
    """What an argument does instead of what was meant, and the mend."""
    name = scope.imports.name_of(expr) or ""
    if isinstance(expr, code.Const) and isinstance(expr.value, (int, float)) and expr.value not in (0, False):
        maker = "stop_after_attempt" if option == "stop" else "wait_fixed"
        return (
            f"{option}={expr.value} is no object of the library: the first failure is a TypeError",
            f"make one of the number: `{option}={maker}({expr.value})`",
        )
    if name in terms and not name.endswith("never"):
        harm = "every outcome is taken for a failure" if is_condition else "it is not what stops or waits"
        return f"{option}={code.last_name(expr)} is the class, and not an object of it: {harm}", "call it"
    if is_condition and [each for each in exception_names(expr, scope) if each] and not isinstance(expr, code.Call):
        given = code.last_name(expr) or "these"
        return (
            f"{option} takes a condition, not an exception: with {given} every error is retried",
            f"write `{option}=retry_if_exception_type(...)`",
        )
    return None


def _too_short(use: Use, site: RetrySite, scope: Scope) -> Iterator[Trap]:
    """A wait in milliseconds that is so short that seconds were meant."""
    for choice in use.policy.choices:
        if choice.delay.unit == 1.0:
            continue
        for option in choice.when:
            value = scope.value(use.stated.options[option]) if option in use.stated.options else None
            if isinstance(value, (int, float)) and 0 < value < SHORT:
                detail = f"{option}={value} is {value} milliseconds in {_library(use)}"
                yield Trap(
                    "delay-unit", _place(use), site, detail, f"write it in milliseconds: {option}={value * 1000:g}"
                )
                return


def _place(use: Use) -> Span:
    return use.made.span if isinstance(use.made, code.Call) else use.span


def _swallows(function: code.Function, site: RetrySite, scope: Scope) -> bool:
    """Is all that the function does in a `try` that takes every error that the policy waits for, and goes on?"""
    if not site.catch.names:
        return False
    working = [each for each in function.body if _works(each)]
    if len(working) != 1 or not isinstance(working[0], code.Try):
        return False
    tried = working[0]
    if not any(True for _ in code.calls(*tried.body)):
        return False
    if any(isinstance(node, code.Raise) for node in code.walk(*function.body)):
        return False
    taken = {scope.imports.name_of(kind) or "" for handler in tried.handlers for kind in handler_types(handler)}
    everything = any(handler.type is None for handler in tried.handlers) or not EVERYTHING.isdisjoint(taken)
    named = all(name in taken for name in site.catch.names)
    calls = [code.last_name(call.function) for handler in tried.handlers for call in code.calls(*handler.body)]
    return (everything or named) and not any("retry" in name.lower() or "exit" in name.lower() for name in calls)


def _works(statement: code.Stmt) -> bool:
    """May a statement fail in a way that the policy sees?"""
    return any(True for _ in code.calls(statement)) or isinstance(
        statement, (code.For, code.While, code.With, code.Raise)
    )


def _never_raises(use: Use, site: RetrySite) -> bool:
    """Does the policy wait for a failing status, which the request that it runs never raises?"""
    if not site.catch.names or not ERRORS.issuperset(site.catch.names):
        return False
    calls = [code.last_name(call.function) for call in code.calls(*use.block)]
    looked = any(isinstance(node, code.Attribute) and node.name == "status_code" for node in code.walk(*use.block))
    raised = any(isinstance(node, code.Raise) for node in code.walk(*use.block))
    sends = [operation for operation in site.body.operations if operation.startswith(("requests.", "httpx."))]
    return bool(sends) and "raise_for_status" not in calls and not looked and not raised
