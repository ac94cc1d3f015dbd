"""Look-alikes stay silent: no module of fixtures/quiet holds a retry site, and no rule that is on speaks of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrylint.analysis import analyse
from retrylint.engine import lint_source

QUIET = sorted((Path(__file__).parent.parent / "fixtures" / "quiet").glob("*.py"))


@pytest.mark.parametrize("path", QUIET, ids=lambda path: path.stem)
def test_says_why_it_is_quiet(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith(("# No retry: ", "# No Celery: ", "# No task: "))


@pytest.mark.parametrize("path", QUIET, ids=lambda path: path.stem)
def test_holds_no_site(path: Path) -> None:
    facts = analyse(path.read_text(encoding="utf-8"))
    assert not facts.not_analysed
    assert [(site.span.line, site.function, site.mechanism) for site in facts.sites] == []


@pytest.mark.parametrize("path", QUIET, ids=lambda path: path.stem)
def test_gives_no_finding(path: Path) -> None:
    findings = lint_source(path.read_text(encoding="utf-8"), str(path))
    assert [(finding.span.line, finding.code, finding.message) for finding in findings] == []
