"""Which names the study of a module may look up: those that stand in the code that it reads."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.sketch.sketch import Sketch


def mentioned_in(sketch: Sketch) -> frozenset[str]:
    """The dotted names in what a sketch hands to the study, with all that they begin with.

    What a constant of the module is made of, and a class, counts where its own name does.
    """
    found: set[str] = set()
    pending: list[object] = [
        *sketch.read.values(),
        *sketch.helpers.values(),
        *(function for each in sketch.repeaters for function in each.functions),
        *(each.value for each in sketch.built),
    ]
    named = list(_homes(sketch))
    while pending or named:
        names = {name for root in pending for name in _names(root)}.union(*map(_beginnings, named)) - found
        found |= names
        pending, named = [], []
        for name in names:
            value, facts = sketch.constants.get(name), sketch.classes.get(name)
            pending += [value] if value is not None else []
            if facts is not None:
                pending += facts.members.values()
                named += facts.bases
    return frozenset(found)


def _homes(sketch: Sketch) -> Iterator[str]:
    """The classes around candidates and helpers, and those that are candidates."""
    for candidate in sketch.candidates:
        yield candidate.owner.qualified(candidate.name)
    for repeater in sketch.repeaters:
        yield repeater.qualified


def _names(root: object) -> Iterator[str]:
    for node in code.walk(root, into_definitions=True):
        if isinstance(node, code.Name):
            yield node.id
        elif isinstance(node, code.Attribute):
            name = code.dotted(node)
            if name is not None:
                yield name


def _beginnings(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[: index + 1]) for index in range(len(parts)))
