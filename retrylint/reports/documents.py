"""Findings and sites as JSON, in the form that docs and users rely on."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from retrylint.engine import FileResult
from retrylint.model import Catch, Finding, GiveUp, LeftOut, RetrySite, Schedule, Step
from retrylint.reports.pages import page_url

VERSION = 1


def report(results: Iterable[FileResult]) -> Iterator[str]:
    """The findings of all files as one list."""
    yield findings_document(finding for result in results for finding in result.findings)


def report_lines(results: Iterable[FileResult]) -> Iterator[str]:
    """Each finding as a JSON object in a line of its own, as soon as it is found."""
    for result in results:
        for finding in result.findings:
            yield json.dumps(_finding(finding), allow_nan=False)


def findings_document(findings: Iterable[Finding]) -> str:
    """A JSON list of findings; lines and columns count from 1."""
    return _dumped([_finding(finding) for finding in findings])


def sites_document(
    sites: Iterable[tuple[str, RetrySite]], left_out: Iterable[tuple[str, LeftOut]] | None = None
) -> str:
    """The inventory of retry sites, each with the file it stands in; times are seconds.

    Where it is given, what was left out follows under a key of its own.
    """
    document: dict[str, Any] = {"version": VERSION, "sites": [_site(path, site) for path, site in sites]}
    if left_out is not None:
        document["left_out"] = [_left_out(path, each) for path, each in left_out]
    return _dumped(document)


def _dumped(document: object) -> str:
    return json.dumps(document, indent=2, allow_nan=False)


def _finding(finding: Finding) -> dict[str, Any]:
    span, site = finding.span, finding.site
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        "filename": finding.filename,
        "location": {"row": span.line, "column": span.column},
        "end_location": {"row": span.end_line, "column": span.end_column},
        "url": page_url(finding.code, finding.name),
        "severity": finding.severity,
        "fix": None,
        "site": site
        and {
            "line": site.span.line,
            "end_line": site.span.end_line,
            "function": site.function,
            "mechanism": site.mechanism,
        },
        "path": [
            {"filename": place.filename or finding.filename, "row": place.span.line, "message": place.message}
            for place in finding.related
        ],
    }


def _site(path: str, site: RetrySite) -> dict[str, Any]:
    """One site; `trace` is there only where it was asked for."""
    found = _numbers(path, site)
    return found if site.trace is None else {**found, "trace": [_step(step) for step in site.trace]}


def _step(step: Step) -> dict[str, Any]:
    """A step of a trace, with what its kind has."""
    found: dict[str, Any] = {"kind": step.kind, "line": step.line, "text": step.text}
    if step.kind == "attempt":
        found["attempt"] = step.number
    elif step.kind == "skipped":
        found["attempts"] = step.number
    elif step.kind == "stand-in":
        found["number"] = step.number
    elif step.kind == "decision":
        found |= {"holds": step.holds, "assumed": step.assumed}
    if step.kind in ("wait", "skipped", "stand-in"):
        found["seconds"] = step.wait and [_finite(step.wait.low), _finite(step.wait.high)]
    return found


def _numbers(path: str, site: RetrySite) -> dict[str, Any]:
    total = site.schedule.total
    waits = total and [_finite(total.low), _finite(total.high)]
    return {
        "path": path,
        "line": site.span.line,
        "column": site.span.column,
        "end_line": site.span.end_line,
        "function": site.function,
        "mechanism": site.mechanism,
        "library": site.library and site.library.name,
        "attempts": site.limit.attempts,
        "limit": site.limit.kind,
        "deadline_seconds": _finite(site.limit.deadline),
        "delay": _delay(site.schedule),
        "total_wait_seconds": None if waits and None in waits else waits,
        "async": site.body.is_async,
        "context": list(site.body.contexts),
        "catches": caught(site.catch),
        "on_exhaustion": ending(site.give_up),
        "operations": list(site.body.operations),
    }


def _left_out(path: str, each: LeftOut) -> dict[str, Any]:
    return {
        "path": path,
        "line": each.span.line,
        "column": each.span.column,
        "end_line": each.span.end_line,
        "function": each.function,
        "mechanism": each.mechanism,
        "kind": each.kind,
        "reason": each.reason,
    }


def _delay(schedule: Schedule) -> dict[str, Any]:
    return {
        "shape": schedule.shape,
        "first_seconds": _finite(schedule.first),
        "max_seconds": _finite(schedule.longest),
        "jitter": schedule.jitter,
        "waits_with": schedule.waits_with,
    }


def caught(catch: Catch) -> list[str]:
    """The names of what is caught; a bare `except` is `<bare>`."""
    return [*catch.names, *(["<bare>"] if catch.bare else [])]


def ending(give_up: GiveUp) -> str:
    """What happens when the attempts run out, in words."""
    if give_up.ending == "wraps" and give_up.exception:
        return f"wraps in {give_up.exception}"
    return give_up.ending


def _finite(number: float | None) -> float | None:
    """JSON has no infinity: what is not a number of seconds is not known."""
    return number if number is not None and math.isfinite(number) else None
