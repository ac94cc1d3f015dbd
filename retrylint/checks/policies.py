"""What a library is told of retries, in words: does it ever stop, and does it retry at all?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import seconds, times
from retrylint.model import RetrySite, Trap

FAILS_LATER = {
    "coroutine": "calling a coroutine function only makes the coroutine, which cannot fail yet",
    "generator": "calling a generator function only makes the generator, which cannot fail yet",
    "async generator": "calling it only makes the generator, which cannot fail yet",
}
TAKEN = {
    "task": "the task that `{name}` makes is hidden: the worker runs the bare function, and the name is no task",
    "route": "`{name}` has registered the bare function: a request never sees the retry",
    "command": "`{name}` has made a command of the function: what is retried is the command, with its exit",
    "fixture": "`{name}` has taken the function: what is retried is no fixture any more",
    "object": "`{name}` makes an object that cannot be called like a function: each attempt is a TypeError",
    "transaction": "`{name}` stands around all attempts: the first database error breaks the transaction",
}


def unbounded_policy(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY103: a library is told to retry, and neither a count nor a time ends it."""
    if site.mechanism != "policy" or site.limit.kind != "unbounded" or site.library is None:
        return
    if site.span_of("definition") is not None and site.limit.option is None:
        return  # it is said of the helper
    schedule = site.schedule
    if schedule.shape == "none":
        rhythm = " at once"
    elif schedule.shape == "fixed" and schedule.first and not schedule.jitter:
        rhythm = f" every {seconds(schedule.first)}"
    else:
        rhythm = ""
    why = f"{site.limit.said} means no limit" if site.limit.said else "no limit is stated, and the default is none"
    option = f"`{site.limit.option}=`" if site.limit.option else "a limit"
    yield Report(
        f"retries for ever{rhythm}: {why} in {site.library.title}",
        site.span_of("decorator") or site.span,
        f"say how often, or for how long, with {option}",
    )


def wrong_kind(trap: Trap) -> Report:
    """RTY503: what is decorated does not fail when it is called."""
    library, _, kind = trap.detail.partition(" ")
    return Report(
        f"{library} retries nothing here: {FAILS_LATER[kind]}",
        trap.span,
        "retry what runs in it: iterate or await within the attempts"
        if kind != "coroutine"
        else "take a policy that awaits each attempt",
    )


def decorator_order(trap: Trap) -> Report:
    """RTY504: the policy decorates something else than the function that runs, or stands within what it should hold."""
    kind, _, name = trap.detail.partition(" ")
    mend = "put the retry above it" if kind == "transaction" else "put the retry below it, next to the function"
    return Report(f"the retry is in the wrong place: {TAKEN[kind].format(name=name)}", trap.span, mend)


def attempt_without_with(trap: Trap) -> Report:
    """RTY511: the attempts are never entered."""
    return Report(
        "the attempts are never entered: a failure is not retried, and a success does not end the loop",
        trap.span,
        "write `with attempt:` around what is retried",
    )


def swallowed_inside(trap: Trap) -> Report:
    """RTY512: the function takes its own errors, and the policy never sees one."""
    attempts = trap.site.limit.attempts if trap.site is not None else None
    promised = f"would run up to {times(attempts)}" if attempts is not None else "would retry"
    return Report(
        f"{trap.detail} {promised}, but the function catches its own errors: it runs once",
        trap.span,
        "let the errors out of the function that should be retried, and handle them around the call",
    )


def status_not_raised(trap: Trap) -> Report:
    """RTY513: the policy waits for a failing status, and the request never raises one."""
    return Report(
        f"waits for `{trap.detail}`, which the request raises only when it is asked to: a 503 is taken for success",
        trap.span,
        "call `raise_for_status()` on the response, within the attempt",
    )
