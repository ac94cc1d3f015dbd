"""What a module's text tells of it without a tree: a first look, which rules out most of what could be looked up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retrylint.excerpt import Skeleton, skeleton_of
from retrylint.layout import code_of, end_of_block, is_whole
from retrylint.screen import Screened, policy_roots_in, repeating_loops, screened

_FROM = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n#\\]|\\\n)*)", re.MULTILINE)
_NAME = re.compile(r"(\w+)(?:[ \t]+as[ \t]+(\w+))?")
_CLASS = re.compile(r"^class[ \t]+(\w+)[ \t]*\(([^)]*)\)", re.MULTILINE)
_WORD = re.compile(rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*")
_DEFINED = re.compile(rb"\n(?:async\s+)?(?:def|class)\s+([\w\x80-\xff]+)")
_INNER = re.compile(rb"\n +(?:async\s+)?(?:def|class)\s+([\w\x80-\xff]+)")
_SET = re.compile(rb"\n( *)([\w\x80-\xff]+) *(?::[^\n=]*)?=(?!=)")
_FUNCTION = re.compile(rb"\bdef\s+[\w\x80-\xff]+\s*[(\[]")
_PARAMETER = re.compile(rb"[(,*]\s*([A-Za-z_\x80-\xff][\w\x80-\xff]*)")
_CALLED = re.compile(rb"(\.\s*)?\b([A-Za-z_\x80-\xff][\w\x80-\xff]*)\s*\(")
_USED = re.compile(rb"\b([\w\x80-\xff]+)\s*\(|(?:@|\bin\b)\s*(?:[\w\x80-\xff]+\s*\.\s*)*([\w\x80-\xff]+)\b(?!\s*[(.])")
_STARRED = re.compile(rb"[(,]\s*\*")
_KEPT = re.compile(rb"\.\s*([\w\x80-\xff]+)\s*(?::[^\n=]*)?=(?!=)")
_LONGEST_HEAD = 100  # lines of the parameters of a function


@dataclass(frozen=True, slots=True)
class Source:
    """A module's text, and what the screen saw in it.

    `loops`: where those begin that may repeat what they are given; `policies`: the roots of libraries of policies.
    """

    text: str
    screened: Screened
    loops: Sequence[int] = ()
    policies: frozenset[str] = frozenset()

    @property
    def code(self) -> bytes:
        """The text as `layout.code_of` gives it."""
        return self.screened.code or code_of(self.text.encode("utf-8", "surrogatepass"))

    def skeleton(self) -> Skeleton:
        """The module without its functions; all of it where nothing tells where these end."""
        return Skeleton() if self.screened.broken else skeleton_of(self.code)

    def is_plain_function(self, name: str) -> bool:
        """Does a name of the module surely stand for a function, and for nothing else?"""
        text = self.text
        if f"\ndef {name}(" not in text and f"\nasync def {name}(" not in text:
            return False
        return not any(each in text for each in (f"{name} =", f"{name}=", f"{name}:", f"class {name}"))


def source_of(text: str) -> Source:
    """What the screen sees in a text. The code is kept where the text may hold a retry, or a helper that retries."""
    raw = text.encode("utf-8", "surrogatepass")
    seen = screened(raw)
    loops = repeating_loops(seen, seen.code or code_of(raw))
    policies = policy_roots_in(raw)
    is_of_use = seen.may_retry or loops or policies
    return Source(text, seen if is_of_use else replace(seen, code=b""), loops, policies)


def imported(source: str) -> Iterator[tuple[str, str]]:
    """The names that a text imports from modules, by their names there; cheap, and good enough for a first look."""
    for match in _FROM.finditer(source):
        joint = "" if match[1].endswith(".") else "."
        yield from ((each[2] or each[1], f"{match[1]}{joint}{each[1]}") for each in _NAME.finditer(match[2]))


def bases_in(source: str) -> Mapping[str, Sequence[str]]:
    """The words between the brackets of each class at the top of a text."""
    return {match[1]: re.findall(r"\w+", match[2]) for match in _CLASS.finditer(source)}


def may_have_helper(source: Source, words: frozenset[str]) -> bool:
    """May a module have a function or a class that retries what it is given?

    `words`: what it may leave that to, where it calls these, decorates with them or iterates over them. What a loop
    retries for a caller is called by a name that the caller's arguments have, or is handed what they were.
    """
    if any(word in source.text for word in words) and any(True for _ in uses_of(words, source.code)):
        return True
    return bool(source.loops) and any(True for _ in loops_of_helpers(source))


def names_set_to(source: Source, words: frozenset[str]) -> frozenset[str]:
    """The names at the top of a module that are set to what is made of something of these names, or of one another."""
    if not any(word in source.text for word in words):
        return frozenset()
    code = source.code
    rest = [
        (each.names, set(_WORD.findall(code, each.start, each.end)))
        for each in _parts(code)
        if not each.is_definition
    ]  # fmt: skip
    names, known = {word.encode() for word in words}, len(words) - 1
    found: set[bytes] = set()
    while len(names) > known:
        known = len(names)
        found.update(name for own, spoken in rest if not names.isdisjoint(spoken) for name in own)
        names |= found
    return frozenset(name.decode(errors="replace") for name in found)


def loops_of_helpers(source: Source) -> Iterator[int]:
    """Where the loops of a module begin that may repeat what the functions around them are given."""
    code = source.code
    return _loops_over_given(source, code, list(_parts(code)))


def _loops_over_given(source: Source, code: bytes, parts: Sequence[_Part]) -> Iterator[int]:
    return (start for each in parts for start in each.of(source.loops) if _repeats_given(code, start, each))


def uses_of(names: frozenset[str], code: bytes) -> Iterator[int]:
    """Where code calls what has one of these last names, decorates something with it, or iterates over it."""
    known = {name.encode() for name in names if name.encode() in code}
    found = _USED.finditer(code) if known else ()
    return (match.end() - 1 for match in found if match[1] in known or match[2] in known)


@dataclass(frozen=True, slots=True)
class _Part:
    """A definition at the top of a module, or what stands between two of them, with the names that it binds."""

    names: tuple[bytes, ...]
    start: int
    end: int
    is_definition: bool = False

    def of(self, places: Iterable[int]) -> Iterator[int]:
        """The places that are in it."""
        return (each for each in places if self.start <= each < self.end)


def _parts(code: bytes) -> Iterator[_Part]:
    over = 0
    for match in _DEFINED.finditer(code):
        if match.start() < over:
            continue
        yield from _between(code, over, match.start())
        over = end_of_block(code, match.start(), 0)
        yield _Part((match[1],), match.start(), over, is_definition=True)
    yield from _between(code, over, len(code))


def _between(code: bytes, start: int, end: int) -> Iterator[_Part]:
    """What stands between two definitions: each statement that sets a name, and all of it for names that are deeper."""
    inner: list[bytes] = _INNER.findall(code, start, end)
    for match in _SET.finditer(code, start, end):
        if match[1]:
            inner.append(match[2])
        else:
            yield _Part((match[2],), match.start(), end_of_block(code, match.start(), 0, end))
    if inner:
        yield _Part(tuple(inner), start, end)


def _repeats_given(code: bytes, start: int, part: _Part) -> bool:
    """May a loop call what the functions around it were given, or hand their arguments on?"""
    column = 0
    while code[start + 1 + column : start + 2 + column] == b" ":
        column += 1
    end = end_of_block(code, start, column, part.end)
    if _STARRED.search(code, start, end):
        return True
    called = _CALLED.findall(code, start, end)
    plain = {name for dot, name in called if not dot}
    members = {name for dot, name in called if dot}
    return not plain.isdisjoint(_parameters(code, part)) or not members.isdisjoint(
        _KEPT.findall(code, part.start, part.end)
    )


def _parameters(code: bytes, part: _Part) -> Iterator[bytes]:
    """The parameters of the functions in a part, and other words of their heads."""
    for match in _FUNCTION.finditer(code, part.start, part.end):
        end = match.end()
        for _ in range(_LONGEST_HEAD):
            end = code.find(b"\n", end + 1)
            end = len(code) if end < 0 else end
            if end >= part.end or is_whole(code, match.start(), end):
                break
        yield from _PARAMETER.findall(code, match.start(), end)
