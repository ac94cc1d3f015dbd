"""Comments that silence findings, with flake8's meaning: `# noqa`, `# noqa: RTY101`, `# flake8: noqa`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrylint.model import Finding
from retrylint.sources.comments import Comment

MENTION = b"noqa"
"""What stands in every source that has one of these comments, as `lowered` gives it."""
OURS = re.compile(r"noqa[^\n]*RTY", re.IGNORECASE)
"""A `noqa` that may be meant for retrylint's rules; it is looked for where `lowered` has its letters."""
_WHOLE_FILE = re.compile(r"\s*# flake8[:=]\s*noqa", re.IGNORECASE)
_INLINE = re.compile(r"# noqa(?::\s?(?P<codes>(?:[A-Z]+[0-9]+[,\s]*)+))?", re.IGNORECASE)
_BARE = re.compile(r"\s*:?\s*RTY(?!\w)", re.IGNORECASE)


def lowered(source: str) -> bytes:
    """A source with the letters of ASCII in lower case: made, and searched, many times as fast as its text."""
    return source.encode("utf-8", "surrogatepass").lower()


def without_silenced(findings: Sequence[Finding], source: str) -> tuple[Finding, ...]:
    """The findings that no comment of the source silences."""
    raw = lowered(source) if findings else b""
    if MENTION not in raw:
        return tuple(findings)
    lines = source.split("\n")
    if b"flake8" in raw and any(_WHOLE_FILE.match(line) for line in lines):
        return ()
    is_joined = any(_may_be_joined(lines, finding.span.line) for finding in findings)
    texts = dict(_comment_texts(source, lines)) if is_joined else {}
    physical = dict(enumerate(lines, 1))
    return tuple(
        finding
        for finding in findings
        if not silences(texts.get(finding.span.line) or physical.get(finding.span.line, ""), finding.code)
    )


def _may_be_joined(lines: Sequence[str], number: int) -> bool:
    """May a line of code share its comment with other lines, by a text over several lines or a backslash?"""
    line = lines[number - 1] if number <= len(lines) else ""
    before = lines[number - 2] if 2 <= number <= len(lines) else ""
    return '"""' in line or "'''" in line or line.endswith("\\") or before.endswith("\\")


def silences_file(source: str) -> bool:
    """Is there a line `# flake8: noqa`?"""
    return any(_WHOLE_FILE.match(line) for line in source.split("\n"))


def unused_codes(
    comments: Sequence[Comment], findings: Sequence[Finding], source: str
) -> Iterator[tuple[Comment, str]]:
    """Each code of retrylint's that a `# noqa` names and that silences none of these findings."""
    texts = dict(_comment_texts(source, source.split("\n")))
    for comment in comments:
        match = _INLINE.search(comment.text)
        if match is None or match["codes"] is None:
            continue
        here = texts.get(comment.line, comment.text)
        spoken_of = [each for each in findings if texts.get(each.span.line) == here]
        for code in filter(None, re.split(r"[,\s]+", match["codes"])):
            if code.startswith("RTY") and not any(each.code.startswith(code) for each in spoken_of):
                yield comment, code


def wrong_with(text: str) -> str:
    """What to say of a comment with `RTY` and no digits in its `# noqa`; nothing of all others."""
    match = _INLINE.search(text)
    bare = match and _BARE.match(text, match.end())
    if not match or not bare:
        return ""
    if match["codes"] is None:
        return "`# noqa: RTY` without digits silences every rule of every linter here; write `# retrylint: ignore[RTY]`"
    return "`RTY` without digits means nothing in `# noqa`; write `# retrylint: ignore[RTY]`"


def silences(text: str, code: str) -> bool:
    """Does the first `# noqa` of this text hold for the code? Without codes of its own it holds for all."""
    match = _INLINE.search(text)
    if match is None:
        return False
    codes = match["codes"]
    return codes is None or code.startswith(tuple(filter(None, re.split(r"[,\s]+", codes))))


def _comment_texts(source: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Each line with the text whose comment speaks for it.

    The lines of a multi-line string and lines joined by a backslash share one text; inside brackets each physical
    line stands alone.
    """
    import io
    import tokenize

    first, last = len(lines) + 1, 0
    try:
        for token in list(tokenize.generate_tokens(io.StringIO(source).readline)):
            if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
                continue
            first, last = min(first, token.start[0]), max(last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                text = "\n".join(lines[first - 1 : last])
                yield from ((line, text) for line in range(first, last + 1))
                first, last = len(lines) + 1, 0
    except (tokenize.TokenError, SyntaxError):
        return  # broken source has no logical lines: each physical line speaks for itself
