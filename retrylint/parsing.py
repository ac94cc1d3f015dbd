"""Text to the host's `ast`, or why there is none. What only a newer Python reads, libcst reads for it."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

from retrylint.code import TooDeepError
from retrylint.layout import code_of
from retrylint.model import NotAnalysed, Span
from retrylint.nesting import measure

if TYPE_CHECKING:
    from retrylint.study.newer import Newer

DEPTH_IS_GUARDED = (3, 11)
MOST_LEVELS = 50_000
MOST_FIELDS = 50_000  # 3 s
MOST_PARTS = 20_000  # 0.6 s
PARENTHESES_OPTIONAL = (3, 14)  # of exceptions behind `except` (PEP 758)
_OLD_HANDLER = re.compile(
    r"^[ \t]*except\b[ \t]*(?P<types>[^\n#:]*),[ \t]*(?P<name>[^\W\dA-Z]\w*)[ \t]*:", re.MULTILINE
)
# each piece of syntax that not all Pythons which run this can read (PEP 646, 654, 695, 696, 701, 750, 758, 798, 810)
_NEWER = re.compile(
    rb"\btype\s+\w|\b(?:def|class)\s+\w+\s*\[|\bexcept\b\s*(?:\*|[^\n:]*,)|\*[^\n]*(?:\]|\s*\bfor\b)|:\s*\*(?!\*)|\blazy\s"
)
_TEXT_WITH_FIELDS = re.compile(r"""\b(?:[fFtT][rR]?|[rR][fFtT])["']""")
_LONG_NAME = re.compile(r"(?:\.[ \t\\\n]*\w+[ \t\\\n]*){50,}")
_TOO_DEEP = NotAnalysed("nested too deeply for Python to read")


def parse(source: str) -> ast.Module | Newer | NotAnalysed:
    """The tree of a module."""
    if may_end_python(source):
        return _TOO_DEEP
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in someone's string is not our business
            tree = ast.parse(source)
    except SyntaxError as error:
        return _newer(source) or _syntax_error(source, error)
    except (RecursionError, MemoryError):
        return _TOO_DEEP
    except ValueError as error:  # a lone surrogate, for one
        return NotAnalysed(f"syntax error: {error}")
    line = old_handler(source) if sys.version_info >= PARENTHESES_OPTIONAL else None
    return tree if line is None else _python_2(line)


def may_end_python(source: str) -> bool:
    """Is this a text that Python's own parser dies of, or reads for minutes?

    Names of a hundred thousand parts and f-strings of as many fields take it quadratic time, up to Python 3.13 at
    least; and Python 3.10 dies of an expression of 200,000 levels. Only what may be one of these is measured.
    """
    is_long = sys.version_info < DEPTH_IS_GUARDED and len(source) > MOST_LEVELS
    if not (is_long or source.count("{") > MOST_FIELDS or _has_long_name(source)):
        return False
    nesting = measure(source)
    return nesting.depth > MOST_PARTS or nesting.fields > MOST_FIELDS


def _has_long_name(source: str) -> bool:
    if source.count(".") <= MOST_PARTS:
        return False
    return any(match[0].count(".") > MOST_PARTS for match in _LONG_NAME.finditer(source))


def old_handler(source: str) -> int | None:
    """The line of a Python 2 `except E, e:`, which since Python 3.14 may also mean two exceptions.

    Classes begin with a capital, or the module imports them, defines them or sets their names; a lower-case name of
    which none of this holds is the variable that the error is bound to.
    """
    for match in _OLD_HANDLER.finditer(source):
        types = match["types"].strip()
        if ("," not in types or types.endswith(")")) and not _is_known(match["name"], source):
            return source.count("\n", 0, match.start()) + 1
    return None


def _is_known(name: str, source: str) -> bool:
    """Does a module import or define this name, or set it?"""
    if re.search(rf"\bclass[ \t]+{name}\b|^[ \t]*{name}[ \t]*=[^=]", source, re.MULTILINE):
        return True
    imports = re.finditer(r"^[ \t]*(?:from\b[^\n]*?)?\bimport\b(?:[^\n(]*\([^)]*\)|[^\n]*)", source, re.MULTILINE)
    return any(re.search(rf"\b{name}\b", found[0]) for found in imports)


def _newer(source: str) -> Newer | None:
    """The module as libcst reads it, if it does."""
    if not _may_be_newer(source) or old_handler(source) is not None:
        return None
    from retrylint.study.newer import read_newer  # libcst is needed by few files, and takes long to import

    try:
        return read_newer(source)
    except TooDeepError:
        return None


def _may_be_newer(source: str) -> bool:
    if _TEXT_WITH_FIELDS.search(source):
        return True
    return _NEWER.search(code_of(source.encode("utf-8", "surrogatepass"))) is not None


def _syntax_error(source: str, error: SyntaxError) -> NotAnalysed:
    line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
    if line == old_handler(source):
        return _python_2(line)
    version = ".".join(map(str, sys.version_info[:2]))
    reason = f"syntax error: {error.msg} (line {line}, Python {version} cannot read it)"
    return NotAnalysed(reason, Span(line, column, line, column))


def _python_2(line: int) -> NotAnalysed:
    reason = f"syntax error: `except E, e:` is Python 2 (line {line}, write `except E as e:`)"
    return NotAnalysed(reason, Span(line, 1, line, 1))
