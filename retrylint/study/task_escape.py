"""May a task be retried from where nobody sees it: by a decorator, by what keeps it, by what it hands itself to?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.study.task_decorator import Decoration

# decorators below the task's own that do not know the task
INNOCENT = frozenset({"atomic", "staticmethod"})


def may_escape(function: code.Function, decoration: Decoration, receiver: str | None, library: TaskLibrary) -> bool:
    """Is a task in other hands than its own, so that its body does not tell all of its retries?

    What it hands itself to as an argument of a call is not looked at. `receiver` is the task in its own body.
    """
    if any(code.last_name(each) not in INNOCENT for each in _below(function, decoration)):
        return True
    spoken = {library.method.name, library.current_name}
    named = (node for node in _nodes(function) if isinstance(node, (code.Name, code.Attribute)))
    if any(code.last_name(node) in spoken for node in named):
        return True
    return receiver is not None and _is_kept(function, code.Name(receiver))


def _below(function: code.Function, decoration: Decoration) -> Sequence[code.Expr]:
    """The decorators below the task's own; those above it are handed the task that is made."""
    every = [each.function if isinstance(each, code.Call) else each for each in function.decorators]
    return every[every.index(decoration.spelt) + 1 :]


def _is_kept(function: code.Function, receiver: code.Name) -> bool:
    """Is the task itself stored, returned or packed, and not only asked or handed to a call?"""
    used = sum(node == receiver for node in _nodes(function))
    asked = sum(isinstance(node, code.Attribute) and node.value == receiver for node in _nodes(function))
    handed = sum(
        argument.value == receiver
        for call in code.calls(*function.body, into_definitions=True)
        for argument in call.arguments
    )
    return bool(used > asked + handed)


def _nodes(function: code.Function) -> list[Any]:
    return list(code.walk(*function.body, into_definitions=True))
