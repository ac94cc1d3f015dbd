"""Where a task's body asks to be run again, and what stands around that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.flow import ends
from retrylint.libraries.spec import RetryMethod, TaskLibrary
from retrylint.model import Span
from retrylint.names import Imports


@dataclass(frozen=True, slots=True)
class Scope:
    """The function that an expression stands in, what the task is called there, and what its parameters are given."""

    function: code.Function
    receiver: str | None = None
    given: Mapping[str, code.Expr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition on the way to a call: it is reached where the test gives `holds`."""

    test: code.Expr
    holds: bool
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """A call and what stands around it.

    `caught` is the handler that it stands in, with its `try`; `tries` are the `try` statements whose body holds it,
    inner first; `behind` is what follows its statement in the same block.
    """

    call: code.Call
    is_raised: bool = False
    caught: tuple[code.Try, code.Handler] | None = None
    tries: tuple[code.Try, ...] = ()
    guards: tuple[Guard, ...] = ()
    behind: code.Block = ()


@dataclass(frozen=True, slots=True)
class RetryCall:
    """One call of the retry method, and how the task comes to it: `through` is its own call of a helper that asks."""

    placed: Placed
    receiver: str
    scope: Scope
    method: RetryMethod
    through: Placed | None = None

    @property
    def call(self) -> code.Call:
        """The call itself."""
        return self.placed.call

    @property
    def span(self) -> Span:
        """Where the task's own body asks."""
        return (self.through or self.placed).call.span

    @property
    def caught(self) -> tuple[code.Try, code.Handler] | None:
        """The handler that leads to the call: around it, or around the call of the helper that makes it."""
        return self.placed.caught or (self.through.caught if self.through is not None else None)

    @property
    def tries(self) -> tuple[code.Try, ...]:
        """The `try` statements that the call's exception passes, inner first."""
        return self.placed.tries + (self.through.tries if self.through is not None else ())

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The conditions on the way to the call."""
        own = tuple(replace(guard, scope=self.scope) for guard in self.placed.guards)
        return own + (self.through.guards if self.through is not None else ())

    def argument(self, name: str) -> code.Expr | None:
        """The value of an argument, by keyword or by its position."""
        return argument_of(self.call, self.method, name)

    def is_told(self) -> bool:
        """Does it take an argument that only this method has?"""
        return any(argument.keyword in self.method.signals for argument in self.call.arguments)


def argument_of(call: code.Call, method: RetryMethod, name: str) -> code.Expr | None:
    """An argument of a call of the retry method."""
    positional = zip(method.positions, (each for each in call.arguments if each.keyword is None), strict=False)
    for position, each in positional:
        if each.stars:
            break
        if position == name:
            return each.value
    return next((each.value for each in call.arguments if each.keyword == name), None)


def receivers_of(function: code.Function, library: TaskLibrary, imports: Imports) -> set[str]:
    """The spellings under which any task can be asked: by its own name, or as the current one."""
    current = {local for local, qualified in imports.table.items() if qualified in library.current}
    return current | {function.name}


def retry_calls(
    function: code.Function, library: TaskLibrary, receivers: AbstractSet[str], scope: Scope | None = None
) -> tuple[RetryCall, ...]:
    """The calls of the retry method on one of these names, or on the current task, in source order."""
    found = []
    for placed in placed_calls(function):
        asked = placed.call.function
        receiver = code.dotted(asked.value) if isinstance(asked, code.Attribute) else None
        if receiver is None or code.last_name(asked) != library.method.name:
            continue
        if receiver in receivers or receiver in library.current or receiver.endswith(f".{library.current_name}"):
            within = scope or Scope(function, receiver)
            found.append(RetryCall(placed, receiver, replace(within, receiver=receiver), library.method))
    return tuple(found)


def placed_calls(function: code.Function) -> Iterator[Placed]:
    """Every call of a function, with what stands around it."""
    return _in_block(function.body, _Around())


@dataclass(frozen=True, slots=True)
class _Around:
    caught: tuple[code.Try, code.Handler] | None = None
    tries: tuple[code.Try, ...] = ()
    guards: tuple[Guard, ...] = ()
    behind: code.Block = ()

    def where(self, test: code.Expr, holds: bool) -> _Around:
        return replace(self, guards=(*self.guards, Guard(test, holds)))


def _in_block(block: code.Block, around: _Around) -> Iterator[Placed]:
    for index, statement in enumerate(block):
        yield from _in_statement(statement, replace(around, behind=block[index + 1 :]))
        if isinstance(statement, code.If):
            if "next" not in ends(statement.body):
                around = around.where(statement.test, holds=False)
            elif "next" not in ends(statement.orelse):
                around = around.where(statement.test, holds=True)


def _in_statement(statement: code.Stmt, around: _Around) -> Iterator[Placed]:
    if isinstance(statement, code.Try):
        yield from _in_block(statement.body, replace(around, tries=(statement, *around.tries)))
        for handler in statement.handlers:
            yield from _in_block(handler.body, replace(around, caught=(statement, handler)))
        yield from _in_block(statement.orelse + statement.finalbody, around)
    elif isinstance(statement, code.If):
        yield from _in_expression(statement.test, statement, around)
        yield from _in_block(statement.body, around.where(statement.test, holds=True))
        yield from _in_block(statement.orelse, around.where(statement.test, holds=False))
    elif isinstance(statement, code.Function):
        yield from _in_block(statement.body, replace(around, tries=()))
    else:
        for part in code.parts_of(statement):
            if isinstance(part, code.Case):
                yield from _in_block(part.body, around)
            elif not isinstance(part, code.STATEMENTS):
                yield from _in_expression(part, statement, around)
        yield from _in_block(tuple(p for p in code.parts_of(statement) if isinstance(p, code.STATEMENTS)), around)


def _in_expression(expr: object, statement: code.Stmt, around: _Around) -> Iterator[Placed]:
    raised = isinstance(statement, code.Raise)
    for call in code.calls(expr, into_definitions=True):
        yield Placed(call, raised, around.caught, around.tries, around.guards, around.behind)


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
