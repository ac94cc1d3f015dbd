"""One policy in every spelling: each has the same verdict and the same schedule, and does the same when it is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from policy_truth import only_policy, run

from retrylint.model import RetrySite

FOLDER = Path(__file__).parent.parent / "fixtures" / "rosetta"
POLICIES = sorted(path for path in FOLDER.iterdir() if path.is_dir())
SPELLINGS = sorted(FOLDER.glob("*/*.py"))


def verdict(path: Path) -> object:
    """What is said of a spelling: limit, waits, chance, and how it ends."""
    site = only_policy(path.read_text(encoding="utf-8"))
    assert site is not None
    waits = None if site.schedule.waits is None else tuple((each.low, each.high) for each in site.schedule.waits)
    return site.limit.kind, site.limit.attempts, waits, _shape(site), site.schedule.jitter is True, site.give_up.ending


def _shape(site: RetrySite) -> tuple[str, float | None]:
    """How the waits grow, with the first; two waits one by one may as well be called linear."""
    listed = site.schedule.shape in ("listed", "linear") and site.limit.attempts == 3
    return "listed" if listed else site.schedule.shape, site.schedule.first


@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.name)
def test_every_spelling_has_one_verdict(policy: Path) -> None:
    verdicts = {path.stem: verdict(path) for path in sorted(policy.glob("*.py"))}
    assert len(verdicts) >= 3
    assert set(verdicts.values()) == {verdicts["loop"]}, verdicts


@pytest.mark.parametrize("path", SPELLINGS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.filterwarnings("ignore")
def test_every_spelling_does_what_is_said(path: Path) -> None:
    if path.stem.startswith("celery"):
        pytest.skip("tasks are run by real workers elsewhere")
    source = path.read_text(encoding="utf-8")
    site, seen = only_policy(source), run(source)
    assert site is not None
    assert not seen.endless or site.limit.kind == "unbounded"
    assert seen.executions > 100 or site.limit.kind != "unbounded"
    if site.limit.attempts is not None:
        assert seen.executions == site.limit.attempts
        assert site.schedule.waits is not None
        row = [(wait.low - 1e-6, wait.high + 1e-6) for wait in site.schedule.waits]
        assert all(low <= wait <= high for (low, high), wait in zip(row, seen.between, strict=True))
    if not seen.endless and site.limit.kind != "unbounded":
        assert site.give_up.ending == seen.ended
