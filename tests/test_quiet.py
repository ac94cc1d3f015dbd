"""Look-alikes stay silent: no module of fixtures/quiet holds a retry site, and no rule that is on speaks of it.

A folder named as a rule holds retries that look as if the rule spoke of them, and it does not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from retrylint.analysis import analyse
from retrylint.checks.rules import RULES
from retrylint.config import Settings
from retrylint.engine import lint_source

FOLDER = Path(__file__).parent.parent / "fixtures" / "quiet"
QUIET = sorted(FOLDER.glob("*.py"))
SPARED = sorted(FOLDER.glob("RTY*/*.py"))


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


def test_folders_are_rules() -> None:
    assert {path.parent.name for path in SPARED} <= {rule.code for rule in RULES}


@pytest.mark.parametrize("path", SPARED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_rule_spares_a_retry(path: Path) -> None:
    code, source = path.parent.name, path.read_text(encoding="utf-8")
    assert source.startswith(f"# Not {code}: ")
    assert analyse(source).sites
    findings = lint_source(source, str(path), Settings(select=(code,)))
    assert [(finding.span.line, finding.code, finding.message) for finding in findings] == []
