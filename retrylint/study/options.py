"""The options of a task from where they are written: decorator, `**OPTIONS`, its class and that class's bases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.sketch.settings import ClassFacts
from retrylint.sketch.sketch import Sketch


@dataclass(frozen=True, slots=True)
class Options:
    """Option name -> expression.

    `complete`: nothing that is out of sight can set another one. `unpacks`: what is out of sight is a dict of options
    that is handed over for that purpose.
    """

    stated: Mapping[str, code.Expr] = field(default_factory=dict)
    complete: bool = True
    unpacks: bool = False

    def over(self, other: Options) -> Options:
        """These options, and below them those of `other`."""
        stated = {**other.stated, **self.stated}
        return Options(stated, self.complete and other.complete, self.unpacks or other.unpacks)


def keyword_options(arguments: Iterable[code.Argument], module: Sketch) -> Options:
    """The keywords of a call, with `**NAME` and `**{...}` unpacked where the module shows them."""
    found, unpacking = Options(), _Unpacking(module)
    for argument in arguments:
        if argument.keyword is not None:
            found = Options({argument.keyword: argument.value}).over(found)
        elif argument.stars == 2:
            found = unpacking.unpacked(argument.value).over(found)
    return found


def mapping_options(value: code.Expr | None, module: Sketch) -> Options:
    """The items of a dict that an option is set to."""
    return Options() if value is None else _Unpacking(module).unpacked(value)


UNSEEN = Options(complete=False, unpacks=True)
MOST_NAMES = 50  # that stand for one another


@dataclass(frozen=True, slots=True)
class _Unpacking:
    """Dicts of one module, unpacked; what a name stands for is looked up once, however often it is unpacked."""

    module: Sketch
    known: dict[str, Options] = field(default_factory=dict)

    def unpacked(self, value: code.Expr, depth: int = 0) -> Options:
        name = code.dotted(value)
        if name is not None:
            return self._named(name, depth)
        if isinstance(value, code.Binary) and value.operator == "|":
            return self.unpacked(value.right, depth).over(self.unpacked(value.left, depth))
        if isinstance(value, code.Subscript) and isinstance(value.index, code.Const):
            items = self.unpacked(value.value, depth)
            item = items.stated.get(str(value.index.value))
            return UNSEEN if item is None or depth > MOST_NAMES else self.unpacked(item, depth + 1)
        found = Options()
        if isinstance(value, code.Call) and code.dotted(value.function) == "dict":
            for argument in value.arguments:
                if argument.keyword is not None:
                    found = Options({argument.keyword: argument.value}).over(found)
                else:
                    found = self.unpacked(argument.value, depth).over(found)
            return found
        if not isinstance(value, code.Mapping):
            return UNSEEN
        for key, item in value.items:
            if key is None:
                found = self.unpacked(item, depth).over(found)
            elif isinstance(key, code.Const) and isinstance(key.value, str):
                found = Options({key.value: item}).over(found)
            else:
                found = found.over(UNSEEN)
        return found

    def _named(self, name: str, depth: int) -> Options:
        if name not in self.known:
            self.known[name] = UNSEEN  # to whoever asks meanwhile: what is made of itself
            inner = _kept(name, self.module)
            if inner is not None and depth < MOST_NAMES:
                self.known[name] = self.unpacked(inner, depth + 1)
        return self.known[name]


def _kept(name: str, module: Sketch) -> code.Expr | None:
    """What a name of the module, or an attribute of one of its classes, is set to."""
    owner, _, attribute = name.rpartition(".")
    facts = module.classes.get(owner)
    return module.constants.get(name) if facts is None else facts.members.get(attribute)


def class_options(facts: ClassFacts, library: TaskLibrary, module: Sketch) -> Options:
    """The attributes of a task class and of its bases; incomplete where a base is out of sight."""
    return _options_of(facts.bases, library, module, Options(facts.members))


def base_options(base: str, library: TaskLibrary, module: Sketch) -> Options:
    """The options that a class brings, by the name that it has in the module."""
    return _options_of((base,), library, module, Options())


def _options_of(bases: Iterable[str], library: TaskLibrary, module: Sketch, found: Options) -> Options:
    for name in _above(bases, module, lambda name: _is_the_librarys(name, library, module)):
        facts = module.classes.get(name)
        if facts is not None:
            found = found.over(Options(facts.members))
        elif name != "object":
            found = found.over(Options(complete=False))
    return found


def lineage(base: str, module: Sketch) -> Iterator[str]:
    """A class of the module and its bases there, nearest first."""
    return (name for name in _above((base,), module) if name in module.classes)


def _above(bases: Iterable[str], module: Sketch, ends: Callable[[str], bool] = lambda name: False) -> Iterator[str]:
    """These classes and theirs, each once, nearest first; without those at which it `ends`, and what is above them."""
    seen: set[str] = set()
    pending = list(bases)[::-1]
    while pending:
        name = pending.pop()
        if name in seen or ends(name):
            continue
        seen.add(name)
        yield name
        facts = module.classes.get(name)
        pending += reversed(facts.bases) if facts is not None else ()


def is_task_class(facts: ClassFacts, library: TaskLibrary, module: Sketch) -> bool:
    """Is a class one of the library's tasks: by a base, or by an option that nothing else has?"""
    above = (module.classes[name] for name in _above(facts.bases, module) if name in module.classes)
    return any(
        any(_is_the_librarys(base, library, module) for base in each.bases)
        or (not set(each.members).isdisjoint(library.own_options) and any(base.endswith("Task") for base in each.bases))
        for each in chain((facts,), above)
    )


def _is_the_librarys(base: str, library: TaskLibrary, module: Sketch) -> bool:
    """Is a base the library's own task class, by its name or as `app.Task` of an application that is made here?"""
    if module.imports.qualify(base) in library.bases:
        return True
    app, _, name = base.rpartition(".")
    made_by = module.constants.get(app)
    maker = module.imports.name_of(made_by.function) if isinstance(made_by, code.Call) else None
    return name == "Task" and maker is not None and maker.partition(".")[0] == library.library.name
