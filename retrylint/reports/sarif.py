"""SARIF 2.1.0, which code scanning and many viewers read.

The form is that of OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from retrylint import __version__
from retrylint.checks.rules import RULES, Rule
from retrylint.engine import FileResult
from retrylint.model import Finding, NotAnalysed, RetrySite, Role, Span
from retrylint.reports.pages import HOMEPAGE, page_url, read_page, summary_of
from retrylint.reports.paths import repository_path

Document = dict[str, Any]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "SRCROOT"  # without an address: a log tells nothing of the machine that wrote it
LEVELS = {"error": "error", "warning": "warning", "info": "note"}
PROBLEMS = {"error": "error", "warning": "warning", "info": "recommendation"}
MODULE = "<module>"  # the function of a retry that stands in none
ROLES: dict[Role, str] = {
    "definition": "where the retry is defined",
    "decorator": "the decorator that retries",
    "option": "the option that tells how to retry",
    "operation": "what is tried again",
    "handler": "the handler that leads to another attempt",
    "sleep": "the wait between attempts",
    "rest": "the wait that nothing follows",
    "self-call": "the call that makes the next attempt",
    "reschedule": "the call that makes the next attempt",
    "retry-call": "the call that asks for the next attempt",
    "worst-call": "the retry that runs longest",
    "lost-cause": "where the last error is lost",
    "outermost": "where the helper looks whether it retries already",
    "call": "the call that leads to the next retry",
    "inner-retry": "the retry that each attempt runs",
}


def report(results: Iterable[FileResult]) -> Iterator[str]:
    """The whole log, with one run."""
    found: list[tuple[Finding, str]] = []
    missed: list[tuple[str, NotAnalysed]] = []
    for result in results:
        found += zip(result.findings, result.fingerprints(repository_path(result.filename)), strict=True)
        missed += [(result.filename, reason) for reason in result.facts.not_analysed]
    codes = {finding.code for finding, _ in found}
    yield json.dumps(_log(found, missed, [rule for rule in RULES if rule.code in codes]), indent=2, allow_nan=False)


def _log(
    found: Sequence[tuple[Finding, str]], missed: Sequence[tuple[str, NotAnalysed]], rules: Sequence[Rule]
) -> Document:
    driver = {
        "name": "retrylint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": HOMEPAGE,
        "rules": [_rule(rule) for rule in rules],
    }
    places = {rule.code: index for index, rule in enumerate(rules)}
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(path, reason) for path, reason in missed],
            }
        ],
        "originalUriBaseIds": {BASE: {"description": {"text": "The top of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.code], known_by) for finding, known_by in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> Document:
    page = read_page(rule.code, rule.name)
    said = summary_of(page)
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": re.split(r"(?<=[.]) ", said)[0]},
        "fullDescription": {"text": said},
        "helpUri": page_url(rule.code, rule.name),
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"enabled": rule.on, "level": LEVELS[rule.severity]},
        "properties": {"tags": ["reliability"], "problem.severity": PROBLEMS[rule.severity]},
    }


def _result(finding: Finding, rule: int, known_by: str) -> Document:
    site = finding.site
    here = _location(finding.filename, finding.span)
    if site is not None:
        here["logicalLocations"] = [
            {"fullyQualifiedName": site.function, "kind": "module" if site.function == MODULE else "function"}
        ]
    found: Document = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message},
        "locations": [here],
        "partialFingerprints": {"retrylint/v1": known_by},
    }
    if site is not None:
        found["relatedLocations"] = list(_related(finding, site))
    if finding.related:
        found["codeFlows"] = [{"threadFlows": [{"locations": list(_flow(finding))}]}]
    return found


def _related(finding: Finding, site: RetrySite) -> Iterator[Document]:
    """The parts of the retry that a finding is about, each with its role."""
    parts = [(f"the retry in {site.function}", site.span), *((ROLES[role], span) for role, span in site.spans)]
    others = [(said, span) for said, span in dict.fromkeys(parts) if span != finding.span]
    for number, (said, span) in enumerate(others):
        yield {"id": number, **_location(finding.filename, span, said)}


def _flow(finding: Finding) -> Iterator[Document]:
    """The finding, and the steps from there inwards."""
    yield {"location": _location(finding.filename, finding.span, finding.message)}
    for place in finding.related:
        said = place.message or ROLES[place.role]
        yield {"location": _location(place.filename or finding.filename, place.span, said)}


def _notification(filename: str, missed: NotAnalysed) -> Document:
    """A file, or a part of it, that was not analysed: whatever rules are selected, the run has not seen it."""
    return {
        "level": "error",
        "message": {"text": f"not analysed: {missed.reason}"},
        "locations": [_location(filename, missed.span)],
    }


def _location(filename: str, span: Span, said: str = "") -> Document:
    place: Document = {"physicalLocation": {"artifactLocation": _artifact(filename), "region": _region(span)}}
    return {**place, "message": {"text": said}} if said else place


def _artifact(filename: str) -> Document:
    path = repository_path(filename)
    if os.path.isabs(path):
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(os.fsencode(path)), "uriBaseId": BASE}


def _region(span: Span) -> Document:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
