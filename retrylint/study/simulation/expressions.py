"""Evaluates expressions. A generator each, because a call of the function itself suspends the activation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from retrylint import code, values
from retrylint.again.again import Again
from retrylint.quick import dataclass
from retrylint.study.simulation import steps
from retrylint.study.simulation.effects import bound_to, effect, handed_over, origin_of
from retrylint.study.simulation.places import item_name
from retrylint.study.simulation.world import NOT, Frame, Pending, Raised, World
from retrylint.values import Num, Unknown, Value


@dataclass(frozen=True, slots=True)
class Invoke:
    """A request to the driver: run the function again with these arguments, or a helper of it.

    `outer`: the names that a helper sees which stands in the function itself.
    """

    arguments: tuple[tuple[str, Value], ...]
    helper: code.Function | None = None
    outer: Frame | None = None


Evaluation = Generator[Invoke, Value, Value]
UNHELD = Unknown("unheld")
MOST_CONSTANTS = 50  # that are made of one another


def evaluate(world: World, frame: Frame, expr: code.Expr) -> Evaluation:
    """The value of an expression; what it calls happens on the way."""
    return RULES[type(expr)](world, frame, expr)


def constant(world: World, expr: code.Expr) -> Value:
    """The value of an expression that calls nothing of the function: a constant, an option."""
    evaluation = evaluate(world, Frame(), expr)
    try:
        next(evaluation)
    except StopIteration as stop:
        value: Value = stop.value
        return value
    except Raised:
        pass
    return Unknown(_here(expr))


def _here(expr: code.Expr) -> str:
    return f"{type(expr).__name__}@{id(expr)}"


def _const(world: World, frame: Frame, expr: code.Const) -> Evaluation:
    yield from ()
    return values.written(expr.value, "large")


def _name(world: World, frame: Frame, expr: code.Name | code.Attribute) -> Evaluation:
    """A name or a dotted name: local, set before, or a constant of the class or the module."""
    found = _held(world, frame, expr)
    if found is not UNHELD:
        return found
    name = world.nodes.dotted(expr)
    if name is None:
        assert isinstance(expr, code.Attribute)
        value = yield from evaluate(world, frame, expr.value)
        return values.unknown(value, origin=f"{origin_of(value)}.{expr.name}")
    place = world.nodes.place(name)
    assert place.defined is not None
    if name not in world.constants:  # once, as in Python: one that is made twice of another would double the work
        world.resolving.add(name)  # a constant may be made of others, and by mistake of itself
        world.constants[name] = yield from evaluate(world, Frame(), place.defined)
        world.resolving.discard(name)
    found = world.constants[name]
    return world.stand_in(found) if place.counted else found


def _held(world: World, frame: Frame, expr: code.Expr) -> Value:
    """The value of a constant, or of a name that holds one by now; `UNHELD` of what has to be evaluated."""
    if isinstance(expr, code.Const):
        return values.written(expr.value, "large")
    name = world.nodes.dotted(expr) if isinstance(expr, (code.Name, code.Attribute)) else None
    if name is None:
        return UNHELD
    place = world.nodes.place(name)
    if place.fixed is not None:
        known: Value = place.fixed
    elif name in frame.names:
        known = frame.names[name]
    elif frame.outer is not None and name in frame.outer.names:
        known = frame.outer.names[name]
    elif name in world.attributes:
        known = world.attributes[name]
    elif place.defined is None or name in world.resolving or len(world.resolving) > MOST_CONSTANTS:
        known = world.unknown(frame, place)
    else:
        return UNHELD
    return world.stand_in(known) if place.counted else known


def _call(world: World, frame: Frame, expr: code.Call, awaited: bool = False) -> Evaluation:
    callee = world.nodes.callee(expr)
    again, helper = callee.again, callee.helper
    if again is not None and again.how != "called" and again.through is None:
        return (yield from _put_off(world, frame, again))
    if isinstance(expr.function, code.Attribute):
        yield from evaluate(world, frame, expr.function.value)
    elif not isinstance(expr.function, code.Name):
        yield from evaluate(world, frame, expr.function)
    arguments: list[Value] = []
    for argument in expr.arguments:
        value = _held(world, frame, argument.value)
        arguments.append(value if value is not UNHELD else (yield from evaluate(world, frame, argument.value)))
    if expr is world.failure.operation:
        world.execute(expr.span.line)
    elif world.failure.elsewhere and any(expr is each for each in world.failure.elsewhere):
        world.repeat(expr.span.line)
    if id(expr) in world.raising:
        world.fail(world.raising[id(expr)], expr.span.line)
    if again is not None:
        if world.notes is not None:
            world.tell(steps.again(expr))
        return (yield Invoke(handed_over(world, frame, expr, arguments, again.through), again.through))
    if helper is not None and helper.is_async == awaited and world.may_enter(helper, expr):
        bound = bound_to(world, helper, expr, arguments)
        if bound is not None:
            is_nested = world.program.function.span.holds(helper.span)
            return (yield Invoke(bound, helper, frame if is_nested else None))
    return effect(world, frame, expr, callee, arguments)


def _put_off(world: World, frame: Frame, again: Again) -> Evaluation:
    """The function is handed to a timer or a queue, which runs it when this activation is over."""
    arguments: list[Value] = []
    for argument in again.made.arguments:
        arguments.append((yield from evaluate(world, frame, argument.value)))
    seconds: Value = Unknown(f"later@{again.call.span.line}")
    if again.later is not None and again.later.value is not None:
        value = yield from evaluate(world, frame, again.later.value)
        seconds = value if again.later.unit == 1 else values.binary("*", value, again.later.unit, origin_of(value))
    world.uncertain = world.uncertain or world.guessing > 0
    if world.notes is not None:
        world.tell(steps.again(again.call))
    world.pending.append(Pending(again, handed_over(world, frame, again.made, arguments), seconds))
    return Unknown(_here(again.call))


def _binary(world: World, frame: Frame, expr: code.Binary) -> Evaluation:
    left = yield from evaluate(world, frame, expr.left)
    right = yield from evaluate(world, frame, expr.right)
    return combined(world, expr.operator, left, right)


def combined(world: World, sign: str, left: Value, right: Value) -> Value:
    """`left sign right`, with a number for an operand that only the caller or the settings know."""
    left, right = _timed(world, sign, left, right)
    if _is_numeric(right):
        left = world.stand_in(left)
    if _is_numeric(left):
        right = world.stand_in(right)
    result = values.binary(sign, left, right, "")
    if isinstance(result, Unknown):
        return Unknown(f"{origin_of(left)}{sign}{origin_of(right)}", result.moving)
    return result


def _timed(world: World, sign: str, left: Value, right: Value) -> tuple[Value, Value]:
    """A clock's reading and a time that nobody knows: an end, or the length of a wait."""
    if sign == "-" and isinstance(left, Unknown):
        return world.moment(left, right), right
    if sign == "+":
        known = left if isinstance(right, Unknown) else right
        if isinstance(known, Num) and "clock" in known.tags:
            span = Num(0.0, 0.0, frozenset({"clock"}))
            return world.moment(left, span), world.moment(right, span)
    return left, right


def _is_numeric(value: Value) -> bool:
    return isinstance(value, (int, float, Num)) and not isinstance(value, bool)


def _unary(world: World, frame: Frame, expr: code.Unary) -> Evaluation:
    value = yield from evaluate(world, frame, expr.operand)
    if expr.operator == "not":
        known = True if isinstance(value, Unknown) and value.origin in world.caught else values.truth(value)
        return values.unknown(value, origin=f"{NOT}{origin_of(value)}") if known is None else not known
    if expr.operator == "-":
        return values.binary("-", 0, value, f"-{origin_of(value)}")
    return value if expr.operator == "+" else values.unknown(value, origin=f"{expr.operator}{origin_of(value)}")


def _compare(world: World, frame: Frame, expr: code.Compare) -> Evaluation:
    left = _held(world, frame, expr.left)
    if left is UNHELD:
        left = yield from evaluate(world, frame, expr.left)
    result: Value = True
    comparison = world.nodes.comparison(expr)
    for index, (sign, other) in enumerate(zip(expr.operators, expr.others, strict=True)):
        right = _held(world, frame, other)
        if right is UNHELD:
            right = yield from evaluate(world, frame, other)
        left, right = world.moment(left, right), world.moment(right, left)
        if comparison.ordered:
            left = world.stand_in(left, comparison.far[index])
            right = world.stand_in(right, comparison.far[index + 1])
        known = _is_item(world, frame, expr.left, sign, other) if sign in ("in", "not in") else None
        known = values.compare(sign, left, right) if known is None else known
        world.note(left, right, decides=known is not None)
        if known is None:
            result = values.unknown(left, right, origin=f"{origin_of(left)}{sign}{origin_of(right)}")
        elif not known:
            return False
        left = right
    return result


def _is_item(world: World, frame: Frame, key: code.Expr, sign: str, container: code.Expr) -> bool | None:
    """`"retry" in kwargs`, of the function's own; in any other container there is what was put there."""
    name = item_name(container, key)
    if name is None:
        return None
    if container != code.Name(world.program.keywords or ""):
        return sign == "in" if "." in name.partition("[")[0] and name in world.attributes else None
    return (name in frame.names) == (sign == "in")


def _logical(world: World, frame: Frame, expr: code.Logical) -> Evaluation:
    stops = expr.operator == "or"
    value: Value = not stops
    for part in expr.values:
        value = yield from evaluate(world, frame, part)
        if part is not expr.values[-1] and world.decide(part, value) == stops:
            return value if values.truth(value) is not None else stops
    return value


def _conditional(world: World, frame: Frame, expr: code.Conditional) -> Evaluation:
    test = yield from evaluate(world, frame, expr.test)
    return (yield from evaluate(world, frame, expr.body if world.decide(expr.test, test) else expr.orelse))


def _collection(world: World, frame: Frame, expr: code.Collection) -> Evaluation:
    found: list[Value] = []
    for item in expr.items:
        found.append((yield from evaluate(world, frame, item)))
    if any(isinstance(item, code.Star) for item in expr.items) or expr.kind == "set":
        return values.unknown(*found, origin=_here(expr))
    return tuple(found)


def _subscript(world: World, frame: Frame, expr: code.Subscript) -> Evaluation:
    name = world.nodes.item(expr)
    for known in (frame.names, world.attributes):
        if name is not None and name in known:
            return known[name]
    value = yield from evaluate(world, frame, expr.value)
    if name is not None and not isinstance(value, tuple):
        place = world.nodes.place(name)
        found = world.unknown(frame, place)
        return world.stand_in(found) if place.counted else found
    if isinstance(expr.index, code.Slice):
        return (yield from _sliced(world, frame, value, expr.index))
    index = yield from evaluate(world, frame, expr.index)
    if isinstance(value, tuple) and isinstance(index, int):
        if -len(value) <= index < len(value):
            return value[index]
        raise Raised(("IndexError",))
    return values.unknown(value, index, origin=f"{origin_of(value)}[{origin_of(index)}]")


def _sliced(world: World, frame: Frame, value: Value, expr: code.Slice) -> Evaluation:
    edges: list[Value] = []
    for part in (expr.lower, expr.upper, expr.step):
        edges.append(None if part is None else (yield from evaluate(world, frame, part)))
    whole = [edge for edge in edges if edge is None or isinstance(edge, int)]
    if isinstance(value, tuple) and len(whole) == 3 and edges[2] != 0:
        return value[slice(*whole)]
    return values.unknown(value, origin=_here(expr))


def _await(world: World, frame: Frame, expr: code.Await) -> Evaluation:
    if isinstance(expr.value, code.Call):
        return (yield from _call(world, frame, expr.value, awaited=True))
    return (yield from evaluate(world, frame, expr.value))


def _walrus(world: World, frame: Frame, expr: code.Walrus) -> Evaluation:
    value = yield from evaluate(world, frame, expr.value)
    world.bind(frame, expr.target, value)
    return value


def _later(world: World, frame: Frame, expr: code.Lambda) -> Evaluation:
    """A callback that calls the function is as good as called; any other is only a value."""
    if any(world.program.is_self_call(call) for call in code.calls(expr.body)):
        inner = {**frame.names, **{each.name: Unknown(each.name) for each in expr.parameters}}
        yield from evaluate(world, Frame(inner), expr.body)
    return Unknown(_here(expr))


def _parts(
    world: World, frame: Frame, expr: code.Opaque | code.Yield | code.Star | code.Slice | code.Mapping
) -> Evaluation:
    for part in code.parts_of(expr):
        if type(part) in RULES:
            yield from evaluate(world, frame, part)
    return Unknown(_here(expr))


RULES: dict[type[Any], Callable[[World, Frame, Any], Evaluation]] = {
    code.Const: _const,
    code.Name: _name,
    code.Attribute: _name,
    code.Call: _call,
    code.Binary: _binary,
    code.Unary: _unary,
    code.Compare: _compare,
    code.Logical: _logical,
    code.Conditional: _conditional,
    code.Collection: _collection,
    code.Subscript: _subscript,
    code.Await: _await,
    code.Walrus: _walrus,
    code.Lambda: _later,
    code.Opaque: _parts,
    code.Yield: _parts,
    code.Star: _parts,
    code.Slice: _parts,
    code.Mapping: _parts,
}
