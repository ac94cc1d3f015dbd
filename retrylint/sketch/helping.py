"""All helpers of a module: those that retry what they are given, and those that leave it to what does."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import partial

from retrylint.names import Owner
from retrylint.sketch.looping import Judged
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import FUNCTIONS, Outline
from retrylint.sketch.repeaters import Repeater, repeaters_in
from retrylint.sketch.task_names import last_name
from retrylint.sketch.task_words import TaskWords
from retrylint.sketch.texts import Texts
from retrylint.sketch.wrappers import Known, may_wrap, wrappers_in

MOST_WRAPPED = 3  # helpers that have it done by one another


def helpers_in(
    texts: Texts, retrying: Iterable[Judged], seen: Outline, spans: Lowering, words: TaskWords
) -> tuple[Repeater, ...]:
    """The helpers of a module: those that retry by themselves, and those that have it done."""
    found = list(repeaters_in(retrying, seen.loops, seen.definitions, spans))
    own = [each for each in seen.definitions if isinstance(each.node, FUNCTIONS) and not each.rebound]
    homes = [each for each in own if not each.owner.path or each.owner.in_class]
    for _ in range(MOST_WRAPPED):
        names = words.policies | {each.name for each in found} | {name.rpartition(".")[2] for name in words.foreign}
        lines = texts.lines_of(names) if names else []
        taken = {each.qualified for each in found}
        wrapping = [each for each in homes if each.holds(lines) and each.owner.qualified(each.node.name) not in taken]
        new: list[Repeater] = []
        for each in wrapping:
            known = Known(words.policies, words.callers, partial(_helper_named, found, words.foreign, each.owner))
            lowered = spans.shallow(each.node) if may_wrap(each.node) else None
            new += wrappers_in(each.owner, lowered, known) if lowered is not None else ()
        if not new:
            break
        found += new
    return tuple(found)


def kept_names(seen: Outline, repeaters: Iterable[Repeater], words: TaskWords) -> frozenset[str]:
    """The names of a module for what its helpers make to be given functions: `patiently = retry(attempts=3)`."""
    foreign = {name.rpartition(".")[2] for name, each in words.foreign.items() if each is not None and each.holder == 1}
    makers = foreign | {each.name for each in repeaters if each.holder == 1}
    return frozenset(
        name
        for (owner, name), values in seen.assigned.items()
        if not owner and len(values) == 1 and isinstance(values[0], ast.Call) and last_name(values[0]) in makers
    )


def _helper_named(
    own: Iterable[Repeater], foreign: Mapping[str, Repeater | None], owner: Owner, name: str
) -> Repeater | None:
    """The helper that a member of `owner` knows by a name."""
    if name in foreign:
        return foreign[name]
    head, _, last = name.rpartition(".")
    of_class = owner if head in ("self", "cls") else Owner(tuple(head.split(".")), True) if head else Owner()
    return next((each for each in own if each.name == last and each.owner == of_class), None)
