"""The client claimant: a call that sets how a client retries, or that makes a policy for one."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.clients import Client, ClientIndex
from retrylint.model import Body, Catch, GiveUp, RetrySite
from retrylint.names import Owner
from retrylint.sketch.looping import MODULE
from retrylint.sketch.sketch import Sketch
from retrylint.study.client_limit import limit_of
from retrylint.study.client_options import Stated, stated_in
from retrylint.study.client_waits import schedule_of
from retrylint.study.scope import Scope, scope_of

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Setting:
    """A call, or an assignment, that sets a client's retries. `decorates`: the call is the decorator of a function."""

    client: Client
    stated: Stated
    node: code.Call | code.Assign
    decorates: bool = False


def client_sites(function: code.Function, owner: Owner, module: Sketch, index: ClientIndex) -> Iterator[RetrySite]:
    """The clients and policies that a function, or a statement of the module, sets up."""
    scope = scope_of(function, owner, module)
    where = MODULE if function.name == MODULE else owner.qualified(function.name)
    for setting in settings_in(function, scope, module, index):
        limit = limit_of(setting.client, setting.stated, scope)
        if limit.attempts is not None and limit.attempts <= 1:
            continue  # switched off
        yield RetrySite(
            function.span if setting.decorates else setting.node.span,
            where,
            "policy" if setting.decorates else "client",
            setting.client.library,
            limit,
            schedule_of(setting.client, setting.stated, limit, scope),
            Catch(setting.client.catches),
            GiveUp("never" if limit.kind == "unbounded" else setting.client.ending),
            Body(is_async=function.is_async, is_generator=setting.decorates and _yields(function)),
        )


def settings_in(function: code.Function, scope: Scope, module: Sketch, index: ClientIndex) -> Iterator[Setting]:
    """Every call and assignment of a function that sets a client's retries, in its parameters' defaults too."""
    for decorator in function.decorators:
        made = scope.meant(decorator)
        for client in _called(made, scope, module, index) if isinstance(made, code.Call) else ():
            if client.decorates and isinstance(made, code.Call):
                yield Setting(client, stated_in(made, client, scope), made, decorates=True)
    defaults = [each.default for each in function.parameters if each.default is not None]
    for node in code.walk(*defaults, *function.body):
        if isinstance(node, code.Assign) and len(node.targets) == 1:
            named = scope.imports.name_of(node.targets[0]) or ""
            for client in index.settings.get(named, ()):
                yield Setting(client, Stated({client.limits[0].option: node.value}), node)
        elif isinstance(node, code.Call):
            for client in _called(node, scope, module, index):
                stated = stated_in(node, client, scope)
                if _configures(client, stated, scope, index):
                    yield Setting(client, stated, node)
                    break


def _yields(function: code.Function) -> bool:
    return any(isinstance(node, code.Yield) for node in code.walk(*function.body))


def _called(call: code.Call, scope: Scope, module: Sketch, index: ClientIndex) -> Iterator[Client]:
    """The clients that a call may mean: by its name, by the base of a class of the module, by a method's name."""
    name = scope.imports.name_of(call.function)
    if name is not None:
        yield from index.names.get(name, ())
        yield from (each for each in index.families if name.startswith(each.families))
        if name in module.classes:
            for base in module.classes[name].bases:
                yield from index.names.get(scope.imports.qualify(base), ())
    if isinstance(call.function, code.Attribute) and name not in index.names:
        roots = {each.partition(".")[0] for each in scope.imports.table.values()}
        candidates = index.methods.get(call.function.name, ())
        yield from (each for each in candidates if not roots.isdisjoint(each.imports))


def _configures(client: Client, stated: Stated, scope: Scope, index: ClientIndex) -> bool:
    """Does a call say anything of retries? Not where it hands on a policy that is made elsewhere in the module."""
    if any(name not in stated.options for name in client.needs):
        return False
    policy = stated.options.get(client.takes) if client.takes else None
    if policy is not None and _is_made_here(scope.meant(policy), scope, index):
        return False
    if client.policy:
        return True
    options = {each.option for each in client.limits} | {client.within, *client.switches}
    return not options.isdisjoint(stated.options)


def _is_made_here(expr: code.Expr, scope: Scope, index: ClientIndex) -> bool:
    """Is it a policy, made by its class or by a function of the module?"""
    if not isinstance(expr, code.Call):
        return False
    spelt, name = code.dotted(expr.function), scope.imports.name_of(expr.function)
    if spelt is None or name is None:
        return True  # `Retry(...).new(...)`
    if any(each.policy for each in index.names.get(name, ())):
        return True
    return spelt == name and name not in BUILTINS
