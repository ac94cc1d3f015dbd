"""Retry libraries, run with a clock of our own and an operation that always fails."""

from __future__ import annotations

import asyncio
import datetime
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

from retrylint.analysis import analyse
from retrylint.model import RetrySite, Wait

ENDLESS = 400  # executions after which nobody believes in an end
EPSILON = 1e-6
LONGEST = 1e6  # seconds by which one wait moves the clock: more than any deadline, and no date beyond the calendar


class Enough(BaseException):
    """The operation was executed so often that it will be for ever."""


@dataclass
class Seen:
    """What a run did: executions, the seconds waited after each, and whether it went on for ever."""

    executions: int = 0
    waits: list[float] = field(default_factory=list)
    endless: bool = False
    ended: str = ""
    now: float = 1_000_000.0

    def operate(self, *args: object, **kwargs: object) -> None:
        """The operation: it fails."""
        self.executions += 1
        if self.executions > ENDLESS:
            raise Enough
        raise OSError(self.executions)

    def sleep(self, seconds: float, *rest: object) -> None:
        """A wait: only the clock moves."""
        self.waits.append(float(seconds))
        self.now += min(float(seconds), LONGEST)

    async def sleep_async(self, seconds: float, *rest: object) -> None:
        """The same in a coroutine."""
        self.sleep(seconds)

    @property
    def between(self) -> list[float]:
        """The waits between executions; a wait of nothing need not have been asked for."""
        return self.waits or [0.0] * (self.executions - 1)


def run(source: str, name: str = "job") -> Seen:
    """Run a function of a module until its policy gives up."""
    seen = Seen()
    namespace: dict[str, Any] = {"operation": seen.operate}
    with faked(seen):
        exec(compile(source, "<policy>", "exec"), namespace)
        try:
            given = namespace[name]()
            if asyncio.iscoroutine(given):
                _finish(given)
            seen.ended = "returns"
        except Enough:
            seen.endless = True
        except OSError:
            seen.ended = "raises"
        except Exception:
            seen.ended = "wraps"
    return seen


def _finish(coroutine: Any) -> None:
    """Drive a coroutine that never really waits."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration:
        pass


@contextmanager
def faked(seen: Seen) -> Iterator[None]:
    """Clocks and sleeps of the standard library, and the `datetime` of those libraries that look at it."""

    def now() -> float:
        return seen.now

    def now_in_ns() -> int:
        return int(seen.now * 1e9)

    class Moment(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Moment:
            return cls.fromtimestamp(seen.now, tz)

    stand_in = SimpleNamespace(datetime=Moment, timedelta=datetime.timedelta, timezone=datetime.timezone)
    patches: list[Any] = [
        mock.patch.object(time, "sleep", seen.sleep),
        mock.patch.object(time, "time", now),
        mock.patch.object(time, "monotonic", now),
        mock.patch.object(time, "monotonic_ns", now_in_ns),
        mock.patch.object(asyncio, "sleep", seen.sleep_async),
    ]
    for module in ("backoff._sync", "backoff._async"):
        if module in sys.modules:
            patches.append(mock.patch.object(sys.modules[module], "datetime", stand_in))
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in reversed(patches):
            patch.stop()


def only_policy(source: str) -> RetrySite | None:
    """The one site of a module; None where nothing is retried."""
    facts = analyse(source)
    assert not facts.not_analysed, facts.not_analysed
    assert len(facts.sites) <= 1
    return facts.sites[0] if facts.sites else None


def assert_agrees(source: str) -> None:
    """What is predicted of the module's only policy is what the library does."""
    site, seen = only_policy(source), run(source)
    if site is None:
        assert seen.executions == 1, (source, seen)
        return
    told = (source, site, seen)
    limit, schedule = site.limit, site.schedule
    in_no_time = limit.kind == "deadline" and sum(seen.waits) < (limit.deadline or 0.0)
    assert seen.endless == (limit.kind == "unbounded") or in_no_time, told
    if limit.attempts is not None:
        row = schedule.waits
        assert row is not None, told
        exact = limit.deadline is None or all(wait.low == wait.high for wait in row)
        assert seen.executions == limit.attempts if exact else seen.executions <= limit.attempts, told
        assert all(map(_holds, row, seen.between)), told
    elif limit.kind == "deadline":
        assert limit.deadline is not None, told
        assert sum(seen.waits[:-1]) < limit.deadline + EPSILON, told
    if not seen.endless:
        assert site.give_up.ending == seen.ended, told
    assert (schedule.jitter is True) >= _varies(schedule.waits or ()), told


def _holds(wait: Wait, seconds: float) -> bool:
    return wait.low - EPSILON <= seconds <= wait.high + EPSILON


def _varies(row: tuple[Wait, ...]) -> bool:
    return any(wait.low < wait.high for wait in row)
