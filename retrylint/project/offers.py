"""Which names of a project may stand for what retries: told by the texts of the modules that they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint.libraries.policies import policy_index
from retrylint.project.modules import Modules
from retrylint.project.surface import Source, bases_in, imported, repeating_names

Place = tuple[str, str, int]
"""A file, a name in it (nothing for the module itself), and a level."""


@dataclass(frozen=True, slots=True)
class Offers:
    """A first look at the modules of a project; `read` gives the source of a file, or None where it has none.

    What it rules out is not there. For the levels see `Project`.
    """

    modules: Modules
    read: Callable[[str], Source | None]
    _imports: dict[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict)
    _bases: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    _words: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)
    _repeating: dict[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    _known: dict[Place, bool] = field(default_factory=dict)

    def imports(self, path: str) -> Mapping[str, tuple[str, str]]:
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

    def repeating(self, path: str, level: int) -> frozenset[str]:
        """The names that a module defines, and that may stand for what retries."""
        if (path, level) not in self._repeating:
            self._repeating[path, level] = self._repeating_in(path, level)
        return self._repeating[path, level]

    def _repeating_in(self, path: str, level: int) -> frozenset[str]:
        source = self.read(path)
        others = self._offered_to(path, level) if level else frozenset()
        if source is None:
            return frozenset()
        if level and not others:
            return self.repeating(path, 0)
        return repeating_names(source, self.policy_words(source.policies) | others)

    def _offered_to(self, path: str, level: int) -> frozenset[str]:
        """The imports of a module that may stand for what retries on the level below."""
        places = self.imports(path).items()
        return frozenset(local for local, (file, name) in places if self.may_offer(file, name, level - 1))

    def policy_words(self, roots: frozenset[str]) -> frozenset[str]:
        """The words of the policies of these libraries."""
        if roots not in self._words:
            index = policy_index(roots) if roots else None
            self._words[roots] = index.words | index.callers if index is not None else frozenset()
        return self._words[roots]

    def may_offer(self, path: str, name: str, level: int) -> bool:
        """May a name of a module be a retry helper or a policy, or a class that has one? Without a name, may any?"""
        start = path, name, level
        came_from: dict[Place, Place | None] = {start: None}
        pending = [start]
        while pending:
            place = pending.pop()
            if self._known.get(place) or (place not in self._known and self._is_repeating(*place)):
                on_the_way: Place | None = place
                while on_the_way is not None:
                    self._known[on_the_way] = True
                    on_the_way = came_from[on_the_way]
                return True
            for following in self._leads_to(*place) if place not in self._known else ():
                if following not in came_from:
                    came_from[following] = place
                    pending.append(following)
        self._known.update(dict.fromkeys(came_from, False))
        return False

    def _is_repeating(self, path: str, name: str, level: int) -> bool:
        names = self.repeating(path, level)
        return name.partition(".")[0] in names if name else bool(names)

    def _leads_to(self, path: str, name: str, level: int) -> Iterator[Place]:
        """What a name is imported from, or, for a class, what is above it."""
        imports, head = self.imports(path), name.partition(".")[0]
        if head in imports:
            yield (*imports[head], level)
            return
        for base in self._bases_in(path).get(head, ()):
            yield (*imports[base], level) if base in imports else (path, base, level)

    def _bases_in(self, path: str) -> Mapping[str, Sequence[str]]:
        if path not in self._bases:
            source = self.read(path)
            self._bases[path] = bases_in(source.text) if source is not None else {}
        return self._bases[path]
