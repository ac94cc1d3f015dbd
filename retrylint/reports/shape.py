"""What the inventory of retry sites can look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["text", "json", "markdown"]
FORMS: tuple[Form, ...] = ("text", "json", "markdown")
Key = Literal["path", "attempts", "wait"]
KEYS: tuple[Key, ...] = ("path", "attempts", "wait")
Group = Literal["module", "library"]
GROUPS: tuple[Group, ...] = ("module", "library")


@dataclass(frozen=True, slots=True)
class Shape:
    """How the inventory is to look. `sort`: None is the order in which the files are found."""

    form: Form = "text"
    sort: Key | None = None
    group_by: Group | None = None
