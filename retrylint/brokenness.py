"""May Python refuse to read this code? A cheap look, for what holds no retry and would be parsed for that alone."""

from __future__ import annotations

import re

from retrylint.layout import is_whole

_SMALL = 1024  # bytes that are parsed in less time than they are looked at
# a header without its colon; a statement of Python 2; marks of a merge
_ODD_LINE = re.compile(
    rb"\n *(?:(?:def|class|while|try|except|finally)\b[^:\n]*(?=\n)"
    rb"|(?:print|exec) +[\w>-]|print *\n|raise +[\w.]+ *,|except +[\w.]+ *,|except *\([^)\n]*\) *,"
    rb"|<<<<<<<|>>>>>>>|=======)"
)
_STRAY = re.compile(rb"[\"'\0]")  # the quotes of texts that close are gone


def may_be_broken(code: bytes) -> bool:
    """Is there a sign that Python cannot read this? `code` is what `layout.code_of` gives.

    Signs are brackets and texts that do not close, headers without a colon, statements of Python 2; small files may
    always be broken. What is well laid out and wrong all the same is not seen.
    """
    if len(code) <= _SMALL or not is_whole(code, 0, len(code)):
        return True
    if _STRAY.search(code):
        return True
    return any(is_whole(code, line.start(), line.end()) for line in _ODD_LINE.finditer(code))
