"""Whom does the wait block?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import seconds, span_of
from retrylint.model import RetrySite


def blocking_sleep_in_async(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY301: a retry in `async def` waits with a function that holds the thread."""
    schedule = site.schedule
    if not site.body.is_async or not schedule.blocks:
        return
    if schedule.total is not None:
        standing = f" up to {seconds(schedule.total.high)} in all"
    elif schedule.first:
        standing = f" {seconds(schedule.first)} at each failure"
    else:
        standing = ""
    yield Report(
        f"waits with {schedule.waits_with} in async code: the event loop stands still{standing}",
        site.span_of("sleep") or site.span,
        "await the event loop's own sleep: `await asyncio.sleep(...)`",
    )


def sleep_in_task(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY302: a retry in a task waits by sleeping, and the worker is held."""
    schedule = site.schedule
    if not site.body.in_task or not schedule.blocks:
        return
    if site.limit.kind == "unbounded":
        if not schedule.first:
            return
        held = "without end"
    elif schedule.total is not None and schedule.total.high >= limits.max_blocking:
        held = f"for {span_of(schedule.total)}"
    else:
        return
    yield Report(
        f"sleeps between attempts in a task: a worker is held {held} while the operation fails",
        site.span_of("sleep") or site.span,
        "hand the wait to the queue: let the task retry with a delay instead of sleeping",
    )
