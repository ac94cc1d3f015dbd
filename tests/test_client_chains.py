"""Retries around a client that retries by itself: the product that is said is what a failing server sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import prod
from pathlib import Path

import pytest
from imported import imported
from loopback import serving
from policy_truth import Seen, faked

from retrylint.config import Settings
from retrylint.engine import lint_paths
from retrylint.model import Chain

FOLDER = Path(__file__).parent.parent / "fixtures" / "client_chains"
CASES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
LOUD = [case for case in CASES if not case.name.startswith("quiet_")]
QUIET = [case for case in CASES if case.name.startswith("quiet_")]


def chains_of(case: Path) -> list[Chain]:
    """The chains of all files of a project."""
    return [chain for result in lint_paths([case], project=True) for chain in result.facts.chains]


@pytest.fixture
def requests(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """How many requests come to a server that drops each of them, while the job of a project runs."""
    with imported(case, tmp_path, monkeypatch) as module, serving() as server:
        server.failing = "drop"
        with faked(Seen()), suppress(Exception):
            module.job(server.url)
        yield server.count()


@pytest.mark.parametrize("case", LOUD, ids=lambda path: path.name)
def test_the_requests_multiply(case: Path, requests: int) -> None:
    (chain,) = chains_of(case)
    factors = [site.limit.attempts for site in chain.layers]
    stated = (case / "app" / "jobs.py").read_text(encoding="utf-8").split('"""')[1]
    assert " x ".join(map(str, factors)) == stated
    assert requests == prod(each for each in factors if each is not None)
    settings = Settings(select=("RTY701", "RTY702"), max_amplification=requests - 1)
    (finding,) = (each for result in lint_paths([case], settings, project=True) for each in result.findings)
    assert finding.code == ("RTY702" if len(factors) == 2 else "RTY701")
    assert f"up to {requests} requests" in finding.message


@pytest.mark.parametrize("case", QUIET, ids=lambda path: path.name)
def test_what_does_not_multiply(case: Path, requests: int) -> None:
    assert chains_of(case) == []
    assert requests <= 5
