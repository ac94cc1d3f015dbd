"""Does a definition speak of itself in a way that may run it again? Over the host's `ast`, before it is lowered."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from retrylint.again.resolve import VERBS
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import nested_blocks

TITLED_CALL = "send_task"  # its text may be one that a decorator states
TASK_CALL = frozenset({"apply_async", "delay", TITLED_CALL})  # by which a task may send itself off without its name


def may_mean_itself(node: ast.FunctionDef | ast.AsyncFunctionDef, named_again: bool, sends_task: bool) -> bool:
    """Does a function call what has its name, or hand that to a timer or a queue?

    `named_again`: its name stands in its text a second time. `sends_task`: one of the `TASK_CALL` does.
    """
    if not named_again and not sends_task:
        return False
    first = next(iter(node.args.posonlyargs + node.args.args), None)
    for call in nodes_of(node):
        if not isinstance(call, ast.Call):
            continue
        function = call.func
        if named_again and _is_named(function, node.name):
            return True
        verb = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if verb not in VERBS:
            continue
        owner = function.value if isinstance(function, ast.Attribute) else None
        if first is not None and isinstance(owner, ast.Name) and owner.id == first.arg:
            return True
        if verb == TITLED_CALL or any(
            _is_named(each, node.name) for each in (owner, *call.args, *(k.value for k in call.keywords))
        ):
            return True
    return False


def may_call_twice(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Does a handler make a call that has the name of one in its `try`?"""
    stack = list(node.body)
    while stack:
        statement = stack.pop()
        blocks = list(nested_blocks(statement))
        stack.extend(inner for block in blocks for inner in block)
        handlers = getattr(statement, "handlers", ())
        if handlers and not _roots(blocks[0]).isdisjoint(_roots([s for each in handlers for s in each.body])):
            return True
    return False


def _roots(block: Sequence[ast.stmt]) -> set[str]:
    """The last names of the calls that statements make on their own, to return or for their results."""
    found: set[str] = set()
    stack = list(block)
    while stack:
        statement = stack.pop()
        stack.extend(inner for nested in nested_blocks(statement) for inner in nested)
        value = getattr(statement, "value", None)
        value = value.value if isinstance(value, ast.Await) else value
        if isinstance(value, ast.Call):
            function = value.func
            found.add(function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", ""))
    return found - {""}


def _is_named(node: ast.expr | None, name: str) -> bool:
    """Is it the name, an attribute of that name, or a text that ends in it?"""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and node.value.endswith(name)
    return (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)
