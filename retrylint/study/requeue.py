"""The requeue claimant: a task that puts itself on its queue again because it failed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.flow import SelfCall
from retrylint.model import GiveUp, Limit, RetrySite
from retrylint.names import Owner
from retrylint.sketch.sketch import Sketch, same_self_calls
from retrylint.study.body import body_of
from retrylint.study.claim import Claim
from retrylint.study.handover_traps import handover_traps
from retrylint.study.repeating import (
    caught_by,
    does_something,
    failures_of,
    operations_in,
    program_of,
    reads_anew,
    sliced,
    success_leaves,
)
from retrylint.study.simulation.adversary import worst
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.program import Program
from retrylint.study.simulation.trace import trace_of

# words of exceptions that say that something has not come yet, or that it is someone else's turn
NOT_YET = ("lock", "pending", "notready", "notyet", "inprogress", "running", "notfinished", "notdone", "notcomplete")


def requeue_claims(function: code.Function, owner: Owner, module: Sketch) -> list[Claim]:
    """One site for each call on a failure path that enqueues the function itself with the same inputs."""
    self_calls = [
        call for call in same_self_calls(function, owner) if call.again.how == "enqueued" and call.via != "result"
    ]
    if not self_calls:
        return []
    program = program_of(function, owner, module, self_calls)
    if reads_anew(function) or not success_leaves(program, owner, self_calls):
        return []
    return [claim for call in self_calls if (claim := _claim(function, owner, program, call)) is not None]


def _claim(function: code.Function, owner: Owner, program: Program, call: SelfCall) -> Claim | None:
    if call.origin is None or not does_something(program, call.origin) or all(map(_waits_for_a_state, call.handlers)):
        return None
    failures = list(failures_of(program, call))
    outcome = worst(sliced(program, failures), failures)
    if outcome is None:
        return None
    limit = _limit(program, call, outcome)
    known = limit == outcome.limit
    site = RetrySite(
        span=call.call.span,
        function=owner.qualified(function.name),
        mechanism="requeue",
        limit=limit,
        schedule=outcome.schedule if known else replace(outcome.schedule, waits=None, trailing=None, rests=False),
        catch=caught_by(program, [call]),
        give_up=outcome.give_up if known else GiveUp(),
        body=replace(body_of(function, program.imports, tuple(operations_in(program, [call])), None), in_task=True),
        spans=(("retry-call", call.call.span), *(("handler", handler.span) for handler in call.handlers)),
    )
    traps = tuple(handover_traps(program, [call], site))
    return Claim(site, function.body, traps, partial(trace_of, replace(outcome, limit=limit)))


def _waits_for_a_state(handler: code.Handler) -> bool:
    """Does a handler catch only what says that something is not there yet?"""
    kinds = [code.last_name(kind).lower().replace("_", "") for kind in handler_types(handler)]
    return bool(kinds) and all(any(word in kind for word in NOT_YET) for kind in kinds)


def _limit(program: Program, call: SelfCall, outcome: Outcome) -> Limit:
    """The limit, unless a count may travel where nobody sees it, or is kept where another worker does not look."""
    if call.again.notes or any(_is_kept_here(program, name) for name in program.counters):
        return Limit("unknown")
    return outcome.limit


def _is_kept_here(program: Program, name: str) -> bool:
    return "." in name or name in program.declared
