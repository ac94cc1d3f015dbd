"""The inventory of retry sites as an aligned table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from retrylint.model import LeftOut, Limit, RetrySite, Schedule
from retrylint.reports.documents import caught, ending
from retrylint.reports.terminal import visible, width

HEADINGS = (
    "where", "function", "mechanism", "library", "attempts", "waits", "total wait", "jitter", "catches", "at the end"
)  # fmt: skip
LEFT_OUT_HEADINGS = ("left out", "function", "looks like", "is", "because")
GAP = "  "
NO_SITES = "No retry sites found."


def sites_table(sites: Iterable[tuple[str, RetrySite]]) -> str:
    """A row a site, under headings; no sites are one line that says so."""
    rows = [tuple(map(visible, site_row(path, site))) for path, site in sites]
    if not rows:
        return NO_SITES
    return _aligned([HEADINGS, *rows])


def left_out_table(left_out: Iterable[tuple[str, LeftOut]]) -> str:
    """A row for each thing that looks like a retry and is none, with the reason."""
    rows = [left_out_row(path, each) for path, each in left_out]
    return _aligned([LEFT_OUT_HEADINGS, *(tuple(map(visible, row)) for row in rows)])


def _aligned(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        GAP.join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def left_out_row(path: str, each: LeftOut) -> tuple[str, ...]:
    """The cells for what is left out, under `LEFT_OUT_HEADINGS`."""
    return f"{path}:{each.span.line}", each.function, each.mechanism, each.kind, each.reason


def site_row(path: str, site: RetrySite) -> tuple[str, ...]:
    """The cells for a site, under `HEADINGS`."""
    total = site.schedule.total
    return (
        f"{path}:{site.span.line}",
        site.function,
        site.mechanism,
        site.library.name if site.library else "-",
        _attempts(site.limit),
        _waits(site.schedule),
        between(total.low, total.high) if total else "?",
        {True: "yes", False: "no", None: "?"}[site.schedule.jitter],
        ", ".join(caught(site.catch)) or "?",
        "?" if site.give_up.ending == "unknown" else ending(site.give_up),
    )


def _attempts(limit: Limit) -> str:
    deadline = "a deadline" if limit.deadline is None else seconds(limit.deadline)
    if limit.attempts is None:
        return {"unknown": "?", "deadline": f"within {deadline}"}.get(limit.kind, limit.kind)
    words = f"{limit.attempts} (default)" if limit.kind == "default" else str(limit.attempts)
    return words if limit.deadline is None else f"{words}, within {deadline}"


def _waits(schedule: Schedule) -> str:
    if schedule.shape == "none":
        return "none"
    shape = "?" if schedule.shape == "unknown" else schedule.shape
    known = [seconds(wait) for wait in (schedule.first, schedule.longest) if wait is not None]
    times = " to ".join(dict.fromkeys(known))
    return f"{shape} {times}".rstrip()


def between(low: float, high: float) -> str:
    """A stretch of seconds."""
    return seconds(high) if low == high else f"{seconds(low)} to {seconds(high)}"


def seconds(value: float) -> str:
    """A number of seconds."""
    return f"{value:,.10g} s" if math.isfinite(value) else "endless"
