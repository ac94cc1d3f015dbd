"""Is what the analysis predicts of a site what happened when the site was executed?

No number is written by hand: a module of fixtures/sites is analysed, then run with an operation that always fails
and a clock of its own (harness.py), and the two are compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from harness import Ending, Observed, observe

from retrylint.analysis import analyse
from retrylint.model import Mechanism, RetrySite, Schedule, Shape, Wait

SITES = Path(__file__).parent.parent / "fixtures" / "sites"
NOTHING = Wait(0.0, 0.0)

ENDINGS: dict[Ending, set[str]] = {
    "raises": {"raises"},
    "wraps": {"wraps"},
    "returns": {"returns"},
    "falls-through": {"falls-through", "returns"},
    "never": {"never"},
}
"""The predictions that an observed ending confirms: a None may have been returned on purpose."""


def fixtures_of(mechanism: Mechanism) -> list[Path]:
    """The modules that hold one site of a mechanism each."""
    return sorted((SITES / mechanism).glob("*.py"))


def only_site(source: str, mechanism: Mechanism) -> RetrySite:
    """The one site of a module."""
    facts = analyse(source)
    assert not facts.not_analysed
    assert [site.mechanism for site in facts.sites] == [mechanism]
    return facts.sites[0]


def assert_holds(source: str, mechanism: Mechanism) -> None:
    """The module's only site does what is predicted of it."""
    site = only_site(source, mechanism)
    assert_agrees(site, observe(source, site.function))


def assert_agrees(site: RetrySite, observed: Observed) -> None:
    """Executions, waits one by one, the wait after the last execution, and the ending."""
    by_chance = site.limit.kind == "deadline" and site.schedule.jitter  # the waits that are drawn decide how it ends
    assert site.give_up.ending in ENDINGS[observed.ending] or (by_chance and site.give_up.ending == "unknown")
    assert shape_fits(site.schedule, observed.waits), (site.schedule, observed.waits)
    if observed.executions is None:
        assert site.limit.kind == "unbounded"
    elif site.limit.kind == "deadline":
        assert site.limit.deadline is None or passes_at_the_end(site.limit.deadline, observed.waits)
    else:
        assert (site.limit.kind, site.limit.attempts) == ("explicit", observed.executions)
        assert site.schedule.waits is not None
        assert len(site.schedule.waits) == len(observed.waits)
        assert all(map(holds, site.schedule.waits, observed.waits)), (site.schedule.waits, observed.waits)
        assert holds(site.schedule.trailing or NOTHING, observed.trailing)
        assert site.schedule.rests == (site.schedule.trailing is not None)


def shape_fits(schedule: Schedule, waits: tuple[float, ...]) -> bool:
    """Do the observed waits have the predicted shape, up to a cap, and its first wait?

    Jitter hides a shape, and `dynamic` promises none.
    """
    if schedule.jitter or schedule.shape == "dynamic":
        return True
    if schedule.shape == "none":
        return not any(waits)
    if schedule.shape == "fixed":
        return all(wait == pytest.approx(schedule.first) for wait in waits)
    growing = waits[: waits.index(max(waits)) + 1]
    return waits[0] == schedule.first and (fits(schedule.shape, growing) or fits(schedule.shape, growing[:-1]))


def fits(shape: Shape, waits: Sequence[float]) -> bool:
    """Do waits below a cap grow as their shape says? Two of them grow in any way."""
    steps = [later - earlier for earlier, later in pairwise(waits)]
    if shape == "linear":
        return bool(steps) and all_alike(steps)
    if shape == "exponential":
        return bool(steps) and all_alike([later / earlier for earlier, later in pairwise(waits)])
    if shape == "polynomial":
        return len(steps) > 2 and all_alike([later - earlier for earlier, later in pairwise(steps)])
    return shape == "listed"


def all_alike(numbers: Sequence[float]) -> bool:
    return numbers == pytest.approx([numbers[0]] * len(numbers))


def passes_at_the_end(deadline: float, waits: tuple[float, ...]) -> bool:
    """Only waits move the clock, so the deadline lies within the last of them."""
    return sum(waits[:-1]) <= deadline <= sum(waits)


def holds(predicted: Wait, seconds: float) -> bool:
    return predicted.low - 1e-9 <= seconds <= predicted.high + 1e-9
