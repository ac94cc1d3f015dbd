"""What the call of a function makes of a retry in it: how often it is asked for."""

from __future__ import annotations

from dataclasses import replace

from retrylint import code
from retrylint.chains.reached import bound_by
from retrylint.model import Limit, RetrySite
from retrylint.naming import words_of

ONCE = (code.Const(False), code.Const(0), code.Const(1))
COUNTING = frozenset({"attempts", "retries", "retry", "times", "tries"})
EXECUTIONS = frozenset({"attempts", "times", "tries"})


def is_switched_off(site: RetrySite, function: code.Function, call: code.Call) -> bool:
    """Is it a retry for those who ask for one, by a parameter that this call leaves at its default of once or never, or
    sets so itself?
    """
    if any(argument.stars for argument in call.arguments):
        return False
    bound = bound_by(function, call)
    is_for_the_caller = site.limit.kind == "dynamic"
    return any(
        _is_once(bound[each.name], each.name) if each.name in bound else is_for_the_caller and each.default in ONCE
        for each in function.parameters
        if not COUNTING.isdisjoint(words_of(each.name))
    )


def _is_once(value: code.Expr, name: str) -> bool:
    """Does a call ask for no retry: `retries=0`, `attempts=1`?"""
    if not isinstance(value, code.Const) or value.value not in (False, 0, 1):
        return False
    return not value.value or (value.value is not True and not EXECUTIONS.isdisjoint(words_of(name)))


def as_used(site: RetrySite, function: code.Function, call: code.Call) -> RetrySite:
    """A retry as a call of its function has it: a number that the call sets is not the one of the default."""
    is_told = site.limit.attempts is not None or site.limit.kind == "unbounded"
    if not is_told or site.mechanism == "client":
        return site
    bound, may_be_any = bound_by(function, call), any(argument.stars for argument in call.arguments)
    counting = _named_at_the_head(site, function)
    is_set = any(
        may_be_any or bound.get(each.name, each.default) != each.default
        for each in function.parameters
        if each.name in counting or not COUNTING.isdisjoint(words_of(each.name))
        if isinstance(each.default, code.Const)
    )
    return replace(site, limit=Limit("dynamic")) if is_set else site


def _named_at_the_head(site: RetrySite, function: code.Function) -> frozenset[str]:
    """The names in what a loop runs over or asks, or in what a helper is given besides."""
    heads: list[code.Expr] = []
    for node in code.walk(*function.body):
        if isinstance(node, (code.For, code.While, code.Call)) and node.span == site.span:
            if isinstance(node, code.Call):
                heads += [each.value for each in node.arguments]
            else:
                heads.append(node.iterable if isinstance(node, code.For) else node.test)
    return frozenset(each.id for each in code.walk(*heads) if isinstance(each, code.Name))
