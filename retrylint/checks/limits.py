"""The bars that a user can set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_blocking`: the seconds that a retry may hold a task's worker by sleeping."""

    max_blocking: float = 10.0
