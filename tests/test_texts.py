"""Where words stand in a source, apart from where they only name a type."""

from __future__ import annotations

import pytest

from retrylint.sketch.texts import Texts

SOURCE = """\
retry = Retry(total=3)
def fetch(how: Retry | None, others: list[Retry], MyRetry=None, Retrying=None):
    return call(Retry, how)
"""


@pytest.mark.parametrize(("word", "lines"), [("Retry", [1, 3]), ("retry", [1]), ("how", [2, 3]), ("absent", [])])
def test_the_lines_of_a_word(word: str, lines: list[int]) -> None:
    assert Texts(SOURCE).lines_of([word]) == lines
