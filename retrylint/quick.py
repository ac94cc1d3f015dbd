"""Dataclasses that are frozen for mypy, and made as quickly as any others.

A frozen dataclass sets its fields one by one through `object.__setattr__`, which takes four times as long. A run makes
some hundred nodes for each function that it reads, and nothing ever sets a field of one: mypy refuses that.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

Made = TypeVar("Made")

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, order: bool = False) -> Callable[[type[Made]], type[Made]]:
        """`dataclasses.dataclass`, which compares and hashes as a frozen one does."""
        return dataclasses.dataclass(slots=slots, order=order, unsafe_hash=frozen)
