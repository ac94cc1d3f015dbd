"""Workflow commands that GitHub Actions shows as annotations of a pull request's lines.

The form is that of GitHub's "Workflow commands for GitHub Actions", `::error file=...,line=...::message`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from retrylint.engine import FileResult
from retrylint.model import Finding
from retrylint.reports.paths import repository_path
from retrylint.reports.terminal import visible

KINDS = {"error": "error", "warning": "warning", "info": "notice"}


def report(results: Iterable[FileResult]) -> Iterator[str]:
    """One command a finding."""
    for result in results:
        for finding in result.findings:
            yield command(finding)


def command(finding: Finding) -> str:
    """The annotation of one finding, with its help on a line of its own; logs of GitHub obey a terminal's codes.

    Columns are left out where the finding has several lines, because GitHub refuses the two together.
    """
    span, path = finding.span, visible(repository_path(finding.filename))
    place = {"file": path, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:
        place |= {"col": span.column, "endColumn": span.end_column}
    values = {"title": f"retrylint ({finding.code})", **place}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items())
    said = f"{path}:{span.line}:{span.column}: {finding.code} {visible(finding.message)}"
    helped = f"{said}\nhelp: {visible(finding.help)}" if finding.help else said
    return f"::{KINDS[finding.severity]} {properties}::{_data(helped)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
