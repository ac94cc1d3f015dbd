"""What a client did, beside what its site says."""

from __future__ import annotations

from clients import Tried

from retrylint.analysis import analyse
from retrylint.model import RetrySite

ROUNDING = 1e-6  # seconds


def predicted(source: str) -> RetrySite | None:
    """The one site of a module; None where there is none."""
    sites = analyse(source).sites
    assert len(sites) <= 1, [(site.span, site.mechanism) for site in sites]
    return sites[0] if sites else None


def agrees(site: RetrySite | None, seen: Tried, tells_waits: bool = True) -> None:
    """Fails where a client does something else than what its site says; an unknown limit promises nothing."""
    if site is None or site.limit.attempts == 1:
        assert seen.executions == 1
        return
    assert site.mechanism in ("client", "policy")
    if site.limit.kind != "unknown":
        assert site.limit.attempts == seen.executions
        assert (site.limit.kind == "unbounded") == (seen.executions is None)
    if site.limit.attempts is None or not tells_waits:
        return
    assert site.schedule.waits is not None
    assert len(site.schedule.waits) == site.limit.attempts - 1
    waits = [wait for wait in site.schedule.waits if wait.high > 0]  # a wait of nothing is not slept
    slept = [seconds for seconds in seen.waits if seconds > 0 or site.schedule.jitter]
    assert len(waits) == len(slept)
    assert all(w.low - ROUNDING <= s <= w.high + ROUNDING for w, s in zip(waits, slept, strict=True))
