"""Nested retries as layers of blocks: each execution of a layer lies below the execution that makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint.model import USUAL, Chain, RetrySite

MOST_BLOCKS = 200  # of a layer, that can still be told from each other
SOME = {"unbounded": 5}  # blocks that stand for a number that is not known, by kind of limit


@dataclass(frozen=True, slots=True)
class Block:
    """One execution, from `start` to `end` of the width; both lie between 0 and 1.

    `is_known`: it will be made where everything fails; else it stands for some that may be. `holds_many`: it stands for
    more executions than can be told from each other.
    """

    start: float
    end: float
    is_known: bool = True
    holds_many: bool = False


def blocks_of(chain: Chain) -> Iterator[tuple[Block, ...]]:
    """The blocks of each layer, the outermost first."""
    above: Sequence[Block] = (Block(0.0, 1.0),)
    for site in chain.layers:
        above = tuple(_below(above, site))
        yield above


def _below(above: Sequence[Block], site: RetrySite) -> Iterator[Block]:
    known = site.limit.attempts
    count = known if known is not None else SOME.get(site.limit.kind, USUAL)
    if len(above) * count > MOST_BLOCKS or any(block.holds_many for block in above):
        yield Block(0.0, 1.0, known is not None and all(block.is_known for block in above), True)
        return
    for block in above:
        step = (block.end - block.start) / max(count, 1)
        for number in range(count):
            start = block.start + number * step
            end = block.end if number == count - 1 else start + step
            yield Block(start, min(end, block.end), block.is_known and (known is not None or number == 0))
