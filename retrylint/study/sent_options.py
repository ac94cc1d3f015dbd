"""Retry options where a task is sent off: nothing reads them there."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Trap


def sent_options(function: code.Function, library: TaskLibrary) -> Iterator[Trap]:
    """The calls of a function that send a task off with options of a retry."""
    for call in code.calls(*function.body, into_definitions=True):
        asked = call.function
        if not isinstance(asked, code.Attribute):
            continue
        sets = asked.name == library.setter and _is_signature(asked.value, library)
        if asked.name not in library.senders and not sets:
            continue
        found = [each.keyword for each in call.arguments if each.keyword in library.retry_options]
        if found:
            text = f"{found[0]} in {asked.name}() is not read: the task's own {found[0]} holds"
            yield Trap("ineffective-options", call.span, None, text, "say it where the task is defined")


def _is_signature(expr: code.Expr, library: TaskLibrary) -> bool:
    return isinstance(expr, code.Call) and code.last_name(expr.function) in library.signatures
