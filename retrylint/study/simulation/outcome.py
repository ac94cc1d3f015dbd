"""Reads a site's limit, schedule and ending off a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrylint import code
from retrylint.model import Ending, GiveUp, Limit, LimitKind, Schedule, Shape, Span, Wait
from retrylint.study.simulation.calls import SLEEPS, is_told
from retrylint.study.simulation.machine import Run
from retrylint.study.simulation.program import Executed, Failure, Waited
from retrylint.values import LARGEST, Num, Unknown, Value, bounds

ENDS = frozenset({"raises", "returns", "falls-through"})
ORDER: tuple[LimitKind, ...] = ("explicit", "default", "deadline", "dynamic", "unknown", "unbounded")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a failing operation leads to, and the run that it was read off.

    `loose`: it is endless only as long as what a condition asks stays as it was.
    """

    failure: Failure
    limit: Limit
    schedule: Schedule
    give_up: GiveUp
    sleeps: tuple[Waited, ...]
    run: Run
    loose: bool = False

    @property
    def rest(self) -> Span | None:
        """The last wait, where no execution follows it."""
        last = self.run.events[-1] if self.run.events else None
        return last.call.span if self.schedule.rests and isinstance(last, Waited) else None

    def severity(self) -> tuple[float, int, float]:
        """Endless above all, then what may be, then the unknown, then by executions and by waiting."""
        total = self.schedule.total
        return (
            ORDER.index(self.limit.kind) - self.loose / 2,
            self.limit.attempts or 0,
            total.high if total else float(bool(self.sleeps)),
        )


def outcome_of(failure: Failure, first: Run, twin: Run, doubtful: bool) -> Outcome:
    """The outcome of a run and of its twin: with another number for an unknown limit, or another clock.

    Where the run looks endless the clock leaps, where it ends by a deadline or a count the clock stands still.

    `doubtful`: what keeps the run going may change by itself.
    """
    sleeps = tuple(event for event in first.events if isinstance(event, Waited))
    between, trailing = _gaps(first)
    limit = Limit("unknown") if doubtful else _limit(first, twin)
    rests = limit.kind in ("explicit", "dynamic") and _rests(first) and _rests(twin)
    schedule = _schedule(between, trailing, sleeps, limit)
    return Outcome(
        failure,
        limit,
        replace(schedule, rests=rests, trailing=None if first.advised else schedule.trailing),
        _give_up(first, twin, limit),
        sleeps,
        first,
    )


def _rests(done: Run) -> bool:
    """Does a run that ends wait after its last execution? What is told the count may know which one that is."""
    if done.advised:
        return False
    for event in reversed(done.events):
        if isinstance(event, Executed):
            return False
        seconds = bounds(event.value)
        if seconds is None or seconds.high > 0:
            return done.ended not in ("unbounded", "budget") and not done.open_ended
    return False


def _limit(first: Run, twin: Run) -> Limit:
    dynamic, timed = "dynamic" in first.tags, "clock" in first.tags
    if first.uncertain or first.ended == "budget" or (twin.ended == "budget" and (dynamic or not timed)):
        return Limit("unknown")
    if first.ended == "unbounded":
        return Limit("unbounded" if twin.ended == "unbounded" else "deadline")
    if twin.executions != first.executions or twin.ended != first.ended:
        return Limit("dynamic" if dynamic else "deadline")
    if dynamic and timed:
        return Limit("deadline")
    return Limit("unknown") if first.several else Limit("explicit", first.executions)


def _give_up(first: Run, twin: Run, limit: Limit) -> GiveUp:
    """How it ends; not told where the time that the waits really take decides between two ends."""
    if limit.kind == "unbounded":
        return GiveUp("never")
    last = twin if first.ended == "unbounded" else first
    if last.open_ended and last.ended == "falls-through":
        return GiveUp()  # what the loop runs over may raise in the end
    if limit.kind == "unknown" or last.ended == "unbounded" or last.ended == "budget" or last.ended == "known":
        return GiveUp()
    if twin.pace == "most" and twin.ended in ENDS and twin.ended != last.ended:
        return GiveUp()
    ending: Ending = last.ended
    if ending == "raises" and last.wraps:
        return GiveUp("wraps", last.exceptions[0])
    return GiveUp(ending, last.exceptions[0] if ending == "raises" and last.raised_anew else None)


def _gaps(done: Run) -> tuple[list[Num | None], Num | None]:
    """The sum of the waits between each two executions, and of those behind the last; None where one is unknown."""
    gaps: list[list[Num | None]] = []
    for event in done.events:
        if isinstance(event, Executed):
            gaps.append([])
        elif gaps:
            gaps[-1].append(bounds(event.stand_in))
    sums = [_sum(gap) for gap in gaps]
    if done.ended == "unbounded":
        return sums, None
    trailing = sums.pop() if sums and gaps[-1] else Num(0.0, 0.0, frozenset())
    return (sums if len(sums) < len(gaps) else sums[:-1]), trailing


def _sum(waits: Sequence[Num | None]) -> Num | None:
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits):
        return None
    tags = frozenset(tag for wait in known for tag in wait.tags)
    return Num(sum(max(w.low, 0.0) for w in known), sum(max(w.high, 0.0) for w in known), tags)


def _schedule(between: list[Num | None], trailing: Num | None, sleeps: tuple[Waited, ...], limit: Limit) -> Schedule:
    function = (sleeps[0].function or None) if sleeps else None
    blocks = SLEEPS[function].blocks if function is not None and function in SLEEPS else None
    if not sleeps:
        quiet = tuple(Wait(0.0, 0.0) for _ in between) if limit.kind == "explicit" else None
        return Schedule("none", None, None, None, None, None, quiet)
    known = [wait for wait in between if wait is not None]
    if len(known) < len(between) or not known:
        jitter = jitter_of([sleep.value for sleep in sleeps])
        if any(isinstance(sleep.value, Unknown) and is_told(sleep.value.origin) for sleep in sleeps):
            return Schedule("server", waits_with=function, blocks=blocks, jitter=jitter)
        return Schedule("dynamic" if between else "unknown", jitter=jitter, waits_with=function, blocks=blocks)
    jitter = any("random" in wait.tags for wait in known)
    row = [*known, trailing] if trailing is not None and len(known) == 2 else known  # two waits alone tell little
    shape = shape_of(row if _rises(row) else known, sleeps[0].spelt)
    if any("dynamic" in wait.tags or "clock" in wait.tags for wait in known):
        grown = shape if shape in ("exponential", "linear", "polynomial") else "dynamic"
        return Schedule(grown, jitter=jitter, waits_with=function, blocks=blocks)
    waits = None
    after = None
    if limit.kind == "explicit" and trailing is not None and not {"dynamic", "clock"} & trailing.tags:
        waits = tuple(Wait(wait.low, wait.high) for wait in known)
        after = Wait(trailing.low, trailing.high) if trailing.high > 0 else None
    elif limit.kind == "dynamic" and shape == "fixed" and trailing == known[0]:
        after = Wait(known[0].low, known[0].high)  # however often it runs
    return Schedule(shape, known[0].high, longest_of(known, limit), jitter, function, blocks, waits, after)


def _rises(waits: Sequence[Num]) -> bool:
    return all(one.high < other.high for one, other in pairwise(waits))


def jitter_of(values: Sequence[Value]) -> bool | None:
    """Are waits drawn by chance? Not known of what a call gives; a name or an attribute is the same each time."""
    if any(isinstance(value, Num) and "random" in value.tags for value in values):
        return True
    given = [value.origin for value in values if isinstance(value, Unknown) and not is_told(value.origin)]
    return None if any("(" in origin for origin in given) else False


def longest_of(waits: Sequence[Num], limit: Limit) -> float | None:
    """The longest wait in seconds; None where the waits were still growing when an endless row of them was cut."""
    highs = [wait.high for wait in waits]
    if limit.attempts is None and len(highs) > 1 and highs[-1] > highs[-2]:
        return None
    return max(highs) if max(highs) < LARGEST else None


def shape_of(waits: Sequence[Num], spelt: code.Expr | None = None) -> Shape:
    """What a row of waits looks like: by its upper ends, which jitter only shortens.

    Two waits could grow in any way: there, how they are spelt decides.
    """
    highs = [wait.high for wait in waits]
    if all(_near(each, highs[0]) for each in highs):
        drawn = all("random" in wait.tags and wait.low == 0 for wait in waits)
        return "none" if highs[0] <= 0 else "random" if drawn else "fixed"
    capped = highs.index(highs[-1])
    growing = highs[:capped] if 0 < capped < len(highs) - 1 and len(set(highs[capped:])) == 1 else highs
    if len(growing) == 2 and spelt is not None and 0 < growing[0] < growing[1]:
        return _spelling(spelt, growing[1] == 2 * growing[0])
    shape = _growth(growing)
    return _growth(growing[:-1]) if shape == "listed" and len(growing) > 3 else shape  # a cap may cut the last alone


def _growth(growing: Sequence[float]) -> Shape:
    steps = [b - a for a, b in pairwise(growing)]
    if len(growing) < 2 or growing[0] < 0 or min(steps) <= 0:
        return "listed"
    factors = [b / a for a, b in pairwise(growing)] if growing[0] > 0 else [0.0, 1.0]
    bends = [b - a for a, b in pairwise(steps)]
    if all(_near(factor, factors[0]) for factor in factors) and (bends or factors[0] == 2):
        return "exponential"
    if all(_near(step, steps[0]) for step in steps):
        return "linear"
    return "polynomial" if len(bends) > 1 and all(_near(bend, bends[0]) for bend in bends) else "listed"


def _spelling(spelt: code.Expr, doubles: bool) -> Shape:
    signs = {node.operator for node in code.walk(spelt) if isinstance(node, code.Binary)}
    if "**" in signs or any(code.last_name(call.function) == "pow" for call in code.calls(spelt)):
        return "exponential"
    return "linear" if "*" in signs or not doubles else "exponential"


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other), 1.0)
