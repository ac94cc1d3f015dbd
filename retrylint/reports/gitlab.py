"""GitLab's code quality report, which merge requests show: its subset of Code Climate's form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from retrylint.engine import FileResult
from retrylint.model import Finding
from retrylint.reports.paths import repository_path

SEVERITIES = {"error": "major", "warning": "minor", "info": "info"}


def report(results: Iterable[FileResult]) -> Iterator[str]:
    """The whole list. GitLab tells old from new by the fingerprints, so that each may occur once."""
    found = [_issue(finding) for result in results for finding in result.findings]
    yield json.dumps(found, indent=2)


def _issue(finding: Finding) -> dict[str, Any]:
    return {
        "description": f"{finding.code} {finding.message}",
        "check_name": finding.code,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": repository_path(finding.filename),
            "lines": {"begin": finding.span.line, "end": finding.span.end_line},
        },
    }
