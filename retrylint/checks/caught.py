"""What does it retry?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.model import RetrySite

EXITS = {
    "BaseException": "KeyboardInterrupt and SystemExit",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "SystemExit": "SystemExit",
    "asyncio.CancelledError": "cancellation",
    "CancelledError": "cancellation",
}


def retries_exit(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY401: what is meant to end the program, or the coroutine, is retried."""
    if site.mechanism == "second-call":
        return  # once more, and then it is let out
    caught = next((name for name in site.catch.names if name in EXITS), None)
    if site.catch.bare:
        how, what = "a bare `except:`", EXITS["BaseException"]
    elif caught is not None:
        how, what = f"`except {caught}`", EXITS[caught]
    else:
        return
    also = " and cancellation" if site.body.is_async and what != "cancellation" else ""
    harm = "the coroutine cannot be cancelled" if what == "cancellation" else "nothing stops it between attempts"
    yield Report(
        f"{how} retries {what}{also}: {harm}",
        site.span_of("handler") or site.span,
        "catch `Exception`, or better the errors that pass by themselves",
    )
