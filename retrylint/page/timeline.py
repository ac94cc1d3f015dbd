"""Where the attempts and the waits of a site lie on a line of time, as shares of its width.

Attempts are drawn as if they took no time, and waits as long as they can be; by how much a wait may be shorter is the
band at its end. What is not known is not drawn as if it were: such a line has no scale.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from retrylint.model import RetrySite, Schedule, Wait
from retrylint.reports.table import between, seconds

Pace = Literal["scaled", "at-once", "unscaled"]
End = Literal["stops", "endless", "deadline", "unknown"]
BarKind = Literal["wait", "several", "trailing", "unknown"]

OPEN = 0.86  # the share of the width that is left to a line whose end is not known, or that has none
SHOWN = {"stops": 0, "endless": 4, "deadline": 1, "unknown": 1}  # waits that stand for all the others
FEWEST_TO_JOIN = 48  # waits that are drawn one by one, whatever their length
NARROWEST = 0.007  # the share of the width that a wait needs to be drawn alone among many
MOST_MARKS = 12  # attempts that are drawn one by one on a line without a scale
AFTERWARDS = "after the last attempt: "
LETTER = 0.014  # the share of the width that a letter of a tick takes


@dataclass(frozen=True, slots=True)
class Mark:
    """An attempt, and when it is made; the first is number 1."""

    at: float
    number: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Waits between two attempts, at most until `end` and at least until `least`."""

    kind: BarKind
    start: float
    least: float
    end: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A time that is written under the line. `inner`: it may be left out where there is little room."""

    at: float
    words: str
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """A line of time; everything lies between 0 and 1, in the order of time."""

    pace: Pace
    end: End
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...] = ()
    ticks: tuple[Tick, ...] = ()


def timeline(site: RetrySite) -> Timeline:
    """How a site's attempts and waits lie in time."""
    schedule, end = site.schedule, _end(site)
    waits = _known_waits(site)
    if waits is not None:
        drawn = _scaled(waits, schedule)
        return drawn if drawn is not None else _at_once(len(waits) + 1, end)
    if schedule.shape == "none" and not schedule.rests:
        return _at_once(site.limit.attempts, end)
    if end != "stops" and _is_steady(schedule):
        return _steady(schedule.first or 0.0, site.limit.deadline, end)
    return _unscaled(site.limit.attempts, end, schedule.rests)


def _end(site: RetrySite) -> End:
    if site.limit.attempts is not None:
        return "stops"
    if site.limit.kind == "unbounded":
        return "endless"
    return "deadline" if site.limit.kind == "deadline" else "unknown"


def _known_waits(site: RetrySite) -> tuple[Wait, ...] | None:
    """All waits between the attempts, where each is a number of seconds."""
    waits, attempts, total = site.schedule.waits, site.limit.attempts, site.schedule.total
    if waits is None or attempts is None or len(waits) != attempts - 1:
        return None
    return waits if total is not None and math.isfinite(total.high) else None


def _is_steady(schedule: Schedule) -> bool:
    """Is each wait known to be as long as the first?"""
    first = schedule.first
    return schedule.shape == "fixed" and schedule.jitter is False and first is not None and 0 < first < math.inf


def _scaled(waits: Sequence[Wait], schedule: Schedule) -> Timeline | None:
    """The line to scale; None where all waits together take no time."""
    total, trailing = schedule.total, schedule.trailing
    if total is None or total.high <= 0:
        return None
    is_open = schedule.rests and trailing is None
    times = _Times(total.high / (OPEN if is_open else 1.0))
    bars: list[Bar] = []
    marks = [Mark(0.0, 1)]
    for group in _joined(waits, total.high):
        bars.append(times.bar(group, f"{_nth(group, marks[-1].number)}{_long(group)}"))
        marks.append(Mark(bars[-1].end, marks[-1].number + len(group)))
    if trailing is not None and trailing.high > 0:
        bars.append(times.bar([trailing], f"{AFTERWARDS}{_long([trailing])}", "trailing"))
    ticks = tuple(_ticks(marks, waits, total, times.share(times.now)))
    if is_open:
        bars.append(_unknown(marks[-1].at, 1.0, AFTERWARDS))
    return Timeline("scaled", "stops", tuple(marks), tuple(bars), ticks)


@dataclass(slots=True)
class _Times:
    """Turns waits, one after the other, into bars; `whole` is the seconds that the line takes."""

    whole: float
    now: float = 0.0

    def bar(self, group: Sequence[Wait], words: str, kind: BarKind | None = None) -> Bar:
        start, low, high = self.now, *_sums(group)
        self.now += high
        begin, end = self.share(start), self.share(self.now)
        least = min(max(self.share(start + low), begin), end)
        return Bar(kind or ("wait" if len(group) == 1 else "several"), begin, least, end, words)

    def share(self, time: float) -> float:
        """Where a time lies on the line."""
        return min(max(time / self.whole, 0.0), 1.0)


def _sums(group: Sequence[Wait]) -> tuple[float, float]:
    return sum(wait.low for wait in group), sum(wait.high for wait in group)


def _joined(waits: Sequence[Wait], whole: float) -> Iterator[Sequence[Wait]]:
    """The waits one by one; of many, neighbours that are too short to be seen are taken together."""
    if len(waits) <= FEWEST_TO_JOIN:
        yield from ([wait] for wait in waits)
        return
    least = NARROWEST * whole
    held: list[Wait] = []
    length = 0.0
    for wait in waits:
        if wait.high >= least:
            if held:
                yield held
            yield [wait]
            held, length = [], 0.0
            continue
        held.append(wait)
        length += wait.high
        if length >= least:
            yield held
            held, length = [], 0.0
    if held:
        yield held


def _nth(group: Sequence[Wait], first: int) -> str:
    return f"wait {first:,}: " if len(group) == 1 else f"waits {first:,} to {first + len(group) - 1:,}: "


def _long(group: Sequence[Wait]) -> str:
    return between(*_sums(group))


def _ticks(marks: Sequence[Mark], waits: Sequence[Wait], total: Wait, reach: float) -> Iterator[Tick]:
    """The beginning, the end, and what there is room for between them."""
    last = between(total.low, total.high)
    yield Tick(0.0, seconds(0))
    free, until = LETTER * 6, reach - LETTER * (len(last) + 2)
    low = high = 0.0
    number = 1
    for mark in marks[1:]:
        for wait in waits[number - 1 : mark.number - 1]:
            low, high = low + wait.low, high + wait.high
        number = mark.number
        words = between(low, high)
        half = LETTER * (len(words) + 2) / 2
        if mark.at - half >= free and mark.at + half <= until:
            yield Tick(mark.at, words, inner=True)
            free = mark.at + half
    yield Tick(reach, last)


def _steady(first: float, deadline: float | None, end: End) -> Timeline:
    """Waits that are all alike: as many as begin before a deadline, or some that stand for all of them."""
    if end == "deadline" and deadline is not None and first <= deadline < math.inf:
        return _until(first, deadline)
    count = SHOWN[end]
    times = _Times(first * count / OPEN)
    bars = tuple(times.bar([Wait(first, first)], f"wait {number}: {seconds(first)}") for number in range(1, count + 1))
    marks = (Mark(0.0, 1), *(Mark(bar.end, number) for number, bar in enumerate(bars, 2)))
    return Timeline("scaled", end, marks, bars, (Tick(0.0, seconds(0)), Tick(bars[0].end, seconds(first))))


def _until(first: float, deadline: float) -> Timeline:
    ticks = (Tick(0.0, seconds(0)), Tick(1.0, seconds(deadline)))
    if deadline / first > FEWEST_TO_JOIN:
        bar = Bar("several", 0.0, 1.0, 1.0, f"waits of {seconds(first)} each")
        return Timeline("scaled", "deadline", (Mark(0.0, 1),), (bar,), ticks)
    times = _Times(deadline)
    count = math.ceil(deadline / first)  # what the last wait leads to comes too late, or nobody knows
    bars = [times.bar([Wait(first, first)], f"wait {number}: {seconds(first)}") for number in range(1, count + 1)]
    marks = (Mark(0.0, 1), *(Mark(bar.end, number) for number, bar in enumerate(bars[:-1], 2)))
    return Timeline("scaled", "deadline", marks, tuple(bars), ticks)


def _at_once(attempts: int | None, end: End) -> Timeline:
    """Attempts without a wait between them, all at the same time; of many, the first few and the last."""
    count = SHOWN[end] + 1 if attempts is None else max(attempts, 1)
    return Timeline("at-once", end, tuple(Mark(0.0, number) for number in _numbers(count)))


def _numbers(count: int) -> Sequence[int]:
    """The attempts that are drawn one by one."""
    return range(1, count + 1) if count <= MOST_MARKS else (*range(1, 4), count)


def _unscaled(attempts: int | None, end: End, rests: bool) -> Timeline:
    """Attempts with waits between them that nobody knows: one as far from the other as the next."""
    numbers = _numbers(SHOWN[end] + 1 if attempts is None else max(attempts, 1))
    reach = OPEN if end != "stops" or rests else 1.0
    step = reach / max(len(numbers) - 1, 1)
    marks = tuple(Mark(index * step, number) for index, number in enumerate(numbers))
    bars = tuple(_unknown(one.at, other.at) for one, other in pairwise(marks))
    if rests and end == "stops":
        bars += (_unknown(marks[-1].at, 1.0, AFTERWARDS),)
    return Timeline("unscaled", end, marks, bars)


def _unknown(start: float, end: float, when: str = "") -> Bar:
    return Bar("unknown", start, start, end, f"{when}a wait that is not known")
