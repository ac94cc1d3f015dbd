"""The traps that readers of arguments laid bare, in words: does it retry at all, and as the other side expects it?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import again, times
from retrylint.model import RetrySite, Trap


def swallowed_task_retry(trap: Trap) -> Report:
    """RTY501: the exception by which a task is put off is caught by the task's own handler."""
    attempts = trap.site.limit.attempts
    runs = f", up to {times(attempts)}," if attempts is not None and attempts > 1 else ""
    return Report(
        f"{trap.detail} is swallowed by the handler around it: the task runs again{runs} and every run reports success",
        trap.span,
        "call it outside the `try`, or let its exception out of the handler",
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
    instead = f"await {trap.detail}(...)" if trap.site.body.is_async else "time.sleep(...)"
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
    """RTY510: the loop does the operation again although it succeeded."""
    if site.body.repeats_success:
        done = f"{site.body.operations[0]}()" if site.body.operations else "the operation"
        yield Report(
            f"does {done} again although it succeeded: no `return` or `break` leaves the loop on success",
            site.span_of("operation") or site.span,
            "leave the loop where the operation has succeeded: `break`, or `return` its result",
        )


def unmounted_adapter(trap: Trap) -> Report:
    """RTY514: a policy is made, and nobody is handed it."""
    attempts = trap.site.limit.attempts
    promised = f"the {attempts:,} attempts that it promises are" if attempts is not None else "what it promises is"
    return Report(
        f"`{trap.detail}` is made and never used: {promised} one attempt",
        trap.span,
        "hand it to the client: `session.mount(...)`, `transport=`, or the option of the call",
    )


def status_not_retried(trap: Trap) -> Report:
    """RTY515: the policy names no status, so that an answer of 500 or 503 is the last."""
    attempts = trap.site.limit.attempts
    often = f"up to {attempts:,} attempts on a lost connection" if attempts is not None else "lost connections alone"
    return Report(
        f"retries no status: {often}, and one on a plain 503",
        trap.span,
        f"name the statuses that pass by themselves: `{trap.detail}=(502, 503, 504)`",
    )


def ignores_advice(trap: Trap) -> Report:
    """RTY206: the header by which the other side says when to come back is switched off."""
    return Report(
        f"`{trap.detail}=False` waits a time of its own after a 429 or 503, whatever the response's Retry-After says",
        trap.span,
        "leave it on, and bound what the other side may ask for by a limit on the wait",
    )


def retries_permanent_answer(trap: Trap) -> Report:
    """RTY403: a status is retried that says no."""
    return Report(
        f"retries {trap.detail}, which another attempt cannot mend: repeated {again(trap.site)}",
        trap.span,
        "list only statuses that pass by themselves: 429, 502, 503 and 504",
    )


def retries_writes(trap: Trap) -> Report:
    """RTY404: the policy has writes done again, whatever the first attempt did."""
    return Report(
        f"retries {trap.detail}: a write whose answer was lost is done again, {again(trap.site)}",
        trap.span,
        "leave out the methods that write, or send the same idempotency key with every attempt",
    )


def wrong_exception_family(trap: Trap) -> Report:
    """RTY405: the handler waits for an error that the operation never raises."""
    operation, _, caught = trap.detail.partition(" ")
    return Report(
        f"`{caught}` never comes out of `{operation}`: the first failure is the last, and nothing is retried",
        trap.span,
        f"catch the errors of `{operation.partition('.')[0]}`",
    )


def no_attempt_timeout(trap: Trap) -> Report:
    """RTY208: an attempt may hang, and is then never followed by another."""
    operation, _, option = trap.detail.partition(" ")
    return Report(
        f"`{operation}` has no timeout: an attempt that hangs is never given up, and so never retried",
        trap.span,
        f"say how long one attempt may take: `{option}=10`",
    )
