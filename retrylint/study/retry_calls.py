"""Where a task's body asks to be run again, and what stands around that."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.flow import ends
from retrylint.libraries.spec import TaskLibrary
from retrylint.names import Imports


@dataclass(frozen=True, slots=True)
class RetryCall:
    """One call of the retry method.

    `caught` is the handler that it stands in, with its `try`; `tries` are the `try` statements whose body holds it,
    inner first.
    """

    call: code.Call
    receiver: str
    is_raised: bool
    caught: tuple[code.Try, code.Handler] | None
    tries: tuple[code.Try, ...]

    def argument(self, keyword: str) -> code.Expr | None:
        """The value of a keyword argument."""
        return next((each.value for each in self.call.arguments if each.keyword == keyword), None)

    def is_told_by(self, keywords: tuple[str, ...]) -> bool:
        """Does it take an argument that only this method has?"""
        return any(argument.keyword in keywords for argument in self.call.arguments)


def receivers_of(function: code.Function, library: TaskLibrary, imports: Imports) -> set[str]:
    """The spellings under which any task can be asked: by its own name, or as the current one."""
    current = {local for local, qualified in imports.table.items() if qualified in library.current}
    return current | {function.name}


def retry_calls(function: code.Function, library: TaskLibrary, receivers: AbstractSet[str]) -> tuple[RetryCall, ...]:
    """The calls of the retry method on one of these names, in source order."""
    return tuple(_in_block(function.body, _Around(library, frozenset(receivers))))


@dataclass(frozen=True, slots=True)
class _Around:
    library: TaskLibrary
    receivers: frozenset[str]
    caught: tuple[code.Try, code.Handler] | None = None
    tries: tuple[code.Try, ...] = ()


def _in_block(block: code.Block, around: _Around) -> Iterator[RetryCall]:
    for statement in block:
        if isinstance(statement, code.Try):
            yield from _in_block(statement.body, replace(around, tries=(statement, *around.tries)))
            for handler in statement.handlers:
                yield from _in_block(handler.body, replace(around, caught=(statement, handler)))
            yield from _in_block(statement.orelse + statement.finalbody, around)
        elif isinstance(statement, code.Function):
            yield from _in_block(statement.body, replace(around, tries=()))
        else:
            for part in code.parts_of(statement):
                if isinstance(part, code.Case):
                    yield from _in_block(part.body, around)
                elif not isinstance(part, code.STATEMENTS):
                    yield from _in_expression(part, statement, around)
            yield from _in_block(tuple(p for p in code.parts_of(statement) if isinstance(p, code.STATEMENTS)), around)


def _in_expression(expr: object, statement: code.Stmt, around: _Around) -> Iterator[RetryCall]:
    for call in code.calls(expr, into_definitions=True):
        function = call.function
        if isinstance(function, code.Attribute) and function.name == around.library.method.name:
            receiver = code.dotted(function.value)
            if receiver in around.receivers:
                raised = isinstance(statement, code.Raise)
                yield RetryCall(call, receiver, raised, around.caught, around.tries)


def is_swallowed(call: RetryCall, library: TaskLibrary, imports: Imports) -> bool:
    """Does a handler of the task itself catch what the retry method raises, and go on?"""
    if call.argument("throw") == code.Const(False):
        return False
    for statement in call.tries:
        for handler in statement.handlers:
            names = {(imports.name_of(kind) or "?").rpartition(".")[2] for kind in handler_types(handler)}
            if library.method.exception in names:
                return False  # it is expected, whatever is done with it
            if handler.type is None or names & {"Exception", "BaseException"}:
                return not _lets_it_out(handler)
    return False


def _lets_it_out(handler: code.Handler) -> bool:
    """Does the handler raise on every path, or at least tell exceptions apart and raise some again?"""
    return ends(handler.body) <= {"raise"} or any(
        isinstance(node, code.Raise) and node.exception is None for node in code.walk(*handler.body)
    )
