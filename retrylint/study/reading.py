"""The one way to libcst: nothing is read that could end the process, and whatever goes wrong is an exception.

Before libcst sees a text, `nesting` measures it: depth and width beyond these limits end the process, or take minutes
(measured with libcst 1.9: it ends at 1,000 to 3,000 nested brackets and at 10,000 operands of `and`, and takes four
times as long for each bracket of a pattern).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst

from retrylint import code
from retrylint.nesting import measure
from retrylint.study.positions import Positions

MOST_LEVELS = 300  # libcst's code generation, which tells the positions, uses up Python's recursion limit at some 326
MOST_IN_PATTERN = 6  # brackets within brackets of a `case`
MOST_TOKENS = 200_000  # some 5 s, and 800 MB


class UnreadableError(ValueError):
    """libcst does not know what this text means."""


def read(text: str) -> tuple[cst.Module, Positions]:
    """A text as libcst's tree, with the place of every node. Raises `code.TooDeepError` and `UnreadableError`."""
    _refuse_what_kills(text)
    try:
        with unwarned():
            module = cst.parse_module(text)
            return module, Positions(module)
    except (RecursionError, MemoryError):
        raise code.TooDeepError("nested deeper than libcst reads") from None
    except Exception as error:
        raise UnreadableError("written in a way that libcst cannot read") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # how its parser says that it is broken: no `Exception`
            raise
        raise UnreadableError("written in a way that libcst cannot read") from None


@contextmanager
def unwarned() -> Iterator[None]:
    """An invalid escape in someone's string is not our business: without Python's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _refuse_what_kills(text: str) -> None:
    nesting = measure(text)
    if nesting.depth > MOST_LEVELS:
        raise code.TooDeepError(f"nested deeper than {MOST_LEVELS} levels")
    if nesting.pattern > MOST_IN_PATTERN:
        raise code.TooDeepError(f"nested deeper than {MOST_IN_PATTERN} levels in a pattern")
    if nesting.tokens > MOST_TOKENS:
        raise code.TooDeepError(f"longer than {MOST_TOKENS:,} tokens")
