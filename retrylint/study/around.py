"""What stands around the attempts of a hand-written retry: who waits for them, and what they are held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from retrylint import code
from retrylint.loops.rounds import Loop
from retrylint.model import RetrySite, Schedule
from retrylint.names import Imports
from retrylint.sketch.looping import loops_in
from retrylint.study.promise import promises_value
from retrylint.study.waiting import retrying_handlers, waited_for
from retrylint.verbs import called_name, words_of

PAUSES = frozenset({"backoff", "delay", "pause", "sleep"})


def with_surroundings(site: RetrySite, function: code.Function, imports: Imports, lines: Sequence[str]) -> RetrySite:
    """The site with what its function shows besides; sites of other mechanisms stay as they are."""
    if site.mechanism not in ("loop", "recursion"):
        return site
    loop = next((each for each in loops_in(*function.body) if each.span == site.span), None)
    body = replace(site.body, promises_value=promises_value(function, loop, lines))
    if loop is None:
        return replace(site, body=body)
    body = replace(body, waited_for=waited_for(function, loop, site, imports))
    return replace(site, schedule=_unhurried(site.schedule, loop, site), body=body)


def _unhurried(schedule: Schedule, loop: Loop, site: RetrySite) -> Schedule:
    """The schedule, without the claim that there is no wait where a handler waits in a way that nobody knows."""
    calls = (call for handler in retrying_handlers(loop, site) for call in code.calls(*handler.body))
    if schedule.shape != "none" or not any(PAUSES & set(words_of(called_name(call))) for call in calls):
        return schedule
    return Schedule("unknown", waits_with=schedule.waits_with)
