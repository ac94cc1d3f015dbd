"""What the analysis predicts of a hand-written loop is what happens when the function is executed."""

from __future__ import annotations

from pathlib import Path

import pytest
from truth import assert_holds, fixtures_of, only_site

UNTOLD = {"match_attempt", "next_of_iterator", "pop_waits"}
"""What the simulation does not follow, and says so: it claims no number."""
FIXTURES = fixtures_of("loop")
FOLLOWED = [path for path in FIXTURES if path.stem not in UNTOLD]


def test_there_are_enough_fixtures() -> None:
    assert len(FIXTURES) >= 60


@pytest.mark.parametrize("path", FOLLOWED, ids=lambda path: path.stem)
def test_prediction_is_what_happens(path: Path) -> None:
    assert_holds(path.read_text(encoding="utf-8"), "loop")


@pytest.mark.parametrize("stem", sorted(UNTOLD))
def test_no_prediction_where_none_can_be_made(stem: str) -> None:
    (path,) = (path for path in FIXTURES if path.stem == stem)
    site = only_site(path.read_text(encoding="utf-8"), "loop")
    assert (site.limit.kind, site.limit.attempts, site.schedule.waits) == ("unknown", None, None)
    assert site.schedule.shape in ("dynamic", "unknown")
