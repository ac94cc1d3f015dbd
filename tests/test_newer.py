"""Syntax that is newer than the Python that runs retrylint is analysed too, and gives what the older spelling gives."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from newer import LOOP, PAIRS, RECURSION
from pages import read_pages

from retrylint.analysis import analyse
from retrylint.config import Settings
from retrylint.engine import lint_source
from retrylint.sketch.lower import Lowering
from retrylint.study.newer import read_newer

ROOT = Path(__file__).parent.parent
SOURCES = {
    **{
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "fixtures").rglob("*.py"))
    },
    **{block.label: block.source for page in read_pages() for block in (*page.examples("bad"), *page.examples("good"))},
}
PYTHON_2 = {
    "plain": ("except OSError, error:", 6),
    "a tuple": ("except (OSError, ValueError), e:", 6),
    "dotted": ("except socket.error, e :", 6),
}

EVERYTHING = Settings(select=("ALL",))


def said(source: str) -> list[tuple[str, int, int, str]]:
    return [
        (each.code, each.span.line, each.span.column, each.message) for each in lint_source(source, settings=EVERYTHING)
    ]


@pytest.mark.parametrize("name", PAIRS)
def test_newer_spelling_gives_what_older_spelling_gives(name: str) -> None:
    newer, older = PAIRS[name]
    found = said(newer)
    assert found == said(older)
    assert found
    assert "RTY900" not in {code for code, *_ in found}


@pytest.mark.parametrize("name", PYTHON_2)
def test_python_2_is_told_apart(name: str) -> None:
    handler, line = PYTHON_2[name]
    source = LOOP.replace("except (OSError, ValueError):", handler)
    [(code, at, _, message)] = said("\n" * (line - 7) + source)
    assert (code, at) == ("RTY900", source[: source.index(handler)].count("\n") + 1)
    assert message == f"not analysed: syntax error: `except E, e:` is Python 2 (line {at}, write `except E as e:`)"


def test_what_nobody_reads_is_told_with_line_and_version() -> None:
    [(code, line, _, message)] = said(f"{RECURSION}print 'x'\n")
    assert (code, line) == ("RTY900", 6)
    assert "(line 6, Python 3." in message
    [(code, *_)] = said("x = 1\ndef f(:\n")
    assert code == "RTY900"


@pytest.mark.parametrize("name", SOURCES)
def test_both_ways_to_the_sketch_agree(name: str) -> None:
    source = SOURCES[name]
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    read = read_newer(source)
    assert read is not None
    assert not read.refused
    lowering = Lowering(source)
    assert [lowering.lower(each) for each in read.tree.body] == [lowering.lower(each) for each in tree.body]
    assert analyse(source, read.tree) == analyse(source, tree)
