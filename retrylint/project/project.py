"""A project: what the names that a module imports stand for in the modules that they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from retrylint import code
from retrylint.project.modules import Modules, absolute
from retrylint.project.summary import Summary, settled, summary_of
from retrylint.screen import policy_roots_in, screened
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.sketch import ClassFacts, Foreign, Sketch

MOST_STEPS = 8  # modules that hand a name on to one another, or classes above one another
_FROM = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n#\\]|\\\n)*)", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+(\w+))?")


@dataclass(frozen=True, slots=True)
class Project:
    """The modules of a project, each read when the first name is looked up in it.

    `read` gives the text of a file, or None where it has none.
    """

    modules: Modules
    read: Callable[[str], str | None]
    _summaries: dict[str, Summary] = field(default_factory=dict)
    _roots: dict[str, frozenset[str]] = field(default_factory=dict)
    _imports: dict[str, dict[str, str]] = field(default_factory=dict)
    _looping: dict[str, bool] = field(default_factory=dict)

    def summary(self, path: str) -> Summary:
        """What the module in a file has to offer."""
        if path not in self._summaries:
            text = self.read(path)
            self._summaries[path] = Summary() if text is None else summary_of(text, path)
        return self._summaries[path]

    def offered(self, source: str, path: str) -> Offered:
        """The retry helpers and policies of other modules that a file imports, by the names that it has for them."""
        names: set[str] = set()
        roots: set[str] = set()
        for local, target in _imported(source):
            if not self._may_offer(target, path):
                continue
            for name, meant in self._meanings(local, target, path):
                if isinstance(meant.value, (Repeater, code.Call)):
                    names.add(name.rpartition(".")[2])
                    roots |= self._policy_roots(meant.path)
        return Offered(frozenset(names), frozenset(roots))

    def joined(self, sketch: Sketch, path: str, depth: int = 0) -> Sketch:
        """A sketch with what its imports stand for, as far as modules of the project tell."""
        constants, classes, foreign = dict(sketch.constants), dict(sketch.classes), dict(sketch.foreign)
        for local, target in sketch.imports.table.items():
            for name, meant in self._meanings(local, absolute(target, path), path) if local not in constants else ():
                if isinstance(meant.value, ClassFacts):
                    classes.setdefault(name, meant.value)
                    classes |= dict(self._above(meant.value, meant.path))
                elif isinstance(meant.value, Repeater):
                    if depth < MOST_STEPS:
                        home = self.joined(self.summary(meant.path).sketch, meant.path, MOST_STEPS)
                        foreign[name] = Foreign(meant.value, home)
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

    def _meanings(self, local: str, target: str, path: str) -> Iterator[tuple[str, _Meant]]:
        """What an import binds: a thing of a module, or all that a module has, behind its name and a dot."""
        found = self.modules.split(target, path)
        if found is None or found[1]:
            meant = self._meant(target, path)
            yield from [(local, meant)] if meant is not None else []
            return
        seen = self.summary(found[0])
        things: list[tuple[str, Repeater | ClassFacts | code.Expr]] = [*seen.constants.items(), *seen.classes.items()]
        things += [(each.name, each) for each in seen.repeaters if not each.owner.path]
        yield from ((f"{local}.{name}", _Meant(value, found[0])) for name, value in things)

    def _constant(self, name: str, path: str) -> code.Expr | None:
        """What a qualified name is set to, where it is a constant of the project."""
        meant = self._meant(name, path)
        return None if meant is None or isinstance(meant.value, (Repeater, ClassFacts)) else meant.value

    def _named_in(self, value: code.Expr, path: str) -> Iterator[tuple[str, ClassFacts]]:
        """The classes that a call is told by keyword, as an application its tasks' class, with what is above them."""
        arguments = value.arguments if isinstance(value, code.Call) else ()
        for name in (code.dotted(each.value) for each in arguments if each.keyword is not None):
            meant = self._meant(name, path) if name is not None and "." in name else None
            if name is not None and meant is not None and isinstance(meant.value, ClassFacts):
                yield name, meant.value
                yield from self._above(meant.value, meant.path)

    def _above(self, facts: ClassFacts, path: str, depth: int = 0) -> Iterator[tuple[str, ClassFacts]]:
        """The bases of a class and theirs, by the names that the class has for them."""
        for base in facts.bases if depth < MOST_STEPS else ():
            meant = self._meant(base, path)
            if meant is not None and isinstance(meant.value, ClassFacts):
                yield base, meant.value
                yield from self._above(meant.value, meant.path, depth + 1)

    def _meant(self, name: str, path: str, depth: int = 0) -> _Meant | None:
        """What a qualified name stands for, through modules that hand it on."""
        found = self.modules.split(name, path)
        if found is None or depth > MOST_STEPS:
            return None
        file, rest = found
        seen = self.summary(file)
        repeater = next((each for each in seen.repeaters if ".".join((*each.owner.path, each.name)) == rest), None)
        value = repeater or seen.classes.get(rest) or seen.constants.get(rest)
        if value is not None:
            return _Meant(value, file)
        head, _, more = rest.partition(".")
        if head not in seen.imports.table:
            return None
        return self._meant(seen.imports.table[head] + (f".{more}" if more else ""), file, depth + 1)

    def _may_offer(self, name: str, path: str, depth: int = 0) -> bool:
        """May a name be a retry helper or a policy, by the text of the module that defines it?"""
        found = self.modules.split(name, path)
        text = self.read(found[0]) if found is not None and depth < MOST_STEPS else None
        if found is None or text is None:
            return False
        file, rest = found
        if not rest:
            return bool(self._policy_roots(file)) or self._loops(file, text)
        if file not in self._imports:
            self._imports[file] = dict(_imported(text))
        handed_on = self._imports[file].get(rest.partition(".")[0])
        if handed_on is not None:
            return self._may_offer(handed_on, file, depth + 1)
        return bool(self._policy_roots(file)) or (rest in text and self._loops(file, text))

    def _loops(self, path: str, text: str) -> bool:
        """May a module hold a loop that retries?"""
        if path not in self._looping:
            self._looping[path] = screened(text.encode("utf-8", "surrogatepass")).loop
        return self._looping[path]

    def _policy_roots(self, path: str) -> frozenset[str]:
        if path not in self._roots:
            self._roots[path] = policy_roots_in((self.read(path) or "").encode())
        return self._roots[path]


def _imported(source: str) -> Iterator[tuple[str, str]]:
    """The names that a text imports from modules, by their names there; cheap, and good enough for a first look."""
    for match in _FROM.finditer(source):
        joint = "" if match[1].endswith(".") else "."
        yield from ((each[2] or each[1], f"{match[1]}{joint}{each[1]}") for each in _NAME.finditer(match[2]))


@dataclass(frozen=True, slots=True)
class Offered:
    """Names by which a module knows what retries, and the roots of the libraries that do it."""

    names: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Meant:
    value: Repeater | ClassFacts | code.Expr
    path: str
