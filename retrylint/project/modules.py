"""Which file of a project an import means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath

PACKAGE = "__init__"


@dataclass(frozen=True, slots=True)
class Modules:
    """The files of a project by every ending of their dotted path; one that several files have stands for none."""

    by_ending: dict[str, str | None] = field(default_factory=dict)

    @staticmethod
    def of(paths: Iterable[str]) -> Modules:
        """The modules in these files."""
        found: dict[str, str | None] = {}
        for path in paths:
            parts = _parts(path)
            for start in range(len(parts)):
                ending = ".".join(parts[start:])
                found[ending] = None if ending in found else path
        return Modules(found)

    def file_of(self, name: str, importer: str) -> str | None:
        """The file of a module, by its absolute or relative name as `importer` writes it.

        A name without a dot is too little to tell where it is, but for one that stands beside the importer, or for the
        package that holds it.
        """
        if name.startswith("."):
            return self.by_ending.get(absolute(name, importer))
        if "." in name:
            return self.by_ending.get(name)
        parts = _parts(importer)
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


def absolute(name: str, path: str) -> str:
    """A relative name as the module in a file means it; any other as it is."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parts = _parts(path) if PurePath(path).stem != PACKAGE else [*_parts(path), PACKAGE]
    return ".".join([*parts[: len(parts) - level], name[level:]]).rstrip(".")


def qualified_in(path: str, name: str) -> str:
    """The qualified name of what the module in a file calls so."""
    return ".".join([*_parts(path), name])


def _parts(path: str) -> list[str]:
    pure = PurePath(path)
    parts = [*pure.parent.parts, pure.stem]
    parts = [part for part in parts if part not in ("", "/", ".")]
    return parts[:-1] if parts and parts[-1] == PACKAGE else parts
