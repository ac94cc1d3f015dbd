"""Which exceptions lead to another attempt, as a handler and those before it say."""

from __future__ import annotations

from collections.abc import Iterable

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.model import Catch
from retrylint.names import Imports

EXITS = frozenset({"KeyboardInterrupt", "SystemExit"})


def catch_of(caught: Iterable[tuple[code.Try, code.Handler]], imports: Imports) -> Catch:
    """What these handlers catch together. One for everything behind one for the exits catches `Exception`."""
    names: dict[str, None] = {}
    bare = False
    for statement, handler in caught:
        lets_exits_pass = _lets_exits_pass(statement, handler)
        found = [imports.name_of(kind) or "?" for kind in handler_types(handler)]
        if handler.type is None and not lets_exits_pass:
            bare = True
        elif handler.type is None or (lets_exits_pass and "BaseException" in found):
            found = [name for name in found if name != "BaseException"] + ["Exception"]
        names.update(dict.fromkeys(found))
    return Catch(tuple(names), bare)


def _lets_exits_pass(statement: code.Try, handler: code.Handler) -> bool:
    """Does an earlier handler take the exits, or does this one tell them apart?"""
    earlier = statement.handlers[: statement.handlers.index(handler)]
    taken = {code.last_name(kind) for each in earlier for kind in handler_types(each)}
    named = {code.last_name(node) for node in code.walk(*handler.body) if isinstance(node, (code.Name, code.Attribute))}
    return taken >= EXITS or not named.isdisjoint(EXITS)
