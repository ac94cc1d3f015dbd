"""A project: what the names that a module imports stand for in the modules that they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from retrylint import code
from retrylint.project.modules import Modules, absolute
from retrylint.project.summary import Summary, settled, summary_of
from retrylint.screen import may_repeat, policy_roots_in
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.sketch import ClassFacts, Foreign, Sketch

LEVELS = 2  # helpers that leave it to helpers of other modules
MOST_STEPS = 8  # modules that hand a name on to one another, or classes above one another
_FROM = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n#\\]|\\\n)*)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+(\w+))?")


@dataclass(frozen=True, slots=True)
class Project:
    """The modules of a project, each read when the first name is looked up in it.

    `read` gives the text of a file, or None where it has none. What a module offers is told for so many levels: on the
    lowest what it has by itself, on the next one also helpers that leave it to those of another module, and so on. So
    it does not depend on which module is asked first, whatever they import of one another.
    """

    modules: Modules
    read: Callable[[str], str | None]
    _summaries: dict[tuple[str, int], Summary] = field(default_factory=dict)
    _roots: dict[str, frozenset[str]] = field(default_factory=dict)
    _imports: dict[str, dict[str, str]] = field(default_factory=dict)
    _looping: dict[str, bool] = field(default_factory=dict)
    _offering: dict[tuple[str, str, int], bool] = field(default_factory=dict)

    def summary(self, path: str, level: int = LEVELS) -> Summary:
        """What the module in a file has to offer."""
        if (path, level) not in self._summaries:
            self._summaries[path, level] = self._summarised(path, level)
        return self._summaries[path, level]

    def _summarised(self, path: str, level: int) -> Summary:
        text = self.read(path)
        if text is None:
            return Summary()
        offered = self.offered(text, path, level - 1) if level else Offered()
        helpers = {name: each for name, each in offered.names.items() if each is not None}
        if level and not helpers:
            return self.summary(path, 0)
        return summary_of(text, path, self._policy_roots(path) | offered.roots, helpers)

    def offered(self, source: str, path: str, level: int = LEVELS) -> Offered:
        """The retry helpers and policies of other modules that a file imports, by the names that it has for them."""
        names: dict[str, Repeater | None] = {}
        roots: set[str] = set()
        for local, target in self._imported(source, path).items():
            if not self._may_offer(target, path, level):
                continue
            for name, meant in self._meanings(local, target, path, level):
                if isinstance(meant.value, Repeater):
                    names[name] = meant.value
                elif isinstance(meant.value, code.Call):
                    names[name] = None
                else:
                    continue
                roots |= self._policy_roots(meant.path) | self.summary(meant.path, level).roots
        return Offered(names, frozenset(roots))

    def joined(self, sketch: Sketch, path: str, level: int = LEVELS) -> Sketch:
        """A sketch with what its imports stand for, as far as modules of the project tell."""
        constants, classes, foreign = dict(sketch.constants), dict(sketch.classes), dict(sketch.foreign)
        for local, target in sketch.imports.table.items():
            meanings = self._meanings(local, absolute(target, path), path, level) if local not in constants else ()
            for name, meant in meanings:
                if isinstance(meant.value, ClassFacts):
                    classes.setdefault(name, meant.value)
                    classes |= dict(self._above(meant.value, meant.path))
                elif isinstance(meant.value, Repeater):
                    foreign[name] = Foreign(meant.value, self._home(meant.path, level))
                else:
                    constants[name] = settled(meant.value, partial(self._constant, path=meant.path))
                    classes |= dict(self._named_in(meant.value, meant.path))
        for facts in sketch.classes.values():
            respelt = ClassFacts(facts.name, tuple(sketch.imports.qualify(base) for base in facts.bases), facts.members)
            above = dict(self._above(respelt, path))
            for base, qualified in zip(facts.bases, respelt.bases, strict=True):
                if base not in classes and qualified in above:
                    classes[base] = above[qualified]
            classes |= above
        return replace(sketch, constants=constants, classes=classes, foreign=foreign)

    def _home(self, path: str, level: int) -> Sketch:
        """What a helper can see in its module."""
        sketch = self.summary(path, level).sketch
        return self.joined(sketch, path, level - 1) if level else sketch

    def _meanings(self, local: str, target: str, path: str, level: int) -> Iterator[tuple[str, _Meant]]:
        """What an import binds: a thing of a module, or all that a module has, behind its name and a dot."""
        found = self.modules.split(target, path)
        if found is None or found[1]:
            meant = self._meant(target, path, level)
            yield from [(local, meant)] if meant is not None else []
            if meant is not None and isinstance(meant.value, ClassFacts):
                yield from ((f"{local}.{each.name}", _Meant(each, file)) for each, file in self._members(meant, level))
            return
        seen = self.summary(found[0], level)
        things: list[tuple[str, Repeater | ClassFacts | code.Expr]] = [*seen.constants.items(), *seen.classes.items()]
        things += [(each.qualified, each) for each in seen.repeaters]
        yield from ((f"{local}.{name}", _Meant(value, found[0])) for name, value in things)

    def _members(self, owner: _Meant, level: int, depth: int = 0) -> Iterator[tuple[Repeater, str]]:
        """The helpers among the members of a class and of those above it, the nearest first."""
        assert isinstance(owner.value, ClassFacts)
        for each in self.summary(owner.path, level).repeaters:
            if each.owner.in_class and each.owner.path[-1] == owner.value.name:
                yield each, owner.path
        for base in owner.value.bases if depth < MOST_STEPS else ():
            above = self._meant(base, owner.path, level)
            if above is not None and isinstance(above.value, ClassFacts):
                yield from self._members(above, level, depth + 1)

    def _constant(self, name: str, path: str) -> code.Expr | None:
        """What a qualified name is set to, where it is a constant of the project."""
        meant = self._meant(name, path, 0)
        return None if meant is None or isinstance(meant.value, (Repeater, ClassFacts)) else meant.value

    def _named_in(self, value: code.Expr, path: str) -> Iterator[tuple[str, ClassFacts]]:
        """The classes that a call is told by keyword, as an application its tasks' class, with what is above them."""
        arguments = value.arguments if isinstance(value, code.Call) else ()
        for name in (code.dotted(each.value) for each in arguments if each.keyword is not None):
            meant = self._meant(name, path, 0) if name is not None and "." in name else None
            if name is not None and meant is not None and isinstance(meant.value, ClassFacts):
                yield name, meant.value
                yield from self._above(meant.value, meant.path)

    def _above(self, facts: ClassFacts, path: str, depth: int = 0) -> Iterator[tuple[str, ClassFacts]]:
        """The bases of a class and theirs, by the names that the class has for them."""
        for base in facts.bases if depth < MOST_STEPS else ():
            meant = self._meant(base, path, 0)
            if meant is not None and isinstance(meant.value, ClassFacts):
                yield base, meant.value
                yield from self._above(meant.value, meant.path, depth + 1)

    def _meant(self, name: str, path: str, level: int, depth: int = 0) -> _Meant | None:
        """What a qualified name stands for, through modules that hand it on."""
        found = self.modules.split(name, path)
        if found is None or depth > MOST_STEPS:
            return None
        file, rest = found
        seen = self.summary(file, level)
        repeater = next((each for each in seen.repeaters if each.qualified == rest), None)
        value = repeater or seen.classes.get(rest) or seen.constants.get(rest)
        if value is not None:
            return _Meant(value, file)
        head, _, more = rest.partition(".")
        if head not in seen.imports.table:
            return None
        return self._meant(seen.imports.table[head] + (f".{more}" if more else ""), file, level, depth + 1)

    def _may_offer(self, name: str, path: str, level: int) -> bool:
        """May a name be a retry helper or a policy, by the text of the module that defines it?"""
        found = self.modules.split(name, path)
        if found is None:
            return False
        key = (*found, level)
        if key not in self._offering:
            self._offering[key] = False  # modules that hand a name on to one another have none
            self._offering[key] = self._offers(*found, level)
        return self._offering[key]

    def _offers(self, file: str, name: str, level: int) -> bool:
        text, head = self.read(file), name.partition(".")[0]
        if text is None or head not in text:
            return False
        imported = self._imported(text, file)
        if head in imported:
            return self._may_offer(imported[head], file, level)
        if self._policy_roots(file) or self._loops(file, text):
            return True
        words = set(_WORD.findall(_block(text, head))) if level else set()
        return any(self._may_offer(target, file, level - 1) for local, target in imported.items() if local in words)

    def _imported(self, source: str, path: str) -> dict[str, str]:
        """The names that a module imports from others, and what they stand for."""
        if path not in self._imports:
            self._imports[path] = dict(_imported(source))
        return self._imports[path]

    def _loops(self, path: str, text: str) -> bool:
        """May a module hold a loop that retries, or that repeats what it is given?"""
        if path not in self._looping:
            self._looping[path] = may_repeat(text.encode("utf-8", "surrogatepass"))
        return self._looping[path]

    def _policy_roots(self, path: str) -> frozenset[str]:
        if path not in self._roots:
            self._roots[path] = policy_roots_in((self.read(path) or "").encode("utf-8", "surrogatepass"))
        return self._roots[path]


def _block(text: str, name: str) -> str:
    """The text of a definition at the top of a module; all of it for the module itself, nothing where there is none."""
    if not name:
        return text
    found = re.search(
        rf"^(?:async[ \t]+)?(?:def|class)[ \t]+{re.escape(name)}\b.*\n(?:(?:[ \t)#@].*)?\n)*", text, re.MULTILINE
    )
    return found[0] if found is not None else ""


def _imported(source: str) -> Iterator[tuple[str, str]]:
    """The names that a text imports from modules, by their names there; cheap, and good enough for a first look."""
    for match in _FROM.finditer(source):
        joint = "" if match[1].endswith(".") else "."
        yield from ((each[2] or each[1], f"{match[1]}{joint}{each[1]}") for each in _NAME.finditer(match[2]))


@dataclass(frozen=True, slots=True)
class Offered:
    """Names by which a module knows what retries, with the helper where it is one, and the roots of the libraries."""

    names: Mapping[str, Repeater | None] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Meant:
    value: Repeater | ClassFacts | code.Expr
    path: str
