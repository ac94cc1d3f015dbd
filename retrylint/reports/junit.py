"""JUnit's XML, which most CI systems show as test results: a suite a file, a failed test case a finding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from retrylint.checks.rules import NOT_ANALYSED
from retrylint.engine import FileResult
from retrylint.model import Finding
from retrylint.reports.pages import page_url
from retrylint.reports.paths import repository_path

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report(results: Iterable[FileResult]) -> Iterator[str]:
    """The whole document. A file without findings is one test that passes; one that was not analysed is an error."""
    suites = [_suite(result) for result in results]
    top = Element("testsuites", {"name": "retrylint", **_sums(suites)})
    top.extend(suites)
    indent(top)
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield tostring(top, encoding="unicode")


def _suite(result: FileResult) -> Element:
    path = _text(repository_path(result.filename))
    errors = sum(is_error(finding) for finding in result.findings)
    suite = Element(
        "testsuite",
        name=path,
        tests=str(len(result.findings) or 1),
        failures=str(len(result.findings) - errors),
        errors=str(errors),
    )
    for finding in result.findings:
        suite.append(_case(finding, path))
    if not result.findings:
        SubElement(suite, "testcase", name="retrylint", classname=path)
    return suite


def _case(finding: Finding, path: str) -> Element:
    place = f"{finding.span.line}:{finding.span.column}"
    case = Element("testcase", name=f"{finding.code} {finding.name} at {place}", classname=path)
    kind = "error" if is_error(finding) else "failure"
    problem = SubElement(case, kind, type=finding.severity, message=_text(finding.message))
    lines = [f"{path}:{place}: {finding.code} {finding.message}"]
    lines += [f"help: {finding.help}"] if finding.help else []
    problem.text = _text("\n".join([*lines, page_url(finding.code, finding.name)]))
    return case


def is_error(finding: Finding) -> bool:
    """JUnit tells a test that could not be run from one that failed."""
    return finding.code == NOT_ANALYSED.code


def _sums(suites: list[Element]) -> dict[str, str]:
    return {key: str(sum(int(suite.get(key, "0")) for suite in suites)) for key in ("tests", "failures", "errors")}


def _text(text: str) -> str:
    """Text without the characters that XML cannot hold, whatever the name of a file may be."""
    return _NOT_XML.sub("\ufffd", text)
