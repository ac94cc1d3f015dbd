"""What of a function a call of it leaves out: statements under flags that it does not set, retries that it does not ask
for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import eq, is_, is_not, ne

from retrylint import code
from retrylint.dataflow import bind
from retrylint.flow import blocks_of, ends
from retrylint.model import RetrySite, Span
from retrylint.names import bindings
from retrylint.naming import words_of

THIS = ("self", "cls")
ONCE = (code.Const(False), code.Const(0), code.Const(1))
COUNTING = frozenset({"attempts", "retries", "retry", "times", "tries"})
EXECUTIONS = frozenset({"attempts", "times", "tries"})
_COMPARED: Mapping[str, Callable[[object, object], bool]] = {"==": eq, "!=": ne, "is": is_, "is not": is_not}
_SOMETHING = code.Name("something that is not None")
Given = Mapping[str, code.Expr | None]


def is_switched_off(site: RetrySite, function: code.Function, call: code.Call) -> bool:
    """Is it a retry for those who ask for one, by a parameter that this call leaves at its default of once or never, or
    sets so itself?
    """
    if any(argument.stars for argument in call.arguments):
        return False
    bound = _bound(function, call)
    is_for_the_caller = site.limit.kind == "dynamic"
    return any(
        _is_once(bound[each.name], each.name) if each.name in bound else is_for_the_caller and each.default in ONCE
        for each in function.parameters
        if not COUNTING.isdisjoint(words_of(each.name))
    )


def _is_once(value: code.Expr, name: str) -> bool:
    """Does a call ask for no retry: `retries=0`, `attempts=1`?"""
    if not isinstance(value, code.Const) or value.value not in (False, 0, 1):
        return False
    return not value.value or (value.value is not True and not EXECUTIONS.isdisjoint(words_of(name)))


def left_out(function: code.Function, call: code.Call, something: frozenset[str] = frozenset()) -> list[Span]:
    """The statements of a function that stand under a flag which a call of it does not set, for another value, or for
    want of what is handed over: `something`.

    What `**` may hand over besides is not told, and hardly a flag.
    """
    if any(argument.stars == 1 for argument in call.arguments):
        return []
    bound = _bound(function, call)
    given = {each.name: bound.get(each.name, each.default) for each in function.parameters}
    given |= {name: _SOMETHING for name in something if not isinstance(given.get(name), code.Const)}
    for name, _ in bindings(*function.body):
        given.pop(name, None)
    return list(_unreached(function.body, given))


def handed_something(
    function: code.Function, call: code.Call, bound: Mapping[str, Sequence[object]], something: frozenset[str]
) -> frozenset[str]:
    """The parameters for which a call hands over what is hardly None: a value, a name that is `bound` where it stands
    to another thing, or a parameter there that is `something` itself.
    """

    def is_something(expr: code.Expr) -> bool:
        if isinstance(expr, code.Name):
            set_to = [each.value for each in bound.get(expr.id, ()) if isinstance(each, code.Assign)]
            return expr.id in something or (expr.id in bound and code.Const(None) not in set_to)
        return isinstance(expr, code.Const) and expr.value is not None

    return frozenset(name for name, expr in _bound(function, call).items() if is_something(expr))


def instead_of_nothing(function: code.Function, something: frozenset[str]) -> Iterator[Span]:
    """What a function does only for a parameter that it was handed nothing for: `session = session or connected()`."""
    for node in code.walk(*function.body) if something else ():
        if isinstance(node, code.If) and _is_none(node.test, something):
            yield from (each.span for each in node.body)
        made: tuple[code.Expr, ...] = ()
        if isinstance(node, code.Conditional) and _is_none(node.test, something):
            made = (node.body,)
        elif isinstance(node, code.Logical) and node.operator == "or" and code.dotted(node.values[0]) in something:
            made = node.values[1:]
        yield from (each.span for each in code.calls(*made))


def _is_none(test: code.Expr, names: frozenset[str]) -> bool:
    if isinstance(test, code.Unary) and test.operator == "not":
        return code.dotted(test.operand) in names
    if not isinstance(test, code.Compare) or test.operators != ("is",) or test.others != (code.Const(None),):
        return False
    return code.dotted(test.left) in names


def _bound(function: code.Function, call: code.Call) -> Mapping[str, code.Expr]:
    is_method = bool(function.parameters) and function.parameters[0].name in THIS
    bound, _ = bind(function, call, is_method)
    return bound


def _unreached(block: code.Block, given: Given) -> Iterator[Span]:
    for index, statement in enumerate(block):
        truth = _truth(statement.test, given) if isinstance(statement, code.If) else None
        if isinstance(statement, code.If) and truth is not None:
            taken, other = (statement.body, statement.orelse) if truth else (statement.orelse, statement.body)
            yield from (each.span for each in other)
            yield from _unreached(taken, given)
            if "next" not in ends(taken):
                yield from (each.span for each in block[index + 1 :])
                return
        else:
            yield from (span for each in blocks_of(statement) for span in _unreached(each, given))


def _truth(test: code.Expr, given: Given) -> bool | None:
    """Is a test true with what the parameters are given; None where that is not told."""
    if isinstance(test, code.Logical):
        parts = [_truth(each, given) for each in test.values]
        decisive = test.operator == "or"
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, code.Unary) and test.operator == "not":
        inner = _truth(test.operand, given)
        return None if inner is None else not inner
    if isinstance(test, code.Compare):
        value, other = given.get(code.dotted(test.left) or ""), test.others[0]
        if value is _SOMETHING and other == code.Const(None) and test.operators[0] in ("is", "is not"):
            return test.operators[0] == "is not"
        compare = _COMPARED.get(test.operators[0]) if len(test.operators) == 1 else None
        if compare is None or not isinstance(value, code.Const) or not isinstance(other, code.Const):
            return None
        return compare(value.value, other.value)
    value = given.get(code.dotted(test) or "")
    return bool(value.value) if isinstance(value, code.Const) else None
