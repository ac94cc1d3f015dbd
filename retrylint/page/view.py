"""Results of a run as the contents of a page, in the words of the text output."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from retrylint import __version__
from retrylint.checks.nested import retrier
from retrylint.checks.rules import NOT_ANALYSED
from retrylint.checks.words import waits
from retrylint.engine import FileResult
from retrylint.model import Finding, RetrySite
from retrylint.page.contents import Choice, Ends, Page, Row, Told
from retrylint.page.drawing import draw
from retrylint.page.nests import Placed, nests_of, within
from retrylint.page.timeline import Timeline, timeline
from retrylint.page.worst import endless, heaviest, longest
from retrylint.reports.inventory import NO_LIBRARY, longest_wait, most_attempts
from retrylint.reports.pages import page_url
from retrylint.reports.table import HEADINGS, seconds, site_row

NAMED = 5  # paths in the title
UNKNOWN = "?"
YES_NO = {True: "yes", False: "no", None: UNKNOWN}
ENDS: Mapping[str, str] = {
    "ends": "ends",
    "endless": "unbounded",
    "dynamic": "dynamic",
    "unknown": UNKNOWN,
}


def page_of(results: Iterable[FileResult], title: str) -> Page:
    """The page that shows these results."""
    every = list(results)
    sites = [(result.filename, site) for result in every for site in result.facts.sites]
    numbers = {site: number for number, site in enumerate(sites, 1)}
    found, others = _findings(every, numbers)
    nests = nests_of(every, numbers, found)
    order = {number: place for place, number in enumerate(_by_place(sites))}
    layers = within(nests)
    rows = tuple(
        _row(number, path, site, order[number], tuple(found.get(number, ())), layers.get(number, ()))
        for number, (path, site) in enumerate(sites, 1)
    )
    return Page(
        title=title,
        version=__version__,
        rows=rows,
        nests=nests,
        endless=tuple(endless(rows)),
        heaviest=tuple(heaviest(rows, nests)),
        longest=tuple(longest(rows)),
        others=others,
        missed=tuple(_missed(every)),
        files=len({path for path, _ in sites}),
        findings=sum(map(len, found.values())) + len(others),
        libraries=_choices(row.library for row in rows if row.library != NO_LIBRARY),
        kinds=_choices(row.kind for row in rows if row.library == NO_LIBRARY),
        ends=_choices((row.ends for row in rows), ENDS),
        codes=_choices(code for row in rows for code in {f"{each.code} {each.name}" for each in row.findings}),
    )


def title_of(paths: Sequence[str], stdin_filename: str | None) -> str:
    """What the report is of, in a word or two."""
    if stdin_filename is not None or "-" in paths:
        return stdin_filename or "standard input"
    names = [os.path.basename(os.path.abspath(path)) or path for path in paths or (os.curdir,)]
    return ", ".join(names) if len(names) <= NAMED else f"{', '.join(names[:NAMED])} and {len(names) - NAMED} more"


def _by_place(sites: Sequence[tuple[str, RetrySite]]) -> list[int]:
    """The numbers of the sites, by path and line."""
    return sorted(range(1, len(sites) + 1), key=lambda number: (sites[number - 1][0], sites[number - 1][1].span))


def _findings(
    results: Iterable[FileResult], numbers: Mapping[Placed, int]
) -> tuple[dict[int, list[Told]], tuple[Told, ...]]:
    """The findings of each site, and those that are about none; what is not analysed is told elsewhere."""
    found: dict[int, list[Told]] = {}
    others: list[Told] = []
    for result in results:
        for finding in result.findings:
            if finding.code == NOT_ANALYSED.code:
                continue  # which is told by itself
            number = None if finding.site is None else numbers.get((result.filename, finding.site))
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
    line = timeline(site)
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
        pause=_pause(site),
        timeline=draw(line, _said(words)),
        legend=tuple(_legend(line)),
        nests=nests,
    )


def _ends(site: RetrySite) -> Ends:
    if site.limit.kind == "unbounded":
        return "endless"
    if site.limit.kind in ("dynamic", "unknown"):
        return "dynamic" if site.limit.kind == "dynamic" else "unknown"
    return "ends"


def _pause(site: RetrySite) -> float:
    """The least wait that is known between two attempts; infinite where none is."""
    if site.schedule.shape == "none":
        return 0.0
    return site.schedule.first if site.schedule.first is not None else math.inf


def _said(words: Mapping[str, str]) -> str:
    """The timeline for those who do not see it."""
    return "; ".join(f"{name}: {words[name]}" for name in ("attempts", "waits", "total wait", "jitter"))


def _legend(line: Timeline) -> Iterator[tuple[str, str]]:
    """What the colours of a timeline mean, as far as it has them."""
    yield "mark", "attempt"
    kinds = {bar.kind for bar in line.bars}
    if kinds & {"wait", "several"}:
        yield "wait", "wait"
    if any(bar.least < bar.end and bar.kind != "unknown" for bar in line.bars):
        yield "band", "by how much it varies"
    if "trailing" in kinds:
        yield "trailing", "wait after the last attempt"
    if "unknown" in kinds:
        yield "unknown", "a wait that is not known"


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
