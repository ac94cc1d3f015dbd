"""What is held while a retry waits: a transaction, or a lock."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.model import RetrySite, Span
from retrylint.names import Imports
from retrylint.naming import words_of
from retrylint.study.body import decorator_name

ATOMIC = frozenset({"django.db.transaction.atomic", "transaction.atomic"})
SAVEPOINTS = frozenset({"atomic", "begin_nested", "savepoint"})
LOCKS = frozenset({"lock", "mutex", "rlock", "semaphore"})
# what a database raises that leaves its transaction unusable
BROKEN = frozenset(
    {"DBAPIError", "DatabaseError", "DeadlockDetected", "IntegrityError", "InterfaceError", "InternalError",
     "OperationalError", "SerializationFailure"}
)  # fmt: skip


def held_by(site: RetrySite, function: code.Function, imports: Imports) -> str | None:
    """`transaction`: the attempts are made in one that the first failure breaks. Else what is held while it waits."""
    again = site.span if site.mechanism == "loop" else site.span_of("self-call")
    if again is None:
        return None
    errors = {name.rpartition(".")[2] for name in site.catch.names}
    if not errors.isdisjoint(BROKEN) and _in_transaction(function, again, imports):
        inside = [node for node in _withs(function) if again.holds(node.span)]
        if not any(_opens(item, SAVEPOINTS) for node in inside for item, _ in node.items):
            return "transaction"
    sleep = site.span_of("sleep")
    return None if sleep is None else _while_waiting(function, sleep, imports)


def undone_by_retry(site: RetrySite, function: code.Function, imports: Imports) -> Span | None:
    """The call by which a task retries itself out of a transaction: what it wrote there is rolled back."""
    calls = (span for role, span in site.spans if role == "retry-call")
    return next((span for span in calls if _in_transaction(function, span, imports)), None)


def _in_transaction(function: code.Function, again: Span, imports: Imports) -> bool:
    return any(decorator_name(each, imports) in ATOMIC for each in function.decorators) or any(
        node.span.holds(again) and any(_is_atomic(item, imports) for item, _ in node.items) for node in _withs(function)
    )


def _while_waiting(function: code.Function, sleep: Span, imports: Imports) -> str | None:
    """The innermost lock, or the transaction, whose `with` holds the wait."""
    found = None
    for node in _withs(function):
        for item, _ in node.items:
            if not node.span.holds(sleep):
                continue
            if _is_atomic(item, imports):
                found = "a transaction"
            elif _is_lock(item):
                found = f"`{code.dotted(_called(item))}`"
    return found


def _withs(function: code.Function) -> Iterator[code.With]:
    return (node for node in code.walk(*function.body) if isinstance(node, code.With))


def _is_atomic(item: code.Expr, imports: Imports) -> bool:
    return isinstance(item, code.Call) and imports.name_of(item.function) in ATOMIC


def _opens(item: code.Expr, names: frozenset[str]) -> bool:
    return isinstance(item, code.Call) and code.last_name(item.function) in names


def _is_lock(item: code.Expr) -> bool:
    return not LOCKS.isdisjoint(words_of(code.last_name(_called(item)))) and code.dotted(_called(item)) is not None


def _called(item: code.Expr) -> code.Expr:
    return item.function if isinstance(item, code.Call) else item
