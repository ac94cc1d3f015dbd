"""The second-call claimant: the handler simply does the same once more."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from retrylint import code
from retrylint.exceptions import expected
from retrylint.model import GiveUp, Library, Limit, RetrySite, Role, Schedule, Span, Step, Wait
from retrylint.names import Imports, Owner
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.caught import catch_of
from retrylint.study.claim import Claim
from retrylint.study.simulation import steps
from retrylint.study.simulation.calls import SLEEPS
from retrylint.study.simulation.world import aimed_at
from retrylint.study.spelling import spelled
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
    return Claim(site, traps=tuple(traps), trace=partial(_steps, found, imports))


def _schedule(found: SecondCall, imports: Imports) -> Schedule:
    """The sleep between the two calls, where it is plain: one call, with a number, in one handler."""
    sleeps = _sleeps(found, imports)
    if not sleeps:
        return AT_ONCE
    call, name = sleeps[0]
    wait = _seconds(call)
    if len(sleeps) > 1 or len(found.again) > 1 or wait is None:
        return Schedule("dynamic", waits_with=name, blocks=SLEEPS[name].blocks)
    return Schedule("fixed", wait.low, wait.low, False, name, SLEEPS[name].blocks, (wait,))


def _sleeps(found: SecondCall, imports: Imports) -> list[tuple[code.Call, str]]:
    """The calls that wait between the two, with their qualified names."""
    bodies = [handler.body for handler, _ in found.again]
    idle = {id(call) for body in bodies for call in sleeps_not_awaited(body, imports)}
    return [
        (call, name)
        for handler, again in found.again
        for call in code.calls(*handler.body)
        if id(call) not in idle and (name := imports.name_of(call.function) or "") in SLEEPS and call.span < again.span
    ]


def _seconds(sleep: code.Call) -> Wait | None:
    """How long a sleep takes, where a number says it."""
    given = sleep.arguments[0].value if sleep.arguments else None
    seconds = given.value if isinstance(given, code.Const) else None
    return Wait(float(seconds), float(seconds)) if isinstance(seconds, (int, float)) else None


def _steps(found: SecondCall, imports: Imports) -> tuple[Step, ...]:
    """The two attempts by way of the first handler, what is waited between them, and what comes of the second."""
    handler, again = found.again[0]
    error = steps.raising(aimed_at(handler, imports))
    waits = [call for call, _ in _sleeps(found, imports) if handler.span.holds(call.span)]
    last = again.span.line
    return (
        Step("attempt", found.operation.span.line, f"{spelled(found.operation)} {error}", 1),
        *(Step("wait", call.span.line, spelled(call), wait=_seconds(call)) for call in waits),
        Step("attempt", last, f"{spelled(again)} {error}", 2),
        Step("end", last, error)
        if found.is_last
        else Step("raise", last, f"{error}, which something around it catches"),
    )
