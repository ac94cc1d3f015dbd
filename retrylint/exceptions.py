"""What the exceptions that a handler names tell, by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from retrylint import code
from retrylint.naming import words_of

# what is raised where nothing failed: nothing there yet, the end, a lock or a socket that is not ready, a value that
# somebody else has set first, a Ctrl-C
NO_FAILURE = frozenset(
    {"KeyboardInterrupt",
     "Empty", "Full", "QueueEmpty", "QueueFull", "BlockingIOError", "StopIteration", "StopAsyncIteration", "EOFError",
     "WatchError",
     "InterruptedError", "WouldBlock", "WantReadError", "WantWriteError", "SSLWantReadError", "SSLWantWriteError"}
)  # fmt: skip


def handler_types(handler: code.Handler) -> tuple[code.Expr, ...]:
    """The exception expressions of a handler, one by one; none for a bare `except`."""
    if handler.type is None:
        return ()
    return handler.type.items if isinstance(handler.type, code.Collection) else (handler.type,)


def expected(handler: code.Handler) -> bool:
    """Does the handler catch only what says that something is not there yet, which is no failure?"""
    kinds = [code.last_name(kind) for kind in handler_types(handler)]
    return bool(kinds) and all(kind in NO_FAILURE or words_of(kind)[:1] == ("interrupted",) for kind in kinds)


def all_speak_of(handlers: Iterable[code.Handler], words: frozenset[str]) -> bool:
    """Does every exception that the handlers name have one of these words in its name?"""
    spoken = [set(kind) for handler in handlers for kind in exception_words(handler)]
    return bool(spoken) and not any(kind.isdisjoint(words) for kind in spoken)


def any_speaks_of(handlers: Iterable[code.Handler], words: frozenset[str]) -> bool:
    """Does an exception that the handlers name have one of these words in its name?"""
    return any(not words.isdisjoint(kind) for handler in handlers for kind in exception_words(handler))


def exception_words(handler: code.Handler) -> Iterator[tuple[str, ...]]:
    """The words of each exception that a handler names; a bare `except` has one without words."""
    if handler.type is None:
        yield ()
    yield from (words_of(code.last_name(kind)) for kind in handler_types(handler))


def group_names(*roots: code.Stmt) -> frozenset[str]:
    """The names in handlers below that are not spelt like a class: they may stand for several exceptions."""
    handlers = (node for node in code.statements(*roots) if isinstance(node, code.Handler))
    kinds = (kind for handler in handlers for kind in handler_types(handler))
    return frozenset(kind.id for kind in kinds if isinstance(kind, code.Name) and kind.id.islower())
