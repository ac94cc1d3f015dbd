"""Misuse of a client's options: a policy that nobody uses, and what it retries although or only if it is told to."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.libraries.clients import Client
from retrylint.model import RetrySite, Trap
from retrylint.sketch.looping import MODULE
from retrylint.study.client_options import Stated
from retrylint.study.scope import Scope
from retrylint.values import Value, truth

ADVISED = frozenset({413, 429, 503})  # answers that may say when to come back
PERMANENT = frozenset({400, 401, 403, 404, 405, 410, 422})
REFUSED = frozenset({429})  # nothing was done
WRITING = ("PATCH", "POST")
COLLECTING = frozenset({"frozenset", "list", "set", "tuple"})


def option_traps(client: Client, stated: Stated, call: code.Call, site: RetrySite, scope: Scope) -> Iterator[Trap]:
    """Misuse in the options of one call."""
    listed = _items(stated.options.get(client.answers), scope)
    statuses = [each for each in listed or () if isinstance(each, int)]
    if client.answers and _forgets_answers(client, stated, scope):
        yield Trap("answers-not-retried", call.span, site, client.answers)
    if client.advice and _is_off(stated, client.advice, scope) and not ADVISED.isdisjoint(statuses):
        yield Trap("advice-off", call.span, site, client.advice)
    permanent = sorted(PERMANENT.intersection(statuses))
    if permanent:
        yield Trap("permanent-answer", call.span, site, ", ".join(map(str, permanent)))
    if client.verbs in stated.options and not _surely_not_done(client, stated, statuses, scope):
        verbs = _verbs(client, stated.options[client.verbs], scope)
        if verbs:
            yield Trap("every-method", call.span, site, verbs)


def _forgets_answers(client: Client, stated: Stated, scope: Scope) -> bool:
    """Is no failing status retried, although nothing shows that only connections were meant?"""
    if not stated.complete or client.answers in stated.options:
        return False
    if client.takes and not isinstance(scope.value(stated.options[client.takes]), int):
        return False  # it may be a policy that lists them
    return client.kinds is None or set(client.kinds.options).isdisjoint(stated.options)


def _surely_not_done(client: Client, stated: Stated, statuses: list[int], scope: Scope) -> bool:
    """Is a write retried only where the other side did nothing?"""
    kinds = client.kinds.options if client.kinds is not None else ()
    return bool(statuses) and REFUSED.issuperset(statuses) and "read" in kinds and _is_off(stated, "read", scope)


def _is_off(stated: Stated, option: str, scope: Scope) -> bool:
    return option in stated.options and truth(scope.value(stated.options[option])) is False


def _verbs(client: Client, expr: code.Expr, scope: Scope) -> str:
    """The methods that write among those that are retried; "" for none or where it is not told."""
    listed = _items(expr, scope)
    if listed is None:
        switched_off = truth(scope.value(expr)) is False
        return "every method" if client.verbs_left_out and switched_off else ""
    if not listed:
        return "every method" if client.verbs_left_out else ""
    return " and ".join(verb for verb in WRITING if verb in listed)


def _items(expr: code.Expr | None, scope: Scope) -> list[Value] | None:
    """The items of a collection that is written out, wrapped or not; None for anything else."""
    if expr is None:
        return None
    expr = scope.meant(expr)
    if isinstance(expr, code.Call) and code.dotted(expr.function) in COLLECTING and len(expr.arguments) == 1:
        expr = scope.meant(expr.arguments[0].value)
    return [scope.value(each) for each in expr.items] if isinstance(expr, code.Collection) else None


def is_unused(call: code.Call, function: code.Function) -> bool:
    """Is what a call makes thrown away, or bound to a local name that is never read?

    One that is made only to see whether that raises stands in a `with` or a `try`.
    """
    nodes = list(code.walk(*function.body, into_definitions=True))
    if any(isinstance(node, code.Evaluate) and node.value is call for node in nodes):
        guards = (node for node in nodes if isinstance(node, (code.With, code.Try)))
        return not any(guard.span.holds(call.span) for guard in guards)
    named = next((node for node in nodes if isinstance(node, code.Assign) and node.value is call), None)
    if named is None or len(named.targets) != 1 or not isinstance(named.targets[0], code.Name):
        return False
    name = named.targets[0].id
    if function.name == MODULE or any(isinstance(node, code.Declare) and name in node.names for node in nodes):
        return False
    return sum(isinstance(node, code.Name) and node.id == name for node in nodes) == 1
