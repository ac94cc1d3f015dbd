"""How long frameworks wait between the attempts: one reader for each way in which waits grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.again.arguments import seconds_of
from retrylint.libraries.frameworks import Form
from retrylint.model import Limit, Schedule
from retrylint.sketch.sketch import Sketch
from retrylint.study.options import Options
from retrylint.study.task_schedule import schedule_of, shown
from retrylint.study.task_values import TaskValues
from retrylint.values import Num, Unknown, Value, binary, bounds, extreme, truth

MOST_LISTED = 50  # waits that a factory of a growing row makes
UNTOLD = Unknown("not told")
SHORT = 100  # units of a thousandth of a second: nobody means a shorter first wait than a tenth of a second
LONG = 10_000  # the same of a longest wait that is shorter than the first one


@dataclass(frozen=True, slots=True)
class Given:
    """What a retry's options are set to."""

    options: Options
    module: Sketch

    def stated(self, option: str) -> code.Expr | None:
        """What is written for an option; a name stands for what the module sets it to."""
        value = self.options.stated.get(option)
        if isinstance(value, code.Name):
            return self.module.constants.get(value.id, value)
        return value

    def value(self, option: str, default: Value = None) -> Value:
        """The value of an option; of a time span its seconds."""
        stated = self.options.stated.get(option)
        if stated is None:
            return default if self.options.complete else UNTOLD
        seconds = seconds_of(self.stated(option) or stated)
        return TaskValues(None, self.module).of(seconds) if seconds is not None else UNTOLD


Row = Sequence[Value]
Reader = Callable[[Form, Given, int], Row]


def schedule_for(form: Form, given: Given, limit: Limit) -> Schedule:
    """The waits of a form under its options."""
    waits_with = form.growth if form.growth in given.options.stated else form.delay
    if limit.attempts == 1:
        return Schedule("none", waits=())
    if form.waits == "unknown":
        return Schedule(waits_with=waits_with, blocks=False)
    if form.waits == "switched_growth" and truth(given.value(form.growth, default=0)) is not False:
        return Schedule("exponential", waits_with=waits_with, blocks=False)
    row = list(READERS[form.waits](form, given, shown(limit)))
    schedule = schedule_of(row, limit, waits_with, given.stated(form.delay))
    if form.waits == "doubled_and_stretched" and (first := bounds(_delay(form, given))) is not None:
        return replace(schedule, shape="exponential", first=first.high)
    if form.jitter and form.waits == "listed" and truth(given.value(form.jitter, default=0)) is not False:
        return Schedule(schedule.shape, jitter=True, waits_with=waits_with, blocks=False)
    return schedule


def mistaken_units(form: Form, given: Given) -> Iterator[tuple[str, str]]:
    """Waits so short that they must be meant in seconds, in the words of a message, and what to write."""
    delay, cap = given.value(form.delay), given.value(form.cap)
    shortest = given.value(form.delay, form.delay_default)
    if isinstance(delay, (int, float)) and 0 < delay < SHORT:
        yield _in_seconds(form, form.delay, delay)
    if isinstance(cap, (int, float)) and isinstance(shortest, (int, float)) and 0 < cap < min(shortest, LONG):
        yield _in_seconds(form, form.cap, cap)


def _in_seconds(form: Form, option: str, value: float) -> tuple[str, str]:
    text = f"{option}={value:g} is {value * form.unit:g} s: the unit is {form.unit:g} s, not the second"
    return text, f"for {value:g} s write {option}={value / form.unit:g}"


def _delay(form: Form, given: Given) -> Value:
    return (
        binary("*", given.value(form.delay, form.delay_default), form.unit, "wait")
        if form.unit != 1
        else given.value(form.delay, form.delay_default)
    )


def _fixed(form: Form, given: Given, count: int) -> Row:
    return [_delay(form, given)] * count


def _multiplied(form: Form, given: Given, count: int) -> Row:
    """Each wait is the one before times the growth, if there is one."""
    delay, growth = _delay(form, given), given.value(form.growth, form.growth_default)
    grows = truth(growth)
    if grows is False:
        return [delay] * count
    return [binary("*", delay, binary("**", growth, index, "growth"), "wait") for index in range(count)]


def _capped(form: Form, given: Given, count: int) -> Row:
    """The same up to a longest wait: a hundred times the first, where none is said."""
    delay = _delay(form, given)
    cap = given.value(form.cap)
    most = binary("*", delay, 100, "cap") if cap is None else cap
    return [extreme("min", [wait, most], "wait") for wait in _multiplied(form, given, count)]


def _stretched(form: Form, given: Given, count: int) -> Row:
    """Doubled each time and drawn between once and twice that; beyond the longest wait, between half of it and all."""
    delay = bounds(_delay(form, given))
    cap = bounds(binary("*", given.value(form.cap, form.cap_default), form.unit, "cap"))
    limit = bounds(binary("*", form.cap_default, form.unit, "cap"))
    if delay is None or cap is None or limit is None:
        return [UNTOLD] * count
    longest = min(cap.high, limit.high)
    found: list[Value] = []
    for index in range(count):
        base = delay.high * 2 ** min(index, 32)
        low = base if 2 * base <= longest else min(base, longest / 2)
        found.append(Num(low, min(2 * base, longest), frozenset({"random"})))
    return found


def _listed(form: Form, given: Given, count: int) -> Row:
    """A number, or a list whose last repeats, or a row that doubles, made by a factory with a first wait."""
    stated = given.stated(form.delay)
    if isinstance(stated, code.Call) and code.last_name(stated.function) == form.growth and stated.arguments:
        first = TaskValues(None, given.module).of(stated.arguments[0].value)
        return [binary("*", first, 2 ** min(index, MOST_LISTED - 1), "wait") for index in range(count)]
    row = _items(stated, given)
    if row is None:
        return _fixed(form, given, count)
    return [row[min(index, len(row) - 1)] for index in range(count)]


def _from_the_end(form: Form, given: Given, count: int) -> Row:
    """A number, or a list whose last item is the last wait; where it is too short, its first repeats."""
    row = _items(given.stated(form.delay), given)
    if row is None:
        return _fixed(form, given, count)
    return [row[max(len(row) - (count - index), 0)] for index in range(count)]


def _items(stated: code.Expr | None, given: Given) -> list[Value] | None:
    if not isinstance(stated, code.Collection) or not stated.items:
        return None
    return [TaskValues(None, given.module).of(item) for item in stated.items]


def _summed(form: Form, given: Given, count: int) -> Row:
    """A fixed part, a part for each retry so far, and a power."""
    fixed, step, base = (given.value(option, 0) for option in (form.delay, form.growth, form.cap))
    found: list[Value] = []
    for index in range(count):
        linear, power = binary("*", step, index, "wait"), binary("**", base, index + 1, "wait")
        found.append(binary("+", binary("+", fixed, linear, "wait"), power, "wait"))
    return found


def _grown(form: Form, given: Given, count: int) -> Row:
    """By an enumeration of growths and one of jitters, told by their last names."""
    delay = bounds(_delay(form, given))
    growth, jitter = (_member(given.stated(option)) for option in (form.growth, form.jitter))
    if delay is None or growth not in FACTORS or jitter not in ("", "FULL", "PLUS_MINUS"):
        return [UNTOLD] * count
    found: list[Value] = []
    for index in range(count):
        wait = delay.high * FACTORS[growth](index + 1)
        if jitter == "":
            found.append(wait)
        else:
            low, high = (0.0, wait) if jitter == "FULL" else (wait - delay.high, wait + delay.high)
            found.append(Num(low, high, frozenset({"random"})))
    return found


FACTORS: Mapping[str, Callable[[int], int]] = {
    "": lambda _: 1,
    "EXPONENTIAL": lambda number: 2**number - 1,
    "LINEAR": lambda number: number,
}


def _member(stated: code.Expr | None) -> str:
    if stated is None or stated == code.Const(None):
        return ""
    return code.last_name(stated) or "?"


READERS: Mapping[str, Reader] = {
    "fixed": _fixed,
    "switched_growth": _fixed,
    "multiplied": _multiplied,
    "multiplied_and_capped": _capped,
    "doubled_and_stretched": _stretched,
    "listed": _listed,
    "listed_from_the_end": _from_the_end,
    "summed": _summed,
    "grown": _grown,
}
