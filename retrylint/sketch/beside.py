"""Functions of the same class or module that call each other: one may be the helper through which the other retries."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint.names import Owner
from retrylint.sketch.outline import FUNCTIONS, Defined
from retrylint.sketch.texts import Texts

WORD = re.compile(r"\w+")
CALL = re.compile(r"\s*\(")
BINDERS = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True)
class Beside:
    """A function beside another that may call it back: the name by which that one knows it, and where it stands."""

    known_as: str
    node: ast.FunctionDef | ast.AsyncFunctionDef


def functions_beside(definitions: Sequence[Defined], texts: Texts) -> dict[int, tuple[Beside, ...]]:
    """By the identity of a function that catches something: those beside it that it names, and that name it."""
    groups: dict[Owner, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
    for each in definitions:
        node = each.node
        if isinstance(node, FUNCTIONS) and not each.rebound:
            groups.setdefault(each.owner, []).append(node)
    found: dict[int, tuple[Beside, ...]] = {}
    for owner, group in groups.items():
        for node in group if len(group) > 1 else ():
            text = texts.of(node)
            if "except" in text:
                words = frozenset(WORD.findall(text))
                known = tuple(
                    beside
                    for other in group
                    if other.name in words and other is not node
                    if any(CALL.match(text, end) for end in _ends(other.name, text))
                    if any(_ends(node.name, texts.of(other))) and _is_plain(other)
                    for beside in _known(node, other, owner)
                )
                found.update({id(node): known} if known else {})
    return found


def _ends(name: str, text: str) -> Iterator[int]:
    """Where a name ends that stands in a text as a word of its own."""
    end = 0
    while (start := text.find(name, end)) >= 0:
        end = start + len(name)
        if not WORD.match(text[start - 1 : start]) and not WORD.match(text, end):
            yield end


def _is_plain(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Is it called as it is written? A decorator may make anything of it."""
    return all(isinstance(each, ast.Name) and each.id in BINDERS for each in node.decorator_list)


def _known(
    node: ast.FunctionDef | ast.AsyncFunctionDef, other: ast.FunctionDef | ast.AsyncFunctionDef, owner: Owner
) -> Iterator[Beside]:
    if not owner.in_class:
        yield Beside(other.name, other)
        return
    first = next(iter(node.args.posonlyargs + node.args.args), None)
    if first is not None:
        yield Beside(f"{first.arg}.{other.name}", other)
