"""What happens in a run, as the steps of a trace."""

from __future__ import annotations

from retrylint import code
from retrylint.model import Step, Wait
from retrylint.study.spelling import spelled
from retrylint.values import Num, Unknown, Value, bounds

LONGEST = 60  # characters of a value


def decision(test: code.Expr, line: int, holds: bool, assumed: bool) -> Step:
    """A condition was looked at; `assumed`: the run chose the answer."""
    return Step("decision", line, spelled(test), holds=holds, assumed=assumed)


def takes(statement: code.For, value: Value) -> Step:
    """A `for` took its next item."""
    return Step("round", statement.span.line, f"{_target(statement.target)} = {_shown(value)}")


def no_more(statement: code.For) -> Step:
    """A `for` found no more items."""
    return Step("decision", statement.span.line, f"{spelled(statement.iterable)} has another item", holds=False)


def again(call: code.Call) -> Step:
    """The function is called again, or handed to what will call it."""
    return Step("again", call.span.line, spelled(call))


def stands_for_length(statement: code.For, number: int) -> Step:
    """A `for` runs over so many items, although nobody knows how many there are."""
    return Step("stand-in", statement.span.line, f"the length of {spelled(statement.iterable)}", number)


def raises(statement: code.Raise, caught: tuple[str, ...]) -> Step:
    """A statement of the function raises an exception of its own, or one that was `caught`."""
    new = caught == () and statement.exception is not None
    said = f"raises {spelled(statement.exception)}" if new and statement.exception is not None else raising(caught)
    if statement.cause is not None and statement.cause != code.Const(None):
        said = f"{said} from {spelled(statement.cause)}"
    return Step("raise", statement.span.line, said)


def raised(names: tuple[str, ...], line: int | None) -> Step:
    """An exception leaves the function."""
    return Step("end", line, raising(names))


def returns(statement: code.Return, value: Value) -> Step:
    """The function, or one of its activations, returns."""
    told = statement.value is None or not isinstance(value, (Num, Unknown, tuple))
    text = repr(value) if told or statement.value is None else spelled(statement.value)
    return Step("end", statement.span.line, f"returns {text if len(text) <= LONGEST else '...'}")


def falls_off(function: code.Function) -> Step:
    """The function ends without a `return`."""
    return Step("end", function.span.end_line, "falls off its end: returns None")


def fails(point: code.Call | code.Stmt, names: tuple[str, ...], line: int) -> Step:
    """What is not the operation fails on the way to it."""
    return Step("raise", line, f"{what(point)} {raising(names)}")


def what(point: code.Call | code.Stmt) -> str:
    """What fails: a call, or the first call of a statement."""
    call = point if isinstance(point, code.Call) else next(code.calls(point), None)
    return spelled(call) if call is not None else "this statement"


def raising(names: tuple[str, ...]) -> str:
    """What a handler waits for, as what is raised; one that waits for anything is no name."""
    known = [name for name in names if name not in ("?", "Exception", "BaseException")]
    return f"raises {' or '.join(known)}" if known else "raises an exception"


def seconds(value: Value, is_timed: bool) -> Wait | None:
    """How long a wait takes; None where only the caller, the settings or, `is_timed`, an unknown deadline tell."""
    edges = bounds(value)
    if edges is None or "dynamic" in edges.tags or (is_timed and "clock" in edges.tags):
        return None
    return Wait(max(edges.low, 0.0), max(edges.high, 0.0))


def _target(target: code.Expr) -> str:
    return spelled(target).strip("()") if isinstance(target, code.Collection) else spelled(target)


def _shown(value: Value) -> str:
    """An item's value, where it is told."""
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    if isinstance(value, (Num, Unknown)):
        edges = bounds(value)
        return f"{edges.low:g}" if edges is not None and edges.is_exact and not edges.tags else "?"
    return repr(value)
