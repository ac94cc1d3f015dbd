"""A project's own retry helpers: each use does what is said of it, with the arguments of that use."""

from __future__ import annotations

from pathlib import Path

import pytest
from policy_truth import run

from retrylint.analysis import analyse
from retrylint.engine import lint_source
from retrylint.model import RetrySite

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "sites" / "inhouse").glob("*.py"))


def use_in(source: str) -> RetrySite:
    """The one use of a helper in a module."""
    (site,) = (each for each in analyse(source).sites if each.mechanism == "policy")
    return site


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_use_does_what_is_said(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    site, seen = use_in(source), run(source)
    assert seen.endless == (site.limit.kind == "unbounded")
    if not seen.endless:
        assert seen.executions == site.limit.attempts
        assert seen.ended == site.give_up.ending
        assert site.schedule.waits is not None
        row = [wait.high for wait in site.schedule.waits]
        assert seen.waits == row + ([site.schedule.trailing.high] if site.schedule.trailing else [])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_definition_is_in_the_inventory_too(path: Path) -> None:
    sites = analyse(path.read_text(encoding="utf-8")).sites
    assert sorted(site.mechanism for site in sites) == ["loop", "policy"]


def test_what_the_helper_decides_is_said_once() -> None:
    source = next(path for path in FIXTURES if path.stem == "method").read_text(encoding="utf-8")
    assert [(each.code, each.span.line) for each in lint_source(source)] == [("RTY205", 14)]


UNKNOWN = """
import time


def retry_call(function, attempts, *, pause=time.sleep):
    for attempt in range(attempts):
        try:
            return function()
        except OSError:
            pause(1)


def job({parameters}):
    return retry_call({arguments})
"""


@pytest.mark.parametrize(
    "arguments", ["operation, attempts", "operation, *rest", "operation, **rest", "operation, f()"]
)
def test_an_argument_that_is_not_told_leaves_the_limit_open(arguments: str) -> None:
    site = use_in(UNKNOWN.format(parameters="attempts=None, rest=()", arguments=arguments))
    assert (site.limit.kind, site.limit.attempts) == ("dynamic", None)


LOOK_ALIKES = {
    "another object's method": "class A:\n    def call(self, other):\n        other.retry_call(print, 3)\n",
    "nothing handed over": "retry_call(attempts=3)\n",
    "a name that is bound again": "from lib import retry_call\n\nretry_call(print, 3)\n",
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_use(name: str) -> None:
    definition = UNKNOWN[: UNKNOWN.index("def job")]
    sites = analyse(f"{definition}{LOOK_ALIKES[name]}").sites
    assert [site.mechanism for site in sites] == ["loop"]
