"""The second-call claimant: the handler simply does the same once more."""

from __future__ import annotations

from collections.abc import Sequence

from retrylint import code
from retrylint.exceptions import expected
from retrylint.model import GiveUp, Library, Limit, RetrySite, Role, Schedule, Span, Wait
from retrylint.names import Imports, Owner
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.caught import catch_of
from retrylint.study.claim import Claim
from retrylint.study.simulation.calls import SLEEPS
from retrylint.study.unawaited import sleep_traps, sleeps_not_awaited
from retrylint.twice import SecondCall, second_calls

AT_ONCE = Schedule("none", waits=(Wait(0.0, 0.0),))


def second_call_claims(
    function: code.Function, owner: Owner, module: Sketch, task: Library | None, lines: Sequence[str]
) -> list[Claim]:
    """One site for each `try` whose handler makes the failed call again."""
    imports = module.imports.within(function)
    return [
        _claim(found, function, owner, imports, task)
        for found in second_calls(function, lines)
        if not all(expected(handler) for handler, _ in found.again)
    ]


def _claim(found: SecondCall, function: code.Function, owner: Owner, imports: Imports, task: Library | None) -> Claim:
    operation = imports.name_of(found.operation.function)
    spans: list[tuple[Role, Span]] = [("operation", found.operation.span)]
    spans += [("retry-call", call.span) for _, call in found.again]
    spans += [("handler", handler.span) for handler, _ in found.again]
    site = RetrySite(
        span=found.statement.span,
        function=owner.qualified(function.name),
        mechanism="second-call",
        limit=Limit("explicit", 2),
        schedule=_schedule(found, imports),
        catch=catch_of(((found.statement, handler) for handler, _ in found.again), imports),
        give_up=GiveUp("raises") if found.is_last else GiveUp(),
        body=body_of(function, imports, (operation,) if operation else (), task),
        spans=tuple(spans),
    )
    traps = (trap for handler, _ in found.again for trap in sleep_traps(handler.body, imports, site))
    return Claim(site, traps=tuple(traps))


def _schedule(found: SecondCall, imports: Imports) -> Schedule:
    """The sleep between the two calls, where it is plain: one call, with a number, in one handler."""
    bodies = [handler.body for handler, _ in found.again]
    idle = {id(call) for body in bodies for call in sleeps_not_awaited(body, imports)}
    sleeps = [
        (call, name)
        for handler, again in found.again
        for call in code.calls(*handler.body)
        if id(call) not in idle and (name := imports.name_of(call.function) or "") in SLEEPS and call.span < again.span
    ]
    if not sleeps:
        return AT_ONCE
    call, name = sleeps[0]
    given = call.arguments[0].value if call.arguments else None
    seconds = given.value if isinstance(given, code.Const) else None
    if len(sleeps) > 1 or len(found.again) > 1 or not isinstance(seconds, (int, float)):
        return Schedule("dynamic", waits_with=name, blocks=SLEEPS[name].blocks)
    first = float(seconds)
    return Schedule("fixed", first, first, False, name, SLEEPS[name].blocks, (Wait(first, first),))
