"""What a claimant says of a definition."""

from __future__ import annotations

from dataclasses import dataclass

from retrylint.model import RetrySite, Trap


@dataclass(frozen=True, slots=True)
class Claim:
    """A retry site, and the misuse that its reader saw on the way."""

    site: RetrySite
    traps: tuple[Trap, ...] = ()
