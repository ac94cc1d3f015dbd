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
from functools import lru_cache

from retrylint.brokenness import may_be_broken
from retrylint.item_screen import goes_over_items
from retrylint.layout import GAP, Head, bounds_of, code_of, end_of_block, heads_of, names_called
from retrylint.naming import acts, pauses
from retrylint.recursion_screen import recursions_in
from retrylint.twice_screen import second_calls_in
from retrylint.words import PAUSING

# roots of the libraries whose clients retry, as they stand in an import
CLIENTS = (
    "aiohttp_retry", "anthropic", "api_core", "azure", "boto", "celery", "elastic", "grpc", "httpx", "kombu",
    "langchain", "langgraph", "motor", "openai", "oslo", "pymongo", "redis", "requests", "slack_sdk",
    "stripe", "urllib3",
)  # fmt: skip
_CLIENT_ROOTS = tuple(root.encode() for root in CLIENTS)
# the libraries of policies; the words that they are called by stand in many a file that has none of them
_POLICIES = (b"retry", b"backoff", b"backon", b"opnieuw", b"stamina", b"tenacity")
_OF_POLICIES = (b"retr", b"backo", b"opnieuw", b"stamina", b"tenacity")  # each name has one of these in it
_POLICY = re.compile(rb"\b(?:aioretry|retrying|" + b"|".join(_POLICIES) + rb")\b")
_IMPORT = re.compile(rb"import\b[^\n#]*(?:\\\n[^\n#]*)*")
_FROM_TOP = re.compile(rb"\bfrom\s+(\w+)[\w.]*\s+import\b")
_CONNECTING = "ensure_connection"  # retries without a word of it

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"utf-?8(-sig)?|ascii|us-ascii|latin-?1|iso-?8859-?\d+|cp125\d", re.IGNORECASE)
_LOOPS = frozenset({b"for", b"while"})
_LEAVING = (b"return", b"break", b"while")  # a `while` loop in it may be left without one of the others
_GIVING_UP = (b"raise", b"exit", b"quit", b"fail", b"skip")  # with `flow.EXITS`
_TRY = re.compile(rb"\n +try\b")
_PAUSE = re.compile("|".join(sorted(PAUSING)).encode(), re.IGNORECASE)
_CHOSEN = re.compile(rb"\]" + GAP + rb"(?:\)" + GAP + rb")*\(")  # what is chosen by a key is called
# numbers that may be 0, or the status of a request; their first digit is looked for first
_NUMBER = re.compile(rb"[0-9](?<![\w.][0-9])(?:(?<=[2-5])[0-9]{2}(?![0-9])|(?<=0)(?!\.|[eE][0-9]|[jJ])|[0-9]*_)")
_QUEUES = (
    b"airflow", b"dagster", b"django_q", b"q_cluster", b"dramatiq", b"huey", b"prefect", b"procrastinate", b"taskiq",
    b"temporalio",
)  # fmt: skip
_SHORT = re.compile(rb"\barq\b|\brq\b|django_rq")  # other words hold these names
_IS_SENT = re.compile(rb"(?:apply_async|delay)" + GAP + rb"(?:\)" + GAP + rb")*\(")
_IS_TASK = re.compile(rb"\bbind\b|\bdef" + GAP + rb"run\b")


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


def screened(source: bytes, with_left_out: bool = True) -> Screened:
    """What the bytes of a file speak of. Without `with_left_out`, loops that only look like retries may be left out."""
    if _is_exotic(source):
        return Screened()
    code = code_of(source)
    heads = heads_of(code)
    sends = _may_send_task(code)
    bounds = bounds_of(code, heads)
    loops = tuple(_loops_in(code, heads, bounds, b"except" in code, with_left_out))
    recursions = tuple(recursions_in(code, heads, bounds, source))
    twice = tuple(second_calls_in(code, heads, bounds))
    importing = _importing(code)
    return Screened(
        library=sends or bool(policy_roots_in(importing)) or speaks_of_library(source, code, importing),
        loop=bool(loops),
        recursion=sends or bool(recursions),
        twice=bool(twice),
        broken=may_be_broken(code, heads),
        code=code,
        places=(*loops, *recursions, *twice),
        loops=len(loops),
    )


def may_hold_retry(source: bytes) -> bool:
    """May there be a retry in the file?"""
    return screened(source).may_retry


def speaks_of_library(source: bytes, code: bytes, importing: bytes) -> bool:
    """May the source use a library that retries, other than one of policies, by the words in it, in its `code`, and in
    what of that holds all imports?
    """
    lowered = source.lower()
    if b"retr" in lowered and (b"retry" in lowered or b"retries" in lowered):
        return b"task" in lowered or _may_import_client(importing) or _speaks_of_queue(lowered)
    if b"dramatiq" in importing or (b"attempts" in lowered and _speaks_of_queue(lowered)):
        return True  # dramatiq retries without being asked
    return _CONNECTING.encode() in code and _may_import_client(importing)


def _importing(code: bytes) -> bytes:
    """What of code holds all its imports: for most modules a small part."""
    end = code.rfind(b"import")
    if end < 0:
        return b""
    while (end := code.find(b"\n", end + 1)) >= 0 and code.endswith(b"\\", 0, end):
        pass  # it goes on in the next line
    return code if end < 0 else code[:end]


def _speaks_of_queue(lowered: bytes) -> bool:
    return any(name in lowered for name in _QUEUES) or (b"rq" in lowered and _SHORT.search(lowered) is not None)


def _may_import_client(importing: bytes) -> bool:
    return any(root in importing for root in _CLIENT_ROOTS)


def client_roots(lowered: str, code: bytes) -> frozenset[str]:
    """The libraries that code may import, if its source, in lower case, speaks of retries, whose clients can be told
    to retry.
    """
    if not any(word in lowered for word in ("retry", "retries", _CONNECTING)):
        return frozenset()
    importing = _importing(code)
    return frozenset(root for root, spelt in zip(CLIENTS, _CLIENT_ROOTS, strict=True) if spelt in importing)


def _may_send_task(code: bytes) -> bool:
    """Is there a task that knows itself, and something that is sent off? Or one that is sent off by a text?"""
    if b"send_task" in code:
        return True
    is_sent = (b"apply_async" in code or b"delay" in code) and _IS_SENT.search(code) is not None
    return is_sent and _IS_TASK.search(code) is not None


def policy_roots_in(source: bytes) -> frozenset[str]:
    """The libraries of policies that a file may import."""
    importing = _importing(source)
    if not any(part in importing for part in _OF_POLICIES):
        return frozenset()
    return frozenset(root.decode() for line in _imports_in(importing) for root in _POLICY.findall(_imported(line)))


def _imports_in(source: bytes) -> Iterator[bytes]:
    """Each line with an `import`, and what it is continued on and continues."""
    over = 0  # what stands before was given with another import
    for match in _IMPORT.finditer(source):
        start = source.rfind(b"\n", 0, match.start()) + 1
        while start > over and source.endswith(b"\\\n", 0, start):
            start = source.rfind(b"\n", 0, start - 1) + 1
        yield source[max(start, over) : match.end()]
        over = match.end()


def _imported(line: bytes) -> bytes:
    """What of a line with an `import` may name the library: all of it, but of one way from the top its beginning."""
    way = _FROM_TOP.search(line)
    return way[1] if way is not None and line.count(b"import") == 1 else line


def repeating_loops(seen: Screened, code: bytes) -> Sequence[int]:
    """Where loops begin that may repeat something, be it what another file gives them and makes nothing of its failure.

    `code` is what the screen saw it in, or should have.
    """
    if seen.code and (b"except" in code or not _PAUSE.search(code)):
        return seen.places[: seen.loops]
    heads = heads_of(code)
    return tuple(_loops_in(code, heads, bounds_of(code, heads), may_fail=True, with_left_out=True))


def _loops_in(
    code: bytes, heads: Iterable[Head], bounds: Iterable[int], may_fail: bool, with_left_out: bool
) -> Iterator[int]:
    """Where loops begin that hold a `try` or a `suppress`, or an act that they may do again by what that gave.

    What a loop was given, and calls until it gives something, is written elsewhere, with a `try` of its own:
    `may_fail` tells whether there may be one. Those that surely go over things only look like retries, and so do those
    that are over when their items are: a `for` loop that retries is left by a success, or gives up (RTY510).
    """
    over = column = 0
    for head, bound in zip(heads, bounds, strict=True):
        if head.keyword not in _LOOPS or _is_comprehension(code, head):
            continue
        if head.start < over and head.column > column:
            continue  # what stands in a loop was seen with it
        start, column = head.start, head.column
        over = end_of_block(code, start, head.column, bound)
        is_for = head.keyword == b"for"
        leaves = not is_for or _holds(code, start, over, _LEAVING)
        tries = code.find(b"suppress", start, over) >= 0 or (
            code.find(b"except", start, over) >= 0 and _TRY.search(code, start, over) is not None
        )
        if not tries and not (leaves and _may_repeat_act(code, start, over, may_fail)):
            continue
        if (
            with_left_out
            or not is_for
            or ((leaves or _holds(code, start, over, _GIVING_UP)) and not goes_over_items(code, head, over))
        ):
            yield start
        else:
            over = start  # a loop in it may be a retry


def _holds(code: bytes, start: int, end: int, words: Iterable[bytes]) -> bool:
    return any(code.find(word, start, end) >= 0 for word in words)


def _is_comprehension(code: bytes, head: Head) -> bool:
    """Does a line surely go on with what stands in brackets? A loop has a colon, unless a bracket is still open."""
    end = code.find(b"\n", head.stop)
    end = len(code) if end < 0 else end
    return code.find(b":", head.stop, end) < 0 and all(
        code.count(opening, head.stop, end) <= code.count(closing, head.stop, end)
        for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
    )


def _may_repeat_act(code: bytes, start: int, end: int, may_fail: bool) -> bool:
    """Does a loop do something in the world, and let time pass or look at a number or a code?

    With `may_fail`, letting time pass is enough.
    """
    called = names_called(code, start, end)
    waits = any(map(_pauses, called))
    if waits and may_fail:
        return True
    if not any(map(_acts, called)) and not _CHOSEN.search(code, start, end):
        return False
    return waits or _NUMBER.search(code, start, end) is not None or b"code" in code[start:end].lower()


@lru_cache(maxsize=8192)
def _acts(name: bytes) -> bool:
    return acts(name.decode(errors="replace"))


@lru_cache(maxsize=8192)
def _pauses(name: bytes) -> bool:
    return pauses(name.decode(errors="replace"))


def _is_exotic(source: bytes) -> bool:
    cookie = _COOKIE.search(source[: source.find(b"\n", source.find(b"\n") + 1)])
    return cookie is not None and not _ASCII_BASED.fullmatch(cookie[1])
