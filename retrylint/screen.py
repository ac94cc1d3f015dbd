"""Can these bytes hold a retry? A sound guess in a few searches: it never loses a site.

A file is worth reading when a function may call itself by one of the spellings that the sketch resolves, or may hand
itself to a timer or a queue, when a handler may make the call of its `try` again, or when it speaks of tasks and
retries. What bytes cannot tell (an encoding in which
`def` is spelt otherwise, a name outside ASCII, which Python may spell in several ways) is worth reading too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from retrylint.brokenness import may_be_broken
from retrylint.layout import GAP, Head, bounds_of, code_of, end_of_block, heads_of, names_called
from retrylint.naming import acts, pauses
from retrylint.twice_screen import second_calls_in
from retrylint.words import PAUSING

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

# roots of the libraries whose clients retry, as they stand in an import
CLIENTS = (
    "aiohttp_retry", "anthropic", "api_core", "azure", "boto", "celery", "elastic", "grpc", "httpx", "kombu",
    "langchain", "langgraph", "motor", "openai", "oslo", "pymongo", "redis", "requests", "slack_sdk",
    "stripe", "urllib3",
)  # fmt: skip
_CLIENT_ROOTS = tuple(root.encode() for root in CLIENTS)
# the libraries of policies; the words that they are called by stand in many a file that has none of them
_POLICIES = (b"retry", b"backoff", b"backon", b"opnieuw", b"stamina", b"tenacity")
_POLICY = re.compile(rb"\b(?:aioretry|retrying|" + b"|".join(_POLICIES) + rb")\b")
_IMPORT = re.compile(rb"import\b[^\n#]*(?:\\\n[^\n#]*)*")
_CONNECTING = b"ensure_connection"  # retries without a word of it

_WORD = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_CLASS = re.compile(rb"class\s" + GAP + rb"(" + _WORD + rb")")
_NAME = re.compile(GAP + rb"(" + _WORD + rb")")
_NAMES = re.compile(rb"\w+")
_WORDS = re.compile(_WORD)
_TITLE = re.compile(rb"(" + _WORD + rb")[\"']")  # what a text ends with
_FIRST_PARAMETER = re.compile(GAP + rb"\(" + GAP + rb"(" + _WORD + rb")")
_CALLED = re.compile(GAP + rb"(?:\)" + GAP + rb")*\(")
_CLOSED_OWNER = re.compile(rb"\(" + GAP + rb"(" + _WORD + rb")" + GAP + rb"(?:\)" + GAP + rb")+\." + GAP + rb"\Z")
_OWNER = re.compile(rb"(" + _WORD + rb")?" + GAP + rb"\." + GAP + rb"\Z")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"utf-?8(-sig)?|ascii|us-ascii|latin-?1|iso-?8859-?\d+|cp125\d", re.IGNORECASE)
_LOOPS = frozenset({b"for", b"while"})
_TRY = re.compile(rb"\n +try\b")
_PAUSE = re.compile("|".join(sorted(PAUSING)).encode(), re.IGNORECASE)
_CHOSEN = re.compile(rb"\]" + GAP + rb"(?:\)" + GAP + rb")*\(")  # what is chosen by a key is called
# numbers that may be 0, or the status of a request
_NUMBER = re.compile(rb"(?<![\w.])(?:[2-5]\d\d(?!\d)|0(?!\.|[eE]\d|[jJ])|\d+_)")
_QUEUES = (
    b"airflow", b"dagster", b"django_q", b"q_cluster", b"dramatiq", b"huey", b"prefect", b"procrastinate", b"taskiq",
    b"temporalio",
)  # fmt: skip
_SHORT = re.compile(rb"\barq\b|\brq\b|django_rq")  # other words hold these names
_CLOSED = rb"(?:" + GAP + rb"\))*" + GAP
_SENT = re.compile(_CLOSED + rb"\." + GAP + rb"(?:" + rb"|".join(sorted(OF_A_TASK)) + rb")\b")
_GIVEN = re.compile(GAP + rb"[,)]")
_IS_SENT = re.compile(rb"(?:apply_async|delay)" + GAP + rb"(?:\)" + GAP + rb")*\(")
_IS_TASK = re.compile(rb"\bbind\b|\bdef" + GAP + rb"run\b")
_LOOK_BACK = 200  # bytes before a name in which its owner is looked for
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class Screened:
    """What may be in a file, by its bytes: what is False here, is not there.

    `library`: something that a library retries. `loop`: a loop that repeats something. `recursion`: a function that
    runs itself again. `twice`: a handler with the call of its `try`. `broken`: Python may not be able to read it.
    `places`: where in the `code` (see `layout.code_of`) a loop, a function or a handler begins for which one of these
    holds, `loops` of them are loops; there is no code where the bytes cannot tell.
    """

    library: bool = True
    loop: bool = True
    recursion: bool = True
    twice: bool = True
    broken: bool = True
    code: bytes = b""
    places: tuple[int, ...] = ()
    loops: int = 0

    @property
    def may_retry(self) -> bool:
        """May there be any retry?"""
        return self.library or self.loop or self.recursion or self.twice


def screened(source: bytes) -> Screened:
    """What the bytes of a file speak of."""
    if _is_exotic(source):
        return Screened()
    code = code_of(source)
    heads = heads_of(code)
    sends = _may_send_task(code)
    bounds = bounds_of(code, heads)
    loops = tuple(_loops_in(code, heads, bounds, b"except" in code))
    recursions = tuple(_recursions_in(code, heads, bounds, source))
    twice = tuple(second_calls_in(code, heads, bounds))
    return Screened(
        library=sends or speaks_of_library(source),
        loop=bool(loops),
        recursion=sends or bool(recursions),
        twice=bool(twice),
        broken=may_be_broken(code),
        code=code,
        places=(*loops, *recursions, *twice),
        loops=len(loops),
    )


def may_hold_retry(source: bytes) -> bool:
    """May there be a retry in the file?"""
    return screened(source).may_retry


def speaks_of_library(source: bytes) -> bool:
    """May the source use a library that retries, by the words in it?"""
    lowered = source.lower()
    if policy_roots_in(source):
        return True
    if b"retry" in lowered or b"retries" in lowered:
        if b"task" in lowered or any(root in source for root in _CLIENT_ROOTS) or _speaks_of_queue(lowered):
            return True
    elif (b"attempts" in lowered and _speaks_of_queue(lowered)) or b"dramatiq" in lowered:
        return True  # dramatiq retries without being asked
    elif _CONNECTING in source and any(root in source for root in _CLIENT_ROOTS):
        return True
    return False


def _speaks_of_queue(lowered: bytes) -> bool:
    return any(name in lowered for name in _QUEUES) or (b"rq" in lowered and _SHORT.search(lowered) is not None)


def client_roots(source: bytes) -> frozenset[str]:
    """The libraries that a file may import, if it speaks of retries, whose clients can be told to retry."""
    lowered = source.lower()
    if b"retry" not in lowered and b"retries" not in lowered and _CONNECTING not in source:
        return frozenset()
    return frozenset(root for root in CLIENTS if root.encode() in source)


def _may_send_task(code: bytes) -> bool:
    """Is there a task that knows itself, and something that is sent off? Or one that is sent off by a text?"""
    if b"send_task" in code:
        return True
    is_sent = (b"apply_async" in code or b"delay" in code) and _IS_SENT.search(code) is not None
    return is_sent and _IS_TASK.search(code) is not None


def policy_roots_in(source: bytes) -> frozenset[str]:
    """The libraries of policies that a file may import."""
    if not any(name in source for name in _POLICIES) or not _POLICY.search(source):
        return frozenset()
    return frozenset(root.decode() for line in _imports_in(source) for root in _POLICY.findall(line))


def _imports_in(source: bytes) -> Iterator[bytes]:
    """Each line with an `import`, and what it is continued on and continues."""
    over = 0  # what stands before was given with another import
    for match in _IMPORT.finditer(source):
        start = source.rfind(b"\n", 0, match.start()) + 1
        while start > over and source.endswith(b"\\\n", 0, start):
            start = source.rfind(b"\n", 0, start - 1) + 1
        yield source[max(start, over) : match.end()]
        over = match.end()


def repeating_loops(seen: Screened, code: bytes) -> Sequence[int]:
    """Where loops begin that may repeat something, be it what another file gives them and makes nothing of its failure.

    `code` is what the screen saw it in, or should have.
    """
    if seen.code and (b"except" in code or not _PAUSE.search(code)):
        return seen.places[: seen.loops]
    heads = heads_of(code)
    return tuple(_loops_in(code, heads, bounds_of(code, heads), may_fail=True))


def _loops_in(code: bytes, heads: Iterable[Head], bounds: Iterable[int], may_fail: bool) -> Iterator[int]:
    """Where loops begin that hold a `try` or a `suppress`, or an act that they may do again by what that gave.

    What a loop was given, and calls until it gives something, is written elsewhere, with a `try` of its own:
    `may_fail` tells whether there may be one.
    """
    over = column = 0
    for head, bound in zip(heads, bounds, strict=True):
        if head.keyword not in _LOOPS or _is_comprehension(code, head):
            continue
        if head.start < over and head.column > column:
            continue  # what stands in a loop was seen with it
        start, column = head.start, head.column
        over = end_of_block(code, start, head.column, bound)
        if (
            code.find(b"suppress", start, over) >= 0
            or (code.find(b"except", start, over) >= 0 and _TRY.search(code, start, over))
            or _may_repeat_act(code, start, over)
            or (may_fail and any(map(_pauses, names_called(code, start, over))))
        ):
            yield start


def _is_comprehension(code: bytes, head: Head) -> bool:
    """Does a line surely go on with what stands in brackets? A loop has a colon, unless a bracket is still open."""
    end = code.find(b"\n", head.stop)
    end = len(code) if end < 0 else end
    return code.find(b":", head.stop, end) < 0 and all(
        code.count(opening, head.stop, end) <= code.count(closing, head.stop, end)
        for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
    )


def _may_repeat_act(code: bytes, start: int, end: int) -> bool:
    """Does a loop do something in the world, and let time pass or look at a number or a code?"""
    called = names_called(code, start, end)
    if not any(map(_acts, called)) and not _CHOSEN.search(code, start, end):
        return False
    return (
        any(map(_pauses, called))
        or _NUMBER.search(code, start, end) is not None
        or b"code" in code[start:end].lower()
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _acts(name: bytes) -> bool:
    return acts(name.decode(errors="replace"))


@lru_cache(maxsize=8192)
def _pauses(name: bytes) -> bool:
    return pauses(name.decode(errors="replace"))


def _recursions_in(code: bytes, heads: Iterable[Head], bounds: Iterable[int], source: bytes) -> Iterator[int]:
    """Where functions begin that are called within their own bodies: bare, on their first parameter, or on a class.
    Or within that of another function, which they call in turn; that one is told of too.
    """
    runs = _Runs(code, frozenset(_CLASS.findall(code)) | {b"__class__"})
    titles = frozenset(_TITLE.findall(source)) if any(word in code for word in TITLING) else frozenset()
    functions: list[_Function] = []
    for head, bound in zip(heads, bounds, strict=True):
        match = _NAME.match(code, head.stop) if head.keyword == b"def" else None
        if match is None:
            continue
        function = _Function(match[1], head.start, match.end(), head.column, bound)
        if function.name in titles or not function.name.isascii() or runs.holds(function.name, function):
            yield head.start
        functions.append(function)
    if b"except" in code:
        yield from runs.back(functions)


class _Function(NamedTuple):
    """A function: its name, where it begins, where its name ends, its column, and where its body is surely over."""

    name: bytes
    start: int
    head: int
    column: int
    bound: int

    def end(self, code: bytes) -> int:
        """Where its body ends."""
        return end_of_block(code, self.start, self.column, self.bound)


@dataclass(frozen=True)
class _Runs:
    """Looks for what runs a function again; `classes` are the names of those that a file defines."""

    code: bytes
    classes: frozenset[bytes]

    @cached_property
    def hands_on(self) -> bool:
        """Are there timers or queues that functions may be handed to?"""
        return any(word in self.code for word in HANDING)

    def holds(self, name: bytes, function: _Function) -> bool:
        """Is what may be the function of this name called in a function's body, or sent off, or handed on?"""
        code = self.code
        position = code.find(name, function.head, function.bound)
        end = function.end(code) if position >= 0 else position
        if position >= end:
            return False
        first = _FIRST_PARAMETER.match(code, function.head)
        own = first[1] if first else b""
        if code[function.head : function.head + 1] == b"[":
            return True  # type parameters may hold anything before the first parameter
        while position >= 0:
            before, behind = code[position - 1], position + len(name)
            if before not in _WORD_BYTES and before < 0x80 and self._is_run(position, behind, own):
                return True
            position = code.find(name, behind, end)
        return False

    def _is_run(self, start: int, end: int, own: bytes) -> bool:
        """Is a name called or sent off, or is it an argument in a file that hands functions to timers or queues?

        `own`: the function's first parameter.
        """
        if _CALLED.match(self.code, end) or _SENT.match(self.code, end):
            return self._may_be_its_own(start, own)
        is_given = _GIVEN.match(self.code, end) is not None and self._may_be_its_own(start, own)
        return is_given and self.hands_on

    def _may_be_its_own(self, position: int, own: bytes) -> bool:
        """Is a called name bare, or an attribute of what may be the function's own object or class?"""
        code = self.code
        if code[position - 1 : position].isspace():
            if not code[max(position - _LOOK_BACK, 0) : position].rstrip().endswith(b"."):
                return True
        elif code[position - 1 : position] != b".":
            return True
        start = max(position - _LOOK_BACK, 0)
        owner = _OWNER.search(code, start, position)
        if owner is None or self._owns(owner[1], own) or (owner[1] is None and b"\n" in owner[0]):
            return True
        closed = _CLOSED_OWNER.search(code, start, position)
        return closed is not None and self._owns(closed[1], own)

    def _owns(self, name: bytes | None, own: bytes) -> bool:
        return name is not None and (name == own or name in self.classes)

    def back(self, functions: Iterable[_Function]) -> Iterator[int]:
        """Where functions begin that catch something and call another one that calls them, or hands them to what may
        run them; and where the others begin.
        """
        named: dict[bytes, list[_Function]] = {}
        for each in functions:
            named.setdefault(each.name, []).append(each)
        speaking: dict[bytes, dict[bytes, list[_Function]]] = {}  # by their name, and by the words in them
        known: dict[tuple[bytes, bytes], bool] = {}  # a module may define the same two names thousands of times
        for catching in functions:
            position = self.code.find(b"except", catching.head, catching.bound)
            end = catching.end(self.code) if position >= 0 else position
            if position >= end:
                continue
            for called in named.keys() & _NAMES.findall(self.code, catching.head, end):
                pair = catching.name, called
                if pair not in known:
                    if called not in speaking:
                        speaking[called] = self._by_word(named[called])
                    others = speaking[called].get(catching.name, ())
                    calling = [other for other in others if self.holds(catching.name, other)]
                    known[pair] = bool(calling)
                    yield from (other.start for other in calling)
                if known[pair]:
                    yield catching.start

    def _by_word(self, functions: Iterable[_Function]) -> dict[bytes, list[_Function]]:
        """The functions in which a word stands, by that word."""
        found: dict[bytes, list[_Function]] = {}
        for function in functions:
            for word in set(_WORDS.findall(self.code, function.head, function.end(self.code))):
                found.setdefault(word, []).append(function)
        return found


def _is_exotic(source: bytes) -> bool:
    cookie = _COOKIE.search(source[: source.find(b"\n", source.find(b"\n") + 1)])
    return cookie is not None and not _ASCII_BASED.fullmatch(cookie[1])
