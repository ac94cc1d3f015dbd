"""Arithmetic over values never guesses: what bounds say holds of every number within them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from retrylint.values import (
    COMPARISONS,
    PLAIN_OPERATORS,
    Num,
    Plain,
    Tag,
    Unknown,
    Value,
    binary,
    bounds,
    compare,
    extreme,
    truth,
)

SIGNS = sorted(PLAIN_OPERATORS)
TAGS: tuple[Tag, ...] = ("random", "dynamic", "clock")
NUMBERS = st.one_of(
    st.integers(-60, 60), st.sampled_from([0.0, -0.0, 0.1, 0.5, 1.5, -2.5, 1e-9, 1e18]), st.floats(-100, 100)
)
PLAIN = st.one_of(
    NUMBERS, st.booleans(), st.none(), st.text(max_size=3), st.tuples(st.integers(0, 3), st.integers(0, 3))
)


@st.composite
def inside(draw: st.DrawFn) -> tuple[Num, float]:
    """An interval, and a number in it."""
    low, point, high = sorted(float(draw(NUMBERS)) for _ in range(3))
    tags: frozenset[Tag] = frozenset(draw(st.sets(st.sampled_from(TAGS), max_size=1)))
    return Num(low, high, tags), point


def holds(known: Num, number: float) -> bool:
    slack = 1e-9 * max(1.0, abs(known.low), abs(known.high))
    return known.low - slack <= number <= known.high + slack


@given(st.sampled_from(SIGNS), inside(), inside())
def test_bounds_hold_every_result(sign: str, left: tuple[Num, float], right: tuple[Num, float]) -> None:
    known = binary(sign, left[0], right[0], "here")
    if isinstance(known, Unknown):
        return
    assert isinstance(known, Num)
    assert known.tags == left[0].tags | right[0].tags
    try:
        result = PLAIN_OPERATORS[sign](left[1], right[1])
    except (ArithmeticError, TypeError):
        pytest.fail(f"{left[1]} {sign} {right[1]} has no result, but bounds: {known}")
    assert isinstance(result, (int, float))
    assert holds(known, result)


@given(st.sampled_from(SIGNS), inside(), NUMBERS)
def test_bounds_and_a_number_hold_every_result(sign: str, left: tuple[Num, float], number: float) -> None:
    for known, operands in (
        (binary(sign, left[0], number, "here"), (left[1], number)),
        (binary(sign, number, left[0], "here"), (number, left[1])),
    ):
        if isinstance(known, Num):
            assert holds(known, cast(float, PLAIN_OPERATORS[sign](*operands)))


@given(st.sampled_from(sorted(COMPARISONS)), inside(), inside())
def test_comparison_contradicts_no_pair(sign: str, left: tuple[Num, float], right: tuple[Num, float]) -> None:
    known = compare(sign, left[0], right[0])
    assert known is None or known == COMPARISONS[sign](left[1], right[1])


@given(st.sampled_from(sorted(COMPARISONS)), inside(), NUMBERS)
def test_comparison_with_a_number_contradicts_no_pair(sign: str, left: tuple[Num, float], number: float) -> None:
    assert compare(sign, left[0], number) in (None, COMPARISONS[sign](left[1], number))
    assert compare(sign, number, left[0]) in (None, COMPARISONS[sign](number, left[1]))


@given(st.sampled_from(sorted(COMPARISONS)), NUMBERS, NUMBERS)
def test_exact_numbers_are_compared(sign: str, left: float, right: float) -> None:
    assert compare(sign, left, right) == COMPARISONS[sign](left, right)
    exact = Num(float(left), float(left), frozenset({"dynamic"}))
    assert compare(sign, exact, right) == COMPARISONS[sign](left, right)


@given(st.sampled_from(SIGNS), PLAIN, PLAIN)
def test_plain_arithmetic_is_python(sign: str, left: Plain, right: Plain) -> None:
    known = binary(sign, left, right, "here")
    if isinstance(known, Unknown):
        assert known.origin == "here"
        return
    expected = PLAIN_OPERATORS[sign](left, right)
    assert (known, type(known)) == (expected, type(expected))


@given(st.sampled_from(["+", "-", "*"]), st.integers(), st.integers())
def test_sums_and_products_of_integers_are_known(sign: str, left: int, right: int) -> None:
    assert binary(sign, left, right, "here") == PLAIN_OPERATORS[sign](left, right)


@given(st.sampled_from(["<", "<=", ">", ">=", "==", "!=", "is", "is not", "in", "not in"]), PLAIN, PLAIN)
def test_plain_comparison_is_python(sign: str, left: Plain, right: Plain) -> None:
    known = compare(sign, left, right)
    if known is None:
        return
    if sign in ("is", "is not"):
        assert None in (left, right) or isinstance(left, bool)
        assert known == ((left is right) == (sign == "is"))
    elif sign in ("in", "not in"):
        assert isinstance(right, tuple)
        assert known == ((left in right) == (sign == "in"))
    else:
        operation = cast(Callable[[object, object], bool], COMPARISONS[sign])
        assert known == operation(left, right)


HUGE: list[tuple[str, Value, Value]] = [
    ("**", 10, 10**9), ("**", 2, 10**30), ("**", -7, 10**12), ("**", 10.0, 400), ("**", 0, -1), ("**", -8, 0.5),
    ("**", 1e200, 2), ("**", 2, -(10**9)), ("**", 10**200, 10**200), ("**", 0.5, -(10**9)), ("**", 10**200, -(10**6)),
    ("<<", 1, 10**12), ("<<", 1, -1), ("<<", 10**300, 999), (">>", 1, 10**30), (">>", 1, -1), ("*", "a", 10**12),
    ("*", 10**12, "a"), ("*", (1,), 10**12), ("*", b"a", 10**12), ("%", "%1000000000d", 1), ("%", "%s", ("a",)),
    ("/", 10**400, 3), ("/", 1, 10**400), ("/", 1, 0), ("//", 1, 0), ("%", 1, 0), ("*", 1e308, 10), ("-", 10**400, 1.5),
    ("*", 10**200, 10**200), ("+", 1e308, 1e308), ("-", math.inf, math.inf), ("%", math.inf, 2), ("//", math.inf, 2),
    ("**", Num(0, 1e300, frozenset()), 2), ("**", 2, Num(0, 1e300, frozenset())), ("/", 1, Num(-1, 1, frozenset())),
    ("**", Num(0, 4, frozenset()), Num(-1, 1, frozenset())), ("*", Num(1e200, 1e300, frozenset()), 10**200),
    ("+", Num(0, 1, frozenset()), 10**400), ("<<", Num(1, 1, frozenset()), 10**9), ("%", Num(1, 1, frozenset()), 0),
    ("@", 1, 2), ("+", 1, Num(-1e300, 1e300, frozenset())), ("+", None, 1), ("-", Num(0, 1, frozenset()), "a"),
    ("-", Num(0, 1, frozenset()), -(10**400)), ("*", -(10**400), Num(0, 1, frozenset())), ("+", -(10**400), 1),
]  # fmt: skip


@pytest.mark.parametrize(("sign", "left", "right"), HUGE, ids=range(len(HUGE)))
def test_huge_numbers_neither_hang_nor_raise(sign: str, left: Value, right: Value) -> None:
    result = binary(sign, left, right, "here")
    assert not isinstance(result, int) or result.bit_length() < 10_000
    assert not isinstance(result, (str, bytes)) or len(result) < 10_000
    truth(result)
    for comparison in COMPARISONS:
        compare(comparison, result, 10**400)
        compare(comparison, Num(0.0, 1.0, frozenset()), left)
    bounds(result)
    extreme("min", [result, 10**400, 1.5], "here")
    extreme("max", [Num(0.0, 1.0, frozenset()), left, right], "here")


GROWING: list[tuple[str, Value]] = [("*", 3), ("+", "a"), ("+", b"a"), ("+", (1,)), ("<<", 900), ("**", 3)]


@pytest.mark.parametrize(("sign", "value"), GROWING)
def test_what_doubles_with_each_attempt_stops_growing(sign: str, value: Value) -> None:
    """`delay * delay`, `text + text`: each attempt of an endless recursion doubles the number of digits."""
    for _ in range(18):
        value = binary(sign, value, value, "here")
    assert isinstance(value, (int, Num, Unknown)) or len(cast(str, value)) < 10_000
    assert not isinstance(value, int) or value.bit_length() < 10_000


@given(st.sampled_from(["min", "max"]), st.lists(inside(), min_size=1, max_size=4), st.lists(NUMBERS, max_size=3))
def test_extremes_hold(name: str, intervals: list[tuple[Num, float]], numbers: list[float]) -> None:
    pick = min if name == "min" else max
    known = extreme(name, [*(known for known, _ in intervals), *numbers], "here")
    assert isinstance(known, Num)
    assert holds(known, pick([*(point for _, point in intervals), *numbers]))


@given(st.sampled_from(["min", "max"]), st.lists(NUMBERS, min_size=1, max_size=4))
def test_extremes_of_numbers_are_python(name: str, numbers: list[float]) -> None:
    assert extreme(name, numbers, "here") == (min if name == "min" else max)(numbers)


@given(st.sampled_from(["min", "max"]), st.lists(st.one_of(NUMBERS, st.just(Unknown("a"))), max_size=4))
def test_extremes_of_the_unknown_are_unknown(name: str, values: list[Value]) -> None:
    assume(not values or any(isinstance(value, Unknown) for value in values))
    assert extreme(name, values, "here") == Unknown("here")


@given(inside())
def test_truth_contradicts_no_number(interval: tuple[Num, float]) -> None:
    assert truth(interval[0]) in (None, bool(interval[1]))


@pytest.mark.parametrize("sign", [*SIGNS, "@"])
@pytest.mark.parametrize("moving", [True, False])
def test_the_unknown_stays_unknown_and_keeps_moving(sign: str, moving: bool) -> None:
    for left, right in ((Unknown("a", moving), 1), (1, Unknown("a", moving)), (Unknown("a"), Unknown("b", moving))):
        assert binary(sign, left, right, "here") == Unknown("here", moving)


@pytest.mark.parametrize("sign", [*COMPARISONS, "is", "is not", "in", "not in"])
def test_the_unknown_is_compared_to_nothing(sign: str) -> None:
    assert compare(sign, Unknown("a"), 1) is None
    assert compare(sign, 1, Unknown("a")) is None
    assert truth(Unknown("a")) is None
