"""The run whose outcome a site has, step by step: it is run once more, and tells what it does."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrylint import code
from retrylint.model import Limit, Step, Wait
from retrylint.study.simulation import steps
from retrylint.study.simulation.machine import Run, run
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.places import place_name
from retrylint.study.simulation.program import Executed, Failure, Program
from retrylint.study.simulation.world import Note, aimed_at
from retrylint.study.spelling import spelled

WHOLE = 8  # attempts: a longer run is shown in part
FIRST = 3  # attempts that are shown of it, before the last
MOST_STEPS = 24  # between two attempts
HEAD, TAIL = 12, 6  # of more than these


def trace_of(outcome: Outcome) -> tuple[Step, ...]:
    """What a run does until it ends or, where it is long or has no end, as much as shows how it goes on."""
    notes: list[Note] = []
    first = outcome.run
    done = run(first.nodes, outcome.failure, first.asked, notes=notes)
    stand_ins = _stand_ins([note.step for note in notes if note.step.kind == "stand-in"], done, outcome.limit)
    is_timed = any(step.wait is not None for step in stand_ins)
    rounds = _rounds(list(_in_order(done, notes, outcome.failure, is_timed)))
    if done.ended in ("unbounded", "budget"):
        shown = [step for each in rounds[: FIRST + 1] for step in _cut([step for step in each if step.kind != "end"])]
        return (*stand_ins, *shown, Step("skipped", None, _goes_on(outcome.limit)))
    rounds[-1] = _ended(rounds[-1])
    return (*stand_ins, *_shortened(rounds))


def _goes_on(limit: Limit) -> str:
    if limit.kind == "unbounded":
        return "and so on for ever"
    return "and so on until the deadline" if limit.kind == "deadline" else "and so on; what ends it is not told"


def _in_order(done: Run, notes: Sequence[Note], failure: Failure, is_timed: bool) -> Iterator[Step]:
    """Events and notes in one row."""
    told = deque(note for note in notes if note.step.kind != "stand-in")
    attempts = 0
    for index, event in enumerate(done.events):
        while told and told[0].at <= index:
            yield told.popleft().step
        if isinstance(event, Executed):
            attempts += 1
            yield Step("attempt", event.line, _attempt(done.nodes.program, failure), attempts)
        else:
            yield Step("wait", event.line, spelled(event.call), wait=steps.seconds(event.stand_in, is_timed))
    yield from (note.step for note in told)


def _attempt(program: Program, failure: Failure) -> str:
    """What the operation is, and how it fails."""
    if failure.trigger is not None:
        names = aimed_at(failure.trigger.handler, program.imports)
        return f"{steps.what(failure.trigger.point)} {steps.raising(names)}"
    if failure.operation is not None:
        return f"{spelled(failure.operation)} fails by its result"
    return f"{program.function.name}() runs, and fails by its result"


def _stand_ins(told: Sequence[Step], done: Run, limit: Limit) -> list[Step]:
    """Each number that stands for what decides how the run goes, once; not those that only a wait is made of."""
    if not {"dynamic", "clock"} & done.tags:
        return []
    program = done.nodes.program
    functions = (program.function, *program.helpers.values())
    names = {place_name(part) for each in functions for test in _tests(each) for part in code.walk(test)}
    found = {step.text: step for step in told if step.line is not None or step.text in names}
    for step in told:
        if step.wait is not None and step.text not in found:
            found["the deadline"] = replace(step, text="the deadline")
    if found or limit.kind == "explicit":
        return list(found.values())
    others = sorted({step.number for step in told if step.number is not None})
    return [Step("stand-in", None, "the limit" if len(others) == 1 else "a number", other) for other in others]


def _tests(function: code.Function) -> Iterator[code.Expr]:
    """What a function looks at to decide how it goes on."""
    for node in code.walk(*function.body):
        if isinstance(node, (code.If, code.While, code.Assert, code.Conditional)):
            yield node.test
        elif isinstance(node, code.For):
            yield node.iterable
        elif isinstance(node, code.Compare):
            yield node


def _rounds(steps: Sequence[Step]) -> list[list[Step]]:
    """The steps before the first attempt, and those from each attempt to the next; never none."""
    rounds: list[list[Step]] = [[]]
    for step in steps:
        if step.kind == "attempt":
            rounds.append([])
        rounds[-1].append(step)
    return rounds


def _ended(last: Sequence[Step]) -> list[Step]:
    """The last round with one end: where activations end one behind the other alike, the innermost tells where."""
    rest = list(last)
    end = rest.pop()
    while rest and rest[-1].kind == "end":
        inner = rest.pop()
        end = inner if inner.text == end.text else end
    if rest and rest[-1].kind == "raise" and rest[-1].line == end.line:
        end = replace(end, text=rest.pop().text)
    return [*(step for step in rest if step.kind != "end"), end]


def _shortened(rounds: Sequence[Sequence[Step]]) -> Iterator[Step]:
    """The rounds in one row: the first of many, and the last."""
    attempts = len(rounds) - 1
    shown = attempts if attempts <= WHOLE else FIRST
    for each in rounds[: shown + 1]:
        yield from _cut([step for step in each if step.kind != "end" or each is rounds[-1]])
    if shown < attempts:
        left_out = [step for each in rounds[shown + 1 : -1] for step in each]
        yield Step("skipped", None, f"{attempts - shown - 1:,} more", attempts - shown - 1, _waited(left_out))
        yield from _cut(rounds[-1])


def _cut(round_: Sequence[Step]) -> Iterator[Step]:
    """A round without its middle, where it is long."""
    if len(round_) <= MOST_STEPS:
        yield from round_
        return
    left_out = round_[HEAD:-TAIL]
    yield from round_[:HEAD]
    yield Step("skipped", None, f"{len(left_out):,} steps like these", 0, _waited(left_out))
    yield from round_[-TAIL:]


def _waited(steps: Sequence[Step]) -> Wait | None:
    """What is waited in all."""
    waits = [step.wait for step in steps if step.kind == "wait"]
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits):
        return None
    return Wait(sum(wait.low for wait in known), sum(wait.high for wait in known))
