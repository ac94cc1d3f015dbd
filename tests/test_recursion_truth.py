"""What the analysis predicts of a retry by recursion is what happens when the function is executed.

No number is written by hand: each module of fixtures/sites/recursion is analysed, then run with an operation
that always fails and a clock of its own (tests/harness.py), and the two are compared.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from harness import MOST_EXECUTIONS, Ending, Observed, observe

from retrylint.analysis import analyse
from retrylint.model import RetrySite, Schedule, Wait

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "sites" / "recursion").glob("*.py"))
NOTHING = Wait(0.0, 0.0)

ENDINGS: dict[Ending, set[str]] = {
    "raises": {"raises"},
    "wraps": {"wraps"},
    "returns": {"returns"},
    "falls-through": {"falls-through", "returns"},
    "never": {"never"},
}
"""The predictions that an observed ending confirms: a None may have been returned on purpose."""


def test_there_are_enough_fixtures() -> None:
    assert len(FIXTURES) >= 25


@pytest.fixture(params=FIXTURES, ids=lambda path: path.stem)
def source(request: pytest.FixtureRequest) -> str:
    path: Path = request.param
    return path.read_text(encoding="utf-8")


def test_prediction_is_what_happens(source: str) -> None:
    site = only_site(source)
    observed = observe(source, site.function)
    assert site.give_up.ending in ENDINGS[observed.ending]
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


def only_site(source: str) -> RetrySite:
    facts = analyse(source)
    assert not facts.not_analysed
    assert [site.mechanism for site in facts.sites] == ["recursion"]
    return facts.sites[0]


def shape_fits(schedule: Schedule, waits: tuple[float, ...]) -> bool:
    """Do the observed waits have the predicted shape, up to a cap, and its first wait? Jitter hides a shape."""
    if schedule.jitter:
        return True
    growing = waits[: waits.index(max(waits)) + 1]
    pairs = list(pairwise(growing))[: None if growing == waits else -1]
    if schedule.shape == "none":
        return not any(waits)
    if schedule.shape == "fixed":
        return all(wait == pytest.approx(schedule.first) for wait in waits)
    if schedule.shape == "linear":
        return all_alike([later - earlier for earlier, later in pairs]) and max(waits) > waits[0] == schedule.first
    if schedule.shape == "exponential":
        return all_alike([later / earlier for earlier, later in pairs]) and max(waits) > waits[0] == schedule.first
    return schedule.shape == "listed" and waits[0] == schedule.first


def all_alike(numbers: list[float]) -> bool:
    return len(numbers) > 1 and numbers == pytest.approx([numbers[0]] * len(numbers))


def passes_at_the_end(deadline: float, waits: tuple[float, ...]) -> bool:
    """Only waits move the clock, so the deadline lies within the last of them."""
    return sum(waits[:-1]) <= deadline <= sum(waits)


def holds(predicted: Wait, seconds: float) -> bool:
    return predicted.low - 1e-9 <= seconds <= predicted.high + 1e-9


HAND_COUNTED = {
    "three attempts, a wait in vain": (
        """
import time as clock

class Client:
    def get(self, url, left=2):
        try:
            return self.operation(url)
        except ConnectionError as error:
            clock.sleep(2.5)
            if not left:
                raise LookupError(url) from error
            return self.get(url, left - 1)
""",
        "Client.get",
        Observed(3, (2.5, 2.5), 2.5, "wraps"),
    ),
    "a deadline of a coroutine, inside another function": (
        """
# fails-with: KeyError
import time
from asyncio import sleep

def start():
    async def inner(deadline=None):
        deadline = deadline or time.monotonic() + 5
        try:
            return await operation()
        except KeyError:
            if time.monotonic() >= deadline:
                return "late"
            await sleep(2)
            return await inner(deadline)
    return inner()
""",
        "start.inner",
        Observed(4, (2.0, 2.0, 2.0), 0.0, "returns"),
    ),
    "no end, and an except that no exception gets through": (
        """
# result: False

def run():
    from time import sleep
    try:
        assert client.operation()
    except BaseException:
        sleep(1)
        run()
""",
        "run",
        Observed(None, (1.0,) * (MOST_EXECUTIONS - 1), 0.0, "never"),
    ),
}


@pytest.mark.parametrize("case", HAND_COUNTED)
def test_harness_counts_what_a_hand_counts(case: str) -> None:
    source, function, expected = HAND_COUNTED[case]
    assert observe(source, function) == expected
