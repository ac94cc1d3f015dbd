"""The waits of a client, computed from its options by the library's formula."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.clients import Client, Delay, Number
from retrylint.model import Limit, Schedule, Shape, Wait
from retrylint.study.client_options import Stated, call_options, delay_positions, unpacked_in
from retrylint.study.scope import Scope
from retrylint.study.simulation.outcome import longest_of
from retrylint.values import LARGEST, Num, truth

SHOWN = 16  # waits that are looked at to see how an endless or unknown number of them grows
MOST = 1000  # waits that are written down


def schedule_of(client: Client, stated: Stated, limit: Limit, scope: Scope) -> Schedule:
    """The waits between the attempts."""
    waits_with = client.waits_with or None
    if client.told:
        return Schedule("server", waits_with=waits_with)
    delay, options = _delay(client, stated, scope)
    if delay is None:
        return Schedule(waits_with=waits_with)
    if delay.switch and _is_off(options, delay.switch, scope):
        delay = Delay()
    formula = _Formula.read(delay, options, scope)
    count = SHOWN if limit.attempts is None else min(limit.attempts - 1, MOST)
    waits = list(formula.waits(count))
    known = [Num(wait.low, wait.high, frozenset()) for wait in waits if wait is not None]
    if len(known) < len(waits) or not _is_known(client, delay, options, scope):
        grows = formula.shape if options.complete or formula.shape != "none" else "dynamic"
        return Schedule(grows, jitter=formula.jitters if options.complete else None, waits_with=waits_with)
    row = tuple(Wait(wait.low, wait.high) for wait in known) if limit.attempts is not None else None
    if all(wait.high == 0 for wait in known):
        return Schedule("none", waits=row)
    jitter = any(wait.low < wait.high for wait in known)
    shape = formula.shape
    if len(known) > 1 and all(wait == known[0] for wait in known):
        shape = "random" if known[0].low == 0 else "fixed"  # the cap holds from the first wait
    return Schedule(shape, known[0].high, longest_of(known, limit), jitter, waits_with, waits=row)


def _delay(client: Client, stated: Stated, scope: Scope) -> tuple[Delay | None, Stated]:
    """How it waits, with the options that say so; None where an object does that nobody knows."""
    holder = stated.options.get(client.delay_in) if client.delay_in else None
    if holder is None:
        is_needed = client.delay_in and client.delay == Delay()
        inside = client.delay.within
        told = unpacked_in(stated, inside, scope) if inside in stated.options else stated
        return (None if is_needed else client.delay), told
    made = scope.meant(holder)
    delay = client.delays.get(scope.imports.name_of(made.function) or "") if isinstance(made, code.Call) else None
    if delay is None or not isinstance(made, code.Call):
        return None, stated
    return delay, call_options(made, delay_positions(delay), scope)


def _is_off(options: Stated, option: str, scope: Scope) -> bool:
    return option in options.options and truth(scope.value(options.options[option])) is False


def _is_known(client: Client, delay: Delay, options: Stated, scope: Scope) -> bool:
    """Does the formula hold, whatever else may choose the waits?"""
    if not options.complete or (client.paced_by and client.paced_by in options.options):
        return False
    if not delay.known_by:
        return True
    name, *values = delay.known_by
    chosen = options.options.get(name)
    return chosen is not None and scope.value(chosen) in values


@dataclass(frozen=True, slots=True)
class _Formula:
    """The numbers of a delay; None for one that is not told, infinity for a cap that is not there."""

    first: float | None
    factor: float | None
    step: float | None
    cap: float | None
    added: float | None
    low: float | None
    delay: Delay

    @staticmethod
    def read(delay: Delay, options: Stated, scope: Scope) -> _Formula:
        """The numbers as the options state them."""

        def number(each: Number) -> float | None:
            expr = options.options.get(each.option) if each.option else None
            value = each.value if expr is None else scope.value(expr)
            return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None

        first = number(delay.first)
        share = number(Number(1.0 - delay.share[0], delay.jitter))
        if any(each in options.options and not _is_off(options, each, scope) for each in delay.drawn_by):
            share = 1.0
        return _Formula(
            None if first is None else first * delay.scale,
            1.0 if _is_fixed(delay, options, scope) else number(delay.factor),
            number(delay.step),
            math.inf if delay.cap is None else number(delay.cap),
            number(delay.added),
            None if share is None else 1.0 - share,
            delay,
        )

    def waits(self, count: int) -> Iterator[Wait | None]:
        """Each of so many waits; None where it is not told."""
        for index in range(count):
            if index == 0 and self.delay.begins is not None:
                yield Wait(self.delay.begins, self.delay.begins)
            else:
                yield self._wait(index)

    def _wait(self, index: int) -> Wait | None:
        first, factor, step, cap, added, share = self.first, self.factor, self.step, self.cap, self.added, self.low
        if first is None or factor is None or step is None or cap is None or added is None or share is None:
            return None
        wait = min(first * _power(factor, index) + step * index, LARGEST)
        if not self.delay.cap_last:
            wait = min(wait, cap)
        low = min(first, wait) if self.delay.from_first else wait * share
        high = wait * self.delay.share[1] + added
        if self.delay.cap_last:
            low, high = min(low, cap), min(high, cap)
        return Wait(max(low, self.delay.least, 0.0), max(high, self.delay.least, 0.0))

    @property
    def shape(self) -> Shape:
        """How the waits grow."""
        if self.first == self.step == self.added == 0:
            return "none"
        if self.factor != 1:
            return "exponential"
        if self.step != 0:
            return "linear"
        return "dynamic" if self.first is None else "random" if self.low == 0 else "fixed"

    @property
    def jitters(self) -> bool | None:
        """Is anything drawn by chance?"""
        if self.low is None or self.added is None:
            return None
        return self.low < self.delay.share[1] or self.added > 0 or self.delay.from_first


def _is_fixed(delay: Delay, options: Stated, scope: Scope) -> bool:
    if not delay.fixed_by:
        return False
    option, word = delay.fixed_by
    expr = options.options.get(option)
    if expr is None:
        return False
    return str(scope.value(expr)).lower() == word or code.last_name(expr).lower() == word


def _power(factor: float, index: int) -> float:
    return LARGEST if index * math.log10(max(factor, 1.0)) > 300 else factor**index
