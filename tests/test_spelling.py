"""What a trace prints of an expression is the expression, with the brackets that it needs and no others."""

from __future__ import annotations

import ast

import pytest

from retrylint import code
from retrylint.sketch.lower import Lowering
from retrylint.study.spelling import spelled

SAME = (
    "attempt < 4",
    "not (a or b) and c",
    "not done and k <= 3",
    "(a, b)",
    "(a,)",
    "[1, *rest]",
    "{1, 2}",
    "{'a': 1, **more}",
    "min(2 ** k, 60) + random.uniform(0, 1)",
    "(a + b) * c",
    "a - (b - c)",
    "a - b - c",
    "(-a) ** 2",
    "-a ** 2",
    "2 ** -k",
    "(a ** b) ** c",
    "a if b else c",
    "(a if b else c) + 1",
    "f(x, *args, key=1, **options)",
    "self.session.get(url).status_code == 503",
    "waits[1:]",
    "waits[::2]",
    "table[('a', 'b')]",
    "lambda: f(x)",
    "lambda a, b: a",
    "(lambda: 1)()",
    "(yield x)",
    "await f(x)",
    "(await f(x)).status",
    "(n := n + 1) > 3",
    "0 < k <= 5",
    "(a < b) == c",
    "a | b & c ^ d",
    "~a << 2",
    "x is not None",
    "k not in (1, 2)",
)


def lowered(text: str) -> code.Expr:
    source = f"async def f():\n    return {text}\n"
    function = Lowering(source).lower(ast.parse(source).body[0])
    (statement,) = function.body
    value: code.Expr = statement.value
    return value


@pytest.mark.parametrize("text", SAME)
def test_expression_is_spelt_as_it_is_written(text: str) -> None:
    assert spelled(lowered(text)) in (text, text.removeprefix("(").removesuffix(")"))
    assert code.alike(lowered(f"({spelled(lowered(text))})"), lowered(text))


@pytest.mark.parametrize(("text", "shown"), [("f'{a} b'", 'f"..."'), ("[x for x in y]", "[...]")])
def test_what_is_not_kept_is_left_out(text: str, shown: str) -> None:
    assert spelled(lowered(text)) == shown


def test_a_long_one_is_cut() -> None:
    assert spelled(lowered("function(argument, another, third)"), 20) == "function(argument..."
