"""Which calls of a function run that same function again, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from retrylint import code

How = Literal["called", "scheduled", "enqueued"]


@dataclass(frozen=True, slots=True)
class Later:
    """What passes before the function runs again: `value` times `unit` seconds, None where it is not known.

    `name` is the function or the option that waits.
    """

    name: str
    value: code.Expr | None = None
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Again:
    """A call by which a function runs again. `made`: the call of the function itself that it comes to.

    `scheduled`: by a timer, an event loop, a thread; no stack grows. `enqueued`: by a queue's worker.
    `notes`: what travels along beside the arguments and is not constant; a count may be in it.
    `through`: the helper that is called, and within it `inner` runs the function again.
    """

    call: code.Call
    made: code.Call
    how: How = "called"
    later: Later | None = None
    notes: tuple[code.Expr, ...] = ()
    through: code.Function | None = None
    inner: Again | None = None


WHENEVER = Later("callback")
"""Whoever is handed a callback runs it when it likes: at once, or after a wait that nobody sees here."""

Resolve = Callable[[code.Call], Again | None]
