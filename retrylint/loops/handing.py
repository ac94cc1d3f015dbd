"""What do an expression and a call hand on? The names that feed an operation, without those that only steer it."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.naming import words_of
from retrylint.words import STEERS


def inputs_in(expr: code.Expr) -> Iterator[str]:
    """The names and dotted names that an expression hands on; what a call within it computes has its own inputs."""
    stack: list[object] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, code.Name):
            yield node.id
        elif isinstance(node, code.Attribute) and (name := code.dotted(node)):
            parts = name.split(".")
            yield from (".".join(parts[: index + 1]) for index in range(len(parts)))
        elif isinstance(node, code.Lambda):
            continue
        elif isinstance(node, code.Call):
            stack.extend(argument.value for argument in node.arguments if not steers(argument))
            if isinstance(node.function, code.Attribute):
                stack.append(node.function.value)
        else:
            stack.extend(code.parts_of(node))


def arguments_of_calls(expr: code.Expr) -> Iterator[str]:
    for call in code.calls(expr):
        for argument in call.arguments:
            yield from inputs_in(argument.value)


def receiver_in(call: code.Call) -> Iterator[str]:
    function = call.function
    if isinstance(function, code.Attribute):
        yield from inputs_in(function.value)
    elif not isinstance(function, code.Name):
        yield from inputs_in(function)
    else:
        yield function.id


def steers(argument: code.Argument) -> bool:
    return argument.keyword is not None and not STEERS.isdisjoint(words_of(argument.keyword))
