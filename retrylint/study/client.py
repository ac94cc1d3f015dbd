"""The client claimant: a call that sets how a client retries, or that makes a policy for one."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from retrylint import code
from retrylint.libraries.clients import Client, ClientIndex
from retrylint.model import Body, Catch, GiveUp, RetrySite, Span, Trap
from retrylint.names import Owner
from retrylint.sketch.looping import MODULE
from retrylint.sketch.sketch import Sketch
from retrylint.study.claim import Claim
from retrylint.study.client_limit import limit_of
from retrylint.study.client_options import Stated, stated_in
from retrylint.study.client_traps import is_unused, option_traps
from retrylint.study.client_waits import schedule_of
from retrylint.study.scope import Scope, scope_of

BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True)
class Setting:
    """A call, or an assignment, that sets a client's retries.

    `decorates`: the call is the decorator of a function. `policy`: the call that makes the policy, which it hands on.
    """

    client: Client
    stated: Stated
    node: code.Call | code.Assign
    decorates: bool = False
    policy: code.Call | None = None


def client_claims(
    function: code.Function, owner: Owner, module: Sketch, scope: Scope, index: ClientIndex
) -> Iterator[Claim]:
    """The clients and policies that a function, or a statement of the module, sets up, with the misuse of them."""
    where = MODULE if function.name == MODULE else owner.qualified(function.name)
    settings = list(settings_in(function, scope, module, index))
    sites = {each.node.span: site for each in settings if (site := _site(each, function, where, scope)) is not None}
    traps: dict[Span, list[Trap]] = {span: [] for span in sites}
    for setting in settings:
        span = setting.policy.span if setting.policy is not None else setting.node.span
        if span in sites and isinstance(setting.node, code.Call):
            traps[span] += _traps(setting, setting.node, sites[span], function, scope)
    yield from (Claim(site, traps=tuple(traps[span])) for span, site in sites.items())


def _traps(setting: Setting, call: code.Call, site: RetrySite, function: code.Function, scope: Scope) -> Iterator[Trap]:
    if setting.policy is None:
        yield from option_traps(setting.client, setting.stated, call, site, scope)
    if setting.client.inert and is_unused(call, function):
        yield Trap("unused-policy", call.span, site, code.last_name(call.function))


def _site(setting: Setting, function: code.Function, where: str, scope: Scope) -> RetrySite | None:
    """The site of a setting; None where the retries are switched off, or the policy is one."""
    client, stated = setting.client, setting.stated
    limit = limit_of(client, stated, scope)
    if setting.policy is not None or (limit.attempts is not None and limit.attempts <= 1):
        return None
    return RetrySite(
        function.span if setting.decorates else setting.node.span,
        where,
        "policy" if setting.decorates else client.mechanism,
        client.library,
        limit,
        schedule_of(client, stated, limit, scope),
        Catch(client.catches),
        GiveUp("never" if limit.kind == "unbounded" else client.ending),
        Body(is_async=function.is_async, is_generator=setting.decorates and _yields(function)),
    )


def settings_in(function: code.Function, scope: Scope, module: Sketch, index: ClientIndex) -> Iterator[Setting]:
    """Every call and assignment of a function that sets a client's retries, in its parameters' defaults too."""
    for decorator in function.decorators:
        made, seen_from = _made_by(scope.meant(decorator), scope, module)
        if isinstance(made, code.Call):
            found = (each for each in _called(made, seen_from, module, index) if each.decorates)
            yield from (Setting(each, stated_in(made, each, seen_from), made, decorates=True) for each in found)
    defaults = [each.default for each in function.parameters if each.default is not None]
    for node in code.walk(*defaults, *function.body):
        if isinstance(node, code.Assign) and len(node.targets) == 1:
            named = scope.imports.name_of(node.targets[0]) or ""
            for client in index.settings.get(named, ()):
                yield Setting(client, Stated({client.limits[0].option: node.value}), node)
        elif isinstance(node, code.Call):
            settings = (_setting(node, client, scope, index) for client in _called(node, scope, module, index))
            yield from islice((each for each in settings if each is not None), 1)


def _made_by(expr: code.Expr, scope: Scope, module: Sketch) -> tuple[code.Expr, Scope]:
    """What a decorator is, and the scope to read it in: where a function of the module makes it, what that returns."""
    maker = module.helpers.get(code.dotted(expr.function) or "") if isinstance(expr, code.Call) else None
    if maker is None or not isinstance(expr, code.Call):
        return expr, scope
    returned = [node.value for node in code.walk(*maker.body) if isinstance(node, code.Return)]
    if len(returned) != 1 or returned[0] is None or expr.arguments:
        return expr, scope
    inner = scope_of(maker, Owner(), module)
    return inner.meant(returned[0]), inner


def _setting(call: code.Call, client: Client, scope: Scope, index: ClientIndex) -> Setting | None:
    """The setting that a call of a client makes; None where it says nothing of retries."""
    stated = stated_in(call, client, scope)
    if any(name not in stated.options for name in client.needs):
        return None
    policy = scope.meant(stated.options[client.takes]) if client.takes in stated.options else None
    if isinstance(policy, code.Call) and _is_made_here(policy, scope, index):
        return Setting(client, stated, call, policy=policy)
    options = {each.option for each in client.limits} | {client.within, *client.switches}
    is_told = client.policy or not options.isdisjoint(stated.options)
    return Setting(client, stated, call) if is_told else None


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


def _is_made_here(made: code.Call, scope: Scope, index: ClientIndex) -> bool:
    """Is it a policy, made by its class or by a function of the module?"""
    spelt, name = code.dotted(made.function), scope.imports.name_of(made.function)
    if spelt is None or name is None:
        return True  # `Retry(...).new(...)`
    if any(each.policy for each in index.names.get(name, ())):
        return True
    return spelt == name and name not in BUILTINS
