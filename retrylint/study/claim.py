"""What a claimant says of a definition."""

from __future__ import annotations

from dataclasses import dataclass

from retrylint import code
from retrylint.model import LeftOut, RetrySite, Trap
from retrylint.study.simulation.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Claim:
    """A retry site, or why it is none.

    `block`: what runs again with every attempt. `traps`: the misuse that the claimant saw on the way. `outcome`: what
    the site's numbers were read off, where it was simulated.
    """

    found: RetrySite | LeftOut
    block: code.Block = ()
    traps: tuple[Trap, ...] = ()
    outcome: Outcome | None = None
