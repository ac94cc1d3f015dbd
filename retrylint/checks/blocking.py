"""Whom does the wait block?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import seconds, span_of
from retrylint.model import RetrySite

# by the last part of a context, such as `flask_view` or `signal_handler`
REQUEST_PARTS = {
    "view": "a view", "middleware": "middleware", "serializer": "a serializer", "form": "a form",
    "handler": "a signal handler",
}  # fmt: skip


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


def sleep_in_request(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY303: a retry sleeps where a web request is answered, and whoever asked waits as well."""
    schedule = site.schedule
    part = next(
        (REQUEST_PARTS[word] for each in site.body.contexts if (word := each.rpartition("_")[2]) in REQUEST_PARTS), None
    )
    if part is None or not schedule.blocks or site.body.in_task:
        return
    if site.limit.kind == "unbounded":
        held = "without end"
    elif schedule.total is not None:
        if schedule.total.high <= 0:
            return
        held = f"for {span_of(schedule.total)}"
    else:
        held = f"{seconds(schedule.first)} at each failure" if schedule.first else "between attempts"
    yield Report(
        f"sleeps in {part}: the request, and the worker that answers it, wait {held} while the operation fails",
        site.span_of("sleep") or site.span,
        "answer at once, and leave the attempts to a task; or retry once without a wait",
    )


def holds_transaction(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY304: the attempts share a transaction that the first failure breaks, or a lock is held between them."""
    held = site.body.held
    if held == "transaction":
        yield Report(
            "repeats a database operation in one transaction: its first error breaks the transaction, and no later"
            " attempt can work",
            site.span,
            "open the transaction, or an inner `atomic()`, in each attempt",
        )
    elif held == "work":
        yield Report(
            "retries out of a transaction: what this attempt wrote in it is rolled back, and the next one may begin"
            " before that",
            site.span_of("retry-call") or site.span,
            "leave the transaction before the retry: put the `try` around it",
        )
    elif held is not None:
        total = site.schedule.total
        long = f" for {span_of(total)}" if total is not None and total.high else ""
        yield Report(
            f"waits between attempts while it holds {held}: everyone else waits{long} too",
            site.span_of("sleep") or site.span,
            "let go before the wait, and take it again for the next attempt",
        )
