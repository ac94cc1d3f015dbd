"""Is the last wait of a loop for nothing, or does it belong to the last attempt, or to what comes behind?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.flow import blocks_of, ends
from retrylint.loops.classify import Verdict
from retrylint.loops.evidence import stepped_in
from retrylint.loops.rounds import Loop
from retrylint.model import Span
from retrylint.names import Imports, bound_names
from retrylint.naming import words_of
from retrylint.sketch.looping import loops_in
from retrylint.study.handlers import works
from retrylint.study.simulation.isolate import isolate
from retrylint.study.simulation.keeping import TELLING
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.program import Executed, Program, Waited
from retrylint.verbs import called_name, is_looking, is_steering

SIMPLE = (code.Evaluate, code.Assign, code.AugAssign, code.Return)
GOING_ON = frozenset({"next", "continue"})
# words of calls that end what has failed: they close it, undo it, tell of it, or leave the program
ENDING = frozenset(
    {"abort", "close", "cleanup", "disconnect", "error", "exit", "fail", "failed", "failure", "kill", "quit", "release",
     "rollback", "shutdown", "stop", "terminate", "unlock"}
)  # fmt: skip


def is_for_nothing(function: code.Function, loop: Loop, verdict: Verdict, program: Program, outcome: Outcome) -> bool:
    """Does nothing use the time that passes after the last execution?"""
    return not (
        _waits_within(loop, verdict, outcome)
        or _waits_elsewhere(program, loop, outcome)
        or _looks_again(function, loop, verdict, program.imports)
        or _goes_on(function, loop, outcome)
        or _works_after(loop, outcome)
        or _tries_otherwise(loop, verdict)
        or _tells_the_limit(loop, verdict, program)
    )


def _waits_within(loop: Loop, verdict: Verdict, outcome: Outcome) -> bool:
    """Does a round wait in a loop of its own: for something to come about, or where all its attempts are?"""
    inner = [each for each in loops_in(*loop.body) if isinstance(each, code.While) or _holds_all(each, verdict)]
    return any(each.span.holds(sleep.call.span) for each in inner for sleep in outcome.sleeps)


def _waits_elsewhere(program: Program, loop: Loop, outcome: Outcome) -> bool:
    """Is the last wait behind the loop, or in a helper that waits for something to come about, or works on after it?"""
    events = outcome.run.events
    last = max((index for index, event in enumerate(events) if isinstance(event, Executed)), default=-1)
    waits = [event.call.span for event in events[last + 1 :] if isinstance(event, Waited)]
    helpers = program.helpers.values()
    helped = [span for span in waits if any(each.span.holds(span) for each in helpers)]
    if any(not any(each.span.holds(span) for each in loop.body) for span in waits if span not in helped):
        return True
    inner = [each.span for helper in helpers for each in loops_in(*helper.body)]
    return any(each.holds(span) for each in inner for span in helped) or any(
        _is_work(each) for helper in helpers for span in helped for each in _after(helper.body, span)
    )


def _goes_on(function: code.Function, loop: Loop, outcome: Outcome) -> bool:
    """Is there more to do behind the loop, although every attempt has failed?"""
    if _comes_round(function.body, loop):
        return True
    if outcome.give_up.ending in ("raises", "wraps"):
        return False
    leaves = "next" not in ends(loop.orelse) or _ends_something(*loop.orelse)
    behind = () if leaves else tuple(_behind(isolate(function.body, loop) or (), loop))
    return any(map(_is_work, (*code.statements(*loop.orelse), *code.statements(*behind))))


def _works_after(loop: Loop, outcome: Outcome) -> bool:
    """Does the round go on with its work after the wait, such as to look at what has come by then?"""
    return outcome.rest is not None and any(map(_is_work, _after(loop.body, outcome.rest)))


def _after(block: code.Block, place: Span) -> code.Block:
    """What a round comes to after a place in it, whatever it is told: statements, and the tests of others."""
    for index, statement in enumerate(block):
        if not statement.span.holds(place):
            continue
        inner = next((each for each in _all_blocks(statement) if any(one.span.holds(place) for one in each)), ())
        found = _after(inner, place)
        if inner and "next" not in ends(inner):
            return found
        return (*found, *_always(block[index + 1 :]))
    return ()


def _always(block: code.Block) -> Iterator[code.Stmt]:
    for statement in block:
        if isinstance(statement, (code.If, code.While)):
            yield code.Evaluate(statement.test, statement.span)
        elif isinstance(statement, (code.Try, code.With)):
            yield from _always(statement.body)
        else:
            yield statement


def _all_blocks(statement: code.Stmt) -> tuple[code.Block, ...]:
    return () if isinstance(statement, (code.For, code.While)) else blocks_of(statement)


def _is_work(statement: code.Stmt) -> bool:
    return isinstance(statement, SIMPLE) and works((statement,)) and not _ends_something(statement)


def _comes_round(block: code.Block, loop: Loop) -> bool:
    """Does the loop stand in another one, whose next round makes the same attempts once more?"""
    outer = [each for each in loops_in(*block) if each is not loop and each.span.holds(loop.span)]
    if not outer or not ends(loop.orelse) & GOING_ON or not ends(tuple(_behind(outer[-1].body, loop))) & GOING_ON:
        return False
    items = set(bound_names(outer[-1].target)) if isinstance(outer[-1], code.For) else set()
    return not any(isinstance(node, code.Name) and node.id in items for node in code.walk(*loop.body))


def _ends_something(*block: code.Stmt) -> bool:
    return any(not ENDING.isdisjoint(words_of(called_name(call))) for call in code.calls(*block))


def _behind(block: code.Block, loop: Loop) -> Iterator[code.Stmt]:
    """The statements that a run comes to after the loop; what cleans up is none of them."""
    for statement in block:
        if statement is not loop and statement.span.holds(loop.span):
            inner = (statement.body, statement.orelse) if isinstance(statement, code.Try) else blocks_of(statement)
            for each in inner:
                yield from _behind(each, loop)
        elif statement.span > loop.span and statement is not loop:
            yield statement


def _tells_the_limit(loop: Loop, verdict: Verdict, program: Program) -> bool:
    """Is something told both the number of the attempt and how many there may be, so that it may end them itself?"""
    stepped = stepped_in(loop)
    limits = program.limits - stepped
    return any(
        not stepped.isdisjoint(given := _named_in(call)) and not limits.isdisjoint(given)
        for call in code.calls(*loop.body)
        if not is_steering(call) and TELLING.isdisjoint(words_of(called_name(call))[:1])
        if not any(call is each for each in verdict.operations)
    )


def _named_in(call: code.Call) -> set[str]:
    """The names, and the dotted names, in the arguments of a call."""
    parts = code.walk(*(argument.value for argument in call.arguments))
    return {name for part in parts if isinstance(part, (code.Name, code.Attribute)) and (name := code.dotted(part))}


def _tries_otherwise(loop: Loop, verdict: Verdict) -> bool:
    """Does the number of the attempt decide which of several operations is tried, so that none is the last alone?"""
    stepped = stepped_in(loop)
    return any(
        isinstance(node, code.If)
        and bool(node.orelse)
        and any(isinstance(part, code.Name) and part.id in stepped for part in code.walk(node.test))
        and any(each.span.holds(call.span) for each in (*node.body, *node.orelse) for call in verdict.operations)
        for failing in verdict.failings
        for node in code.statements(*failing.statement.body)
    )


def _holds_all(loop: Loop, verdict: Verdict) -> bool:
    return all(loop.span.holds(call.span) for call in verdict.operations)


def _looks_again(function: code.Function, loop: Loop, verdict: Verdict, imports: Imports) -> bool:
    """Does what comes behind the loop go on with the object that the operation worked on, whatever came of that?

    The last wait lets time pass for it: a process is told to end, and is looked at once more.
    """
    if loop.orelse and "next" not in ends(loop.orelse):
        return False
    every = code.calls(*(isolate(function.body, loop) or ()))
    behind = [call for call in every if call.span > loop.span and not loop.span.holds(call.span)]
    looks = [call for call in code.calls(*loop.body) if is_looking(call)]
    return any(is_looking(call) and code.alike(call, each) for call in behind for each in looks) or any(
        (owner := _owner(operation)) is not None
        and owner.partition(".")[0] not in imports.table
        and any(
            _owner(call) == owner and (is_looking(call) or not _given(call).isdisjoint(_given(operation)))
            for call in behind
        )
        for operation in verdict.operations
    )


def _owner(call: code.Call) -> str | None:
    """The object whose method a call is, other than the function's own."""
    owner = code.dotted(call.function.value) if isinstance(call.function, code.Attribute) else None
    return None if owner == "self" else owner


def _given(call: code.Call) -> set[str]:
    return {name for argument in call.arguments if (name := code.dotted(argument.value))}
