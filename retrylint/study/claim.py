"""What a claimant says of a definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retrylint import code
from retrylint.model import LeftOut, RetrySite, Step, Trap


@dataclass(frozen=True, slots=True)
class Claim:
    """A retry site, or why it is none.

    `block`: what runs again with every attempt. `traps`: the misuse that the claimant saw on the way. `trace`: tells
    the run that the site's numbers were read off, where one was followed.
    """

    found: RetrySite | LeftOut
    block: code.Block = ()
    traps: tuple[Trap, ...] = ()
    trace: Callable[[], tuple[Step, ...]] | None = None
