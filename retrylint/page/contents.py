"""What stands on the page, as frozen values: every text as it is to be read, every picture drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Ends = Literal["ends", "endless", "dynamic", "unknown"]
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Told:
    """A finding: what it says, and the page of its rule."""

    code: str
    name: str
    severity: str
    message: str
    help: str
    place: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A site. `words` are the cells of the inventory by heading; `attempts`, `wait` (in all), `pause` (the
    first) and `place` are to sort by.
    """

    number: int
    function: str
    words: Mapping[str, str]
    kind: str
    library: str
    ends: Ends
    attempts: float
    wait: float
    place: int
    findings: tuple[Told, ...]
    facts: tuple[tuple[str, str], ...]
    pause: float
    timeline: str
    legend: tuple[tuple[str, str], ...]
    nests: tuple[int, ...]

    @property
    def codes(self) -> tuple[Told, ...]:
        """One finding for each rule."""
        return tuple({each.code: each for each in self.findings}.values())

    @property
    def weight(self) -> int:
        """The findings as one number to sort by: any error weighs more than all warnings."""
        return sum(1000 ** (2 - SEVERITIES.index(each.severity)) for each in self.findings)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of nested retries. `row`: the number of its site, if the inventory has it."""

    retrier: str
    factor: str
    function: str
    place: str
    row: int | None
    strip: str


@dataclass(frozen=True, slots=True)
class Nest:
    """Nested retries: how much they come to, their layers from outside in, and the calls that lead inwards."""

    number: int
    amount: str
    said: str
    load: float
    layers: tuple[Layer, ...]
    way: tuple[tuple[str, str], ...]
    findings: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Worst:
    """One of the worst: how much, of which site, and where its picture is."""

    amount: str
    detail: str
    function: str
    place: str
    target: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a filter offers, and how many sites it leaves."""

    value: str
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page."""

    title: str
    version: str
    rows: tuple[Row, ...]
    nests: tuple[Nest, ...]
    endless: tuple[Worst, ...]
    heaviest: tuple[Worst, ...]
    longest: tuple[Worst, ...]
    others: tuple[Told, ...]
    missed: tuple[tuple[str, str], ...]
    files: int
    findings: int
    libraries: tuple[Choice, ...]
    kinds: tuple[Choice, ...]
    ends: tuple[Choice, ...]
    codes: tuple[Choice, ...]

    @property
    def summary(self) -> str:
        """How much there is of everything."""
        within = f" in {counted(self.files, 'file')}" if self.files else ""
        nested = f", {counted(len(self.nests), 'chain')} of nested retries" if self.nests else ""
        return f"{counted(len(self.rows), 'site')}{within}, {counted(self.findings, 'finding')}{nested}"

    @property
    def with_findings(self) -> int:
        """How many sites have a finding."""
        return sum(bool(row.findings) for row in self.rows)


def counted(number: int, noun: str) -> str:
    """`1 site`, `2,000 sites`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
