"""The longest chain of retries below each site: what each attempt runs, through functions, down to other sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import prod

from retrylint import code
from retrylint.again.queues import PACKED, PLAIN
from retrylint.chains.failures import leads_on
from retrylint.chains.graph import Graph, Handed, Node, Region
from retrylint.chains.reached import FREE, Given, handed, reached
from retrylint.chains.uses import as_used, is_switched_off
from retrylint.model import USUAL, Chain, Location, RetrySite, Span

MOST_CALLS = 12  # functions between two layers
MOST_FUNCTIONS = 300  # that an attempt is followed through
MOST_LAYERS = 6
NOT_SENT = frozenset({"aclose", "close", "copy", "with_options"})  # methods of clients that send nothing
ELSEWHERE = frozenset({"create_task", "ensure_future"})  # what these are given fails elsewhere
Way = tuple[Location, ...]


def chains_in(regions: Iterable[Region], graph: Graph) -> Iterator[tuple[Region, Chain]]:
    """The longest chain of each site that no longer chain goes through."""
    search = _Search(graph)
    found = [(region, search.longest(region, ())) for region in regions]
    inner = {place for _, longest in found for place in longest.within}
    yield from ((region, each.chain) for region, each in found if each.within and id(region) not in inner)


@dataclass(frozen=True, slots=True)
class _Longest:
    """A chain, and the regions of all its layers but the first, by their identity."""

    chain: Chain
    within: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Inner:
    """A site that runs once more with every attempt of another one: as it is used there, and the calls on the way.

    `tries`: the `try` statements that its failure passes through, from inside out.
    """

    region: Region
    site: RetrySite
    way: Way = ()
    tries: tuple[code.Try, ...] = ()


@dataclass(frozen=True, slots=True)
class _Search:
    graph: Graph
    _below: dict[int, tuple[_Inner, ...]] = field(default_factory=dict)

    def longest(self, region: Region, above: tuple[int, ...]) -> _Longest:
        """The chain below a site, that site included, whose factors come to most."""
        best = _Longest(Chain((region.site,)))
        repeats = len(above) < MOST_LAYERS - 1 and not _is_of_generator(region.site)
        for inner in self._multiplied(region) if repeats else ():
            if id(inner.region) in above or inner.region is region or _is_of_generator(inner.site):
                continue
            below = self.longest(inner.region, (*above, id(region)))
            told = f"retries in {inner.site.function}"
            here = Location("inner-retry", inner.site.span, told, inner.region.home.path)
            layers = (region.site, inner.site, *below.chain.layers[1:])
            chain = Chain(layers, (*inner.way, here, *below.chain.way))
            best = max(best, _Longest(chain, (id(inner.region), *below.within)), key=_weight)
        return best

    def _multiplied(self, region: Region) -> tuple[_Inner, ...]:
        """The sites that run once more with every attempt of a site."""
        if id(region) not in self._below:
            self._below[id(region)] = (
                *(
                    inner
                    for inner in _layers_below(self.graph, region)
                    if leads_on(inner.region, region.site, inner.tries, self.graph)
                    or _is_looked_at(inner.site, region, inner.way)
                ),
                *_enqueued(self.graph, region),
            )
        return self._below[id(region)]


def _is_of_generator(site: RetrySite) -> bool:
    """A library that calls a generator function again has run none of its body."""
    return site.mechanism == "policy" and site.body.is_generator


def _weight(longest: _Longest) -> tuple[bool, int]:
    """How much a chain comes to; retries of one's own weigh more than what a client does by itself."""
    layers = longest.chain.layers
    own = sum(site.mechanism != "client" for site in layers)
    return own > 1, prod(site.limit.attempts or USUAL for site in layers)


@dataclass(frozen=True, slots=True)
class _Step:
    """A call on the way: the function that makes it, the class of its object where that is told, and what led there.

    `given`: what that function was handed itself, `functions` those of it that are functions.
    """

    call: code.Call
    home: Node
    this: Node | None
    tries: tuple[code.Try, ...]
    way: Way = ()
    given: Given = field(default_factory=dict)
    functions: Handed = field(default_factory=dict)


def _layers_below(graph: Graph, region: Region) -> Iterator[_Inner]:
    """The sites that an attempt runs, as far as that is sure, with the calls on the way."""
    yield from (_Inner(each, each.site) for each in _beside(graph, region))
    seen: set[tuple[Node, frozenset[tuple[str, code.Expr]]]] = set()
    handed_on = _handed_on(graph, region)
    around = graph.function(region.home)
    free = dict.fromkeys(code.own_parameters(around), FREE) if around is not None else {}
    layer = [
        _Step(call, region.home, None, tries, given=free)
        for block in _tried(region)
        for call, tries in _calls(block, free)
        if _comes_back(call, region)
    ]
    for _ in range(MOST_CALLS):
        following: list[_Step] = []
        for step in layer:
            call, home = step.call, step.home
            node = graph.meant(call.function, home, step.functions, this=step.this)
            function = graph.function(node) if node is not None else None
            client = graph.client_of(call, home) if node is None else None
            if client is not None and code.last_name(call.function) not in NOT_SENT:
                told = f"calls {code.last_name(call.function)}"
                way = (*step.way, Location("call", call.span, told, home.path))
                yield _Inner(client, client.site, way, step.tries)
            if node is None or function is None or node == region.home or len(seen) > MOST_FUNCTIONS:
                continue
            if function.is_async and call.span in handed_on:
                continue
            given = handed(function, call, step.given)
            if (node, frozenset(given.items())) in seen:
                continue
            seen.add((node, frozenset(given.items())))
            if _is_translated(function, node, graph):
                continue
            name = code.last_name(call.function) or node.name.rpartition(".")[2]  # of what a partial holds
            way = (*step.way, Location("call", call.span, f"calls {name}", home.path))
            inside = [
                _Inner(each, as_used(each.site, function, call), way, (*tries, *step.tries))
                for each, tries in _sites_in(function, given, graph.regions_in(node))
                if not is_switched_off(each.site, function, call)
            ]
            yield from inside
            if not inside:
                functions = graph.handed(call, home, step.functions, node)
                this = graph.object_of(call, home, step.this)
                following += [
                    _Step(each, node, this, (*tries, *step.tries), way, given, functions)
                    for each, tries in _calls(function.body, given)
                ]
        layer = following


def _sites_in(
    function: code.Function, given: Given, regions: Iterable[Region]
) -> Iterator[tuple[Region, tuple[code.Try, ...]]]:
    """The sites of a function that a call of it comes to, with the `try` statements around them."""
    regions = [each for each in regions if each.site.mechanism not in ("client", "task")]
    found = list(reached(function.body, given, in_handlers=True)) if regions else []
    within = {each.node.span: each for each in found}
    for each in regions:
        place = each.site.span_of("retry-call") or each.site.span
        if not any(statement.span.holds(place) for statement in function.body):
            yield each, ()  # what is written above the function, or is all of it
        elif place in within:
            yield each, within[place].tries


def _calls(block: code.Block, given: Given) -> Iterator[tuple[code.Call, tuple[code.Try, ...]]]:
    """The calls of a block whose failure leaves it, with the `try` statements around them: none that handlers make, or
    that fail elsewhere.
    """
    elsewhere: list[Span] = []
    for each in reached(block, given):
        if isinstance(each.node, code.Call):
            if code.last_name(each.node.function) in ELSEWHERE:
                elsewhere.append(each.node.span)
            if not any(span.holds(each.node.span) for span in elsewhere):
                yield each.node, each.tries


def _is_translated(function: code.Function, node: Node, graph: Graph) -> bool:
    """Does a decorator of the project, above what retries, raise other errors in place of a function's own?"""
    home = Node(node.path, node.name.rpartition(".")[0])
    for decorator in function.decorators:
        made = decorator.function if isinstance(decorator, code.Call) else decorator
        meant = graph.meant(made, home, {})
        around = graph.function(meant) if meant is not None else None
        inside = list(code.walk(*around.body, into_definitions=True)) if around is not None else []
        if not inside or any(isinstance(each, (code.For, code.While)) for each in inside):
            return False
        handlers = [each for each in inside if isinstance(each, code.Handler)]
        if any(isinstance(each, code.Raise) and each.exception is not None for one in handlers for each in one.body):
            return True
    return False


def _enqueued(graph: Graph, region: Region) -> Iterator[_Inner]:
    """The tasks that a task puts on their queues each time that it fails and is to be run again."""
    if region.site.mechanism != "task":
        return
    for handler in (node for node in code.walk(*region.block) if isinstance(node, code.Handler)):
        if not any(_leads_on(each, region) for each in handler.body):
            continue
        calls = [each.value for each in handler.body if isinstance(each, code.Evaluate)]
        for call in (each for each in calls if isinstance(each, code.Call)):
            if isinstance(call.function, code.Attribute) and call.function.name in PLAIN | PACKED:
                node = graph.meant(call.function.value, region.home, {})
                told = f"enqueues {code.last_name(call.function.value)}"
                for each in graph.regions_in(node) if node is not None else ():
                    if each.site.mechanism == "task":
                        way = (Location("call", call.span, told, region.home.path),)
                        yield _Inner(each, each.site, way)


def _leads_on(statement: code.Stmt, region: Region) -> bool:
    """Does a statement of a handler always end an attempt of a task with a failure?"""
    retried = region.site.span_of("retry-call")
    return isinstance(statement, code.Raise) or (
        isinstance(statement, code.Evaluate) and retried is not None and statement.span.holds(retried)
    )


def _beside(graph: Graph, region: Region) -> Iterator[Region]:
    """The sites of the same function that an attempt runs: a decorator below, a retry in what is repeated."""
    spans = {node.span for block in _tried(region) for node in code.walk(*block) if hasattr(node, "span")}
    after = False
    for other in graph.regions_in(region.home):
        if other is region:
            after = True
        elif other.site.span == region.site.span:
            is_around = after and region.block == other.block  # not one policy whose attempts are made at two places
            if is_around and region.site.mechanism == other.site.mechanism == "policy":
                yield other
        elif other.site.span in spans and "policy" in (region.site.mechanism, other.site.mechanism):
            # a loop around a loop counts the executions of the inner one as its own
            yield other


def _tried(region: Region) -> Iterator[code.Block]:
    """The blocks whose failure leads to another attempt: those that the site's handlers are of, where it has any."""
    spans = {handler.span for handler in region.site.catch.handlers}
    tries = [node for node in code.walk(*region.block) if isinstance(node, code.Try)]
    tried = [each.body for each in tries if spans.intersection(handler.span for handler in each.handlers)]
    yield from tried or [region.block]


def _handed_on(graph: Graph, region: Region) -> frozenset[Span]:
    """The calls whose results a function that awaits nothing returns: a coroutine is run when its attempts are over."""
    function = graph.function(region.home)
    if region.site.mechanism != "policy" or function is None or function.is_async:
        return frozenset()
    returned = (node.value for node in code.walk(*region.block) if isinstance(node, code.Return))
    return frozenset(each.span for each in returned if isinstance(each, code.Call))


def _comes_back(call: code.Call, region: Region) -> bool:
    """May the function still call itself behind a call? What stands behind its last self-call is not repeated."""
    own = [span for role, span in region.site.spans if role in ("self-call", "reschedule")]
    return region.site.mechanism != "recursion" or not own or call.span < max(own)


def _is_looked_at(inner: RetrySite, outer: Region, way: Way) -> bool:
    """Is what the inner attempts give in the end a result that the outer ones are made for?

    Which results a policy of a library is made for is not told: a status of 503, where the outer ones look for 409.
    """
    site = outer.site
    if site.mechanism != "loop" or site.catch.names or site.catch.bare or not way:
        return False
    if inner.library is not None and inner.library.name != "inhouse":
        return False
    operations = {code.last_name(call.function) for call in code.calls(*outer.block) if call.span == way[0].span}
    named = {each.rpartition(".")[2] for each in site.body.operations}
    return inner.give_up.ending in ("returns", "falls-through") and not operations.isdisjoint(named)
