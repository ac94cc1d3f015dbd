"""Which decorator makes a function a task: written out, kept in a variable, or made by `functools.partial`."""

from __future__ import annotations

from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.sketch.sketch import Sketch
from retrylint.study.retry_calls import retry_calls

PARTIAL = "functools.partial"
MOST_STEPS = 5  # variables that name variables


@dataclass(frozen=True, slots=True)
class Decoration:
    """A task's decorator: what is called in the end, and with which arguments; those that come later win.

    `spelt` is what stands behind the `@`, without the arguments.
    """

    spelt: code.Expr
    named: code.Expr
    arguments: tuple[code.Argument, ...] = ()

    @property
    def app(self) -> str:
        """The application whose method decorates, as it is spelt; empty for a function."""
        return (code.dotted(self.named) or "").rpartition(".")[0]

    def stated(self, option: str) -> code.Expr | None:
        """What the decorator itself says of an option."""
        return next((each.value for each in reversed(self.arguments) if each.keyword == option), None)


def task_decoration(function: code.Function, module: Sketch, library: TaskLibrary) -> Decoration | None:
    """The decorator that makes a function a task of the library."""
    for decorator in function.decorators:
        found = decoration_of(decorator, module)
        name = module.imports.name_of(found.named)
        if name is None:
            continue
        if name in library.decorators or name == library.shared:
            return found
        is_method = isinstance(found.named, code.Attribute) and found.named.name in library.methods
        if is_method and _is_own_app(found, function, module, library):
            return found
    return None


def decoration_of(decorator: code.Expr, module: Sketch) -> Decoration:
    """What a decorator comes to when its variables are looked up."""
    arguments: tuple[code.Argument, ...] = ()
    spelt = decorator.function if isinstance(decorator, code.Call) else decorator
    for _ in range(MOST_STEPS):
        if isinstance(decorator, code.Call):
            if module.imports.name_of(decorator.function) == PARTIAL and decorator.arguments:
                arguments = decorator.arguments[1:] + arguments
                decorator = decorator.arguments[0].value
                continue
            arguments = decorator.arguments + arguments
            decorator = decorator.function
        kept = module.constants.get(decorator.id) if isinstance(decorator, code.Name) else None
        if not isinstance(kept, (code.Name, code.Attribute, code.Call)):
            break
        decorator = kept
    return Decoration(spelt, decorator, arguments)


def _is_own_app(found: Decoration, function: code.Function, module: Sketch, library: TaskLibrary) -> bool:
    """Is `app.task` this library's? By where the app comes from, by the options, or by what the body calls."""
    app = (code.dotted(found.named) or "").partition(".")[0]
    made_by = module.constants.get(app)
    maker = code.dotted(made_by.function) if isinstance(made_by, code.Call) else None
    kinds = () if maker is None else module.classes[maker].bases if maker in module.classes else (maker,)
    origins = [module.imports.qualify(kind) for kind in kinds or (app,)]
    if any(origin.partition(".")[0] == library.library.name for origin in origins):
        return True
    named_so = any(library.library.name in origin.lower() for origin in origins)
    is_class = maker is not None and maker.rpartition(".")[2][:1].isupper()
    if is_class and not named_so and not any(origin.startswith(".") for origin in origins):
        return False  # an application of another kind, made here
    stated = {each.keyword for each in found.arguments}
    if not stated.isdisjoint(library.foreign_options):
        return False
    if not stated.isdisjoint(library.own_options) or named_so:
        return True
    first = function.parameters[0].name if function.parameters else ""
    return bool(retry_calls(function, library, {first, function.name}))
