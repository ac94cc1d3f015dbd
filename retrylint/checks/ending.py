"""What happens in the end?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import span_of
from retrylint.model import RetrySite


def silent_exhaustion(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY601: it falls off its end when the attempts run out, and its caller takes None for a value."""
    if site.give_up.ending != "falls-through" or not site.body.promises_value:
        return
    attempts, total = site.limit.attempts, site.schedule.total
    if attempts == 1:
        return
    when = f"after {attempts:,} attempts" if attempts is not None else "when the attempts run out"
    if attempts is not None and total is not None and total.high:
        when += f", {span_of(total)} later,"
    yield Report(
        f"{when} it falls off its end: the caller gets None, neither the value nor the error",
        site.span,
        "raise the last error when the attempts run out, or return what the caller is to take for a failure",
    )


def lost_cause(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY602: giving up raises a new exception, and what went wrong is in none of it."""
    span = site.span_of("lost-cause")
    if span is None or site.give_up.ending not in ("raises", "wraps"):
        return
    attempts = site.limit.attempts
    when = f"after {attempts:,} attempts" if attempts is not None else "when the attempts run out"
    yield Report(
        f"{when} it raises a new exception, and the error of the last attempt is lost",
        span,
        "keep the last error, and raise the new one from it: `raise Failed(...) from error`",
    )
