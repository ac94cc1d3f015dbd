"""Timelines and layers as SVG: pure functions to text, written by an XML writer.

Places along the line are per cent of the width, so that a picture fits any width and its text keeps its size. Colours
are classes, which the page's style sheet gives for light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, tostring

from retrylint.page.layers import Block
from retrylint.page.timeline import Bar, End, Mark, Timeline

HEIGHT = 60  # pixels, as all lengths that are not per cent
LINE = 24  # where the line of time lies
THICK = 12
RADIUS = 5.0
SMALL = 2.5  # of attempts where there are more than a few
FEW = 40
NEAR = 0.035  # marks that are nearer to each other share a number
STEP = 22  # between attempts that are made at once
STRIP = 22  # the height of a layer
END_WORDS: dict[End, str] = {"endless": "without end", "deadline": "until a deadline", "unknown": "?", "stops": ""}


def draw(line: Timeline, said: str) -> str:
    """The picture of a timeline; `said` tells it to those who do not see it."""
    svg = Element("svg", {"class": f"timeline {line.pace}", "width": "100%", "height": str(HEIGHT), "role": "img"})
    svg.set("aria-label", said)
    if line.pace == "at-once":
        _draw_at_once(svg, line)
    else:
        _draw_in_time(svg, line)
    return tostring(svg, encoding="unicode")


def _draw_in_time(svg: Element, line: Timeline) -> None:
    for bar in line.bars:
        _bar(svg, bar)
    if line.end != "stops":
        _open_end(svg, line)
    radius = RADIUS if len(line.marks) <= FEW else SMALL
    for mark in line.marks:
        SubElement(svg, "circle", {"class": "mark", "cx": _share(mark.at), "cy": str(LINE), "r": f"{radius:g}"})
    for one, other in pairwise(line.marks):
        if other.number > one.number + 1 and line.pace == "unscaled":
            _text(svg, _share((one.at + other.at) / 2), 12, "…", "number", "middle")
    for mark in _numbered(line.marks):
        _text(svg, _share(mark.at), 12, f"{mark.number:,}", "number", "middle")
    for tick in line.ticks:
        anchor = "start" if tick.at <= 0 else "end" if tick.at >= 1 else "middle"
        _text(svg, _share(tick.at), 52, tick.words, "tick inner" if tick.inner else "tick", anchor)
    if line.pace == "unscaled":
        _text(svg, "0%", 52, "not to scale: the waits are not known one by one", "tick", "start")


def _bar(svg: Element, bar: Bar) -> None:
    """A wait: the part that it takes at least, and the band by which it varies."""
    group = SubElement(svg, "g", {"class": f"bar {bar.kind}"})
    SubElement(group, "title").text = bar.words
    if bar.kind == "unknown":
        _line(group, bar.start, bar.end, "unknown")
        return
    for start, end, name in ((bar.start, bar.least, "least"), (bar.least, bar.end, "band")):
        if end > start:
            place = {"x": _share(start), "y": str(LINE - THICK // 2), "width": _share(end - start)}
            SubElement(group, "rect", {"class": name, **place, "height": str(THICK)})


def _open_end(svg: Element, line: Timeline) -> None:
    """What comes after the last attempt that is drawn."""
    start = max([mark.at for mark in line.marks] + [bar.end for bar in line.bars], default=0.0)
    if start < 1:
        _line(svg, start, 1.0, "beyond")
        _text(svg, "100%", 12, END_WORDS[line.end], "number beyond", "end")
    if line.end == "endless":
        _arrow(svg, "100%")
    elif line.end == "deadline":
        post = {"class": "post", "x1": "100%", "x2": "100%", "y1": str(LINE - 10), "y2": str(LINE + 10)}
        SubElement(svg, "line", post)


def _draw_at_once(svg: Element, line: Timeline) -> None:
    """Attempts beside each other, for they have no time between them."""
    here, before = RADIUS + 1, 0
    for mark in line.marks:
        if mark.number > before + 1:
            _text(svg, f"{here:g}", LINE + 4, "…", "number", "middle")
            here += STEP
        SubElement(svg, "circle", {"class": "mark", "cx": f"{here:g}", "cy": str(LINE), "r": str(RADIUS)})
        _text(svg, f"{here:g}", 12, f"{mark.number:,}", "number", "middle")
        here, before = here + STEP, mark.number
    if line.end != "stops":
        _text(svg, f"{here:g}", LINE + 4, f"… {END_WORDS[line.end]}", "number beyond", "start")
    _text(
        svg, "0", 52, "at once: no wait between the attempts" if len(line.marks) > 1 else "one attempt", "tick", "start"
    )


def _numbered(marks: Sequence[Mark]) -> Iterator[Mark]:
    """The marks whose number has room: the first, the last, and what is far enough from the one before."""
    if not marks:
        return
    first, *others = marks
    yield first
    if not others:
        return
    last, before = others[-1], first
    for mark in others[:-1]:
        if mark.at - before.at >= NEAR and last.at - mark.at >= NEAR:
            yield mark
            before = mark
    if last.at - first.at >= NEAR:
        yield last


def strip(blocks: Sequence[Block], depth: int) -> str:
    """The picture of one layer of nested retries: a block for each execution, below the one that makes it."""
    svg = Element("svg", {"class": "strip", "width": "100%", "height": str(STRIP), "aria-hidden": "true"})
    for block in blocks:
        kind = "block" if block.is_known else "block unsure"
        place = {"x": _share(block.start), "width": _share(block.end - block.start), "y": "0", "height": str(STRIP)}
        SubElement(
            svg, "rect", {"class": f"{kind} depth{min(depth, 5)}{' dense' if block.holds_many else ''}", **place}
        )
    return tostring(svg, encoding="unicode")


def _line(parent: Element, start: float, end: float, name: str) -> None:
    place = {"x1": _share(start), "x2": _share(end), "y1": str(LINE), "y2": str(LINE)}
    SubElement(parent, "line", {"class": name, **place})


def _arrow(svg: Element, x: str) -> None:
    inner = SubElement(svg, "svg", {"x": x, "y": str(LINE), "overflow": "visible", "width": "1", "height": "1"})
    SubElement(inner, "path", {"class": "arrow", "d": "M-7,-5 L1,0 L-7,5"})


def _text(svg: Element, x: str, y: int, words: str, name: str, anchor: str) -> None:
    SubElement(svg, "text", {"class": name, "x": x, "y": str(y), "text-anchor": anchor}).text = words


def _share(part: float) -> str:
    """A part of the width, as per cent with few digits."""
    return f"{part * 100:.4g}%" if part < 1 else "100%"
