"""Waits that do not wait: a coroutine that sleeps is made, and nobody awaits it."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.model import RetrySite, Trap
from retrylint.names import Imports
from retrylint.study.simulation.calls import is_unawaited_sleep


def sleeps_not_awaited(block: code.Block, imports: Imports) -> Iterator[code.Call]:
    """The sleeps of a block that stand alone as statements without `await`."""
    for node in code.walk(*block):
        if isinstance(node, code.Evaluate) and is_unawaited_sleep(node.value, imports):
            assert isinstance(node.value, code.Call)
            yield node.value


def sleep_traps(block: code.Block, imports: Imports, site: RetrySite) -> Iterator[Trap]:
    """One trap for each of them, with the function's name."""
    for call in sleeps_not_awaited(block, imports):
        yield Trap("sleep-not-awaited", call.span, site, imports.name_of(call.function) or "")
