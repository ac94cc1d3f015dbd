"""Which exceptions lead to another attempt, as a handler and those before it say."""

from __future__ import annotations

from collections.abc import Iterable

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.model import Catch, Handler
from retrylint.names import Imports
from retrylint.study.handlers import IsAttempt, acts, discerns

EXITS = frozenset({"KeyboardInterrupt", "SystemExit"})


def catch_of(
    caught: Iterable[tuple[code.Try, code.Handler]], imports: Imports, is_attempt: IsAttempt = lambda _: False
) -> Catch:
    """What these handlers catch together. One for everything behind one for the exits catches `Exception`.

    `is_attempt` tells the call that is the next attempt, which a handler makes without acting on the failure.
    """
    caught = tuple(caught)
    names: dict[str, None] = {}
    handlers: list[Handler] = []
    bare = False
    for statement, handler in caught:
        lets_exits_pass = _lets_exits_pass(statement, handler)
        found = [imports.name_of(kind) or "?" for kind in handler_types(handler)]
        if handler.type is None and not lets_exits_pass:
            bare = True
        elif handler.type is None or (lets_exits_pass and "BaseException" in found):
            found = [name for name in found if name != "BaseException"] + ["Exception"]
        names.update(dict.fromkeys(found))
        handlers.append(Handler(handler.span, tuple(found), discerns(handler), acts(handler, is_attempt)))
    return Catch(tuple(names), bare, tuple(handlers), _spared(caught, imports))


def _spared(caught: tuple[tuple[code.Try, code.Handler], ...], imports: Imports) -> tuple[str, ...]:
    """What the handlers before these take."""
    retrying = {id(handler) for _, handler in caught}
    earlier = (
        each
        for statement, handler in caught
        for each in statement.handlers[: statement.handlers.index(handler)]
        if id(each) not in retrying
    )
    return tuple({imports.name_of(kind) or "?": None for each in earlier for kind in handler_types(each)})


def _lets_exits_pass(statement: code.Try, handler: code.Handler) -> bool:
    """Does an earlier handler take the exits, or does this one tell them apart?"""
    earlier = statement.handlers[: statement.handlers.index(handler)]
    taken = {code.last_name(kind) for each in earlier for kind in handler_types(each)}
    named = {code.last_name(node) for node in code.walk(*handler.body) if isinstance(node, (code.Name, code.Attribute))}
    return taken >= EXITS or not named.isdisjoint(EXITS)
