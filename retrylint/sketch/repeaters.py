"""A module's own retry helpers: functions and classes whose loop retries what they were given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from retrylint import code
from retrylint.loops.handed import asked_again
from retrylint.model import Span
from retrylint.names import Owner
from retrylint.naming import pauses
from retrylint.sketch.looping import Judged, loops_in
from retrylint.sketch.lower import Lowering
from retrylint.sketch.nodes import nodes_of
from retrylint.sketch.outline import FUNCTIONS, Defined, Looping
from retrylint.sketch.steering import steering

By = Literal["loop", "result", "policy", "helper"]
NOBODY = -1  # no call takes what is retried
Chain = tuple[tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Repeater:
    """A function or class that is called with what is to be retried, or that makes something that is.

    `functions` are called one after the other; the last one retries at `place`, `by` a loop of its own, by one that
    goes on as long as the result is nothing, by a policy of a library, or by another helper. `holder`: which of them,
    from 0 outwards, takes what is retried as its `parameter`; `NOBODY` where the helper knows what to do, and callers
    say with what. As many as there are functions: what the last one returns takes it. `options`: the parameters by
    which callers say how it is retried; `optional`: it is no use of a helper unless they do.
    """

    name: str
    owner: Owner
    functions: tuple[code.Function, ...]
    place: Span
    by: By
    holder: int
    parameter: str = ""
    options: frozenset[str] = frozenset()
    optional: bool = False

    @property
    def function(self) -> code.Function:
        """The one that a use calls."""
        return self.functions[0]

    @property
    def qualified(self) -> str:
        return self.owner.qualified(self.name)


def repeaters_in(
    retrying: Iterable[Judged], loops: Iterable[Looping], definitions: Sequence[Defined], spans: Lowering
) -> Iterator[Repeater]:
    """The helpers of a module, for each loop of theirs that retries what they were given."""
    known = _Definitions(definitions)
    for judged in retrying:
        chain = known.around(judged.looping.home)
        if chain:
            failing = [each for failing in judged.verdict.failings for each in failing.operations]
            operations = [*failing, *judged.verdict.operations]
            yield from _repeater(chain, judged.loop, "loop", operations, known, spans)
    for looping in loops:
        chain = known.around(looping.home)
        parameters = {name for each in chain for name in _parameters(each.node)}
        if not chain or not _may_ask(looping.node, parameters):
            continue
        try:
            lowered = spans.lower(looping.node)
        except code.TooDeepError:
            continue
        for loop in loops_in(lowered):
            asked = asked_again(loop, parameters)
            if asked is not None:
                yield from _repeater(chain, loop, "result", [asked], known, spans)


def _repeater(
    chain: Sequence[Defined],
    loop: code.For | code.While,
    by: By,
    operations: Sequence[code.Call],
    known: _Definitions,
    spans: Lowering,
) -> Iterator[Repeater]:
    """The helper that a loop makes of the functions around it, where it retries what one of them takes."""
    held = _held(chain, operations)
    if chain[0].rebound or (held is None and not any(each.stars for call in operations for each in call.arguments)):
        return
    try:
        functions = tuple(spans.lower(each.node) for each in chain)
    except code.TooDeepError:
        return
    options = steering(functions, loop, operations)
    if held is None and not (options and _hands_on(functions, operations)):
        return
    holder, parameter = held or (NOBODY, "")
    first = chain[0]
    is_class = first.owner.in_class and first.node.name in ("__init__", "__call__")
    if is_class and held is None:
        return
    name = first.owner.path[-1] if is_class else first.node.name
    owner = known.owner_of_class(first.owner) if is_class else first.owner
    if is_class and first.node.name == "__call__":
        functions = (_no_arguments(functions[0]), *functions)
        holder += 1
    yield Repeater(name, owner, functions, loop.span, by, holder, parameter, options)


def _no_arguments(function: code.Function) -> code.Function:
    """The `__init__` of a class that has none."""
    return code.Function("__init__", function.parameters[:1], (), (), False, function.span)


class _Definitions:
    """The functions of a module by where they stand."""

    def __init__(self, definitions: Iterable[Defined]) -> None:
        self._functions: dict[Chain, Defined] = {}
        self._classes: dict[str, Owner] = {}
        for each in definitions:
            if isinstance(each.node, FUNCTIONS):
                self._functions[each.owner.path, each.node.name] = each
            else:
                self._classes[each.owner.qualified(each.node.name)] = each.owner

    def around(self, home: Defined | None) -> list[Defined]:
        """The functions that are called one after the other until a function runs, and that function."""
        if home is None:
            return []
        chain = [home]
        while not chain[0].owner.in_class and chain[0].owner.path:
            *path, name = chain[0].owner.path
            outer = self._functions.get((tuple(path), name))
            if outer is None:
                break
            chain.insert(0, outer)
        made = self._functions.get((chain[0].owner.path, "__init__"))
        if chain[0].owner.in_class and chain[0].node.name == "__call__" and made is not None:
            chain.insert(0, made)
        return chain

    def owner_of_class(self, owner: Owner) -> Owner:
        """Where the class stands whose members have this owner."""
        return self._classes.get(".".join(owner.path), Owner(owner.path[:-1]))


def _parameters(node: ast.AST) -> list[str]:
    """The parameters of a function that one thing can be given as."""
    assert isinstance(node, FUNCTIONS)
    arguments = node.args
    return [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


def _held(chain: Sequence[Defined], operations: Iterable[code.Call]) -> tuple[int, str] | None:
    """Which function of a chain takes what is retried, and as which parameter."""
    called = {name for call in operations if (name := code.dotted(call.function))}
    for index in reversed(range(len(chain))):
        kept = _kept(chain[index].node) if chain[index].node.name == "__init__" else {}
        for name in _parameters(chain[index].node):
            if name in called or kept.get(name) in called:
                return index, name
    return None


def _kept(node: ast.AST) -> Mapping[str, str]:
    """The attributes in which an object keeps what it is made with, by parameter: `self.function = function`."""
    return {
        each.value.id: f"{each.targets[0].value.id}.{each.targets[0].attr}"
        for each in nodes_of(node)
        if isinstance(each, ast.Assign)
        and isinstance(each.value, ast.Name)
        and isinstance(each.targets[0], ast.Attribute)
        and isinstance(each.targets[0].value, ast.Name)
    }


def _hands_on(functions: Sequence[code.Function], operations: Iterable[code.Call]) -> bool:
    """Do the callers say what the operation is given, with `*args` or `**kwargs`?"""
    stars = {each.name for one in functions for each in one.parameters if each.kind in ("star", "double-star")}
    handed = (each for call in operations for each in call.arguments if each.stars)
    return any(isinstance(each.value, code.Name) and each.value.id in stars for each in handed)


def _may_ask(loop: ast.AST, parameters: Iterable[str]) -> bool:
    """Does a loop call a parameter by its name, and pause?"""
    called = [each.func for each in nodes_of(loop) if isinstance(each, ast.Call)]
    plain = {each.id for each in called if isinstance(each, ast.Name)}
    members = (each.attr for each in called if isinstance(each, ast.Attribute))
    return not plain.isdisjoint(parameters) and any(map(pauses, (*plain, *members)))
