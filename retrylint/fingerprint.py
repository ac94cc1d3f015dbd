"""What makes a finding the same finding after an edit that has nothing to do with it.

A fingerprint is made of the rule, the path, the function, and the code of the statement that the finding begins with;
of several that agree in all that, each has its number. So lines may move, be wrapped, or get comments, and the rest of
the function may change.
"""

from __future__ import annotations

import tokenize
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from retrylint.model import Finding

LENGTH = 32  # hexadecimal digits: two findings of a run never share so many by chance
CLOSING = frozenset(")]}")
SILENT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT})
ENDS = frozenset({tokenize.NEWLINE, tokenize.ENDMARKER, tokenize.ERRORTOKEN})


def fingerprints(findings: Sequence[Finding], path: str, source: str) -> tuple[str, ...]:
    """One fingerprint for each finding of a file, in their order, each another one.

    `path` is the file's name as all runs call it, whatever folder they run in.
    """
    lines = source.splitlines(keepends=True)
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for finding in findings:
        function = finding.site.function if finding.site is not None else ""
        parts = (finding.code, path, function, statement(lines, finding.span.line, finding.span.column))
        ordinal = seen[parts]
        seen[parts] += 1
        told = "\0".join((*parts, str(ordinal)))
        found.append(sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH])
    return tuple(found)


def statement(lines: Sequence[str], line: int, column: int) -> str:
    """The code from this place to the end of its statement, or of its head, however it is laid out.

    Of a function only its name: its parameters may get others beside them, or types.
    """
    rest = iter([lines[line - 1][column - 1 :], *lines[line:]] if 0 < line <= len(lines) else [])
    words = tuple(_words(lambda: next(rest, "")))
    is_function = words[:1] == ("def",) or words[:2] == ("async", "def")
    return " ".join(words[: words.index("def") + 2] if is_function else words)


def _words(readline: Callable[[], str]) -> Iterator[str]:
    """The tokens up to the end of the statement, without what only lays it out."""
    held = ""
    try:
        for token in tokenize.generate_tokens(readline):
            if token.type in ENDS:
                return
            if token.type in SILENT:
                continue
            if held and token.string not in CLOSING:
                yield held
            held = "," if token.string == "," else ""
            if not held:
                yield token.string
    except (tokenize.TokenError, SyntaxError):
        return  # code that cannot be read is known by what comes before
