"""The limit of a client, read off its options."""

from __future__ import annotations

import math
from dataclasses import dataclass

from retrylint.libraries.clients import Client, CountOption, Kinds, Meaning
from retrylint.model import Limit
from retrylint.study.client_options import Stated
from retrylint.study.scope import Scope
from retrylint.values import Value, truth

ENDLESS = math.inf
PARTLY = math.nan  # endless for some failures, or no number at all: nothing that could be said in a number


@dataclass(frozen=True, slots=True)
class _Count:
    """Executions; None where only the run tells. `default`: nobody stated them."""

    executions: float | None
    default: bool = False


def limit_of(client: Client, stated: Stated, scope: Scope) -> Limit:
    """What ends the retrying; one execution where it is switched off."""
    if not client.limits and client.deadlines:
        return _time(client, stated, scope)
    option = client.limits[0].option if client.limits else client.takes
    count = _total(client, stated, scope)
    if client.kinds is not None and count.executions is not None and count.executions > 1:
        count = _worst_kind(client, client.kinds, stated, scope, count)
    if count.executions is None:
        return Limit("default" if count.default else "dynamic", option=option)
    if math.isnan(count.executions):
        return Limit("unknown", option=option)
    if count.executions == ENDLESS:
        return _time(client, stated, scope, Limit("unbounded", option=option))
    return Limit("default" if count.default else "explicit", int(count.executions), option=option)


def _time(client: Client, stated: Stated, scope: Scope, endless: Limit | None = None) -> Limit:
    """A limit by time; `endless` where none is stated beside a count that never ends."""
    name = next((each for each in client.deadlines if each in stated.options), None)
    if name is None:
        if not stated.complete:
            return Limit("dynamic", option=client.deadlines[0] if client.deadlines else None)
        return endless or Limit("deadline", deadline=client.deadline, option=client.deadlines[-1])
    value = scope.value(stated.options[name])
    if value is None or (endless is not None and value == 0):
        return endless or Limit("unbounded", option=name)
    return Limit("deadline", deadline=float(value) if isinstance(value, (int, float)) else None, option=name)


def _total(client: Client, stated: Stated, scope: Scope) -> _Count:
    """The executions that the limit for all failures leaves."""
    for option in client.limits:
        expr = stated.options.get(option.option)
        if expr is not None:
            meant = executions_of(option, scope.value(expr))
            if meant != "default":
                return _Count(float(meant) if meant is not None else None)
            break
    if not stated.complete:
        return _Count(None)
    for name, defaults in client.default_for.items():
        value = scope.value(stated.options[name]) if name in stated.options else None
        if isinstance(value, str) and value in defaults:
            return _Count(float(defaults[value]), default=True)
    if client.endless:
        return _Count(ENDLESS)
    return _Count(None if client.default is None else float(client.default), default=True)


def executions_of(option: CountOption, value: Value) -> float | str | None:
    """The executions that a value of an option leaves; `default` where it says nothing, None where the run tells."""
    if value is None:
        return _meaning(option.none)
    if not isinstance(value, (int, float)):
        return None
    if value <= 0:
        return _meaning(option.negative if value < 0 else option.zero)
    executions = value + 1 if option.counts == "retries" else value
    return executions if option.most is None else min(executions, option.most)


def _meaning(meaning: Meaning) -> float | str:
    return "default" if meaning == "default" else {"off": 1.0, "endless": ENDLESS, "fails": PARTLY}[meaning]


def _worst_kind(client: Client, kinds: Kinds, stated: Stated, scope: Scope, total: _Count) -> _Count:
    """The executions of the kind of failure that is retried most often, below the limit for all."""
    assert total.executions is not None
    if not stated.complete:
        return _Count(None)
    counts: list[tuple[float, bool]] = []
    for name in kinds.options:
        if name == kinds.answers and not _retries_answers(client, stated, scope, total.executions):
            continue
        expr = stated.options.get(name)
        value = scope.value(expr) if expr is not None else kinds.default
        if value is not None and not isinstance(value, (int, float)):
            return _Count(None)
        own = ENDLESS if value is None else max(value, 0) + 1.0
        is_default = total.default if total.executions <= own else expr is None
        counts.append((min(own, total.executions), is_default))
    worst, is_default = max(counts, key=lambda each: (each[0], not each[1]))
    if worst == ENDLESS and any(count < ENDLESS for count, _ in counts):
        return _Count(PARTLY)
    return _Count(worst, is_default)


def _retries_answers(client: Client, stated: Stated, scope: Scope, total: float) -> bool:
    """Are failing answers retried at all? Those that say when to come back only below a limit for all."""
    listed = stated.options.get(client.answers)
    if listed is not None and truth(scope.value(listed)) is not False:
        return True
    advice = stated.options.get(client.advice)
    return total < ENDLESS and (advice is None or truth(scope.value(advice)) is not False)
