"""A finding with its source: the line it stands in, a caret under the place, and what helps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrylint.model import Finding, Location, Span
from retrylint.reports.concise import concise
from retrylint.reports.summary import Tally, summary
from retrylint.reports.terminal import Paint, visible, width

CONTEXT = 2
WIDEST = 200  # characters of one source line
LEAD = 60  # of them before the caret, where a long line is cut


def report(results: Tally, paint: Paint) -> Iterator[str]:
    """A block a finding, and at last how many there are."""
    for result in results:
        lines = result.source.split("\n") if result.findings else ()
        for finding in result.findings:
            yield full(finding, lines, paint) + "\n"
    yield summary(results.findings, results.files, paint, results.not_analysed)


def full(finding: Finding, lines: Sequence[str], paint: Paint) -> str:
    """The finding as a block of text that ends without a newline; `lines` are those of its source."""
    return "\n".join([concise(finding, paint), *_snippet(finding, lines, paint)])


def _snippet(finding: Finding, lines: Sequence[str], paint: Paint) -> Iterator[str]:
    span = finding.span
    numbers = list(_context(lines, span.line)) if 1 <= span.line <= len(lines) and any(lines) else []
    margin = len(str(numbers[-1])) if numbers else 1
    bar = f"{' ' * margin} {paint.frame('|')}"
    if numbers:
        yield bar
    for number in numbers:
        line = lines[number - 1]
        start = _cut(line, span.column if number == span.line else 1)
        text = f"{paint.frame(f'{number:>{margin}} |')} {_shown(line, start)}"
        yield text.rstrip()
        if number == span.line:
            yield f"{bar} {_caret(line, span, start, paint)} {paint.alarm(finding.code)}"
    notes = [("help", finding.help)] if finding.help else []
    notes += [("note", f"{_where(place)}: {place.message}") for place in finding.related if place.message]
    if numbers and notes:
        yield bar
    for kind, said in notes:
        yield f"{' ' * margin} {paint.frame('=')} {paint.bold(kind)}: {visible(said)}"


def _where(place: Location) -> str:
    return f"{place.filename}:{place.span.line}" if place.filename else f"line {place.span.line}"


def _context(lines: Sequence[str], line: int) -> range:
    """The numbers of the lines to show: some before and after, blank ones at the edges left out."""
    first, last = max(line - CONTEXT, 1), min(line + CONTEXT, len(lines))
    while first < line and not lines[first - 1].strip():
        first += 1
    while last > line and not lines[last - 1].strip():
        last -= 1
    return range(first, last + 1)


def _cut(line: str, column: int) -> int:
    """Where the shown part of a line begins, from 0: only a long line loses its beginning."""
    return max(column - 1 - LEAD, 0) if len(line) > WIDEST else 0


def _shown(line: str, start: int) -> str:
    head = "…" if start else ""
    tail = "…" if len(line) > start + WIDEST else ""
    return head + visible(line[start : start + WIDEST], at=len(head)) + tail


def _caret(line: str, span: Span, start: int, paint: Paint) -> str:
    """Carets under the part of the span that stands in its first line."""
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    head = 1 if start else 0
    before = width(visible(line[start : span.column - 1], at=head)) + head
    through = width(visible(line[start : min(end, start + WIDEST)], at=head)) + head
    return " " * before + paint.alarm("^" * max(through - before, 1))
