"""Dataflow over `retrylint.code`: does a function that calls itself hand on the same inputs?

An argument may change where it only steers the retrying (a counter, a delay, a flag, a deadline): where it is
tested, slept on, logged or handed on. An argument that changes and feeds the operation makes it another
operation: a redirect, the next page, half of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from retrylint import code
from retrylint.flow import SelfCall
from retrylint.names import bindings, bound_names
from retrylint.naming import words_of
from retrylint.verbs import called_name, goes_to_next, is_asking, is_falling_back, is_steering
from retrylint.words import RESUMING

ELSEWHERE = frozenset(
    {"url", "uri", "host", "hostname", "location", "endpoint", "address", "addr", "leader", "master", "primary", "node",
     "server", "region", "redirect", "domain"}
)  # fmt: skip
COUNTS_AND_WAITS = frozenset(
    {"attempt", "attempts", "backoff", "count", "counter", "delay", "left", "n", "number", "remaining", "retries",
     "retry", "timeout", "tries", "try", "wait"}
)  # fmt: skip
NOTING = frozenset({"append", "add", "extend", "update", "remove", "discard"})


@dataclass(frozen=True, slots=True)
class Handover:
    """How a self-call hands on the function's parameters.

    `steps`: parameters that change and only steer. `changed`: the first input of the operation that changes, and
    `value` what it is handed instead, where it is an argument.
    """

    steps: frozenset[str]
    changed: str | None
    value: code.Expr | None = None


def handover(function: code.Function, self_call: SelfCall, is_method: bool) -> Handover:
    """Compare the arguments of a self-call with the function's parameters."""
    return handovers(function, [self_call], is_method)[0]


def handovers(function: code.Function, self_calls: Iterable[SelfCall], is_method: bool) -> list[Handover]:
    """The handover of each self-call of a function."""
    calls = list(self_calls)
    if not calls:
        return []
    body = _Body.of(function)
    known: dict[code.Expr, frozenset[str]] = {}

    def feeding(self_call: SelfCall) -> frozenset[str]:
        if self_call.again.how != "called":
            return _feeding(body, self_call)
        called = self_call.call.function  # nothing else of the call matters
        if called not in known:
            known[called] = _feeding(body, self_call)
        return known[called]

    return [_handover(body, each, is_method, feeding) for each in calls]


@dataclass(frozen=True, slots=True)
class _Body:
    """A function, with every name that it binds and the node that does."""

    function: code.Function
    bound: tuple[tuple[str, object], ...]

    @staticmethod
    def of(function: code.Function) -> _Body:
        return _Body(function, tuple(bindings(*function.body)))


def _handover(
    body: _Body, self_call: SelfCall, is_method: bool, feeding_of: Callable[[SelfCall], frozenset[str]]
) -> Handover:
    function, made = body.function, self_call.again.made
    given = [each for each in _bound_arguments(function, made, is_method) if not _is_same(body, *each)]
    moved = list(_moved_on_failure(body, self_call))
    if not given and not moved:
        return Handover(frozenset(), _otherwise(function, self_call))
    feeding = feeding_of(self_call)
    steps: set[str] = set()
    for name, value in given:
        if (
            _is_text(value)
            or (_is_cut(value) and name not in code.own_parameters(function))
            or (
                _feeds(name, feeding)
                and not _is_default(function, name, value)
                and not _is_new(body, value)
                and not _resumes(name)
            )
        ):
            return Handover(frozenset(steps), name, value)
        steps.add(name)
    kept = moved and code.own_parameters(function) | declared_names(function)  # local names are new each time
    for name in moved:
        if name in feeding and ("." in name or name in kept):
            return Handover(frozenset(steps), name)
        steps.add(name)
    return Handover(frozenset(steps), _otherwise(function, self_call))


def _otherwise(function: code.Function, self_call: SelfCall) -> str | None:
    """What makes the next run do something else, although it is handed the same."""
    handling = [call for handler in self_call.handlers for call in code.calls(*handler.body)]
    back = (called_name(call) for call in handling if is_falling_back(call) or goes_to_next(call) or is_asking(call))
    elsewhere = (name for handler in self_call.handlers for name in told_elsewhere(handler))
    texts = (name for call in handling if (name := _text_put(function, call)) is not None)
    return (
        next(back, None)
        or next(elsewhere, None)
        or next(texts, None)
        or next(_noted_on_failure(function, self_call), None)
    )


def _text_put(function: code.Function, call: code.Call) -> str | None:
    """`kwargs.update(region="eu")`: another text among the function's own keywords asks for something else."""
    own = {each.name for each in function.parameters if each.kind == "double-star"}
    name = code.dotted(call.function.value) if isinstance(call.function, code.Attribute) else None
    if name not in own or called_name(call) != "update":
        return None
    values = [value for each in call.arguments for value in _held_in(each.value)]
    return name if any(map(_is_text, values)) else None


def _held_in(value: code.Expr) -> Iterator[code.Expr]:
    if isinstance(value, code.Mapping):
        yield from (each for _, each in value.items)
    else:
        yield value


def told_elsewhere(handler: code.Handler) -> Iterator[str]:
    """Attributes that say where to go, and that a handler sets from what the error told: a redirect, another leader."""
    told = {handler.name} if handler.name else set()
    for node in code.statements(*handler.body):
        if isinstance(node, code.Assign) and not told.isdisjoint(_mentioned_anywhere(node.value)):
            for target in node.targets:
                told.update(bound_names(target))
                if isinstance(target, (code.Attribute, code.Subscript)) and not ELSEWHERE.isdisjoint(_words(target)):
                    yield code.dotted(target) or ""


def _words(target: code.Attribute | code.Subscript) -> tuple[str, ...]:
    if isinstance(target, code.Attribute):
        return words_of(target.name)
    key = target.index.value if isinstance(target.index, code.Const) else None
    return words_of(key) if isinstance(key, str) else ()


def _noted_on_failure(function: code.Function, self_call: SelfCall) -> Iterator[str]:
    """Containers to which a run adds what it has tried, or from which it takes that, and that are looked at.

    The next run passes that over, so that it does something else.
    """
    handled = {id(call) for handler in self_call.handlers for call in code.calls(*handler.body)}
    for call in code.calls(*function.body):
        if not isinstance(call.function, code.Attribute) or call.function.name not in NOTING:
            continue
        if id(call) not in handled and not isinstance(call.function.value, code.Attribute):
            continue  # a local container is a new one each time
        errors = {handler.name for handler in self_call.handlers}
        noted = {name for argument in call.arguments for name in _mentioned(argument.value)}
        name = code.dotted(call.function.value)
        adds = call.function.name in ("append", "add", "extend")
        is_handed = adds and id(call) in handled and name in code.own_parameters(function)
        if name is not None and noted - errors and (is_handed or _is_searched(function, name)):
            yield name


def _is_searched(function: code.Function, name: str) -> bool:
    """Does a function ask what is in a container, or take it away from another?"""
    return any(
        (isinstance(node, code.Compare) and node.operators[0] in ("in", "not in") and _is(node.others[0], name))
        or (isinstance(node, code.Binary) and node.operator == "-" and _is(node.right, name))
        for node in code.walk(*function.body)
    )


def _is(expr: code.Expr, name: str) -> bool:
    return code.dotted(expr) == name


def _feeds(name: str, feeding: frozenset[str]) -> bool:
    """Does the name, or a part of what it stands for, reach the operation?"""
    return name in feeding or any(each.startswith(f"{name}.") for each in feeding)


def declared_names(function: code.Function) -> frozenset[str]:
    """The names that a function declares `global` or `nonlocal`."""
    nodes = code.statements(*function.body)
    return frozenset(name for node in nodes if isinstance(node, code.Declare) for name in node.names)


def _is_same(body: _Body, name: str, value: code.Expr | None) -> bool:
    """Is the argument the parameter itself, or a local name for it or what stands in for its absence?"""
    if value is None or value == code.Name(name):
        return True
    if not isinstance(value, code.Name):
        return False
    sources = [node for bound, node in body.bound if bound == value.id]
    if len(sources) != 1 or not isinstance(sources[0], code.Assign) or sources[0].targets != (value,):
        return False
    return _stands_for(sources[0].value, name)


def _stands_for(value: code.Expr, name: str) -> bool:
    if isinstance(value, code.Logical) and value.operator == "or":
        return value.values[0] == code.Name(name)
    return value == code.Name(name)


def _is_new(body: _Body, value: code.Expr | None) -> bool:
    """Is it made anew of nothing that the function was given or found: another connection to the same place?"""
    if not isinstance(value, (code.Call, code.Await)):
        return False
    local = code.own_parameters(body.function) | {name for name, _ in body.bound}
    return _mentioned_anywhere(value).isdisjoint(local)


def _mentioned_anywhere(expr: code.Expr) -> set[str]:
    return {node.id for node in code.walk(expr) if isinstance(node, code.Name)}


def _is_text(value: code.Expr | None) -> bool:
    """Another text as an argument asks for something else, whatever it is used for."""
    return isinstance(value, code.Const) and isinstance(value.value, (str, bytes))


def _is_copy(value: code.Expr) -> bool:
    """Does a call copy something, with what it is told to change: `dict(headers, accept=None)`?"""
    return isinstance(value, code.Call) and called_name(value) in ("dict", "list", "set", "tuple", "replace", "copy")


def _is_cut(value: code.Expr | None) -> bool:
    """Is it a part of something: the front half, the rest? Where a parameter takes it, its own use tells."""
    return isinstance(value, code.Subscript) and isinstance(value.index, code.Slice)


def _resumes(name: str) -> bool:
    """Does the argument say where to take up again what broke off?"""
    return not RESUMING.isdisjoint(words_of(name))


def _is_default(function: code.Function, name: str, value: code.Expr | None) -> bool:
    return any(each.name == name and each.default == value for each in function.parameters)


def bind(
    function: code.Function, call: code.Call, is_method: bool
) -> tuple[dict[str, code.Expr], tuple[code.Argument, ...]]:
    """Arguments by parameter name, and those that no parameter could be found for (`*args`, extra ones)."""
    positional = [p.name for p in function.parameters if p.kind in ("positional-only", "positional")]
    if is_method and _is_bound(function, call):
        positional = positional[1:]
    known = {parameter.name for parameter in function.parameters if parameter.kind not in ("star", "double-star")}
    bound: dict[str, code.Expr] = {}
    rest: list[code.Argument] = []
    starred = False
    for argument in call.arguments:
        starred = starred or argument.stars == 1
        if argument.keyword is not None and argument.keyword in known:
            bound[argument.keyword] = argument.value
        elif argument.keyword is None and argument.stars == 0 and not starred and positional:
            bound[positional.pop(0)] = argument.value
        else:
            rest.append(argument)
    return bound, tuple(rest)


def _is_bound(function: code.Function, call: code.Call) -> bool:
    """Is the receiver left of the dot? `Class.method(self, ...)` hands it over as the first argument."""
    first = function.parameters[0].name if function.parameters else None
    if isinstance(call.function, code.Attribute) and call.function.value == code.Name(first or ""):
        return True
    return not (call.arguments and call.arguments[0].value == code.Name(first or "") and call.arguments[0].stars == 0)


def _bound_arguments(
    function: code.Function, call: code.Call, is_method: bool
) -> Iterator[tuple[str, code.Expr | None]]:
    bound, rest = bind(function, call, is_method)
    yield from bound.items()
    stars = {parameter.name for parameter in function.parameters if parameter.kind in ("star", "double-star")}
    for argument in rest:
        if argument.stars and isinstance(argument.value, code.Name) and argument.value.id in stars:
            continue  # *args and **kwargs handed on as they came
        if argument.keyword is not None:
            yield argument.keyword, argument.value
        else:
            yield "*", argument.value


def feeding_names(function: code.Function, self_call: SelfCall) -> frozenset[str]:
    """The names and attributes whose values reach a call that may be the operation, through local names too."""
    return _feeding(_Body.of(function), self_call)


def _feeding(body: _Body, self_call: SelfCall) -> frozenset[str]:
    function = body.function
    feeding: set[str] = {"*"}
    for call in code.calls(*function.body, into_definitions=True):
        if _speaks_of_itself(function, self_call, call) or is_steering(call):
            continue
        for argument in call.arguments:
            feeding |= _mentioned(argument.value)
            if isinstance(argument.value, code.Lambda):
                feeding |= _mentioned(argument.value.body)
        if isinstance(call.function, code.Attribute):
            feeding |= _mentioned(call.function.value)
        elif isinstance(call.function, code.Name):
            feeding.add(call.function.id)  # a function that was looked up
    assigned = [
        (name, _mentioned(node.value)) for name, node in body.bound if isinstance(node, (code.Assign, code.AugAssign))
    ]
    assigned += _put_in(function)
    grown = True
    while grown:
        grown = False
        for name, mentioned in assigned:
            if name in feeding and not mentioned <= feeding:
                feeding |= mentioned
                grown = True
    return frozenset(feeding)


def _put_in(function: code.Function) -> Iterator[tuple[str, set[str]]]:
    """The containers of which a function sets an item, and what it puts in: `options["page"] = page`, but no count."""
    for node in code.statements(*function.body):
        if isinstance(node, code.Assign):
            for target in node.targets:
                if isinstance(target, code.Subscript) and (name := code.dotted(target.value)):
                    yield name, {each for each in _mentioned(node.value) if COUNTS_AND_WAITS.isdisjoint(words_of(each))}


def _speaks_of_itself(function: code.Function, self_call: SelfCall, call: code.Call) -> bool:
    """Does a call call the function itself, or hand it to a timer or a queue? What it is given feeds the next run."""
    if call.function == self_call.call.function or self_call.again.how == "called":
        return call.function == self_call.call.function
    owner = call.function.value if isinstance(call.function, code.Attribute) else None
    spoken = (call.function, owner, *(argument.value for argument in call.arguments))
    return call == self_call.call or any(each is not None and code.last_name(each) == function.name for each in spoken)


def _mentioned(expr: code.Expr) -> set[str]:
    """The names, and the attributes of one name (`self.page`), whose values make up an expression.

    What a call within it returns is that call's business; its own arguments are looked at there.
    """
    found: set[str] = set()
    stack: list[object] = [expr]
    while stack:
        node = stack.pop()
        if isinstance(node, code.Call) and not is_steering(node):
            continue
        if isinstance(node, code.Name):
            found.add(node.id)
        elif isinstance(node, code.Attribute) and (name := code.dotted(node)):
            found.add(name)
            continue
        elif isinstance(node, code.Lambda):
            continue
        stack.extend(code.parts_of(node))
    return found


def deciding_calls(
    function: code.Function, tests: tuple[code.Expr, ...], in_part: bool = False
) -> tuple[code.Call, ...]:
    """The calls whose results the tests look at, directly or through local names, in source order.

    `in_part`: those too of whose results they look at a part: `answer.status`.
    """
    parts_of = _prefixes if in_part else _whole
    names = {part for test in tests for name in _mentioned(test) for part in parts_of(name)}
    roots: list[object] = list(tests)
    bound = list(bindings(*function.body))
    assigned = [(name, node.value) for name, node in bound if isinstance(node, (code.Assign, code.AugAssign))]
    grown = True
    while grown:
        grown = False
        for name, value in assigned:
            if name in names and not any(value is root for root in roots):
                roots.append(value)
                names |= {part for name in _mentioned(value) for part in parts_of(name)}
                grown = True
    found = {id(call): call for root in roots for call in code.calls(root) if not is_steering(call)}
    return tuple(sorted(found.values(), key=lambda call: call.span))


def _whole(name: str) -> Iterator[str]:
    yield name


def _prefixes(name: str) -> Iterator[str]:
    """`answer.status.code`: that, and what it is a part of."""
    parts = name.split(".")
    yield from (".".join(parts[: index + 1]) for index in range(len(parts)))


def _moved_on_failure(body: _Body, self_call: SelfCall) -> Iterator[str]:
    """Names, attributes and containers that the failure path moves on (`self.page += 1`) before the self-call.

    What is set to a constant, or to the result of a call, is made anew, not moved on; an item of a container that
    the function was given moves it on, unless it is new.
    """
    helper = self_call.again.through
    moving = [statement for handler in self_call.handlers for statement in handler.body]
    for node in code.statements(*moving, *(helper.body if helper is not None else ())):
        if isinstance(node, code.AugAssign) and (name := code.dotted(node.target)):
            yield name
        elif isinstance(node, code.Assign) and not isinstance(node.value, code.Const):
            for target in node.targets:
                anew = isinstance(node.value, (code.Call, code.Await))
                made_of = _mentioned_anywhere(node.value) if _is_copy(node.value) else set()
                yield from (name for name in bound_names(target) if not anew or name in made_of)
                if isinstance(target, code.Subscript) and not _is_new(body, node.value):
                    yield from (name for name in (code.dotted(target.value),) if name)
