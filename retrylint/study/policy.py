"""The policy claimant: functions, blocks and calls that a retry library is told to run again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrylint import code
from retrylint.libraries.policies import Policy, PolicyIndex
from retrylint.model import Ending, GiveUp, Library, Limit, RetrySite, Role, Schedule, Span, Wait
from retrylint.names import Owner
from retrylint.operations import named, operations_of
from retrylint.sketch.looping import MODULE
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.claim import Claim
from retrylint.study.client_options import Stated
from retrylint.study.contexts import request_contexts
from retrylint.study.policy_catch import catch_of
from retrylint.study.policy_limit import NEVER, Bound, bound_of, limit_of
from retrylint.study.policy_traps import policy_traps
from retrylint.study.policy_uses import Use, uses_in
from retrylint.study.policy_waits import Row, row_of, schedule_of
from retrylint.study.scope import Scope
from retrylint.values import truth

SHOWN = 16  # waits that are looked at to see how an endless or unknown number of them grows
MOST = 1000  # waits that are written down


def policy_claims(
    function: code.Function,
    owner: Owner,
    module: Sketch,
    scope: Scope,
    index: PolicyIndex,
    task: Library | None,
    source: str,
) -> Iterator[Claim]:
    """The policies that a function, or a statement of the module, is run again by or runs something again by."""
    for use in uses_in(function, scope, module, index, source):
        site = _site(use, function, owner, module, scope, index, task)
        if site is not None:
            yield Claim(site, use.block, tuple(policy_traps(use, site, function, scope, index)))


def _site(
    use: Use,
    function: code.Function,
    owner: Owner,
    module: Sketch,
    scope: Scope,
    index: PolicyIndex,
    task: Library | None,
) -> RetrySite | None:
    """The site of a use; None where it is switched off."""
    policy, stated = use.policy, use.stated
    if policy.off in stated.options and truth(scope.value(stated.options[policy.off])) is False:
        return None
    bound = bound_of(policy, stated, scope, index)
    limit, schedule = _numbers(use, bound, scope, index)
    if limit.attempts == 1:
        return None
    operations = named(operations_of(use.block, lambda call: False), scope.imports)
    body = body_of(function, scope.imports, tuple(operations), task, request_contexts(function, owner, module))
    spans: tuple[tuple[Role, Span], ...] = tuple(("operation", span) for span in operations.values())
    if isinstance(use.made, code.Call) and use.decorator is not None:
        spans = (("decorator", use.made.span), *spans)
    return RetrySite(
        use.span,
        MODULE if function.name == MODULE else owner.qualified(function.name),
        "policy",
        policy.library,
        limit,
        schedule,
        catch_of(policy, stated, scope, index),
        _give_up(policy, limit, stated, scope),
        body,
        spans,
    )


def _numbers(use: Use, bound: Bound, scope: Scope, index: PolicyIndex) -> tuple[Limit, Schedule]:
    policy = use.policy
    known = bound.executions is not None and bound.executions < MOST
    count = int(bound.executions or 1) - 1 if known else SHOWN
    row = row_of(policy, use.stated, scope, index, count)
    if row.ends and len(row.waits) < count and bound.executions is not None:
        bound = replace(bound, executions=len(row.waits) + 1.0, stated=True)
    option = next((each for each in _options(policy) if each in use.stated.options), None)
    limit = limit_of(bound, row.waits, option or next(iter(_options(policy)), None), _said(option, use, scope))
    if limit.attempts is not None:
        row = replace(row, waits=row.waits[: limit.attempts - 1])
    if policy.clips and bound.seconds is not None and bound.seconds != NEVER:
        row = replace(row, waits=tuple(_clipped(row, bound.seconds)))
    is_async = use.is_async and policy.on_async == "works"
    schedule = schedule_of(policy, row, limit, is_async)
    if use.is_async and not is_async and use.decorator is not None:
        schedule = replace(schedule, blocks=False)  # it never comes to wait
    return limit, schedule


def _clipped(row: Row, seconds: float) -> Iterator[Wait | None]:
    """The waits, none of them longer than what is left of so many seconds."""
    least = most = 0.0
    for wait in row.waits:
        if wait is None:
            yield None
            continue
        cut = Wait(min(wait.low, max(seconds - most, 0.0)), min(wait.high, max(seconds - least, 0.0)))
        yield cut
        least, most = least + cut.low, most + cut.high


def _options(policy: Policy) -> Sequence[str]:
    """The options that say how often, or how long."""
    counts = [each.option for each in policy.limits]
    return [*([policy.stop] if policy.stop else []), *counts, *policy.deadlines]


def _said(option: str | None, use: Use, scope: Scope) -> str | None:
    """How an option says that there is no limit."""
    if option is None:
        return None
    value = scope.value(use.stated.options[option])
    return f"{option}={value}" if value is None or isinstance(value, (int, float, str)) else option


def _give_up(policy: Policy, limit: Limit, stated: Stated, scope: Scope) -> GiveUp:
    ending = "never" if limit.kind == "unbounded" else _ending(policy, stated, scope)
    return GiveUp(ending, (policy.error or None) if ending == "wraps" else None)


def _ending(policy: Policy, stated: Stated, scope: Scope) -> Ending:
    for option, endings in policy.endings.items():
        if option in stated.options:
            value = scope.value(stated.options[option])
            if "given" in endings and value is not None:
                return endings["given"]
            if isinstance(value, bool) and str(value).lower() in endings:
                return endings[str(value).lower()]
    return policy.ending if stated.complete else "unknown"
