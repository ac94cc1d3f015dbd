"""The small functions of a module that its candidates call: what one waits, or decides, may stand in them."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator

from retrylint import code
from retrylint.excerpt import DEPTH
from retrylint.sketch.lower import Lowering
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import FUNCTIONS, Defined

MOST_NODES = 400  # a larger function does work of its own


def called_definitions(
    homes: Iterable[Defined],
    definitions: Iterable[Defined],
    spans: Lowering,
    handing: Container[str] = (),
) -> dict[str, code.Function]:
    """The definitions that functions call by a plain name or on their own object, by qualified name.

    Those too that they hand to what has one of the names in `handing`.
    """
    known = dict(_unambiguous(definitions))
    found: dict[str, code.Function] = {}
    layer = list(homes)
    for _ in range(DEPTH):
        following: list[Defined] = []
        for name in dict.fromkeys(name for home in layer for name in _called(home, handing)):
            helper = known.get(name)
            lowered = _lowered(helper, spans) if helper is not None and name not in found else None
            if helper is not None and lowered is not None:
                found[name] = lowered
                following.append(helper)
        layer = following
    return found


def _unambiguous(definitions: Iterable[Defined]) -> Iterator[tuple[str, Defined]]:
    """Functions of the module and of its classes by name, where the name always means the same one."""
    seen: dict[str, list[Defined]] = {}
    for defined in definitions:
        owner = defined.owner
        if isinstance(defined.node, FUNCTIONS) and (not owner.path or owner.in_class):
            seen.setdefault(owner.qualified(defined.node.name), []).append(defined)
    yield from ((name, each[0]) for name, each in seen.items() if len(each) == 1 and not each[0].rebound)


def _called(home: Defined, handing: Container[str]) -> Iterator[str]:
    """The qualified names of what a function calls by its name, on its own object or on its class."""
    for node in nodes_of(home.node):
        if not isinstance(node, ast.Call):
            continue
        handed = [*node.args, *(each.value for each in node.keywords)] if _last_name(node.func) in handing else ()
        for function in (node.func, *handed):
            if isinstance(function, ast.Name):
                yield function.id
            elif isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and home.owner.in_class:
                yield home.owner.qualified(function.attr)


def _last_name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _lowered(helper: Defined, spans: Lowering) -> code.Function | None:
    if not all(count < MOST_NODES for count, _ in enumerate(ast.walk(helper.node))):
        return None
    try:
        lowered: code.Function = spans.lower(helper.node)
    except code.TooDeepError:
        return None
    return lowered
