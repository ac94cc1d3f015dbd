"""The last line of a run, and the count of each rule."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from retrylint.engine import FileResult
from retrylint.model import Finding
from retrylint.reports.terminal import Paint


class Tally:
    """Passes results on and counts them, so that a report can be written while files are still being read."""

    def __init__(self, results: Iterable[FileResult]) -> None:
        self._results = results
        self.findings = 0
        self.files = 0
        self.not_analysed = 0  # files that could not be analysed, or not all of them
        self.untold = 0  # those of them of which no finding speaks

    def __iter__(self) -> Iterator[FileResult]:
        for result in self._results:
            self.findings += len(result.findings)
            self.files += bool(result.findings)
            if result.facts.not_analysed:
                self.not_analysed += 1
                self.untold += not any(each.code == "RTY900" for each in result.findings)
            yield result


def summary(findings: int, files: int, paint: Paint, missed: int = 0) -> str:
    """`findings` in all, in how many `files`, and how many files were `missed`."""
    if not findings and not missed:
        return paint.good("All checks passed!")
    found = f"Found {_counted(findings, 'finding')} in {_counted(files, 'file')}"
    return f"{found}; {not_analysed(missed)}." if missed else f"{found}."


def not_analysed(missed: int) -> str:
    """That so many files are known in part at most."""
    return f"{_counted(missed, 'file')} could not be analysed in full"


def statistics(findings: Sequence[Finding]) -> str:
    """A line a rule, the most frequent first."""
    counts = _counts(findings)
    margin = max((len(str(count)) for *_, count in counts), default=0)
    return "\n".join(f"{count:>{margin}}  {code}  {name}" for code, name, count in counts)


def statistics_json(findings: Sequence[Finding]) -> str:
    """The same as a JSON list."""
    rows = [{"code": code, "name": name, "count": count} for code, name, count in _counts(findings)]
    return json.dumps(rows, indent=2)


def _counts(findings: Sequence[Finding]) -> list[tuple[str, str, int]]:
    counter = Counter((finding.code, finding.name) for finding in findings)
    return [(*rule, count) for rule, count in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
