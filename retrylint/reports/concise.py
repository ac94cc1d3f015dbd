"""One line a finding."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.model import Finding
from retrylint.reports.summary import Tally, summary
from retrylint.reports.terminal import Paint, visible


def report(results: Tally, paint: Paint) -> Iterator[str]:
    """A line a finding, and at last how many there are."""
    for result in results:
        for finding in result.findings:
            yield concise(finding, paint)
    yield summary(results.findings, results.files, paint, results.not_analysed)


def concise(finding: Finding, paint: Paint) -> str:
    """`path:line:column: CODE message`."""
    where = f"{paint.bold(visible(finding.filename))}:{finding.span.line}:{finding.span.column}:"
    return f"{where} {paint.alarm(finding.code)} {visible(finding.message)}"
