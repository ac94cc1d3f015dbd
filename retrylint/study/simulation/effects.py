"""What a call is given, and what a call of another function does and gives."""

from __future__ import annotations

from retrylint import code, values
from retrylint.dataflow import bind as bind_arguments
from retrylint.names import is_static
from retrylint.study.simulation import calls
from retrylint.study.simulation.nodes import Callee
from retrylint.study.simulation.world import MOST_EXECUTIONS, Frame, Raised, World, is_caught
from retrylint.values import Num, Unknown, Value

LONGEST_ORIGIN = 200  # characters


def origin_of(value: Value) -> str:
    """Where a value is from, for the origin of what is made of it; a long one in short, or it would double for ever."""
    origin = value.origin if isinstance(value, Unknown) else repr(value)
    return origin if len(origin) <= LONGEST_ORIGIN else f"#{hash(origin)}"


def bound_to(
    world: World, helper: code.Function, call: code.Call, arguments: list[Value]
) -> tuple[tuple[str, Value], ...] | None:
    """The arguments of a helper by parameter; None where that is not told."""
    this = world.program.receiver
    is_method = isinstance(call.function, code.Attribute) and call.function.value == code.Name(this or "")
    bound, rest = bind_arguments(helper, call, is_method and not is_static(helper))
    by_expr = {id(argument.value): value for argument, value in zip(call.arguments, arguments, strict=True)}
    return None if rest else tuple((name, by_expr[id(value)]) for name, value in bound.items())


def effect(world: World, frame: Frame, call: code.Call, callee: Callee, arguments: list[Value]) -> Value:
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
        return _item(world, frame, call, callee, arguments)
    if callee.kind == "next" and world.choose(id(call), moving=True, likely=False):
        raise Raised((calls.ENDS[callee.name],), line=call.span.line)
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
        return arguments, f"{name}({origin_of(arguments[0])})"
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


def _item(world: World, frame: Frame, call: code.Call, callee: Callee, arguments: list[Value]) -> Value:
    """`kwargs.get("retry", 3)`: what was stored there, and else, of the function's own `**kwargs`, the default."""
    assert isinstance(call.function, code.Attribute)
    container = call.function.value
    name = callee.item
    for known in (frame.names, world.attributes):
        if name is not None and name in known:
            return known.pop(name) if call.function.name == "pop" else known[name]
    if name is not None and container == code.Name(world.program.keywords or ""):
        default = arguments[1] if len(arguments) > 1 else None
        return Unknown(name, given=True) if default is None and world.program.nullable else default
    key = arguments[0] if isinstance(arguments[0], str) else ""
    return Unknown(name or f"{key}:{callee.still.origin}", callee.owner in world.program.moving)


def handed_over(
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
        if isinstance(value, Unknown) and (expr != code.Name(name) or is_caught(value)):
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
    items = range(*plain)[: 10 * MOST_EXECUTIONS + 1]  # the length of the whole may be more than Python can tell
    return tuple(items) if len(items) <= 10 * MOST_EXECUTIONS else Unknown(origin)
