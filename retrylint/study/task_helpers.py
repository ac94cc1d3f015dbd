"""What asks for a retry of a task that is handed to it: helpers of the module, and methods of the task's class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.again.arguments import set_once
from retrylint.dataflow import bind
from retrylint.flow import ends
from retrylint.libraries.spec import TaskLibrary
from retrylint.names import Imports, Owner
from retrylint.naming import words_of
from retrylint.study.retry_calls import Placed, RetryCall, Scope, placed_calls, receivers_of, retry_calls

DEPTH = 3  # helpers that hand the task on to helpers


@dataclass(frozen=True, slots=True)
class HandedOn:
    """The calls of the retry method that helpers make for a task, the helpers that make them, and whether another
    one that cannot be seen may make one too.
    """

    calls: tuple[RetryCall, ...] = ()
    helpers: frozenset[str] = frozenset()
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class _Handing:
    """A call that may hand the task on: to which function, if that is known, and the parameter that it becomes there.

    A function that is not handed the task may still ask for the current one.
    """

    placed: Placed
    name: str
    function: code.Function | None
    parameter: str | None


def helper_calls(
    function: code.Function, owner: Owner, library: TaskLibrary, imports: Imports
) -> tuple[RetryCall, ...]:
    """The retry calls of an undecorated function on a parameter that must be a task: raised, or with its arguments."""
    if owner.in_class and not any(code.dotted(each) == "staticmethod" for each in function.decorators):
        return ()
    names = set(code.own_parameters(function)) | receivers_of(function, library, imports)
    calls = retry_calls(function, library, names)
    return tuple(call for call in calls if call.placed.is_raised or call.is_told())


def handed_on(
    scope: Scope, bases: Sequence[str], known: Mapping[str, code.Function], library: TaskLibrary, imports: Imports,
    depth: int = DEPTH,
) -> HandedOn:  # fmt: skip
    """What comes of handing the task on, to a function or to a method of one of the classes `bases`."""
    found = HandedOn()
    if depth == 0:
        return found
    for handing in _handings(scope, bases, known):
        helper = handing.function
        if helper is None:
            found = replace(found, unseen=found.unseen or not _is_expected_back(handing, library))
            continue
        inner = Scope(helper, handing.parameter, _given(helper, handing, scope))
        placed = replace(
            handing.placed, guards=tuple(replace(each, scope=each.scope or scope) for each in handing.placed.guards)
        )
        deeper = handed_on(inner, bases, known, library, imports, depth - 1)
        names = receivers_of(helper, library, imports.within(helper)) | (
            {handing.parameter} if handing.parameter else set()
        )
        calls = (*retry_calls(helper, library, names, inner), *deeper.calls)
        found = HandedOn(
            found.calls + tuple(replace(call, through=placed) for call in calls),
            found.helpers | deeper.helpers | ({handing.name} if calls else set()),
            found.unseen or deeper.unseen,
        )
    return found


def _handings(scope: Scope, bases: Iterable[str], known: Mapping[str, code.Function]) -> Iterator[_Handing]:
    receiver = code.Name(scope.receiver or "")
    for placed in placed_calls(scope.function):
        call = placed.call
        name = code.dotted(call.function)
        if name is None or name == "super":
            continue
        if isinstance(call.function, code.Attribute) and call.function.value == receiver:
            method = next(
                (known[f"{base}.{call.function.name}"] for base in bases if f"{base}.{call.function.name}" in known),
                None,
            )
            if method is not None and method.parameters:
                yield _Handing(placed, name, method, method.parameters[0].name)
        elif scope.receiver is None or all(argument.value != receiver for argument in call.arguments):
            helper = known.get(name)
            if helper is not None and helper is not scope.function:
                yield _Handing(placed, name, helper, None)
        else:
            helper = known.get(name)
            bound, _ = bind(helper, call, is_method=False) if helper is not None else ({}, ())
            parameter = next((each for each, value in bound.items() if value == receiver), None)
            is_seen = helper is not None and helper is not scope.function and parameter is not None
            yield _Handing(placed, name, helper if is_seen else None, parameter)


def _given(helper: code.Function, handing: _Handing, scope: Scope) -> dict[str, code.Expr]:
    """The parameters of a helper that the call gives a plain value."""
    is_method = (
        isinstance(handing.placed.call.function, code.Attribute) and handing.parameter == helper.parameters[0].name
    )
    bound, _ = bind(helper, handing.placed.call, is_method=is_method)
    values = {name: set_once(scope.function, value) for name, value in bound.items()}
    return {name: value for name, value in values.items() if isinstance(value, code.Const)}


def _is_expected_back(handing: _Handing, library: TaskLibrary) -> bool:
    """Does the task go on to raise something else? Then what it is handed to is not thought to ask for a retry."""
    spoken = words_of(handing.name.rpartition(".")[2])
    return (
        library.method.name not in spoken and bool(handing.placed.behind) and ends(handing.placed.behind) == {"raise"}
    )
