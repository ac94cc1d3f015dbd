"""The formats in which `check` shows its findings; each stands in a module that is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from retrylint.reports.summary import Tally
    from retrylint.reports.terminal import Paint

Format = Literal["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"]
FORMATS: tuple[Format, ...] = get_args(Format)


def report(form: Format, results: Tally, paint: Paint) -> Iterator[str]:
    """The pieces of a report, each to be followed by a newline."""
    match form:
        case "text":
            from retrylint.reports import text

            return text.report(results, paint)
        case "concise":
            from retrylint.reports import concise

            return concise.report(results, paint)
        case "json" | "jsonl":
            from retrylint.reports import documents

            return documents.report(results) if form == "json" else documents.report_lines(results)
        case "sarif":
            from retrylint.reports import sarif

            return sarif.report(results)
        case "github":
            from retrylint.reports import github

            return github.report(results)
        case "gitlab":
            from retrylint.reports import gitlab

            return gitlab.report(results)
        case "junit":
            from retrylint.reports import junit

            return junit.report(results)
