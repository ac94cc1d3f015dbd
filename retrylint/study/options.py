"""The options of a task from where they are written: decorator, `**OPTIONS`, its class and that class's bases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.sketch.sketch import ClassFacts, Sketch


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
    found = Options()
    for argument in arguments:
        if argument.keyword is not None:
            found = Options({argument.keyword: argument.value}).over(found)
        elif argument.stars == 2:
            found = _unpacked(argument.value, module, ()).over(found)
    return found


def mapping_options(value: code.Expr | None, module: Sketch) -> Options:
    """The items of a dict that an option is set to."""
    return Options() if value is None else _unpacked(value, module, ())


UNSEEN = Options(complete=False, unpacks=True)


def _unpacked(value: code.Expr, module: Sketch, seen: tuple[str, ...]) -> Options:
    name = code.dotted(value)
    if name is not None:
        inner = _kept(name, module)
        return UNSEEN if inner is None or name in seen else _unpacked(inner, module, (*seen, name))
    if isinstance(value, code.Binary) and value.operator == "|":
        return _unpacked(value.right, module, seen).over(_unpacked(value.left, module, seen))
    if isinstance(value, code.Subscript) and isinstance(value.index, code.Const):
        items = _unpacked(value.value, module, seen)
        item = items.stated.get(str(value.index.value))
        return UNSEEN if item is None else _unpacked(item, module, seen)
    if isinstance(value, code.Call) and code.dotted(value.function) == "dict":
        found = Options()
        for argument in value.arguments:
            if argument.keyword is not None:
                found = Options({argument.keyword: argument.value}).over(found)
            else:
                found = _unpacked(argument.value, module, seen).over(found)
        return found
    if not isinstance(value, code.Mapping):
        return UNSEEN
    found = Options()
    for key, item in value.items:
        if key is None:
            found = _unpacked(item, module, seen).over(found)
        elif isinstance(key, code.Const) and isinstance(key.value, str):
            found = Options({key.value: item}).over(found)
        else:
            found = found.over(UNSEEN)
    return found


def _kept(name: str, module: Sketch) -> code.Expr | None:
    """What a name of the module, or an attribute of one of its classes, is set to."""
    owner, _, attribute = name.rpartition(".")
    facts = module.classes.get(owner)
    return module.constants.get(name) if facts is None else facts.members.get(attribute)


def class_options(facts: ClassFacts, library: TaskLibrary, module: Sketch, depth: int = 0) -> Options:
    """The attributes of a task class and of its bases; incomplete where a base is out of sight."""
    found = Options(facts.members)
    for base in facts.bases:
        found = found.over(base_options(base, library, module, depth + 1))
    return found


def base_options(base: str, library: TaskLibrary, module: Sketch, depth: int = 0) -> Options:
    """The options that a class brings, by the name that it has in the module."""
    if _is_the_librarys(base, library, module) or base == "object":
        return Options()
    facts = module.classes.get(base)
    if facts is None or depth > len(module.classes):
        return Options(complete=False)
    return class_options(facts, library, module, depth)


def lineage(base: str, module: Sketch, depth: int = 0) -> Iterator[str]:
    """A class of the module and its bases there, nearest first."""
    facts = module.classes.get(base)
    if facts is None or depth > len(module.classes):
        return
    yield base
    for each in facts.bases:
        yield from lineage(each, module, depth + 1)


def is_task_class(facts: ClassFacts, library: TaskLibrary, module: Sketch, depth: int = 0) -> bool:
    """Is a class one of the library's tasks: by a base, or by an option that nothing else has?"""
    if not set(facts.members).isdisjoint(library.own_options) and any(base.endswith("Task") for base in facts.bases):
        return True
    for base in facts.bases:
        inner = module.classes.get(base)
        if _is_the_librarys(base, library, module):
            return True
        if inner is not None and depth <= len(module.classes) and is_task_class(inner, library, module, depth + 1):
            return True
    return False


def _is_the_librarys(base: str, library: TaskLibrary, module: Sketch) -> bool:
    """Is a base the library's own task class, by its name or as `app.Task` of an application that is made here?"""
    if module.imports.qualify(base) in library.bases:
        return True
    app, _, name = base.rpartition(".")
    made_by = module.constants.get(app)
    maker = module.imports.name_of(made_by.function) if isinstance(made_by, code.Call) else None
    return name == "Task" and maker is not None and maker.partition(".")[0] == library.library.name
