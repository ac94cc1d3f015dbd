"""Runs a client's retries for real: a server on loopback counts the requests, and sleeping takes no time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from unittest import mock

from loopback import Failing, Server

MOST_EXECUTIONS = 40
"""Executions after which a client counts as one that never gives up."""


class GivenUp(BaseException):
    """Ends a client that would go on for ever; no client catches it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a client did while every request failed: its executions (None: without end), and the waits in seconds."""

    executions: int | None
    waits: tuple[float, ...]

    @property
    def badness(self) -> tuple[float, float]:
        """Orders the runs of one policy: more executions are worse, then longer waits."""
        return float("inf") if self.executions is None else self.executions, sum(self.waits)


@contextmanager
def virtual_sleep(target: str = "time.sleep") -> Iterator[list[float]]:
    """Sleeping ends at once and is written down; `target` is the name by which the client calls it.

    What other tests have left running in threads of their own sleeps as it did.
    """
    waits: list[float] = []
    own, real = threading.get_ident(), time.sleep

    def sleep(seconds: float) -> None:
        if threading.get_ident() != own:
            real(seconds)
            return
        waits.append(seconds)
        if len(waits) > MOST_EXECUTIONS:
            raise GivenUp

    with mock.patch(target, sleep):
        yield waits


@contextmanager
def counted_connections() -> Iterator[list[Any]]:
    """Every attempt of this thread to connect a socket is written down."""
    seen: list[Any] = []
    own, connect = threading.get_ident(), socket.socket.connect

    def counting(self: socket.socket, address: Any) -> None:
        if threading.get_ident() == own:
            seen.append(address)
            if len(seen) > MOST_EXECUTIONS:
                raise GivenUp
        connect(self, address)

    with mock.patch.object(socket.socket, "connect", counting):
        yield seen


def module_of(source: str) -> dict[str, Any]:
    """The names that a module's source defines when it is run."""
    module: dict[str, Any] = {"__name__": "drawn"}
    exec(compile(source, "<drawn>", "exec"), module)
    return module


def tried(call: Callable[[], object], count: Callable[[], int], sleeping: str = "time.sleep") -> Tried:
    """Run a call that fails, and say how often it executed its operation and how long it waited in between.

    `count` gives the executions since it was asked last.
    """
    count()
    with virtual_sleep(sleeping) as waits:
        try:
            with suppress(Exception):
                call()
        except GivenUp:
            return Tried(None, tuple(waits))
    return Tried(count(), tuple(waits))


def worst_request(request: Callable[[str, str], object], server: Server, refused: str, status: int) -> Tried:
    """The worst of a client's requests: refused, dropped, answered by `status`, or by 503 with a `Retry-After`."""
    return max(_requests(request, server, refused, status), key=lambda each: each.badness)


def _requests(request: Callable[[str, str], object], server: Server, refused: str, status: int) -> Iterator[Tried]:
    answers: tuple[tuple[Failing, int, dict[str, str]], ...] = (
        ("status", status, {}),
        ("status", 503, {"Retry-After": "0"}),
        ("drop", status, {}),
    )
    for method in ("GET", "POST"):
        with counted_connections() as connections:
            yield tried(lambda: request(method, refused), lambda: _emptied(connections))  # noqa: B023
        for failing, answer, headers in answers:
            server.failing, server.status, server.headers = failing, answer, headers
            with counted_connections():
                yield tried(lambda: request(method, server.url), server.count)  # noqa: B023


def _emptied(seen: list[Any]) -> int:
    count = len(seen)
    seen.clear()
    return count
