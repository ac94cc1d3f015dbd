"""Which file of a project an import means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

PACKAGE = "__init__"


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of a project by every ending of their dotted path; one that several files have stands for none.

    `parts` are those of each file's dotted path; `packages` the files that are named by their folder.
    """

    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    packages: frozenset[str] = frozenset()
    by_ending: Mapping[str, str | None] = field(default_factory=dict)

    @staticmethod
    def of(paths: Iterable[str]) -> Modules:
        """The modules in these files."""
        parts: dict[str, Sequence[str]] = {}
        packages: list[str] = []
        for path in paths:
            pure = PurePath(path)
            named = [part for part in (*pure.parent.parts, pure.stem) if part not in ("", "/", ".")]
            is_package = pure.stem == PACKAGE
            parts[path] = named[:-1] if is_package else named
            packages += [path] if is_package else []
        found: dict[str, str | None] = {}
        for path, own in parts.items():
            for start in range(len(own)):
                ending = ".".join(own[start:])
                found[ending] = None if ending in found else path
        return Modules(parts, frozenset(packages), found)

    def file_of(self, name: str, importer: str) -> str | None:
        """The file of a module, by its absolute or relative name as `importer` writes it.

        A name without a dot is too little to tell where it is, but for one that stands beside the importer, or for the
        package that holds it.
        """
        if name.startswith("."):
            return self.by_ending.get(self.absolute(name, importer))
        if "." in name:
            return self.by_ending.get(name)
        parts = self.parts[importer]
        beside = self.by_ending.get(".".join([*parts[:-1], name]))
        around = [".".join(parts[: index + 1]) for index, part in enumerate(parts) if part == name]
        return beside or (self.by_ending.get(around[0]) if len(around) == 1 else None)

    def split(self, name: str, importer: str) -> tuple[str, str] | None:
        """The file that a qualified name is of, and what is left of the name: nothing, where it names a module."""
        whole = self.file_of(name, importer)
        if whole is not None:
            return whole, ""
        module, _, rest = name.rpartition(".")
        while module.strip("."):
            found = self.file_of(module, importer)
            if found is not None:
                return found, rest
            module, _, more = module.rpartition(".")
            rest = f"{more}.{rest}"
        if name.startswith("."):
            found = self.file_of("." * (len(name) - len(name.lstrip("."))), importer)
            return (found, name.lstrip(".")) if found is not None else None
        return None

    def absolute(self, name: str, path: str) -> str:
        """A relative name as the module in a file means it; any other as it is."""
        level = len(name) - len(name.lstrip("."))
        if not level:
            return name
        parts = [*self.parts[path], PACKAGE] if path in self.packages else self.parts[path]
        return ".".join([*parts[: len(parts) - level], name[level:]]).rstrip(".")

    def qualified_in(self, path: str, name: str) -> str:
        """The qualified name of what the module in a file calls so."""
        return ".".join([*self.parts[path], name])
