"""The text and the tree of an excerpt of a module, or of all of it where the excerpt alone cannot be read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from retrylint.excerpt import Excerpt, Stretch, first_line_of, without
from retrylint.model import NotAnalysed
from retrylint.parsing import parse


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, its tree, and the statements that were left out of it because they are too deep.

    `is_whole`: is nothing of the module left out?
    """

    text: str
    tree: ast.Module
    refused: tuple[NotAnalysed, ...] = ()
    is_whole: bool = True


def read(
    source: str, tree: ast.Module | None, excerpt: Excerpt, before: Reading | None = None
) -> Reading | NotAnalysed:
    """Read an excerpt; `tree` is that of the whole source, where it is known.

    `before`: a smaller excerpt of the same source. Its functions are not parsed again, but become part of this tree.
    """
    if tree is not None:
        return Reading(excerpt.text(source), excerpt.tree(tree), is_whole=not excerpt.left_out)
    if excerpt.left_out or before is not None:
        known = _functions_of(before.tree.body) if before is not None else {}
        text = excerpt.text(source)
        parsed = parse(without(text, map(_stretch_of, known.values())) if known else text)
        if isinstance(parsed, ast.Module):
            _put_back(parsed.body, known)
            return Reading(text, parsed, is_whole=not excerpt.left_out)
    parsed = parse(source)
    if isinstance(parsed, NotAnalysed):
        return parsed
    if isinstance(parsed, ast.Module):
        return Reading(source, parsed)
    return Reading(source, parsed.tree, parsed.refused)


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions_of(body: Iterable[ast.stmt]) -> dict[int, _Function]:
    """The functions of a module's own body, and of those of its classes, by their first lines."""
    found: dict[int, _Function] = {}
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[_stretch_of(node)[0]] = node
        elif isinstance(node, ast.ClassDef):
            found |= _functions_of(node.body)
    return found


def _stretch_of(node: _Function) -> Stretch:
    return first_line_of(node), node.end_lineno or node.lineno, node.col_offset


def _put_back(body: list[ast.stmt], known: Mapping[int, _Function]) -> None:
    """Put functions where a `pass` stands for them; a class ends where its last statement does."""
    for index, node in enumerate(body):
        if isinstance(node, ast.Pass):
            body[index] = known.get(node.lineno, node)
        elif isinstance(node, ast.ClassDef):
            _put_back(node.body, known)
            node.end_lineno, node.end_col_offset = node.body[-1].end_lineno, node.body[-1].end_col_offset
