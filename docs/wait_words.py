"""The waits of a library in words, from a `delay` of its facts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from retrylint.checks.words import seconds

Facts = Mapping[str, Any]


def waits(delay: Facts) -> str:
    """What the waits begin with, how they grow, and what bounds them."""
    return ", ".join(_parts(delay))


def _parts(delay: Facts) -> Iterator[str]:
    if "spread" in delay:
        yield f"{_number(delay['spread'], delay)} in all"
    if "first" not in delay:
        return
    first = _number(delay["first"], delay, delay.get("scale", 1.0))
    yield f"{first}{' in milliseconds' if delay.get('unit') == 0.001 else ''}" or "no wait"
    if delay.get("fibonacci"):
        yield "growing as 1, 1, 2, 3, 5"
    factor = _factor(delay.get("factor", 1.0))
    if factor:
        yield f"times {factor} each time"
    step = _number(delay.get("step", 0.0), delay)
    if step:
        yield f"{step} more each time"
    bounds = [("least", "at least"), ("cap", "at most"), ("added", "and a drawn part of")]
    for key, words in (bounds[::2] + bounds[1:2]) if delay.get("cap_last") else bounds:
        said = _number(delay.get(key, 0.0), delay)
        if said:
            yield f"{words} {said}"
    if "low" in delay:
        yield f"drawn from {_number(delay['low'], delay) or '0 s'} upwards"
    if delay.get("from_first"):
        yield "drawn from the first wait upwards"
    if "share" in delay:
        low, high = delay["share"]
        yield f"drawn from {low:.0%} to {high:.0%} of it"
    if delay.get("begins") == 0.0:
        yield "none before the first retry"


def _number(given: float | Facts, delay: Facts, scale: float = 1.0) -> str:
    """An amount of time, with the option that states it; nothing for 0 seconds that no option states."""
    option, value = _stated(given)
    shown = seconds(value * scale * delay.get("unit", 1.0)) if value is not None and math.isfinite(value) else ""
    if not option:
        return shown if value else ""
    spelt = f"`{option}`" if scale == 1.0 else f"{scale:g} times `{option}`"
    return f"{spelt} ({shown})" if shown else spelt


def _factor(given: float | Facts) -> str:
    option, value = _stated(given)
    if option:
        return f"`{option}`" + (f" ({value:g})" if value is not None else "")
    return "" if value == 1.0 else f"{value:g}"


def _stated(given: float | Facts) -> tuple[str, float | None]:
    """The option that states a number, and what holds where nobody does."""
    if isinstance(given, Mapping):
        return given.get("option", ""), given.get("value")
    return "", float(given)
