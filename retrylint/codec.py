"""Facts as plain lists that JSON can hold, and back: nothing that is read can run code."""

from __future__ import annotations

from typing import Any

from retrylint.model import (
    Body,
    Catch,
    Chain,
    FileFacts,
    GiveUp,
    Handler,
    LeftOut,
    Library,
    Limit,
    Location,
    NotAnalysed,
    RetrySite,
    Schedule,
    Span,
    Step,
    Trap,
    Wait,
)

# a value of one of these is its number and its fields; a tuple is 0 and its items
_KINDS: tuple[Any, ...] = (
    tuple, Body, Catch, Chain, FileFacts, GiveUp, Handler, LeftOut, Library, Limit, Location, NotAnalysed, RetrySite,
    Schedule, Span, Step, Trap, Wait,
)  # fmt: skip
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS)}


def encoded(value: Any) -> Any:
    """A value of the vocabulary as lists, texts and numbers. Raises `KeyError` for any other value."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    number = _NUMBERS[type(value)]
    parts = value if number == 0 else (getattr(value, name) for name in value.__slots__)
    return [number, *map(encoded, parts)]


def decoded(data: Any) -> Any:
    """The value that `encoded` gave these lists for. Raises `IndexError` or `TypeError` for what it never gave."""
    if type(data) is not list:
        return data
    number, *parts = data
    values = [decoded(each) if type(each) is list else each for each in parts]  # most parts are plain
    return tuple(values) if number == 0 else _KINDS[number](*values)
