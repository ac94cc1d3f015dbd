"""Names over either tree: the import table, what a scope binds, and which calls are a function's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from retrylint import code


@dataclass(frozen=True, slots=True)
class Imports:
    """Local name -> qualified name."""

    table: Mapping[str, str] = field(default_factory=dict)

    def qualify(self, dotted: str) -> str:
        """`sleep` -> `time.sleep` after `from time import sleep`; a name that no import binds stays as it is."""
        head, joint, rest = dotted.partition(".")
        return self.table.get(head, head) + joint + rest

    def name_of(self, expr: code.Expr) -> str | None:
        """The qualified name of an expression, or None where it is no dotted name."""
        dotted = code.dotted(expr)
        return None if dotted is None else self.qualify(dotted)

    def within(self, function: code.Function) -> Imports:
        """The table inside a function: its own imports win, and its other bindings hide the module's."""
        return self.inside(function, {name for name, _ in bindings(*function.body)})

    def inside(self, function: code.Function, bound: AbstractSet[str]) -> Imports:
        """The same, where it is known which names the function binds."""
        hidden = code.own_parameters(function) | bound
        table = {name: target for name, target in self.table.items() if name not in hidden}
        return Imports(table).joined(code.statements(*function.body))

    def joined(self, nodes: Iterable[object]) -> Imports:
        """The table with the imports among these nodes."""
        return Imports(
            {**self.table, **dict(name for node in nodes if isinstance(node, code.Import) for name in node.names)}
        )


_BINDING = frozenset({
    code.Assign, code.AugAssign, code.For, code.Walrus, code.With, code.Function, code.Class, code.Handler, code.Import,
    code.Case,
})  # fmt: skip


def bindings(*roots: code.Stmt | code.Handler) -> Iterator[tuple[str, object]]:
    """Every name that statements bind in their own scope, with the node that binds it."""
    for node in code.of_kinds(_BINDING, *roots):
        for target in _targets(node):
            yield from ((name, node) for name in bound_names(target))
        if isinstance(node, (code.Function, code.Class, code.Handler)) and node.name is not None:
            yield node.name, node
        elif isinstance(node, code.Import):
            yield from ((name, node) for name, _ in node.names)
        elif isinstance(node, code.Case):
            yield from ((name, node) for name in node.binds)


def bound_names(target: code.Expr) -> Iterator[str]:
    """The names that an assignment target binds; an attribute or an item of a name binds none."""
    if isinstance(target, code.Name):
        yield target.id
    elif isinstance(target, code.Collection):
        for item in target.items:
            yield from bound_names(item)
    elif isinstance(target, code.Star):
        yield from bound_names(target.value)


def _targets(node: object) -> tuple[code.Expr, ...]:
    if isinstance(node, code.Assign):
        return node.targets
    if isinstance(node, (code.AugAssign, code.For, code.Walrus)):
        return (node.target,)
    if isinstance(node, code.With):
        return tuple(target for _, target in node.items if target is not None)
    return ()


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a definition stands: the names of the classes and functions around it, and whether a class is next."""

    path: tuple[str, ...] = ()
    in_class: bool = False

    @property
    def class_name(self) -> str | None:
        """The class that the definition is a member of."""
        return self.path[-1] if self.in_class else None

    def qualified(self, name: str) -> str:
        """`Class.method`, `outer.inner` or the plain name."""
        return ".".join((*self.path, name))


def is_static(function: code.Function) -> bool:
    """Is it decorated as a static method?"""
    return any(code.dotted(each) == "staticmethod" for each in function.decorators)


def receiver(function: code.Function, owner: Owner) -> str | None:
    """The parameter that stands for the object or class: `self` or `cls` of a method."""
    if not owner.in_class or is_static(function) or not function.parameters:
        return None
    first = function.parameters[0]
    return first.name if first.kind in ("positional-only", "positional") else None


def own_names(function: code.Function, owner: Owner, within: code.Function | None = None) -> frozenset[str]:
    """The dotted names by which `function` can be spoken of in its own body, or in that of one beside it."""
    within = within or function
    local = {name for name, _ in bindings(*within.body)}
    spellings: set[str] = set()
    if owner.in_class:
        this = receiver(function, owner)
        if this and this not in local:
            spellings |= {f"{this}.{function.name}", f"{this}.__class__.{function.name}"}
        if owner.class_name not in local | code.own_parameters(within):
            spellings.add(f"{owner.class_name}.{function.name}")
    elif function.name not in local | code.own_parameters(within):
        spellings.add(function.name)
    return frozenset(spellings)
