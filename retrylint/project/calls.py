"""The modules of a project as a graph of calls: each function is lowered when something calls it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint import code
from retrylint.chains.graph import Graph, Module, Region
from retrylint.model import RetrySite
from retrylint.names import Imports
from retrylint.project.modules import Modules
from retrylint.project.surface import Source
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import FUNCTIONS, outline


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
            known[path] = None if source is None else _module(source.text, path, modules, regions.get(path, ()))
        return known[path]

    return Graph(module, modules.split, client)


def _module(text: str, path: str, modules: Modules, regions: Sequence[Region]) -> Module | None:
    try:
        seen = outline(ast.parse(text))
        spans = Lowering(text)
        names = [name for each in seen.imports for name in spans.lower(each).names]
    except (SyntaxError, ValueError, RecursionError, MemoryError, code.TooDeepError):
        return None
    table: dict[str, str] = {}
    for local, target in names:
        table.setdefault(local, modules.absolute(target, path))
    nodes: dict[str, list[ast.AST]] = {}
    bases: dict[str, tuple[str, ...]] = {}
    for each in seen.definitions:
        name = each.owner.qualified(each.node.name)
        if isinstance(each.node, FUNCTIONS):
            nodes.setdefault(name, []).append(each.node)
        else:
            # what cannot be read as a name is a base that nobody knows
            bases[name] = tuple(ast.unparse(base) for base in each.node.bases if ast.unparse(base) != "object")
    once = {name: found[0] for name, found in nodes.items() if len(found) == 1}
    constants = {
        name: spans.lower(values[0])
        for (owner, name), values in seen.assigned.items()
        if not owner and len(values) == 1 and isinstance(values[0], (ast.Call, ast.Name, ast.Attribute))
    }
    return Module(_Functions(once, spans), bases, Imports(table), regions, constants)


@dataclass(frozen=True, slots=True)
class _Functions(Mapping[str, code.Function]):
    """Functions by qualified name, each lowered when it is asked for."""

    nodes: Mapping[str, ast.AST]
    spans: Lowering
    known: dict[str, code.Function] = field(default_factory=dict)

    def __getitem__(self, name: str) -> code.Function:
        if name not in self.known:
            try:
                self.known[name] = self.spans.lower(self.nodes[name])
            except code.TooDeepError:
                raise KeyError(name) from None
        return self.known[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)
