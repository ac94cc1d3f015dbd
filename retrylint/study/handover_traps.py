"""Misuse of the call by which a function runs again: arguments that it forgets, a result that it throws away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrylint import code
from retrylint.again.again import WHENEVER
from retrylint.dataflow import bind, feeding_names, handover
from retrylint.flow import SelfCall, blocks_of, ends
from retrylint.model import RetrySite, Trap
from retrylint.names import bindings
from retrylint.naming import words_of
from retrylint.study.simulation.adversary import Budget, runs
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.program import Failure, Program

# decorators that hand the arguments on as they are
HARMLESS = frozenset({
    "staticmethod", "classmethod", "coroutine", "inlineCallbacks", "override", "final", "task", "shared_task", "actor",
    "job", "db_task", "periodic_task",
})  # fmt: skip
# words of parameters that steer, or that are best made anew when something failed
STEERING = frozenset({
    "retry", "retries", "attempt", "attempts", "tries", "try", "count", "counter", "depth", "timeout", "delay", "wait",
    "backoff", "interval", "sleep", "deadline", "limit", "max", "left", "remaining", "force", "verbose", "quiet",
    "refresh", "cache", "cached", "session", "connection", "conn", "client", "socket", "sock", "db", "cursor",
    "channel", "token", "auth", "proxy", "transport", "logger", "log", "loop", "lock", "error", "exception", "exc",
    "reason", "first", "again", "etag", "cookie", "cookies", "previous", "last",
})  # fmt: skip
HANDED_BY_THE_QUEUE = frozenset({"self", "ctx", "context", "task", "job"})


def handover_traps(program: Program, self_calls: Sequence[SelfCall], site: RetrySite) -> Iterator[Trap]:
    """What goes wrong where the function is run again: one trap for each call and kind."""
    for call in self_calls:
        for name in _dropped(program, call):
            yield Trap("dropped-arguments", call.call.span, site, name)
            break
        if _is_discarded(program.function, call) and _success_returns(program):
            yield Trap("discarded-result", call.call.span, site, program.function.name)


def _dropped(program: Program, self_call: SelfCall) -> Iterator[str]:
    """The parameters that the call forgets, in words: without a default, or with one that hides what was given."""
    function, made = program.function, self_call.again.made
    if self_call.again.later == WHENEVER or any(
        code.last_name(_called(d)) not in HARMLESS for d in function.decorators
    ):
        return
    is_method = program.receiver is not None
    bound, rest = bind(function, made, is_method)
    if rest:
        return  # stars, or a keyword that some `**options` takes: who knows what is in them
    counted = handover(function, self_call, is_method).steps & bound.keys()
    feeding = feeding_names(function, self_call)
    for parameter in function.parameters[1:] if is_method else function.parameters:
        if parameter.name in bound or parameter.kind in ("star", "double-star"):
            continue
        if parameter.default is None:
            if self_call.again.how != "enqueued" or parameter.name not in HANDED_BY_THE_QUEUE:
                yield f"`{parameter.name}`, which has no default: it is a TypeError"
        elif counted and parameter.name in feeding and _is_given(function, self_call, parameter):
            yield f"`{parameter.name}`, which goes back to its default"


def _called(decorator: code.Expr) -> code.Expr:
    return decorator.function if isinstance(decorator, code.Call) else decorator


def _is_given(function: code.Function, self_call: SelfCall, parameter: code.Parameter) -> bool:
    """Does a parameter say what is to be done, so that going back to its default does something else?

    One that is a switch or a number steers, one that the failure path sets or the object keeps is not lost, and one
    that is looked at on the way to the call may be known to have its default there.
    """
    tests = [*self_call.tests, *_tests_around(function.body, self_call.call)]
    looked_at = {node.id for node in code.walk(*tests) if isinstance(node, code.Name)}
    looked_at |= {
        node.value.id
        for node in code.statements(*function.body)
        if isinstance(node, code.Assign) and isinstance(node.value, code.Name)
        if any(isinstance(target, code.Name) and target.id in looked_at for target in node.targets)
    }
    default = parameter.default
    if not isinstance(default, (code.Const, code.Name, code.Attribute)) or not STEERING.isdisjoint(
        words_of(parameter.name)
    ):
        return False
    if isinstance(default, code.Const) and isinstance(default.value, (bool, int, float)):
        return False
    set_on_failure = {name for handler in self_call.handlers for name, _ in bindings(*handler.body)}
    kept = any(
        isinstance(node, code.Assign)
        and node.value == code.Name(parameter.name)
        and any(isinstance(target, code.Attribute) for target in node.targets)
        for node in code.walk(*function.body)
    )
    return (
        parameter.name not in set_on_failure | looked_at and not kept and not _is_overwritten(function, parameter.name)
    )


def _tests_around(block: code.Block, call: code.Call) -> Iterator[code.Expr]:
    """The conditions under which a call stands."""
    for node in code.statements(*block):
        if isinstance(node, (code.If, code.While)) and node.span.holds(call.span):
            yield node.test


def _is_overwritten(function: code.Function, name: str) -> bool:
    """Is a parameter set to something else whatever it was?"""
    return any(
        isinstance(statement, code.Assign)
        and code.Name(name) in statement.targets
        and code.Name(name) not in code.walk(statement.value)
        for statement in function.body
    )


def _is_discarded(function: code.Function, self_call: SelfCall) -> bool:
    """Is the call a statement of its own, behind which the function falls off its end?"""
    again = self_call.again
    yields = any(isinstance(node, code.Yield) for node in code.walk(*function.body))
    if again.how != "called" or again.through is not None or yields:
        return False
    return _falls_off(function.body, self_call.call, function.is_async) is True


def _falls_off(block: code.Block, call: code.Call, awaited: bool) -> bool | None:
    """Is the function over behind a call of its, without a word? None where the call is not in the block."""
    for index, statement in enumerate(block):
        rest = block[index + 1 :]
        if isinstance(statement, code.Evaluate):
            value = statement.value
            found = (isinstance(value, code.Await) and value.value is call) if awaited else value is call
            if found:
                return _says_nothing(rest)
            continue
        if isinstance(statement, (code.For, code.While)):
            continue  # what stands in a loop may run more than once
        for inner in blocks_of(statement):
            ending = _falls_off(inner, call, awaited)
            if ending is not None:
                final = statement.finalbody if isinstance(statement, code.Try) else ()
                return ending and _says_nothing(rest + final)
    return None


def _says_nothing(block: code.Block) -> bool:
    leaves = any(isinstance(node, (code.Return, code.Raise)) for node in code.walk(*block))
    return ends(block) == {"next"} and not leaves


def _success_returns(program: Program) -> bool:
    """Does every execution that does not fail return a value, and is there one that is not None?"""
    returned = [node.value for node in code.walk(*program.function.body) if isinstance(node, code.Return)]
    if all(value in (None, code.Const(None)) for value in returned):
        return False
    return all(done.ended in ("returns", "raises") for done in runs(Nodes(program), Failure(), Budget()))
