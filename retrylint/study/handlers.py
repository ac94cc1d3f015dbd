"""What a handler does before the next attempt: does it look at the exception, does it do anything about it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.names import bindings
from retrylint.naming import words_of
from retrylint.verbs import is_accessor, is_steering

IsAttempt = Callable[[code.Call], bool]
# calls that tell somebody or clean up, and words in the names of functions that wait, or that decide
TELLING = frozenset(
    {"capture_exception", "capture_message", "record_exception", "print_exc", "inc", "incr", "increment", "set_status",
     "on_commit", "rollback", "format_exception"}
)  # fmt: skip
# first words in the names of functions that tell somebody
TELLS = frozenset(
    {"capture", "debug", "display", "emit", "log", "notify", "print", "record", "report", "show", "trace", "track",
     "warn"}
)  # fmt: skip
CANCELLING = frozenset({"cancel", "uncancel"})
WAITING = ("sleep", "wait", "backoff", "delay", "jitter", "interval")
DECIDING = ("raise", "check", "classif", "handle", "is_", "should")


def discerns(handler: code.Handler) -> bool:
    """Is the way that a handler goes decided by the exception, or by what is read from it? So where it cancels."""
    if any(code.last_name(call.function) in CANCELLING and not call.arguments for call in code.calls(*handler.body)):
        return True
    if _names_cancellation(handler) and any(isinstance(node, code.Raise) for node in code.walk(*handler.body)):
        return True
    if handler.name is None:
        return False
    known = _told_by(handler, handler.name)
    for node in code.walk(*handler.body):
        if isinstance(node, (code.If, code.While, code.Conditional)) and _mentions(node.test, known):
            return True
        if isinstance(node, code.Match) and _mentions(node.subject, known):
            return True
        value = node.value if isinstance(node, (code.Assign, code.Evaluate)) else None
        if isinstance(value, code.Call) and _decides(value, known):
            return True
    return False


def _names_cancellation(handler: code.Handler) -> bool:
    """Is it there for the cancellation alone?"""
    kinds = [code.last_name(kind) for kind in handler_types(handler)]
    return kinds == ["CancelledError"]


def _told_by(handler: code.Handler, name: str) -> set[str]:
    """The names whose values come from the exception, itself included."""
    known = {name}
    grown = True
    while grown:
        grown = False
        for bound, node in bindings(*handler.body):
            value = node.value if isinstance(node, (code.Assign, code.Walrus)) else None
            if value is not None and bound not in known and _mentions(value, known):
                known.add(bound)
                grown = True
    return known


def _mentions(expr: code.Expr, names: set[str]) -> bool:
    return any(isinstance(node, code.Name) and node.id in names for node in code.walk(expr))


def _decides(call: code.Call, names: set[str]) -> bool:
    """Is the exception handed to a function that may raise it again: `self._raise_if_permanent(error)`?"""
    handed = any(_mentions(argument.value, names) for argument in call.arguments)
    return handed and any(word in code.last_name(call.function).lower() for word in DECIDING)


def acts(handler: code.Handler, is_attempt: IsAttempt) -> bool:
    """Does a handler change anything before the next attempt, besides telling, waiting, counting, asking the error?"""

    def idles(call: code.Call) -> bool:
        owner = code.dotted(call.function) or ""
        return is_attempt(call) or owner.partition(".")[0] == handler.name

    return works(handler.body, idles) or any(
        isinstance(target, (code.Attribute, code.Subscript)) and not _mentions(node.value, {handler.name or ""})
        for node in code.walk(*handler.body)
        if isinstance(node, code.Assign)
        for target in node.targets
    )


def works(block: code.Block, is_attempt: IsAttempt = lambda _: False) -> bool:
    """Does a block do anything besides telling, waiting, counting, raising, and the next attempt?"""
    return any(_working(block, is_attempt))


def _working(block: code.Block, is_attempt: IsAttempt) -> Iterator[bool]:
    """Is each call of a block work? Those in the arguments of one that is none belong to it."""
    stack: list[object] = list(block)
    while stack:
        node = stack.pop()
        if isinstance(node, (code.Raise, code.Function, code.Class, code.Lambda)):
            continue
        if isinstance(node, code.Call):
            if is_attempt(node) or _is_idle(node):
                continue
            yield not is_accessor(node)
        stack.extend(code.parts_of(node))


def _is_idle(call: code.Call) -> bool:
    name = code.last_name(call.function)
    tells = name.lower() in TELLING or not TELLS.isdisjoint(words_of(name)[:1])
    return is_steering(call) or tells or any(word in name.lower() for word in WAITING)
