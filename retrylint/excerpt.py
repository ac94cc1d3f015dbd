"""The part of a module that may bear on its retries: the definitions in which something was seen, what those which
matter name, as far as calls are followed, and statements of the module itself. The rest need not be parsed.
"""

from __future__ import annotations

import ast
import re
import sys
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice

from retrylint.layout import LINE, MOST_TRIES, is_whole

DEPTH = 3  # helpers that call helpers: so far are calls followed from what matters

_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_DEEPER = re.compile(rb"\n( +)(?=\S)")
_BEGINNING = frozenset({b"def", b"class", b"@"})
_LONGEST_HEAD = 50  # lines of the bases of a class
_INITIAL = b"__init__"
_MADE_WITH_THE_CLASS = re.compile(rb"__\w+__|run")  # methods that matter though no name speaks of them


Stretch = tuple[int, int, int]
"""The first and the last line of some statements, and their column."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """What of a module is left out, in order."""

    left_out: tuple[Stretch, ...] = ()

    def text(self, source: str) -> str:
        """The source with `pass` for what is left out; lines stay where they are."""
        return without(source, self.left_out) if self.left_out else source

    def tree(self, tree: ast.Module) -> ast.Module:
        """The tree without what is left out; the one given stays as it is."""
        return ast.Module(list(self._kept(tree.body)), tree.type_ignores) if self.left_out else tree

    def _kept(self, body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        for node in body:
            if self._leaves_out(first_line_of(node)):
                continue
            if isinstance(node, ast.ClassDef):
                kept = list(self._kept(node.body))
                if len(kept) < len(node.body):
                    node = _with_body(node, kept)
            yield node

    def _leaves_out(self, line: int) -> bool:
        index = bisect_right(self.left_out, (line, sys.maxsize, 0)) - 1
        return index >= 0 and line <= self.left_out[index][1]


def first_line_of(node: ast.stmt) -> int:
    """The line of a statement, or of its first decorator."""
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    return min([node.lineno, *(each.lineno for each in decorators)])


def _with_body(node: ast.ClassDef, body: list[ast.stmt]) -> ast.ClassDef:
    fields = {name: getattr(node, name) for name in node._fields}
    return ast.copy_location(ast.ClassDef(**{**fields, "body": body}), node)


def without(text: str, stretches: Iterable[Stretch]) -> str:
    """A text with `pass` for these stretches, behind what stands before them: blanks, or tabs."""
    lines = text.split("\n")
    for first, last, column in stretches:
        line = lines[first - 1]
        before = line[: len(line) - len(line.lstrip())] if column else ""
        lines[first - 1 : last] = [f"{before}pass", *[""] * (last - first)]
    return "\n".join(lines)


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
    is_unclear: bool = False  # others may be in it, or it may be spelt otherwise
    is_needed: bool = False

    def __post_init__(self) -> None:
        self.is_needed = self.is_unclear

    def open(self, code: bytes) -> None:
        """Find the members of a class."""
        self.members = self.members or tuple(_members(code, self))

    def parts(self) -> Iterator[tuple[int, int]]:
        """The stretches of it that are no members of a class."""
        start = self.start
        for member in self.members:
            yield start, member.start
            start = member.end
        yield start, self.end


class Parts:
    """The definitions of what `layout.code_of` gives, found once, and the excerpts that are made of them."""

    def __init__(self, code: bytes) -> None:
        self._code = code

    @cached_property
    def _units(self) -> Sequence[_Unit]:
        return list(_units(self._code, 0, len(self._code), 0, 0))

    def excerpt(
        self,
        places: Iterable[int],
        *,
        lines: Iterable[int] = (),
        roots: Iterable[int] = (),
        with_classes: bool = False,
        with_statements: bool = True,
    ) -> Excerpt:
        """The excerpt with what stands at these places and in these lines, and with what earlier ones had.

        What stands in the lines of `roots` is kept with what it names, and what that names (`DEPTH`). `with_classes`:
        so is every class, be it for its bases alone. Without `with_statements`, of the module's own statements only
        those are kept that stand at a place or speak of what is kept.
        """
        code, units, wanted, seen = self._code, self._units, sorted(roots), sorted(places)
        if wanted or with_classes:
            _mark_with_named(code, units, wanted, with_classes)
        _mark_alone(code, units, seen, sorted(lines))
        left_out = list(_left_out(units))
        if not with_statements:
            left_out += _idle_statements(code, units, seen)
        return Excerpt(tuple(sorted(left_out)))


def _idle_statements(code: bytes, units: Sequence[_Unit], places: Sequence[int]) -> Iterator[Stretch]:
    """The stretches between units in which nothing is seen, and none of those that are kept is named."""
    names = [unit.name for unit in units if unit.is_needed]
    start, line = 0, 0
    for unit in (*units, None):
        end = unit.start if unit is not None else len(code)
        following = unit.first_line if unit is not None else line + _newlines(code, start, end) + 1
        is_kept = _any_within(places, start, end - 1) or any(code.find(name, start, end) >= 0 for name in names)
        if line + 1 < following and not is_kept:
            yield line + 1, following - 1, 0
        if unit is not None:
            start, line = unit.end, unit.last_line


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A module without its functions, but for those that make the objects of its classes.

    `functions`: the others by their qualified names, with first and last line and column of each.
    """

    excerpt: Excerpt = Excerpt()
    functions: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)


def skeleton_of(code: bytes) -> Skeleton:
    """The skeleton of what `layout.code_of` gives."""
    units = list(_units(code, 0, len(code), 0, 0))
    functions: dict[str, list[Stretch]] = {}
    for name, unit in _functions(code, units, ""):
        functions.setdefault(name, []).append((unit.first_line, unit.last_line, unit.column))
    return Skeleton(Excerpt(tuple(_left_out(units))), functions)


def _functions(code: bytes, units: Iterable[_Unit], owner: str) -> Iterator[tuple[str, _Unit]]:
    """The functions that can be left out, with their qualified names; what cannot is marked."""
    for unit in units:
        name = owner + unit.name.decode(errors="replace")
        if unit.is_class:
            unit.is_needed = True
            unit.open(code)
            yield from _functions(code, unit.members, f"{name}.")
        elif unit.is_unclear or unit.name == _INITIAL:
            unit.is_needed = True
        else:
            yield name, unit


def _any_within(numbers: Sequence[int], first: int, last: int) -> bool:
    index = bisect_left(numbers, first)
    return index < len(numbers) and numbers[index] <= last


def _mark_with_named(code: bytes, units: Sequence[_Unit], lines: Sequence[int], with_classes: bool) -> None:
    """Mark the units in these lines and what they name: functions of the module and methods of their class, over as
    many calls as `sketch.called` follows, and classes, with the classes that these name.
    """
    top = _by_name(units)
    classes = [unit for unit in units if unit.is_class and with_classes]
    layer = list(_roots(code, units, lines))
    done: set[int] = set()
    for _ in range(DEPTH + 1):
        following: list[_Placed] = []
        for unit, siblings in layer:
            if id(unit) in done:
                continue
            done.add(id(unit))
            unit.is_needed = True
            words = _words_of(code, unit)
            for others, around in ((top, _NO_CLASS), (siblings, siblings)):
                named = [each for word in others.keys() & words for each in others[word]]
                classes += (each for each in named if each.is_class)
                following += ((each, around) for each in named if not each.is_class)
        layer = following
    _mark_classes(code, classes, top)


_ByName = Mapping[bytes, Sequence[_Unit]]
_Placed = tuple[_Unit, _ByName]
"""A unit, and the members of the class that it stands in."""
_NO_CLASS: _ByName = {}


def _by_name(units: Iterable[_Unit]) -> _ByName:
    named: dict[bytes, list[_Unit]] = {}
    for unit in units:
        named.setdefault(unit.name, []).append(unit)
    return named


def _roots(
    code: bytes, units: Iterable[_Unit], lines: Sequence[int], siblings: _ByName = _NO_CLASS
) -> Iterator[_Placed]:
    """The units in these lines; where a class itself is, and not some of its members alone, all that is in it."""
    for unit in units:
        if not (unit.is_unclear or _any_within(lines, unit.first_line, unit.last_line)):
            continue
        if not unit.is_class:
            yield unit, siblings
            continue
        unit.open(code)
        yield unit, siblings
        own = _by_name(unit.members)
        within = [each for each in lines if unit.first_line <= each <= unit.last_line]
        is_whole = any(not any(each.first_line <= line <= each.last_line for each in unit.members) for line in within)
        if is_whole:
            yield from ((each, own) for each in unit.members)
        else:
            yield from _roots(code, unit.members, lines, own)


def _mark_classes(code: bytes, classes: Iterable[_Unit], top: _ByName) -> None:
    """Mark these classes with what is made with them, and all classes that they name."""
    waiting = list(classes)
    done: set[int] = set()
    while waiting:
        unit = waiting.pop()
        if id(unit) in done:
            continue
        done.add(id(unit))
        unit.is_needed = True
        unit.open(code)
        made = [each for each in unit.members if _MADE_WITH_THE_CLASS.fullmatch(each.name)]
        words = _words_of(code, unit).union(*(_words_of(code, each) for each in made))
        for each in made:
            each.is_needed = True
        named = (each for word in top.keys() & words for each in top[word])
        waiting += (each for each in (*named, *unit.members) if each.is_class)


def _mark_alone(code: bytes, units: Sequence[_Unit], places: Sequence[int], lines: Sequence[int]) -> None:
    """Mark the units at these places and in these lines, and those that bind the same names.

    What a class is given when it is made may be what its objects do when they are called.
    """
    names = {
        unit.name
        for unit in units
        if _any_within(places, unit.start, unit.end - 1) or _any_within(lines, unit.first_line, unit.last_line)
    }
    names |= {_INITIAL} if b"__call__" in names else set()
    for unit in units:
        if unit.name not in names and not unit.is_needed:
            continue
        unit.is_needed = True
        if unit.is_class:
            unit.open(code)
            _mark_alone(code, unit.members, places, lines)


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
    unit: _Unit | None = None
    decorated: int | None = None  # where the first decorator of what follows begins
    whole = counted = start  # from where on brackets are counted, and newlines were
    tries = 0
    for match in _statements(column).finditer(code, start, end):
        at = match.start()
        keyword = (match[2] or match[0][-1:]) if len(match[1]) == column else b""
        if decorated is not None and tries < MOST_TRIES and _closes(code, whole, at):
            decorated = None  # an operator at the margin
        elif unit is not None or decorated is not None:
            tries += 1
            if tries > MOST_TRIES or not is_whole(code, whole, at):
                if unit is not None and keyword in _BEGINNING:
                    unit.is_unclear = unit.is_needed = True
                continue
        if unit is not None:
            unit.end, unit.last_line = at, line + _newlines(code, counted, at)
            line, counted = unit.last_line, at
            yield unit
            unit = None
        if keyword == b"@":
            decorated, whole, tries = at if decorated is None else decorated, at, 0
            continue
        if keyword in (b"def", b"class"):
            first = at if decorated is None else decorated
            line, counted = line + _newlines(code, counted, first + 1), first + 1
            is_class, is_ascii = keyword == b"class", match[3].isascii()
            unit = _Unit(match[3], first, end, match.end(), column, line, line, is_class, is_unclear=not is_ascii)
            whole, tries = at, 0
        decorated = None
    if unit is not None:
        unit.last_line = line + _newlines(code, counted, end)
        yield unit


@lru_cache(maxsize=64)
def _statements(column: int) -> re.Pattern[bytes]:
    """Lines that may begin a statement at this column or before it, and with which keyword, if it is a definition or a
    decorator; an `else` is part of the statement before it.
    """
    return re.compile(
        rb"\n(?! {%d})( *)(?:(?:async\s+)?(def|class)\s+([\w\x80-\xff]+)|@|(?!else\b)[^\s)\]}])" % (column + 1)
    )


def _closes(code: bytes, start: int, end: int) -> bool:
    """Is a bracket closed that was not opened there?"""
    return code.count(b")", start, end) > code.count(b"(", start, end)


def _members(code: bytes, unit: _Unit) -> Iterator[_Unit]:
    """The methods and classes in the body of a class."""
    for line in islice(_DEEPER.finditer(code, unit.head, unit.end), _LONGEST_HEAD):
        if is_whole(code, unit.head, line.start()):
            column = len(line[1])
            if column > unit.column:
                before = unit.first_line + _newlines(code, unit.start + 1, line.start())
                yield from _units(code, line.start(), unit.end, column, before)
            return


def _newlines(code: bytes, start: int, end: int) -> int:
    return code.count(b"\n", start, end) + code.count(LINE, start, end)


def _left_out(units: Iterable[_Unit]) -> Iterator[Stretch]:
    for unit in units:
        if not unit.is_needed:
            yield unit.first_line, unit.last_line, unit.column
        else:
            yield from _left_out(unit.members)
