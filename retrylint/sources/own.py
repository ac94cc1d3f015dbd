"""retrylint's own comment, `# retrylint: ignore[RTY101] reason`, which other linters leave alone.

It stands on any line of the statement that a finding stands in (decorators belong to it), alone on the line above, or
on any line of the retry that the finding speaks of. Where retries stand within each other, the innermost is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrylint.model import Finding
from retrylint.sources.comments import Comment, Statement, lines_of_statement

MENTION = b"retrylint"
"""What stands in every source that has one of these comments, in lower case."""
_BEGINNING = re.compile(r"#\s*retrylint\s*:", re.IGNORECASE)
_FORM = re.compile(r"#\s*retrylint\s*:\s*(?P<what>\w*)(?:\s*\[(?P<codes>[^\]]*)\])?(?P<rest>.*)", re.IGNORECASE)
_CODE = re.compile(r"[A-Z]+[0-9]*")
_BARE_CODE = re.compile(r"\W*RTY\d", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ignore:
    """A comment that is meant to silence: `codes` are codes or prefixes, None stands for all rules."""

    comment: Comment
    codes: tuple[str, ...] | None

    def names(self, code: str) -> str | None:
        """What of the comment names this code, or None; "" where it names all."""
        if self.codes is None:
            return ""
        return next((each for each in self.codes if code.startswith(each)), None)


def read_ignores(comments: Sequence[Comment]) -> Iterator[Ignore | tuple[int, str]]:
    """Each comment of this form, or the line of one that is malformed with what is wrong with it."""
    for comment in comments:
        match = _BEGINNING.search(comment.text)
        if match is None:
            continue
        form = _FORM.match(comment.text, match.start())
        wrong = _wrong_with(form)
        if form is None or wrong:
            yield comment.line, wrong
        elif form["codes"] is None:
            yield Ignore(comment, None)
        else:
            yield Ignore(comment, tuple(word.upper() for word in re.split(r"[,\s]+", form["codes"]) if word))


def _wrong_with(form: re.Match[str] | None) -> str:
    """Why a comment silences nothing, or nothing."""
    if form is None or form["what"].lower() != "ignore":
        return "this comment does nothing; write `# retrylint: ignore[CODE] reason`"
    if form["codes"] is None and (_BARE_CODE.match(form["rest"]) or form["rest"].startswith("[")):
        return "this comment does nothing; its codes stand in brackets: `# retrylint: ignore[CODE] reason`"
    if form["codes"] is not None and not all(
        _CODE.fullmatch(word.upper()) for word in re.split(r"[,\s]+", form["codes"].strip())
    ):
        return "this comment does nothing; its codes are separated by commas: `# retrylint: ignore[CODE, CODE] reason`"
    return ""


def silenced(ignore: Ignore, findings: Sequence[Finding], statements: Sequence[Statement]) -> dict[Finding, str]:
    """The findings that a comment silences, each with the word of the comment that names it."""
    named = {finding: word for finding in findings if (word := ignore.names(finding.code)) is not None}
    here = ignore.comment.speaks_for
    found: dict[Finding, str] = {}
    for code in dict.fromkeys(finding.code for finding in named):
        of_code = [finding for finding in named if finding.code == code]
        at = [each for each in of_code if here & {*lines_of_statement(statements, each.span.line)}]
        found |= {each: named[each] for each in at or _innermost(of_code, here, statements)}
    return found


def _innermost(findings: Sequence[Finding], here: frozenset[int], statements: Sequence[Statement]) -> list[Finding]:
    """Those of the smallest retry around these lines."""
    around = [(len(lines), each) for each in findings if here & {*(lines := _lines_of_site(each, statements))}]
    least = min((size for size, _ in around), default=0)
    return [each for size, each in around if size == least]


def _lines_of_site(finding: Finding, statements: Sequence[Statement]) -> range:
    site = finding.site
    if site is None:
        return range(0)
    head = lines_of_statement(statements, site.span.line)
    return range(head.start, max(head.stop, site.span.end_line + 1))
