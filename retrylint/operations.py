"""What fails: the calls of a block, the likeliest operation first."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from retrylint import code
from retrylint.model import Span
from retrylint.names import Imports
from retrylint.verbs import is_accessor, is_pausing, is_steering, is_waiting_for

MOST_OPERATIONS = 4


def operations_of(block: code.Block, is_self_call: Callable[[code.Call], bool]) -> list[code.Call]:
    """The calls of a block that may be what fails, the likeliest first: no pause, awaited, outermost, no accessor."""
    awaited = {id(node.value) for node in code.walk(*block) if isinstance(node, code.Await)}
    inner = {id(part) for call in code.calls(*block) for a in call.arguments for part in code.calls(a.value)}
    found = [call for call in code.calls(*block) if not is_steering(call) and not is_self_call(call)]
    working = [call for call in found if not is_accessor(call)]
    rests = {id(call) for call in working if is_pausing(call) and not is_waiting_for(call)}
    ranked = sorted(working or found, key=lambda call: (id(call) in rests, id(call) not in awaited, id(call) in inner))
    return ranked[:MOST_OPERATIONS]


def named(operations: Iterable[code.Call], imports: Imports) -> dict[str, Span]:
    """The qualified names of operations, each with the place of its first call."""
    found: dict[str, Span] = {}
    for operation in operations:
        if name := imports.name_of(operation.function):
            found.setdefault(name, operation.span)
    return found
