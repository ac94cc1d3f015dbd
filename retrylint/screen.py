"""Can these bytes hold a retry? A sound guess in a few searches: it never loses a site.

A file is worth reading when a function may call itself by one of the spellings that the sketch resolves, or may hand
itself to a timer or a queue, when a handler may make the call of its `try` again, or when it speaks of tasks and
retries. What bytes cannot tell (an encoding in which
`def` is spelt otherwise, a name outside ASCII, which Python may spell in several ways) is worth reading too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from retrylint.brokenness import may_be_broken
from retrylint.layout import GAP, code_of, end_of_block
from retrylint.naming import acts, pauses
from retrylint.twice_screen import may_call_twice

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
    "anthropic", "api_core", "azure", "boto", "celery", "elastic", "grpc", "httpx", "kombu", "langchain", "langgraph",
    "motor", "openai", "oslo", "pymongo", "redis", "requests", "slack_sdk", "stripe", "urllib3",
)  # fmt: skip
_CLIENT_ROOTS = tuple(root.encode() for root in CLIENTS)
_CONNECTING = b"ensure_connection"  # retries without a word of it

_WORD = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_DEFINITION = re.compile(rb"\n( *)(?:async" + GAP + rb")?def\b" + GAP + rb"(" + _WORD + rb")")
_CLASS = re.compile(rb"\bclass\b" + GAP + rb"(" + _WORD + rb")")
_FIRST_PARAMETER = re.compile(GAP + rb"(?:\[[^(]*\]" + GAP + rb")?\(" + GAP + rb"(" + _WORD + rb")")
_CALLED = re.compile(GAP + rb"(?:\)" + GAP + rb")*\(")
_CALLS = re.compile(rb"(" + _WORD + rb")" + _CALLED.pattern)
_CLOSED_OWNER = re.compile(rb"\(" + GAP + rb"(" + _WORD + rb")" + GAP + rb"(?:\)" + GAP + rb")+\." + GAP + rb"\Z")
_OWNER = re.compile(rb"(" + _WORD + rb")?" + GAP + rb"\." + GAP + rb"\Z")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"utf-?8(-sig)?|ascii|us-ascii|latin-?1|iso-?8859-?\d+|cp125\d", re.IGNORECASE)
_LOOP = re.compile(rb"\n( *)(?:async" + GAP + rb")?(?:for|while)\b")
_TRY = re.compile(rb"\n +try\b")
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
    """What the bytes of a file may be: a retry may be in them; or there is a sign that Python cannot read them."""

    may_retry: bool
    may_be_broken: bool


def screened(source: bytes) -> Screened:
    """Is there a reason to parse the file?"""
    if speaks_of_library(source) or _is_exotic(source):
        return Screened(True, True)
    code = code_of(source)
    if _may_send_task(code) or _may_loop(code) or _may_recur(code, source):
        return Screened(True, True)
    if b"except" in code and may_call_twice(code):
        return Screened(True, True)
    return Screened(False, may_be_broken(code))


def may_hold_retry(source: bytes) -> bool:
    """May there be a retry in the file?"""
    return screened(source).may_retry


def speaks_of_library(source: bytes) -> bool:
    """May the source use a library that retries, by the words in it?"""
    lowered = source.lower()
    if b"retry" in lowered or b"retries" in lowered:
        if b"task" in lowered or any(root in source for root in _CLIENT_ROOTS) or _speaks_of_queue(lowered):
            return True
    elif (b"attempts" in lowered and _speaks_of_queue(lowered)) or b"dramatiq" in lowered:
        return True  # dramatiq retries without being asked
    elif _CONNECTING in source and any(root in source for root in _CLIENT_ROOTS):
        return True
    return b"send_task" in source


def _speaks_of_queue(lowered: bytes) -> bool:
    return any(name in lowered for name in _QUEUES) or (b"rq" in lowered and _SHORT.search(lowered) is not None)


def client_roots(source: bytes) -> frozenset[str]:
    """The libraries that a file may import, if it speaks of retries, whose clients can be told to retry."""
    lowered = source.lower()
    if b"retry" not in lowered and b"retries" not in lowered and _CONNECTING not in source:
        return frozenset()
    return frozenset(root for root in CLIENTS if root.encode() in source)


def _may_send_task(code: bytes) -> bool:
    """Is there a task that knows itself, and something that is sent off?"""
    is_sent = (b"apply_async" in code or b"delay" in code) and _IS_SENT.search(code) is not None
    return is_sent and _IS_TASK.search(code) is not None


def _may_loop(code: bytes) -> bool:
    """May a loop hold a `try` or a `suppress`, or an act that it may do again because of what that gave?"""
    over = 0
    for match in _LOOP.finditer(code):
        start = match.start()
        if start < over or _is_comprehension(code, match):
            continue  # what stands in a loop was seen with it
        over = end_of_block(code, start, len(match[1]))
        if code.find(b"suppress", start, over) >= 0:
            return True
        if code.find(b"except", start, over) >= 0 and _TRY.search(code, start, over):
            return True
        if _may_repeat_act(code, start, over):
            return True
    return False


def _is_comprehension(code: bytes, match: re.Match[bytes]) -> bool:
    """Does a line surely go on with what stands in brackets? A loop has a colon, unless a bracket is still open."""
    end = code.find(b"\n", match.end())
    end = len(code) if end < 0 else end
    return code.find(b":", match.end(), end) < 0 and all(
        code.count(opening, match.end(), end) <= code.count(closing, match.end(), end)
        for opening, closing in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
    )


def _may_repeat_act(code: bytes, start: int, end: int) -> bool:
    """Does a loop do something in the world, and let time pass or look at a number or a code?"""
    called = _CALLS.findall(code, start, end)
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


def _may_recur(code: bytes, source: bytes) -> bool:
    """Is a function called within its own body: bare, on its first parameter, or on a class? Or within that of another
    function, which it calls in turn?
    """
    classes = frozenset(_CLASS.findall(code)) | {b"__class__"}
    catches = b"except" in code
    hands_on = any(word in code for word in HANDING)
    titles = any(word in code for word in TITLING)
    passed: list[tuple[re.Match[bytes], int]] = []
    for match in _DEFINITION.finditer(code):
        name = match[2]
        if not name.isascii():
            return True
        if titles and re.search(name + rb"[\"']", source):
            return True
        is_named_again = code.find(name, match.end()) >= 0
        if not is_named_again and not catches:
            continue
        end = end_of_block(code, match.start(), len(match[1]))
        passed.append((match, end))
        if is_named_again and _runs_itself(code, match, end, classes, hands_on):
            return True
    return catches and _may_call_back(code, passed, classes, hands_on)


def _may_call_back(
    code: bytes, definitions: list[tuple[re.Match[bytes], int]], classes: frozenset[bytes], hands_on: bool
) -> bool:
    """Does a function that catches something call another one that calls it, or hands it to what may run it?"""
    for match, end in definitions:
        name, body = match[2], code[match.end() : end]
        if b"except" not in body:
            continue
        position = code.find(name)
        while position >= 0:
            if not match.start() <= position < end and code[position - 1] not in _WORD_BYTES:
                for other, its_end in definitions:
                    if (
                        other.end() <= position < its_end
                        and other[2] in body
                        and _is_meant(code, position, other, name, classes, hands_on)
                    ):
                        return True
            position = code.find(name, position + len(name))
    return False


def _is_meant(
    code: bytes, position: int, within: re.Match[bytes], name: bytes, classes: frozenset[bytes], hands_on: bool
) -> bool:
    """Is a name called, or handed over, in a function where it may be that of the function beside it?"""
    first = _FIRST_PARAMETER.match(code, within.end())
    owners = classes | {first[1]} if first else classes
    behind = position + len(name)
    if _CALLED.match(code, behind):
        return code[within.end() : within.end() + 1] == b"[" or _may_be_its_own(code, position, owners)
    return hands_on and _may_be_handed(code, position, behind, owners)


def _runs_itself(
    code: bytes, match: re.Match[bytes], end: int, classes: frozenset[bytes], hands_on: bool
) -> bool:  # fmt: skip
    """Is a function called in its own body, or sent off as a task, or handed to what may run it?"""
    name = match[2]
    first = _FIRST_PARAMETER.match(code, match.end())
    owners = classes | {first[1]} if first else classes
    if code[match.end() : match.end() + 1] == b"[":
        return True  # type parameters may hold anything before the first parameter
    position = code.find(name, match.end(), end)
    while position >= 0:
        before, behind = code[position - 1], position + len(name)
        if before not in _WORD_BYTES and before < 0x80:
            is_meant = _CALLED.match(code, behind) or _SENT.match(code, behind)
            if is_meant and _may_be_its_own(code, position, owners):
                return True
            if not is_meant and hands_on and _may_be_handed(code, position, behind, owners):
                return True
        position = code.find(name, position + len(name), end)
    return False


def _may_be_handed(code: bytes, start: int, end: int, owners: frozenset[bytes]) -> bool:
    """Is a name an argument, in a file that hands functions to timers or queues?"""
    return _GIVEN.match(code, end) is not None and _may_be_its_own(code, start, owners)


def _may_be_its_own(code: bytes, position: int, owners: frozenset[bytes]) -> bool:
    """Is a called name bare, or an attribute of what may be the function's own object or class?"""
    if code[position - 1 : position].isspace():
        if not code[max(position - _LOOK_BACK, 0) : position].rstrip().endswith(b"."):
            return True
    elif code[position - 1 : position] != b".":
        return True
    start = max(position - _LOOK_BACK, 0)
    owner = _OWNER.search(code, start, position)
    if owner is None or owner[1] in owners or (owner[1] is None and b"\n" in owner[0]):
        return True
    closed = _CLOSED_OWNER.search(code, start, position)
    return closed is not None and closed[1] in owners


def _is_exotic(source: bytes) -> bool:
    cookie = _COOKIE.search(source[: source.find(b"\n", source.find(b"\n") + 1)])
    return cookie is not None and not _ASCII_BASED.fullmatch(cookie[1])
