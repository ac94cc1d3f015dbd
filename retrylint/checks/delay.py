"""How long does it wait?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import again, seconds, span_of, times, waits
from retrylint.model import RetrySite, Span, Wait

GROWING = frozenset({"exponential", "linear", "polynomial"})
MANY = 8  # attempts up to which an exponential wait stays within minutes
ENDS = {"raises": "it raises", "returns": "it returns", "falls-through": "it returns None", "wraps": "it raises"}


def sleep_after_last_attempt(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY205: it waits although no attempt follows."""
    trailing, attempts = site.schedule.trailing, site.limit.attempts
    if not site.schedule.rests:
        return
    runs = "after its last attempt it" if attempts is None else f"runs {times(attempts)}, then"
    wait = "once more" if trailing is None else f"{span_of(trailing)} more"
    end = ENDS.get(site.give_up.ending)
    yield Report(
        f"{runs} waits {wait} for nothing{f' before {end}' if end else ''}",
        site.span_of("rest") or _place(site),
        "wait only where another attempt follows",
    )


def no_delay(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY201: it tries again at once, more than once."""
    if _tries_often(site) and site.schedule.shape == "none":
        yield Report(
            f"tries again at once, {_often(site)}: what has just failed is likely to fail again",
            _place(site),
            "wait between the attempts, longer each time",
        )


def constant_delay(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY202: the same wait each time."""
    schedule = site.schedule
    if _tries_often(site) and schedule.shape == "fixed" and schedule.first and not schedule.jitter:
        yield Report(
            f"waits {seconds(schedule.first)} after every failure, {_often(site)}: it never lets up while the other"
            " side is down",
            _place(site),
            "let each wait be twice as long as the one before, up to a maximum",
        )


def no_jitter(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY203: the waits grow, but for all clients in the same way."""
    schedule = site.schedule
    if schedule.shape in GROWING and schedule.jitter is False:
        row = waits(schedule)
        yield Report(
            f"backs off without jitter{f' ({row})' if row else ''}: what failed together comes back together",
            _place(site),
            "make each wait a random part of itself: `random.uniform(0, delay)`",
        )


def uncapped_backoff(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY204: each wait is a multiple of the one before, without a maximum, over many attempts."""
    schedule, attempts = site.schedule, site.limit.attempts
    if schedule.shape != "exponential":
        return
    if site.limit.kind == "unbounded" and schedule.longest is None:
        yield Report(
            "multiplies its waits without a maximum and without end: after twenty failures they are counted in days",
            _place(site),
            "cap the wait: `min(delay, 60)`",
        )
    elif attempts is not None and attempts > MANY and schedule.waits and _still_grows(schedule.waits):
        yield Report(
            f"backs off without a maximum: the last of {attempts - 1} waits is {span_of(schedule.waits[-1])}",
            _place(site),
            "cap the wait: `min(delay, 60)`",
        )


def ignores_retry_after(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY206: it is told to come back later, and takes a time of its own."""
    schedule = site.schedule
    if not site.body.ignores_advice or not schedule.waits_with or schedule.shape in ("server", "none"):
        return
    own = f"its own {seconds(schedule.first)}" if schedule.shape == "fixed" and schedule.first else "a time of its own"
    yield Report(
        f"waits {own} after a 429 or 503, whatever the response's Retry-After says",
        _place(site),
        "wait as long as `Retry-After` says, where the response has it",
    )


def _still_grows(row: Sequence[Wait]) -> bool:
    return len(row) > 1 and row[-1].high > row[-2].high


def _tries_often(site: RetrySite) -> bool:
    """More than one retry, as far as anything is known of their number."""
    attempts = site.limit.attempts
    return site.limit.kind != "unknown" and (attempts is None or attempts > 2)


def _often(site: RetrySite) -> str:
    attempts = site.limit.attempts
    return f"{times(attempts - 1)}" if attempts is not None else again(site)


def _place(site: RetrySite) -> Span:
    return site.span_of("sleep") or site.span
