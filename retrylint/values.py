"""Values that are known, known within bounds, or unknown; arithmetic over them never guesses."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import Literal

from retrylint.quick import dataclass

Tag = Literal["dynamic", "random", "clock"]
Plain = int | float | complex | str | bytes | bool | None | tuple["Value", ...]
MOST_BITS = 1000  # of a whole number that is computed
MOST_ITEMS = 1000  # of a text or tuple that is put together
LARGEST = 1e300  # beyond it a wait is of no interest, and integer powers would take for ever


@dataclass(frozen=True, slots=True)
class Num:
    """A number known within bounds, and why no closer.

    `random`: drawn anew each time. `dynamic`: a stand-in for a number that only the caller or the settings know.
    `clock`: a reading of the time. `nominal` is the value before jitter.
    """

    low: float
    high: float
    tags: frozenset[Tag]

    @property
    def is_exact(self) -> bool:
        """Is it one number, for the purpose of a comparison?"""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that the code does not tell. Equal origins are equal values.

    `moving`: it may be another value on the next attempt, so a choice made on it must not be trusted to repeat.
    `given`: it is not None.
    """

    origin: str
    moving: bool = False
    given: bool = False


Value = Plain | Num | Unknown


def is_number(value: Value) -> bool:
    """A plain real number (a bool counts, as in Python)."""
    return isinstance(value, (int, float))


def bounds(value: Value) -> Num | None:
    """A number as bounds, or None for anything else."""
    if isinstance(value, Num):
        return value
    if isinstance(value, (int, float)):
        exact = float(max(-LARGEST, min(value, LARGEST)))
        return Num(exact, exact, frozenset())
    return None


def written(value: Value, origin: str) -> Value:
    """A value of the code; a number that no calculation could go on with is as good as unknown."""
    if isinstance(value, (int, float)) and not -LARGEST <= value <= LARGEST:
        return Unknown(origin)
    return value


def unknown(*values: Value, origin: str) -> Unknown:
    """What comes of unknown operands; it moves where one of them does."""
    return Unknown(origin, any(isinstance(value, Unknown) and value.moving for value in values))


PLAIN_OPERATORS: dict[str, Callable[..., Value]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "|": operator.or_,
    "&": operator.and_, "^": operator.xor,
}  # fmt: skip
MONOTONE = frozenset({"+", "-", "*", "/", "**"})


def binary(sign: str, left: Value, right: Value, origin: str) -> Value:
    """`left sign right`."""
    if isinstance(left, Num) or isinstance(right, Num):
        return _bounded(sign, bounds(left), bounds(right)) or unknown(left, right, origin=origin)
    if isinstance(left, Unknown) or isinstance(right, Unknown) or sign not in PLAIN_OPERATORS:
        return unknown(left, right, origin=origin)
    if not _is_safe(sign, left, right):
        return _beyond(left, right) or unknown(left, right, origin=origin)
    try:
        result = PLAIN_OPERATORS[sign](left, right)
    except (ArithmeticError, TypeError, ValueError):
        return unknown(left, right, origin=origin)
    return written(result, origin) if not isinstance(result, complex) else unknown(origin=origin)


def _is_safe(sign: str, left: Value, right: Value) -> bool:
    """Powers, products, shifts and repetitions can be asked for more than fits anywhere."""
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        if sign == "**":
            return right <= 0 or abs(right) * math.log10(max(abs(left), 1)) < 300
        if sign == "<<":
            return isinstance(right, int) and 0 <= right < MOST_BITS
        if sign == "*" and isinstance(left, int) and isinstance(right, int):
            return left.bit_length() + right.bit_length() < MOST_BITS
        return True
    if isinstance(left, (str, bytes, tuple)) and isinstance(right, (str, bytes, tuple)):
        return sign == "+" and len(left) + len(right) < MOST_ITEMS
    return sign not in "*%"


def _beyond(left: Value, right: Value) -> Num | None:
    """What a power, product or shift of whole numbers comes to that is too large to be written out."""
    if isinstance(left, int) and isinstance(right, int) and left > 1 and right > 1:
        return Num(LARGEST, LARGEST, frozenset())
    return None


def _bounded(sign: str, left: Num | None, right: Num | None) -> Num | None:
    """Interval arithmetic for the operators that are monotone in each operand; None where it is not exact."""
    if left is None or right is None:
        return None
    tags = left.tags | right.tags
    if sign not in MONOTONE and not (left.is_exact and right.is_exact):
        return None
    if (sign == "/" and right.low <= 0 <= right.high) or (sign == "**" and left.low < 0):
        return None
    if left.is_exact and right.is_exact:
        corners = [(left.low, right.low)]
    else:
        corners = [(a, b) for a in {left.low, left.high} for b in {right.low, right.high}]
    if not all(_is_safe(sign, a, b) for a, b in corners):
        return None
    results = [binary(sign, a, b, "") for a, b in corners]
    if not all(isinstance(result, (int, float)) for result in results):
        return None
    plain = [min(float(result), LARGEST) for result in results if isinstance(result, (int, float))]
    if sign in "-/" and LARGEST in (left.high, right.high):
        return None  # of a number that is only known to be large
    return Num(min(plain), max(plain), tags)


COMPARISONS: dict[str, Callable[..., bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


def compare(sign: str, left: Value, right: Value) -> bool | None:
    """`left sign right`, or None where it is not known."""
    if sign in ("is", "is not"):
        return _identity(sign, left, right)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return None
    if isinstance(left, Num) or isinstance(right, Num):
        return _compare_bounds(sign, left, right)
    if sign in ("in", "not in"):
        if not isinstance(right, tuple) or any(isinstance(item, (Unknown, Num)) for item in right):
            return None
        return (left in right) == (sign == "in")
    try:
        return bool(COMPARISONS[sign](left, right)) if sign in COMPARISONS else None
    except TypeError:
        return None


def _identity(sign: str, left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        one, other = (left, right) if isinstance(left, Unknown) else (right, left)
        is_given = isinstance(one, Unknown) and one.given and other is None
        return sign == "is not" if is_given else None
    same = left is right if None in (left, right) or isinstance(left, bool) else None
    return same if same is None or sign == "is" else not same


def _compare_bounds(sign: str, left: Value, right: Value) -> bool | None:
    first, second = bounds(left), bounds(right)
    if first is None or second is None or sign not in COMPARISONS:
        return None
    results = {COMPARISONS[sign](a, b) for a in (first.low, first.high) for b in (second.low, second.high)}
    if len(results) > 1 or (sign in ("==", "!=") and not (first.is_exact and second.is_exact)):
        return None
    return results.pop()


def truth(value: Value) -> bool | None:
    """Is the value true, or None where it is not known?"""
    if isinstance(value, Unknown):
        return None
    if isinstance(value, Num):
        return True if value.low > 0 or value.high < 0 else False if value.low == value.high == 0 else None
    return bool(value)


def extreme(name: str, values: Iterable[Value], origin: str) -> Value:
    """`min` or `max` of values."""
    every = list(values)
    pick = min if name == "min" else max
    if all(is_number(value) for value in every) and every:
        return pick(value for value in every if isinstance(value, (int, float)))
    edges = [bounds(value) for value in every]
    known = [edge for edge in edges if edge is not None]
    if len(known) < len(every) or not known:
        return unknown(*every, origin=origin)
    tags = frozenset[Tag]().union(*(edge.tags for edge in known))
    return Num(pick(edge.low for edge in known), pick(edge.high for edge in known), tags)
