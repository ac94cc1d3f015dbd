"""What stands on the page: results of a run as frozen values, in the words of the text output."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrylint import __version__
from retrylint.checks.nested import amount, factor, known_product, layers, retrier
from retrylint.checks.words import waits
from retrylint.engine import FileResult
from retrylint.model import Chain, Finding, Location, RetrySite, Span
from retrylint.page.drawing import draw, strip
from retrylint.page.layers import blocks_of
from retrylint.page.timeline import timeline
from retrylint.reports.inventory import NO_LIBRARY, longest_wait, most_attempts
from retrylint.reports.pages import page_url
from retrylint.reports.table import HEADINGS, seconds, site_row

Ends = Literal["ends", "endless", "dynamic", "unknown"]
WORST = 5
UNKNOWN = "?"
SEVERITIES = ("error", "warning", "info")
YES_NO = {True: "yes", False: "no", None: UNKNOWN}
NESTED = frozenset({"RTY701", "RTY702"})
Key = tuple[str, Span, str, str]
"""What tells a site from all others: its file, its place, its function, its mechanism."""


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
    """A site. `words` are the cells of the inventory by heading; `attempts`, `wait` and `place` are to sort by."""

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
    timeline: str
    nests: tuple[int, ...]

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
    def with_findings(self) -> int:
        """How many sites have a finding."""
        return sum(bool(row.findings) for row in self.rows)


def page_of(results: Iterable[FileResult], title: str) -> Page:
    """The page that shows these results."""
    every = list(results)
    sites = [(result.filename, site) for result in every for site in result.facts.sites]
    numbers: dict[Key, int] = {}
    for number, (path, site) in enumerate(sites, 1):
        numbers.setdefault(_key(path, site), number)
    found, others = _findings(every, numbers)
    chains = sorted(_chains(every), key=lambda each: _load(each[1]), reverse=True)
    nests = tuple(_nest(number, *each, numbers, found) for number, each in enumerate(chains, 1))
    order = {number: place for place, number in enumerate(_by_place(sites))}
    within = _within(nests)
    rows = tuple(
        _row(number, path, site, order[number], tuple(found.get(number, ())), within.get(number, ()))
        for number, (path, site) in enumerate(sites, 1)
    )
    return Page(
        title=title,
        version=__version__,
        rows=rows,
        nests=nests,
        heaviest=tuple(_heaviest(rows, nests)),
        longest=tuple(_longest(rows)),
        others=others,
        missed=tuple(_missed(every)),
        files=len({path for path, _ in sites}),
        findings=sum(len(result.findings) for result in every),
        libraries=_choices(row.library for row in rows if row.library != NO_LIBRARY),
        kinds=_choices(row.kind for row in rows if row.library == NO_LIBRARY),
        ends=_choices((row.ends for row in rows), ENDS),
        codes=_choices((code for row in rows for code in {f"{each.code} {each.name}" for each in row.findings})),
    )


ENDS: Mapping[str, str] = {
    "ends": "ends",
    "endless": "unbounded",
    "dynamic": "dynamic",
    "unknown": UNKNOWN,
}


def title_of(paths: Sequence[str], stdin_filename: str | None) -> str:
    """What the report is of, in a word or two."""
    if stdin_filename is not None or "-" in paths:
        return stdin_filename or "standard input"
    names = [os.path.basename(os.path.abspath(path)) or path for path in paths or (os.curdir,)]
    return ", ".join(names) if len(names) <= WORST else f"{', '.join(names[:WORST])} and {len(names) - WORST} more"


def _key(path: str, site: RetrySite) -> Key:
    return path, site.span, site.function, site.mechanism


def _by_place(sites: Sequence[tuple[str, RetrySite]]) -> list[int]:
    """The numbers of the sites, by path and line."""
    return sorted(range(1, len(sites) + 1), key=lambda number: (sites[number - 1][0], sites[number - 1][1].span))


def _findings(
    results: Iterable[FileResult], numbers: Mapping[Key, int]
) -> tuple[dict[int, list[Told]], tuple[Told, ...]]:
    """The findings of each site, and those that are about none."""
    found: dict[int, list[Told]] = {}
    others: list[Told] = []
    for result in results:
        for finding in result.findings:
            key = _key(result.filename, finding.site) if finding.site is not None else None
            number = numbers.get(key) if key is not None else None
            (others if number is None else found.setdefault(number, [])).append(_told(finding))
    return found, tuple(others)


def _told(finding: Finding) -> Told:
    return Told(
        finding.code,
        finding.name,
        finding.severity,
        finding.message,
        finding.help,
        f"{finding.filename}:{finding.span.line}",
        page_url(finding.code, finding.name),
    )


def _row(
    number: int, path: str, site: RetrySite, place: int, findings: tuple[Told, ...], nests: tuple[int, ...]
) -> Row:
    words = dict(zip(HEADINGS, site_row(path, site), strict=True))
    return Row(
        number=number,
        function=site.function,
        words=words,
        kind=retrier(site),
        library=site.library.title if site.library is not None else NO_LIBRARY,
        ends=_ends(site),
        attempts=most_attempts(site),
        wait=longest_wait(site),
        place=place,
        findings=findings,
        facts=tuple(_facts(site, words)),
        timeline=draw(timeline(site), _said(words)),
        nests=nests,
    )


def _ends(site: RetrySite) -> Ends:
    if site.limit.kind == "unbounded":
        return "endless"
    if site.limit.kind in ("dynamic", "unknown"):
        return "dynamic" if site.limit.kind == "dynamic" else "unknown"
    return "ends"


def _said(words: Mapping[str, str]) -> str:
    """The timeline for those who do not see it."""
    return "; ".join(f"{name}: {words[name]}" for name in ("attempts", "waits", "total wait", "jitter"))


def _facts(site: RetrySite, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is known of a site beside the columns of the table."""
    apart = waits(site.schedule)
    yield "limit", site.limit.kind
    if site.limit.deadline is not None:
        yield "deadline", seconds(site.limit.deadline)
    if apart is not None:
        yield "between attempts", apart.removeprefix("waits ")
    yield "jitter", words["jitter"]
    if site.schedule.waits_with is not None:
        yield "waits with", site.schedule.waits_with
    if site.schedule.shape != "none":
        yield "blocks the thread", YES_NO[site.schedule.blocks]
    yield "catches", words["catches"]
    yield "at the end", words["at the end"]
    if site.body.operations:
        yield "what is repeated", ", ".join(site.body.operations)
    yield "async", YES_NO[site.body.is_async]
    if site.body.contexts:
        yield "context", ", ".join(site.body.contexts)


def _chains(results: Iterable[FileResult]) -> Iterator[tuple[str, Chain]]:
    return ((result.filename, chain) for result in results for chain in result.facts.chains)


def _load(chain: Chain) -> float:
    """How many executions a chain comes to, to sort by."""
    is_endless = any(site.limit.kind == "unbounded" for site in chain.layers)
    return math.inf if is_endless else known_product(chain)


def _nest(
    number: int, path: str, chain: Chain, numbers: Mapping[Key, int], found: Mapping[int, Sequence[Told]]
) -> Nest:
    homes = (path, *(place.filename or path for place in chain.way if place.role == "inner-retry"))
    rows = [numbers.get(_key(home, site)) for home, site in zip(homes, chain.layers, strict=True)]
    pictures = [strip(blocks, depth) for depth, blocks in enumerate(blocks_of(chain))]
    shown = tuple(
        Layer(retrier(site), factor(site), site.function, f"{home}:{site.span.line}", row, picture)
        for home, site, row, picture in zip(homes, chain.layers, rows, pictures, strict=True)
    )
    told = found.get(rows[0], ()) if rows[0] is not None else ()
    return Nest(
        number=number,
        amount=amount(chain),
        said=layers(chain),
        load=_load(chain),
        layers=shown,
        way=tuple((_where(place, path), place.message) for place in chain.way),
        findings=tuple(each for each in told if each.code in NESTED),
    )


def _where(place: Location, path: str) -> str:
    return f"{place.filename or path}:{place.span.line}"


def _within(nests: Iterable[Nest]) -> dict[int, tuple[int, ...]]:
    """The nested retries that each site is a layer of."""
    found: dict[int, tuple[int, ...]] = {}
    for nest in nests:
        for layer in nest.layers:
            if layer.row is not None:
                found[layer.row] = (*found.get(layer.row, ()), nest.number)
    return found


def _heaviest(rows: Sequence[Row], nests: Sequence[Nest]) -> Iterator[Worst]:
    """The worst by load: nested retries with their product, and all other sites with their attempts.

    What has no end comes first, and of that what waits least.
    """
    loads = [(nest.load, 0.0, _worst_nest(nest)) for nest in nests]
    loads += [(row.attempts, -row.wait, _worst_row(row, "attempts", "waits")) for row in rows if not row.nests]
    ranked = sorted(loads, key=lambda each: each[:2], reverse=True)
    yield from (worst for load, _, worst in ranked[:WORST] if load > 1)


def _longest(rows: Sequence[Row]) -> Iterator[Worst]:
    """The worst by time: the longest waits in all, and before them waits that never end."""
    ranked = sorted(rows, key=lambda row: row.wait, reverse=True)
    yield from (_worst_row(row, "total wait", "waits") for row in ranked[:WORST] if row.wait > 0)


def _worst_nest(nest: Nest) -> Worst:
    outermost = nest.layers[0]
    return Worst(nest.amount, nest.said, outermost.function, outermost.place, f"nest-{nest.number}")


def _worst_row(row: Row, what: str, detail: str) -> Worst:
    amount_said = row.words[what]
    if row.ends == "endless":
        amount_said = row.words["attempts"]
    elif what == "attempts":
        amount_said = f"{amount_said} attempts"
    said = row.words[detail]
    return Worst(amount_said, f"waits {said}" if said != "none" else "no wait", row.function, row.words["where"], f"site-{row.number}")


def _missed(results: Iterable[FileResult]) -> Iterator[tuple[str, str]]:
    """What could not be analysed, and why."""
    for result in results:
        for each in result.facts.not_analysed:
            yield f"{result.filename}:{each.span.line}:{each.span.column}", each.reason


def _choices(values: Iterable[str], order: Mapping[str, str] | None = None) -> tuple[Choice, ...]:
    """What a filter offers: in the order given, or by name."""
    counts = Counter(values)
    names = list(order) if order is not None else sorted(counts, key=str.casefold)
    return tuple(Choice(name, (order or {}).get(name, name), counts[name]) for name in names if counts[name])
