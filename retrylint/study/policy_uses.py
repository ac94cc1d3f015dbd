"""Where a policy is used, and with which options: as a decorator, in a loop, or called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.libraries.policies import Policy, PolicyIndex
from retrylint.model import Span
from retrylint.names import bindings
from retrylint.sketch.looping import MODULE
from retrylint.sketch.sketch import Sketch
from retrylint.study.client_options import UNSEEN, Stated, call_options
from retrylint.study.scope import Scope

PARTIAL = "functools.partial"
MOST_MAKERS = 4  # partials in partials


@dataclass(frozen=True, slots=True)
class Use:
    """A policy as it is used: with which options, where, and what it runs again.

    `made`: the expression that makes it. `decorator`: its place among the decorators of the function, from 0.
    """

    policy: Policy
    stated: Stated
    made: code.Expr
    span: Span
    block: code.Block
    is_async: bool
    decorator: int | None = None
    loop: code.For | None = None


def uses_in(function: code.Function, scope: Scope, module: Sketch, index: PolicyIndex, source: str) -> Iterator[Use]:
    """The policies that decorate a function, and those that its statements iterate, call, or make."""
    outer = replace(scope, imports=module.imports, constants=module.constants)
    for order, decorator in enumerate(function.decorators):
        found = _made(decorator, outer, index, as_decorator=True)
        if found is not None:
            policy, stated = found
            yield Use(policy, stated, decorator, function.span, function.body, function.is_async, decorator=order)
    taken: set[int] = set()
    for node in code.walk(*function.body):
        if isinstance(node, code.For):
            found = _made(node.iterable, scope, index)
            if found is not None and found[0].form in ("object", "iterated"):
                made = scope.meant(node.iterable)
                taken.add(id(made))
                place = node if made is node.iterable or not isinstance(made, code.Call) else made
                yield Use(*found, made, place.span, node.body, function.is_async, loop=node)
    if function.name == MODULE:
        taken |= {id(node.value) for node in function.body if isinstance(node, code.Assign) and _is_used(node, source)}
    inner = [each for node in function.body for each in code.walk(node) if isinstance(each, code.Function)]
    decorating = {code.dotted(each) for one in inner for each in one.decorators}
    taken |= {
        id(node.value)
        for name, node in bindings(*function.body)
        if name in decorating and isinstance(node, code.Assign)
    }
    for call in code.calls(*function.body):
        found = _made(call, scope, index) if id(call) not in taken else None
        if found is not None and scope.imports.name_of(call.function) != PARTIAL:
            yield Use(*found, call, call.span, (), function.is_async)


def _is_used(assigned: code.Assign, source: str) -> bool:
    """Is what a statement of the module sets spoken of elsewhere in it?"""
    names = [target.id for target in assigned.targets if isinstance(target, code.Name)]
    return any(source.count(name) > 1 for name in names)


def _made(
    expr: code.Expr, scope: Scope, index: PolicyIndex, as_decorator: bool = False, depth: int = 0
) -> tuple[Policy, Stated] | None:
    """The policy that an expression makes, with its options; None for anything else."""
    expr = scope.meant(expr)
    if not isinstance(expr, code.Call):
        policy = index.policy(scope.imports.name_of(expr))
        return (policy, Stated()) if policy is not None and as_decorator and policy.bare else None
    called = scope.meant(expr.function)
    policy = index.policy(scope.imports.name_of(called))
    if policy is not None:
        return policy, _stated(expr, policy, scope)
    if isinstance(called, code.Attribute) and depth < MOST_MAKERS:
        base = _made(called.value, scope, index, as_decorator, depth + 1)
        if base is not None and called.name in base[0].copies:
            return base[0], _stated(expr, base[0], scope).over(base[1])
    if isinstance(called, code.Call) and depth < MOST_MAKERS and scope.imports.name_of(called.function) == PARTIAL:
        return _of_partial(called, expr, scope, index)
    if as_decorator and scope.imports.name_of(expr.function) == PARTIAL:
        return _of_partial(expr, None, scope, index)
    return None


def _of_partial(
    partial: code.Call, call: code.Call | None, scope: Scope, index: PolicyIndex
) -> tuple[Policy, Stated] | None:
    """`partial(retry, stop=...)`, called with more options or not."""
    if not partial.arguments:
        return None
    policy = index.policy(scope.imports.name_of(scope.meant(partial.arguments[0].value)))
    if policy is None:
        return None
    first = Stated() if call is None else _stated(call, policy, scope)
    return policy, first.over(_stated(replace(partial, arguments=partial.arguments[1:]), policy, scope))


def _stated(call: code.Call, policy: Policy, scope: Scope) -> Stated:
    """The options that a call states. What a wrapper's own `*args` and `**kwargs` may add is its callers' choice."""
    arguments = [each for each in call.arguments[policy.form == "call" :] if not _is_handed_on(each, scope)]
    positions = dict(enumerate(policy.positions))
    stated = call_options(replace(call, arguments=tuple(arguments)), positions, scope)
    handed_on = len(arguments) < len(call.arguments) - (policy.form == "call")
    return stated if stated.options or not handed_on else UNSEEN


def _is_handed_on(argument: code.Argument, scope: Scope) -> bool:
    name = code.dotted(argument.value)
    is_own = name in scope.constants or name in scope.changed  # a dict that the function makes
    return argument.stars > 0 and name == ("args", "kwargs")[argument.stars - 1] and not is_own
