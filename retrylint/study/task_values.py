"""The values of a task's options, and of expressions in its body on each retry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.libraries.spec import RetryMethod
from retrylint.model import Span
from retrylint.names import Imports, bindings
from retrylint.sketch.sketch import Sketch
from retrylint.study.retry_calls import Scope
from retrylint.study.simulation.expressions import constant
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.world import World
from retrylint.values import Unknown, Value

UNTOLD = Unknown("the task's own limit")
_NOTHING = code.Function("", (), (), (), False, Span(1, 1, 1, 1))


@dataclass(frozen=True, slots=True)
class TaskValues:
    """Evaluates what is written in the options and bodies of a module's tasks."""

    method: RetryMethod | None
    module: Sketch
    programs: dict[int, tuple[Scope | None, Program]] = field(default_factory=dict)

    def of(
        self, expr: code.Expr, scope: Scope | None = None, retries: int | None = None, most: Value = UNTOLD
    ) -> Value:
        """The value of an option, or of an expression in a body on the retry after so many of `most`."""
        world = World(Nodes(self._program(scope)), Failure())
        method = self.method
        if method is not None and retries is not None and scope is not None and scope.receiver is not None:
            world.attributes[f"{scope.receiver}.{method.attempt}"] = retries
            world.attributes[f"{scope.receiver}.{method.most}"] = most
        return constant(world, expr)

    def counts(self, test: code.Expr, scope: Scope) -> bool:
        """Does a condition look at how often the task was retried?"""
        counting = {name for name, value in self._program(scope).constants.items() if self._is_count(value)}
        return any(
            self._is_count(node) or (isinstance(node, code.Name) and node.id in counting) for node in code.walk(test)
        )

    def _is_count(self, node: object) -> bool:
        name = code.dotted(node) if isinstance(node, code.Attribute) else None
        return name is not None and self.method is not None and name.endswith(f".{self.method.attempt}")

    def _program(self, scope: Scope | None) -> Program:
        key = id(scope) if scope is not None else 0
        if key not in self.programs:
            constants: Mapping[str, code.Expr] = self.module.constants
            imports: Imports = self.module.imports
            if scope is not None:
                constants = {**constants, **_set_once(scope.function), **scope.given}
                imports = imports.within(scope.function)
            self.programs[key] = scope, Program(_NOTHING, lambda _: None, imports, constants=constants)
        return self.programs[key][1]


def _set_once(function: code.Function) -> dict[str, code.Expr]:
    """Local names that are set once, to what; a parameter to its default."""
    found = {each.name: [each.default] for each in function.parameters if each.default is not None}
    for name, node in bindings(*function.body):
        value = node.value if isinstance(node, code.Assign) and node.targets == (code.Name(name),) else code.Name("?")
        found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}
