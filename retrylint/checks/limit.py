"""Does it ever stop?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import seconds, times, waits
from retrylint.model import RetrySite

STACK = 1000  # activations before a RecursionError, CPython's default


def unbounded_recursion(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY101: it calls itself on failure and nothing ends it."""
    if site.mechanism != "recursion" or site.limit.kind != "unbounded":
        return
    if site.body.mends:
        return  # what has been mended need not fail again
    if site.span_of("self-call") is None:
        yield _unbounded_rescheduling(site)
        return
    schedule = site.schedule
    end = f"RecursionError after about {STACK:,} failures"
    if schedule.shape == "fixed" and schedule.first:
        step = f"each failure sleeps {seconds(schedule.first)} and recurses"
        end = f"{end}, {seconds(STACK * schedule.first)}"
    elif schedule.shape == "none":
        step = "each failure recurses at once"
    else:
        step = "each failure sleeps and recurses"
    held = "; the worker is held all the while" if site.body.in_task else ""
    yield Report(
        f"retries itself without a limit: {step} ({end}){held}",
        site.span_of("self-call") or site.span,
        "let the queue retry the task, with a limit and a delay"
        if site.body.in_task
        else "retry in a loop that counts its attempts, and raise when they run out",
    )


def _unbounded_rescheduling(site: RetrySite) -> Report:
    """No stack grows where a timer or an event loop makes the next attempt, but nothing ends it either."""
    schedule = site.schedule
    if schedule.shape == "none":
        rhythm = " at once"
    else:
        rhythm = f" {seconds(schedule.first)} later" if schedule.shape == "fixed" and schedule.first else ""
    return Report(
        f"reschedules itself without end: each failure makes the next attempt{rhythm}, and no failure is ever the last",
        site.span_of("reschedule") or site.span,
        "count the attempts, and raise or report when they run out",
    )


def unbounded_loop(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY102: a loop that somebody waits for tries again until it succeeds, and nothing else ends it."""
    if site.mechanism != "loop" or site.limit.kind != "unbounded" or not site.body.waited_for:
        return
    if not site.body.only_tries:
        return  # what else a round does may mend the cause, or be what ends it
    schedule = site.schedule
    if schedule.shape == "none":
        step = "each failure goes round again at once"
    elif schedule.shape == "fixed" and schedule.first:
        step = f"each failure waits {seconds(schedule.first)} and goes round again"
    else:
        step = "each failure waits and goes round again"
    if site.body.in_task:
        who = "the worker is held"
    else:
        who = "whoever asked waits" if site.body.contexts else "the caller waits"
    yield Report(
        f"retries without a limit: {step}, and {who} for as long as the operation fails",
        site.span,
        "count the attempts, or set a deadline, and raise when they run out",
    )


def unlimited_task_retries(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY104: a task queue is told to retry for ever."""
    if site.mechanism != "task" or site.limit.kind != "unbounded" or site.library is None or site.limit.option is None:
        return
    schedule = site.schedule
    rhythm = f", every {seconds(schedule.first)}" if schedule.shape == "fixed" and schedule.first else ""
    said = site.limit.said or f"{site.limit.option}=None"
    yield Report(
        f"retries for ever{rhythm}{_by(site)}: {said} means no limit in {site.library.title}",
        site.span,
        f"set {site.limit.option} to the number of retries that you would wait for",
    )


def implicit_task_limit(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY105: the task retries, and the library's default limit applies without a word."""
    attempts = site.limit.attempts
    option = site.limit.option
    if site.mechanism != "task" or site.limit.kind != "default" or attempts is None or not site.library or not option:
        return
    apart = waits(site.schedule)
    yield Report(
        f"runs at most {times(attempts)}{_by(site)} ({site.library.title}'s default of {attempts - 1} retries"
        f"{f', {apart}' if apart else ''}); say {option}",
        site.span,
        f"state the limit: {option}={attempts - 1} keeps what happens today",
    )


def _by(site: RetrySite) -> str:
    """Which of several calls of the retry method it is that runs longest."""
    worst = site.span_of("worst-call")
    return f" by the retry in line {worst.line}" if worst is not None else ""


def unbounded_requeue(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY106: on failure a task puts itself on its queue again, and nothing ends it."""
    if site.mechanism != "requeue" or site.limit.kind != "unbounded":
        return
    schedule = site.schedule
    if schedule.shape == "none":
        rhythm = " at once"
    elif schedule.shape == "fixed" and schedule.first:
        rhythm = f" {seconds(schedule.first)} later"
    else:
        rhythm = ""
    yield Report(
        f"enqueues itself again on failure without a limit: while the operation fails the task comes back{rhythm}, for"
        " ever, and the queue's own limit never counts it",
        site.span,
        "let the queue retry the task, with a limit and a delay, or hand on a counter and stop",
    )


def recursive_retry(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY107: a bounded retry by recursion. One second try, behind a flag, costs one frame and is left alone."""
    if site.mechanism != "recursion" or site.limit.kind not in ("explicit", "dynamic", "deadline"):
        return
    if not site.body.paced:
        return
    if site.span_of("self-call") is None and not site.body.is_generator:
        return  # a timer makes the next attempt on a stack of its own; a generator waits for it
    attempts = site.limit.attempts
    if attempts is not None and attempts <= 2:
        return
    runs = f"runs up to {times(attempts)}" if attempts is not None else "retries"
    apart = waits(site.schedule)
    yield Report(
        f"{runs} by calling itself{f' ({apart})' if apart else ''}: each attempt keeps the stack frames, locks and"
        " `finally` blocks of those before it",
        site.span_of("self-call") or site.span,
        "write the attempts as a loop",
    )


def attempts_over_budget(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY108: more attempts than are allowed."""
    attempts = site.limit.attempts
    if attempts is not None and attempts > limits.max_attempts:
        apart = waits(site.schedule)
        yield Report(
            f"runs up to {times(attempts)}{f' ({apart})' if apart else ''}"
            f": more than the {limits.max_attempts:,} attempts that are allowed",
            site.span,
            "give up earlier, or raise max-attempts",
        )


def wait_over_budget(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY109: longer waits in all than are allowed."""
    total, attempts = site.schedule.total, site.limit.attempts
    if total is not None and attempts is not None and total.high > limits.max_wait:
        yield Report(
            f"waits up to {seconds(total.high)} over {attempts:,} attempts"
            f": longer than the {seconds(limits.max_wait)} that are allowed",
            site.span_of("sleep") or site.span,
            "wait shorter, cap the waits, or give up earlier",
        )
