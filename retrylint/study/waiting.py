"""Does somebody wait for a loop that retries, and can nothing but the operation end it?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.exceptions import all_speak_of
from retrylint.flow import ends
from retrylint.loops.evidence import CLOCKS, COLLISION
from retrylint.loops.rounds import Loop
from retrylint.model import RetrySite
from retrylint.names import Imports, bindings
from retrylint.naming import words_of
from retrylint.verbs import called_name, is_logging, is_pausing
from retrylint.words import PAUSING

MODULE = "<module>"
# a name that is taken, and what passes as soon as it is asked again
ERRNOS = frozenset({"EAGAIN", "EEXIST", "EINTR", "EWOULDBLOCK"})
LEAVING = frozenset({"break", "return", "raise"})
# what a daemon does first, and may do for ever
CONNECTING = frozenset({"connect", "connection", "reconnect", "ready", "subscribe", "up", "wait"})
PROGRAMS = frozenset({"daemon", "forever", "loop", "main", "run", "serve", "start", "test", "worker"})
# words of a name that somebody else may set to end the loop
STOPPING = frozenset(
    {"abort", "aborted", "alive", "cancel", "cancelled", "closed", "closing", "done", "exit", "exiting", "expired",
     "interrupted", "quit", "remaining", "running", "shutdown", "stop", "stopped", "stopping", "terminate", "timeout"}
)  # fmt: skip


def waited_for(function: code.Function, loop: Loop, site: RetrySite, imports: Imports) -> bool:
    """Does someone wait for the loop's end: a caller that is given a value, a queue or a request?

    Not where a flag, a setting, a count or a clock may end it, and not where a program waits until it is connected.
    """
    asked = site.body.in_task or bool(site.body.contexts)
    if not asked and (_speaks(function.name, PROGRAMS) or not _gives_a_value(function, loop)):
        return False
    handlers = retrying_handlers(loop, site)
    if all_speak_of(handlers, COLLISION) or any(_changes_inputs(handler, loop) for handler in handlers):
        return False  # it is tried under another name, and free names run out late
    if any(
        isinstance(node, (code.Name, code.Attribute)) and code.last_name(node) in ERRNOS for node in code.walk(loop)
    ):
        return False
    if not asked and _connects_patiently(function, loop, site, handlers):
        return False
    return not _may_be_ended(loop, imports)


def retrying_handlers(loop: Loop, site: RetrySite) -> list[code.Handler]:
    """The handlers of a loop that lead to another round of it."""
    spans = {handler.span for handler in site.catch.handlers}
    return [node for node in code.walk(*loop.body) if isinstance(node, code.Handler) and node.span in spans]


def is_nothing(value: code.Expr | None) -> bool:
    """Is it what a bare `return` gives?"""
    return value is None or value == code.Const(None)


def _gives_a_value(function: code.Function, loop: Loop) -> bool:
    """Is a value returned in the loop or behind it, other than by a handler?"""
    handled = {
        id(each) for node in code.walk(*loop.body) if isinstance(node, code.Handler) for each in code.walk(*node.body)
    }
    return function.name != MODULE and any(
        isinstance(node, code.Return)
        and not is_nothing(node.value)
        and node.span > loop.span
        and id(node) not in handled
        for node in code.walk(*function.body)
    )


def _changes_inputs(handler: code.Handler, loop: Loop) -> bool:
    """Does a handler set what a call of the next round is given? How long to wait is none of it."""
    given = {
        name
        for call in code.calls(*loop.body)
        if not is_pausing(call) and not is_logging(call)
        for argument in call.arguments
        for node in code.walk(argument.value)
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node))
    }
    return any(
        code.dotted(target) in given
        for node in code.walk(*handler.body)
        if isinstance(node, code.Assign) and not isinstance(node.value, code.Const)
        for target in node.targets
    )


def _connects_patiently(function: code.Function, loop: Loop, site: RetrySite, handlers: list[code.Handler]) -> bool:
    """Does it connect, and wait or connect anew after each failure?"""
    names = (function.name, *(each.rpartition(".")[2] for each in site.body.operations))
    mending = bool(handlers) and all(_calls(handler.body, CONNECTING) for handler in handlers)
    if not mending and not any(_speaks(name, CONNECTING) for name in names):
        return False
    outside = tuple(statement for statement in loop.body if not isinstance(statement, code.Try))
    waiting = bool(handlers) and all(_calls(handler.body, PAUSING) for handler in handlers)
    return mending or waiting or _calls(outside, PAUSING)


def _calls(block: code.Block, words: frozenset[str]) -> bool:
    return any(_speaks(called_name(call), words) for call in code.calls(*block))


def _speaks(name: str, words: frozenset[str]) -> bool:
    return not words.isdisjoint(words_of(name))


def _may_be_ended(loop: Loop, imports: Imports) -> bool:
    """May anything end the loop that is not what the operation gave or raised?"""
    known = {name for name, _ in bindings(*loop.body)} | _attributes_set(loop) | set(imports.table)
    counted = set(counted_names(loop))
    return any(_asks_elsewhere(test, known, counted) for test in _leading_out(loop)) or any(
        _speaks(called_name(call), STOPPING) for call in code.calls(*loop.body)
    )


def _leading_out(loop: Loop) -> Iterator[code.Expr]:
    """The tests under which a round leaves, the loop's own among them."""
    if isinstance(loop, code.While):
        yield loop.test
    for node in code.walk(*loop.body):
        if isinstance(node, code.If) and LEAVING & (ends(node.body) | ends(node.orelse)):
            yield node.test


def _asks_elsewhere(test: code.Expr, known: set[str], counted: set[str]) -> bool:
    """Does a test look at a count, a clock, or anything that the rounds do not set themselves?"""
    stack: list[object] = [test]
    while stack:
        node = stack.pop()
        if isinstance(node, code.Call):
            if called_name(node) in CLOCKS or _speaks(called_name(node), STOPPING):
                return True
            stack += [argument.value for argument in node.arguments]
            stack += [node.function.value] if isinstance(node.function, code.Attribute) else []
        elif isinstance(node, (code.Name, code.Attribute)):
            name = code.dotted(node) or ""
            root = name.partition(".")[0]
            if name in counted or _speaks(name, STOPPING):
                return True
            if name and name not in known and root not in known and not _is_fixed(name):
                return True
            if not name:
                stack.extend(code.parts_of(node))
        else:
            stack.extend(code.parts_of(node))
    return False


def _is_fixed(name: str) -> bool:
    """`MAX_TRIES`, `requests.HTTPError`, `errno.EINTR`: a constant or a class, by the way it is spelt."""
    last = name.rpartition(".")[2].lstrip("_")
    return last[:1].isupper() or name in ("int", "str", "bytes", "dict", "list", "tuple")


def _attributes_set(loop: Loop) -> set[str]:
    return {
        name
        for node in code.walk(*loop.body)
        if isinstance(node, code.Assign)
        for target in node.targets
        if (name := code.dotted(target))
    }


def counted_names(loop: Loop) -> Iterator[str]:
    """What the rounds step, and what they are numbered by."""
    if isinstance(loop, code.For) and (number := code.dotted(loop.target)):
        yield number
    for node in code.walk(*loop.body):
        if isinstance(node, code.AugAssign) and (name := code.dotted(node.target)):
            yield name
        elif isinstance(node, code.Assign) and isinstance(node.value, code.Binary):
            yield from (
                name for name in map(code.dotted, node.targets) if name and code.dotted(node.value.left) == name
            )
