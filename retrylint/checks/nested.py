"""What does it multiply?"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.checks.words import seconds
from retrylint.model import USUAL, Chain, RetrySite

KINDS = {
    "loop": "loop", "recursion": "recursion", "second-call": "second call", "requeue": "requeueing", "task": "task",
    "policy": "policy", "client": "client",
}  # fmt: skip


def nested_retry(chain: Chain, limits: Limits) -> Iterator[Report]:
    """RTY701: each attempt of a retry makes the attempts of another one."""
    if _own_layers(chain) > 1:
        mend = "retry in one place: where the whole of it can be done again, or next to the call that fails"
        yield from _multiplied("retries what retries itself", mend, chain, limits)


def stacked_on_client(chain: Chain, limits: Limits) -> Iterator[Report]:
    """RTY702: each attempt of a retry calls a client that retries by itself."""
    if _own_layers(chain) == 1:
        mend = "leave the retrying to the client, or switch off its own"
        yield from _multiplied("retries a client that retries by itself", mend, chain, limits)


def path_over_budget(chain: Chain, limits: Limits) -> Iterator[Report]:
    """RTY109: the layers together wait longer than is allowed, though none of them does."""
    total = waits_in_all(chain)
    alone = [site.schedule.total for site in chain.layers]
    if total is None or total <= limits.max_wait or any(each and each.high > limits.max_wait for each in alone):
        return
    yield Report(
        f"waits up to {seconds(total)} with all that its attempts retry ({layers(chain)})"
        f": longer than the {seconds(limits.max_wait)} that are allowed",
        chain.layers[0].span,
        "retry in one place, wait shorter, or give up earlier",
        chain.way,
    )


def waits_in_all(chain: Chain) -> float | None:
    """The seconds that a chain may wait until the outermost layer gives up; None where a layer does not tell."""
    within = 0.0
    for site in reversed(chain.layers):
        own, attempts = site.schedule.total, site.limit.attempts
        if own is None or attempts is None:
            return None
        within = own.high + attempts * within
    return within


def _own_layers(chain: Chain) -> int:
    return sum(site.mechanism != "client" for site in chain.layers)


def _multiplied(said: str, mend: str, chain: Chain, limits: Limits) -> Iterator[Report]:
    factors = [site.limit.attempts for site in chain.layers]
    if prod(each if each is not None else USUAL for each in factors) <= limits.max_amplification:
        return
    yield Report(f"{said}: {amount(chain)} ({layers(chain)})", chain.layers[0].span, mend, chain.way)


def known_product(chain: Chain) -> int:
    """The factors that are known, multiplied."""
    return prod(site.limit.attempts for site in chain.layers if site.limit.attempts is not None)


def amount(chain: Chain) -> str:
    """What a chain comes to: `up to 60 requests`, or `at least`, where a factor is not known."""
    known = known_product(chain)
    what = "requests" if chain.layers[-1].mechanism == "client" else "executions"
    if all(site.limit.attempts is not None for site in chain.layers):
        return f"up to {known:,} {what}"
    return f"at least {known:,} {what}" if known > 1 else "the attempts multiply"


def layers(chain: Chain) -> str:
    """The layers with their factors, from outside in: `task 4 x policy 5`."""
    return " x ".join(f"{retrier(site)} {factor(site)}" for site in chain.layers)


def retrier(site: RetrySite) -> str:
    """Who retries: a library by its title, or the kind of hand-written retry."""
    return site.library.title if site.library is not None else KINDS[site.mechanism]


def factor(site: RetrySite) -> str:
    """By how much a layer multiplies what is within it."""
    if site.limit.attempts is not None:
        return str(site.limit.attempts)
    return "without end" if site.limit.kind == "unbounded" else "?"
