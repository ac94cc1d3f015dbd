"""Both front ends see the same code: the host's `ast` and a libcst slice lower to equal values, spans included."""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from retrylint import code
from retrylint.analysis import analyse
from retrylint.sketch.lower import Lowering
from retrylint.study.lower import TABLE, lower_lines
from retrylint.study.lowering.base import Lowering as OfLibcst
from retrylint.study.newer import read_newer
from retrylint.study.reading import read

STATEMENTS = {
    "pass": "pass",
    "ellipsis": "...",
    "text": "'words'",
    "text in three quotes": "'''one\n  two'''",
    "return nothing": "return",
    "return value": "return (value)",
    "return tuple": "return 1, *rest",
    "return empty tuple": "return ()",
    "raise": "raise",
    "raise value": "raise Error(1)",
    "raise from": "raise Error from (error)",
    "raise from none": "raise Error from None",
    "break and continue": "while 1:\n  break\n  continue",
    "assert": "assert a",
    "assert message": "assert (a), f'{a}'",
    "del": "del a",
    "del several": "del a, b.c, d[0]",
    "del tuple": "del (a, b)",
    "del trailing comma": "del a,",
    "del list": "del [a, b]",
    "del parenthesised": "del (a)",
    "del two groups": "del (a), (b)",
    "del nested": "del (a, (b, c)), d",
    "global": "global a, b",
    "nonlocal": "def inner():\n  nonlocal a\n  a = 1\na = 0",
    "import": "import a",
    "import dotted": "import a.b.c",
    "import as": "import a.b as c, d",
    "import from": "from a import b",
    "import from several": "from a.b import (c, d as e,)",
    "import relative": "from . import a",
    "import relative deep": "from ...a.b import c as d",
    "import future-like": "from .... import a as b",
    "assign": "a = 1",
    "assign chain": "a = b.c = d[0] = 1",
    "assign tuple": "a, (b, *c) = [d, e] = value",
    "assign star": "*a, b = value",
    "assign parenthesised": "(a) = (b)",
    "assign yield": "a = yield",
    "assign yield value": "a = (yield b)",
    "assign walrus": "a = (b := 1)",
    "annotated": "a: int = 1",
    "annotated attribute": "self.a: int = 1",
    "annotated tuple": "a: tuple = 1, 2",
    "annotation alone": "a: int",
    "augmented": "a += 1; a -= 1; a *= 1; a /= 1; a //= 1; a %= 1; a **= 1; a @= 1; a <<= 1; a >>= 1; a |= 1; a ^= b",
    "augmented and": "a &= 1",
    "augmented item": "a.b[0] += 1",
    "augmented tuple": "a += 1, 2",
    "if": "if a: pass",
    "if else": "if a:\n  pass\nelse:\n  return",
    "elif chain": "if a:\n  b\nelif c:\n  d\nelif e: f\nelse:\n  g",
    "else if": "if a:\n  b\nelse:\n  if c:\n    d\n  e",
    "if parenthesised": "if (a): b; c",
    "if not": "if not(a): b",
    "while": "while (a):\n  b\nelse:\n  c",
    "for": "for a in b: c",
    "for tuple": "for a, (b, c) in d, e:\n  f\nelse:\n  g",
    "for star": "for *a, b in c: pass",
    "for starred items": "for a in *b, c: pass",
    "async for": "async for a in b():\n  c\nelse: d",
    "async comprehension": "a = [b async for b in c() if await d]",
    "with": "with a: b",
    "with as": "with a() as b, c as (d, e):\n  f",
    "with parentheses": "with (a() as b, c): pass",
    "with trailing comma": "with (a() as b, c as d,): pass",
    "with tuple": "with (a, b) as c: pass",
    "with group": "with (a): pass",
    "with attribute": "with (yield) as self.a[0]: pass",
    "async with": "async with a as b, c():\n  await d",
    "try except": "try:\n  a\nexcept:\n  b",
    "try all": "try: a\nexcept E: b\nexcept (F, G.H) as c: d; e\nexcept (I) as f:\n  g\nelse: h\nfinally: i",
    "try finally": "try:\n  a\nfinally:\n  b",
    "try nested": "try:\n  try:\n    a\n  except A: b\nexcept B:\n  c\nelse:\n  d",
    "semicolons": "a = 1; b(a); return b;",
    "one-line suites": "if a: b; c; d\nwhile e: f;",
    "comment at the end": "if a:\n  b  # c\n  # d",
    "blank lines": "a\n\n\n\nif b:\n\n  c\n\n\n\nd",
    "continuation": "a = b + \\\n  c\nif a and \\\n  b: c",
    "parenthesised lines": "a = (\n  b\n  # comment\n  + c\n)",
    "form feed": "a\n\x0c\nb",
    "tabs": "if a:\n\tif b:\n\t\tc = 1\n\td",
    "function": "def f(): pass",
    "function one line": "def f(a): b; c",
    "function decorated": "@a\n@b.c(d,\n  e)\n\n# comment\n@(f)\ndef g():\n  return 1",
    "function annotated": "def f(a: int = 1, *b: str, c: int, d=2, **e: f) -> g: pass",
    "parameters": "def f(a, b=1, /, c=2, *, d, e=3, **f): pass",
    "parameters star": "def f(a, *b, c, **d): pass",
    "parameters positional only": "def f(a, b, /): pass",
    "parameters positional only defaults": "def f(a, b=c(), /, d=(1, 2)): pass",
    "parameters trailing comma": "def f(a, b=1,): pass",
    "parameters over lines": "def f(\n  a=1,  # one\n  *,\n  b=2,\n): pass",
    "async function": "async def f(): await a",
    "async decorated": "@a\nasync  def f(): await a",
    "generator": "def f():\n  yield\n  yield a, b\n  yield from (c)",
    "class": "class A: pass",
    "class bases": "class A(B, C.D, *E, metaclass=F, **G):\n  a = 1\n  b: int = 2\n  def c(self): pass",
    "class empty bases": "class A(): pass",
    "class decorated": "@a\n@b()\nclass C:\n  '''text'''\n  class D:\n    class E(D):\n      def f(self): return self",
    "wide characters": "a = '日本語'; b(a, '😀'); c",
    "wide names": "größe = ñ.ß(größe=1); x",
    "compatibility names": "ﬁle = 1; ﬁle.ﬂow(ﬁle=ﬁle)",
    "wide in suite": "if '😀': 'é'; return '日'",
    "match": "match a:\n  case 1: b\n  case _: c",
    "match subject tuple": "match a, *b:\n  case (1, *_): c",
    "match subject group": "match (a):\n  case b: c",
    "match patterns": (
        "match a:\n"
        "  case 1 | -2 | 'x' | None | b.c: d\n"
        "  case [e, 2, *f]: g\n"
        "  case {'h': i, **j}: k\n"
        "  case L(m, n=o) as p: q\n"
        "  case (r): s\n"
        "  case [(t | t)]: u"
    ),
    "match guard": "match a:\n  case b if b > 1: c\n  case (d) if (d): e\n  case f:\n    g\n    h",
    "match names": "match = case = type = _ = 1; match[case]; type(_)",
    "print call": "print(a, end='')",
    "star call": "f(*a, b, *c, d=1, **e, f=2, **g)",
    "keyword before star": "f(a=1, *b)",
    "generator argument": "f(a for a in b)",
    "call over lines": "f(\n  a,\n  b=(\n    1\n  ),\n)",
    "call chain": "a.b(c)(d)[e](f).g()",
    "call in parentheses": "(a)((b))",
    "call of group": "(a.b)(1)\n(\n  c\n)(2)\n(await d)(3)",
    "await": "await a(b); await (c)",
}  # fmt: skip

ASYNC_WORDS = ("async ", "await")

STATEMENTS_SINCE = {
    (3, 11): {
        "try star": "try: a\nexcept* E as b: c\nexcept* (F, G): d\nelse: e\nfinally: f",
        "star index": "a[*b]; a[*b, c]",
    },
    (3, 12): {
        "type alias": "type A = int\ntype B[T] = list[T]",
        "type parameters": "def f[T, *U, **V](a: T) -> T: return a\nclass A[T: int](B): pass",
        "deep format spec": "a = f'{b:{c:{d}}}'",
        "nested quotes": "a = f'{b['c']}{f'{d['e']}'}'",
        "comment in f-string": "a = f'''{\n  b  # c\n}'''",
    },
}

EXPRESSIONS = {
    "numbers": "(1, 0x1F, 0o17, 0b11, 1_000, 1.5, .5, 1e3, 1E-3, 2j, 1.5j, 10 ** 20, 123456789012345678901234567890)",
    "names": "(None, True, False, ..., a, __debug__)",
    "strings": r"""('a', "b", '\n\x41\u00e9\N{BULLET}', r'\n', b'\x00', rb'\d', Rb'\d', u'c', '''d''', "it's")""",
    "joined strings": "'a' 'b' \"c\"",
    "joined bytes": "b'a' b'b'",
    "joined raw": r"'a\n' r'b\n'",
    "joined over lines": "('a'\n  'b'  # c\n  'd')",
    "line continued in string": "'a\\\n b'",
    "f-string": "f'a{b}c{d.e(f)}'",
    "f-string plain": "f'a'",
    "f-string empty": "f''",
    "f-string conversions": "f'{a!r}{b!s:>10}{c=}{d = !r:^{e}}'",
    "f-string specs": "f'{a:{b}.{c}}{d:%H:%M}{e:{f}}'",
    "f-string braces": "f'{{a}}{{{b}}}'",
    "f-string nested": r"""f'''{f"{a}{b:{c}}"}{d}'''""",
    "f-string raw": r"rf'\d{a}\{b}'",
    "f-string lambda": "f'{(lambda a: b)}'",
    "f-string walrus": "f'{(a := 1)}'",
    "f-string tuple": "f'{a, b}'",
    "f-string yield": "f'{(yield a)}'",
    "f-string star": "f'{*a, b}'",
    "f-string call": "f(f'{g(h)}', i=f'{j(k)!r}')",
    "f-string wide": "f'日{a}本{b(c)}', d(e)",
    "joined f-strings": "'a' f'{b}' 'c' f'{d(e):{g}}'",
    "joined f-strings over lines": "(f'{a}'\n  'b'\n  f'{c}')",
    "arithmetic": "a + b - c * d / e // f % g @ h",
    "powers": "a ** b ** -c",
    "power of minus": "-a ** 2",
    "shifts": "a << b >> c",
    "bits": "a | b ^ c & ~d",
    "unary": "(-a, +a, ~a, not a, - - a, not not a)",
    "negative numbers": "(-1, - 1, -1.5, -1j, +1)",
    "complex sum": "1 + 2j",
    "comparisons": "a < b <= c > d >= e == f != g",
    "identity": "(a is b, a is not b, a in b, a not in b, a is not (not b))",
    "logic": "a and b and c or d or e and f",
    "logic nested": "a and (b and c) and (d or e or (f or g))",
    "logic right": "a or (b or (c or d))",
    "not in logic": "not a and not (b or c)",
    "conditional": "a if b else c if d else e",
    "conditional lambda": "lambda: a if b else c",
    "tuples": "((), (a,), (a, b), (a, (b,)), (*a, b))",
    "bare tuple": "a, b",
    "trailing comma": "a,",
    "lists": "[[], [a], [a, *b, [c]]]",
    "sets": "{a, *b, c}",
    "dicts": "{}, {a: b}, {a: b, **c, 'd': {e: f},}",
    "attribute": "a.b.c",
    "attribute of constants": "('a'.join, (1).real, 1.5.hex, [].append, {}.get)",
    "attribute of f-string": "f'{a}'.b",
    "subscripts": "(a[b], a[b, c], a[b,], a[()], a[(b, c)], a[b][c])",
    "slices": "(a[:], a[b:], a[:c], a[::d], a[b:c], a[b:c:d], a[::], a[b:c, d], a[b, :], a[:,], a[...])",
    "slice of expressions": "a[b + 1:-1:f(c)]",
    "walrus": "[(a := b), (c := (d := e))]",
    "walrus index": "a[(b := 0)]",
    "walrus argument": "f((a := 1), b=(c := 2))",
    "walrus bare argument": "f(a := 1)",
    "lambda": "lambda: 0",
    "lambda parameters": "lambda a, b=1, /, c=2, *d, e, f=3, **g: (a, b)",
    "lambda keyword only": "lambda *, a: a",
    "lambda nested": "lambda a: lambda b=a: f(a, b)",
    "list comprehension": "[a for a in b]",
    "comprehensions": "({a for a in b}, {a: c for a in b}, (a for a in b))",
    "comprehension clauses": "[a for b in c if d if e for a, *f in b if (g)]",
    "comprehension nested": "[[a for a in b] for b in (c for c in d)]",
    "comprehension walrus": "[a for b in c if (a := b)]",
    "comprehension conditional": "[a if b else c for d in e if f or g]",
    "comprehension call": "f([a(b) for b in c(d)], *[e for e in g])",
    "yields": "[(yield), (yield a), (yield a, b), (yield from c)]",
    "parentheses": "((((a))))",
    "parentheses within": "((a) + (b)) * ((c))",
    "call spans": "(f)(a) + ( g )( b )",
    "keywords as names": "f(match=1, case=2, type=3, print=4)",
    "text in other scripts": "'é' + f('日本語', g(x), '😀', h(y))",
    "surrogates": r"'\ud800'",
    "null": r"'\0'",
    "ellipsis": "a[..., 0]",
    "print string": "'%s' % a",
    "chain over lines": "(a\n  .b(c)\n  # comment\n  .d(e))",
}

MODULES = (
    "ast", "argparse", "base64", "calendar", "configparser", "contextlib", "dataclasses", "enum", "functools",
    "inspect", "pathlib", "queue", "random", "socket", "ssl", "statistics", "subprocess", "textwrap", "threading",
    "timeit", "traceback", "typing", "uuid", "weakref", "_pydatetime",
)  # fmt: skip
PACKAGES = ("asyncio", "concurrent/futures", "email", "http", "json", "logging", "urllib", "unittest")
EVERY = 2
"""One file in so many of these is compared, which keeps the run short."""


def both(source: str) -> Iterator[tuple[object, object]]:
    """Every statement of a module, lowered by either front end."""
    return zip(by_host(source), by_libcst(source), strict=True)


def by_host(source: str) -> list[object]:
    lowering = Lowering(source)
    return [lowering.lower(each) for each in ast.parse(source).body]


def by_libcst(source: str) -> list[object]:
    module, positions = read(source)
    lowering = OfLibcst(positions, TABLE)
    return [statement for each in module.body for statement in lower_lines(each, lowering)]


def function_of(body: str) -> str:
    """A function whose body is this text, and lines above it so that its line is not the first."""
    is_async = any(word in body for word in ASYNC_WORDS) and not body.startswith(("async def", "@"))
    body = body.replace("yield from (c)", "yield (c)") if is_async else body
    lines = "\n".join(f"  {line}" if line.strip() else line for line in body.split("\n"))
    return f"import os\n\n\n{'async ' if is_async else ''}def outer():\n{lines}\n"


def since(table: dict[tuple[int, int], dict[str, str]]) -> dict[str, str]:
    """The samples of the syntax that the running Python has."""
    return dict(chain.from_iterable(rows.items() for version, rows in table.items() if sys.version_info >= version))


SAMPLES = {**STATEMENTS, **since(STATEMENTS_SINCE)}


@pytest.mark.parametrize("name", SAMPLES)
def test_statements_are_the_same(name: str) -> None:
    compared = list(both(function_of(SAMPLES[name])))
    assert compared
    for host, by_other in compared:
        assert host == by_other


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("margin", ["    ", "\t", " "])
def test_statements_of_a_method_are_the_same(name: str, margin: str) -> None:
    lines = function_of(SAMPLES[name]).splitlines(keepends=True)[3:]
    compared = list(both("class Outer:\n" + "".join(f"{margin}{line}" for line in lines)))
    assert compared
    for host, by_other in compared:
        assert host == by_other


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("place", ["{}", "value = 0, ({})", "if ({}): pass", "f(({}), g(({})))"])
def test_expressions_are_the_same(name: str, place: str) -> None:
    compared = list(both(function_of(place.replace("{}", EXPRESSIONS[name]))))
    assert len(compared) == 2
    for host, by_other in compared:
        assert host == by_other


def test_columns_count_characters() -> None:
    source = function_of("größe = '日本語'; f(größe)")
    for _, function in (by_host(source), by_libcst(source)):
        assert isinstance(function, code.Function)
        assert [(each.span.column, each.span.end_column) for each in function.body] == [(3, 16), (18, 26)]


def test_an_invalid_escape_is_not_our_business() -> None:
    """A warning that CPython gives for the linted code is no error of the analysis (here warnings are errors)."""
    read = read_newer('def f():\n    return "\\d"\n')
    assert read is not None
    [function] = read.tree.body
    assert isinstance(function, ast.FunctionDef)
    assert ast.unparse(function.body[0]) == "return '\\\\d'"


def library_files() -> list[Path]:
    """Some of the standard library, as far as this Python has it."""
    folder = Path(ast.__file__).parent
    single = [folder / f"{name}.py" for name in MODULES]
    packages = chain.from_iterable(sorted((folder / name).glob("*.py")) for name in PACKAGES)
    return [path for path in (*single, *packages) if path.exists()][::EVERY]


def test_there_is_enough_of_the_library() -> None:
    assert len(library_files()) > 40


@pytest.mark.parametrize("path", library_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_library_is_the_same(path: Path) -> None:
    with tokenize.open(path) as file:
        source = file.read()
    for host, by_other in both(source):
        assert host == by_other


DEEP = {
    "attributes": "a" + ".b" * 300,
    "calls": "f" + "()" * 300,
    "subscripts": "a" + "[0]" * 300,
    "sum": "1" + " + 1" * 300,
    "comparison in comparison": "(" * 90 + "a" + " < b)" * 90 + ".c" * 100,
    "minus": "-" * 300 + "a",
    "not": "not " * 300 + "a",
    "awaits": "-await f()" + ".g()" * 200,
    "conditionals": "a if b else " * 200 + "c",
    "lambdas": "lambda: " * 200 + "a",
    "powers": "a" + " ** a" * 200,
    "lists and attributes": "[" * 80 + "a" + "]" * 80 + ".b" * 100,
}


@pytest.mark.parametrize("name", DEEP)
def test_too_deep_is_said_by_both(name: str) -> None:
    source = f"async def outer():\n    return {DEEP[name]}\n"
    for lowered_by in (by_host, by_libcst):
        with pytest.raises(code.TooDeepError, match="nested deeper than"):
            lowered_by(source)


FLAT = {
    "and": "a" + " and b" * 120,
    "and or": "a" + " and b or c" * 100,
    "comparison": "a" + " < b" * 1000,
    "text": "'a'" + " 'b'" * 120,
    "arguments": "f(" + "a, " * 1000 + ")",
    "items": "[" + "{1: 2}, " * 1000 + "]",
    "statements": "0\n    " + "a = 1; " * 1000,
}


@pytest.mark.parametrize("name", FLAT)
def test_what_is_only_long_is_not_deep(name: str) -> None:
    [(host, by_other)] = both(f"def outer():\n    return {FLAT[name]}\n")
    assert host == by_other


def test_long_elif_chain_is_too_deep_for_both() -> None:
    branches = "".join(f"    elif a == {number}:\n        b\n" for number in range(400))
    source = f"def outer():\n    if a:\n        b\n{branches}"
    for lowered_by in (by_host, by_libcst):
        with pytest.raises(code.TooDeepError):
            lowered_by(source)


LONG = {"sum": "1" + " + 1" * 900, "and": "a" + " and b" * 1000, "text": "'a'" + " 'b'" * 1000}


@pytest.mark.parametrize("name", LONG)
def test_what_libcst_cannot_walk_is_too_deep(name: str) -> None:
    with pytest.raises(code.TooDeepError):
        by_libcst(f"def outer():\n    return {LONG[name]}\n")


def test_what_only_the_host_reads_is_read() -> None:
    endless = "def {}(url):\n{}    try:\n        work(url)\n    except OSError:\n        {}(url)\n"
    facts = analyse(endless.format("odd", "    (url): str = url\n", "odd") + endless.format("plain", "", "plain"))
    assert [site.function for site in facts.sites] == ["odd", "plain"]
    assert facts.not_analysed == ()
