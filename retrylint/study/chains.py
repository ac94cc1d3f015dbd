"""Retries within retries: what each attempt of a site runs, through the module's own functions, down to other sites."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint import code
from retrylint.model import Catch, Chain, RetrySite, Span
from retrylint.sketch.sketch import ClassFacts

MOST_CALLS = 12  # functions between two layers
USUAL = 3  # attempts of a retry whose number is not told, to find the longest chain
EVERYTHING = frozenset({"Exception", "BaseException"})
GIVES_NOTHING_BACK = frozenset({"returns", "falls-through", "continues", "never"})


@dataclass(frozen=True, slots=True)
class Region:
    """A site and what runs again with each of its attempts; `home` is the function that it stands in."""

    site: RetrySite
    block: code.Block
    home: str


@dataclass(frozen=True, slots=True)
class Graph:
    """The functions of a module by qualified name, its classes, and the sites in each function."""

    functions: Mapping[str, code.Function]
    classes: Mapping[str, ClassFacts]
    regions: Sequence[Region]
    by_home: dict[str, list[Region]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for region in self.regions:
            self.by_home.setdefault(region.home, []).append(region)


def chains_in(graph: Graph) -> Iterator[Chain]:
    """The longest chain of each site that no longer chain goes through."""
    if len(graph.regions) < 2:
        return
    found = [
        chain for region in graph.regions if (chain := _longest(graph, region, frozenset())) and len(chain.layers) > 1
    ]
    inner = {id(site) for chain in found for site in chain.layers[1:]}
    yield from (chain for chain in found if id(chain.layers[0]) not in inner)


def factor(site: RetrySite) -> int | None:
    """The attempts that a layer makes; None where that is not told."""
    return site.limit.attempts


def _weight(chain: Chain) -> int:
    product = 1
    for site in chain.layers:
        product *= factor(site) or USUAL
    return product


def _longest(graph: Graph, region: Region, above: frozenset[int]) -> Chain:
    """The chain below a site, that site included, whose factors come to most."""
    own = Chain((region.site,), ())
    best = own
    for inner, calls in _layers_below(graph, region):
        if id(inner.site) in above or not _comes_through(inner.site, region.site):
            continue
        below = _longest(graph, inner, above | {id(region.site)})
        chain = Chain((region.site, *below.layers), (*calls, *below.calls))
        best = max(best, chain, key=_weight)
    return best


def _layers_below(graph: Graph, region: Region) -> Iterator[tuple[Region, tuple[Span, ...]]]:
    """The sites that an attempt runs, with the calls on the way."""
    spans = {node.span for node in code.walk(*region.block) if hasattr(node, "span")}
    homes = graph.by_home.get(region.home, ())
    after = False
    for other in homes:
        if other is region:
            after = True
        elif other.site.span == region.site.span:
            if after and region.site.mechanism == other.site.mechanism == "policy":
                yield other, ()  # a decorator below
        elif other.site.span in spans and "policy" in (region.site.mechanism, other.site.mechanism):
            # a loop around a loop counts the executions of the inner one as its own
            yield other, ()
    seen: set[str] = {region.home}
    layer: list[tuple[code.Call, str, tuple[Span, ...]]] = [
        (call, region.home, ()) for call in _attempted(region.block)
    ]
    for _ in range(MOST_CALLS):
        following: list[tuple[code.Call, str, tuple[Span, ...]]] = []
        for call, home, way in layer:
            name = _target(graph, call, home)
            if name is None or name in seen:
                continue
            seen.add(name)
            calls = (*way, call.span)
            inside = [each for each in graph.by_home.get(name, ()) if each.site.mechanism not in ("client", "task")]
            if inside:
                yield from ((each, calls) for each in inside)
            else:
                following += [(each, name, calls) for each in code.calls(*graph.functions[name].body)]
        layer = following


def _attempted(block: code.Block) -> Iterator[code.Call]:
    """The calls of an attempt, without those that handlers make about its failure."""
    handled = [node.span for node in code.walk(*block) if isinstance(node, code.Handler)]
    yield from (call for call in code.calls(*block) if not any(span.holds(call.span) for span in handled))


def _target(graph: Graph, call: code.Call, home: str) -> str | None:
    """The function of the module that a call runs, by its qualified name; None for any other."""
    name = code.dotted(call.function)
    if name is None:
        return None
    head, _, last = name.rpartition(".")
    if not head:
        within = f"{home}.{name}"
        return within if within in graph.functions else name if name in graph.functions else None
    if head in ("self", "cls"):
        owner: str | None = home.rpartition(".")[0]
        for _ in range(MOST_CALLS):
            if owner is None or owner not in graph.classes:
                return None
            if f"{owner}.{last}" in graph.functions:
                return f"{owner}.{last}"
            owner = next((base for base in graph.classes[owner].bases if base in graph.classes), None)
    return name if head in graph.classes and name in graph.functions else None


def _comes_through(inner: RetrySite, outer: RetrySite) -> bool:
    """May what ends the inner attempts be what the outer ones wait for?"""
    if inner.give_up.ending in GIVES_NOTHING_BACK:
        return False
    if outer.catch.bare or not outer.catch.names or not EVERYTHING.isdisjoint(outer.catch.names):
        return True
    if inner.give_up.ending == "wraps":
        return inner.give_up.exception is None or _is_caught(inner.give_up.exception, outer.catch)
    if not inner.catch.names:
        return True
    return any(_is_caught(name, outer.catch) for name in inner.catch.names)


def _is_caught(name: str, catch: Catch) -> bool:
    """Is an exception among those that are caught, by any name of its package, or by a built-in class?"""
    if any(_is_alike(name, each) for each in catch.names):
        return True
    own = _builtin(name)
    others = [kind for each in catch.names if (kind := _builtin(each)) is not None]
    return own is not None and any(issubclass(own, other) or issubclass(other, own) for other in others)


def _is_alike(one: str, other: str) -> bool:
    """Are two names one class? A package hands its classes out at several places."""
    roots = [name.partition(".")[0] for name in (one, other)]
    return one == other or (roots[0] == roots[1] and one.rpartition(".")[2] == other.rpartition(".")[2])


def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
