"""Finds the worst that can happen: every failure, and every answer to a condition that the code does not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice

from retrylint import code
from retrylint.model import GiveUp, Limit
from retrylint.study.simulation.machine import Run, run
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.outcome import Outcome, outcome_of
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.world import STAND_INS, Key

MOST_RUNS = 256  # sets of answers tried for one failure
MOST_SPARE = 500  # statements run to see what runs without a repetition lead to although one with it was found
MOST_STEPS = 14_000  # statements run for one site
Answers = Mapping[Key, bool]
LEAP = 1e7  # seconds: longer than any deadline, to see whether one ends the run


@dataclass(slots=True)
class Budget:
    """The statements that a site may still cost, and whether a run was left out for want of them."""

    steps: int = MOST_STEPS
    ran_out: bool = False

    @contextmanager
    def share(self, parts: int) -> Iterator[Budget]:
        """One of so many equal parts of what is left; what the part does not spend stays."""
        part = Budget(self.steps // parts)
        given = part.steps
        try:
            yield part
        finally:
            self.steps -= given - part.steps
            self.ran_out = self.ran_out or part.ran_out


def worst(program: Program, failures: Sequence[Failure]) -> Outcome | None:
    """The worst outcome in which the operation is executed again; None where none was found.

    Endless is worst, then what cannot be told, then the most executions and the longest wait. What is endless only
    while a parameter keeps its default of None has the limit that its caller gives. What never repeats under its
    defaults may do so under other values. Where the budget ran out, only endlessness is certain.
    """
    budget = Budget()
    nodes = Nodes(program)
    found = _worst(nodes, failures, budget)
    if found is None:
        found = _worst(nodes.under(replace(program, trusting=False)), failures, budget)
    if found is None:
        return None
    if found.limit.kind != "unbounded":
        return _untold(found) if budget.ran_out else found
    endless = _untold(found) if found.loose else found
    if program.keywords is None and all(each.default != code.Const(None) for each in program.function.parameters):
        return endless
    given = _worst(nodes.under(replace(program, nullable=True)), failures, budget)
    if given is None or given.limit.kind in ("unbounded", "unknown"):
        return endless
    return _of_the_caller(given)


def _of_the_caller(found: Outcome) -> Outcome:
    schedule = replace(found.schedule, waits=None, trailing=None)  # it rests as before
    return replace(found, limit=Limit("dynamic"), schedule=schedule)


def _untold(found: Outcome) -> Outcome:
    schedule = replace(found.schedule, waits=None, trailing=None, rests=False)
    return replace(found, limit=Limit("unknown"), schedule=schedule, give_up=GiveUp())


def _worst(nodes: Nodes, failures: Sequence[Failure], budget: Budget) -> Outcome | None:
    found: list[Outcome] = []
    courses: set[object] = set()
    for index, failure in enumerate(failures):
        with budget.share(len(failures) - index) as share:
            for outcome in _outcomes(nodes, failure, share, courses):
                if outcome.run.repeats:
                    found.append(outcome)
                if outcome.limit.kind == "unbounded" and outcome.sleeps and not outcome.loose:
                    return outcome  # nothing is worse
    return max(found, key=Outcome.severity, default=None)


def _outcomes(nodes: Nodes, failure: Failure, budget: Budget, courses: set[object]) -> Iterator[Outcome]:
    """What the runs come to, each outcome once; what is endless beyond doubt first.

    Two calls of one block may fail alike: where all that the first run is seen to do was seen in `courses`, that is
    what the others will do as well.
    """
    every: list[Run] = []
    seen: set[object] = set()
    for number, first in enumerate(runs(nodes, failure, budget)):
        if number == 0 and first.repeats and failure.trigger is not None:
            course = (id(failure.trigger.handler), first.course)
            if course in courses:
                return
            courses.add(course)
        if first.ended == "unbounded" and not first.moved | first.loose:
            if _is_new(first, seen):
                yield outcome_of(failure, first, _twin(nodes, failure, first, budget), doubtful=False)
        else:
            every.append(first)
    for first in every:
        doubtful = first.ended == "unbounded" and _may_end(first, every, first.moved)
        if doubtful and first.told:
            continue  # the other side will not give the same answer for ever, and other runs show what else happens
        if _is_new(first, seen, doubtful):
            outcome = outcome_of(failure, first, _twin(nodes, failure, first, budget), doubtful)
            loose = outcome.limit.kind == "unbounded" and _may_end(first, every, first.moved | first.loose)
            yield replace(outcome, loose=loose)


def _is_new(first: Run, seen: set[object], doubtful: bool = False) -> bool:
    """Does a run differ from those before in anything that an outcome tells?"""
    key = (first.events, first.ended, first.exceptions, first.wraps, first.tags, first.uncertain, doubtful)
    known = key in seen
    seen.add(key)
    return not known


def _twin(nodes: Nodes, failure: Failure, first: Run, budget: Budget) -> Run:
    """The same run under another unknown limit or another clock, where one of these decided it."""
    if "clock" in first.tags and first.ended == "unbounded":
        twin = run(nodes, failure, first.asked, leap=LEAP)
    elif "dynamic" in first.tags and first.ended != "unbounded":
        twin = run(nodes, failure, first.asked, STAND_INS[1])
    elif "clock" in first.tags:
        twin = run(nodes, failure, first.asked, pace="none")
        if _is_alike(first, twin):
            budget.steps -= twin.steps
            twin = run(nodes, failure, first.asked, pace="most")
    else:
        return first
    budget.steps -= twin.steps
    return twin


def _is_alike(one: Run, other: Run) -> bool:
    return (one.executions, one.ended) == (other.executions, other.ended)


def _may_end(endless: Run, every: list[Run], changing: frozenset[Key]) -> bool:
    """Does another answer to one of the conditions that may change end what looked endless?"""
    changing &= endless.asked.keys()
    fixed = {key: answer for key, answer in endless.asked.items() if key not in changing}
    return any(
        other.ended != "unbounded"
        and any(other.asked.get(key, endless.asked[key]) != endless.asked[key] for key in changing)
        and all(other.asked.get(key, answer) == answer for key, answer in fixed.items())
        for other in every
    )


def runs(nodes: Nodes, failure: Failure, budget: Budget) -> Iterator[Run]:
    """One run for each set of answers that makes a difference; a condition has one answer for the whole of a run.

    Each answer of a run is turned round by itself. Where that changes nothing that can be seen, the condition is left
    open, and is asked again under the answers that do matter. A run that repeats nothing is followed further while
    no run was found that does, and not far then. What is asked on the way to the loop matters by what it leaves there:
    a run that comes to the loop as an earlier one did is not run on.
    """
    left = MOST_RUNS
    first = run(nodes, failure, {})
    budget.steps -= first.steps
    yield first
    repeating: list[tuple[Answers, Run]] = [({}, first)]
    others: list[tuple[Answers, Run]] = []
    tried: set[frozenset[tuple[Key, bool]]] = set()
    entries = {first.entry}
    found, spare = first.repeats, MOST_SPARE
    while repeating or (others and (spare > 0 or not found)):
        is_spare = found and not repeating
        answers, done = repeating.pop() if repeating else others.pop(0)
        taken = dict(answers)
        way_in = dict(islice(done.asked.items(), done.asked_before))
        for key, answer in done.asked.items():
            turned = {**taken, key: not answer} if key in way_in else {**way_in, **taken, key: not answer}
            if key in answers or frozenset(turned.items()) in tried:
                continue
            if budget.steps <= 0 or left <= 0:
                budget.ran_out = budget.ran_out or not is_spare
                return
            tried.add(frozenset(turned.items()))
            other = run(nodes, failure, turned, entries=entries if key in way_in else frozenset())
            budget.steps -= other.steps
            spare -= other.steps * is_spare
            left -= 1
            if other.ended == "known" or other.seen == done.seen:
                continue
            yield other
            entries.add(other.entry)
            if other.repeats:
                found = True
                repeating.append((turned, other))
                taken[key] = answer
            else:
                others.append((turned, other))
