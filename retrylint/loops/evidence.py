"""What a loop shows of its purpose: pauses and bounds, exceptions and tests, by structure and by their words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from retrylint import code
from retrylint.exceptions import all_speak_of, any_speaks_of, expected, handler_types
from retrylint.flow import ends
from retrylint.loops.facts import truth
from retrylint.loops.handing import inputs_in
from retrylint.loops.inputs import Change
from retrylint.loops.items import counts_attempts
from retrylint.loops.rounds import Loop
from retrylint.names import bound_names
from retrylint.naming import words_of
from retrylint.verbs import called_name, is_acting, is_asking, is_connecting, is_looking, is_pausing

COLLISION = frozenset({"exists", "exist", "duplicate", "conflict", "collision", "taken", "integrity"})
ABSENCE = frozenset({"found", "exist", "missing", "ready", "lookup", "key", "index", "no"})
REFUSAL = frozenset({"invalid", "validation", "wrong", "password", "expired", "value", "decode"})
CLOCKS = frozenset({"time", "monotonic", "perf_counter", "now", "utcnow"})
ENDLESS = frozenset({"start", "run", "serve", "listen", "consume", "capture", "stream", "watch", "follow", "forever"})
TIME_UP = frozenset({"timeout"})
MAKING = frozenset({"makedirs", "mkdir", "mkdirs"})
POLLING = frozenset({"poll", "polling", "polls"})
UNREADABLE = frozenset({"UnicodeError", "UnicodeDecodeError", "UnicodeEncodeError"})
CONNECTION = frozenset({"connection", "connect", "disconnect", "disconnected", "disconnection"})


def expected_exception(handlers: Sequence[code.Handler]) -> str | None:
    """The name of an exception that is no failure, where the handlers catch nothing else."""
    if not handlers or not all(expected(handler) for handler in handlers):
        return None
    return next(code.last_name(kind) for handler in handlers for kind in handler_types(handler))


def pauses(loop: Loop) -> bool:
    """Does a round let time pass?"""
    return any(is_pausing(call) for call in code.calls(*loop.body))


def sleeps(loop: Loop) -> bool:
    """Does a round sleep, rather than wait for something to be ready?"""
    return any("sleep" in words_of(called_name(call)) for call in code.calls(*loop.body))


def is_bounded(loop: Loop) -> bool:
    """Does a count of attempts or a clock end the loop, whatever the operation gives?"""
    if isinstance(loop, code.For):
        return counts_attempts(loop)
    counted = set(_counters(loop.body))
    return any(asks_for(test, counted) or _looks_at_clock(test) for test in _leading_out(loop))


def is_counted(loop: Loop) -> bool:
    """Does a count of attempts end the loop?"""
    if isinstance(loop, code.For):
        return counts_attempts(loop)
    counted = set(_counters(loop.body))
    return any(asks_for(test, counted) for test in _leading_out(loop))


def _leading_out(loop: code.While) -> Iterator[code.Expr]:
    """The loop's condition, and the tests under which a round leaves."""
    yield loop.test
    for node in code.statements(*loop.body):
        if isinstance(node, code.If) and (
            "next" not in ends(node.body) or (node.orelse and "next" not in ends(node.orelse))
        ):
            yield node.test


def _looks_at_clock(test: code.Expr) -> bool:
    return any(
        isinstance(node, code.Compare) and any(_looks_at_time(part) for part in (node.left, *node.others))
        for node in code.walk(test)
    )


def _looks_at_time(expr: code.Expr) -> bool:
    return any(called_name(call) in CLOCKS for call in code.calls(expr))


def _counters(block: code.Block) -> Iterator[str]:
    """What the block steps by one after the other."""
    for node in code.statements(*block):
        if isinstance(node, code.AugAssign) and (name := code.dotted(node.target)):
            yield name
        elif isinstance(node, code.Assign) and isinstance(node.value, code.Binary):
            yield from (
                name for name in map(code.dotted, node.targets) if name and code.dotted(node.value.left) == name
            )


def stepped_in(loop: Loop) -> frozenset[str]:
    """What is another one in each round of a loop: its counts, and what it goes over."""
    gone_over = bound_names(loop.target) if isinstance(loop, code.For) else ()
    return frozenset((*_counters(loop.body), *gone_over))


def is_another_name(change: Change, handler: code.Handler) -> bool:
    """Is another name tried because the one before was taken? The operation is the same for all that.

    The exception says so, or the failure path puts something to the text of the name.
    """
    if change.how == "named":
        return True
    return change.how in ("derived", "drawn", "taken") and all_speak_of([handler], COLLISION)


def awaits_appearance(handlers: Sequence[code.Handler], operations: Sequence[code.Call], loop: Loop) -> bool:
    """Does it look for something that is not there yet, and do nothing about it but wait?"""
    absent = all_speak_of(handlers, ABSENCE | {"progress", "pending"}) and any_speaks_of(handlers, ABSENCE)
    idle = not any(is_acting(call) for call in code.calls(*loop.body))
    return absent and idle and (pauses(loop) or is_looking(operations[0]))


def awaits_result(handlers: Sequence[code.Handler], operation: code.Call) -> bool:
    """Is it a wait for a result, such as that of a future, which is only not there yet when its time is up?"""
    waits = called_name(operation) in ("result", "expect", "communicate") and bool(operation.arguments)
    return waits and bool(handlers) and all_speak_of(handlers, TIME_UP)


def searches_text(handlers: Sequence[code.Handler], operations: Sequence[code.Call]) -> bool:
    """Is all that may fail a search in a text or a list, which says by a ValueError that it found nothing?

    So is what a text is made of: that it cannot be encoded is the same each time.
    """
    searches = all(called_name(call) in ("index", "rindex") for call in operations)
    kinds = [code.last_name(kind) for handler in handlers for kind in handler_types(handler)]
    return (searches and kinds == ["ValueError"] * len(handlers)) or (bool(kinds) and UNREADABLE.issuperset(kinds))


def is_named_poll(loop: Loop, function: str) -> bool:
    """Does it pause, without a bound, for a time that is named after polling, or a function that waits or asks?"""
    pausing = [call for call in code.calls(*loop.body) if is_pausing(call)]
    if not pausing or is_bounded(loop):
        return False
    times = {name for call in pausing for argument in call.arguments for name in inputs_in(argument.value)}
    words = words_of(function)
    return (
        words[:1] in (("until",), ("wait",), ("await",))
        or "is" in words
        or any(not POLLING.isdisjoint(words_of(name)) for name in (function, *times))
    )


def makes_what_is_missing(loop: Loop, statement: code.Try | code.With) -> bool:
    """Does a round make the folder for want of which it failed, outside of what it tries?"""
    tried = {id(call) for call in code.calls(*statement.body)}
    return any(called_name(call) in MAKING and id(call) not in tried for call in code.calls(*loop.body))


def iterates(loop: Loop) -> bool:
    """Does the loop neither wait nor count? Where it gives the next thing of an iterator, it only passes one over."""
    return not pauses(loop) and not is_bounded(loop)


def asks_before(loop: Loop, statement: code.Try | code.With) -> bool:
    """Does each round ask somebody, outside of what may fail?"""
    tried = {id(call) for call in code.calls(statement)}
    return any(is_asking(call) and id(call) not in tried for call in code.calls(*loop.body))


def asks_anew(
    loop: Loop, statement: code.Try | code.With, handlers: Sequence[code.Handler], operations: Sequence[code.Call]
) -> bool:
    """Is what the operation is given asked for anew in each round, and refused by a failure?"""
    if not all_speak_of(handlers, REFUSAL | frozenset({"empty"})):
        return False
    fed = {name for call in operations for argument in call.arguments for name in inputs_in(argument.value)}
    return any(
        isinstance(node, code.Assign)
        and isinstance(node.value, code.Call)
        and (not node.value.arguments or not (is_looking(node.value) or pauses(loop) or is_counted(loop)))
        and any(name in fed for target in node.targets for name in bound_names(target))
        for node in code.statements(*statement.body, *loop.body)
    )


def works_on(statement: code.Try | code.With) -> bool:
    """Does what is tried go on without end by itself?"""
    return any(
        isinstance(node, code.While) and truth(node.test, {}) is True for node in code.statements(*statement.body)
    )


def counts_failures(loop: Loop, statement: code.Try | code.With, handlers: Sequence[code.Handler]) -> bool:
    """Does the loop's condition limit a count that failures step, and nothing else does?"""
    if not isinstance(loop, code.While) or not isinstance(statement, code.Try):
        return False
    stepped = [name for handler in handlers for name in _counters(handler.body)]
    everywhere = list(_counters(loop.body))
    own = {name for name in stepped if stepped.count(name) == everywhere.count(name)}
    counted = any(
        isinstance(node, (code.Name, code.Attribute)) and code.dotted(node) in own for node in code.walk(loop.test)
    )
    patient = any(is_pausing(call) for handler in handlers for call in code.calls(*handler.body))
    return counted and (patient or any(is_acting(call) for call in code.calls(*statement.body)))


def reconnects(
    loop: Loop,
    handlers: Sequence[code.Handler],
    operations: Sequence[code.Call],
    assigned: Mapping[str, code.Expr],
) -> bool:
    """Does the loop connect, or start an operation that ends only with its connection, after a lost connection?"""
    sources = dict(assigned) | {
        name: node.value
        for node in code.statements(loop)
        if isinstance(node, code.Assign)
        for target in node.targets
        for name in bound_names(target)
    }
    lost = any(
        not CONNECTION.isdisjoint(words_of(name))
        for handler in handlers
        if handler.type is not None
        for name in _all_names(handler.type, sources)
    )
    return lost and any(
        is_connecting(call) or not ENDLESS.isdisjoint(words_of(called_name(call))) for call in operations
    )


def _all_names(expr: code.Expr, sources: dict[str, code.Expr]) -> Iterator[str]:
    for node in code.walk(expr):
        if isinstance(node, (code.Name, code.Attribute)):
            yield code.last_name(node)
            source = sources.get(node.id) if isinstance(node, code.Name) else None
            if source is not None:
                yield from (
                    code.last_name(each) for each in code.walk(source) if isinstance(each, (code.Name, code.Attribute))
                )


def given_up_by(loop: Loop, handlers: Sequence[code.Handler]) -> frozenset[str]:
    """The numbers of the attempt at whose limit a handler raises, or leaves."""
    if isinstance(loop, code.For):
        counted = set(bound_names(loop.target)) if counts_attempts(loop) else set()
    else:
        counted = set(_counters(loop.body)) - set(_begun_anew(loop))
    tests = (
        node.test
        for handler in handlers
        for node in code.statements(*handler.body)
        if isinstance(node, code.If) and "raise" in ends(node.body) | ends(node.orelse)
    )
    return frozenset(counted.intersection(_places_in(*tests)))


def _places_in(*tests: code.Expr) -> Iterator[str]:
    for part in code.walk(*tests):
        if isinstance(part, (code.Name, code.Attribute)) and (name := code.dotted(part)):
            yield name


def asks_for(test: code.Expr, names: AbstractSet[str]) -> bool:
    """Does a test look at one of these names, or dotted names?"""
    return not names.isdisjoint(_places_in(test))


def _begun_anew(loop: Loop) -> Iterator[str]:
    """What a round sets to a number, outside of handlers.

    At its beginning, that counts the rounds of a loop within; after a success, it ends the loop or counts from there.
    """
    handled = {id(node) for each in code.walk(loop) if isinstance(each, code.Handler) for node in code.walk(*each.body)}
    for node in code.walk(*loop.body):
        if isinstance(node, code.Assign) and isinstance(node.value, code.Const) and id(node) not in handled:
            yield from (name for target in node.targets for name in bound_names(target))


def is_only_looked_at(loop: Loop, call: code.Call) -> bool:
    """Is what the call gives used in a test and nowhere else?"""
    return any(
        any(each is call for each in code.calls(node.test))
        for node in code.statements(*loop.body)
        if isinstance(node, code.If)
    )
