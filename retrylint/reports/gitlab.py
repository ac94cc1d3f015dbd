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
    yield json.dumps([issue for result in results for issue in _issues(result)], indent=2)


def _issues(result: FileResult) -> Iterator[dict[str, Any]]:
    path = repository_path(result.filename)
    for finding, fingerprint in zip(result.findings, result.fingerprints(path), strict=True):
        yield _issue(finding, path, fingerprint)


def _issue(finding: Finding, path: str, fingerprint: str) -> dict[str, Any]:
    return {
        "description": f"{finding.code} {finding.message}",
        "check_name": finding.code,
        "fingerprint": fingerprint,
        "severity": SEVERITIES[finding.severity],
        "location": {
            "path": path,
            "lines": {"begin": finding.span.line, "end": finding.span.end_line},
        },
    }
