"""The part of a module that may bear on its retries: the definitions in which something was seen, all that those which
matter name, all that these name in turn, and every statement of the module itself. The others need not be parsed.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from retrylint.layout import LINE, end_of_block, is_whole

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_DEEPER = re.compile(rb"\n( +)(?=\S)")
_LONGEST_HEAD = 50  # lines of the bases of a class
_INITIAL = b"__init__"
_MADE_WITH_THE_CLASS = re.compile(rb"__\w+__|run")  # methods that matter though no name speaks of them


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What of a module is left out: first and last line and column of definitions, in order."""

    left_out: tuple[tuple[int, int, int], ...] = ()

    def text(self, source: str) -> str:
        """The source with `pass` for what is left out; lines stay where they are."""
        if not self.left_out:
            return source
        lines = source.split("\n")
        for first, last, column in self.left_out:
            lines[first - 1 : last] = [f"{' ' * column}pass", *[""] * (last - first)]
        return "\n".join(lines)

    def tree(self, tree: ast.Module) -> ast.Module:
        """The tree without what is left out; the one given stays as it is."""
        lines = {first for first, _, _ in self.left_out}
        return ast.Module(list(_kept(tree.body, lines)), tree.type_ignores) if lines else tree


def _kept(body: Iterable[ast.stmt], left_out: Container[int]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            if min([node.lineno, *(each.lineno for each in node.decorator_list)]) in left_out:
                continue
            if isinstance(node, ast.ClassDef):
                kept = list(_kept(node.body, left_out))
                if len(kept) < len(node.body):
                    node = _with_body(node, kept)
        yield node


def _with_body(node: ast.ClassDef, body: list[ast.stmt]) -> ast.ClassDef:
    fields = {name: getattr(node, name) for name in node._fields}
    return ast.copy_location(ast.ClassDef(**{**fields, "body": body}), node)


@dataclass(slots=True)
class _Unit:
    """A definition of a module's or a class's own body: its name, where it begins and ends, and where its name does."""

    name: bytes
    start: int
    end: int
    head: int
    column: int
    first_line: int
    last_line: int
    is_class: bool = False
    members: Sequence[_Unit] = ()
    is_needed: bool = False

    def parts(self) -> Iterator[tuple[int, int]]:
        """The stretches of it that are no members of a class."""
        start = self.start
        for member in self.members:
            yield start, member.start
            start = member.end
        yield start, self.end


def excerpt_of(code: bytes, places: Iterable[int], roots: Iterable[int] = (), with_classes: bool = False) -> Excerpt:
    """The excerpt of what `layout.code_of` gives, with what stands at these places.

    What stands in the lines of `roots` is kept with all that it names. `with_classes`: so is every class, be it for its
    bases alone.
    """
    units = list(_units(code, 0, len(code), 0, 0))
    lines = sorted(roots)
    if lines or with_classes:
        _mark_with_named(code, units, lines, with_classes)
    _mark_alone(code, units, sorted(places))
    return Excerpt(tuple(_left_out(units)))


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A module without its functions, but for those that make the objects of its classes.

    `functions`: the others by their qualified names, with first and last line and column of each.
    """

    excerpt: Excerpt = Excerpt()
    functions: Mapping[str, Sequence[tuple[int, int, int]]] = field(default_factory=dict)


def skeleton_of(code: bytes) -> Skeleton:
    """The skeleton of what `layout.code_of` gives."""
    units = list(_units(code, 0, len(code), 0, 0))
    functions: dict[str, list[tuple[int, int, int]]] = {}
    for name, unit in _functions(code, units, ""):
        functions.setdefault(name, []).append((unit.first_line, unit.last_line, unit.column))
    return Skeleton(Excerpt(tuple(_left_out(units))), functions)


def _functions(code: bytes, units: Iterable[_Unit], owner: str) -> Iterator[tuple[str, _Unit]]:
    """The functions that can be left out, with their qualified names; what cannot is marked."""
    for unit in units:
        name = owner + unit.name.decode(errors="replace")
        if unit.is_class:
            unit.is_needed = True
            unit.members = tuple(_members(code, unit))
            yield from _functions(code, unit.members, f"{name}.")
        elif unit.is_needed or unit.name == _INITIAL:
            unit.is_needed = True
        else:
            yield name, unit


def _any_within(numbers: Sequence[int], first: int, last: int) -> bool:
    index = bisect_left(numbers, first)
    return index < len(numbers) and numbers[index] <= last


def _mark_with_named(code: bytes, units: Sequence[_Unit], lines: Sequence[int], with_classes: bool) -> None:
    """Mark the units in these lines, and those that they name."""
    named: dict[bytes, list[_Unit]] = {}
    spoken: set[bytes] = set()
    waiting: list[_Unit] = []

    def consider(units: Sequence[_Unit]) -> None:
        for unit in units:
            named.setdefault(unit.name, []).append(unit)
            is_wanted = (unit.is_class and with_classes) or _any_within(lines, unit.first_line, unit.last_line)
            if is_wanted or unit.is_needed or unit.name in spoken:
                waiting.append(unit)

    consider(units)
    done: set[int] = set()
    while waiting:
        unit = waiting.pop()
        if id(unit) in done:
            continue
        done.add(id(unit))
        unit.is_needed = True
        if unit.is_class:
            unit.members = tuple(_members(code, unit))
            consider(unit.members)
            waiting += (each for each in unit.members if _MADE_WITH_THE_CLASS.fullmatch(each.name))
        words = _words_of(code, unit) - spoken
        spoken |= words
        waiting += (each for word in named.keys() & words for each in named[word])


def _mark_alone(code: bytes, units: Sequence[_Unit], places: Sequence[int]) -> None:
    """Mark the units at these places, and those that bind the same names."""
    names = {unit.name for unit in units if _any_within(places, unit.start, unit.end - 1)}
    for unit in units:
        if unit.name not in names and not unit.is_needed:
            continue
        unit.is_needed = True
        if unit.is_class:
            unit.members = unit.members or tuple(_members(code, unit))
            _mark_alone(code, unit.members, places)


def _words_of(code: bytes, unit: _Unit) -> set[bytes]:
    """The name of a unit and all words in it, as Python spells them."""
    words = {unit.name}.union(*(_WORD.findall(code, start, end) for start, end in unit.parts()))
    return words | {_normalised(word) for word in words if not word.isascii()}


def _normalised(word: bytes) -> bytes:
    return unicodedata.normalize("NFKC", word.decode(errors="replace")).encode(errors="replace")


def _units(code: bytes, start: int, end: int, column: int, line: int) -> Iterator[_Unit]:
    """The definitions that begin at a column between two places, with their decorators.

    `line` is the one before the first newline at or behind `start`.
    """
    over = counted = barren = start
    unit: _Unit | None = None
    for match in _heads(column).finditer(code, start, end):
        if match.start() < over:
            if unit is not None and match.start() > unit.head:
                unit.is_needed = True  # its end was not found: others are in it, and nothing tells of what names them
            continue
        if match[1] is None and match.start() < barren:
            continue
        head, following = (match, start) if match[1] else _decorated(code, match.start(), end, column)
        if head is None:
            barren = following  # operators at the margin
            continue
        if unit is not None:
            yield unit
        over = end_of_block(code, head.start(), column, end)
        first = line + _newlines(code, counted, match.start() + 1)
        line, counted = first + _newlines(code, match.start() + 1, over), over
        is_class, is_ascii = head[1] == b"class", head[2].isascii()
        unit = _Unit(head[2], match.start(), over, head.end(), column, first, line, is_class, is_needed=not is_ascii)
    if unit is not None:
        yield unit


def _decorated(code: bytes, start: int, end: int, column: int) -> tuple[re.Match[bytes] | None, int]:
    """The head of the definition whose first decorator begins here, if there is one, and where the decorators end."""
    while True:
        following = end_of_block(code, start, column)
        match = _heads(column).match(code, following, end)
        if match is None or match[1]:
            return match, following
        start = following


def _members(code: bytes, unit: _Unit) -> Iterator[_Unit]:
    """The methods and classes in the body of a class."""
    for line in islice(_DEEPER.finditer(code, unit.head, unit.end), _LONGEST_HEAD):
        if is_whole(code, unit.head, line.start()):
            column = len(line[1])
            if column > unit.column:
                before = unit.first_line + _newlines(code, unit.start + 1, line.start())
                yield from _units(code, line.start(), unit.end, column, before)
            return


@lru_cache(maxsize=64)
def _heads(column: int) -> re.Pattern[bytes]:
    """Lines at a column that begin a definition or a decorator."""
    return re.compile(rb"\n {%d}(?:(?:async\s+)?(def|class)\s+([\w\x80-\xff]+)|@)" % column)


def _newlines(code: bytes, start: int, end: int) -> int:
    return code.count(b"\n", start, end) + code.count(LINE, start, end)


def _left_out(units: Iterable[_Unit]) -> Iterator[tuple[int, int, int]]:
    for unit in units:
        if not unit.is_needed:
            yield unit.first_line, unit.last_line, unit.column
        else:
            yield from _left_out(unit.members)
