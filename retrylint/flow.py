"""Control flow over `retrylint.code`: how a block can end, and which self-calls a failure leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from retrylint import code
from retrylint.again.again import Again, Resolve

End = Literal["next", "break", "continue", "return", "raise"]
EXITS = frozenset({"sys.exit", "os._exit", "exit", "quit", "pytest.fail", "pytest.skip", "self.fail", "self.skipTest"})
Via = Literal["handler", "after", "result"]

NEXT: frozenset[End] = frozenset({"next"})


def ends(block: code.Block) -> frozenset[End]:
    """The ways in which a block can end, apart from an exception that no `raise` in it states."""
    found: frozenset[End] = frozenset()
    for statement in block:
        own = _ends_of(statement)
        found |= own - NEXT
        if "next" not in own:
            return found
    return found | NEXT


def blocks_of(statement: code.Stmt) -> tuple[code.Block, ...]:
    """The blocks of a compound statement, in the order of the source; none of a simple one or a definition."""
    if isinstance(statement, (code.If, code.For, code.While)):
        return statement.body, statement.orelse
    if isinstance(statement, code.Try):
        return statement.body, *(handler.body for handler in statement.handlers), statement.orelse, statement.finalbody
    if isinstance(statement, code.Match):
        return tuple(case.body for case in statement.cases)
    return (statement.body,) if isinstance(statement, code.With) else ()


_SIMPLE: dict[type[code.Stmt], frozenset[End]] = {
    code.Return: frozenset({"return"}),
    code.Raise: frozenset({"raise"}),
    code.Break: frozenset({"break"}),
    code.Continue: frozenset({"continue"}),
}


def _ends_of(statement: code.Stmt) -> frozenset[End]:
    simple = _SIMPLE.get(type(statement))
    if simple is not None:
        return simple
    if isinstance(statement, code.If):
        return ends(statement.body) | ends(statement.orelse)
    if isinstance(statement, (code.While, code.For)):
        return _loop_ends(statement)
    if isinstance(statement, code.Try):
        return _try_ends(statement)
    if isinstance(statement, code.With):
        inner = ends(statement.body)
        if reraises(statement):
            return (inner - NEXT) | (frozenset({"raise"}) if "next" in inner else frozenset())
        suppresses = any(is_suppress(context) for context, _ in statement.items)
        return inner | (NEXT if suppresses else frozenset())
    if isinstance(statement, code.Match):
        branches = [ends(case.body) for case in statement.cases]
        total = any(case.matches_all and case.guard is None for case in statement.cases)
        return frozenset().union(*branches) | (frozenset() if total else NEXT)
    if isinstance(statement, code.Evaluate) and isinstance(statement.value, code.Call):
        return frozenset({"raise"}) if code.dotted(statement.value.function) in EXITS else NEXT
    return NEXT


def _loop_ends(loop: code.While | code.For) -> frozenset[End]:
    body = ends(loop.body)
    endless = isinstance(loop, code.While) and isinstance(loop.test, code.Const) and bool(loop.test.value)
    found = (body - {"next", "break", "continue"}) | (frozenset() if endless else ends(loop.orelse))
    return found | NEXT if "break" in body else found


def _try_ends(statement: code.Try) -> frozenset[End]:
    body = ends(statement.body)
    if "next" in body:
        body = (body - NEXT) | ends(statement.orelse)
    found = body.union(*(ends(handler.body) for handler in statement.handlers))
    final = ends(statement.finalbody)
    return (final - NEXT) | found if "next" in final else final


def is_suppress(context: code.Expr) -> bool:
    """Is it `contextlib.suppress(...)`, under either of its usual spellings?"""
    return isinstance(context, code.Call) and code.dotted(context.function) in ("suppress", "contextlib.suppress")


def reraises(statement: code.With) -> bool:
    """Is it oslo_utils' `save_and_reraise_exception()`, which raises again unless told `reraise = False`?"""
    named = any(
        isinstance(context, code.Call) and code.last_name(context.function) == "save_and_reraise_exception"
        for context, _ in statement.items
    )
    return named and not any(
        isinstance(node, code.Assign)
        and any(isinstance(target, code.Attribute) and target.name == "reraise" for target in node.targets)
        for node in code.statements(*statement.body)
    )


@dataclass(frozen=True, slots=True)
class SelfCall:
    """A call that runs the function again: what leads to it, the `try` whose failure does, and the tests around it.

    `enclosing`: the outer handlers that it stands in, from outside in, each with its `try`.
    """

    again: Again
    via: Via
    origin: code.Try | None
    handlers: tuple[code.Handler, ...]
    tests: tuple[code.Expr, ...]
    enclosing: tuple[tuple[code.Try, code.Handler], ...]

    @property
    def call(self) -> code.Call:
        """The call as it is written."""
        return self.again.call


def self_calls(function: code.Function, resolve: Resolve) -> tuple[SelfCall, ...]:
    """The self-calls that may be a second attempt: in a handler, behind a failed `try`, or under a condition.

    A self-call that every execution reaches, one in the operation itself (a `try` body outside any handler) and
    one that a loop makes for each item are none.
    """
    return tuple(_descend(function.body, _Place(resolve)))


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known on the way down to a statement."""

    resolve: Resolve
    via: Via | None = None
    origin: code.Try | None = None
    handlers: tuple[code.Handler, ...] = ()
    tests: tuple[code.Expr, ...] = ()

    enclosing: tuple[tuple[code.Try, code.Handler], ...] = ()

    def failed(self, via: Via, origin: code.Try, handlers: tuple[code.Handler, ...]) -> _Place:
        outer = self.enclosing
        if self.via == "handler" and self.origin is not None:
            outer = (*outer, (self.origin, self.handlers[0]))
        return replace(self, via=via, origin=origin, handlers=handlers, enclosing=outer)

    def flagged(self, origin: code.Try, handlers: tuple[code.Handler, ...]) -> _Place:
        return replace(self, origin=origin, handlers=handlers) if self.via is None else self

    def under(self, *tests: code.Expr) -> _Place:
        return replace(self, tests=(*self.tests, *tests))


def _descend(block: code.Block, place: _Place) -> Iterator[SelfCall]:
    for statement in block:
        if isinstance(statement, code.Try):
            yield from _descend_try(statement, place)
            place = _behind(statement, place)
        elif isinstance(statement, code.If):
            yield from _calls_in(place, statement.test)
            yield from _descend(statement.body, place.under(statement.test))
            yield from _descend(statement.orelse, place.under(statement.test))
            if "next" not in ends(statement.body):
                place = place.under(statement.test)  # `if ok: return`: what follows is the other branch
        elif isinstance(statement, code.While):
            yield from _descend(statement.body, place.under(statement.test))
            place = _behind_loop(statement, place)
            yield from _descend(statement.orelse, place)
        elif isinstance(statement, code.For):
            yield from _descend(statement.body, place)
            place = _behind_loop(statement, place)
            yield from _descend(statement.orelse, place)
        elif isinstance(statement, code.With):
            yield from _descend(statement.body, place)
        elif isinstance(statement, code.Match):
            for case in statement.cases:
                yield from _descend(case.body, place.under(statement.subject))
        elif not isinstance(statement, (code.Function, code.Class)):
            yield from _calls_in(place, statement)


def _descend_try(statement: code.Try, place: _Place) -> Iterator[SelfCall]:
    yield from _descend(statement.body, place)
    for handler in statement.handlers:
        yield from _descend(handler.body, place.failed("handler", statement, (handler,)))
    yield from _descend(statement.orelse, place)
    yield from _descend(statement.finalbody, place)


def _behind(statement: code.Try, place: _Place) -> _Place:
    """What a statement behind a `try` knows: was it reached by failure alone, or may a flag tell?"""
    falling = tuple(handler for handler in statement.handlers if "next" in ends(handler.body))
    if not falling:
        return place
    success = ends(statement.body + statement.orelse) if statement.orelse else ends(statement.body)
    if "next" not in success:
        return place.failed("after", statement, falling)
    return place.flagged(statement, falling)


def _behind_loop(loop: code.For | code.While, place: _Place) -> _Place:
    """Behind a loop whose rounds fail one by one, as behind a `try` that failed."""
    for statement in loop.body:
        if isinstance(statement, code.Try):
            going_on = tuple(each for each in statement.handlers if ends(each.body) & {"next", "continue"})
            if going_on:
                return place.flagged(statement, going_on)
    return place


def _calls_in(place: _Place, root: object) -> Iterator[SelfCall]:
    within: set[int] = set()  # what a timer or a queue is told: parts of that one call
    for call in code.calls(root, into_definitions=True):  # a callback that is handed over is called
        again = place.resolve(call) if id(call) not in within else None
        if again is None:
            continue
        if again.how != "called":
            within.update(id(part) for part in code.calls(*code.parts_of(call), into_definitions=True))
        if place.via or place.tests:
            via = place.via or "result"
            yield SelfCall(again, via, place.origin, place.handlers, place.tests, place.enclosing)
