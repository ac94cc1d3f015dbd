"""What the expressions of a place in a module stand for: constants, settings of a class, defaults of parameters."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.model import Span
from retrylint.names import Imports, Owner, bindings, receiver
from retrylint.sketch.sketch import Sketch
from retrylint.study.simulation.expressions import constant
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.world import World
from retrylint.values import Value

IN_SECONDS = {
    "weeks": 604800.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 0.001,
    "microseconds": 0.000001,
}  # fmt: skip
CHANGING = frozenset({"clear", "pop", "popitem", "setdefault", "update"})
MOST_STEPS = 8  # from a name to another name, until what it stands for


@dataclass(frozen=True, slots=True)
class Scope:
    """Names and what they are set to once, seen from one function or from the module's own body.

    `changed`: the names of dicts that the function changes in place, but for what its callers hand on.
    """

    imports: Imports
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    members: Mapping[str, code.Expr] = field(default_factory=dict)
    receiver: str | None = None
    changed: frozenset[str] = frozenset()

    def value(self, expr: code.Expr) -> Value:
        """The value of an expression, as far as it is told."""
        program = Program(
            _NOTHING, lambda _: None, self.imports, self.receiver, constants=self.constants, members=self.members
        )
        return constant(World(Nodes(program), Failure()), expr)

    def seconds(self, expr: code.Expr) -> float | None:
        """The number that an expression gives, of a `timedelta` its seconds; None where that is not told."""
        meant = self.meant(expr)
        if isinstance(meant, code.Call) and self.imports.name_of(meant.function) == "datetime.timedelta":
            return self._of_timedelta(meant)
        value = self.value(expr)
        return float(value) if isinstance(value, (int, float)) and not math.isnan(value) else None

    def _of_timedelta(self, made: code.Call) -> float | None:
        total = 0.0
        for index, argument in enumerate(made.arguments):
            name = argument.keyword or ("days", "seconds")[index] if index < 2 else argument.keyword
            value = self.value(argument.value)
            if name not in IN_SECONDS or argument.stars or not isinstance(value, (int, float)):
                return None
            total += value * IN_SECONDS[name]
        return total

    def meant(self, expr: code.Expr) -> code.Expr:
        """What a name stands for, through other names; an expression that is no known name stands for itself."""
        for _ in range(MOST_STEPS):
            found = self._defined(expr)
            if found is None:
                break
            expr = found
        return expr

    def _defined(self, expr: code.Expr) -> code.Expr | None:
        name = code.dotted(expr)
        if name is None:
            return None
        head, _, rest = name.rpartition(".")
        if name in self.constants:
            return self.constants[name]
        return self.members.get(rest) if head and head == self.receiver else None


_NOTHING = code.Function("", (), (), (), False, Span(1, 1, 1, 1))


def scope_of(function: code.Function, owner: Owner, module: Sketch) -> Scope:
    """The scope of a function's body; its own names hide those of the module."""
    of_class = module.classes.get(".".join(owner.path)) if owner.in_class else None
    binding = list(bindings(*function.body))
    bound = {name for name, _ in binding}
    hidden = bound | code.own_parameters(function)
    constants = {name: value for name, value in module.constants.items() if name.partition(".")[0] not in hidden}
    return Scope(
        module.imports.inside(function, bound),
        {**constants, **_set_once(function, binding)},
        of_class.members if of_class else {},
        receiver(function, owner),
        frozenset(_changed(function)),
    )


def _changed(function: code.Function) -> Iterator[str]:
    """The names of what a function changes in place; `update(**kwargs)` adds only what its caller chooses."""
    for node in code.walk(*function.body):
        if isinstance(node, code.Call) and isinstance(node.function, code.Attribute):
            handed_on = [each for each in node.arguments if each.stars == 2 and code.dotted(each.value) == "kwargs"]
            if node.function.name in CHANGING and len(handed_on) < max(len(node.arguments), 1):
                yield code.dotted(node.function.value) or ""
        elif isinstance(node, (code.Assign, code.Delete)):
            yield from (code.dotted(each.value) or "" for each in node.targets if isinstance(each, code.Subscript))


def set_once(function: code.Function) -> dict[str, code.Expr]:
    """Local names and attributes that are set once, to what; a parameter to its default, unless that is None."""
    return _set_once(function, bindings(*function.body))


def _set_once(function: code.Function, binding: Iterable[tuple[str, object]]) -> dict[str, code.Expr]:
    found: dict[str, list[code.Expr | None]] = {
        each.name: [None if each.default == code.Const(None) else each.default] for each in function.parameters
    }
    for name, node in binding:
        is_plain = isinstance(node, code.Assign) and node.targets == (code.Name(name),)
        found.setdefault(name, []).append(node.value if isinstance(node, code.Assign) and is_plain else None)
    for assigned in (node for node in code.statements(*function.body) if isinstance(node, code.Assign)):
        for target in assigned.targets:
            attribute = code.dotted(target) if isinstance(target, code.Attribute) else None
            if attribute is not None:
                found.setdefault(attribute, []).append(assigned.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1 and values[0] is not None}
