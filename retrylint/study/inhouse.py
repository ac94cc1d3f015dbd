"""The uses of a module's own retry helpers: each is simulated with the arguments that it hands over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from retrylint import code
from retrylint.dataflow import bind
from retrylint.model import Body, Catch, Library, RetrySite, Role, Span
from retrylint.names import Owner, bindings
from retrylint.operations import named, operations_of
from retrylint.sketch.looping import MODULE
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.claim import Claim
from retrylint.study.contexts import request_contexts
from retrylint.study.loop import loop_claims
from retrylint.study.policy_catch import exception_names
from retrylint.study.scope import Scope, scope_of, set_once
from retrylint.values import is_number

Given = Mapping[str, code.Expr | None]
"""What a use hands over by parameter; None for what is not told."""


def inhouse_claims(function: code.Function, owner: Owner, module: Sketch, task: Library | None) -> Iterator[Claim]:
    """What a function is retried by, and what it retries, through helpers of the module."""
    scope = scope_of(function, owner, module)
    where = MODULE if function.name == MODULE else owner.qualified(function.name)
    for decorator in function.decorators:
        repeater, given = _of_decorator(decorator, owner, module, scope)
        if repeater is not None:
            operations = named(operations_of(function.body, lambda call: False), scope.imports)
            contexts = request_contexts(function, owner, module)
            body = body_of(function, scope.imports, tuple(operations), task, contexts)
            yield from _claim(repeater, given, function.span, where, module, scope, body, function.body)
    for call in code.calls(*function.body):
        repeater, given = _of_call(call, owner, module, scope)
        if repeater is not None:
            body = body_of(function, scope.imports, tuple(_handed(repeater, call, scope)), task)
            yield from _claim(repeater, given, call.span, where, module, scope, body, ())


def _claim(
    repeater: Repeater,
    given: Given,
    span: Span,
    where: str,
    module: Sketch,
    scope: Scope,
    body: Body,
    block: code.Block,
) -> Iterator[Claim]:
    """The site of a use: the helper's loop, as it runs with these arguments."""
    *outer, inner = repeater.chain()
    home = next((each.home for each in module.foreign.values() if each.repeater is repeater), module)
    known = _constants(outer, given, home)
    if not outer:
        inner = replace(inner, parameters=tuple(_filled(each, given, scope) for each in inner.parameters))
    owner = Owner(
        (*repeater.owner.path, *(each.name for each in outer)), in_class=repeater.owner.in_class and not outer
    )
    for claim in loop_claims(inner, owner, replace(home, constants=known), None):
        site = claim.found
        if isinstance(site, RetrySite) and site.span == repeater.loop and site.limit.attempts != 1:
            is_default = site.limit.kind == "explicit" and not any(name in given for name in _options(repeater))
            limit = replace(site.limit, kind="default") if is_default else site.limit
            catch = Catch(tuple(_caught(site.catch, known, given, inner, scope)), site.catch.bare)
            library = Library("inhouse", repeater.name)
            spans: tuple[tuple[Role, Span], ...] = (("definition", repeater.function.span),)
            schedule, give_up = site.schedule, site.give_up
            yield Claim(RetrySite(span, where, "policy", library, limit, schedule, catch, give_up, body, spans), block)


def _of_decorator(decorator: code.Expr, owner: Owner, module: Sketch, scope: Scope) -> tuple[Repeater | None, Given]:
    """The helper that a decorator is, or makes, and what it is given."""
    called = decorator.function if isinstance(decorator, code.Call) else decorator
    repeater = _named(called, owner, module, scope)
    if repeater is None or not repeater.path:
        return None, {}
    if not isinstance(decorator, code.Call):
        return (repeater, {}) if repeater.holder == 0 else (None, {})
    return repeater, _given(repeater.function, decorator, scope)


def _of_call(call: code.Call, owner: Owner, module: Sketch, scope: Scope) -> tuple[Repeater | None, Given]:
    """The helper that a call hands something to: `retry_call(fetch, attempts=3)`, `retry(attempts=3)(fetch)`."""
    made = call.function
    if isinstance(made, code.Call):
        repeater = _named(made.function, owner, module, scope)
        return (repeater, _given(repeater.function, made, scope)) if repeater and repeater.holder == 1 else (None, {})
    repeater = _named(made, owner, module, scope)
    if repeater is None or repeater.holder != 0:
        return None, {}
    given = _given(repeater.function, call, scope)
    return (repeater, given) if repeater.parameter in given else (None, {})


def _named(expr: code.Expr, owner: Owner, module: Sketch, scope: Scope) -> Repeater | None:
    """The helper that a name stands for: of the module, of the own class, or of another one by its name."""
    name = code.dotted(expr)
    if name is not None and name in module.foreign:
        return module.foreign[name].repeater
    if name is None or scope.imports.qualify(name) != name:
        return None
    head, _, last = name.rpartition(".")
    for each in module.repeaters:
        of_class = ".".join(each.owner.path)
        own = each.owner.in_class and each.owner.path == owner.path and head in ("self", "cls", scope.receiver)
        if last == each.name and (own or head == of_class):
            return each
    return None


def _given(function: code.Function, call: code.Call, scope: Scope) -> Given:
    """The arguments of a call by parameter, as far as they are told; all are not where `*` or `**` hands some over."""
    is_method = bool(function.parameters) and function.parameters[0].name in ("self", "cls")
    bound, rest = bind(function, call, is_method)
    given = {name: _told(expr, scope) for name, expr in bound.items()}
    if any(argument.stars for argument in rest):
        given |= {each.name: None for each in function.parameters if each.name not in given}
    return given


def _told(expr: code.Expr, scope: Scope) -> code.Expr | None:
    """An argument as it can be read anywhere: a constant, or exceptions by their names."""
    value = scope.value(expr)
    if value is None or isinstance(value, (bool, str)) or is_number(value):
        return code.Const(value)  # type: ignore[arg-type]
    meant = scope.meant(expr)
    names = list(exception_names(meant, scope))
    if names and "" not in names:
        return code.Collection("tuple", tuple(code.Name(name) for name in names))
    is_plain = isinstance(value, tuple) and all(is_number(each) for each in value)
    return code.Collection("tuple", tuple(code.Const(each) for each in value)) if is_plain else None  # type: ignore[arg-type,union-attr]


def _constants(outer: list[code.Function], given: Given, module: Sketch) -> dict[str, code.Expr]:
    """What the names around the innermost function stand for: the arguments of the use, else their defaults."""
    known = dict(module.constants)
    for index, function in enumerate(outer):
        for name in {name for name, _ in bindings(*function.body)} | code.own_parameters(function):
            known.pop(name, None)
        known |= set_once(function)
        for each in function.parameters if index == 0 else ():
            if each.name in given:
                known.pop(each.name, None)
                told = given[each.name]
                known |= {each.name: told} if told is not None else {}
    return known


def _filled(parameter: code.Parameter, given: Given, scope: Scope) -> code.Parameter:
    """A parameter that is given what the use hands over."""
    return replace(parameter, default=given[parameter.name]) if parameter.name in given else parameter


def _options(repeater: Repeater) -> set[str]:
    """The parameters that may say how often, or how long."""
    return {each.name for each in repeater.function.parameters} - {repeater.parameter}


def _caught(
    catch: Catch, known: Mapping[str, code.Expr], given: Given, inner: code.Function, scope: Scope
) -> Iterator[str]:
    """The exceptions that the helper catches; where a parameter holds them, those that it was given."""
    defaults = {each.name: each.default for each in inner.parameters}
    for name in catch.names:
        held = given.get(name) or known.get(name) or defaults.get(name)
        if held is None:
            yield name
        else:
            yield from (each for each in exception_names(held, scope) if each)


def _handed(repeater: Repeater, call: code.Call, scope: Scope) -> Iterator[str]:
    """The name of what a call hands to a helper."""
    if isinstance(call.function, code.Call):
        expr = call.arguments[0].value if call.arguments else None
    else:
        bound, _ = bind(repeater.function, call, bool(repeater.owner.in_class))
        expr = bound.get(repeater.parameter)
    name = scope.imports.name_of(expr) if expr is not None else None
    yield from [name] if name else []
