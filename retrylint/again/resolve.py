"""Which calls of a function run that same function again."""

from __future__ import annotations

from retrylint import code
from retrylint.again.again import WHENEVER, Again, Resolve
from retrylint.again.own import own_of
from retrylint.again.queues import ENQUEUERS, OPTIONS, PACKED, PLAIN, SIGNATURES, enqueued
from retrylint.again.timers import COROUTINES, SCHEDULERS, scheduled
from retrylint.names import Owner

VERBS = PLAIN | PACKED | SIGNATURES | OPTIONS | ENQUEUERS.keys() | SCHEDULERS.keys() | COROUTINES | {"partial"}
"""The last names of the calls, beside those of the function itself, by which it may be meant to run again."""


def again_test(function: code.Function, owner: Owner) -> Resolve:
    """What each call inside `function` comes to if it runs that function again, and None for any other."""
    own = own_of(function, owner)
    put_off = {
        id(call)
        for node in code.walk(*function.body, into_definitions=True)
        if isinstance(node, code.Lambda)
        for call in code.calls(node.body, into_definitions=True)
    }

    def resolve(call: code.Call) -> Again | None:
        if own.is_meant(call.function):
            return Again(call, call, "scheduled", WHENEVER) if id(call) in put_off else Again(call, call)
        return enqueued(call, own) or scheduled(call, own)

    return resolve
