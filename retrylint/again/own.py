"""How a function is spoken of in its own body."""

from __future__ import annotations

from dataclasses import dataclass

from retrylint import code
from retrylint.names import Owner, own_names, receiver


@dataclass(frozen=True, slots=True)
class Own:
    """A function, and what it can call itself.

    `task` is the first parameter of a task that is handed itself, `titles` are the ends of the texts by which a
    queue knows the function (none for a method), `is_exact` where the text must be all of one.
    """

    function: code.Function
    names: frozenset[str]
    task: str | None
    titles: tuple[str, ...]
    is_exact: bool

    def is_meant(self, expr: code.Expr | None) -> bool:
        """Is the function itself meant?"""
        return expr is not None and code.dotted(expr) in self.names

    def is_handed(self, expr: code.Expr | None) -> bool:
        """Is it the task itself, as the function was handed it?"""
        return self.task is not None and expr == code.Name(self.task)

    def is_titled(self, expr: code.Expr | None) -> bool:
        """Is it the text by which a queue knows the function?"""
        text = expr.value if isinstance(expr, code.Const) else None
        if not isinstance(text, str):
            return False
        return any(text == title or (not self.is_exact and text.endswith(f".{title}")) for title in self.titles)


def own_of(function: code.Function, owner: Owner) -> Own:
    """What a function can call itself."""
    stated = [
        argument.value
        for decorator in function.decorators
        if isinstance(decorator, code.Call)
        for argument in decorator.arguments
        if argument.keyword == "name"
    ]
    titles: tuple[str, ...] = (function.name,) if not owner.path else ()
    if titles and stated:
        titles = tuple(each.value for each in stated if isinstance(each, code.Const) and isinstance(each.value, str))
    return Own(function, own_names(function, owner), _task(function, owner), titles, bool(stated))


def _task(function: code.Function, owner: Owner) -> str | None:
    """The parameter that is the task: of a bound one, or of a task class's `run`."""
    first = function.parameters[0].name if function.parameters else None
    if owner.in_class:
        return receiver(function, owner) if function.name == "run" else None
    bound = any(
        argument.keyword == "bind" and argument.value == code.Const(True)
        for decorator in function.decorators
        if isinstance(decorator, code.Call)
        for argument in decorator.arguments
    )
    return first if bound else None
