"""Does a function make nothing of its failure, so that who repeats it until it gives something retries it?"""

from __future__ import annotations

from dataclasses import dataclass

from retrylint import code
from retrylint.flow import ends
from retrylint.model import Catch
from retrylint.names import Imports, Owner
from retrylint.sketch.sketch import Sketch
from retrylint.study.caught import catch_of

NOTHING = (None, False, 0, "")


@dataclass(frozen=True, slots=True)
class Handed:
    """A function that is handed to a helper, and what names mean in it."""

    function: code.Function
    imports: Imports


def handed_function(expr: code.Expr, function: code.Function, owner: Owner, module: Sketch) -> Handed | None:
    """The function that an expression stands for: one within the function, of its class, or of the module.

    A lambda stands for what it calls.
    """
    if isinstance(expr, code.Lambda):
        called = expr.body.function if isinstance(expr.body, code.Call) else None
        return handed_function(called, function, owner, module) if called is not None else None
    name = code.dotted(expr) or ""
    within = [each for each in code.walk(*function.body) if isinstance(each, code.Function) and each.name == name]
    if len(within) == 1:
        return Handed(within[0], module.imports.within(function).within(within[0]))
    head, _, last = name.rpartition(".")
    known = module.helpers.get(owner.qualified(last) if head in ("self", "cls") and owner.in_class else name)
    return Handed(known, module.imports.within(known)) if known is not None else None


def quiet_handlers(handed: Handed) -> Catch | None:
    """The failures that a function makes nothing of, where it gives something else when it succeeds."""
    tries = [node for node in code.walk(*handed.function.body) if isinstance(node, code.Try)]
    quiet = [(each, handler) for each in tries for handler in each.handlers if _gives_nothing(handler)]
    given = [node for node in code.walk(*handed.function.body) if isinstance(node, code.Return)]
    inside = {id(node) for _, handler in quiet for node in code.walk(*handler.body)}
    if not quiet or not any(not _is_nothing(node) for node in given if id(node) not in inside):
        return None
    return catch_of(quiet, handed.imports)


def _gives_nothing(handler: code.Handler) -> bool:
    """Does a handler return nothing, or go on to what comes behind it?"""
    returned = [node for node in code.walk(*handler.body) if isinstance(node, code.Return)]
    return any(map(_is_nothing, returned)) or (not returned and "next" in ends(handler.body))


def _is_nothing(node: code.Return) -> bool:
    return node.value is None or (isinstance(node.value, code.Const) and node.value.value in NOTHING)
