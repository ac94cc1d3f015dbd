"""The longest chain of retries below each site: what each attempt runs, through functions, down to other sites."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from retrylint import code
from retrylint.again.queues import PACKED, PLAIN
from retrylint.chains.graph import Graph, Handed, Node, Region
from retrylint.chains.reached import handed_something, instead_of_nothing, is_switched_off, left_out
from retrylint.model import USUAL, Catch, Chain, Location, RetrySite, Span
from retrylint.naming import words_of

MOST_CALLS = 12  # functions between two layers
MOST_FUNCTIONS = 300  # that an attempt is followed through
MOST_LAYERS = 6
EVERYTHING = frozenset({"Exception", "BaseException"})
GIVES_NOTHING_BACK = frozenset({"returns", "falls-through", "continues", "never"})
NOT_SENT = frozenset({"aclose", "close", "copy", "with_options"})  # methods of clients that send nothing
ELSEWHERE = frozenset({"create_task", "ensure_future"})  # what these are given fails elsewhere
BY_HAND = frozenset({"loop", "recursion"})
LETS_OUT = frozenset({"loop", "policy"})  # what ends their attempts leaves the statement that they are
Way = tuple[Location, ...]


def chains_in(regions: Iterable[Region], graph: Graph) -> Iterator[tuple[Region, Chain]]:
    """The longest chain of each site that no longer chain goes through."""
    search = _Search(graph)
    found = [(region, search.longest(region, ())) for region in regions]
    found = [(region, chain) for region, chain in found if len(chain.layers) > 1]
    inner = {id(site) for _, chain in found for site in chain.layers[1:]}
    yield from ((region, chain) for region, chain in found if id(region.site) not in inner)


@dataclass(frozen=True, slots=True)
class _Search:
    graph: Graph
    _below: dict[int, tuple[tuple[Region, Way], ...]] = field(default_factory=dict)

    def longest(self, region: Region, above: tuple[int, ...]) -> Chain:
        """The chain below a site, that site included, whose factors come to most."""
        best = Chain((region.site,))
        repeats = len(above) < MOST_LAYERS - 1 and not _is_of_generator(region.site)
        for inner, way in self._multiplied(region) if repeats else ():
            if id(inner) in above or inner is region:
                continue
            below = self.longest(inner, (*above, id(region)))
            here = Location("inner-retry", inner.site.span, f"retries in {inner.site.function}", inner.home.path)
            chain = Chain((region.site, *below.layers), (*way, here, *below.way))
            best = max(best, chain, key=_weight)
        return best

    def _multiplied(self, region: Region) -> tuple[tuple[Region, Way], ...]:
        """The sites that run once more with every attempt of a site, with the calls on the way."""
        if id(region) not in self._below:
            self._below[id(region)] = (
                *(
                    (inner, way)
                    for inner, way in _layers_below(self.graph, region)
                    if _comes_through(inner, region.site, self.graph) or _is_looked_at(inner.site, region, way)
                ),
                *_enqueued(self.graph, region),
            )
        return self._below[id(region)]


def _is_of_generator(site: RetrySite) -> bool:
    """A library that calls a generator function again has run none of its body."""
    return site.mechanism == "policy" and site.body.is_generator


def _weight(chain: Chain) -> tuple[bool, int]:
    """How much a chain comes to; retries of one's own weigh more than what a client does by itself."""
    product = 1
    for site in chain.layers:
        product *= site.limit.attempts or USUAL
    return sum(site.mechanism != "client" for site in chain.layers) > 1, product


@dataclass(frozen=True, slots=True)
class _Step:
    """A call on the way: the function that makes it, the class of its object where that is told, and what led there.

    `something`: the parameters of the function that were handed something on the way, and not None.
    """

    call: code.Call
    home: Node
    this: Node | None
    way: Way = ()
    handed: Handed = field(default_factory=dict)
    something: frozenset[str] = frozenset()


def _layers_below(graph: Graph, region: Region) -> Iterator[tuple[Region, Way]]:
    """The sites that an attempt runs, with the calls on the way."""
    yield from ((each, ()) for each in _beside(graph, region))
    seen: set[Node] = {region.home}
    handed_on = _handed_on(graph, region)
    layer = [
        _Step(call, region.home, None)
        for block in _tried(region)
        for call in _attempted(block, swallows=region.site.mechanism == "policy")
        if _comes_back(call, region)
    ]
    for _ in range(MOST_CALLS):
        following: list[_Step] = []
        for step in layer:
            call, home, way, handed = step.call, step.home, step.way, step.handed
            node = graph.meant(call.function, home, handed, this=step.this)
            function = graph.function(node) if node is not None else None
            client = graph.client_of(call, home) if node is None else None
            if client is not None and code.last_name(call.function) not in NOT_SENT:
                yield client, (*way, Location("call", call.span, f"calls {code.last_name(call.function)}", home.path))
            if node is None or function is None or node in seen or len(seen) > MOST_FUNCTIONS:
                continue
            if function.is_async and call.span in handed_on:
                continue
            seen.add(node)
            if _is_translated(function, node, graph):
                continue
            name = code.last_name(call.function) or node.name.rpartition(".")[2]  # of what a partial holds
            through: Way = (*way, Location("call", call.span, f"calls {name}", home.path))
            something = handed_something(function, call, graph.bound(home), step.something)
            swallowed = _swallowed(function.body)
            unreached = [*left_out(function, call, something), *instead_of_nothing(function, something)]
            inside = [
                each
                for each in graph.regions_in(node)
                if each.site.mechanism not in ("client", "task")
                and not is_switched_off(each.site, function, call)
                and not any(span.holds(each.site.span_of("retry-call") or each.site.span) for span in unreached)
                and not (each.site.mechanism in LETS_OUT and any(span.holds(each.site.span) for span in swallowed))
            ]
            if inside:
                yield from ((each, through) for each in inside)
            else:
                given = graph.handed(call, home, handed, node)
                this = graph.object_of(call, home, step.this)
                following += [
                    _Step(each, node, this, through, given, something)
                    for each in _attempted(function.body, swallows=True)
                    if not any(span.holds(each.span) for span in unreached)
                ]
        layer = following


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


def _enqueued(graph: Graph, region: Region) -> Iterator[tuple[Region, Way]]:
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
                        yield each, (Location("call", call.span, told, region.home.path),)


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


def _attempted(block: code.Block, swallows: bool = False) -> Iterator[code.Call]:
    """The calls of a block whose failure leaves it: not those that handlers make of it, or that fail elsewhere.

    `swallows`: a handler that lets nothing out ends it; else it may lead to another attempt.
    """
    apart = [node.span for node in code.walk(*block) if isinstance(node, code.Handler)]
    if swallows:
        apart += _swallowed(block)
    apart += [each.span for each in code.calls(*block) if code.last_name(each.function) in ELSEWHERE]
    yield from (call for call in code.calls(*block) if not any(span.holds(call.span) for span in apart))


def _swallowed(block: code.Block) -> list[Span]:
    """The statements whose failure a handler, or a context manager, lets nothing out of."""
    tries = [node for node in code.walk(*block) if isinstance(node, code.Try)]
    withs = [node for node in code.walk(*block) if isinstance(node, code.With)]
    return [
        *(each.span for node in tries if any(map(_takes_all, node.handlers)) for each in node.body),
        *(each.span for node in withs if _may_suppress(node) for each in node.body),
    ]


def _may_suppress(statement: code.With) -> bool:
    """Is it a context manager that is named after suppressing errors?"""
    calls = (context for context, _ in statement.items if isinstance(context, code.Call))
    return any("suppress" in words_of(code.last_name(call.function)) for call in calls)


def _takes_all(handler: code.Handler) -> bool:
    """Does a handler catch every failure, and raise none?"""
    kinds = handler.type.items if isinstance(handler.type, code.Collection) else (handler.type,)
    is_wide = any(each is None or code.dotted(each) in EVERYTHING for each in kinds)
    return is_wide and not any(isinstance(node, code.Raise) for node in code.walk(*handler.body))


def _comes_through(inner: Region, outer: RetrySite, graph: Graph) -> bool:
    """May what ends the inner attempts be what the outer ones wait for?

    No error leads to another attempt of what repeats on a result. Whether two that each tell errors apart mean the same
    ones is not told. What a handler that tells errors apart makes of an
    error that is raised anew, or one for everything of any, is not told, nor is what a helper chooses, unless it has
    raised the error; and a policy's condition was hardly made for an error that stands for another, and whether it was
    for one that is not told is not told.
    """
    ends, caught = inner.site.give_up, inner.site.catch
    if inner.site.span_of("outermost") is not None and inner.site.library == outer.library:
        return False  # the helper knows that it retries already
    if ends.ending in GIVES_NOTHING_BACK or (outer.mechanism in BY_HAND and not _catches(outer.catch)):
        return False
    if not outer.catch.names and not EVERYTHING.isdisjoint(outer.catch.spared):
        return False
    if (
        all(each.discerns for each in (*caught.handlers, *outer.catch.handlers))
        and caught.handlers
        and outer.catch.handlers
    ):
        return False
    if outer.catch.handlers and all(
        each.discerns and (ends.exception is not None or EVERYTHING.intersection(each.names))
        for each in outer.catch.handlers
    ):
        return False
    if outer.catch.chooses and outer.library != inner.site.library:
        named = Catch(tuple(each for each in outer.catch.names if each not in EVERYTHING))
        return any(_is_caught(each, named) for each in ([ends.exception] if ends.exception else caught.names))
    if outer.catch.bare or not EVERYTHING.isdisjoint(outer.catch.names):
        return True
    if not outer.catch.names:
        return ends.ending != "wraps" and (ends.ending != "unknown" or inner.site.mechanism not in BY_HAND)
    if ends.exception is not None:
        kinds = (ends.exception, *graph.ancestors(ends.exception, inner.home))
        return any(_is_caught(name, outer.catch, exactly=True) for name in kinds)
    if ends.ending == "wraps":
        return True
    chooses = caught.chooses or (bool(caught.handlers) and all(each.discerns for each in caught.handlers))
    told = (name for name in caught.names if not (chooses and name in EVERYTHING))
    return any(_is_caught(name, outer.catch) for name in told)


def _catches(catch: Catch) -> bool:
    return catch.bare or bool(catch.names or catch.handlers)


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


def _is_caught(name: str, catch: Catch, exactly: bool = False) -> bool:
    """Is an exception among those that are caught, by any name of its package, or by a built-in class?

    One that is named where it is caught stands for its subclasses too, unless it is `exactly` this one that is raised.
    """
    if any(_is_alike(name, each) for each in catch.names):
        return True
    own = _builtin(name)
    others = [kind for each in catch.names if (kind := _builtin(each)) is not None]
    return own is not None and any(
        issubclass(own, other) or (issubclass(other, own) and not exactly) for other in others
    )


def _is_alike(one: str, other: str) -> bool:
    """Are two names one class? A package hands its classes out at several places."""
    roots = {name.partition(".")[0] for name in (one, other) if "." in name}
    return one.rpartition(".")[2] == other.rpartition(".")[2] and len(roots - {""}) < 2


def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
