"""A handler that does once more what its `try` failed to do: the same call, with the same inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.flow import ends
from retrylint.model import Span
from retrylint.names import bindings, bound_names
from retrylint.verbs import is_fetching, is_looking, is_steering
from retrylint.words import ACCESSING, LOGGING

# what is called on the good way and on the bad one alike: it ends something, says how it went, or only computes
CLOSING = frozenset({
    "close", "aclose", "disconnect", "shutdown", "stop", "cleanup", "clean", "teardown", "finish", "done", "release",
    "rollback", "commit", "flush", "unlock", "cancel", "reset", "abort", "exit", "quit", "terminate", "kill", "end",
    "callback", "emit", "notify", "skip", "fail", "write", "echo", "seek", "setUp", "tearDown", "advance", "task_done",
    "wait", "join", "acquire", "poll", "select", "communicate", "result", "super", "type", "sorted", "dict", "tuple",
})  # fmt: skip
# words of exceptions that say that something is not there, so that one who looks makes it and looks again
MISSING = ("keyerror", "indexerror", "lookuperror", "doesnotexist", "notfound", "noresult", "missing", "improperly")
# those that say that the program, or what it runs on, is another than was thought: the same once more would not help
MISFIT = ("attributeerror", "nameerror", "typeerror", "importerror", "modulenotfound", "unbound")
RENEWING = ("connect", "login", "auth", "refresh", "reload", "renew", "reopen", "restart", "rollback", "ping", "token")
OPENING = ("open", "fopen", "load", "query", "lookup", "resolve", "print")
CHANGING = frozenset({
    "append", "add", "pop", "popleft", "popitem", "remove", "discard", "update", "setdefault", "insert", "extend",
    "clear", "sort", "reverse",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class SecondCall:
    """A `try`, the call that fails in it, and the handlers that make the same call again, each with that call.

    `is_last`: nothing around catches what the second call raises.
    """

    statement: code.Try
    operation: code.Call
    again: tuple[tuple[code.Handler, code.Call], ...]
    is_last: bool


def second_calls(function: code.Function, lines: Sequence[str]) -> tuple[SecondCall, ...]:
    """The second calls of a function, without those of the functions in it. `lines` are those of its file."""
    found = (_second_call(statement, guarded, lines) for statement, guarded in _tries(function.body, guarded=False))
    return tuple(each for each in found if each is not None)


def _tries(block: code.Block, guarded: bool) -> Iterator[tuple[code.Try, bool]]:
    """The `try` statements that stand in no loop that retries, and whether another `try` guards them."""
    for statement in block:
        if isinstance(statement, code.Try):
            yield statement, guarded
            yield from _tries(statement.body, guarded=True)
            for handler in statement.handlers:
                yield from _tries(handler.body, guarded)
            yield from _tries(statement.orelse + statement.finalbody, guarded)
        elif isinstance(statement, (code.For, code.While)):
            if not _leaves_on_success(statement):
                yield from _tries(statement.body, guarded)
            yield from _tries(statement.orelse, guarded)
        elif isinstance(statement, code.If):
            yield from _tries(statement.body + statement.orelse, guarded)
        elif isinstance(statement, code.With):
            yield from _tries(statement.body, guarded)
        elif isinstance(statement, code.Match):
            for case in statement.cases:
                yield from _tries(case.body, guarded)


def _leaves_on_success(loop: code.For | code.While) -> bool:
    """Does a loop go round only where something failed? Then it is the retry."""
    tries = [node for node in code.statements(*loop.body) if isinstance(node, code.Try)]
    return any("next" not in ends(each.body + each.orelse) for each in tries)


def _second_call(statement: code.Try, guarded: bool, lines: Sequence[str]) -> SecondCall | None:
    operation = _operation(statement.body)
    if operation is None:
        return None
    again = tuple(
        (handler, call)
        for handler in statement.handlers
        if not all_say(handler, MISFIT) and not _only_raises(handler)
        for call in _repeated(handler, operation, lines)
        if not (_looks(operation) and (all_say(handler, MISSING) or _makes_it(handler, operation, call)))
    )
    return SecondCall(statement, operation, again, not guarded) if again else None


def _only_raises(handler: code.Handler) -> bool:
    """Is an error raised however the second call goes? Then that cleans up, and makes nothing good."""
    return ends(handler.body) <= {"raise"}


def _looks(operation: code.Call) -> bool:
    """Does the operation, by its verb, only look at something that may have to be made first?"""
    name = code.last_name(operation.function).lower().strip("_")
    return is_looking(operation) or name.startswith(OPENING) or name.endswith(OPENING)


def _makes_it(handler: code.Handler, operation: code.Call, again: code.Call) -> bool:
    """Does a handler do anything before it looks again, other than to renew the way there? `get` may be a request."""
    if code.last_name(operation.function) == "get":
        return False
    before = [call for call in code.calls(*handler.body) if call.span < again.span and not is_steering(call)]
    return any(all(word not in code.last_name(call.function).lower() for word in RENEWING) for call in before)


def _operation(block: code.Block) -> code.Call | None:
    """The first call of a `try` that does any work, where it is all of its statement."""
    for statement in block:
        if isinstance(statement, code.With):
            return _operation(statement.body)
        call = _root(statement)
        if call is not None and not is_steering(call):
            return call if _may_be_repeated(call) else None
        if any(not is_steering(each) for each in code.calls(statement)):
            return None
    return None


def _root(statement: code.Stmt) -> code.Call | None:
    """The call that a statement makes: on its own, returned, or for its result."""
    value = statement.value if isinstance(statement, (code.Evaluate, code.Assign, code.Return)) else None
    value = value.value if isinstance(value, code.Await) else value
    return value if isinstance(value, code.Call) else None


def _may_be_repeated(call: code.Call) -> bool:
    name = code.last_name(call.function)
    owner = code.last_name(call.function.value).lower() if isinstance(call.function, code.Attribute) else ""
    plain = name in ACCESSING and (name != "get" or "queue" in owner)
    return (
        bool(name)
        and name not in CLOSING | LOGGING
        and not plain
        and not is_fetching(call)
        and not name.startswith("assert")
    )


def all_say(handler: code.Handler, words: Sequence[str]) -> bool:
    """Has every exception of a handler one of these words in its name?"""
    kinds = handler.type.items if isinstance(handler.type, code.Collection) else (handler.type,)
    names = [code.last_name(kind).lower() if kind is not None else "" for kind in kinds]
    return all(any(word in name for word in words) for name in names)


def _repeated(handler: code.Handler, operation: code.Call, lines: Sequence[str]) -> Iterator[code.Call]:
    """The first call of a handler that is the operation again, unless the handler changes what that is given."""
    for statement in _in_order(handler.body):
        call = _root(statement)
        if call is not None and _is_alike(call, operation, lines):
            yield from () if _changes(handler, operation, call) else (call,)
            return


def _is_alike(one: code.Call, other: code.Call, lines: Sequence[str]) -> bool:
    """Is it the same call? What is not modelled, an f-string, is compared as it is written."""
    if unplaced(one) != unplaced(other):
        return False
    opaque = any(isinstance(node, (code.Opaque, code.Lambda)) for node in code.walk(one))
    return not opaque or written(one.span, lines) == written(other.span, lines)


def written(span: Span, lines: Sequence[str]) -> list[str]:
    """The words of a stretch of source, however it is laid out."""
    text = list(lines[span.line - 1 : span.end_line])
    text[-1] = text[-1][: span.end_column - 1]
    text[0] = text[0][span.column - 1 :]
    return "".join(" ".join(text).split()).split(",")


def _in_order(block: code.Block) -> Iterator[code.Stmt]:
    """The statements of a handler, those of its loops and of handlers within it left out."""
    for statement in block:
        yield statement
        if isinstance(statement, code.If):
            yield from _in_order(statement.body + statement.orelse)
        elif isinstance(statement, code.Try) or (isinstance(statement, code.With) and not _expects_failure(statement)):
            yield from _in_order(statement.body)


def _expects_failure(statement: code.With) -> bool:
    """`with pytest.raises(...)`: a test makes sure of the failure."""
    return any(
        "raises" in code.last_name(call.function).lower() for item, _ in statement.items for call in code.calls(item)
    )


def _changes(handler: code.Handler, operation: code.Call, again: code.Call) -> bool:
    """Does the handler change what the call is given? What it is called on may be made anew: another connection."""
    calls = list(code.calls(operation))
    given = {name for call in calls for argument in call.arguments for name in _named(argument.value)}
    called_on = set(_named(operation.function)) - given
    before = (node for node in code.walk(handler, *handler.body) if getattr(node, "span", again.span) <= again.span)
    for node in before:
        set_here = set(_set_by(node))
        is_new = isinstance(node, code.Assign) and _is_new(handler, node.value)
        if not set_here.isdisjoint(given) or (not is_new and not set_here.isdisjoint(called_on)):
            return True
        if is_looking(operation) and any(name.rpartition(".")[0] in ("self", "cls") for name in set_here):
            return True
    return False


def _is_new(handler: code.Handler, value: code.Expr) -> bool:
    """Is it made anew, of nothing that the handler found, and under no other name?"""
    found = {name for name, _ in bindings(*handler.body)}
    other_text = any(isinstance(node, code.Const) and isinstance(node.value, (str, bytes)) for node in code.walk(value))
    return isinstance(value, (code.Call, code.Await)) and found.isdisjoint(_named(value)) and not other_text


def _set_by(node: object) -> Iterator[str]:
    """The names that a node sets, and those of the containers that it changes."""
    targets: tuple[code.Expr, ...] = ()
    if isinstance(node, (code.Assign, code.Delete)):
        targets = node.targets
    elif isinstance(node, (code.AugAssign, code.For, code.Walrus)):
        targets = (node.target,)
    elif isinstance(node, code.With):
        targets = tuple(target for _, target in node.items if target is not None)
    elif isinstance(node, code.Handler) and node.name:
        yield node.name
    elif isinstance(node, code.Call) and isinstance(node.function, code.Attribute) and node.function.name in CHANGING:
        targets = (node.function.value,)
    for target in targets:
        yield from bound_names(target)
        inner = target.value if isinstance(target, code.Subscript) else target
        if name := code.dotted(inner):
            yield name
            yield name.rpartition(".")[0]


def _named(expr: code.Expr) -> Iterator[str]:
    """The names in an expression, and the dotted ones as a whole."""
    for node in code.walk(expr, into_definitions=True):
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node)):
            yield name


def unplaced(node: object) -> object:
    """An expression as a value that does not know where it stands."""
    if isinstance(node, tuple):
        return tuple(unplaced(each) for each in node)
    if type(node) not in code.NODES:
        return node
    return (type(node), *(unplaced(getattr(node, name)) for name in node.__slots__ if name != "span"))  # type: ignore[attr-defined]
