"""One line a finding."""

from __future__ import annotations

from retrylint.model import Finding
from retrylint.reports.terminal import Paint, visible


def concise(finding: Finding, paint: Paint) -> str:
    """`path:line:column: CODE message`."""
    where = f"{paint.bold(visible(finding.filename))}:{finding.span.line}:{finding.span.column}:"
    return f"{where} {paint.alarm(finding.code)} {visible(finding.message)}"
