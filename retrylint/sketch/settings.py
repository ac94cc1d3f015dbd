"""What the names of a module, and the attributes of its classes, are set to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.names import Imports
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import Outline

MOST_NODES = 300  # a module constant larger than this is data, not a setting


@dataclass(frozen=True, slots=True)
class ClassFacts:
    """A class of the module: its bases as written, and what its attributes are set to once."""

    name: str
    bases: tuple[str, ...]
    members: Mapping[str, code.Expr]


def imports_in(seen: Outline, spans: Lowering) -> Imports:
    """The import table of a module's own body."""
    table: dict[str, str] = {}
    for each in seen.imports:
        for local, qualified in spans.lower(each).names:
            table.setdefault(local, qualified)  # `try: import a except ImportError: import b`: the first is meant
    return Imports(table)


def constants_in(seen: Outline, spans: Lowering) -> dict[str, code.Expr]:
    """What the names of a module's own body are set to, where that happens once and the value is small."""
    return _lowered({name: values for (owner, name), values in seen.assigned.items() if not owner}, spans)


def _lowered(assigned: Mapping[str, Sequence[ast.expr]], spans: Lowering) -> dict[str, code.Expr]:
    values = (
        (name, spans.shallow(each[0])) for name, each in assigned.items() if len(each) == 1 and _is_small(each[0])
    )
    return {name: value for name, value in values if value is not None}


def _is_small(value: ast.expr) -> bool:
    return all(count < MOST_NODES for count, _ in enumerate(ast.walk(value)))


def classes_in(seen: Outline, spans: Lowering) -> Iterator[tuple[str, ClassFacts]]:
    """The classes of a module by their qualified names."""
    assigned: dict[tuple[str, ...], dict[str, list[ast.expr]]] = {}
    for (owner, target), values in seen.assigned.items():
        assigned.setdefault(owner, {})[target] = values
    for defined in seen.definitions:
        node = defined.node
        if isinstance(node, ast.ClassDef):
            bases = tuple(name for base in node.bases if (name := _dotted(base)))
            members = _lowered(assigned.get((*defined.owner.path, node.name), {}), spans)
            for name, value in _initial(node, spans):
                members.pop(name, None)
                members.update({name: value} if value is not None else {})
            yield defined.owner.qualified(node.name), ClassFacts(node.name, bases, members)


def _is_stated(default: code.Expr | None) -> bool:
    """A default of None stands for whatever the class makes of it."""
    return isinstance(default, code.Const) and default.value is not None


def _initial(node: ast.ClassDef, spans: Lowering) -> Iterator[tuple[str, code.Expr | None]]:
    """Attributes that `__init__` sets, with the literal, or the parameter's default, that each is set to once.

    None for one that is set to something else, or again under a condition.
    """
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        init: code.Function | None = spans.shallow(method)
        if init is None:
            continue
        this = code.Name(init.parameters[0].name if init.parameters else "")
        defaults = {each.name: each.default for each in init.parameters if _is_stated(each.default)}
        found: dict[str, list[code.Expr | None]] = {}
        for statement in code.walk(*init.body):
            if isinstance(statement, code.Assign):
                value = statement.value
                stated = defaults.get(value.id) if isinstance(value, code.Name) else value
                for target in statement.targets:
                    if isinstance(target, code.Attribute) and target.value == this:
                        found.setdefault(target.name, []).append(
                            stated if isinstance(stated, (code.Const, code.Mapping)) else None
                        )
        yield from ((name, values[0] if len(values) == 1 else None) for name, values in found.items())


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None
