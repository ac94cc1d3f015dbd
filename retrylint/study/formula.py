"""The waits of a library, computed from its options by its formula."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.delays import Delay, Number
from retrylint.model import Limit, Schedule, Shape, Wait
from retrylint.study.client_options import Stated
from retrylint.study.scope import Scope
from retrylint.study.simulation.outcome import longest_of
from retrylint.values import LARGEST, Num, truth

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Formula:
    """The numbers of a delay; None for one that is not told, infinity for a cap that is not there.

    `share`: from this part of a wait upwards it is drawn. `low`: or from so many seconds upwards.
    """

    first: float | None
    factor: float | None
    step: Pair | None
    cap: float | None
    added: float | None
    share: float | None
    least: float | None
    low: float | None
    spread: float | None
    delay: Delay

    @staticmethod
    def read(delay: Delay, options: Stated, scope: Scope) -> Formula:
        """The numbers as the options state them."""

        def stated(each: Number) -> code.Expr | None:
            return options.options.get(each.option, options.options.get(each.old)) if each.option else None

        def number(each: Number) -> float | None:
            expr = stated(each)
            return each.value if expr is None else scope.seconds(expr)

        def pair(each: Number) -> Pair | None:
            expr = stated(each)
            value = scope.value(expr) if expr is not None else None
            if isinstance(value, tuple):
                low, high = value if len(value) == 2 else (None, None)
                known = isinstance(low, (int, float)) and isinstance(high, (int, float))
                return (float(low), float(high)) if known else None  # type: ignore[arg-type]
            plain = number(each)
            return None if plain is None else (plain, plain)

        first = number(delay.first)
        drawn = number(Number(1.0 - delay.share[0], delay.jitter))
        if any(each in options.options and not is_off(options, each, scope) for each in delay.drawn_by):
            drawn = 1.0
        return Formula(
            None if first is None else first * delay.scale,
            1.0 if _is_fixed(delay, options, scope) else number(delay.factor),
            pair(delay.step),
            math.inf if delay.cap is None or _is_none(stated(delay.cap), scope) else number(delay.cap),
            number(delay.added),
            None if drawn is None else 1.0 - drawn,
            number(delay.least),
            number(delay.low) if delay.low is not None else math.inf,
            number(delay.spread) if delay.spread is not None else 0.0,
            delay,
        )

    def waits(self, count: int) -> Iterator[Wait | None]:
        """Each of so many waits in seconds; None where it is not told."""
        unit, begins = self.delay.unit, self.delay.begins
        for index, wait in enumerate(self._row(count)):
            if index == 0 and begins is not None:
                yield Wait(begins, begins)
            else:
                yield Wait(wait.low * unit, wait.high * unit) if wait is not None else None

    def _row(self, count: int) -> Iterator[Wait | None]:
        """The waits in the library's own unit."""
        first, factor, step, cap, added, share = self.first, self.factor, self.step, self.cap, self.added, self.share
        least, start, spread = self.least, self.low, self.spread
        if (
            first is None
            or factor is None
            or step is None
            or cap is None
            or added is None
            or share is None
            or least is None
            or start is None
            or spread is None
        ):
            yield from [None] * count
        elif self.delay.recurrent:
            yield from _recurrent(first, factor, step, cap, count)
        else:
            if self.delay.spread is not None:
                first = spread / max(_power(2.0, count) - 1.0, 1.0)
            for index in range(count):
                grown = _fibonacci(index) if self.delay.fibonacci else _power(factor, index + self.delay.starts)
                wait = min(first * grown + step[0] * index, LARGEST)
                if not self.delay.cap_last:
                    wait = min(wait, cap)
                low = min(first, wait) if self.delay.from_first else min(wait * share, start)
                high = wait * self.delay.share[1] + added
                if self.delay.cap_last:
                    low, high = min(low, cap), min(high, cap)
                if self.delay.low is not None:
                    low, high = min(start, high), max(start, high)  # uniform(a, b) draws between them in any order
                yield Wait(max(low, least, 0.0), max(high, least, 0.0))

    @property
    def shape(self) -> Shape:
        """How the waits grow."""
        if self.first == self.added == 0 and self.step == (0.0, 0.0) and not self.spread:
            return "none"
        if self.factor != 1 or self.delay.fibonacci or self.delay.spread is not None:
            return "exponential"
        if self.step != (0.0, 0.0):
            return "linear"
        return "dynamic" if self.first is None else "random" if self.share == 0 or self.delay.low else "fixed"

    @property
    def jitters(self) -> bool | None:
        """Is anything drawn by chance?"""
        if self.share is None or self.added is None or self.step is None:
            return None
        drawn = self.share < self.delay.share[1] or self.added > 0 or self.step[0] < self.step[1]
        return drawn or self.delay.from_first or self.delay.low is not None


def schedule_of_waits(waits: Sequence[Wait], shape: Shape, limit: Limit, waits_with: str | None) -> Schedule:
    """The schedule that known waits make under a limit; where that is a number of attempts, they are all its waits."""
    known = [Num(wait.low, wait.high, frozenset()) for wait in waits]
    row = tuple(waits) if limit.attempts is not None else None
    if all(wait.high == 0 for wait in known):
        return Schedule("none", waits=row)
    jitter = any(wait.low < wait.high for wait in known)
    if len(known) > 1 and all(wait == known[0] for wait in known):
        shape = "random" if known[0].low == 0 else "fixed"  # the cap holds from the first wait
    return Schedule(shape, known[0].high, longest_of(known, limit), jitter, waits_with, waits=row)


def is_off(options: Stated, option: str, scope: Scope) -> bool:
    """Is an option switched off?"""
    return option in options.options and truth(scope.value(options.options[option])) is False


def _is_none(expr: code.Expr | None, scope: Scope) -> bool:
    return expr is not None and scope.value(expr) is None


def _is_fixed(delay: Delay, options: Stated, scope: Scope) -> bool:
    if not delay.fixed_by:
        return False
    option, word = delay.fixed_by
    expr = options.options.get(option)
    if expr is None:
        return False
    return str(scope.value(expr)).lower() == word or code.last_name(expr).lower() == word


def _recurrent(first: float, factor: float, step: Pair, cap: float, count: int) -> Iterator[Wait]:
    low = high = first
    for _ in range(count):
        yield Wait(max(low, 0.0), max(high, 0.0))
        low, high = min(low * factor + step[0], cap, LARGEST), min(high * factor + step[1], cap, LARGEST)


def _fibonacci(index: int) -> float:
    before, now = 0.0, 1.0
    for _ in range(index):
        before, now = now, min(before + now, LARGEST)
    return now


def _power(factor: float, index: int) -> float:
    return LARGEST if index * math.log10(max(factor, 1.0)) > 300 else factor**index
