"""The modules of a project at first sight: what they import, and where a name may lead to, told by their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint.libraries.policies import policy_index
from retrylint.project.modules import Modules
from retrylint.project.surface import Source, bases_in, imported

Place = tuple[str, str]
"""A file, and a name in it; without a name, the module itself."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What the texts of a project's modules tell; `read` gives the source of a file, or None where it has none."""

    modules: Modules
    read: Callable[[str], Source | None]
    _imports: dict[str, Mapping[str, Place]] = field(default_factory=dict)
    _bases: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    _words: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def imports(self, path: str) -> Mapping[str, Place]:
        """The names that a module imports from others of the project: the file of each, and its name there."""
        if path not in self._imports:
            source = self.read(path)
            names = dict(imported(source.text)) if source is not None else {}
            found = ((local, self.modules.split(target, path)) for local, target in names.items())
            self._imports[path] = {local: place for local, place in found if place is not None}
        return self._imports[path]

    def policies(self, path: str) -> frozenset[str]:
        """The libraries of policies that a module may import, by their roots."""
        source = self.read(path)
        return source.policies if source is not None else frozenset()

    def policy_words(self, roots: frozenset[str]) -> frozenset[str]:
        """The words of the policies of these libraries."""
        if roots not in self._words:
            index = policy_index(roots) if roots else None
            self._words[roots] = index.words | index.callers if index is not None else frozenset()
        return self._words[roots]

    def reaches(self, start: Place, is_there: Callable[[Place], bool], known: dict[Place, bool]) -> bool:
        """Does a name lead to a place, through modules that hand it on, and to what is above a class?

        `known` are earlier answers to the same question.
        """
        came_from: dict[Place, Place | None] = {start: None}
        pending = [start]
        while pending:
            place = pending.pop()
            if known.get(place) or (place not in known and is_there(place)):
                on_the_way: Place | None = place
                while on_the_way is not None:
                    known[on_the_way] = True
                    on_the_way = came_from[on_the_way]
                return True
            for following in self._leads_to(place) if place not in known else ():
                if following not in came_from:
                    came_from[following] = place
                    pending.append(following)
        known.update(dict.fromkeys(came_from, False))
        return False

    def _leads_to(self, place: Place) -> Iterator[Place]:
        """What a name is imported from, or, for a class, what is above it."""
        path, name = place
        imports, head = self.imports(path), name.partition(".")[0]
        if head in imports:
            yield imports[head]
            return
        for base in self._bases_in(path).get(head, ()):
            yield imports.get(base, (path, base))

    def _bases_in(self, path: str) -> Mapping[str, Sequence[str]]:
        if path not in self._bases:
            source = self.read(path)
            self._bases[path] = bases_in(source.text) if source is not None else {}
        return self._bases[path]
