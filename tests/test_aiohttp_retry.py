"""aiohttp-retry against a server on loopback: executions and waits are those of the site."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any
from unittest import mock

import pytest
from loopback import serving

from retrylint.analysis import analyse

pytest.importorskip("aiohttp_retry")

SOURCE = """
import aiohttp_retry


async def fetch(url):
    async with aiohttp_retry.RetryClient({options}) as client:
        async with client.get(url) as response:
            return response.status
"""
OPTIONS = {
    "": (3, [(0.2, 0.2), (0.4, 0.4)]),
    "retry_options=aiohttp_retry.ExponentialRetry(attempts=5, start_timeout=1, factor=3, max_timeout=20)": (
        5,
        [(3.0, 3.0), (9.0, 9.0), (20.0, 20.0), (20.0, 20.0)],
    ),
    "retry_options=aiohttp_retry.ExponentialRetry(4)": (4, [(0.2, 0.2), (0.4, 0.4), (0.8, 0.8)]),
    "retry_options=aiohttp_retry.RandomRetry(attempts=3, min_timeout=1, max_timeout=2)": (3, [(1.0, 2.0)] * 2),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_a_client_does_what_is_said(options: str) -> None:
    source = SOURCE.format(options=options)
    (site,) = analyse(source).sites
    attempts, row = OPTIONS[options]
    assert site.limit.attempts == attempts
    assert [edge for wait in site.schedule.waits or () for edge in (wait.low, wait.high)] == pytest.approx(sum(row, ()))
    waits: list[float] = []
    really = asyncio.sleep

    async def sleep(seconds: float, *rest: object) -> None:
        if seconds:
            waits.append(seconds)
        await really(0)

    namespace: dict[str, Any] = {}
    exec(compile(source, "<drawn>", "exec"), namespace)
    with serving() as server, mock.patch("aiohttp_retry.client.asyncio.sleep", sleep):
        assert asyncio.run(namespace["fetch"](server.url)) == 503
        assert server.count() == attempts
    with warnings.catch_warnings():  # aiohttp-retry lets go of the responses before the last without closing them
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert all(low - 1e-9 <= wait <= high + 1e-9 for wait, (low, high) in zip(waits, row, strict=True))


def test_no_attempts_are_endless_attempts() -> None:
    (site,) = analyse(SOURCE.format(options="retry_options=aiohttp_retry.ExponentialRetry(attempts=0)")).sites
    assert site.limit.kind == "unbounded"
