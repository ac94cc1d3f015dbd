"""What stands around the attempts of a hand-written retry: who waits for them, and what they are held to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from retrylint import code
from retrylint.loops.rounds import Loop
from retrylint.model import RetrySite, Role, Schedule, Span
from retrylint.names import Imports
from retrylint.naming import words_of
from retrylint.sketch.looping import loops_in
from retrylint.study.held import held_by, undone_by_retry
from retrylint.study.lost import lost_cause
from retrylint.study.promise import promises_value
from retrylint.study.rates import ignores_retry_after
from retrylint.study.simulation.calls import SLEEPS
from retrylint.study.waiting import retrying_handlers, waited_for
from retrylint.verbs import called_name

PAUSES = frozenset({"backoff", "delay", "pause", "sleep"})


def with_surroundings(
    site: RetrySite, function: code.Function, imports: Imports, lines: Sequence[str], helpers: Iterable[str] = ()
) -> RetrySite:
    """The site with what its function shows besides; sites of most other mechanisms stay as they are.

    `helpers`: the qualified names of functions of the module, whose waits are known.
    """
    if site.mechanism == "task" and undone_by_retry(site, function, imports) is not None:
        return replace(site, body=replace(site.body, held="work"))
    if site.mechanism not in ("loop", "recursion"):
        return site
    loop = next((each for each in loops_in(*function.body) if each.span == site.span), None)
    body = replace(
        site.body,
        promises_value=promises_value(function, loop, lines),
        ignores_advice=ignores_retry_after(function),
        held=held_by(site, function, imports),
    )
    if loop is None:
        return replace(site, body=body)
    body = replace(body, waited_for=waited_for(function, loop, site, imports))
    lost = lost_cause(function, loop, retrying_handlers(loop, site))
    told: tuple[tuple[Role, Span], ...] = (("lost-cause", lost),) if lost is not None else ()
    return replace(site, schedule=_unhurried(site.schedule, loop, imports, helpers), body=body, spans=site.spans + told)


def _unhurried(schedule: Schedule, loop: Loop, imports: Imports, helpers: Iterable[str]) -> Schedule:
    """The schedule, without the claim that there is no wait where a round waits in a way that nobody knows."""
    known = {name.rpartition(".")[2] for name in helpers}
    pauses = (call for call in _behind(loop) if _pauses(call, imports) and called_name(call) not in known)
    if schedule.shape != "none" or schedule.waits_with is not None or not any(pauses):
        return schedule
    return Schedule()


def _behind(loop: Loop) -> Iterator[code.Call]:
    """The calls of a round that are not part of what is tried."""
    tried = {
        id(call) for node in code.walk(*loop.body) if isinstance(node, code.Try) for call in code.calls(*node.body)
    }
    return (call for call in code.calls(*loop.body) if id(call) not in tried)


def _pauses(call: code.Call, imports: Imports) -> bool:
    return not PAUSES.isdisjoint(words_of(called_name(call))) and imports.name_of(call.function) not in SLEEPS
