"""Misuse of retry libraries: the Bad examples of the pages, run against the libraries, do the harm that is claimed."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from loopback import Server, serving
from pages import read_pages
from policy_truth import ENDLESS, Seen, faked

from retrylint.config import Settings
from retrylint.engine import lint_source

BLOCKS = {block.label: block.source for page in read_pages() for block in page.blocks}


class Client:
    """A client whose every call fails, or succeeds; its calls are counted."""

    def __init__(self, seen: Seen, fails: bool = True) -> None:
        self._seen, self._fails = seen, fails

    def charge(self, *order: object) -> None:
        """Fail, or do nothing, once more."""
        if self._fails:
            self._seen.operate()
        self._seen.executions += 1
        if self._seen.executions > ENDLESS:
            self._seen.operate()

    get = rows = sync = save = charge


def made(label: str, name: str) -> Callable[..., Any]:
    """A function of a page's example."""
    namespace: dict[str, Any] = {"__name__": f"drawn.{label}"}
    exec(compile(BLOCKS[label], "<page>", "exec"), namespace)
    found: Callable[..., Any] = namespace[name]
    return found


def executed(label: str, name: str, *rest: object, fails: bool = True) -> Seen:
    """What the function of an example does with a client whose calls fail."""
    seen = Seen()
    function = made(label, name)
    with faked(seen):
        try:
            given = function(Client(seen, fails), *rest)
            if inspect.isgenerator(given):
                list(given)
            elif asyncio.iscoroutine(given):
                given.send(None)
        except OSError:
            seen.ended = "raises"
        except TypeError:
            seen.ended = "TypeError"
        except BaseException as error:
            seen.ended = type(error).__name__
    return seen


@pytest.mark.parametrize("number", [1, 2])
def test_a_policy_without_a_limit_never_ends(number: int) -> None:
    if number == 1:
        assert executed(f"RTY103-bad-{number}", "charge", "order").executions > ENDLESS
    assert executed(f"RTY103-good-{number}", "charge", "order").executions < ENDLESS


def test_a_wait_in_milliseconds_is_no_wait() -> None:
    assert sum(executed("RTY207-bad-2", "fetch").waits) < 0.01
    assert executed("RTY207-good-2", "fetch").waits == [2.0, 2.0, 2.0]


def test_what_is_only_made_by_a_call_is_not_retried() -> None:
    assert executed("RTY503-bad-1", "rows").executions == 1
    assert executed("RTY503-good-1", "rows").executions == 3
    assert executed("RTY503-bad-2", "fetch", "/").executions == 1
    assert executed("RTY503-good-2", "fetch", "/").executions == 3


def test_a_retry_above_a_task_hides_the_task() -> None:
    assert not hasattr(made("RTY504-bad-1", "sync"), "delay")
    task = made("RTY504-good-1", "sync")
    seen = Seen()
    with faked(seen), suppress(Exception):
        task(Client(seen))
    assert (hasattr(task, "delay"), seen.executions) == (True, 3)


def test_a_number_is_no_stop() -> None:
    seen = executed("RTY506-bad-3", "fetch")
    assert (seen.executions, seen.ended) == (1, "TypeError")
    assert executed("RTY506-good-3", "fetch").executions == 3


@pytest.mark.parametrize("number", [1, 2])
def test_attempts_that_are_not_entered_are_not_retried(number: int) -> None:
    assert executed(f"RTY511-bad-{number}", "fetch", "/").executions == 1
    assert executed(f"RTY511-bad-{number}", "fetch", "/", fails=False).executions > ENDLESS
    assert executed(f"RTY511-good-{number}", "fetch", "/").executions == 3
    assert executed(f"RTY511-good-{number}", "fetch", "/", fails=False).executions == 1


def test_errors_that_stay_inside_are_not_retried() -> None:
    assert executed("RTY512-bad-1", "fetch", "/").executions == 1
    assert executed("RTY512-good-1", "fetch", "/").executions == 3


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def test_a_status_that_nobody_raises_is_not_retried(server: Server) -> None:
    for label, requests in (("RTY513-bad-1", 1), ("RTY513-good-1", 3)):
        fetch = made(label, "fetch")
        with suppress(Exception):
            fetch(server.url)
        assert server.count() == requests


ARGUMENTS = {
    "stop=stop_after_attempt": 1,
    "retry=ValueError, stop=stop_after_attempt(3)": 3,
    "retry=retry_if_exception_type, stop=stop_after_attempt(3)": 3,
    "stop=stop_after_attempt(3), wait=5": 1,
    "stop_after_attempt(3), wait_fixed(1)": 1,
}
"""Wrong arguments of tenacity's policy, and how often it runs a function that raises an OSError under them."""


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_a_wrong_argument_is_told_and_does_something_else(arguments: str) -> None:
    source = f"from tenacity import *\n\n\n@retry({arguments})\ndef fetch(client):\n    client.get()\n"
    namespace: dict[str, Any] = {}
    exec(compile(source, "<drawn>", "exec"), namespace)
    seen = Seen()
    with faked(seen), suppress(Exception):
        namespace["fetch"](Client(seen))
    assert seen.executions == ARGUMENTS[arguments]
    named = source.replace("*", "retry, retry_if_exception_type, stop_after_attempt, wait_fixed")
    assert "RTY506" in {finding.code for finding in lint_source(named, "x.py", Settings())}
