"""What the analysis predicts of a retry by recursion is what happens when the function is executed."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import MOST_EXECUTIONS, Observed, observe
from truth import assert_holds, fixtures_of

FIXTURES = fixtures_of("recursion")


def test_there_are_enough_fixtures() -> None:
    assert len(FIXTURES) >= 25


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_prediction_is_what_happens(path: Path) -> None:
    assert_holds(path.read_text(encoding="utf-8"), "recursion")


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
