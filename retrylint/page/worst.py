"""The worst sites: without an end, by load, and by time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from retrylint.page.contents import Nest, Row, Worst

WORST = 5


def endless(rows: Iterable[Row]) -> Iterator[Worst]:
    """What nothing ends, and of that first what waits least: it makes the most attempts."""
    for row in sorted((row for row in rows if row.ends == "endless"), key=lambda row: row.pause):
        waits = row.words["waits"]
        yield _worst(row, "no wait" if waits == "none" else waits, "")


def heaviest(rows: Iterable[Row], nests: Iterable[Nest]) -> Iterator[Worst]:
    """The worst by load: nested retries with their product, and all other sites with their attempts."""
    loads = [
        (nest.load, Worst(nest.amount, nest.said, nest.layers[0].function, nest.layers[0].place, f"nest-{nest.number}"))
        for nest in nests
    ]
    loads += [(row.attempts, _worst(row, row.words["attempts"], "attempts")) for row in rows if not row.nests]
    yield from _first((load, each) for load, each in loads if 1 < load < math.inf)


def longest(rows: Iterable[Row]) -> Iterator[Worst]:
    """The worst by time: the longest waits in all."""
    waiting = (row for row in rows if 0 < row.wait < math.inf)
    yield from _first(
        (row.wait, _worst(row, row.words["total wait"], f"attempts: {row.words['attempts']}")) for row in waiting
    )


def _first(ranked: Iterable[tuple[float, Worst]]) -> Iterator[Worst]:
    """Those of the highest numbers; of equals, the first."""
    yield from (each for _, each in sorted(ranked, key=lambda each: each[0], reverse=True)[:WORST])


def _worst(row: Row, how_much: str, detail: str) -> Worst:
    return Worst(how_much, detail, row.function, row.words["where"], f"site-{row.number}")
