"""Evaluates expressions. A generator each, because a call of the function itself suspends the activation."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from retrylint import code, values
from retrylint.again.again import Again
from retrylint.dataflow import bind as bind_arguments
from retrylint.names import is_static
from retrylint.study.simulation import calls, steps
from retrylint.study.simulation.nodes import Callee
from retrylint.study.simulation.places import item_name
from retrylint.study.simulation.world import MOST_EXECUTIONS, NOT, Frame, Pending, Raised, World, is_caught
from retrylint.values import Num, Unknown, Value


@dataclass(frozen=True, slots=True)
class Invoke:
    """A request to the driver: run the function again with these arguments, or a helper of it.

    `outer`: the names that a helper sees which stands in the function itself.
    """

    arguments: tuple[tuple[str, Value], ...]
    helper: code.Function | None = None
    outer: Frame | None = None


LONGEST_ORIGIN = 200  # characters

Evaluation = Generator[Invoke, Value, Value]


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


def _origin(value: Value) -> str:
    """Where a value is from, for the origin of what is made of it; a long one in short, or it would double for ever."""
    origin = value.origin if isinstance(value, Unknown) else repr(value)
    return origin if len(origin) <= LONGEST_ORIGIN else f"#{hash(origin)}"


def _const(world: World, frame: Frame, expr: code.Const) -> Evaluation:
    yield from ()
    return expr.value


def _name(world: World, frame: Frame, expr: code.Name | code.Attribute) -> Evaluation:
    """A name or a dotted name: local, set before, or a constant of the class or the module."""
    name = world.nodes.dotted(expr)
    if name is None:
        assert isinstance(expr, code.Attribute)
        value = yield from evaluate(world, frame, expr.value)
        return values.unknown(value, origin=f"{_origin(value)}.{expr.name}")
    place = world.nodes.place(name)
    if place.fixed is not None:
        known: Value = place.fixed
    elif name in frame.names:
        known = frame.names[name]
    elif frame.outer is not None and name in frame.outer.names:
        known = frame.outer.names[name]
    elif name in world.attributes:
        known = world.attributes[name]
    elif place.defined is None or name in world.resolving:
        known = world.unknown(frame, place)
    else:
        world.resolving.add(name)  # a constant may be made of others, and by mistake of itself
        known = yield from evaluate(world, Frame(), place.defined)
        world.resolving.discard(name)
        return known
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
        arguments.append((yield from evaluate(world, frame, argument.value)))
    if expr is world.failure.operation:
        world.execute(expr.span.line)
    elif world.failure.elsewhere and any(expr is each for each in world.failure.elsewhere):
        world.repeat(expr.span.line)
    trigger = world.failure.at(expr)
    if trigger is not None:
        world.fail(trigger, expr.span.line)
    if again is not None:
        if world.notes is not None:
            world.tell(steps.again(expr))
        return (yield Invoke(_handed_over(world, frame, expr, arguments, again.through), again.through))
    if helper is not None and helper.is_async == awaited and world.may_enter(helper, expr):
        bound = _bound(world, helper, expr, arguments)
        if bound is not None:
            is_nested = world.program.function.span.holds(helper.span)
            return (yield Invoke(bound, helper, frame if is_nested else None))
    return _effect(world, frame, expr, callee, arguments)


def _put_off(world: World, frame: Frame, again: Again) -> Evaluation:
    """The function is handed to a timer or a queue, which runs it when this activation is over."""
    arguments: list[Value] = []
    for argument in again.made.arguments:
        arguments.append((yield from evaluate(world, frame, argument.value)))
    seconds: Value = Unknown(f"later@{again.call.span.line}")
    if again.later is not None and again.later.value is not None:
        value = yield from evaluate(world, frame, again.later.value)
        seconds = value if again.later.unit == 1 else values.binary("*", value, again.later.unit, _origin(value))
    world.uncertain = world.uncertain or world.guessing > 0
    if world.notes is not None:
        world.tell(steps.again(again.call))
    world.pending.append(Pending(again, _handed_over(world, frame, again.made, arguments), seconds))
    return Unknown(_here(again.call))


def _bound(
    world: World, helper: code.Function, call: code.Call, arguments: list[Value]
) -> tuple[tuple[str, Value], ...] | None:
    """The arguments of a helper by parameter; None where that is not told."""
    this = world.program.receiver
    is_method = isinstance(call.function, code.Attribute) and call.function.value == code.Name(this or "")
    bound, rest = bind_arguments(helper, call, is_method and not is_static(helper))
    by_expr = {id(argument.value): value for argument, value in zip(call.arguments, arguments, strict=True)}
    return None if rest else tuple((name, by_expr[id(value)]) for name, value in bound.items())


def _effect(world: World, frame: Frame, call: code.Call, callee: Callee, arguments: list[Value]) -> Value:
    """What a call of another function does and gives."""
    if callee.kind == "sleep":
        spelt = call.arguments[0].value if call.arguments else None
        world.wait(call, callee.name, arguments[0] if arguments else callee.still, spelt)
        return None
    if callee.kind == "clock":
        return Num(world.clock, world.clock, frozenset({"clock"}))
    if callee.kind == "range":
        return _range(world, arguments, callee.still.origin)
    if callee.kind == "exit":
        raise Raised(("SystemExit",), line=call.span.line)
    origin = callee.still.origin
    if callee.kind == "computes":
        arguments, origin = _computed(world, callee, arguments)
        known = calls.known_result(callee.name, arguments, origin)
        if known is not None:
            return known
    if callee.kind == "item":
        return _item(world, frame, call, arguments, origin)
    moving = callee.moves or any(isinstance(value, Unknown) and value.moving for value in arguments)
    if moving or _may_differ(world, frame, callee, arguments):
        return callee.moved if origin is callee.still.origin else Unknown(origin, moving=True)
    return callee.still if origin is callee.still.origin else Unknown(origin)


def _computed(world: World, callee: Callee, arguments: list[Value]) -> tuple[list[Value], str]:
    """The arguments of a call that computes, with numbers for unknown bounds, and where its result is from."""
    name, origin = callee.name, callee.still.origin
    if name == calls.BACKOFF and len(arguments) > 2:
        return [world.stand_in(arguments[0]), arguments[1], world.bound("min", arguments[2]), *arguments[3:]], origin
    if name in ("min", "max") and len(arguments) > 1:
        return [world.bound(name, value) for value in arguments], origin
    if name in calls.ROUNDED and len(arguments) == 1:
        return arguments, f"{name}({_origin(arguments[0])})"
    return arguments, origin


def _may_differ(world: World, frame: Frame, callee: Callee, arguments: list[Value]) -> bool:
    """May a call give something else on the next attempt: by what it runs, or because other code runs before it?

    One about the error that was caught does not, for that is always the same, and neither does a failing result.
    """
    if callee.another and not any(isinstance(value, Unknown) and value.origin in world.caught for value in arguments):
        return True
    if not callee.differs or world.failure.trigger is None:
        return False
    about = [*arguments, frame.names.get(callee.owner.partition(".")[0])]
    return not any(map(is_caught, about))


def _item(world: World, frame: Frame, call: code.Call, arguments: list[Value], origin: str) -> Value:
    """`kwargs.get("retry", 3)`: what was stored there, and else, of the function's own `**kwargs`, the default."""
    assert isinstance(call.function, code.Attribute)
    container = call.function.value
    name = item_name(container, call.arguments[0].value)
    for known in (frame.names, world.attributes):
        if name is not None and name in known:
            return known.pop(name) if call.function.name == "pop" else known[name]
    if name is not None and container == code.Name(world.program.keywords or ""):
        default = arguments[1] if len(arguments) > 1 else None
        return Unknown(name, given=True) if default is None and world.program.nullable else default
    key = arguments[0] if isinstance(arguments[0], str) else ""
    return Unknown(name or f"{key}:{origin}", code.dotted(container) in world.program.moving)


def _handed_over(
    world: World, frame: Frame, call: code.Call, arguments: list[Value], helper: code.Function | None = None
) -> tuple[tuple[str, Value], ...]:
    """The arguments of a self-call by parameter. An unknown one that is not handed on as it came may be any.

    A keyword that no parameter takes, and what `**kwargs` held, are items of the function's own `**kwargs`.
    """
    bound, rest = bind_arguments(helper or world.program.function, call, world.program.receiver is not None)
    by_expr = {id(argument.value): value for argument, value in zip(call.arguments, arguments, strict=True)}
    keywords = world.program.keywords
    found: dict[str, Value] = {}
    for argument in rest:
        if argument.stars == 2 and argument.value == code.Name(keywords or ""):
            found.update({name: value for name, value in frame.names.items() if name.startswith(f"{keywords}[")})
        elif argument.stars:
            for parameter in world.program.function.parameters:  # what *args or **options hold is not told
                found.setdefault(parameter.name, Unknown(parameter.name))
    extra = {f"{keywords}[{each.keyword!r}]": each.value for each in rest if each.keyword is not None}
    for name, expr in {**bound, **extra}.items():
        value = by_expr[id(expr)]
        if isinstance(value, Unknown) and expr != code.Name(name):
            value = Unknown(value.origin, moving=True)
        found[name] = value
    return tuple(sorted(found.items(), key=lambda item: item[0]))


def _range(world: World, arguments: list[Value], origin: str) -> Value:
    """The numbers of a range; an end that only the caller or the settings know is stood in for."""
    plain: list[int] = []
    for value in (world.stand_in(each) for each in arguments):
        edges = values.bounds(value)
        if edges is None or not edges.is_exact or edges.low != int(edges.low):
            return values.unknown(*arguments, origin=origin)
        world.note(value)
        plain.append(int(edges.low))
    if not 1 <= len(plain) <= 3 or (len(plain) == 3 and plain[2] == 0):
        return values.unknown(*arguments, origin=origin)
    items = range(*plain)
    return tuple(items) if len(items) <= 10 * MOST_EXECUTIONS else Unknown(origin)


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
        return Unknown(f"{_origin(left)}{sign}{_origin(right)}", result.moving)
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
        known = values.truth(value)
        return values.unknown(value, origin=f"{NOT}{_origin(value)}") if known is None else not known
    if expr.operator == "-":
        return values.binary("-", 0, value, f"-{_origin(value)}")
    return value if expr.operator == "+" else values.unknown(value, origin=f"{expr.operator}{_origin(value)}")


def _compare(world: World, frame: Frame, expr: code.Compare) -> Evaluation:
    left = yield from evaluate(world, frame, expr.left)
    result: Value = True
    comparison = world.nodes.comparison(expr)
    for index, (sign, other) in enumerate(zip(expr.operators, expr.others, strict=True)):
        right = yield from evaluate(world, frame, other)
        left, right = world.moment(left, right), world.moment(right, left)
        if comparison.ordered:
            left = world.stand_in(left, comparison.far[index])
            right = world.stand_in(right, comparison.far[index + 1])
        known = _is_item(world, frame, expr.left, sign, other) if sign in ("in", "not in") else None
        known = values.compare(sign, left, right) if known is None else known
        world.note(left, right, decides=known is not None)
        if known is None:
            result = values.unknown(left, right, origin=f"{_origin(left)}{sign}{_origin(right)}")
        elif not known:
            return False
        left = right
    return result


def _is_item(world: World, frame: Frame, key: code.Expr, sign: str, container: code.Expr) -> bool | None:
    """`"retry" in kwargs`, of the function's own."""
    name = item_name(container, key)
    if name is None or container != code.Name(world.program.keywords or ""):
        return None
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
    return values.unknown(value, index, origin=f"{_origin(value)}[{_origin(index)}]")


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
