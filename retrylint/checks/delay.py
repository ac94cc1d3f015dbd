"""How long does it wait?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import span_of, times
from retrylint.model import RetrySite

ENDS = {"raises": "it raises", "returns": "it returns", "falls-through": "it returns None", "wraps": "it raises"}


def sleep_after_last_attempt(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY205: it waits although no attempt follows."""
    trailing, attempts = site.schedule.trailing, site.limit.attempts
    if trailing is None or attempts is None or trailing.high <= 0:
        return
    end = ENDS.get(site.give_up.ending)
    yield Report(
        f"runs {times(attempts)}, then waits {span_of(trailing)} more for nothing{f' before {end}' if end else ''}",
        site.span_of("sleep") or site.span,
        "wait only where another attempt follows",
    )
