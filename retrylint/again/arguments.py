"""The arguments and the waits that timers and queues take in wrappings of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from retrylint import code
from retrylint.names import bindings

SECONDS: Mapping[str, float] = {
    "weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1, "milliseconds": 0.001,
}  # fmt: skip
Arguments = tuple[code.Argument, ...]


def argument(call: code.Call, position: int | None, keyword: str | None = None) -> code.Expr | None:
    """The argument at a position, or by its keyword."""
    for index, each in enumerate(call.arguments):
        if each.stars:
            break
        if each.keyword is None and index == position:
            return each.value
    return next((each.value for each in call.arguments if each.keyword is not None and each.keyword == keyword), None)


def unpacked(function: code.Function, args: code.Expr | None, kwargs: code.Expr | None) -> Arguments | None:
    """`args=(url, 3), kwargs={"page": 1}` as the arguments that they will be; None where the code does not tell."""
    positional, named = _positional(function, args), _named(function, kwargs)
    return None if positional is None or named is None else positional + named


def _positional(function: code.Function, value: code.Expr | None) -> Arguments | None:
    value = set_once(function, value)
    if value is None or value == code.Const(None):
        return ()
    if isinstance(value, code.Collection):
        return tuple(
            code.Argument(item.value, stars=1) if isinstance(item, code.Star) else code.Argument(item)
            for item in value.items
        )
    if isinstance(value, code.Name) and _has(function, value.id, "star"):
        return (code.Argument(value, stars=1),)
    if (code.dotted(value) or "").endswith("request.args"):  # those of the task that runs
        plain = [each for each in function.parameters[1:] if each.kind in ("positional-only", "positional")]
        return tuple(code.Argument(code.Name(each.name)) for each in plain)
    return None


def _named(function: code.Function, value: code.Expr | None) -> Arguments | None:
    value = set_once(function, value)
    if value is None or value == code.Const(None) or (code.dotted(value) or "").endswith("request.kwargs"):
        return ()
    if isinstance(value, code.Name) and _has(function, value.id, "double-star"):
        return (code.Argument(value, stars=2),)
    items = dict(_items(value))
    if None in items or not isinstance(value, (code.Mapping, code.Call)):
        return None
    return tuple(code.Argument(item, keyword=key) for key, item in items.items())


def _items(value: code.Expr) -> Iterator[tuple[str | None, code.Expr]]:
    """The items of a dict display or of `dict(...)`; a key that is no plain text is None."""
    if isinstance(value, code.Mapping):
        for key, item in value.items:
            yield (key.value if isinstance(key, code.Const) and isinstance(key.value, str) else None), item
    elif isinstance(value, code.Call):
        is_dict = code.dotted(value.function) == "dict"
        yield from ((each.keyword if is_dict else None, each.value) for each in value.arguments)


def _has(function: code.Function, name: str, kind: str) -> bool:
    return any(each.name == name and each.kind == kind for each in function.parameters)


def set_once(function: code.Function, value: code.Expr | None) -> code.Expr | None:
    """What a local name is set to, where that happens once; any other expression as it is."""
    if not isinstance(value, code.Name):
        return value
    found = [node for name, node in bindings(*function.body) if name == value.id]
    if len(found) == 1 and isinstance(found[0], code.Assign) and found[0].targets == (value,):
        return found[0].value
    return value


def seconds_of(value: code.Expr | None) -> code.Expr | None:
    """A wait as a number of seconds: `timedelta(minutes=5)` and `{"minutes": 5}` are counted out."""
    if isinstance(value, code.Call) and code.last_name(value.function) == "timedelta":
        parts = [(each.keyword or "days", each.value) for each in value.arguments]
        return _sum(parts) if len(value.arguments) == 1 or all(each.keyword for each in value.arguments) else None
    if isinstance(value, code.Mapping):
        return _sum([(key or "", item) for key, item in _items(value)])
    return value


def _sum(parts: list[tuple[str, code.Expr]]) -> code.Expr | None:
    total: code.Expr | None = None
    for unit, value in parts:
        if unit not in SECONDS:
            return None
        seconds = value if SECONDS[unit] == 1 else code.Binary("*", value, code.Const(SECONDS[unit]))
        total = seconds if total is None else code.Binary("+", total, seconds)
    return total
