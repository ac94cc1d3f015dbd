"""What clients are told of retries, in words, and what an attempt of theirs lacks."""

from __future__ import annotations

from retrylint.checks.report import Report
from retrylint.checks.words import again
from retrylint.model import Trap


def unmounted_adapter(trap: Trap) -> Report:
    """RTY514: a policy is made, and nobody is handed it."""
    attempts = trap.site.limit.attempts if trap.site is not None else None
    promised = f"the {attempts:,} attempts that it promises are" if attempts is not None else "what it promises is"
    return Report(
        f"`{trap.detail}` is made and never used: {promised} one attempt",
        trap.span,
        "hand it to the client: `session.mount(...)`, `transport=`, or the option of the call",
    )


def status_not_retried(trap: Trap) -> Report:
    """RTY515: the policy names no status, so that an answer of 500 or 503 is the last."""
    attempts = trap.site.limit.attempts if trap.site is not None else None
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
        f"retries {trap.detail}, which another attempt cannot mend: repeated {_again(trap)}",
        trap.span,
        "list only statuses that pass by themselves: 429, 502, 503 and 504",
    )


def retries_writes(trap: Trap) -> Report:
    """RTY404: the policy has writes done again, whatever the first attempt did."""
    return Report(
        f"retries {trap.detail}: a write whose answer was lost is done again, {_again(trap)}",
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


def _again(trap: Trap) -> str:
    return again(trap.site) if trap.site is not None else "until it gives up"
