"""Which calls of a function run that same function again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from retrylint import code
from retrylint.again.again import WHENEVER, Again, Resolve
from retrylint.again.own import Own, own_of
from retrylint.again.queues import ENQUEUERS, OPTIONS, PACKED, PLAIN, SIGNATURES, enqueued
from retrylint.again.through import through_helper
from retrylint.again.timers import COROUTINES, SCHEDULERS, scheduled
from retrylint.names import Owner

EMPTY: Mapping[str, code.Function] = MappingProxyType({})
VERBS = PLAIN | PACKED | SIGNATURES | OPTIONS | ENQUEUERS.keys() | SCHEDULERS.keys() | COROUTINES | {"partial"}
"""The last names of the calls, beside those of the function itself, by which it may be meant to run again."""


def again_test(function: code.Function, owner: Owner, helpers: Mapping[str, code.Function] = EMPTY) -> Resolve:
    """What each call inside `function` comes to if it runs that function again, and None for any other.

    `helpers`: the functions beside it that may call it, by the names under which it knows them.
    """
    return _Resolver(own_of(function, owner), owner, helpers)


@dataclass(slots=True)
class _Resolver:
    """Answers for the calls of one function, and remembers the answers: a simulation asks again and again."""

    own: Own
    owner: Owner
    helpers: Mapping[str, code.Function]
    known: dict[int, Again | None] = field(default_factory=dict)
    in_callbacks: frozenset[int] | None = None

    def __call__(self, call: code.Call) -> Again | None:
        if id(call) not in self.known:
            self.known[id(call)] = self._answer(call)
        return self.known[id(call)]

    def _answer(self, call: code.Call) -> Again | None:
        name = code.dotted(call.function)
        if name in self.own.names:
            return Again(call, call, "scheduled", WHENEVER) if self._is_put_off(call) else Again(call, call)
        if name is not None and name in self.helpers:
            found = through_helper(call, self.helpers[name], self.own.function, self.owner)
            return None if found is not None and found.how == "called" and self._is_put_off(call) else found
        if code.last_name(call.function) not in VERBS:
            return None
        return enqueued(call, self.own) or scheduled(call, self.own)

    def _is_put_off(self, call: code.Call) -> bool:
        """Does a call stand in a lambda? Then whoever takes that makes it."""
        if self.in_callbacks is None:
            nodes = code.walk(*self.own.function.body, into_definitions=True)
            callbacks = [node.body for node in nodes if isinstance(node, code.Lambda)]
            self.in_callbacks = frozenset(id(each) for each in code.calls(*callbacks, into_definitions=True))
        return id(call) in self.in_callbacks
