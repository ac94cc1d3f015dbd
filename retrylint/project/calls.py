"""The modules of a project as a graph of calls: each function is lowered when something calls it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint import code
from retrylint.chains.graph import Graph, Module, Region
from retrylint.excerpt import Skeleton
from retrylint.model import RetrySite
from retrylint.names import Imports
from retrylint.project.modules import Modules
from retrylint.project.surface import Source
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import FUNCTIONS, Outline, outline


def graph_of(
    modules: Modules,
    read: Callable[[str], Source | None],
    regions: Mapping[str, Sequence[Region]],
    client: Callable[[str, code.Call], RetrySite | None],
) -> Graph:
    """The calls among a project's modules, whose sources `read` gives.

    `regions` are the sites of each, `client` is that of `Graph`.
    """
    known: dict[str, Module | None] = {}

    def module(path: str) -> Module | None:
        if path not in known:
            source = read(path)
            known[path] = None if source is None else _module(source, path, modules, regions.get(path, ()))
        return known[path]

    return Graph(module, modules.split, client)


def _module(source: Source, path: str, modules: Modules, regions: Sequence[Region]) -> Module | None:
    try:
        return _read(source, path, modules, regions, source.skeleton())
    except (SyntaxError, ValueError):
        pass  # what looks like the end of a function is none
    except (RecursionError, MemoryError):
        return None
    try:
        return _read(source, path, modules, regions, Skeleton())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(source: Source, path: str, modules: Modules, regions: Sequence[Region], skeleton: Skeleton) -> Module:
    """A module whose functions, but for those of the skeleton, are parsed one by one when they are asked for."""
    seen = outline(ast.parse(skeleton.excerpt.text(source.text)))
    spans = Lowering(source.text)
    table: dict[str, str] = {}
    for local, target in (name for each in seen.imports for name in spans.lower(each).names):
        table.setdefault(local, modules.absolute(target, path))
    bases = {
        # what cannot be read as a name is a base that nobody knows
        each.owner.qualified(each.node.name): tuple(
            name for base in each.node.bases if (name := ast.unparse(base)) != "object"
        )
        for each in seen.definitions
        if isinstance(each.node, ast.ClassDef)
    }
    functions = _Functions(source.text, spans, skeleton.functions)
    functions.add(seen, "")
    constants = {
        name: values[0]
        for (owner, name), values in seen.assigned.items()
        if not owner and len(values) == 1 and isinstance(values[0], (ast.Call, ast.Name, ast.Attribute))
    }
    return Module(functions, bases, Imports(table), regions, _Constants(constants, spans))


@dataclass(frozen=True, slots=True)
class _Functions(Mapping[str, code.Function]):
    """Functions by qualified name, each parsed and lowered when it is asked for; a name of several stands for none."""

    text: str
    spans: Lowering
    unread: Mapping[str, Sequence[tuple[int, int, int]]]
    nodes: dict[str, list[ast.AST]] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def add(self, seen: Outline, owner: str) -> None:
        """Add the functions of a part of the module."""
        for each in seen.definitions:
            if isinstance(each.node, FUNCTIONS):
                self.nodes.setdefault(owner + each.owner.qualified(each.node.name), []).append(each.node)

    def __getitem__(self, name: str) -> code.Function:
        found = self._found(name)
        lowered: code.Function | None = self.spans.shallow(found) if found is not None else None
        if lowered is None:
            raise KeyError(name)
        return lowered

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._found(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (name for name in {**self.unread, **self.nodes} if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _found(self, name: str) -> ast.AST | None:
        around = name
        while around:
            if around in self.unread and around not in self.done:
                self.done.add(around)
                for place in self.unread[around]:
                    self._parse(around, *place)
            around = around.rpartition(".")[0]
        found = self.nodes.get(name, ())
        return found[0] if len(found) == 1 else None

    def _parse(self, name: str, first: int, last: int, column: int) -> None:
        """Read a function, with its lines where they are."""
        lines = self.text.split("\n")[first - 1 : last]
        before = ["if True:"] if column else []
        text = "\n" * (first - 1 - len(before)) + "\n".join([*before, *lines])
        try:
            seen = outline(ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        self.add(seen, name.removesuffix(name.rpartition(".")[2]))


@dataclass(frozen=True, slots=True)
class _Constants(Mapping[str, code.Expr]):
    """What names are set to, lowered when it is asked for."""

    nodes: Mapping[str, ast.expr]
    spans: Lowering

    def __getitem__(self, name: str) -> code.Expr:
        value: code.Expr | None = self.spans.shallow(self.nodes[name])
        if value is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.nodes if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
