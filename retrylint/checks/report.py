"""What a check says, before the rule's code and the file's name are put to it."""

from __future__ import annotations

from dataclasses import dataclass

from retrylint.model import Location, Span


@dataclass(frozen=True, slots=True)
class Report:
    """A message, where it stands, and how to mend it."""

    message: str
    span: Span
    help: str = ""
    related: tuple[Location, ...] = ()
