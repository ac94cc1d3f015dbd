"""The timeline's laws, drawn by Hypothesis, and its pictures, held against files under tests/snapshots/timelines.

`RETRYLINT_UPDATE_SNAPSHOTS=1 pytest` writes the pictures anew.
"""

from __future__ import annotations

import math
import os
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrylint.model import Chain, Library, Limit, LimitKind, RetrySite, Schedule, Shape, Span, Wait
from retrylint.page.drawing import HEIGHT, draw, strip
from retrylint.page.layers import MOST_BLOCKS, blocks_of
from retrylint.page.timeline import FEWEST_TO_JOIN, NARROWEST, OPEN, Timeline, timeline
from retrylint.reports.table import between, seconds

SNAPSHOTS = Path(__file__).parent / "snapshots" / "timelines"
UPDATE = bool(os.environ.get("RETRYLINT_UPDATE_SNAPSHOTS"))
HERE = Span(1, 1, 2, 1)
SHAPES: tuple[Shape, ...] = (
    "none",
    "fixed",
    "linear",
    "exponential",
    "listed",
    "random",
    "server",
    "dynamic",
    "unknown",
)
KINDS: tuple[LimitKind, ...] = ("deadline", "dynamic", "unbounded", "unknown")
CLOSE = 1e-9


def site(limit: Limit, schedule: Schedule = Schedule()) -> RetrySite:
    return RetrySite(HERE, "work", "loop", limit=limit, schedule=schedule)


def known(*waits: float | tuple[float, float], trailing: float | None = None) -> RetrySite:
    """A site with these waits, in seconds, or their bounds."""
    bounds = tuple(Wait(*wait) if isinstance(wait, tuple) else Wait(wait, wait) for wait in waits)
    last = Wait(trailing, trailing) if trailing is not None else None
    schedule = Schedule("listed", waits=bounds, trailing=last, rests=last is not None)
    return site(Limit("explicit", len(bounds) + 1), schedule)


numbers = st.one_of(
    st.floats(0, allow_nan=False, allow_infinity=True),
    st.floats(0, 1000),
    st.sampled_from([0.0, 5e-324, 1e-9, 1.0, 86_400.0, 1e15, 1.7e308, math.inf]),
)


@st.composite
def bounds(draw: st.DrawFn) -> Wait:
    low, high = sorted((draw(numbers), draw(numbers)))
    return Wait(low, high)


@st.composite
def sites(draw: st.DrawFn) -> RetrySite:
    """Sites of every kind: known, endless, unknown, and such as no reader yields."""
    waits = draw(st.none() | st.lists(bounds(), max_size=8).map(tuple) | st.lists(bounds(), max_size=300).map(tuple))
    if draw(st.booleans()):
        attempts = len(waits) + 1 if waits is not None and draw(st.integers(0, 9)) else draw(st.integers(0, 10**9))
        limit = Limit("explicit", attempts, draw(st.none() | numbers))
    else:
        limit = Limit(draw(st.sampled_from(KINDS)), deadline=draw(st.none() | numbers))
    first = draw(st.none() | numbers)
    trailing = draw(st.none() | bounds())
    jitter = draw(st.sampled_from([True, False, None]))
    shape = draw(st.sampled_from(SHAPES))
    rests = trailing is not None or draw(st.booleans())
    return site(limit, Schedule(shape, first, first, jitter, waits=waits, trailing=trailing, rests=rests))


def places(line: Timeline) -> list[float]:
    """Everything along a line, in the order in which it is drawn: marks by themselves, bars by themselves."""
    return [mark.at for mark in line.marks] + [x for bar in line.bars for x in (bar.start, bar.least, bar.end)]


@given(sites())
def test_everything_lies_within_the_line(one: RetrySite) -> None:
    line = timeline(one)
    assert all(0 <= place <= 1 for place in [*places(line), *(tick.at for tick in line.ticks)])
    assert line.marks
    assert line.marks[0].at == 0


@given(sites())
def test_everything_stands_in_the_order_of_time(one: RetrySite) -> None:
    line = timeline(one)
    assert [mark.at for mark in line.marks] == sorted(mark.at for mark in line.marks)
    numbers = [mark.number for mark in line.marks]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1
    assert all(bar.start <= bar.least <= bar.end for bar in line.bars)
    assert all(before.end <= after.start + CLOSE for before, after in pairwise(line.bars))
    assert [tick.at for tick in line.ticks] == sorted(tick.at for tick in line.ticks)


@given(sites())
def test_an_end_is_never_made_up(one: RetrySite) -> None:
    line = timeline(one)
    attempts = one.limit.attempts
    assert (line.end == "stops") == (attempts is not None)
    assert (line.end == "endless") == (attempts is None and one.limit.kind == "unbounded")
    if attempts is not None:
        assert line.marks[-1].number == max(attempts, 1)
    elif line.pace != "at-once":
        assert line.marks[-1].at < 1  # something comes after it


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)).map(sorted).map(tuple), min_size=1, max_size=200))
def test_known_waits_are_drawn_to_scale(waits: list[tuple[float, float]]) -> None:
    one = known(*waits)
    line, total = timeline(one), sum(high for _, high in waits)
    if total == 0:
        assert line.pace == "at-once"
        return
    assert line.pace == "scaled"
    assert line.marks[-1].at == pytest.approx(1)
    for mark in line.marks:
        assert mark.at * total == pytest.approx(sum(high for _, high in waits[: mark.number - 1]), abs=total * CLOSE)
    for bar, (before, after) in zip(line.bars, pairwise(line.marks), strict=True):
        within = waits[before.number - 1 : after.number - 1]
        assert (bar.end - bar.start) * total == pytest.approx(sum(high for _, high in within), abs=total * CLOSE)
        assert (bar.least - bar.start) * total == pytest.approx(sum(low for low, _ in within), abs=total * CLOSE)


@given(st.integers(2, 4000), st.floats(0.001, 1000), st.floats(1, 1.5))
def test_many_waits_make_few_bars(count: int, first: float, factor: float) -> None:
    line = timeline(known(*(first * factor ** min(number, 500) for number in range(count))))
    assert len(line.bars) <= max(FEWEST_TO_JOIN, 2 / NARROWEST + 1)


@given(sites())
def test_the_picture_is_xml_without_nonsense(one: RetrySite) -> None:
    picture = draw(timeline(one), "said <b>&\"'")
    root = ElementTree.fromstring(picture)
    assert root.get("aria-label") == "said <b>&\"'"
    assert root.get("role") == "img"
    for element in root.iter():
        for name in ("x", "x1", "x2", "cx", "width", "y", "cy"):
            value = element.get(name)
            assert value is None or re.fullmatch(r"\d+(\.\d+)?(e-\d+)?%?", value), (name, value)
            assert value is None or not value.endswith("%") or float(value[:-1]) <= 100
    assert not re.search(r"\b(nan|inf)\b", picture, re.IGNORECASE)


@given(sites())
def test_the_picture_is_a_function_of_the_site(one: RetrySite) -> None:
    assert draw(timeline(one), "") == draw(timeline(one), "")


def test_times_are_worded_as_in_the_inventory() -> None:
    line = timeline(known((1, 2), (2, 4), trailing=1500))
    assert [tick.words for tick in line.ticks] == [seconds(0), between(1503, 1506)]
    assert [bar.words for bar in line.bars] == [
        "wait 1: 1 s to 2 s",
        "wait 2: 2 s to 4 s",
        "after the last attempt: 1,500 s",
    ]


def test_a_steady_wait_before_a_deadline() -> None:
    fixed = Schedule("fixed", 5, 5, jitter=False)
    line = timeline(site(Limit("deadline", deadline=60), fixed))
    assert [mark.at for mark in line.marks] == pytest.approx([number / 12 for number in range(12)])
    assert (line.end, line.ticks[-1].words) == ("deadline", "60 s")
    assert len(timeline(site(Limit("deadline", deadline=1e9), fixed)).bars) == 1
    assert timeline(site(Limit("deadline"), fixed)).marks[-1].at == pytest.approx(OPEN)


CASES = {
    "growing": known(1, 2, 4, 8),
    "jitter": known((0.5, 1), (1, 2), (2, 4), (4, 8)),
    "after-the-last": known(10, 10, trailing=10),
    "at-once": known(0, 0, 0),
    "one-attempt": known(),
    "many-at-once": site(Limit("explicit", 1000), Schedule("none")),
    "endless-steady": site(Limit("unbounded"), Schedule("fixed", 10, 10, jitter=False)),
    "endless-growing": site(Limit("unbounded"), Schedule("exponential", 1, 60, jitter=False)),
    "endless-at-once": site(Limit("unbounded"), Schedule("none")),
    "deadline": site(Limit("deadline", deadline=30), Schedule("fixed", 10, 10, jitter=False)),
    "a-deadline": site(Limit("deadline"), Schedule("dynamic")),
    "dynamic": site(Limit("dynamic"), Schedule("fixed", 2, 2, jitter=False)),
    "unknown": site(Limit()),
    "unknown-waits": site(Limit("explicit", 20), Schedule("dynamic")),
    "unknown-rest": site(Limit("explicit", 3), Schedule("dynamic", rests=True)),
    "many": known(*range(1, 400)),
    "big": known(1e9, 1e12, 1e15),
}


@pytest.mark.parametrize("name", CASES)
def test_pictures(name: str) -> None:
    picture = ElementTree.fromstring(draw(timeline(CASES[name]), name))
    ElementTree.indent(picture)
    shown = ElementTree.tostring(picture, encoding="unicode") + "\n"
    file = SNAPSHOTS / f"{name}.svg"
    if UPDATE:
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")
    assert picture.get("height") == str(HEIGHT)


def test_every_picture_has_its_case() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.svg")} == set(CASES)


# --- layers of nested retries

layers = st.lists(
    st.one_of(st.integers(1, 2000).map(lambda n: Limit("explicit", n)), st.sampled_from(KINDS).map(Limit)),
    min_size=1,
    max_size=6,
)


@given(layers)
def test_each_execution_lies_below_the_one_that_makes_it(limits: list[Limit]) -> None:
    pictures = list(blocks_of(Chain(tuple(map(site, limits)))))
    assert len(pictures) == len(limits)
    for blocks in pictures:
        assert len(blocks) <= MOST_BLOCKS
        assert blocks[0].start == 0
        assert blocks[-1].end == pytest.approx(1)
        assert all(one.start < one.end <= other.start + CLOSE for one, other in pairwise(blocks))
    for above, below in pairwise(pictures):
        for block in below:
            if not block.holds_many:
                assert any(one.start <= block.start + CLOSE and block.end <= one.end + CLOSE for one in above)


@given(layers)
def test_blocks_are_the_product_where_it_is_known(limits: list[Limit]) -> None:
    product, certain = 1, True
    for limit, blocks in zip(limits, blocks_of(Chain(tuple(map(site, limits)))), strict=True):
        certain = certain and limit.attempts is not None
        product *= limit.attempts or 1
        if certain and product <= MOST_BLOCKS:
            assert len(blocks) == product
        elif certain:
            assert [block.holds_many for block in blocks] == [True]
        assert all(block.is_known for block in blocks) == certain or limit.attempts is not None
        ElementTree.fromstring(strip(blocks, 1))


def test_three_layers() -> None:
    title = Library("library", "Library")
    chain = Chain(tuple(RetrySite(HERE, "f", "policy", title, Limit("explicit", n)) for n in (4, 5, 3)))
    assert [len(blocks) for blocks in blocks_of(chain)] == [4, 20, 60]
    outer, inner, _ = blocks_of(chain)
    assert [inner[5].start, inner[9].end] == pytest.approx([outer[1].start, outer[1].end])
