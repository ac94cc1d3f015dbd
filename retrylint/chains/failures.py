"""Does the failure in which a retry ends lead to another attempt of the one around it? Only where that is told."""

from __future__ import annotations

import builtins
from collections.abc import Iterable

from retrylint import code
from retrylint.chains.graph import Graph, Region
from retrylint.exceptions import handler_types
from retrylint.flow import ends
from retrylint.model import Catch, RetrySite

EVERYTHING = frozenset({"Exception", "BaseException"})
BY_HAND = frozenset({"loop", "recursion"})
RAISING = frozenset({"raises", "wraps"})


def leads_on(inner: Region, outer: RetrySite, tries: Iterable[code.Try], graph: Graph) -> bool:
    """Is what ends the inner attempts shown to be what the outer ones wait for, through the `try` statements between?

    One that takes everything waits for any error. One that tells errors apart by what they hold waits for those alone
    on which the inner one repeats by the same condition, or for a class that both name and the inner one raises as it
    came; and no error is waited for where results are.
    """
    kinds, exactly = _kinds(inner, graph)
    waits_for_any = _takes_everything(outer.catch)
    if inner.site.span_of("outermost") is not None and inner.site.library == outer.library:
        return False  # the helper knows that it retries already
    if not all(_lets_out(each, kinds, waits_for_any) for each in tries):
        return False
    if kinds and all(is_caught(each, Catch(outer.catch.spared), exactly=True) for each in kinds):
        return False
    ending = inner.site.give_up.ending
    if _tells_apart(outer.catch):
        if outer.catch.handlers and not _tells_apart(inner.site.catch) and inner.site.give_up.exception is None:
            named = Catch(tuple(each for each in outer.catch.names if each not in EVERYTHING))
            return ending == "raises" and any(is_caught(each, named, exactly=True) for each in kinds)
        return _alike(inner.site, outer, kinds) or (inner.site.mechanism == "client" and _is_for_clients(outer))
    if waits_for_any:
        return ending in RAISING or (ending == "unknown" and inner.site.mechanism not in BY_HAND)
    return ending in RAISING and any(is_caught(each, _plainly(outer.catch), exactly) for each in kinds)


def _kinds(inner: Region, graph: Graph) -> tuple[tuple[str, ...], bool]:
    """The classes of errors in which a retry ends, as far as they are told; are they exactly these?"""
    ends_in, caught = inner.site.give_up, inner.site.catch
    if ends_in.exception is not None:
        return (ends_in.exception, *graph.ancestors(ends_in.exception, inner.home)), True
    if ends_in.ending != "raises":
        return (), False
    names = caught.names if not caught.bare else (*caught.names, "BaseException")
    return tuple(each for each in names if not (_tells_apart(caught) and each in EVERYTHING)), False


def _takes_everything(catch: Catch) -> bool:
    plain = _plainly(catch)
    return plain.bare or not EVERYTHING.isdisjoint(plain.names)


def _plainly(catch: Catch) -> Catch:
    """What is caught by its class alone."""
    if not catch.handlers:
        names = tuple(each for each in catch.names if each not in catch.chosen)
        return Catch(names, catch.bare and "BaseException" not in catch.chosen)
    plain = [each for each in catch.handlers if not each.discerns]
    return Catch(tuple(name for each in plain for name in each.names), any(not each.names for each in plain))


def _tells_apart(catch: Catch) -> bool:
    """Does nothing lead on by its class alone?"""
    plain = _plainly(catch)
    return not plain.bare and not plain.names


def _is_for_clients(outer: RetrySite) -> bool:
    """Is it a policy with a condition? What a client ends in (limits, time-outs) is what one is made for."""
    return bool(outer.catch.condition) and outer.library is not None and outer.library.name != "inhouse"


def _alike(inner: RetrySite, outer: RetrySite, kinds: tuple[str, ...]) -> bool:
    """Do two retries go on for the same errors, by one condition, and does the inner one end in one of these?"""
    if not outer.catch.condition or inner.catch.condition != outer.catch.condition:
        return False
    if inner.give_up.exception is not None:
        named = Catch(tuple(each for each in outer.catch.names if each not in EVERYTHING))
        return any(is_caught(each, named, exactly=True) for each in kinds)
    return inner.give_up.ending == "raises"


def _lets_out(statement: code.Try, kinds: tuple[str, ...], waits_for_any: bool) -> bool:
    """Does a failure within a `try` leave it as what the outer attempts wait for?"""
    for handler in statement.handlers:
        names = [code.dotted(each) or "" for each in handler_types(handler)]
        is_wide = handler.type is None or not EVERYTHING.isdisjoint(names)
        if is_wide or any(is_caught(each, Catch(tuple(names)), exactly=True) for each in kinds):
            return ends(handler.body) == {"raise"} and (waits_for_any or _raises_again(handler))
    return True


def _raises_again(handler: code.Handler) -> bool:
    """Does a handler raise what it has caught, and nothing else?"""
    raised = [each.exception for each in code.walk(*handler.body) if isinstance(each, code.Raise)]
    return all(each is None or each == code.Name(handler.name or "") for each in raised)


def is_caught(name: str, catch: Catch, exactly: bool = False) -> bool:
    """Is an exception among those that are caught, by any name of its package, or by a built-in class?

    One that is named where it is caught stands for its subclasses too, unless it is `exactly` this one that is raised.
    """
    if any(_is_alike(name, each) for each in catch.names):
        return True
    own = _builtin(name)
    others = [kind for each in catch.names if (kind := _builtin(each)) is not None]
    return own is not None and any(
        issubclass(own, other) or (issubclass(other, own) and not exactly) for other in others
    )


def _is_alike(one: str, other: str) -> bool:
    """Are two names one class? A package hands its classes out at several places."""
    roots = {name.partition(".")[0] for name in (one, other) if "." in name}
    return one.rpartition(".")[2] == other.rpartition(".")[2] and len(roots - {""}) < 2


def _builtin(name: str) -> type[BaseException] | None:
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
