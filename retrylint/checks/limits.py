"""The bars that a user can set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_blocking`: the seconds that a retry may hold a task's worker by sleeping. `max_attempts`: the executions
    that it may make, and `max_wait` the seconds that it may wait in all. `max_amplification`: the executions that
    retries within retries may come to.
    """

    max_blocking: float = 10.0
    max_attempts: int = 10
    max_wait: float = 900.0
    max_amplification: int = 8
