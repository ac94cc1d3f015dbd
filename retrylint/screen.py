"""Can these bytes hold a retry? A sound guess in a few searches: it never loses a site.

A file is worth reading when a function may call itself by one of the spellings that the sketch resolves, or may hand
itself to a timer or a queue, when a handler may make the call of its `try` again, or when it speaks of tasks and
retries. What bytes cannot tell (an encoding in which
`def` is spelt otherwise, a name outside ASCII, which Python may spell in several ways) is worth reading too.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from retrylint.layout import GAP, depth, is_whole, normalised
from retrylint.twice_screen import may_call_twice
from retrylint.words import ACTING, PAUSING

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
# the libraries of policies; the words that they are called by stand in many a file that has none of them
_POLICY = re.compile(rb"\b(?:aioretry|backoff|backon|opnieuw|retry|retrying|stamina|tenacity)\b")
_IMPORT = re.compile(rb"\b(?:from|import)\b[^\n#]*(?:\\\n[^\n#]*)*")
_CONNECTING = b"ensure_connection"  # retries without a word of it

_WORD = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_DEFINITION = re.compile(
    rb"^([ \t\f]*)(?:\\\n[ \t\f]*)*(?:async" + GAP + rb")?def\b" + GAP + rb"(" + _WORD + rb")", re.MULTILINE
)
_CLASS = re.compile(rb"\bclass\b" + GAP + rb"(" + _WORD + rb")")
_FIRST_PARAMETER = re.compile(GAP + rb"(?:\[[^(]*\]" + GAP + rb")?\(" + GAP + rb"(" + _WORD + rb")")
_CALLED = re.compile(GAP + rb"(?:\)" + GAP + rb")*\(")
_CLOSED_OWNER = re.compile(rb"\(" + GAP + rb"(" + _WORD + rb")" + GAP + rb"(?:\)" + GAP + rb")+\." + GAP + rb"\Z")
_OWNER = re.compile(rb"(" + _WORD + rb")?" + GAP + rb"\." + GAP + rb"\Z")
_NEXT = re.compile(rb"^([ \t\f]*)(?:def|class|async|if __name__)", re.MULTILINE)
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_ASCII_BASED = re.compile(rb"utf-?8(-sig)?|ascii|us-ascii|latin-?1|iso-?8859-?\d+|cp125\d", re.IGNORECASE)
_LOOP = re.compile(rb"^([ \t\f]*)(?:async" + GAP + rb")?(?:for|while)\b", re.MULTILINE)
_TRY = re.compile(rb"^([ \t\f]*)try\b", re.MULTILINE)
_BY_KEY = rb"\](?:\)|" + GAP[3:-2] + rb")*\("  # what is chosen by a key is called
_ACT = re.compile("|".join(sorted(ACTING)).encode() + rb"|" + _BY_KEY, re.IGNORECASE)
_TELLING = re.compile("|".join((*sorted(PAUSING), r"code", r"\b0\b", r"\b[2-5]\d\d\b")).encode(), re.IGNORECASE)
_TASK = re.compile(rb"task", re.IGNORECASE)
_RETRY = re.compile(rb"retry|retries", re.IGNORECASE)
_QUEUE = re.compile(
    rb"airflow|\barq\b|dagster|django_q|Q_CLUSTER|dramatiq|huey|prefect|procrastinate|\brq\b|django_rq|taskiq|temporalio",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(rb"retry|retries|attempts|dramatiq", re.IGNORECASE)  # the last retries without being asked
_CLOSED = rb"(?:" + GAP + rb"\))*" + GAP
_SENT = re.compile(_CLOSED + rb"\." + GAP + rb"(?:" + rb"|".join(sorted(OF_A_TASK)) + rb")\b")
_GIVEN = re.compile(GAP + rb"[,)]")
_IS_SENT = re.compile(rb"(?:apply_async|delay)" + GAP + rb"(?:\)" + GAP + rb")*\(")
_IS_TASK = re.compile(rb"\bbind\b|\bdef" + GAP + rb"run\b")
_LOOK_BACK = 200  # bytes before a name in which its owner is looked for
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def may_hold_retry(source: bytes) -> bool:
    """Is there a reason to parse the file?"""
    if _RETRY.search(source) and _TASK.search(source):
        return True
    if client_roots(source) or policy_roots_in(source):
        return True
    if _QUEUE.search(source) and _ASKED_FOR.search(source):
        return True
    if b"send_task" in source or (_IS_SENT.search(source) and _IS_TASK.search(source)):
        return True
    if _is_exotic(source):
        return True
    source = normalised(source)
    return _may_loop(source) or _may_recur(source) or (b"except" in source and may_call_twice(source))


def client_roots(source: bytes) -> frozenset[str]:
    """The libraries that a file may import, if it speaks of retries, whose clients can be told to retry."""
    if not _RETRY.search(source) and _CONNECTING not in source:
        return frozenset()
    return frozenset(root for root in CLIENTS if root.encode() in source)


def policy_roots_in(source: bytes) -> frozenset[str]:
    """The libraries of policies that a file may import."""
    if not _POLICY.search(source):
        return frozenset()
    return frozenset(root.decode() for match in _IMPORT.finditer(source) for root in _POLICY.findall(match[0]))


def _may_loop(source: bytes) -> bool:
    """May a loop hold a `try` or a `suppress`, or an act that it may do again because of what that gave?"""
    loops = [(match.end(), depth(match[1])) for match in _LOOP.finditer(source)]
    if not loops:
        return False
    tries = [(match.start(), depth(match[1])) for match in _TRY.finditer(source)]
    following = [(match.start(), depth(match[1])) for match in _NEXT.finditer(source)]
    starts = [start for start, _ in following]
    for start, column in loops:
        end = _end_of_block(source, start, column, following[bisect_left(starts, start) :])
        first = bisect_left(tries, (start, 0))
        if any(inner > column for position, inner in tries[first:] if position < end):
            return True
        if source.find(b"suppress", start, end) >= 0:
            return True
        if _TELLING.search(source, start, end) and _ACT.search(source, start, end):
            return True
    return False


def _may_recur(source: bytes) -> bool:
    """Is a function called within its own body: bare, on its first parameter, or on a class? Or within that of another
    function, which it calls in turn?
    """
    ends = [(match.start(), depth(match[1])) for match in _NEXT.finditer(source)]
    classes = frozenset(_CLASS.findall(source)) | {b"__class__"}
    catches = b"except" in source
    following = 0
    passed: list[tuple[re.Match[bytes], int]] = []
    for match in _DEFINITION.finditer(source):
        name = match[2]
        if not name.isascii():
            return True
        while following < len(ends) and ends[following][0] <= match.start():
            following += 1
        is_named_again = source.find(name, match.end()) >= 0
        if not is_named_again and not catches:
            continue
        end = _end_of_block(source, match.end(), depth(match[1]), ends[following:])
        passed.append((match, end))
        if is_named_again and _runs_itself(source, match, end, classes):
            return True
    return catches and _may_call_back(source, passed, classes)


def _may_call_back(source: bytes, definitions: list[tuple[re.Match[bytes], int]], classes: frozenset[bytes]) -> bool:
    """Does a function that catches something call another one that calls it, or hands it to what may run it?"""
    for match, end in definitions:
        name, body = match[2], source[match.end() : end]
        if b"except" not in body:
            continue
        position = source.find(name)
        while position >= 0:
            if not match.start() <= position < end and source[position - 1] not in _WORD_BYTES:
                for other, its_end in definitions:
                    if (
                        other.end() <= position < its_end
                        and other[2] in body
                        and _is_meant(source, position, other, name, classes)
                    ):
                        return True
            position = source.find(name, position + len(name))
    return False


def _is_meant(source: bytes, position: int, within: re.Match[bytes], name: bytes, classes: frozenset[bytes]) -> bool:
    """Is a name called, or handed over, in a function where it may be that of the function beside it?"""
    first = _FIRST_PARAMETER.match(source, within.end())
    owners = classes | {first[1]} if first else classes
    behind = position + len(name)
    if _CALLED.match(source, behind):
        return source[within.end() : within.end() + 1] == b"[" or _may_be_its_own(source, position, owners)
    return _may_be_handed(source, position, behind, owners)


def _runs_itself(source: bytes, match: re.Match[bytes], end: int, classes: frozenset[bytes]) -> bool:
    """Is a function called in its own body, or sent off as a task, or handed to what may run it?"""
    name = match[2]
    first = _FIRST_PARAMETER.match(source, match.end())
    owners = classes | {first[1]} if first else classes
    if source[match.end() : match.end() + 1] == b"[":
        return True  # type parameters may hold anything before the first parameter
    position = source.find(name, match.end(), end)
    while position >= 0:
        before, behind = source[position - 1], position + len(name)
        if before not in _WORD_BYTES and before < 0x80:
            is_meant = _CALLED.match(source, behind) or _SENT.match(source, behind)
            if is_meant and _may_be_its_own(source, position, owners):
                return True
            if not is_meant and _may_be_handed(source, position, behind, owners):
                return True
        position = source.find(name, position + len(name), end)
    return False


def _may_be_handed(source: bytes, start: int, end: int, owners: frozenset[bytes]) -> bool:
    """Is a name an argument, or a text, in a file that hands functions to timers or queues?"""
    if source[end : end + 1] in (b"'", b'"'):
        return any(word in source for word in TITLING)
    is_given = _GIVEN.match(source, end) is not None and _may_be_its_own(source, start, owners)
    return is_given and any(word in source for word in HANDING)


def _end_of_block(source: bytes, start: int, indent: int, ends: list[tuple[int, int]]) -> int:
    """Where the body surely is over: at a definition that is not deeper, unless a text in triple quotes holds it."""
    for position, column in ends:
        if column <= indent and is_whole(source[start:position]):
            return position
    return len(source)


def _may_be_its_own(source: bytes, position: int, owners: frozenset[bytes]) -> bool:
    """Is a called name bare, or an attribute of what may be the function's own object or class?"""
    if source[position - 1 : position].isspace():
        before = source[max(position - _LOOK_BACK, 0) : position].rstrip()
        if not before.endswith((b".", b"\\")) and b"#" not in before.rpartition(b"\n")[2]:
            return True
    elif source[position - 1 : position] != b".":
        return True
    start = max(position - _LOOK_BACK, 0)
    owner = _OWNER.search(source, start, position)
    if owner is None or owner[1] in owners or (owner[1] is None and b"\n" in owner[0]):
        return True  # behind a line break, the owner may stand before a comment of any length
    closed = _CLOSED_OWNER.search(source, start, position)
    return closed is not None and closed[1] in owners


def _is_exotic(source: bytes) -> bool:
    cookie = _COOKIE.search(source[: source.find(b"\n", source.find(b"\n") + 1)])
    return cookie is not None and not _ASCII_BASED.fullmatch(cookie[1])
