"""Where may code hold a function that runs itself again because something failed? Sound, and cheaper than parsing.

A call counts as `flow.self_calls` has it: it stands behind a test or in or behind a handler of its function, so that
a line above it begins with `if`, `while`, `match` or `except`. As `stepping` has it, something in the function must be
able to tell that the run before had failed, if the call is not in a handler or behind one. It is spelt as
`names.own_names` has it: a function of a class on its first parameter or on the class, any other one by its bare name.
Where the lines do not tell whether a function is one of a class, both count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from retrylint.layout import BLANK, GAP, WORD, WORD_BYTES, Head, end_of_block, names_called
from retrylint.stepping_screen import may_tell

# parts of the names of calls: by which a task is sent off, and to which a function can be handed
OF_A_TASK = frozenset(
    {b"delay", b"kiq", b"send", b"defer", b"defer_async", b"enqueue", b"apply_async", b"send_with_options", b"schedule",
     b"s", b"si", b"set", b"configure", b"options", b"using"}
)  # fmt: skip
TITLING = frozenset({b"enqueue", b"async_task", b"send_task"})  # to which it may be told by a text
HANDING = TITLING | {
    b"defer", b"Timer", b"call_later", b"call_soon", b"call_at", b"add_callback", b"add_timeout", b"callLater",
    b"callFromThread", b"callInThread", b"deferLater", b"deferToThread", b"Thread", b"Process", b"start_new_thread",
    b"submit", b"run_in_executor", b"start_soon", b"spawn", b"after", b"singleShot",
    b"add_done_callback", b"addCallback", b"addBoth",
}  # fmt: skip

_WORDS = re.compile(WORD)
_CLASS = re.compile(rb"class\s" + GAP + rb"(" + WORD + rb")")
_NAME = re.compile(GAP + rb"(" + WORD + rb")")
_TITLE = re.compile(rb"(?<![A-Za-z0-9_])(" + WORD + rb")[\"']")  # what a text ends with
_FIRST_PARAMETER = re.compile(GAP + rb"\(" + GAP + rb"(" + WORD + rb")")
_LEADING = re.compile(rb"\n(?=( *))\1(?:if|while|match|except)\b")  # as `layout.heads_of` looks for its heads
_CLOSED = rb"(?:" + GAP + rb"\))*" + GAP
_CALLED = re.compile(_CLOSED + rb"\(")
_SENT = re.compile(_CLOSED + rb"\." + GAP + rb"(?:" + rb"|".join(sorted(OF_A_TASK)) + rb")\b")
_GIVEN = re.compile(GAP + rb"[,)]")
_SHORT = 10_000  # bytes that are searched for a name in no time
_LOOK_BACK = 200  # bytes before a name in which its owner is looked for


def recursions_in(code: bytes, heads: Iterable[Head], bounds: Iterable[int], source: bytes) -> Iterator[int]:
    """Where functions begin that run themselves again within their own bodies, or within that of another function that
    they call; that one is told of too.

    `bounds` are those of the heads (`layout.bounds_of`); in the `source` are the texts by which a queue knows a task.
    """
    runs = _Runs(code)
    titles = frozenset(_TITLE.findall(source)) if any(word in code for word in TITLING) else frozenset()
    functions = list(_functions_in(code, heads, bounds))
    for function in functions:
        if function.name in titles or not function.name.isascii() or runs.itself(function):
            yield function.start
    if b"except" in code:
        yield from runs.back(functions)


class _Function(NamedTuple):
    """A function: its name, where it begins, where its name ends, its column, where its body is surely over, and the
    nearest line above it that begins a definition and is less deep: where it stands, if that is not over before.
    """

    name: bytes
    start: int
    head: int
    column: int
    bound: int
    around: Head | None

    def end(self, code: bytes) -> int:
        """Where its body ends."""
        return end_of_block(code, self.start, self.column, self.bound)


_ByWord = dict[bytes, list[_Function]]


def _functions_in(code: bytes, heads: Iterable[Head], bounds: Iterable[int]) -> Iterator[_Function]:
    around: list[Head] = []  # each deeper than the one before
    for head, bound in zip(heads, bounds, strict=True):
        if head.keyword != b"def" and head.keyword != b"class":
            continue
        while around and around[-1].column >= head.column:
            around.pop()
        match = _NAME.match(code, head.stop) if head.keyword == b"def" else None
        if match is not None:
            yield _Function(match[1], head.start, match.end(), head.column, bound, around[-1] if around else None)
        around.append(head)


@dataclass(frozen=True)
class _Runs:
    """Looks for what runs a function again."""

    code: bytes
    over: dict[int, int] = field(default_factory=dict)  # by where a definition begins: where it may be over

    @cached_property
    def classes(self) -> frozenset[bytes]:
        """The names of the classes."""
        return frozenset(_CLASS.findall(self.code))

    @cached_property
    def hands_on(self) -> bool:
        """Are there timers or queues that functions may be handed to?"""
        return any(word in self.code for word in HANDING)

    def itself(self, function: _Function) -> bool:
        """May a function run itself again?"""
        if self.code.find(function.name, function.head, function.bound) < 0:
            return False
        leading = _LEADING.search(self.code, function.head, function.bound)
        if leading is None or not self.holds(function.name, function, leading.end(), function):
            return False
        return may_tell(self.code, function.head, function.end(self.code), function.name)

    def holds(self, name: bytes, within: _Function, start: int, beside: _Function | None = None) -> bool:
        """Is what may be a function of this name called, or sent off, or handed on, in a body behind `start`?

        `beside`: none counts that does not stand where this one does.
        """
        code = self.code
        position = code.find(name, start, within.bound)
        end = within.end(code) if position >= 0 else position
        if position < end and code[within.head : within.head + 1] == b"[":
            return True  # type parameters may hold anything before the first parameter
        while 0 <= position < end:
            behind = position + len(name)
            before = code[position - 1]
            if before not in WORD_BYTES and self._is_run(behind) and self._may_be_meant(position, beside, within):
                return True
            position = code.find(name, behind, end)
        return False

    def _is_run(self, end: int) -> bool:
        """Is what ends here called, or sent off, or an argument where functions are handed to timers or queues?"""
        return (
            _CALLED.match(self.code, end) is not None
            or _SENT.match(self.code, end) is not None
            or (_GIVEN.match(self.code, end) is not None and self.hands_on)
        )

    def _may_be_meant(self, position: int, beside: _Function | None, within: _Function) -> bool:
        """Is the name at a position bare, or an attribute of what may be its own object or class?"""
        before = self.code[max(position - _LOOK_BACK, 0) : position].rstrip(BLANK)
        if not before.endswith(b"."):
            return not before or not self._is_surely(beside, b"class")
        if self._is_surely(beside, b"def"):
            return False
        inner = before[:-1].rstrip(BLANK)
        closed = inner.rstrip(BLANK + b")")
        outside = closed.rstrip(WORD_BYTES)
        owner = closed[len(outside) :]
        if not outside:
            return True  # longer than is looked back
        if not owner or (len(closed) < len(inner) and not outside.rstrip(BLANK).endswith(b"(")):
            return False  # what a call gave, or an item
        return self._owns(beside, within, owner)

    def _owns(self, beside: _Function | None, within: _Function, name: bytes) -> bool:
        """May a name stand, within one of its methods, for the object or the class whose method is meant?"""
        first = _FIRST_PARAMETER.match(self.code, within.head)
        own = first[1] if first else b""
        if name in (own, b"__class__") or not (name + own).isascii():
            return True
        if beside is None or beside.around is None or not self._is_surely(beside, b"class"):
            return name in self.classes
        home = _NAME.match(self.code, beside.around.stop)
        return home is None or home[1] == name or not home[1].isascii()

    def _is_surely(self, function: _Function | None, keyword: bytes) -> bool:
        """Does a function surely stand in a class, or in none: within another function, or within nothing?"""
        if function is None:
            return False
        around = function.around
        if around is None:
            return keyword == b"def"
        if around.start not in self.over:
            end = _not_deeper(around.column).search(self.code, around.stop)
            self.over[around.start] = end.start() if end else len(self.code)
        return around.keyword == keyword and function.start < self.over[around.start]

    def back(self, functions: Iterable[_Function]) -> Iterator[int]:
        """Where functions begin that catch something and call another one that calls them, or hands them to what may
        run them; and where the others begin.
        """
        named: dict[bytes, list[_Function]] = {}
        for each in functions:
            named.setdefault(each.name, []).append(each)
        speaking: dict[bytes, _ByWord | None] = {}  # by their name
        known: dict[tuple[bytes, bytes], bool] = {}  # a module may define the same two names thousands of times
        for catching in functions:
            if self.code.find(b"except", catching.head, catching.bound) < 0:
                continue
            leading = _LEADING.search(self.code, catching.head, catching.bound)
            if leading is None:
                continue
            for called in named.keys() & names_called(self.code, leading.end(), catching.end(self.code)):
                is_short = catching.bound - catching.head < _SHORT
                if is_short and not self.holds(called, catching, leading.end(), catching):
                    continue  # something else is called so: `fetch` of another object
                pair = catching.name, called
                if pair not in known:
                    if called not in speaking:
                        speaking[called] = self._by_word(named[called])
                    by_word = speaking[called]
                    others = named[called] if by_word is None else by_word.get(catching.name, [])
                    calling = [other for other in others if self.holds(catching.name, other, other.head)]
                    known[pair] = bool(calling)
                    yield from (other.start for other in calling)
                if known[pair]:
                    yield catching.start

    def _by_word(self, functions: Sequence[_Function]) -> _ByWord | None:
        """The functions in which a word stands, by that word; None where each look at all of them is cheap."""
        if sum(each.bound - each.head for each in functions) < _SHORT:
            return None
        found: _ByWord = {}
        for function in functions:
            for word in set(_WORDS.findall(self.code, function.head, function.end(self.code))):
                found.setdefault(word, []).append(function)
        return found


@lru_cache(maxsize=64)
def _not_deeper(column: int) -> re.Pattern[bytes]:
    """Lines that may begin a statement at this column or before it."""
    return re.compile(rb"\n {0,%d}[^\s)\]}]" % column)
