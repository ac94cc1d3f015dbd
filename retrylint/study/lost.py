"""Where giving up raises a new exception that tells nothing of the failure before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrylint import code
from retrylint.loops.rounds import Loop
from retrylint.model import Span
from retrylint.names import bindings
from retrylint.study.waiting import counted_names


def lost_cause(function: code.Function, loop: Loop, handlers: Sequence[code.Handler]) -> Span | None:
    """The `raise` that loses what the handlers of a loop caught, if there is one.

    Behind the loop Python has forgotten the exception; in a handler `from None` makes it forget. An exception that is
    kept under a name and handed on, in whatever form, is not lost.
    """
    told = _told(handlers)
    candidates = [node for handler in handlers for node in _raises(handler.body) if node.cause == code.Const(None)]
    if not any(_gives_up(handler, set(counted_names(loop))) for handler in handlers):
        ends = (_first_raise(loop.orelse), _first_raise(_following(function.body, loop)))
        candidates += [node for node in ends if node is not None and node.cause is None]
    lost = [node for node in candidates if isinstance(node.exception, code.Call) and not _mentions(node, told)]
    return lost[0].span if lost and handlers else None


def _gives_up(handler: code.Handler, counted: set[str]) -> bool:
    """Does a handler raise by the number of the attempt? Then nothing behind the loop is reached."""
    return any(
        isinstance(node, code.If)
        and any(_raises((*node.body, *node.orelse)))
        and any(isinstance(part, (code.Name, code.Attribute)) and code.dotted(part) in counted
                for part in code.walk(node.test))
        for node in code.walk(*handler.body)
    )  # fmt: skip


def _first_raise(block: code.Block) -> code.Raise | None:
    """The `raise` of the block itself, whatever is told or asked before."""
    return next((statement for statement in block if isinstance(statement, code.Raise)), None)


def _following(block: code.Block, loop: Loop) -> code.Block:
    for index, statement in enumerate(block):
        if statement is loop:
            return block[index + 1 :]
        for inner in _blocks(statement):
            if any(node is loop for node in code.walk(*inner)):
                return (*_following(inner, loop), *block[index + 1 :])
    return ()


def _blocks(statement: code.Stmt) -> Iterator[code.Block]:
    if isinstance(statement, (code.If, code.For, code.While)):
        yield from (statement.body, statement.orelse)
    elif isinstance(statement, (code.With, code.Try)):
        yield statement.body


def _raises(block: code.Block) -> Iterator[code.Raise]:
    return (node for node in code.walk(*block) if isinstance(node, code.Raise))


def _told(handlers: Sequence[code.Handler]) -> set[str]:
    """The names that handlers give to what they caught, or set to anything at all."""
    names = {handler.name for handler in handlers if handler.name}
    return names | {name for handler in handlers for name, _ in bindings(*handler.body)}


def _mentions(node: code.Raise, names: set[str]) -> bool:
    return any(isinstance(each, code.Name) and each.id in names for each in code.walk(node))
