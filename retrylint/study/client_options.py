"""The options of a call that sets a client's retries, wherever they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.libraries.clients import Client
from retrylint.libraries.delays import Delay
from retrylint.study.scope import Scope

MOST_NESTED = 8  # dicts that are unpacked into one another


@dataclass(frozen=True, slots=True)
class Stated:
    """Option name -> expression. Not `complete` where others may be stated out of sight."""

    options: Mapping[str, code.Expr] = field(default_factory=dict)
    complete: bool = True

    def over(self, other: Stated) -> Stated:
        """These options, and below them those of `other`."""
        return Stated({**other.options, **self.options}, self.complete and other.complete)


UNSEEN = Stated(complete=False)


def stated_in(call: code.Call, client: Client, scope: Scope) -> Stated:
    """The options that a call states, by keyword, by position, in a dict, or in a list of pairs."""
    stated = call_options(call, positions_of(client), scope)
    if client.key:
        return _paired(stated.options.get(client.within), client.key, scope)
    if not client.within:
        return stated
    held = stated.options.get(client.within)
    if held is None:
        return Stated(complete=stated.complete)
    inner = _unpacked(held, scope)
    return Stated({client.within: held, **inner.options}, inner.complete)


def positions_of(client: Client) -> dict[int, str]:
    """Where the options of a client stand among the arguments without a keyword."""
    found = {each.position: each.option for each in client.limits if each.position is not None}
    found |= delay_positions(client.delay)
    if client.delay_position is not None:
        found[client.delay_position] = client.delay_in
    if client.paced_position is not None:
        found[client.paced_position] = client.paced_by
    return found


def delay_positions(delay: Delay) -> dict[int, str]:
    """The same for the numbers of a delay."""
    numbers = (delay.first, delay.factor, delay.step, delay.cap, delay.added, delay.least, delay.low)
    return {each.position: each.option for each in numbers if each is not None and each.position is not None}


def call_options(call: code.Call, positions: Mapping[int, str], scope: Scope) -> Stated:
    """The arguments of a call by their names, with `**` unpacked where that is known."""
    found = Stated()
    for index, argument in enumerate(call.arguments):
        if argument.keyword is not None:
            found = Stated({argument.keyword: argument.value}).over(found)
        elif argument.stars == 2:
            found = _unpacked(argument.value, scope).over(found)
        elif argument.stars == 1:
            return found.over(UNSEEN)
        elif index in positions:
            found = Stated({positions[index]: argument.value}).over(found)
    return found


def unpacked_in(stated: Stated, option: str, scope: Scope) -> Stated:
    """The items of the dict that an option holds."""
    held = stated.options.get(option)
    return Stated(complete=stated.complete) if held is None else _unpacked(held, scope)


def _unpacked(value: code.Expr, scope: Scope, depth: int = 0) -> Stated:
    if code.dotted(value) in scope.changed:
        return _unpacked(scope.meant(value), scope, depth + 1).over(UNSEEN) if depth == 0 else UNSEEN
    value = scope.meant(value)
    if depth > MOST_NESTED:
        return UNSEEN
    found = Stated()
    if isinstance(value, code.Call) and code.dotted(value.function) == "dict":
        for argument in value.arguments:
            if argument.keyword is not None:
                found = Stated({argument.keyword: argument.value}).over(found)
            else:
                found = _unpacked(argument.value, scope, depth + 1).over(found)
        return found
    if not isinstance(value, code.Mapping):
        return UNSEEN
    for key, item in value.items:
        if key is None:
            found = _unpacked(item, scope, depth + 1).over(found)
        elif isinstance(key, code.Const) and isinstance(key.value, str):
            found = Stated({key.value: item}).over(found)
        else:
            found = found.over(UNSEEN)
    return found


def _paired(pairs: code.Expr | None, key: str, scope: Scope) -> Stated:
    """The innermost options of the JSON that stands beside `key` in a list of pairs."""
    if pairs is None:
        return Stated()
    pairs = scope.meant(pairs)
    if not isinstance(pairs, code.Collection):
        return UNSEEN
    for pair in (scope.meant(each) for each in pairs.items):
        if isinstance(pair, code.Collection) and len(pair.items) == 2 and scope.value(pair.items[0]) == key:
            return Stated(dict(_leaves(pair.items[1], scope)))
    return Stated()


def _leaves(value: code.Expr, scope: Scope) -> Iterator[tuple[str, code.Expr]]:
    """The items of nested dicts that hold no others, whether written as JSON or handed to what makes it."""
    value = scope.meant(value)
    if isinstance(value, code.Call) and code.last_name(value.function) == "dumps" and value.arguments:
        value = scope.meant(value.arguments[0].value)
    if isinstance(value, code.Const) and isinstance(value.value, str):
        yield from _json_leaves(value.value)
        return
    for node in code.walk(value):
        if isinstance(node, code.Mapping):
            for key, item in node.items:
                if isinstance(key, code.Const) and isinstance(key.value, str):
                    yield key.value, item


def _json_leaves(text: str) -> Iterator[tuple[str, code.Expr]]:
    try:
        stack = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, dict):
            stack.extend(node.values())
            yield from ((name, code.Const(item)) for name, item in node.items() if isinstance(item, (int, float, str)))
