"""Does a function owe its caller a value, so that falling off its end is a silent failure?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrylint import code
from retrylint.flow import reraises
from retrylint.loops.rounds import Loop
from retrylint.study.waiting import MODULE, is_nothing
from retrylint.verbs import is_logging

MAY_BE_NONE = re.compile(r"->[^:]*\b(?:None|Optional)\b")


def promises_value(function: code.Function, loop: Loop | None, lines: Sequence[str]) -> bool:
    """Does a success return a value, while nothing shows that None is an answer too?

    None is an answer where the function returns it on purpose, where its annotation says so, where the end of the
    attempts is told or handled, and where no call in the module uses what the function gives.
    """
    if function.name == MODULE or function.name.startswith("test"):
        return False
    returns = [node for node in code.walk(*function.body) if isinstance(node, code.Return)]
    if any(_may_be_nothing(each.value) for each in returns) or not any(_is_value(each.value) for each in returns):
        return False
    if any(isinstance(node, code.Yield) for node in code.walk(*function.body)):
        return False
    if MAY_BE_NONE.search(_header(function, lines)) or _is_unused(function, lines):
        return False
    if loop is None:
        return not any(map(_is_handled, _handlers(function.body)))
    behind = [call for call in code.calls(*function.body) if call.span > loop.span and not loop.span.holds(call.span)]
    return not behind and not loop.orelse and not any(map(_is_handled, _handlers(loop.body)))


def _may_be_nothing(value: code.Expr | None) -> bool:
    return is_nothing(value) or (
        isinstance(value, code.Conditional) and (_may_be_nothing(value.body) or _may_be_nothing(value.orelse))
    )


def _is_value(value: code.Expr | None) -> bool:
    """More than a plain `True`, beside which None stands for no."""
    return value is not None and not isinstance(value, code.Const)


def _header(function: code.Function, lines: Sequence[str]) -> str:
    """The text of a definition up to its body, without line breaks."""
    first, last = function.span.line, max(function.span.line, function.body[0].span.line - 1)
    return " ".join(lines[first - 1 : last])


def _is_unused(function: code.Function, lines: Sequence[str]) -> bool:
    """Is the function called by its name in the module, and its value used by no call?"""
    called = re.compile(rf"\b{re.escape(function.name)}\(")
    alone = re.compile(rf"\s*(?:await\s+)?(?:\w+\.)*{re.escape(function.name)}\(")
    spelt = f"{function.name}("  # which is found much faster
    naming = (line for line in lines if spelt in line and called.search(line))
    uses = [line for line in naming if not re.match(r"\s*(?:async\s+)?def\s", line)]
    return bool(uses) and all(alone.match(line) for line in uses)


def _handlers(block: code.Block) -> Iterator[code.Handler]:
    return (node for node in code.walk(*block) if isinstance(node, code.Handler))


def _is_handled(handler: code.Handler) -> bool:
    """Does a handler raise, or tell under some condition that it was the last time?"""
    return any(
        isinstance(node, code.Raise)
        or (isinstance(node, code.With) and reraises(node))
        or (isinstance(node, code.If) and any(map(is_logging, code.calls(*node.body, *node.orelse))))
        for node in code.walk(*handler.body)
    )
