"""Calls whose effect is known: waits, clocks, chance and arithmetic."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle, islice

from retrylint import code
from retrylint.names import Imports
from retrylint.values import Num, Tag, Value, binary, bounds, extreme, truth, unknown


@dataclass(frozen=True, slots=True)
class Sleep:
    """A function that waits for its first argument (seconds): does it hold the thread, must it be awaited?"""

    blocks: bool
    awaited: bool = False


# measured with a ticker beside the call (CPython 3.11, the libraries' releases of 2026)
SLEEPS: Mapping[str, Sleep] = {
    "time.sleep": Sleep(blocks=True),
    "gevent.sleep": Sleep(blocks=True),
    "eventlet.sleep": Sleep(blocks=True),
    "asyncio.sleep": Sleep(blocks=False, awaited=True),
    "trio.sleep": Sleep(blocks=False, awaited=True),
    "anyio.sleep": Sleep(blocks=False, awaited=True),
    "curio.sleep": Sleep(blocks=False, awaited=True),
    "tornado.gen.sleep": Sleep(blocks=False, awaited=True),
}


# what they raise where nothing is left, unless they are told what to give instead
ENDS: Mapping[str, str] = {"next": "StopIteration", "anext": "StopAsyncIteration"}
NEVER_ENDING = frozenset({"itertools.count", "itertools.cycle", "itertools.repeat"})


def is_unawaited_sleep(expr: code.Expr, imports: Imports) -> bool:
    """Is a sleep that must be awaited only called? As a statement it makes a coroutine and waits for nothing."""
    name = imports.name_of(expr.function) if isinstance(expr, code.Call) else None
    return name is not None and must_be_awaited(name)


def must_be_awaited(name: str) -> bool:
    """Is it a function that sleeps only where its result is awaited?"""
    return name in SLEEPS and SLEEPS[name].awaited


CLOCKS = frozenset(
    {"time.time", "time.monotonic", "time.perf_counter", "time.process_time", "datetime.datetime.now",
     "datetime.datetime.utcnow", "django.utils.timezone.now"}
)  # fmt: skip
# a `with` of these ends what it holds when its seconds are over; with a TimeoutError, or without a word
DEADLINES: Mapping[str, bool] = {
    "asyncio.timeout": True, "async_timeout.timeout": True, "anyio.fail_after": True, "trio.fail_after": True,
    "anyio.move_on_after": False, "trio.move_on_after": False,
}  # fmt: skip
CANCELLED = "asyncio.CancelledError"
RANDOM = frozenset({"random.random", "random.uniform", "random.randint", "random.randrange", "random.choice"})
BACKOFF = "celery.utils.time.get_exponential_backoff_interval"  # as in celery 5.3 to 5.7
TOLD = re.compile("headers|retry[-_]after", re.IGNORECASE)
ENDLESS = 1103  # items of an iterator without an end: more than a run executes, and than anybody counts to
DRAWN: frozenset[Tag] = frozenset({"random"})


COMPUTED = frozenset({"min", "max", "all", "any", "pow", "enumerate", "reversed", "tuple", "list", "zip", "len"})


@lru_cache(maxsize=4096)
def is_told(origin: str) -> bool:
    """Is it the origin of a number that the other side names?"""
    return TOLD.search(origin) is not None


def may_compute(name: str) -> bool:
    """May `known_result` tell what a call gives?"""
    return name in RANDOM or name in COMPUTED or name in ROUNDED or name == BACKOFF or name.startswith("itertools.")


def known_result(name: str, values: Sequence[Value], origin: str) -> Value | None:
    """The result of a call by its qualified name and its positional arguments; None where its effect is not known."""
    if name in RANDOM:
        return _random(name.partition(".")[2], values, origin)
    if name in ("min", "max"):
        every = values[0] if len(values) == 1 and isinstance(values[0], tuple) else values
        return extreme(name, every, origin)
    if name in ("all", "any") and len(values) == 1 and isinstance(values[0], tuple):
        return _quantified(name, values[0], origin)
    if name == "pow" and len(values) == 2:
        return binary("**", values[0], values[1], origin)
    if name == BACKOFF and len(values) > 2:
        return _backoff(values, origin)
    if name.startswith("itertools."):
        return _endless(name.partition(".")[2], values)
    if name in ("enumerate", "reversed", "tuple", "list") and len(values) == 1 and isinstance(values[0], tuple):
        return _rearranged(name, values[0])
    if len(values) == 1 and name in ROUNDED:
        return _rounded(name, values[0])
    if name == "zip" and all(isinstance(value, tuple) for value in values):
        return tuple(zip(*(value for value in values if isinstance(value, tuple)), strict=False))
    if name == "len" and len(values) == 1 and isinstance(values[0], (tuple, str)):
        return len(values[0])
    return None


def _backoff(values: Sequence[Value], origin: str) -> Value:
    """`factor * 2 ** retries` up to a maximum, and with a fourth argument that is true any number below."""
    power = binary("**", 2, values[1], origin)
    whole = bounds(extreme("min", (values[2], binary("*", values[0], power, origin)), origin))
    if whole is None:
        return unknown(*values, origin=origin)
    return Num(0.0, whole.high, whole.tags | DRAWN) if len(values) > 3 and truth(values[3]) else whole


def _endless(name: str, values: Sequence[Value]) -> Value | None:
    """The items of an iterator that has no end: as many as a run can come by."""
    whole = [value for value in values if isinstance(value, int)]
    if name == "count" and len(whole) == len(values) <= 2:
        first, step = (*whole, *(0, 1)[len(whole) :])
        return tuple(first + index * step for index in range(ENDLESS))
    if name == "repeat" and len(values) == 1:
        return (values[0],) * ENDLESS
    if name == "repeat" and len(values) == 2 and isinstance(values[1], int) and values[1] <= ENDLESS:
        return (values[0],) * values[1]
    if name == "cycle" and len(values) == 1 and isinstance(values[0], tuple) and values[0]:
        return tuple(islice(cycle(values[0]), ENDLESS))
    return None


def _quantified(name: str, values: Sequence[Value], origin: str) -> Value:
    """`all` or `any` of known and unknown values."""
    decisive = name == "any"
    truths = [truth(value) for value in values]
    if decisive in truths:
        return decisive
    return unknown(*values, origin=origin) if None in truths else not decisive


def _rearranged(name: str, items: tuple[Value, ...]) -> Value:
    if name == "enumerate":
        return tuple((index, item) for index, item in enumerate(items))
    return tuple(reversed(items)) if name == "reversed" else items


def _random(name: str, values: Sequence[Value], origin: str) -> Value:
    if name == "random" and not values:
        return Num(0.0, 1.0, DRAWN)
    if name == "choice" and len(values) == 1 and isinstance(values[0], tuple):
        low, high = extreme("min", values[0], origin), extreme("max", values[0], origin)
    elif name == "randrange" and len(values) == 1:
        low, high = 0, values[0]
    elif len(values) == 2:
        low, high = values
    else:
        return unknown(origin=origin)
    first, last = bounds(low), bounds(high)
    if first is None or last is None:
        return unknown(low, high, origin=origin)
    return Num(min(first.low, last.low), max(first.high, last.high), DRAWN | first.tags | last.tags)


ROUNDED: Mapping[str, Callable[[float], float]] = {
    "int": int, "float": float, "abs": abs, "round": round, "math.ceil": math.ceil, "math.floor": math.floor,
}  # fmt: skip


def _rounded(name: str, value: Value) -> Value | None:
    if isinstance(value, (int, float)) and math.isfinite(value):
        return ROUNDED[name](value)
    if isinstance(value, Num) and name != "abs":
        return Num(float(ROUNDED[name](value.low)), float(ROUNDED[name](value.high)), value.tags)
    return None
