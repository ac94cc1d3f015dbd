"""Which statements a run may skip: those that touch neither its course nor its waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from retrylint import code
from retrylint.flow import EXITS, reraises
from retrylint.names import bound_names
from retrylint.study.simulation.keeping import calls_that_decide, may_raise
from retrylint.study.simulation.program import MUTATORS
from retrylint.verbs import is_steering

JUMPS = (code.Return, code.Raise, code.Break, code.Continue, code.Assert)


def idle_statements(
    function: code.Function,
    points: frozenset[int],
    steers: Callable[[code.Call], bool],
    watched: frozenset[str] = frozenset(),
) -> frozenset[int]:
    """The identities of the statements that can be skipped.

    A statement is needed when it can leave its block, when it holds one of the `points` at which something fails or
    a call that `steers` (a wait, a helper, a self-call), or when it sets something that a needed statement looks at,
    or that is `watched` from elsewhere.
    """
    statements = [node for node in code.statements(*function.body) if isinstance(node, code.STATEMENTS)]
    setting: dict[str, list[code.Stmt]] = {}
    for each in statements:
        for name in {name for node in code.walk(each) for name in _sets(node)}:
            setting.setdefault(name, []).append(each)
    pending = [each for each in statements if _acts(each, points, steers)]
    pending += [each for name in watched for each in setting.pop(name, ())]
    needed: set[int] = set()
    while pending:
        statement = pending.pop()
        if id(statement) not in needed:
            needed.add(id(statement))
            pending += [each for name in _looked_at(statement, steers) for each in setting.pop(name, ())]
    return frozenset(id(each) for each in statements if id(each) not in needed)


def _acts(statement: code.Stmt, points: frozenset[int], steers: Callable[[code.Call], bool]) -> bool:
    for node in code.walk(statement):
        if isinstance(node, (*JUMPS, code.Function, code.Class)) or id(node) in points:
            return True
        if isinstance(node, code.With) and reraises(node):
            return True
        if isinstance(node, code.Call) and (steers(node) or code.dotted(node.function) in EXITS):
            return True
        given = node.value if isinstance(node, (code.Assign, code.Evaluate)) else None
        if given is not None and any(may_raise(call) != "never" for call in calls_that_decide(given)):
            return True
        if isinstance(node, code.Lambda) and any(steers(call) for call in code.calls(node.body)):
            return True
    return False


def _sets(node: object) -> Iterator[str]:
    """What a node sets: names, attributes, and the containers that it changes."""
    targets: tuple[code.Expr, ...] = ()
    if isinstance(node, (code.Assign, code.Delete)):
        targets = node.targets
    elif isinstance(node, (code.AugAssign, code.For, code.Walrus)):
        targets = (node.target,)
    elif isinstance(node, code.With):
        targets = tuple(target for _, target in node.items if target is not None)
    elif isinstance(node, code.Handler) and node.name:
        yield node.name
    elif isinstance(node, code.Case):
        yield from node.binds
    elif isinstance(node, code.Call) and isinstance(node.function, code.Attribute) and node.function.name in MUTATORS:
        targets = (node.function.value,)
    for target in targets:
        yield from bound_names(target)
        inner = target.value if isinstance(target, code.Subscript) else target
        if name := code.dotted(inner):
            yield name


def _looked_at(statement: code.Stmt, steers: Callable[[code.Call], bool]) -> set[str]:
    """What a needed statement needs to know: its test, its iterable, its value, and the arguments that steer."""
    roots: list[object] = []
    if isinstance(statement, (code.If, code.While, code.Assert)):
        roots = [statement.test]
    elif isinstance(statement, code.For):
        roots = [statement.iterable]
    elif isinstance(statement, code.Match):
        roots = [statement.subject, *(case.guard for case in statement.cases if case.guard is not None)]
    elif isinstance(statement, (code.Assign, code.Evaluate)):
        roots = [statement.value]
    elif isinstance(statement, code.AugAssign):
        roots = [statement.target, statement.value]
    handed = [call for call in code.calls(statement, into_definitions=True) if steers(call)]
    roots += [argument.value for call in handed for argument in call.arguments]
    return {name for root in roots for name in _names(root)}


def _names(root: object) -> Iterator[str]:
    """The names whose values make up a node's. What an unknown call is given does not tell what it gives."""
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node)):
            yield name
        elif isinstance(node, code.Call) and not is_steering(node):
            if isinstance(node.function, code.Attribute):
                stack.append(node.function.value)
        else:
            stack.extend(code.parts_of(node))
