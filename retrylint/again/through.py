"""A function that runs again through a helper beside it: `fetch` fails and calls `self._retry`, which calls `fetch`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from retrylint import code
from retrylint.again.again import Again
from retrylint.again.own import Own
from retrylint.again.timers import scheduled
from retrylint.names import Owner, bindings, own_names, receiver

ELSEWHERE = code.Name("?")  # a value that the helper has made itself


def through_helper(call: code.Call, helper: code.Function, function: code.Function, owner: Owner) -> Again | None:
    """What a call of a helper comes to, where the helper runs the function again in one place."""
    hidden = not owner.in_class and any(name == helper.name for name, _ in bindings(*function.body))
    if hidden or receiver(helper, owner) != receiver(function, owner):
        return None
    own = Own(helper, own_names(function, owner, within=helper), None, (), False)
    found = [again for each in code.calls(*helper.body, into_definitions=True) if (again := _again(each, own))]
    if len(found) != 1:
        return None
    [inner] = found
    given = _given(call, helper, receiver(helper, owner) is not None)
    arguments = tuple(replace(each, value=_filled_in(each.value, given)) for each in inner.made.arguments)
    made = replace(inner.made, arguments=arguments)
    return Again(call, made, inner.how, inner.later, through=helper, inner=inner)


def _again(call: code.Call, own: Own) -> Again | None:
    return Again(call, call) if own.is_meant(call.function) else scheduled(call, own)


def _given(call: code.Call, helper: code.Function, is_method: bool) -> Mapping[str, code.Expr]:
    """What each name of the helper stands for: an argument, a default, or what it has made itself."""
    plain = [each for each in helper.parameters if each.kind not in ("star", "double-star")]
    given: dict[str, code.Expr] = {each.name: each.default or ELSEWHERE for each in helper.parameters}
    positional = [each.name for each in plain if each.kind != "keyword"][1 if is_method else 0 :]
    for argument in call.arguments:
        if argument.keyword is None and argument.stars == 0 and positional:
            given[positional.pop(0)] = argument.value
        elif argument.keyword in given:
            given[argument.keyword] = argument.value
    if is_method:
        given[helper.parameters[0].name] = code.Name(helper.parameters[0].name)
    given.update({name: ELSEWHERE for name, _ in bindings(*helper.body)})
    return given


def _filled_in(expr: Any, given: Mapping[str, code.Expr]) -> Any:
    """An expression of the helper as the caller would have to write it."""
    if isinstance(expr, code.Name):
        return given.get(expr.id, expr)
    if isinstance(expr, tuple):
        return tuple(_filled_in(each, given) for each in expr)
    if type(expr) not in code.NODES or isinstance(expr, code.Lambda):
        return expr
    return replace(expr, **{name: _filled_in(getattr(expr, name), given) for name in expr.__slots__ if name != "span"})
