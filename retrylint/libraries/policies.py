"""The schema of `[[policy]]` in `libraries/*.toml`: decorators, objects and calls that retry what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, TypeVar

from retrylint.libraries.clients import CountOption
from retrylint.libraries.delays import Delay, build, delay_of
from retrylint.libraries.toml import read_toml
from retrylint.model import Ending, Library

T = TypeVar("T")
NOBODY = Library("", "")
Form = Literal["decorator", "object", "iterated", "call"]
OnOther = Literal["works", "ignored", "breaks"]
# the files of a library, by the root of its import
FILES: Mapping[str, tuple[str, ...]] = {
    "aioretry": ("aioretry.toml",),
    "backoff": ("backoff.toml",),
    "backon": ("backon.toml",),
    "opnieuw": ("opnieuw.toml",),
    "retry": ("retry.toml",),
    "retrying": ("retrying.toml",),
    "stamina": ("stamina.toml",),
    "tenacity": ("tenacity.toml",),
}


@dataclass(frozen=True, slots=True)
class StopTerm:
    """What makes a stop: after so many executions, after so many seconds, never, or of other stops.

    `attempts`, `delay`: the parameter that says how many; `before`: the coming wait counts towards the seconds.
    """

    names: tuple[str, ...]
    attempts: str = ""
    delay: str = ""
    before: bool = False
    never: bool = False
    combines: Literal["", "any", "all"] = ""


@dataclass(frozen=True, slots=True)
class WaitTerm:
    """What makes waits: a formula, or other waits, in a chain or added up. `told`: another decides how long.

    `listed`: the option that may hold the waits one by one; when they are used up, the attempts end.
    """

    names: tuple[str, ...]
    delay: Delay = Delay()
    combines: Literal["", "sum", "chain"] = ""
    told: bool = False
    listed: str = ""


@dataclass(frozen=True, slots=True)
class Condition:
    """What tells which outcome is retried: an error of these `types` (a parameter, of position 0), or any but these.

    `results`: a result, and no error. `but`: the default of what is spared. `successes`: results too.
    """

    names: tuple[str, ...]
    types: str = ""
    default: tuple[str, ...] = ()
    spares: bool = False
    results: bool = False
    combines: Literal["", "any", "all"] = ""


@dataclass(frozen=True, slots=True)
class Draw:
    """What makes a random wait of a wait: between `share` of it and all of it, and so many seconds on top."""

    names: tuple[str, ...]
    share: float = 1.0
    added: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """Waits that hold where one of these options is stated."""

    when: tuple[str, ...]
    delay: Delay


@dataclass(frozen=True, slots=True)
class Policy:
    """One way to have something retried.

    `form`: `decorator` makes one, `object` is iterated, called or decorates, `iterated` is only iterated, and `call`
    runs a function at once, its first argument. `bare`: as a decorator it needs no parentheses. `positions` are the
    options that may be stated without their names, in order.

    `limits`: the first that is stated counts; `default` executions where none is, or without end. `deadlines` end all
    attempts together, in seconds times `deadline_unit`, after `deadline` where none is stated; `clips`: they shorten
    the last wait. `stop`, `wait`, `condition` and `draw` are the options that hold such a term; `plain_wait` and
    `plain_draw` name what holds where none is stated. `wait_args`: the numbers of the wait are options of the policy.
    `choices`: waits by what is stated, of which the longest counts. `delay`: the waits where no option holds them.
    `catches`: the option that holds the exceptions, or those that are caught where it is not stated; `gives_up` the one
    that tells for which of them it does not go on; `results`: it repeats on results, and on no error.
    `ending`, and by an option and its value (`given` for any) another one; `error`: what it wraps the last one in.
    `waits_with`, and in coroutines `waits_async_with`. `on_async`, `on_generator`: what it makes of such a function.
    `off`: an option that, false, switches it off. `untold_limits`, `untold_waits`: options with which the limit, or
    the waits, are not told.
    `copies`: methods of a policy that make another one, with other options on top.
    """

    names: tuple[str, ...]
    form: Form = "decorator"
    bare: bool = False
    positions: tuple[str, ...] = ()
    limits: tuple[CountOption, ...] = ()
    default: int | None = None
    deadlines: tuple[str, ...] = ()
    deadline: float | None = None
    deadline_unit: float = 1.0
    clips: bool = False
    stop: str = ""
    wait: str = ""
    plain_wait: str = ""
    wait_args: bool = False
    draw: str = ""
    plain_draw: str = ""
    choices: tuple[Choice, ...] = ()
    delay: Delay = Delay()
    catches: str = ""
    gives_up: str = ""
    caught: tuple[str, ...] = ()
    condition: str = ""
    results: bool = False
    ending: Ending = "raises"
    error: str = ""
    endings: Mapping[str, Mapping[str, Ending]] = field(default_factory=dict)
    waits_with: str = "time.sleep"
    waits_async_with: str = ""
    on_async: OnOther = "works"
    on_generator: OnOther = "ignored"
    off: str = ""
    untold_limits: tuple[str, ...] = ()
    untold_waits: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    library: Library = NOBODY


@dataclass(frozen=True, slots=True)
class PolicyLibrary:
    """The policies of one library and the terms that they are made of. `source` says how its facts were proved."""

    library: Library
    source: str
    policies: tuple[Policy, ...]
    stops: tuple[StopTerm, ...] = ()
    waits: tuple[WaitTerm, ...] = ()
    conditions: tuple[Condition, ...] = ()
    draws: tuple[Draw, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyIndex:
    """Policies and terms by their qualified names. `words`: the last names by which a module may show a policy."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    stops: Mapping[str, StopTerm] = field(default_factory=dict)
    waits: Mapping[str, WaitTerm] = field(default_factory=dict)
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    draws: Mapping[str, Draw] = field(default_factory=dict)

    def policy(self, name: str | None) -> Policy | None:
        """The policy of a qualified name; of a relative one, the policy whose name ends so."""
        known = self.policies.get(name or "")
        if known is None and name is not None and name.startswith("."):
            ending = f".{name.lstrip('.')}"
            known = next((policy for full, policy in self.policies.items() if full.endswith(ending)), None)
        return known

    def with_own(self, own: Sequence[Policy]) -> PolicyIndex:
        """The index with a team's own policies."""
        return replace(self, policies={**self.policies, **_named(own)})

    @property
    def words(self) -> frozenset[str]:
        """The last names of the policies."""
        return frozenset(name.rpartition(".")[2] for name in self.policies)

    @property
    def limiting(self) -> frozenset[str]:
        """The options by which the policies are told to end."""
        each = self.policies.values()
        limits = {limit.option for policy in each for limit in policy.limits}
        deadlines = {option for policy in each for option in policy.deadlines}
        return frozenset({policy.stop for policy in each if policy.stop} | limits | deadlines)

    @property
    def callers(self) -> frozenset[str]:
        """The last names of those that run a function at once, their first argument."""
        return frozenset(name.rpartition(".")[2] for name, each in self.policies.items() if each.form == "call")


@cache
def policy_index(roots: frozenset[str]) -> PolicyIndex:
    """The index of these libraries, by the roots of their imports. Raises `FactsError` for a file that does not fit."""
    libraries = [read_policy_library(name) for name in sorted({name for root in roots for name in FILES[root]})]
    return PolicyIndex(
        _named([each for library in libraries for each in library.policies]),
        _named([each for library in libraries for each in library.stops]),
        _named([each for library in libraries for each in library.waits]),
        _named([each for library in libraries for each in library.conditions]),
        _named([each for library in libraries for each in library.draws]),
    )


def _named(terms: Sequence[T]) -> dict[str, T]:
    return {name: term for term in terms for name in term.names}  # type: ignore[attr-defined]


@cache
def read_policy_library(filename: str) -> PolicyLibrary:
    """Read one file of this package."""
    return policy_library(read_toml(filename), filename)


def policy_library(data: Mapping[str, Any], filename: str) -> PolicyLibrary:
    """The policies of a library from parsed TOML."""
    library = Library(str(data["name"]), str(data["title"]))

    def rows(key: str, made: Callable[[dict[str, Any], str], T]) -> tuple[T, ...]:
        return tuple(made(dict(row), f"{filename}: {key} {n}") for n, row in enumerate(data.get(key, ()), 1))

    return PolicyLibrary(
        library,
        str(data["source"]),
        rows("policy", lambda row, where: policy_of({**row, "library": library}, where)),
        rows("stop", lambda row, where: build(StopTerm, row, where)),
        rows("wait", lambda row, where: build(WaitTerm, {**row, **_delay(row, where)}, where)),
        rows("condition", lambda row, where: build(Condition, row, where)),
        rows("draw", lambda row, where: build(Draw, row, where)),
    )


def _delay(row: Mapping[str, Any], where: str) -> dict[str, Delay]:
    return {"delay": delay_of(row["delay"], f"{where}: delay")} if "delay" in row else {}


def policy_of(row: dict[str, Any], where: str) -> Policy:
    """A policy from a table of TOML. Raises `FactsError` for a key that is unknown, or missing."""
    limits = tuple(build(CountOption, each, f"{where}: limits") for each in row.get("limits", ()))
    choices = tuple(
        build(Choice, {**each, **_delay(each, where)}, f"{where}: choices") for each in row.get("choices", ())
    )
    return build(Policy, {**row, **_delay(row, where), "limits": limits, "choices": choices}, where)
