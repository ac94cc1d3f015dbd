"""What a policy retries: the exceptions that its options name, or that its condition lets through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from retrylint import code
from retrylint.libraries.policies import Policy, PolicyIndex
from retrylint.model import Catch
from retrylint.project.summary import qualified
from retrylint.study.client_options import Stated
from retrylint.study.scope import Scope
from retrylint.study.spelling import spelled

EVERYTHING = "BaseException"
MOST = 500  # characters of a condition
SEVERAL = frozenset({"frozenset", "list", "set", "tuple"})


def catch_of(policy: Policy, stated: Stated, scope: Scope, index: PolicyIndex) -> Catch:
    """The exceptions that lead to another attempt; no names where that is not told."""
    catch = _caught(policy, stated, scope, index)
    if policy.gives_up in stated.options and not policy.results:
        catch = replace(catch, chosen=catch.names)
    if catch.spared or set(catch.names) > set(catch.chosen):
        return catch
    told_by = [each for each in (policy.condition, policy.catches, policy.gives_up) if each in stated.options]
    words = (f"{each}={spelled(_in_full(stated.options[each], scope), MOST)}" for each in told_by)
    return replace(catch, condition=" ".join(words))


def _in_full(expr: code.Expr, scope: Scope) -> code.Expr:
    """An expression in which each name is the one of its module."""
    found: code.Expr = qualified(scope.meant(expr), scope.imports, scope.constants)
    return found


def _caught(policy: Policy, stated: Stated, scope: Scope, index: PolicyIndex) -> Catch:
    if policy.condition:
        expr = stated.options.get(policy.condition)
        if expr is None:
            return Catch(policy.caught if stated.complete else ())
        return _let_through(expr, scope, index)
    if policy.results:
        return Catch(spared=(EVERYTHING,))
    expr = stated.options.get(policy.catches) if policy.catches else None
    if expr is None:
        return Catch(policy.caught if stated.complete else ())
    names = list(exception_names(expr, scope))
    return Catch() if "" in names else Catch(tuple(dict.fromkeys(names)))


def exception_names(expr: code.Expr, scope: Scope) -> Iterator[str]:
    """The qualified names in an expression that holds exception classes; "" for anything else in it."""
    meant = scope.meant(expr)
    if isinstance(meant, code.Call) and code.dotted(meant.function) in SEVERAL and len(meant.arguments) == 1:
        meant = scope.meant(meant.arguments[0].value)
    if isinstance(meant, code.Collection):
        for item in meant.items:
            yield from exception_names(item, scope)
    elif isinstance(meant, code.Binary) and meant.operator == "+":
        yield from exception_names(meant.left, scope)
        yield from exception_names(meant.right, scope)
    else:
        name = scope.imports.name_of(meant) or ""
        yield name if is_class(name) or name in ("socket.timeout", "socket.error") else ""


def is_class(name: str) -> bool:
    """Is a qualified name spelt like that of a class, and not of a constant?"""
    last = name.rpartition(".")[2]
    return last[:1].isupper() and not last.isupper()


def _let_through(expr: code.Expr, scope: Scope, index: PolicyIndex) -> Catch:
    """What a condition of the library's, or several with `|` and `&` between them, let through."""
    expr = scope.meant(expr)
    if isinstance(expr, code.Binary) and expr.operator in ("|", "&"):
        both = [_let_through(each, scope, index) for each in (expr.left, expr.right)]
        return _joined(both, expr.operator == "|")
    if not isinstance(expr, code.Call):
        return Catch()
    condition = index.conditions.get(scope.imports.name_of(scope.meant(expr.function)) or "")
    if condition is None:
        return Catch()
    if condition.results:
        return Catch(spared=(EVERYTHING,))
    if condition.combines:
        return _joined([_let_through(each.value, scope, index) for each in expr.arguments], condition.combines == "any")
    given = next((each.value for each in expr.arguments if each.keyword in (None, condition.types)), None)
    names = list(exception_names(given, scope)) if given is not None else list(condition.default)
    if condition.spares:
        return Catch((EVERYTHING,), spared=tuple(name for name in names if name))
    return Catch() if "" in names else Catch(tuple(dict.fromkeys(names)))


def _joined(parts: list[Catch], either: bool) -> Catch:
    """Of conditions that all must hold, each names what may come through at most."""
    known = [part for part in parts if part.names]
    if not known:
        return parts[0] if parts and all(EVERYTHING in part.spared for part in parts) else Catch()
    if either:
        return Catch(tuple(dict.fromkeys(name for part in known for name in part.names)))
    narrowest = next((part for part in known if EVERYTHING not in part.names), known[0])
    is_told = len(known) == len(parts) and not any(part.chosen for part in parts)
    return narrowest if is_told else replace(narrowest, chosen=narrowest.names)
