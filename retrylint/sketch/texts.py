"""The text of definitions: cheaper to look into than their trees."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import accumulate, count
from operator import add

from retrylint.sketch.outline import FUNCTIONS, Defined

_OWNER = re.compile(r"(\w+)\.\Z")
_LONGEST = 80  # characters before a name in which its owner is looked for


@lru_cache(maxsize=1024)
def _whole(word: str) -> re.Pattern[str]:
    """The word alone, and not one of several types, or one in brackets: these are not used.

    A pattern that begins with letters is found much faster than one that looks behind first.
    """
    return re.compile(rf"{re.escape(word)}(?<!\w{re.escape(word)})(?!\w|\s*[|\]])")


@lru_cache(maxsize=64)
def _ending(word: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(word)}(?!\w)")


class Texts:
    """A source whose lines are found when the first is asked for."""

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def _starts(self) -> list[int]:
        return list(map(add, accumulate(map(len, self._source.split("\n")), initial=0), count()))

    def of(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
        """The text of a function, from its `def` on."""
        return self._source[self._starts[node.lineno - 1] : self._end(node)]

    def lines_of(self, words: Iterable[str], endings: Iterable[str] = ()) -> list[int]:
        """The lines in which one of these words stands, or one that ends so."""
        source = self._source
        patterns = [_whole(word) for word in words if word in source]
        patterns += [_ending(word) for word in endings if word in source]
        places = sorted(each.start() for one in patterns for each in one.finditer(source))
        return list(dict.fromkeys(self._lines(places)))

    def _lines(self, places: Iterable[int]) -> Iterator[int]:
        """The lines of places that are in order."""
        line, before = 1, 0
        for place in places:
            line, before = line + self._source.count("\n", before, place), place
            yield line

    def names_again(self, defined: Defined) -> bool:
        """Does a definition's text hold its own name a second time, and not as that of another object's attribute?

        A name outside ASCII may be spelt otherwise.
        """
        name = defined.node.name
        if not name.isascii() or not self._source.isascii():
            return True
        start = self._source.find(name, self._starts[defined.node.lineno - 1]) + len(name)
        own = {"__class__", *defined.owner.path[-1:], *(each.arg for each in _first_parameter(defined.node))}
        return any(self._may_be_own(name, position, own) for position in self._positions(name, start, defined.node))

    def _positions(self, name: str, start: int, node: ast.stmt) -> Iterator[int]:
        """Where a name stands as a word of its own in the rest of a definition."""
        stop = self._end(node)
        position = self._source.find(name, start, stop)
        while position >= 0:
            end = position + len(name)
            if not _in_word(self._source[position - 1]) and not _in_word(self._source[end : end + 1]):
                yield position
            position = self._source.find(name, end, stop)

    def _may_be_own(self, name: str, position: int, own: set[str]) -> bool:
        if self._source[position + len(name) : position + len(name) + 1] in ("'", '"'):
            return True
        owner = _OWNER.search(self._source, max(position - _LONGEST, 0), position)
        return owner is None or owner[1] in own

    def _end(self, node: ast.stmt) -> int:
        end = node.end_lineno or node.lineno
        return self._starts[min(end, len(self._starts) - 1)]


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _first_parameter(node: ast.AST) -> list[ast.arg]:
    return (node.args.posonlyargs + node.args.args)[:1] if isinstance(node, FUNCTIONS) else []
