"""The loops of a module that may retry: found cheaply on the `ast`, judged on `retrylint.code`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from retrylint import code
from retrylint.exceptions import group_names
from retrylint.loops.classify import Verdict, classify, within
from retrylint.loops.items import goes_over_items
from retrylint.model import LeftOut, NotAnalysed, Span
from retrylint.naming import acts, pauses, speaks_of_status
from retrylint.sketch.lower import Lowering
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import Looping

MODULE = "<module>"


@dataclass(frozen=True, slots=True)
class Judged:
    """A loop, the outermost one that it stands in, and what it is."""

    looping: Looping
    loop: code.For | code.While
    verdict: Verdict

    @property
    def retries(self) -> bool:
        return self.verdict.kind == "retry"

    @property
    def left_out(self) -> LeftOut:
        """The loop as one that was looked at and left out."""
        kind, reason = self.verdict.kind, self.verdict.reason
        return LeftOut(self.loop.span, function_of(self.looping), "loop", kind, reason)


def judged_loops(
    loops: Iterable[Looping], spans: Lowering, with_left_out: bool = True
) -> Iterator[Judged | NotAnalysed]:
    """Every loop in which something may be repeated because it failed, with the verdict on it.

    Without `with_left_out`, those that are no retry at a glance are passed over.
    """
    for looping in loops:
        node = looping.node
        if not _may_retry(node):
            continue
        try:
            lowered = spans.lower(node)
        except code.TooDeepError as error:
            yield NotAnalysed(f"a loop in {function_of(looping)} is {error}", Span(node.lineno, 1, node.lineno, 1))
            continue
        assigned = _assigned(looping, group_names(lowered), spans)
        for loop in loops_in(lowered):
            if not with_left_out and goes_over_items(loop):
                continue
            verdict = classify(loop, assigned)
            if verdict is not None:
                home = looping.home.node.name if looping.home is not None else MODULE
                yield Judged(looping, loop, within(verdict, loop, home))


def _assigned(looping: Looping, names: frozenset[str], spans: Lowering) -> dict[str, code.Expr]:
    """What the function around a loop sets these names to."""
    if not names or looping.home is None:
        return {}
    return {
        target.id: spans.lower(node.value)
        for node in nodes_of(looping.home.node)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id in names
    }


def loops_in(*roots: code.Stmt) -> Iterator[code.For | code.While]:
    """The loops at and below statements, outer before inner; those of an inner definition are its own."""
    return (node for node in code.statements(*roots) if isinstance(node, (code.For, code.While)))


def function_of(looping: Looping) -> str:
    """The qualified name of the function that a loop runs in."""
    home = looping.home
    return home.owner.qualified(home.node.name) if home is not None else MODULE


def _may_retry(loop: ast.AST) -> bool:
    """Does a loop hold a `try` with a handler, a `suppress`, or an act whose result may be looked at?"""
    acting = telling = False
    for node in nodes_of(loop):
        if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            if node.handlers:  # type: ignore[attr-defined]
                return True
        elif isinstance(node, ast.Call):
            name = _called(node.func)
            if name == "suppress":
                return True
            acting = acting or acts(name) or _is_chosen(node.func)
            telling = telling or pauses(name)
        elif isinstance(node, ast.Constant):
            telling = telling or (type(node.value) is int and (node.value == 0 or 200 <= node.value < 600))
        elif isinstance(node, (ast.Name, ast.Attribute)):
            telling = telling or speaks_of_status(node.id if isinstance(node, ast.Name) else node.attr)
    return acting and telling


def _is_chosen(function: ast.expr) -> bool:
    """Is what is called chosen by a key at run time?"""
    return isinstance(function, ast.Subscript) and not isinstance(function.slice, ast.Constant)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Subscript) and isinstance(function.slice, ast.Constant):
        return str(function.slice.value).rpartition(".")[2]
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )
