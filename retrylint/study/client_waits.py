"""The waits of a client, computed from its options by the library's formula."""

from __future__ import annotations

from retrylint import code
from retrylint.libraries.clients import Client
from retrylint.libraries.delays import Delay
from retrylint.model import Limit, Schedule
from retrylint.study.client_options import Stated, call_options, delay_positions, unpacked_in
from retrylint.study.formula import Formula, is_off, schedule_of_waits
from retrylint.study.scope import Scope

SHOWN = 16  # waits that are looked at to see how an endless or unknown number of them grows
MOST = 1000  # waits that are written down


def schedule_of(client: Client, stated: Stated, limit: Limit, scope: Scope) -> Schedule:
    """The waits between the attempts."""
    waits_with = client.waits_with or None
    if client.told:
        return Schedule("server", waits_with=waits_with)
    delay, options = _delay(client, stated, scope)
    if delay is None:
        return Schedule(waits_with=waits_with)
    if delay.switch and is_off(options, delay.switch, scope):
        delay = Delay()
    formula = Formula.read(delay, options, scope)
    count = SHOWN if limit.attempts is None else min(limit.attempts - 1, MOST)
    waits = list(formula.waits(count))
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits) or not _is_known(client, delay, options, scope):
        grows = formula.shape if options.complete or formula.shape != "none" else "dynamic"
        return Schedule(grows, jitter=formula.jitters if options.complete else None, waits_with=waits_with)
    return schedule_of_waits(known, formula.shape, limit, waits_with)


def _delay(client: Client, stated: Stated, scope: Scope) -> tuple[Delay | None, Stated]:
    """How it waits, with the options that say so; None where an object does that nobody knows."""
    holder = stated.options.get(client.delay_in) if client.delay_in else None
    if holder is None:
        is_needed = client.delay_in and client.delay == Delay()
        inside = client.delay.within
        told = unpacked_in(stated, inside, scope) if inside in stated.options else stated
        return (None if is_needed else client.delay), told
    made = scope.meant(holder)
    delay = client.delays.get(scope.imports.name_of(made.function) or "") if isinstance(made, code.Call) else None
    if delay is None or not isinstance(made, code.Call):
        return None, stated
    return delay, call_options(made, delay_positions(delay), scope)


def _is_known(client: Client, delay: Delay, options: Stated, scope: Scope) -> bool:
    """Does the formula hold, whatever else may choose the waits?"""
    if not options.complete or (client.paced_by and client.paced_by in options.options):
        return False
    if not delay.known_by:
        return True
    name, *values = delay.known_by
    chosen = options.options.get(name)
    return chosen is not None and scope.value(chosen) in values
