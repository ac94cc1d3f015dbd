"""What fails: the calls of a block, the likeliest operation first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from retrylint import code
from retrylint.model import Span
from retrylint.names import Imports
from retrylint.verbs import is_accessor, is_pausing, is_steering, is_waiting_for

MOST_OPERATIONS = 4


def operations_of(block: code.Block, is_self_call: Callable[[code.Call], bool]) -> list[code.Call]:
    """The calls of a block that may be what fails, the likeliest first: awaited, outermost, no accessor, no pause."""
    nodes = list(code.walk(*block))
    awaited = {id(node.value) for node in nodes if isinstance(node, code.Await)}
    made = [node for node in nodes if isinstance(node, code.Call)]
    inner: set[int] = set()
    for call in made:
        if id(call) not in inner:  # what stands in one of those was found with it
            inner.update(id(part) for each in call.arguments for part in code.calls(each.value))
    found = [call for call in made if not is_steering(call) and not is_self_call(call)]
    working = [call for call in found if not is_accessor(call)] or found
    active = [call for call in working if not is_pausing(call) or is_waiting_for(call)] or working
    ranked = sorted(active, key=lambda call: (id(call) not in awaited, id(call) in inner))
    return ranked[:MOST_OPERATIONS]


def named(operations: Iterable[code.Call], imports: Imports) -> dict[str, Span]:
    """The qualified names of operations, each with the place of its first call."""
    found: dict[str, Span] = {}
    for operation in operations:
        if name := imports.name_of(operation.function):
            found.setdefault(name, operation.span)
    return found
