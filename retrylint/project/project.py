"""A project: what the names that a module imports stand for in the modules that they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from retrylint import code
from retrylint.project.mentions import mentioned_in
from retrylint.project.overview import Overview, Place
from retrylint.project.summary import Summary, helpers_in, settled, summary_of
from retrylint.project.surface import may_have_helper, names_set_to
from retrylint.sketch.offering import Helpers
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.settings import ClassFacts
from retrylint.sketch.sketch import Foreign, Sketch

LEVELS = 2  # helpers that leave it to helpers of other modules
Bases = tuple[str, ...]
Value = Repeater | ClassFacts | code.Expr
MOST_STEPS = 8  # modules that hand a name on to one another, or classes above one another


@dataclass(frozen=True, slots=True)
class Project:
    """The modules of a project, each parsed when the first name is looked up in it that its text does not rule out.

    What a module offers is told for so many levels: on the lowest what it has by itself, on the next one also helpers
    that leave it to those of another module, and so on. So it does not depend on which module is asked first, whatever
    they import of one another.
    """

    texts: Overview
    _summaries: dict[str, Summary] = field(default_factory=dict)
    _helpers: dict[tuple[str, int], _Helping] = field(default_factory=dict)
    _known_to_retry: dict[int, dict[Place, bool]] = field(default_factory=dict)
    _known_meant: dict[tuple[str, str, int], _Meant | None] = field(default_factory=dict)
    _known_members: dict[tuple[str, str, Bases, int, int], Sequence[tuple[Repeater, str]]] = field(default_factory=dict)
    _known_foreign: dict[tuple[int, int], Foreign] = field(default_factory=dict)
    _known_above: dict[tuple[str, Bases, int], Sequence[tuple[str, ClassFacts]]] = field(default_factory=dict)

    def offered(self, path: str, level: int = LEVELS) -> Offered:
        """The retry helpers and policies of other modules that a file imports, by the names that it has for them."""
        names: dict[str, Repeater | None] = {}
        roots: set[str] = set()
        for local, (file, rest) in self.texts.imports(path).items():
            if not self._may_retry(file, rest, level):
                continue
            for name, meant in self._retrying(local, file, rest, level, self._text(path)):
                names[name] = meant.value if isinstance(meant.value, Repeater) else None
                roots |= self.texts.policies(meant.path) | self._helpers_of(meant.path, level).roots
        return Offered(names, frozenset(roots))

    def joined(self, sketch: Sketch, path: str, level: int = LEVELS) -> Sketch:
        """A sketch with what its imports stand for, as far as modules of the project tell, and it speaks of them."""
        constants, classes, foreign = dict(sketch.constants), dict(sketch.classes), dict(sketch.foreign)
        mentioned = mentioned_in(sketch)
        for local, target in sketch.imports.table.items():
            if local in constants or local not in mentioned:
                continue
            for name, meant in self._meanings(local, self.texts.modules.absolute(target, path), path, level, mentioned):
                if isinstance(meant.value, ClassFacts):
                    classes.setdefault(name, meant.value)
                    classes |= dict(self._above(meant.value, meant.path))
                elif isinstance(meant.value, Repeater):
                    foreign[name] = self._foreign(meant.value, meant.path, level)
                else:
                    constants[name] = settled(meant.value, partial(self._constant, path=meant.path))
                    classes |= dict(self._named_in(meant.value, meant.path))
        for facts in (each for name, each in sketch.classes.items() if name in mentioned):
            respelt = ClassFacts(facts.name, tuple(sketch.imports.qualify(base) for base in facts.bases), facts.members)
            above = dict(self._above(respelt, path))
            for base, qualified in zip(facts.bases, respelt.bases, strict=True):
                if base not in classes and qualified in above:
                    classes[base] = above[qualified]
            classes |= above
        return replace(sketch, constants=constants, classes=classes, foreign=foreign)

    def _text(self, path: str) -> str:
        source = self.texts.read(path)
        return source.text if source is not None else ""

    def _summary(self, path: str) -> Summary:
        """What the names of a module stand for."""
        if path not in self._summaries:
            source = self.texts.read(path)
            modules = self.texts.modules
            self._summaries[path] = Summary(path, modules) if source is None else summary_of(source, path, modules)
        return self._summaries[path]

    def _may_retry(self, path: str, name: str, level: int) -> bool:
        """May a name of a module be a retry helper or a policy, or a class that has one? Without a name, may any?"""

        def retries(place: Place) -> bool:
            path, name = place
            names = self._retrying_in(path, level)
            return name.partition(".")[0] in names if name else bool(names)

        return self.texts.reaches((path, name), retries, self._known_to_retry.setdefault(level, {}))

    def _retrying_in(self, path: str, level: int) -> frozenset[str]:
        """The names at the top of a module by which its helpers are known, and those that may be set to a policy."""
        return self._helpers_of(path, level).names

    def _helpers_of(self, path: str, level: int) -> _Helping:
        """The helpers of a module."""
        if (path, level) not in self._helpers:
            self._helpers[path, level] = self._found_in(path, level)
        return self._helpers[path, level]

    def _found_in(self, path: str, level: int) -> _Helping:
        source, roots = self.texts.read(path), self.texts.policies(path)
        offered = self.offered(path, level - 1) if level else Offered()
        others = {name: each for name, each in offered.names.items() if each is not None}
        if level and not others:
            return self._helpers_of(path, 0)
        below = self._helpers_of(path, level - 1) if level else None
        roots |= offered.roots
        if below is not None and below.others == others and below.roots == roots:
            return below
        words = self.texts.policy_words(roots) | {name.rpartition(".")[2] for name in others}
        if source is None:
            return _Helping(roots=roots)
        found = helpers_in(source, roots, others) if may_have_helper(source, words) else Helpers()
        known = frozenset(each.qualified.partition(".")[0] for each in found.repeaters)
        set_so = names_set_to(source, words | {each.name for each in found.repeaters})
        return _Helping(found, roots, known | set_so, others)

    def _foreign(self, repeater: Repeater, path: str, level: int) -> Foreign:
        """A helper as other modules know it."""
        key = id(repeater), level
        if key not in self._known_foreign:
            self._known_foreign[key] = Foreign(repeater, self._home(path, level))
        return self._known_foreign[key]

    def _home(self, path: str, level: int) -> Sketch:
        """What a helper can see in its module."""
        own, helpers = self._summary(path).own, self._helpers_of(path, level).found
        sketch = Sketch(
            imports=own.imports,
            constants=own.constants,
            classes=own.classes,
            helpers=helpers.called,
            repeaters=helpers.repeaters,
        )
        return self.joined(sketch, path, level - 1) if level else sketch

    def _retrying(self, local: str, file: str, rest: str, level: int, text: str) -> Iterator[tuple[str, _Meant]]:
        """What an import binds that retries: a helper or a policy, or those of a class, or of a module."""
        if rest:
            meant = self._meant_in(file, rest, level)
            if meant is not None and self._retries(meant, level):
                yield from [(local, meant)] if text.count(local) > 1 else []
            elif meant is not None and isinstance(meant.value, ClassFacts):
                for each, file in self._members(meant, level):
                    if f".{each.name}" in text:
                        yield f"{local}.{each.name}", _Meant(each, file)
            return
        for each in self._helpers_of(file, level).found.repeaters:
            if _is_spoken_of(f"{local}.{each.qualified}", text):
                yield f"{local}.{each.qualified}", _Meant(each, file)
        for name in sorted(self._retrying_in(file, level)):
            value = self._summary(file).constant(name) if _is_spoken_of(f"{local}.{name}", text) else None
            if value is not None and self._retries(_Meant(value, file), level):
                yield f"{local}.{name}", _Meant(value, file)

    def _retries(self, meant: _Meant, level: int) -> bool:
        """Is it a helper, or made of one or of a policy?"""
        if not isinstance(meant.value, code.Call):
            return isinstance(meant.value, Repeater)
        roots = self.texts.policies(meant.path) | self._helpers_of(meant.path, level).roots
        words = self.texts.policy_words(roots)
        names = {code.dotted(each) for each in code.walk(meant.value) if isinstance(each, (code.Name, code.Attribute))}
        return any(
            name.rpartition(".")[2] in words or isinstance(self._value(name, meant.path, level), Repeater)
            for name in names
            if name is not None
        )

    def _value(self, name: str, path: str, level: int) -> Value | None:
        """What a name in a module stands for: one of its own, or a qualified one."""
        meant = self._meant_in(path, name, level) or self._meant(name, path, level)
        return meant.value if meant is not None else None

    def _meanings(
        self, local: str, target: str, path: str, level: int, mentioned: frozenset[str]
    ) -> Iterator[tuple[str, _Meant]]:
        """What an import binds: a thing of a module, or what is mentioned of a module, behind its name and a dot."""
        found = self.texts.modules.split(target, path)
        if found is None:
            return
        file, rest = found
        if rest:
            meant = self._meant_in(file, rest, level)
            yield from [(local, meant)] if meant is not None else []
            if meant is not None and isinstance(meant.value, ClassFacts):
                yield from ((f"{local}.{each.name}", _Meant(each, file)) for each, file in self._members(meant, level))
            return
        for each in self._helpers_of(file, level).found.repeaters:
            if f"{local}.{each.qualified.partition('.')[0]}" in mentioned:
                yield f"{local}.{each.qualified}", _Meant(each, file)
        before = f"{local}."
        for name in sorted(each.removeprefix(before) for each in mentioned if each.startswith(before)):
            value = self._own(file, name)
            if value is not None:
                yield f"{local}.{name}", _Meant(value, file)

    def _members(self, owner: _Meant, level: int, depth: int = 0) -> Sequence[tuple[Repeater, str]]:
        """The helpers among the members of a class and of those above it, the nearest first."""
        assert isinstance(owner.value, ClassFacts)
        key = owner.path, owner.value.name, owner.value.bases, level, depth
        if key not in self._known_members:
            self._known_members[key] = tuple(self._members_of(owner.value, owner.path, level, depth))
        return self._known_members[key]

    def _members_of(self, facts: ClassFacts, path: str, level: int, depth: int) -> Iterator[tuple[Repeater, str]]:
        for each in self._helpers_of(path, level).found.repeaters:
            if each.owner.in_class and each.owner.path[-1] == facts.name:
                yield each, path
        for base in facts.bases if depth < MOST_STEPS else ():
            above = self._meant(base, path, level)
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

    def _above(self, facts: ClassFacts, path: str, depth: int = 0) -> Sequence[tuple[str, ClassFacts]]:
        """The bases of a class and theirs, by the names that the class has for them."""
        key = path, facts.bases, depth
        if key not in self._known_above:
            self._known_above[key] = tuple(self._above_of(facts, path, depth))
        return self._known_above[key]

    def _above_of(self, facts: ClassFacts, path: str, depth: int) -> Iterator[tuple[str, ClassFacts]]:
        for base in facts.bases if depth < MOST_STEPS else ():
            meant = self._meant(base, path, 0)
            if meant is not None and isinstance(meant.value, ClassFacts):
                yield base, meant.value
                yield from self._above(meant.value, meant.path, depth + 1)

    def _meant(self, name: str, path: str, level: int) -> _Meant | None:
        """What a qualified name stands for, through modules that hand it on."""
        found = self.texts.modules.split(name, path)
        return self._meant_in(*found, level) if found is not None else None

    def _meant_in(self, file: str, name: str, level: int) -> _Meant | None:
        """What a name of a module stands for."""
        key = file, name, level
        if key not in self._known_meant:
            self._known_meant[key] = self._followed(file, name, level)
        return self._known_meant[key]

    def _followed(self, file: str, name: str, level: int) -> _Meant | None:
        for _ in range(MOST_STEPS + 1):
            head, joint, rest = name.partition(".")
            for each in self._helpers_of(file, level).found.repeaters if head in self._retrying_in(file, level) else ():
                if each.qualified == name:
                    return _Meant(each, file)
            if not name or self._is_plain_function(file, head):
                return None
            value = self._own(file, name)
            if value is not None:
                return _Meant(value, file)
            table = self._summary(file).own.imports.table
            found = self.texts.modules.split(table[head] + joint + rest, file) if head in table else None
            if found is None:
                return None
            file, name = found
        return None

    def _is_plain_function(self, file: str, name: str) -> bool:
        """Does a name of a module surely stand for a function, or for nothing?"""
        source = self.texts.read(file)
        return source is None or (name not in self.texts.imports(file) and source.is_plain_function(name))

    def _own(self, file: str, name: str) -> ClassFacts | code.Expr | None:
        """The class of a name of a module, or what it is set to."""
        summary = self._summary(file)
        return summary.class_named(name) or summary.constant(name)


def _is_spoken_of(name: str, text: str) -> bool:
    """Does a text hold the first two parts of a dotted name?"""
    return ".".join(name.split(".")[:2]) in text


@dataclass(frozen=True, slots=True)
class _Helping:
    """The helpers of a module, the libraries of policies that these may be made of, and the names at its top that may
    stand for what retries; `others` are the helpers that it imports.
    """

    found: Helpers = field(default_factory=Helpers)
    roots: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    others: Mapping[str, Repeater] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offered:
    """Names by which a module knows what retries, with the helper where it is one, and the roots of the libraries."""

    names: Mapping[str, Repeater | None] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Meant:
    value: Value
    path: str
