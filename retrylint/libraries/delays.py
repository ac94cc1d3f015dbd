"""The schema of waits in `libraries/*.toml`: a formula, and the options that state its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, TypeVar

from retrylint.libraries.spec import FactsError

T = TypeVar("T")
NUMBERS = frozenset({"first", "factor", "step", "cap", "added", "least", "low", "spread"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number of seconds, or a factor: the option that states it, and what holds where nobody does.

    `old`: another name of the option.
    """

    value: float = 0.0
    option: str = ""
    position: int | None = None
    old: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """The waits in units of `unit` seconds: the nth, from 0, is `scale` x `first` x `factor`^n + `step` x n, at most
    `cap`, at least `least`.

    `fibonacci`: it is the nth number of Fibonacci instead, times `first`. `recurrent`: each is `factor` x the one
    before + `step`, which may be a pair to draw it from, and the cap holds from the second on. `spread`: the first of
    n waits is so that all together take this long. `low`: each is drawn between this and what it is.
    `starts`: the exponent of the first wait. `begins`: the wait before the first retry, where it is another. `share`:
    between these parts of the wait is drawn, from the first wait upwards with `from_first`; `jitter` is an option for
    the part that is. `added` is drawn on top. `cap_last`: the cap holds for what was drawn. `fixed_by` is an option
    and the value of it that makes all waits equal. `drawn_by` are options with which a wait may be drawn from 0
    upwards. `known_by` is an option and those values of it with which all this holds. `within`: the option whose dict
    holds the others. `switch`: an option that, switched off, leaves no wait.
    """

    first: Number = Number()
    scale: float = 1.0
    factor: Number = Number(1.0)
    step: Number = Number()
    cap: Number | None = None
    cap_last: bool = False
    least: Number = Number()
    low: Number | None = None
    spread: Number | None = None
    fibonacci: bool = False
    recurrent: bool = False
    starts: int = 0
    unit: float = 1.0
    begins: float | None = None
    share: tuple[float, float] = (1.0, 1.0)
    from_first: bool = False
    jitter: str = ""
    added: Number = Number()
    fixed_by: tuple[str, ...] = ()
    drawn_by: tuple[str, ...] = ()
    known_by: tuple[str, ...] = ()
    within: str = ""
    switch: str = ""


def delay_of(data: Mapping[str, Any], where: str) -> Delay:
    """A delay from parsed TOML. Raises `FactsError` for a key that the schema does not know."""
    numbers = {
        name: build(Number, given if isinstance(given, dict) else {"value": given}, f"{where}.{name}")
        for name, given in data.items()
        if name in NUMBERS
    }
    return build(Delay, {**data, **numbers}, where)


def build(kind: Callable[..., T], data: Mapping[str, Any], where: str) -> T:
    """A part of a schema from a table of TOML. Raises `FactsError` for a key that is unknown, or missing."""
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key in sorted(set(data) - set(known)):
        raise FactsError(f"{where}: unknown key {key!r}")
    for key, each in known.items():
        if key not in data and each.default is MISSING and each.default_factory is MISSING:
            raise FactsError(f"{where}: missing key {key!r}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})
