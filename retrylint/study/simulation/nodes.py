"""What is known of the names, calls and comparisons of a program before it runs, each found once."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from retrylint import code
from retrylint.again.again import Again
from retrylint.dataflow import deciding_calls, declared_names
from retrylint.flow import EXITS
from retrylint.loops.telling import tells_to_stop
from retrylint.names import bindings, bound_names
from retrylint.naming import words_of
from retrylint.study.simulation import calls
from retrylint.study.simulation.keeping import MayRaise, keeps_count, may_raise
from retrylint.study.simulation.places import item_name, place_name
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.ways import answers_toward
from retrylint.values import Unknown
from retrylint.verbs import called_name, is_accessor, is_acting, is_fetching, is_logging, is_sleeping, is_steering

CHANGING = frozenset(
    {"update", "try", "refresh", "rotate", "switch", "next", "pop", "take", "recover", "repair", "fix", "resolve"}
)
PLACES = (code.Name, code.Attribute, code.Subscript)
CallKind = Literal["sleep", "clock", "range", "exit", "computes", "item", "next", "other"]


@dataclass(frozen=True, slots=True)
class Place:
    """A name or a dotted name, and what holds of it in every run.

    `fixed`: what it always is, where that differs between attempts or is not told. `part`: of a container that is
    changed in place. `loose`: other code may set it between two attempts. `counted`: it counts ones, or is compared
    with what does. `defined`: what the module or the class sets it to. `still`, `moved`: it, where nothing is known.
    """

    name: str
    head: str
    fixed: Unknown | None
    part: bool
    loose: bool
    counted: bool
    defined: code.Expr | None
    still: Unknown
    moved: Unknown


@dataclass(frozen=True, slots=True)
class Callee:
    """What a call calls, and what holds of it in every run.

    `name`: qualified, or nothing. `moves`: it gives another thing each time. `another`: it runs a function of the
    module that does more than can be followed, unless it is about an error. `differs`: other code may run between.
    `owner`: the name whose method it is. `sleeps`: it does, by its name. `item`: what `get` and `pop` ask for.
    `may_raise`: does it, though nothing of it is seen? `counts`: it is told the count of the attempts.
    `still`, `moved`: its result, not known.
    """

    name: str
    kind: CallKind
    again: Again | None
    helper: code.Function | None
    owner: str
    moves: bool
    another: bool
    differs: bool
    sleeps: bool
    item: str | None
    may_raise: MayRaise
    counts: bool
    still: Unknown
    moved: Unknown


@dataclass(frozen=True, slots=True)
class Comparison:
    """`ordered`: what is stepped from attempt to attempt is compared.

    `far`: which sides bound what grows by more than ones, and so are far away.
    """

    ordered: bool
    far: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Nodes:
    """What was found out of a program, by the identity of a node or by a name; `mentioned`: the names in its loop."""

    program: Program
    names: dict[int, str | None] = field(default_factory=dict)
    items: dict[int, str | None] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    callees: dict[int, Callee] = field(default_factory=dict)
    comparisons: dict[int, Comparison] = field(default_factory=dict)
    ways: dict[int, dict[int, bool]] = field(default_factory=dict)
    mentioned: set[str] = field(default_factory=set)
    unread: dict[int, str | None] = field(default_factory=dict)
    declarations: dict[int, frozenset[str]] = field(default_factory=dict)
    advised: dict[int, bool] = field(default_factory=dict)
    circular: dict[int, bool] = field(default_factory=dict)
    asking: dict[tuple[int, int], bool] = field(default_factory=dict)
    failing: dict[int, frozenset[str]] = field(default_factory=dict)
    about: dict[tuple[int, int], bool] = field(default_factory=dict)

    def under(self, program: Program) -> Nodes:
        """The same program with other assumptions about what parameters and attributes hold."""
        return replace(self, program=program, places={})

    def dotted(self, expr: code.Expr) -> str | None:
        """`code.dotted` of an expression."""
        key = id(expr)
        if key not in self.names:
            self.names[key] = code.dotted(expr)
        return self.names[key]

    def is_mentioned(self, key: int | str) -> bool:
        """May the loop, or a helper that it calls, look at a name?"""
        if not self.mentioned and self.program.loop is not None:
            self.mentioned.update(_mentioned(self.program.loop, self.program.helpers))
        return key in self.mentioned

    def item(self, expr: code.Subscript) -> str | None:
        """`item_name` of a subscript."""
        key = id(expr)
        if key not in self.items:
            self.items[key] = item_name(expr.value, expr.index)
        return self.items[key]

    def unread_item(self, loop: code.For) -> str | None:
        """The name of a loop's item, where nothing looks at it."""
        key = id(loop)
        if key not in self.unread:
            names = [node.id for node in code.walk(*self.program.function.body) if isinstance(node, code.Name)]
            item = loop.target.id if isinstance(loop.target, code.Name) else None
            self.unread[key] = item if item is not None and names.count(item) == 1 else None
        return self.unread[key]

    def declared(self, function: code.Function) -> frozenset[str]:
        """`declared_names` of a function."""
        key = id(function)
        if key not in self.declarations:
            self.declarations[key] = declared_names(function)
        return self.declarations[key]

    def place(self, name: str) -> Place:
        """What holds of a name."""
        if name not in self.places:
            self.places[name] = _place(self.program, name)
        return self.places[name]

    def callee(self, call: code.Call) -> Callee:
        """What holds of a call."""
        key = id(call)
        if key not in self.callees:
            self.callees[key] = _callee(self.program, call)
        return self.callees[key]

    def is_advised(self, test: code.Expr) -> bool:
        """Does a test ask what is told the count of the attempts, and cannot be followed? Or for an unknown item?

        So does one that asks whether that gave anything: `delay = self.delay_of(attempt)`, `if delay is None`.
        """
        key = id(test)
        if key not in self.advised:
            callees = map(self.callee, (*code.calls(test), *self._given_or_none(test)))
            told = any(each.counts and each.kind == "other" and each.helper is None for each in callees)
            self.advised[key] = told or is_among(test, _items(self.program))
        return self.advised[key]

    def _given_or_none(self, test: code.Expr) -> Iterator[code.Call]:
        """What gives the names of which a test asks whether they are None."""
        asked = {
            node.left
            for node in code.walk(test)
            if isinstance(node, code.Compare) and node.operators[0] in ("is", "is not") and _is_none(node.others[0])
        }
        for node in code.statements(*self.program.function.body):
            if isinstance(node, code.Assign) and not asked.isdisjoint(node.targets):
                yield from code.calls(node.value)

    def asks_anew(self, test: code.Expr, failure: Failure) -> bool:
        """Does a test look at what a call gives that may give something else on the next attempt?

        The failing operation does not, and neither does what looks at its result or at the error that was caught.
        """
        key = id(test), id(failure.operation)
        if key not in self.asking:
            self.asking[key] = self._asks_anew(test, failure)
        return self.asking[key]

    def _asks_anew(self, test: code.Expr, failure: Failure) -> bool:
        operation = failure.operation
        return any(
            (_changes(call) or not self.is_about_failure(call, failure))
            and (operation is None or not operation.span.holds(call.span))
            for call in deciding_calls(self.program.function, (test,), in_part=True)
            if self.callee(call).kind == "other" and _may_differ(call)
        )

    def is_about_failure(self, call: code.Call, failure: Failure) -> bool:
        """Is a call handed, or is it a method of, the error that was caught or the result that is the failure?"""
        key = id(call), id(failure.operation)
        if key not in self.about:
            owner = (call.function,) if isinstance(call.function, code.Attribute) else ()
            asked = (*owner, *(argument.value for argument in call.arguments))
            names = {node.id for node in code.walk(*asked) if isinstance(node, code.Name)}
            self.about[key] = not self._names_of(failure.operation).isdisjoint(names)
        return self.about[key]

    def _names_of(self, operation: code.Call | None) -> frozenset[str]:
        """The names of what tells of an operation's failure."""
        key = id(operation)
        if key not in self.failing:
            self.failing[key] = frozenset(_names_of_failure(self.program.function, operation))
        return self.failing[key]

    def is_made_of_itself(self, statement: code.Assign) -> bool:
        """Is what an assignment sets made of what it was before: the next one in a row?"""
        key = id(statement)
        if key not in self.circular:
            targets = {name for target in statement.targets for name in _set_by(target)}
            self.circular[key] = not targets.isdisjoint(_set_by(statement.value))
        return self.circular[key]

    def comparison(self, expr: code.Compare) -> Comparison:
        """What holds of a comparison."""
        key = id(expr)
        if key not in self.comparisons:
            self.comparisons[key] = _comparison(self.program, expr)
        return self.comparisons[key]

    def toward(self, failure: Failure) -> dict[int, bool]:
        """The answers that lead a run to a failure, by the identity of the test."""
        key = id(failure)
        if key not in self.ways:
            point = failure.trigger.point if failure.trigger is not None else failure.operation
            self.ways[key] = {} if point is None else answers_toward(self.program.function.body, point)
        return self.ways[key]


def _is_none(expr: code.Expr) -> bool:
    return isinstance(expr, code.Const) and expr.value is None


def _set_by(expr: code.Expr) -> set[str]:
    """The names and dotted names in an expression."""
    return {name for each in code.walk(expr) if isinstance(each, PLACES) and (name := place_name(each))}


def _place(program: Program, name: str) -> Place:
    head, dot, _ = name.partition(".")
    still, moved = Unknown(name), Unknown(name, moving=True)
    fixed = moved if name in program.moving else still if name in program.changed else None
    part = any(name.startswith(f"{container}.") for container in program.moving)
    loose = bool(dot) and program.deferred and name not in program.sets and head not in program.imports.table
    counted = name in program.limits
    return Place(name, head if dot else "", fixed, part, loose, counted, program.constant(name), still, moved)


def _callee(program: Program, call: code.Call) -> Callee:
    name = program.imports.name_of(call.function) or ""
    dotted = code.dotted(call.function)
    owner = code.dotted(call.function.value) if isinstance(call.function, code.Attribute) else None
    origin = f"{name}()@{call.span.line}:{call.span.column}"
    stepped = any(is_among(argument.value, program.counters) for argument in call.arguments)
    iterated = code.dotted(program.loop.iterable) if isinstance(program.loop, code.For) else None
    counts = (
        stepped
        or (owner is not None and owner == iterated)
        or any(is_among(argument.value, _items(program)) for argument in call.arguments)
    )
    kind = _kind(name, call)
    if kind == "next" and _never_ends(call.arguments[0].value, program):
        kind = "other"
    return Callee(
        name,
        kind,
        program.resolve(call),
        program.helpers.get(dotted or ""),
        owner or "",
        moves=is_fetching(call)
        or owner in program.moving
        or stepped
        or keeps_count(call)
        or _may_have_changed(call)
        or (dotted in program.changing and not tells_to_stop(call)),
        another=dotted in program.others and not tells_to_stop(call),
        differs=program.deferred and not is_steering(call),
        sleeps=is_sleeping(call),
        item=_asked_for(call) if kind == "item" else None,
        may_raise="by its count" if dotted in program.raising else may_raise(call) if kind == "other" else "never",
        counts=counts,
        still=Unknown(origin),
        moved=Unknown(origin, moving=True),
    )


def _items(program: Program) -> frozenset[str]:
    """The names of the items of the loop that retries."""
    return frozenset(bound_names(program.loop.target)) if isinstance(program.loop, code.For) else frozenset()


def _may_have_changed(call: code.Call) -> bool:
    """Does a call ask for the state of what an object has: `self.future.done()`?"""
    if not isinstance(call.function, code.Attribute) or not isinstance(call.function.value, code.Attribute):
        return False
    asks = words_of(call.function.name)[:1] in (("is",), ("has",), ("done",), ("ready",))
    return asks and not call.arguments and not tells_to_stop(call)


def _may_differ(call: code.Call) -> bool:
    """May a call answer otherwise the next time, by its name? Not what looks into something that is there."""
    return not (is_accessor(call) or is_logging(call) or tells_to_stop(call))


def _changes(call: code.Call) -> bool:
    """Does a call, by its name, change something, so that it has another answer once there is nothing left to do?"""
    return is_acting(call) or not CHANGING.isdisjoint(words_of(called_name(call)))


def _names_of_failure(function: code.Function, operation: code.Call | None) -> Iterator[str]:
    """The names of errors that are caught, of the result that is the failure, and of what is made of these."""
    found = {node.name for node in code.walk(*function.body) if isinstance(node, code.Handler) and node.name}
    made = [node for node in code.statements(*function.body) if isinstance(node, code.Assign)]
    grown = True
    while grown:
        new = {
            name
            for node in made
            if any(call is operation for call in code.calls(node.value))
            or any(isinstance(part, code.Name) and part.id in found for part in code.walk(node.value))
            for target in node.targets
            for name in bound_names(target)
        }
        grown = not new <= found
        found |= new
    return iter(found)


def _kind(name: str, call: code.Call) -> CallKind:
    if name in calls.SLEEPS:
        return "sleep"
    if name in calls.CLOCKS or _is_loop_time(call):
        return "clock"
    if name == "range":
        return "range"
    if name in EXITS:
        return "exit"
    if name in calls.ENDS and len(call.arguments) == 1:
        return "next"
    if calls.may_compute(name):
        return "computes"
    is_item = isinstance(call.function, code.Attribute) and call.function.name in ("get", "pop")
    return "item" if is_item and call.arguments else "other"


def _never_ends(iterator: code.Expr, program: Program) -> bool:
    """Does a function set a name, once, to what always has a next item?"""
    name = code.dotted(iterator)
    values = [
        node.value for each, node in bindings(*program.function.body) if each == name and isinstance(node, code.Assign)
    ]
    made = values[0] if len(values) == 1 else iterator
    return isinstance(made, code.Call) and program.imports.name_of(made.function) in calls.NEVER_ENDING


def _asked_for(call: code.Call) -> str | None:
    assert isinstance(call.function, code.Attribute)
    return item_name(call.function.value, call.arguments[0].value)


def _is_loop_time(call: code.Call) -> bool:
    """The clock of an event loop: `loop.time()`, `asyncio.get_running_loop().time()`."""
    if not isinstance(call.function, code.Attribute) or call.function.name != "time" or call.arguments:
        return False
    owner = call.function.value
    return code.last_name(owner.function if isinstance(owner, code.Call) else owner).endswith("loop")


def _comparison(program: Program, expr: code.Compare) -> Comparison:
    by_order = not {"is", "is not", "in", "not in"} & set(expr.operators)
    ordered = by_order and is_among(expr, program.counters)
    by_more = ordered and program.loop is not None and not is_among(expr, program.limits)
    sides = (expr.left, *expr.others)
    return Comparison(ordered, tuple(by_more and not is_among(side, program.counters) for side in sides))


def _mentioned(loop: code.Stmt, helpers: Mapping[str, code.Function]) -> set[str]:
    """The names in a loop, and in the helpers that are named there."""
    found: set[str] = set()
    new: list[code.Stmt] = [loop]
    while new:
        places = (each for node in new for each in code.walk(node) if isinstance(each, PLACES))
        names = {name for each in places if (name := place_name(each))} - found
        found |= names
        new = [statement for name in names if name in helpers for statement in helpers[name].body]
    return found


def is_among(expr: code.Expr, names: Container[str]) -> bool:
    """Does an expression speak of one of the names?"""
    places = (each for each in code.walk(expr) if isinstance(each, PLACES))
    return any((name := place_name(each)) is not None and name in names for each in places)
