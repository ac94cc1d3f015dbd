"""What findings never depend on: other files, their order, newlines, marks, comments, blank lines, one block more."""

from __future__ import annotations

import ast
import io
import random
import re
import tokenize
from pathlib import Path

import pytest
from fuzzing import EVERYTHING, SAMPLES
from hypothesis import given
from hypothesis import strategies as st

from retrylint.engine import lint_paths, lint_source
from retrylint.flake8_plugin import RetrylintPlugin
from retrylint.model import Finding

READABLE = {name: source for name, source in SAMPLES.items() if not name.startswith("RTY900") and "noqa" not in source}
BAD = {name: source for name, source in READABLE.items() if lint_source(source, settings=EVERYTHING)}
samples = st.sampled_from(sorted(BAD))


def said(source: str | bytes) -> list[tuple[str, int, int, str]]:
    return [told(each) for each in lint_source(source, settings=EVERYTHING)]


def told(finding: Finding) -> tuple[str, int, int, str]:
    return finding.code, finding.span.line, finding.span.column, finding.message


def logical_lines(source: str) -> list[int]:
    """The lines before which a line may be put: where a statement begins."""
    starts, fresh = [], True
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT):
            continue
        if fresh and token.type != tokenize.ENDMARKER:
            starts.append(token.start[0])
        fresh = token.type == tokenize.NEWLINE
    return starts


@given(samples)
def test_newlines_and_marks_change_nothing(name: str) -> None:
    source = BAD[name]
    expected = said(source)
    for newline in ("\r\n", "\r"):
        assert said(source.replace("\n", newline).encode()) == expected
    assert said(b"\xef\xbb\xbf" + source.encode()) == expected
    if source.isascii():
        marked = said(b"# coding: latin-1\n" + source.encode())
        assert [each[:3] for each in marked] == [(code, line + 1, column) for code, line, column, _ in expected]


@given(samples, st.randoms(use_true_random=False))
def test_comments_and_blank_lines_only_shift_lines(name: str, chance: random.Random) -> None:
    source = BAD[name]
    lines = source.split("\n")
    starts = logical_lines(source)
    chosen = set(chance.sample(starts, min(3, len(starts))))
    grown: list[str] = []
    moved: dict[int, int] = {}
    for number, line in enumerate(lines, 1):
        if number in chosen:
            grown += chance.choice(([""], ["# a comment"], ["", f"{' ' * chance.randrange(9)}# retry, sleep", ""]))
        grown.append(line)
        moved[number] = len(grown)
    expected = [(code, moved[line], column) for code, line, column, _ in said(source)]
    assert [each[:3] for each in said("\n".join(grown))] == sorted(expected, key=lambda each: (each[1:], each[0]))


@given(samples)
def test_one_block_more_changes_columns_only(name: str) -> None:
    source = BAD[name]
    if any(token.type == tokenize.STRING and "\n" in token.string for token in tokens(source)):
        return  # its text would be another
    if "__future__" in source:
        return  # which may not stand in a block
    inner = "".join(f"    {line}\n" if line else "\n" for line in source.split("\n"))
    expected = [(code, line + 1, column + 4) for code, line, column, _ in said(source)]
    assert [each[:3] for each in said(f"if True:\n{inner}")] == expected


def tokens(source: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(source).readline))


LOOP = (
    "def fetch(url):\n    for attempt in range({0}):\n        try:\n            return send(url)\n"
    "        except {1}:\n            {2}\n"
)


@given(
    st.sampled_from(["3", "50", "1000"]),
    st.sampled_from(["OSError", "Exception", "(ValueError, KeyError)"]),
    st.sampled_from(["pass", "time.sleep(1)", "time.sleep(2 ** attempt)", "continue"]),
)
def test_a_function_is_the_same_in_a_class(count: str, caught: str, then: str) -> None:
    function = LOOP.format(count, caught, then)
    method = "".join(f"    {line}\n" for line in function.replace("(url):", "(self, url):", 1).split("\n")[:-1])
    expected = [(code, line, column) for code, line, column, _ in said(f"import time\n{function}")]
    found = [(code, line, column) for code, line, column, _ in said(f"import time\nclass Client:\n{method}")]
    assert found == [(code, line + 1, column + 4) for code, line, column in expected]


EXAMPLES = sorted(name for name in BAD if re.match(r"RTY\d+-bad-", name))
OTHER_IN_A_CLASS = {
    "RTY303-bad-1": "a view is a function: the first parameter of a method is its object, not the request",
    "RTY502-bad-2": "a task that is an attribute of a class is not read where its own name calls `retry`",
}


def in_classes(source: str) -> tuple[str, dict[int, int]]:
    """A source with each definition in a class of its own, by which it is called then; and where its lines are."""
    statements = ast.parse(source).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    definitions = [each for each in statements if isinstance(each, kinds)]
    names = {each.name for each in definitions}
    spoken = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Name) and each.id in names]
    lines = source.split("\n")
    for name in sorted(spoken, key=lambda name: (name.lineno, name.col_offset), reverse=True):
        coded = lines[name.lineno - 1].encode()
        owned = coded[: name.col_offset] + f"Of_{name.id}.".encode() + coded[name.col_offset :]
        lines[name.lineno - 1] = owned.decode()
    in_texts = {line for token in tokens(source) for line in range(token.start[0] + 1, token.end[0] + 1)}
    grown: list[str] = []
    moved: dict[int, int] = {}
    over = 0
    for number, line in enumerate(lines, 1):
        for each in definitions:
            if number == min([each.lineno, *(decorator.lineno for decorator in each.decorator_list)]):
                grown.append(f"class Of_{each.name}:")
                over = each.end_lineno or 0
        grown.append(f"    {line}" if number <= over and number not in in_texts else line)
        moved[number] = len(grown)
    return "\n".join(grown), moved


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_the_same_in_a_class(name: str) -> None:
    text, moved = in_classes(BAD[name])
    expected = sorted((code, moved[line]) for code, line, *_ in said(BAD[name]))
    same = sorted((code, line) for code, line, *_ in said(text)) == expected
    assert same == (name not in OTHER_IN_A_CLASS)


def test_every_example_with_findings_is_tried() -> None:
    assert len(EXAMPLES) > 100
    assert OTHER_IN_A_CLASS.keys() <= set(EXAMPLES)


def test_findings_depend_on_no_other_file(tmp_path: Path) -> None:
    chance = random.Random(8)
    names = chance.sample(sorted(READABLE), 60)
    for number, name in enumerate(names):
        (tmp_path / f"{number}.py").write_text(READABLE[name], encoding="utf-8")
    alone = {number: said(READABLE[name]) for number, name in enumerate(names)}
    for _ in range(3):
        order = chance.sample(range(len(names)), len(names))
        results = list(lint_paths([tmp_path / f"{number}.py" for number in order], EVERYTHING))
        together = {int(Path(each.filename).stem): [told(f) for f in each.findings] for each in results}
        assert together == alone


@pytest.mark.parametrize("name", sorted(BAD)[::3])
def test_the_plugin_says_what_the_engine_says(name: str) -> None:
    source = BAD[name]
    plugin = RetrylintPlugin(ast.parse(source), source.splitlines(keepends=True), "nowhere/x.py")
    expected = [(f.span.line, f.span.column - 1, f"{f.code} {f.message}") for f in lint_source(source)]
    assert [violation[:3] for violation in plugin.run()] == expected
