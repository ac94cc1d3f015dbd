"""Tables in Markdown, as GitHub and GitLab show them in a comment.

The form is that of the "GitHub Flavored Markdown Spec", section "Tables (extension)". Code spans keep what stands in
the source from being read as markup; what is there no code span is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from retrylint.model import LeftOut, RetrySite
from retrylint.reports.table import HEADINGS, LEFT_OUT_HEADINGS, NO_SITES, left_out_row, site_row
from retrylint.reports.terminal import visible

_CODE = frozenset({"where", "function", "catches", "left out"})  # columns with words of the source
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&])")


def sites_markdown(sites: Iterable[tuple[str, RetrySite]]) -> str:
    """A table with a row a site; no sites are one line that says so."""
    rows = [site_row(path, site) for path, site in sites]
    return _table(HEADINGS, rows) if rows else NO_SITES


def left_out_markdown(left_out: Iterable[tuple[str, LeftOut]]) -> str:
    """A table of what looks like a retry and is none."""
    return _table(LEFT_OUT_HEADINGS, [left_out_row(path, each) for path, each in left_out])


def heading(title: str, count: str) -> str:
    """The heading of a group, and an empty line."""
    return f"### {_escaped(title)}: {count}\n"


def text_block(text: str) -> str:
    """A text as it is, in a fence that is longer than any in it."""
    longest = max((len(each) for each in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = ([_cell(name, text) for name, text in zip(headings, row, strict=True)] for row in rows)
    lines = [headings, ["---"] * len(headings), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(column: str, text: str) -> str:
    return _code(text) if column in _CODE and text != "?" else _escaped(text)


def _code(text: str) -> str:
    """A code span in a cell: backquotes end none, and a bar starts no other cell."""
    shown = visible(text).replace("|", "\\|")
    longest = max((len(each) for each in re.findall(r"`+", shown)), default=0)
    mark = "`" * (longest + 1)
    return f"{mark} {shown} {mark}" if longest else f"{mark}{shown}{mark}"


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", visible(text))
