"""Runs statements. A block gives the signal that ended it, or None where it was run to its end."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any, Literal

from retrylint import code, values
from retrylint.exceptions import handler_types
from retrylint.flow import reraises
from retrylint.naming import words_of
from retrylint.quick import dataclass
from retrylint.study.simulation import steps
from retrylint.study.simulation.calls import CANCELLED, DEADLINES, ENDLESS, must_be_awaited
from retrylint.study.simulation.expressions import Invoke, combined, evaluate
from retrylint.study.simulation.keeping import calls_that_decide, raised_by
from retrylint.study.simulation.program import is_keyed_update
from retrylint.study.simulation.repetition import Rounds, Row
from retrylint.study.simulation.world import CAUGHT, MOST_EXECUTIONS, PATIENCE, Frame, Raised, World, is_caught
from retrylint.values import Unknown, Value
from retrylint.verbs import called_name

COUNTING = frozenset({"attempts", "count", "max", "maximum", "range", "repeat", "retries", "times", "tries"})
MOST_EACH = 10  # executions in a round of a loop that counts
LONG = 8  # items: from here on it pays to see whether a round is the one before once more


@dataclass(frozen=True, slots=True)
class Signal:
    """How a block ended. `states_value`: a `return` with a value on it."""

    kind: Literal["return", "break", "continue"]
    value: Value = None
    states_value: bool = False


Running = Generator[Invoke, Value, Signal | None]


def run_block(world: World, frame: Frame, block: code.Block) -> Running:
    """Run statements one after the other. Raises `OutOfBudget`, `Unbounded` and, for the program's own, `Raised`."""
    idle, raising = world.program.idle, world.raising
    for statement in block:
        key = id(statement)
        if key in idle:
            continue
        world.step()
        if key in raising:
            world.fail(raising[key], statement.span.line)
        rule = RULES.get(type(statement))
        signal = None if rule is None else (yield from rule(world, frame, statement))
        if signal is not None:
            return signal
    return None


def _evaluate(world: World, frame: Frame, statement: code.Evaluate) -> Running:
    inner = statement.value
    if isinstance(inner, code.Call) and must_be_awaited(world.nodes.callee(inner).name):
        return None
    waits = len(world.events)
    yield from evaluate(world, frame, inner)
    _let_raise(world, frame, inner)
    yield from _update_items(world, frame, inner)
    call = inner.value if isinstance(inner, (code.Await, code.Yield)) else inner
    if len(world.events) == waits and isinstance(call, code.Call) and world.nodes.callee(call).sleeps:
        yield from _sleep_somehow(world, frame, call)
    return None


def _update_items(world: World, frame: Frame, call: code.Expr) -> Generator[Invoke, Value, None]:
    """`counts.update({"tries": tries})`, also of the function's own `**kwargs`: those are its items from here on."""
    if not isinstance(call, code.Call) or not is_keyed_update(call):
        return
    assert isinstance(call.function, code.Attribute)
    container = call.function.value
    for argument in call.arguments:
        items = argument.value.items if isinstance(argument.value, code.Mapping) else ()
        pairs = [(key, item) for key, item in items if key is not None]
        for key, item in pairs if argument.keyword is None else [(code.Const(argument.keyword), argument.value)]:
            world.bind(frame, code.Subscript(container, key), (yield from evaluate(world, frame, item)))


def _sleep_somehow(world: World, frame: Frame, call: code.Call) -> Generator[Invoke, Value, None]:
    """A function that nobody has seen sleeps, by its name: for how long is not told."""
    first = (yield from evaluate(world, frame, call.arguments[0].value)) if call.arguments else None
    plain = called_name(call).lower().endswith("sleep") and isinstance(first, (Unknown, int, float))
    origin = first.origin if plain and isinstance(first, Unknown) else "seconds" if plain else "sleep()"
    world.wait(call, world.nodes.callee(call).name, Unknown(origin, moving=True), None)


def _assign(world: World, frame: Frame, statement: code.Assign) -> Running:
    value = yield from evaluate(world, frame, statement.value)
    _let_raise(world, frame, statement.value)
    if isinstance(value, Unknown) and world.is_repeating and world.nodes.is_made_of_itself(statement):
        value = replace(value, moving=True)
    for target in statement.targets:
        world.bind(frame, target, value)
    return None


def _let_raise(world: World, frame: Frame, expr: code.Expr) -> None:
    """What cannot be followed may raise where it is handed the error, or where it keeps the count of the attempts."""
    for call in calls_that_decide(expr) if world.executions else ():
        _let_call_raise(world, frame, call)


def _let_call_raise(world: World, frame: Frame, call: code.Call) -> None:
    may_raise = world.nodes.callee(call).may_raise
    kind = raised_by(call) if may_raise == "always" else None
    if kind is not None:
        raise Raised((world.program.imports.name_of(kind) or "?",), line=call.span.line, anew=True)
    handed = _is_handed_failure(world, frame, call)
    if may_raise == "always" or (may_raise == "handed the error" and handed):
        raise Raised(world.handling[-1].names if world.handling else ("an exception",), line=call.span.line)
    if may_raise in ("never", "handed the error") or (may_raise == "of the error" and not handed):
        return
    if world.choose(id(call), moving=True, likely=False):
        raise Raised(world.handling[-1].names if world.handling else ("an exception",), line=call.span.line)


def _is_handed_failure(world: World, frame: Frame, call: code.Call) -> bool:
    if world.failure.operation is not None and world.nodes.is_about_failure(call, world.failure):
        return True
    names = (argument.value.id for argument in call.arguments if isinstance(argument.value, code.Name))
    return any(is_caught(frame.names.get(name)) for name in names)


def _step(world: World, frame: Frame, statement: code.AugAssign) -> Running:
    before = yield from evaluate(world, frame, statement.target)
    by = yield from evaluate(world, frame, statement.value)
    if statement.operator in ("+", "*") and isinstance(before, Unknown) and isinstance(by, Unknown):
        before, by = world.stand_in(before), world.stand_in(by)  # both are unknown, but how it grows is not
    world.bind(frame, statement.target, combined(world, statement.operator, before, by))
    return None


def _leave(world: World, frame: Frame, statement: code.Break | code.Continue) -> Running:
    yield from ()
    return Signal("break" if isinstance(statement, code.Break) else "continue")


def _assert(world: World, frame: Frame, statement: code.Assert) -> Running:
    if not (yield from _test(world, frame, statement)):
        raise Raised(("AssertionError",), line=statement.span.line)
    return None


def _if(world: World, frame: Frame, statement: code.If) -> Running:
    holds = yield from _test(world, frame, statement)
    return (yield from run_block(world, frame, statement.body if holds else statement.orelse))


def _test(world: World, frame: Frame, statement: code.If | code.Assert) -> Generator[Invoke, Value, bool]:
    asks = world.asks
    value = yield from evaluate(world, frame, statement.test)
    holds = world.decide(statement.test, value)
    if world.notes is not None:
        world.tell(steps.decision(statement.test, statement.span.line, holds, assumed=world.asks > asks))
    return holds


def _define(world: World, frame: Frame, statement: code.Function | code.Class) -> Running:
    yield from ()
    frame.names[statement.name] = Unknown(statement.name)
    return None


def _return(world: World, frame: Frame, statement: code.Return) -> Running:
    value = None if statement.value is None else (yield from evaluate(world, frame, statement.value))
    if world.notes is not None and not world.entered:
        world.tell(steps.returns(statement, value))
    return Signal("return", value, states_value=statement.value is not None)


def _raise(world: World, frame: Frame, statement: code.Raise) -> Running:
    wraps = statement.cause not in (None, code.Const(None))
    caught = _caught(world, frame, statement.exception)
    if world.notes is not None:
        world.tell(steps.raises(statement, caught.names if caught is not None else ()))
    if caught is not None:
        raise Raised(caught.names, wraps=wraps or caught.wraps, line=statement.span.line)
    assert statement.exception is not None
    yield from evaluate(world, frame, statement.exception)
    named = statement.exception.function if isinstance(statement.exception, code.Call) else statement.exception
    name = world.program.imports.name_of(named) or "an exception"
    is_class = name.rpartition(".")[2][:1].isupper()
    raise Raised((name,), wraps=wraps, line=statement.span.line, anew=is_class)


def _caught(world: World, frame: Frame, exception: code.Expr | None) -> Raised | None:
    """The error that a handler caught: of `raise`, of `raise error` and of `raise error.with_traceback(...)`."""
    if exception is None:
        return world.handling[-1] if world.handling else Raised(("RuntimeError",))
    if isinstance(exception, code.Call) and isinstance(exception.function, code.Attribute):
        exception = exception.function.value
    name = code.dotted(exception)
    value = frame.names.get(name, world.attributes.get(name)) if name else None
    return world.caught.get(value.origin) if isinstance(value, Unknown) else None


def _while(world: World, frame: Frame, statement: code.While) -> Running:
    if statement is world.program.loop:
        world.settle(frame)
        try:
            return (yield from _rounds(world, frame, statement))
        finally:
            world.leave()
    asks, events = world.asks, len(world.events)
    try:
        return (yield from _rounds(world, frame, statement))
    finally:
        if world.asks > asks:
            world.forget_waits(events)


def _rounds(world: World, frame: Frame, statement: code.While) -> Running:
    rounds = Rounds(world, is_inner=statement is not world.program.loop)
    while True:
        world.step()
        asks = world.asks
        test = yield from evaluate(world, frame, statement.test)
        known = values.truth(test)
        world.note(test, decides=False)
        if known is None and statement is world.program.loop:
            known = world.decide(statement.test, test)
        if world.notes is not None and type(statement.test) is not code.Const:
            assumed = world.asks > asks or known is None
            world.tell(steps.decision(statement.test, statement.span.line, known is not False, assumed))
        if known is False:
            return (yield from run_block(world, frame, statement.orelse))
        rounds.begin(frame)
        signal = yield from _round(world, frame, statement.body, guessed=known is None)
        if signal is not None and signal.kind != "continue":
            return signal if signal.kind == "return" else None
        if known is None:
            return (yield from run_block(world, frame, statement.orelse))


def _for(world: World, frame: Frame, statement: code.For) -> Running:
    if statement is not world.program.loop:
        return (yield from _items(world, frame, statement))
    world.settle(frame)
    try:
        return (yield from _items(world, frame, statement))
    finally:
        world.leave()


def _items(world: World, frame: Frame, statement: code.For) -> Running:
    iterable = yield from evaluate(world, frame, statement.iterable)
    known = isinstance(iterable, tuple)
    unknown = Unknown(f"item@{statement.span.line}", moving=True)
    items = iterable if isinstance(iterable, tuple) else (unknown,)
    if not known and statement is world.program.loop:
        items, known = (unknown,) * world.standing_in, True
        world.tags.add("dynamic")
        world.open_ended = _may_be_endless(statement.iterable)
        if world.notes is not None:
            world.tell(steps.stands_for_length(statement, world.standing_in))
    rounds = Rounds(world, is_inner=False) if statement is world.program.loop and len(items) == ENDLESS else None
    if known and rounds is None and len(items) > MOST_EXECUTIONS:
        world.most_executions = MOST_EACH * len(items)  # no endlessness is read off what is counted
    counts = known and rounds is None and len(items) >= LONG and world.notes is None
    item = world.nodes.unread_item(statement) if counts else None
    row = Row(world, item) if item is not None else None
    for number, value in enumerate(items):
        if rounds is not None:
            rounds.begin(frame)
        if row is not None and row.repeats(frame):
            row.replay(len(items) - number)
            break
        world.bind(frame, statement.target, value)
        if world.notes is not None:
            world.tell(steps.takes(statement, value))
        signal = yield from _round(world, frame, statement.body, guessed=not known)
        if signal is not None and signal.kind != "continue":
            return signal if signal.kind == "return" else None
    if world.notes is not None:
        world.tell(steps.no_more(statement))
    return (yield from run_block(world, frame, statement.orelse))


def _may_be_endless(iterable: code.Expr) -> bool:
    """Is it what a call gives that speaks of no count, such as a generator of delays, or what goes on for ever?"""
    if any(_goes_on(call) for call in code.calls(iterable)):
        return True
    names = (each for each in code.walk(iterable) if isinstance(each, (code.Name, code.Attribute)))
    return isinstance(iterable, code.Call) and COUNTING.isdisjoint(
        word for name in names for word in words_of(code.last_name(name))
    )


def _goes_on(call: code.Call) -> bool:
    name = called_name(call)
    return name in ("cycle", "count") or (name == "repeat" and len(call.arguments) == 1)


def _round(world: World, frame: Frame, body: code.Block, guessed: bool) -> Running:
    """One round of a loop. Of a loop whose rounds nobody knows one is run, and what happens in it is uncertain."""
    world.guessing += guessed
    try:
        return (yield from run_block(world, frame, body))
    finally:
        world.guessing -= guessed


def _try(world: World, frame: Frame, statement: code.Try) -> Running:
    try:
        signal = yield from _guarded(world, frame, statement)
    except Raised:
        final = yield from run_block(world, frame, statement.finalbody)
        if final is None:
            raise
        return final
    return (yield from run_block(world, frame, statement.finalbody)) or signal


def _guarded(world: World, frame: Frame, statement: code.Try) -> Running:
    """The `try` without its `finally`."""
    try:
        signal = yield from run_block(world, frame, statement.body)
    except Raised as raised:
        handler = next((each for each in statement.handlers if _is_caught(world, each, raised)), None)
        if handler is None:
            raise
        error = raised.with_traceback(None)  # which holds this frame, and so the error
    else:
        return signal if signal is not None else (yield from run_block(world, frame, statement.orelse))
    world.caught[f"{CAUGHT}{handler.span.line}"] = error
    if handler.name:
        frame.names[handler.name] = Unknown(f"{CAUGHT}{handler.span.line}")
    world.handling.append(error)
    try:
        return (yield from run_block(world, frame, handler.body))
    finally:
        world.handling.pop()


def _is_caught(world: World, handler: code.Handler, error: Raised) -> bool:
    if error.handler is handler or handler.type is None:
        return True
    return _any_caught(world, handler_types(handler), error)


def _any_caught(world: World, kinds: tuple[code.Expr, ...], error: Raised) -> bool:
    caught = [world.program.imports.name_of(kind) or "?" for kind in kinds]
    return any(catches(name, raised) for name in caught for raised in error.names)


def catches(caught: str, raised: str) -> bool:
    """Would a handler for `caught` see an exception called `raised`? Either may be a class that nobody knows."""
    if caught in (raised, "BaseException"):
        return True
    kind, known = getattr(builtins, caught, None), getattr(builtins, raised, None)
    if isinstance(kind, type) and isinstance(known, type):
        return issubclass(known, kind)
    if caught == "Exception":
        return not raised.endswith(("CancelledError", "SystemExit", "KeyboardInterrupt"))
    return caught.rpartition(".")[2] == raised.rpartition(".")[2]


def _with(world: World, frame: Frame, statement: code.With) -> Running:
    suppressed: list[code.Expr] = []
    raises: bool | None = None
    around = len(world.ends)
    for context, target in statement.items:
        value = yield from evaluate(world, frame, context)
        name = (world.program.imports.name_of(context.function) if isinstance(context, code.Call) else None) or ""
        if name in DEADLINES or "timeout" in words_of(name):
            raises = DEADLINES.get(name, True)
            yield from _set_deadline(world, frame, context)
        if target is not None:
            world.bind(frame, target, values.unknown(value, origin=f"with@{statement.span.line}"))
        if isinstance(context, code.Call) and name == "contextlib.suppress":
            suppressed.extend(argument.value for argument in context.arguments)
    try:
        signal = yield from run_block(world, frame, statement.body)
        if signal is None and reraises(statement) and world.handling:
            raise Raised(world.handling[-1].names, line=statement.span.line)
        return signal
    except Raised as error:
        if raises is not None and error.names == (CANCELLED,):
            if raises:
                raise Raised(("TimeoutError",), line=error.line) from None
        elif error.handler is not statement and not _any_caught(world, tuple(suppressed), error):
            raise
    finally:
        del world.ends[around:]
    return None


def _set_deadline(world: World, frame: Frame, context: code.Expr) -> Generator[Invoke, Value, None]:
    """What stands in the `with` is cancelled after so many seconds; None stands for no limit."""
    assert isinstance(context, code.Call)
    seconds = (yield from evaluate(world, frame, context.arguments[0].value)) if context.arguments else None
    known = values.bounds(seconds)
    if known is not None or isinstance(seconds, Unknown):
        world.ends.append(world.clock + (known.high if known is not None else PATIENCE))
        world.tags.add("clock")


def _match(world: World, frame: Frame, statement: code.Match) -> Running:
    subject = yield from evaluate(world, frame, statement.subject)
    if not isinstance(subject, Unknown) or subject.moving:
        world.lost = world.uncertain = True  # which pattern it matches may change from round to round
    for case in statement.cases:
        if not case.matches_all and not world.choose(id(case)):
            continue
        for name in case.binds:
            frame.names[name] = Unknown(f"{name}@{statement.span.line}")
        if case.guard is None or world.decide(case.guard, (yield from evaluate(world, frame, case.guard))):
            return (yield from run_block(world, frame, case.body))
    return None


RULES: dict[type[Any], Callable[[World, Frame, Any], Running]] = {
    code.Evaluate: _evaluate,
    code.Assign: _assign,
    code.AugAssign: _step,
    code.Return: _return,
    code.Raise: _raise,
    code.Break: _leave,
    code.Continue: _leave,
    code.Assert: _assert,
    code.If: _if,
    code.While: _while,
    code.For: _for,
    code.Try: _try,
    code.With: _with,
    code.Match: _match,
    code.Function: _define,
    code.Class: _define,
}
