"""What the comments of a file silence, which of them silence nothing, and which are not what they look like."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from retrylint.checks.rules import UNUSED_IGNORE, UnknownCodeError, require_known
from retrylint.model import Finding, Span
from retrylint.sources import ignore, own
from retrylint.sources.comments import Comment, read_comments

Note = tuple[int, str]
"""A line, and what is wrong with a comment there."""


@dataclass(frozen=True, slots=True)
class Silenced:
    """What is left of a file's findings, and what is to be said of its comments."""

    findings: tuple[Finding, ...]
    notes: tuple[Note, ...] = ()


def silenced(
    findings: Sequence[Finding], source: str, filename: str, noqa: bool = True, checked: Collection[str] = ()
) -> Silenced:
    """The findings that no comment silences; without `noqa` only retrylint's own comments count.

    Where RTY901 is among the `checked` rules, comments that name checked rules and silence nothing are findings.
    """
    raw = ignore.lowered(source)
    owns, others = own.MENTION in raw, ignore.MENTION in raw
    if not owns and not others:
        return Silenced(tuple(findings))
    if not owns and UNUSED_IGNORE.code not in checked and not (b"rty" in raw and ignore.OURS.search(source)):
        return Silenced(ignore.without_silenced(findings, source) if noqa else tuple(findings))
    comments, statements = read_comments(source)
    read = list(own.read_ignores(comments)) if owns else []
    ignores = [each for each in read if isinstance(each, own.Ignore)]
    notes = [each for each in read if not isinstance(each, own.Ignore)]
    notes += [note for each in ignores for note in _unknown(each)]
    notes += [(each.line, said) for each in comments if (said := ignore.wrong_with(each.text))]
    told = [own.silenced(each, findings, statements) for each in ignores]
    left = [each for each in findings if not any(each in silent for silent in told)]
    if UNUSED_IGNORE.code in checked and not ignore.silences_file(source):
        unused = [*_unused(ignores, told), *ignore.unused_codes(comments, findings, source)]
        left += [_finding(*each, filename) for each in unused if _is_checked(each[1], checked)]
        left.sort(key=lambda each: (each.span.line, each.span.column, each.code))
    return Silenced(ignore.without_silenced(left, source) if noqa else tuple(left), tuple(sorted(notes)))


def _unknown(each: own.Ignore) -> Iterator[Note]:
    for code in each.codes or ():
        try:
            require_known(code)
        except UnknownCodeError as error:
            yield each.comment.line, str(error)


def _unused(ignores: Sequence[own.Ignore], told: Sequence[dict[Finding, str]]) -> Iterator[tuple[Comment, str]]:
    """Each word of a comment that silences nothing; "" for all rules."""
    for each, silent in zip(ignores, told, strict=True):
        words = each.codes if each.codes is not None else ("",)
        yield from ((each.comment, word) for word in words if not any(f.code.startswith(word) for f in silent))


def _is_checked(word: str, checked: Collection[str]) -> bool:
    return any(code.startswith(word) for code in checked if code != UNUSED_IGNORE.code)


def _finding(comment: Comment, word: str, filename: str) -> Finding:
    rule = UNUSED_IGNORE
    said = f"nothing here is silenced by {word}" if word else "nothing is silenced by this comment"
    span = Span(comment.line, comment.column, comment.line, comment.column + len(comment.text))
    mend = "take the code out of the comment, or the comment away" if word else "take the comment away"
    return Finding(rule.code, rule.name, said, filename, span, rule.severity, mend)
