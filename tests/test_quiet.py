"""Look-alikes stay silent: no module of fixtures/quiet holds a retry site, and no rule that is on speaks of it.

A folder named as a rule holds retries that look as if the rule spoke of them, and it does not. In a module whose name
begins with `loop_`, a comment behind each loop says what the loop is instead of a retry.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from retrylint.analysis import analyse
from retrylint.checks.rules import RULES
from retrylint.config import Settings
from retrylint.engine import lint_source
from retrylint.loops.classify import Kind

FOLDER = Path(__file__).parent.parent / "fixtures" / "quiet"
QUIET = sorted(FOLDER.glob("*.py"))
LOOPS = sorted(FOLDER.glob("loop_*.py"))
KIND = re.compile(r"^ *(?:async )?(?:for|while) .*:  # ([a-z -]+)$")
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


@pytest.mark.parametrize("path", LOOPS, ids=lambda path: path.stem)
def test_tells_what_a_loop_is_instead(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    left_out = {each.span.line: each for each in analyse(source).left_out if each.mechanism == "loop"}
    assert {line: each.kind for line, each in left_out.items()} == kinds_stated(source)
    assert all(each.reason and "\n" not in each.reason for each in left_out.values())


def test_each_kind_of_loop_has_look_alikes() -> None:
    stated = [kind for path in LOOPS for kind in kinds_stated(path.read_text(encoding="utf-8")).values()]
    assert {kind for kind in get_args(Kind) if stated.count(kind) < 4} == {"retry"}


def kinds_stated(source: str) -> dict[int, str]:
    """What the comments of a module call its loops, by line."""
    lines = enumerate(source.splitlines(), start=1)
    return {line: found[1] for line, text in lines if (found := KIND.match(text))}


def test_folders_are_rules() -> None:
    assert {path.parent.name for path in SPARED} <= {rule.code for rule in RULES}


@pytest.mark.parametrize("path", SPARED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_rule_spares_a_retry(path: Path) -> None:
    code, source = path.parent.name, path.read_text(encoding="utf-8")
    assert source.startswith(f"# Not {code}: ")
    assert analyse(source).sites
    findings = lint_source(source, str(path), Settings(select=(code,)))
    assert [(finding.span.line, finding.code, finding.message) for finding in findings] == []
