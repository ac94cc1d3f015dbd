"""What a use of a helper hands over, and the helper's innermost function as it runs with that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from retrylint import code
from retrylint.dataflow import bind
from retrylint.model import Span
from retrylint.names import Owner, bindings
from retrylint.project.summary import qualified
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.sketch import Sketch
from retrylint.study.policy_catch import exception_names
from retrylint.study.scope import Scope, set_once
from retrylint.study.simulation.program import moving_names
from retrylint.values import is_number

Given = Mapping[str, code.Expr | None]
"""What a use hands over by parameter; None for what is not told."""


def given_by(function: code.Function, call: code.Call, scope: Scope) -> Given:
    """The arguments of a call by parameter, as far as they are told; all are not where `*` or `**` hands some over.

    What `**kwargs` of the function takes is a dict.
    """
    bound, rest = bind(function, call, is_method(function))
    given = {name: _told(expr, scope) for name, expr in bound.items()}
    if any(argument.stars for argument in rest):
        given |= {each.name: None for each in function.parameters if each.name not in given}
    else:
        items = tuple((code.Const(each.keyword), _spelt(each.value, scope)) for each in rest if each.keyword)
        given |= {each.name: code.Mapping(items) for each in function.parameters if each.kind == "double-star"}
    return given


def stated_in(given: Given) -> frozenset[str]:
    """The names of what is handed over, those that a function takes by `**` included."""
    items = (item for each in given.values() if isinstance(each, code.Mapping) for item in each.items)
    return frozenset(given) | {str(key.value) for key, _ in items if isinstance(key, code.Const)}


def is_method(function: code.Function) -> bool:
    """Does a function take its object first?"""
    return bool(function.parameters) and function.parameters[0].name in ("self", "cls")


def what_is_handed(repeater: Repeater, call: code.Call) -> code.Expr | None:
    """What a call hands to a helper, to be called with every attempt."""
    if isinstance(call.function, code.Call):
        return call.arguments[0].value if call.arguments else None
    bound, _ = bind(repeater.function, call, is_method(repeater.function))
    return bound.get(repeater.parameter)


def _told(expr: code.Expr, scope: Scope) -> code.Expr | None:
    """An argument as it can be read anywhere: a constant, exceptions by their names, or what a library makes."""
    value = scope.value(expr)
    if value is None or isinstance(value, (bool, str)) or is_number(value):
        return code.Const(value)  # type: ignore[arg-type]
    meant = scope.meant(expr)
    names = list(exception_names(meant, scope))
    if names and "" not in names:
        return code.Collection("tuple", tuple(code.Name(name) for name in names))
    if isinstance(value, tuple) and all(is_number(each) for each in value):
        return code.Collection("tuple", tuple(code.Const(each) for each in value))  # type: ignore[arg-type]
    is_made = isinstance(meant, (code.Call, code.Binary)) and all(
        scope.imports.qualify(name) != name for name in _called(meant)
    )
    return _spelt(meant, scope) if is_made else None


def _spelt(expr: code.Expr, scope: Scope) -> code.Expr:
    """An expression whose names are read as those of their modules."""
    spelt: code.Expr = qualified(scope.meant(expr), scope.imports, scope.constants)
    return spelt


def _called(expr: code.Expr) -> list[str]:
    return [code.dotted(call.function) or "" for call in code.calls(expr)]


def inner_with(repeater: Repeater, given: Given) -> tuple[code.Function, Owner]:
    """The function that retries, with what the use hands over in place of names, and where it stands."""
    *outer, inner = repeater.functions
    owner = repeater.owner
    is_class = repeater.function.name == "__init__"
    if not outer:
        inner = replace(inner, parameters=tuple(_filled(each, given) for each in inner.parameters))
    else:
        untold = (each for each in repeater.function.parameters if given.get(each.name, each) is None)
        inner = replace(inner, parameters=(*inner.parameters, *map(_as_keyword, untold)))
    path = (*owner.path, *([repeater.name] if is_class else []), *(each.name for each in outer[is_class:]))
    kept: dict[str, code.Expr] = {name: code.Name(_kept_as(name)) for name in _attributes(repeater)}
    kept |= dict.fromkeys(_left_out(repeater, given), code.Const(None))
    changed = moving_names(tuple(statement for each in repeater.functions for statement in each.body))
    added = {name: value for name, value in given.items() if isinstance(value, code.Mapping) and name not in changed}
    body = _with_added(inner, added).body
    inner = replace(inner, body=with_names(body, {**kept, **added})) if kept or added else inner
    return inner, Owner(path, in_class=len(outer) == 1 if is_class else owner.in_class and not outer)


def home_with(repeater: Repeater, given: Given, home: Sketch) -> Sketch:
    """The helper's module, in which the names around its innermost function are those of a use, else their defaults."""
    known = dict(home.constants)
    for index, function in enumerate(repeater.functions[:-1]):
        for name in {name for name, _ in bindings(*function.body)} | code.own_parameters(function):
            known.pop(name, None)
        known |= set_once(function)
        for each in function.parameters if index == 0 else ():
            if each.name in given:
                known.pop(each.name, None)
                told = given[each.name]
                known |= {each.name: told} if told is not None else {}
    for attribute, parameter in _attributes(repeater).items():
        held = known.get(parameter)
        known |= {_kept_as(attribute): held} if held is not None else {}
    return replace(home, constants=known)


def _kept_as(attribute: str) -> str:
    """The name, which no code has, of what an attribute of the helper's object is set to."""
    return attribute.replace(".", " ")


def _attributes(repeater: Repeater) -> dict[str, str]:
    """The attributes in which the object of a helper keeps what it was made with, by `self.times`, and nothing else."""
    first = repeater.function
    if first.name != "__init__" or len(repeater.functions) < 2 or not first.parameters:
        return {}
    this = first.parameters[0].name
    found: dict[str, list[str | None]] = {}
    for function in repeater.functions:
        for node in code.walk(*function.body):
            targets = node.targets if isinstance(node, code.Assign) else ()
            targets = (node.target,) if isinstance(node, code.AugAssign) else targets
            for target in targets:
                name = code.dotted(target) or ""
                if name.startswith(f"{this}."):
                    value = code.dotted(node.value) if function is first and isinstance(node, code.Assign) else None
                    found.setdefault(name, []).append(value)
    parameters = code.own_parameters(first)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0] in parameters}


def _with_added(function: code.Function, added: Mapping[str, code.Expr]) -> code.Function:
    """A function in which a dict of defaults that `**kwargs` is put over holds what a use hands over that way."""
    updates = {
        code.dotted(call.function.value): call.arguments[0].value
        for call in code.calls(*function.body)
        if isinstance(call.function, code.Attribute) and call.function.name == "update"
        if len(call.arguments) == 1 and code.dotted(call.arguments[0].value) in added
    }
    if not updates:
        return function
    body = (each for each in function.body if not _is_update(each, added))
    return replace(function, body=tuple(_updated(each, updates, added) for each in body))


def _is_update(statement: code.Stmt, added: Mapping[str, code.Expr]) -> bool:
    call = statement.value if isinstance(statement, code.Evaluate) else None
    is_update = isinstance(call, code.Call) and code.last_name(call.function) == "update"
    return is_update and all(code.dotted(each.value) in added for each in call.arguments)  # type: ignore[union-attr]


def _updated(
    statement: code.Stmt, updates: Mapping[str | None, code.Expr], added: Mapping[str, code.Expr]
) -> code.Stmt:
    if isinstance(statement, code.Assign) and isinstance(statement.value, code.Mapping):
        over = updates.get(code.dotted(statement.targets[0]))
        more = added.get(code.dotted(over) or "") if over is not None else None
        if isinstance(more, code.Mapping):
            return replace(statement, value=code.Mapping((*statement.value.items, *more.items)))
    return statement


def with_names(node: Any, names: Mapping[str, code.Expr]) -> Any:
    """Code in which dotted names are other expressions."""
    if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node)) in names:
        return names[name or ""]
    if isinstance(node, tuple):
        return tuple(part for each in node for part in _parts_with(each, names))
    if not is_dataclass(node) or isinstance(node, (type, code.Const, Span)):
        return node
    return replace(node, **{each.name: with_names(getattr(node, each.name), names) for each in fields(node)})


def _parts_with(node: Any, names: Mapping[str, code.Expr]) -> Iterator[Any]:
    """A part of a tuple, or all that a dict holds where an argument unpacks it."""
    held = names.get(code.dotted(node.value) or "") if isinstance(node, code.Argument) and node.stars == 2 else None
    if isinstance(held, code.Mapping):
        yield from (code.Argument(value, str(key.value)) for key, value in held.items if isinstance(key, code.Const))
    else:
        yield with_names(node, names)


def _left_out(repeater: Repeater, given: Given) -> Iterator[str]:
    """The parameters that stay None, because a use says so or does not state them, and nothing else sets them."""
    bound = {name for each in repeater.functions for name, _ in bindings(*each.body)}
    inner = {name for each in repeater.functions[1:] for name in code.own_parameters(each)}
    for each in repeater.function.parameters:
        if given.get(each.name, each.default) == code.Const(None) and each.name not in {*bound, *inner}:
            yield each.name


def _as_keyword(parameter: code.Parameter) -> code.Parameter:
    """A parameter that anything may be given as; one of None may stay so."""
    default = parameter.default if parameter.default == code.Const(None) else None
    return code.Parameter(parameter.name, "keyword", default)


def _filled(parameter: code.Parameter, given: Given) -> code.Parameter:
    """A parameter that is given what the use hands over."""
    return replace(parameter, default=given[parameter.name]) if parameter.name in given else parameter


def errors_in(
    names: Sequence[str], known: Mapping[str, code.Expr], given: Given, inner: code.Function, scope: Scope
) -> Iterator[str]:
    """The exceptions that the helper catches; where a parameter holds them, those that it was given."""
    defaults = {each.name: each.default for each in inner.parameters}
    for name in names:
        held = given.get(name) or known.get(name) or defaults.get(name)
        if held is None:
            yield name
        else:
            yield from (each for each in exception_names(held, scope) if each)
