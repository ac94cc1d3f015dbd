"""What a site repeats, and inside what."""

from __future__ import annotations

from retrylint import code
from retrylint.model import Body, Library
from retrylint.names import Imports
from retrylint.study.keys import is_keyed


def body_of(
    function: code.Function, imports: Imports, operations: tuple[str, ...], task: Library | None,
    contexts: tuple[str, ...] = (),
) -> Body:  # fmt: skip
    """The body of a site in a function; `task` is the library whose task the function is."""
    decorators = tuple(name for each in function.decorators if (name := decorator_name(each, imports)))
    yields = any(isinstance(node, code.Yield) for node in code.walk(*function.body))
    within = (f"{task.name}_task", *contexts) if task is not None else contexts
    return Body(
        function.is_async,
        yields,
        operations,
        decorators,
        within,
        in_task=task is not None,
        keyed=is_keyed(function),
        time_limit=task.time_limit if task is not None else None,
    )


def decorator_name(decorator: code.Expr, imports: Imports) -> str | None:
    """The qualified name of a decorator, called or not."""
    return imports.name_of(decorator.function if isinstance(decorator, code.Call) else decorator)
