"""The traps that readers of arguments laid bare, in words: does it retry at all, and as the other side expects it?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import times
from retrylint.model import RetrySite, Trap


def swallowed_task_retry(trap: Trap) -> Report:
    """RTY501: the exception by which a task is put off is caught by the task's own handler."""
    attempts = trap.site.limit.attempts if trap.site is not None else None
    runs = f", up to {times(attempts)}," if attempts is not None and attempts > 1 else ""
    return Report(
        f"{trap.detail} is swallowed by the handler around it: the task runs again{runs} and every run reports success",
        trap.span,
        "call it outside the `try`, or let its exception out of the handler",
    )


def as_told(trap: Trap) -> Report:
    """RTY207, RTY505, RTY506: what the reader of the arguments has to say in full."""
    return Report(trap.detail, trap.span, trap.mend)


def dead_handler(trap: Trap) -> Report:
    """RTY516: a handler waits for the end of the retries, and another exception is raised there."""
    return Report(
        f"{trap.detail} ends with the exception that it is given: the handler of the last retry's end never runs",
        trap.span,
        "catch that exception instead, or leave it out of the call",
    )


def expires_first(trap: Trap) -> Report:
    """RTY517: a retry is due when the task has expired."""
    return Report(
        f"{trap.detail}: the retry is dropped as expired, and the task never runs again",
        trap.span,
        "let the task expire after its last retry, or wait shorter",
    )


def dropped_arguments(trap: Trap) -> Report:
    """RTY507: the call by which the function runs again leaves out what the first call was given."""
    return Report(f"the next attempt leaves out {trap.detail}", trap.span, "hand every argument on as it came")


def discarded_result(trap: Trap) -> Report:
    """RTY508: the function returns a value, and the result of its retry is thrown away."""
    return Report(
        f"the result of the next attempt is thrown away: when it succeeds, {trap.detail} returns None all the same",
        trap.span,
        "return it",
    )


def sleep_not_awaited(trap: Trap) -> Report:
    """RTY509: a coroutine that sleeps is made and never awaited."""
    instead = f"await {trap.detail}(...)" if trap.site is not None and trap.site.body.is_async else "time.sleep(...)"
    return Report(
        f"{trap.detail}() without await does not wait: the next attempt follows at once",
        trap.span,
        f"write `{instead}`",
    )


def unbound_task_retry(trap: Trap) -> Report:
    """RTY502: the retry method is called on something that is not the task."""
    if trap.detail.startswith("self."):
        message = f"{trap.detail} without bind=True: `self` is the task's first argument, not the task"
        return Report(message, trap.span, "add bind=True to the decorator")
    message = f"{trap.detail} hands the task to a function without a parameter: each run is a TypeError"
    return Report(message, trap.span, "take the task as the first parameter, `self`, or leave bind out")


def new_key_per_attempt(trap: Trap) -> Report:
    """RTY407: the key that should show the attempts to be one request is another one each time."""
    return Report(
        f"{trap.detail} makes a new idempotency key for each attempt: a retry is taken for another request",
        trap.span,
        "make the key once, before the first attempt, and hand the same one to every attempt",
    )


def repeats_after_success(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY510: the loop does the operation again although it succeeded. Silent where no second attempt is known of."""
    if site.body.repeats_success and site.limit.kind != "unknown":
        done = f"{site.body.operations[0]}()" if site.body.operations else "the operation"
        yield Report(
            f"does {done} again although it succeeded: no `return` or `break` leaves the loop on success",
            site.span_of("operation") or site.span,
            "leave the loop where the operation has succeeded: `break`, or `return` its result",
        )
