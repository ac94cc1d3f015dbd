"""The facts of files that know each other: each is told what its imports stand for, and what its attempts run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from retrylint.analysis import Joining
from retrylint.chains.graph import Graph, Region
from retrylint.chains.longest import chains_in
from retrylint.libraries.built_in import client_layer
from retrylint.model import Chain, FileFacts
from retrylint.project.calls import graph_of
from retrylint.project.modules import Modules
from retrylint.project.overview import Overview
from retrylint.project.project import Project
from retrylint.project.surface import Source

JoiningOf = Callable[[], Joining]
"""What the other modules say to one."""


def facts_together(
    names: Mapping[str, str],
    source_of: Callable[[str], Source | None],
    facts_of: Callable[[str, JoiningOf], FileFacts],
) -> dict[str, FileFacts]:
    """The facts of each file.

    `names` are the files by their absolute paths, as they are shown. `source_of` gives their texts and what the screen
    saw there, None where there is none; `facts_of` analyses one of them.
    """
    modules = Modules.of(names)
    project = Project(Overview(modules, source_of))
    regions: dict[str, Sequence[Region]] = {}
    facts = {path: facts_of(path, partial(_joining, project, path, regions)) for path in names}
    chains = _chains(graph_of(modules, source_of, regions, client_layer), regions, names)
    return {path: replace(each, chains=tuple(chains.get(path, ()))) for path, each in facts.items()}


def _joining(project: Project, path: str, regions: dict[str, Sequence[Region]]) -> Joining:
    """What the other modules of a project say to one of them; its own regions are added to `regions`."""

    def tell(found: Sequence[Region]) -> None:
        regions[path] = [replace(each, home=replace(each.home, path=path)) for each in found]

    offered = project.offered(path)
    return Joining(lambda sketch: project.joined(sketch, path), tell, offered.names, offered.roots)


def _chains(graph: Graph, regions: Mapping[str, Sequence[Region]], names: Mapping[str, str]) -> dict[str, list[Chain]]:
    """The retries within retries of a project, by the file of the outermost one."""
    found: dict[str, list[Chain]] = {}
    every = [each for path in sorted(regions) for each in regions[path]]
    for region, chain in chains_in(every, graph):
        home = region.home.path
        way = (replace(each, filename="" if each.filename == home else names[each.filename]) for each in chain.way)
        found.setdefault(home, []).append(replace(chain, way=tuple(way)))
    return found
