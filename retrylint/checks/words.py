"""Numbers in the words of a message."""

from __future__ import annotations

from collections.abc import Sequence

from retrylint.model import RetrySite, Schedule, Wait

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
SHOWN = 4  # waits that a message lists one by one


def seconds(value: float) -> str:
    """A duration in at most two units: `10 s`, `1.5 s`, `2 h 46 min`, `6 d`."""
    for index, (size, unit) in enumerate(UNITS):
        if value >= size:
            whole, rest = divmod(value, size)
            smaller, smaller_unit = UNITS[index + 1] if index + 1 < len(UNITS) else (1, "s")
            part = int(rest // smaller)
            return f"{int(whole):,} {unit} {part} {smaller_unit}" if part else f"{int(whole):,} {unit}"
    return f"{value:.3g} s"


def span_of(wait: Wait) -> str:
    """A wait, or its bounds where it varies."""
    return seconds(wait.high) if wait.low == wait.high else f"{seconds(wait.low)} to {seconds(wait.high)}"


def waits(schedule: Schedule) -> str | None:
    """`waits 1 s, 2 s and 4 s`, or None where there is no wait or none is known."""
    known = schedule.waits
    if not known or schedule.shape == "none":
        return None
    if len(set(known)) == 1:
        apart = f"{span_of(known[0])} apart"
        return apart if len(known) > 1 else f"after {span_of(known[0])}"
    return "waits " + listed([span_of(wait) for wait in known])


def listed(items: Sequence[str]) -> str:
    """`a, b and c`; of many, the first and the last."""
    if len(items) > SHOWN + 1:
        return f"{', '.join(items[: SHOWN - 1])} ... {items[-1]}"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


def times(count: int) -> str:
    """`once`, `4 times`, `1,000 times`."""
    return "once" if count == 1 else f"{count:,} times"


def again(site: RetrySite) -> str:
    """How often, and over how long, a failure is repeated: `3 times over 30 s`, `without end`."""
    attempts, total = site.limit.attempts, site.schedule.total
    if attempts is None or attempts < 2:
        return "without end" if site.limit.kind == "unbounded" else "until it gives up"
    return times(attempts - 1) + (f" over {span_of(total)}" if total is not None and total.high else "")
