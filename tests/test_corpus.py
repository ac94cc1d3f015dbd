"""Real packages and the standard library: nothing ends the run, and what is found there changes only with a reason.

`nox -s corpus` puts the packages of `corpus.txt` into a folder and runs this with `--corpus` FOLDER; with
`--write-snapshot` it writes their findings anew, and whoever changes a rule reads the difference.
"""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from pathlib import Path

import pytest

from retrylint.config import Settings
from retrylint.engine import FileResult, lint_paths

SNAPSHOT = Path(__file__).parent / "snapshots" / "corpus.txt"
SETTINGS = Settings(exclude=(), respect_gitignore=False, max_file_time=60.0)

pytestmark = pytest.mark.slow


def surprises(results: list[FileResult]) -> list[str]:
    """Internal errors, and files that took too long."""
    reasons = ((each.filename, missed.reason) for each in results for missed in each.facts.not_analysed)
    return [f"{name}: {reason}" for name, reason in reasons if "internal error" in reason or "took longer" in reason]


def test_packages(pytestconfig: pytest.Config, capsys: pytest.CaptureFixture[str]) -> None:
    folder = pytestconfig.getoption("--corpus")
    if folder is None:
        pytest.skip("needs the packages of corpus.txt: nox -s corpus")
    root = Path(folder)
    results = list(lint_paths([root], SETTINGS))
    findings = [
        f"{Path(each.filename).relative_to(root).as_posix()}:{finding.span.line}: {finding.code} {finding.message}"
        for each in results
        for finding in each.findings
    ]
    wrong = surprises(results)
    with capsys.disabled():
        sites = sum(len(each.facts.sites) for each in results)
        print(  # noqa: T201 - the closing line of the session
            f"\ncorpus: {len(results):,} files of packages, {sites:,} sites, {len(findings)} findings, "
            f"{len(wrong)} internal errors"
        )
    assert wrong == []
    if pytestconfig.getoption("--write-snapshot"):
        SNAPSHOT.write_text("".join(f"{line}\n" for line in findings), encoding="utf-8")
    assert findings == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_the_standard_library(capsys: pytest.CaptureFixture[str]) -> None:
    """Its tests hold broken files on purpose: these are told, and everything else is analysed."""
    root = Path(sysconfig.get_path("stdlib"))
    results = list(lint_paths([path for path in root.rglob("*.py") if "site-packages" not in path.parts], SETTINGS))
    reasons = Counter(
        missed.reason.partition(":")[0].partition(" in line")[0]
        for each in results
        for missed in each.facts.not_analysed
    )
    with capsys.disabled():
        print(  # noqa: T201 - the closing line of the session
            f"\ncorpus: Python {sys.version.split()[0]}, {len(results):,} files, not analysed: {dict(reasons)}, "
            f"{len(surprises(results))} internal errors"
        )
    assert surprises(results) == []
