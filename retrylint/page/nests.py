"""Nested retries as the page shows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from retrylint.checks.nested import amount, factor, known_product, layers, retrier
from retrylint.engine import FileResult
from retrylint.model import Chain, Location, RetrySite
from retrylint.page.contents import Layer, Nest, Told
from retrylint.page.drawing import strip
from retrylint.page.layers import blocks_of

NESTED = frozenset({"RTY701", "RTY702"})
Placed = tuple[str, RetrySite]
"""A site in a file. Two retries may stand at one place, such as decorators above one another."""


def nests_of(
    results: Iterable[FileResult], numbers: Mapping[Placed, int], found: Mapping[int, Sequence[Told]]
) -> tuple[Nest, ...]:
    """The nested retries, those first that come to most; `numbers` are those of the sites, `found` their findings."""
    chains = [(result.filename, chain) for result in results for chain in result.facts.chains]
    ranked = sorted(chains, key=lambda each: _load(each[1]), reverse=True)
    return tuple(_nest(number, *each, numbers, found) for number, each in enumerate(ranked, 1))


def _load(chain: Chain) -> float:
    """How many executions a chain comes to, to sort by."""
    is_endless = any(site.limit.kind == "unbounded" for site in chain.layers)
    return math.inf if is_endless else known_product(chain)


def _nest(
    number: int, path: str, chain: Chain, numbers: Mapping[Placed, int], found: Mapping[int, Sequence[Told]]
) -> Nest:
    homes = (path, *(place.filename or path for place in chain.way if place.role == "inner-retry"))
    rows = [numbers.get(each) for each in zip(homes, chain.layers, strict=True)]
    pictures = [strip(blocks, depth) for depth, blocks in enumerate(blocks_of(chain))]
    shown = tuple(
        Layer(retrier(site), factor(site), site.function, f"{home}:{site.span.line}", row, picture)
        for home, site, row, picture in zip(homes, chain.layers, rows, pictures, strict=True)
    )
    told = found.get(rows[0], ()) if rows[0] is not None else ()
    return Nest(
        number=number,
        amount=amount(chain),
        said=layers(chain),
        load=_load(chain),
        layers=shown,
        way=tuple((_where(place, path), place.message) for place in chain.way),
        findings=tuple(each for each in told if each.code in NESTED),
    )


def _where(place: Location, path: str) -> str:
    return f"{place.filename or path}:{place.span.line}"


def within(nests: Iterable[Nest]) -> dict[int, tuple[int, ...]]:
    """The nested retries that each site is a layer of."""
    found: dict[int, tuple[int, ...]] = {}
    for nest in nests:
        for layer in nest.layers:
            if layer.row is not None:
                found[layer.row] = (*found.get(layer.row, ()), nest.number)
    return found
