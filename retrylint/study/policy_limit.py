"""The limit of a policy: what its counts, its deadlines and its stops come to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.libraries.policies import Policy, PolicyIndex, StopTerm
from retrylint.model import Limit, Wait
from retrylint.study.client_limit import executions_of
from retrylint.study.client_options import Stated
from retrylint.study.policy_catch import is_class
from retrylint.study.scope import Scope

NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Bound:
    """Attempts end after so many executions or so many seconds, whichever is first: infinity for never, None where that
    is not told. `before`: the coming wait counts towards the seconds. `stated`: somebody said so.
    """

    executions: float | None = NEVER
    seconds: float | None = NEVER
    before: bool = False
    stated: bool = True

    @property
    def is_endless(self) -> bool:
        """Does nothing ever end it?"""
        return self.executions == NEVER and self.seconds == NEVER


UNTOLD = Bound(None, None)


def bound_of(policy: Policy, stated: Stated, scope: Scope, index: PolicyIndex) -> Bound:
    """What ends the attempts of a policy."""
    if not stated.options.keys().isdisjoint(policy.untold_limits):
        return UNTOLD
    if policy.stop and policy.stop in stated.options:
        return _stop(stated.options[policy.stop], scope, index)
    if policy.condition in stated.options and _may_count(stated.options[policy.condition], policy, scope):
        return UNTOLD
    executions, is_stated = _count(policy, stated, scope)
    seconds, is_timed = _seconds(policy, stated, scope)
    if not stated.complete and not (is_stated or is_timed):
        return UNTOLD
    return Bound(executions, seconds, stated=is_stated or is_timed)


def _may_count(condition: code.Expr, policy: Policy, scope: Scope) -> bool:
    """May a condition end the attempts by their number? A function that is handed the state of a call may."""
    condition = scope.meant(condition)
    if isinstance(condition, code.Binary):
        return any(_may_count(each, policy, scope) for each in (condition.left, condition.right))
    name = scope.imports.name_of(condition) or ""
    of_library = name.partition(".")[0] == policy.names[0].partition(".")[0]
    return not (isinstance(condition, code.Call) or of_library or is_class(name))


def limit_of(bound: Bound, waits: Iterable[Wait | None], option: str | None, said: str | None) -> Limit:
    """The limit that a bound and the waits make together, where an attempt itself takes no time."""
    executions, seconds = bound.executions, bound.seconds
    if bound.is_endless:
        return Limit("unbounded", option=option, said=said)
    if executions is None or seconds is None or math.isnan(executions):
        is_timed = executions == NEVER
        return Limit("deadline" if is_timed else "unknown" if executions is not None else "dynamic", option=option)
    if executions == NEVER:
        return Limit("deadline", deadline=seconds, option=option)
    attempts = int(executions)
    if seconds != NEVER:
        attempts = min(attempts, _in_time(waits, seconds, bound.before) or attempts)
    known = Limit("explicit" if bound.stated else "default", attempts, option=option)
    return replace(known, deadline=seconds) if seconds != NEVER else known


def _in_time(waits: Iterable[Wait | None], seconds: float, before: bool) -> int | None:
    """The most executions that fit in so many seconds; None where the waits are not told."""
    passed = 0.0
    for executions, wait in enumerate(waits, 1):
        if wait is None:
            return None
        if passed + (wait.low if before else 0.0) >= seconds:
            return executions
        passed += wait.low
    return None


def _count(policy: Policy, stated: Stated, scope: Scope) -> tuple[float | None, bool]:
    """The executions that the counts leave, and whether somebody stated them."""
    default = NEVER if policy.default is None else float(policy.default)
    for option in policy.limits:
        expr = stated.options.get(option.option)
        if expr is not None:
            meant = executions_of(option, scope.value(expr))
            return (default, False) if meant == "default" else (float(meant) if meant is not None else None, True)
    return default, False


def _seconds(policy: Policy, stated: Stated, scope: Scope) -> tuple[float | None, bool]:
    """The seconds that the deadlines leave, and whether somebody stated them."""
    default = NEVER if policy.deadline is None else policy.deadline
    for option in policy.deadlines:
        expr = stated.options.get(option)
        if expr is not None:
            if isinstance(scope.meant(expr), code.Const) and scope.value(expr) is None:
                return NEVER, True
            value = scope.seconds(expr)
            return (None if value is None else value * policy.deadline_unit), True
    return default, False


def _stop(expr: code.Expr, scope: Scope, index: PolicyIndex) -> Bound:
    """What a stop comes to: an object of the library, or several with `|` and `&` between them."""
    expr = scope.meant(expr)
    if isinstance(expr, code.Binary) and expr.operator in ("|", "&"):
        both = [_stop(each, scope, index) for each in (expr.left, expr.right)]
        return _any(both) if expr.operator == "|" else _all(both)
    if not isinstance(expr, code.Call):
        term = index.stops.get(scope.imports.name_of(expr) or "")
        return Bound() if term is not None and term.never else UNTOLD
    term = index.stops.get(scope.imports.name_of(expr.function) or "")
    if term is None or any(argument.stars for argument in expr.arguments):
        return UNTOLD
    if term.combines:
        parts = [_stop(argument.value, scope, index) for argument in expr.arguments]
        return _any(parts) if term.combines == "any" else _all(parts)
    return _single(term, expr, scope)


def _single(term: StopTerm, call: code.Call, scope: Scope) -> Bound:
    named = {argument.keyword: argument.value for argument in call.arguments}
    expr = named.get(term.attempts or term.delay, call.arguments[0].value if call.arguments else None)
    value = scope.seconds(expr) if expr is not None else None
    if value is None:
        return Bound(executions=None) if term.attempts else Bound(seconds=None)
    if term.attempts:
        return Bound(executions=max(math.ceil(value), 1.0) if value < NEVER else NEVER)
    return Bound(seconds=value, before=term.before)


def _any(parts: list[Bound]) -> Bound:
    """The first that stops counts. What is not told may be the first."""
    if not parts:
        return Bound()
    return Bound(
        _least(part.executions for part in parts),
        _least(part.seconds for part in parts),
        any(part.before for part in parts),
    )


def _all(parts: list[Bound]) -> Bound:
    """The last that stops counts; one that never does keeps the others from it."""
    if any(part.is_endless for part in parts):
        return Bound()
    if not parts:
        return Bound(executions=1.0)
    counts = [part.executions for part in parts if part.seconds == NEVER]
    times = [part.seconds for part in parts if part.executions == NEVER]
    if len(counts) == len(parts):
        return Bound(executions=_most(counts))
    if len(times) == len(parts):
        return Bound(seconds=_most(times))
    return UNTOLD


def _least(numbers: Iterable[float | None]) -> float | None:
    every = list(numbers)
    known = [each for each in every if each is not None]
    return min(known) if len(known) == len(every) else None


def _most(numbers: Iterable[float | None]) -> float | None:
    every = list(numbers)
    known = [each for each in every if each is not None]
    return max(known) if len(known) == len(every) else None
