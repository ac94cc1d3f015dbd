"""The text and the tree of an excerpt of a module, or of all of it where the excerpt alone cannot be read."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from retrylint.excerpt import Excerpt
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


def read(source: str, tree: ast.Module | None, excerpt: Excerpt) -> Reading | NotAnalysed:
    """Read an excerpt; `tree` is that of the whole source, where it is known."""
    if tree is not None:
        return Reading(excerpt.text(source), excerpt.tree(tree), is_whole=not excerpt.left_out)
    if excerpt.left_out:
        text = excerpt.text(source)
        parsed = parse(text)
        if isinstance(parsed, ast.Module):
            return Reading(text, parsed, is_whole=False)
    parsed = parse(source)
    if isinstance(parsed, NotAnalysed):
        return parsed
    if isinstance(parsed, ast.Module):
        return Reading(source, parsed)
    return Reading(source, parsed.tree, parsed.refused)
