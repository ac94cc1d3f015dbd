"""What does it multiply?"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.model import Chain, RetrySite

USUAL = 3  # attempts of a retry whose number is not told
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


def _own_layers(chain: Chain) -> int:
    return sum(site.mechanism != "client" for site in chain.layers)


def _multiplied(said: str, mend: str, chain: Chain, limits: Limits) -> Iterator[Report]:
    factors = [site.limit.attempts for site in chain.layers]
    if prod(each if each is not None else USUAL for each in factors) <= limits.max_amplification:
        return
    known = prod(each for each in factors if each is not None)
    layers = " x ".join(_layer(site) for site in chain.layers)
    what = "requests" if chain.layers[-1].mechanism == "client" else "executions"
    if None not in factors:
        often = f"up to {known:,} {what}"
    elif known > 1:
        often = f"at least {known:,} {what}"
    else:
        often = "the attempts multiply"
    yield Report(f"{said}: {often} ({layers})", chain.layers[0].span, mend, chain.way)


def _layer(site: RetrySite) -> str:
    name = site.library.title if site.library is not None else KINDS[site.mechanism]
    attempts = site.limit.attempts
    if attempts is not None:
        return f"{name} {attempts}"
    return f"{name} without end" if site.limit.kind == "unbounded" else f"{name} ?"
