"""What is left out of a module changes nothing, and lines stay where they are."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from retrylint.analysis import analyse
from retrylint.excerpt import Excerpt, Parts
from retrylint.layout import LINE, code_of
from retrylint.reading import Reading, read
from retrylint.screen import screened
from retrylint.sketch.texts import Texts

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path for folder in ("sites", "quiet") for path in (ROOT / "fixtures" / folder).rglob("*.py")
)  # fmt: skip

CASES = {
    "what nothing names": (
        "def idle(url):\n    return url\n\n\ndef fetch(url):\n    while True: try_(url)\n",
        ["idle"],
    ),
    "what a needed function names": (
        "def idle(url):\n    return url\n\n\ndef fetch(url):\n    while True: idle(url)\n",
        [],
    ),
    "what that names in turn": (
        "def far(): pass\ndef near(): far()\ndef idle(): near()\ndef fetch(url):\n    while True: near()\n",
        ["idle"],
    ),
    "decorators": (
        "@app.task(\n    bind=True,\n)\n@other\nasync def idle(u):\n    return u\n\ndef fetch(u):\n    while a: b()\n",
        ["idle"],
    ),
    "methods": (
        """\
        class Client(Base):
            x = 1

            def __init__(self): pass

            def idle(self):
                return '''
        def fetch(url):
        '''

            def used(self): pass

            def fetch(self):
                while a: self.used()
        """,
        ["idle"],
    ),
    "a class of which nothing is needed": (
        "class Client:\n    def idle(self): pass\n\nwhile a: b()\n",
        ["Client", "idle"],
    ),
    "a class that is left without a body": (
        "class Client:\n    def idle(self): pass\n\ndef fetch(c: Client):\n    while a: b()\n",
        ["idle"],
    ),
    "bases on lines of their own": (
        "class Client(\n        A,\n        B):\n    def idle(self): pass\n    def f(self):\n        while a: b()\n",
        ["idle"],
    ),
    "defined twice": (
        "def fetch(url):\n    while a: b()\n\ndef fetch(url): pass\n",
        [],
    ),
    "a bracket in an f-string": (
        "def odd():\n    return f'({x}'\n\ndef idle(): pass\n\ndef fetch(url):\n    while a: idle()\n",
        ["odd"],
    ),
    "a bracket beside a brace in a brace": (
        "def odd():\n    return f'({ {x} }'\n\ndef idle(): pass\n\ndef fetch(url):\n    while a: idle()\n",
        [],
    ),
    "calls farther away than calls are followed": (
        "def e(): pass\ndef d(): e()\ndef c(): d()\ndef b(): c()\ndef fetch(url):\n    while True: b()\n",
        ["e"],
    ),
    "a name outside ASCII": ("def größe(): pass\n\ndef fetch():\n    while a: b()\n", []),
    "a name that Python normalises": ("def file(): pass\n\ndef fetch():\n    while a: ﬁle()\n", []),
    "under a condition": ("if a:\n    def idle(): pass\n\ndef fetch():\n    while a: b()\n", []),
    "an operator at the margin": ("x = (a\n@ b)\n\ndef idle(): pass\n\ndef fetch():\n    while a: b()\n", ["idle"]),
    "tabs and form feeds": ("\f\ndef idle():\n\tpass\n\n\fdef fetch():\n\twhile a: b()\n", ["idle"]),
    "a continued head": ("def \\\n  idle():\n    pass\ndef fetch():\n    while a: b()\n", ["idle"]),
}  # fmt: skip


def excerpt_with_loops(source: str) -> Excerpt:
    """With the first loop, and all that it names."""
    code = code_of(source.encode())
    place = code.index(b"while")
    return Parts(code).excerpt([place], roots=[sum(code.count(each, 0, place) for each in (b"\n", LINE))])


ALONE = {
    "what a function names": ("def idle(u): pass\n\ndef fetch(u):\n    while a: idle(u)\n", {"fetch"}),
    "the same name": ("def fetch(u):\n    while a: b()\n\n@c\ndef fetch(u): pass\n", {"fetch"}),
    "a method": (
        "class A:\n    x = 1\n    def run(self): pass\n    def fetch(self):\n        while a: self.run()\n",
        {"A", "fetch"},
    ),
    "a class of the same name": (
        "class A:\n    def fetch(self):\n        while a: b()\nclass A:\n    def idle(self): pass\n",
        {"A", "fetch"},
    ),
    "the statements of the module": ("import a\ndef idle(): pass\nwhile a: b()\nx = idle()\n", set()),
}


STATEMENTS = {
    "imports and settings": ("import a\n\ndef fetch(u):\n    while a: b(u)\n\nx = [\n1,\n]\n", ["import a", "x = "]),
    "what wraps it": ("import a\n\ndef fetch(u):\n    while a: b(u)\n\nfetch = c(fetch)\n", ["import a"]),
    "a loop": ("import a\nwhile a: b()\n\ndef fetch(u): pass\nx = 1\n", ["def fetch", "x = 1"]),
    "another of the name": (
        "import a\n\ndef fetch(u):\n    while a: b(u)\n\nif x:\n    def fetch(u): pass\nelse:\n    pass\n",
        ["import a"],
    ),
    "between decorated ones": (
        "@a\ndef idle(): pass\nx = 1\n@b\n\n@c\ndef fetch(u):\n    while a: b(u)\n@d\ndef z(): pass\n",
        ["def idle", "x = 1", "def z"],
    ),
}


def test_methods_are_those_of_the_same_class() -> None:
    other = "class A:\n    def go(self): pass\n"
    own = "class B(A):\n    def go(self): pass\n    def f(self):\n        while a: self.go()\n"
    text = excerpt_with_loops(other + own).text(other + own)
    assert text == other.replace("def go(self): pass", "pass") + own


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_of_a_module(name: str) -> None:
    source, idle = STATEMENTS[name]
    code = code_of(source.encode())
    excerpt = Parts(code).excerpt([code.index(b"while")], with_statements=False)
    text = excerpt.text(source)
    assert text.count("\n") == source.count("\n")
    told = ("import a", "def fetch", "def idle", "def z", "x = 1" if "x = 1" in source else "x = ")
    assert sorted(each for each in told if each in source and each not in text) == sorted(idle)
    whole, cut = ast.parse(source), ast.parse(text)
    kept = [ast.unparse(each) for each in cut.body if not isinstance(each, ast.Pass)]
    assert [ast.unparse(each) for each in excerpt.tree(whole).body] == kept


@pytest.mark.parametrize("name", ALONE)
def test_what_is_seen_is_kept_alone(name: str) -> None:
    source, expected = ALONE[name]
    code = code_of(source.encode())
    text = Parts(code).excerpt([code.index(b"while")]).text(source)
    assert {node.name for node in ast.walk(ast.parse(text)) if hasattr(node, "name") and node.name != "a"} == expected
    assert ast.unparse(ast.parse(text)).count("def fetch") == source.count("def fetch")
    assert all(line in text for line in source.split("\n") if line[:1] in ("i", "w", "x"))


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CASES)
def test_leaves_out_what_nothing_needs(name: str, newline: str) -> None:
    source, expected = CASES[name]
    source = dedent(source)
    excerpt = excerpt_with_loops(source.replace("\n", newline))
    text = excerpt.text(source)
    every = {node.name for node in ast.walk(ast.parse(source)) if hasattr(node, "name")}
    assert every - {node.name for node in ast.walk(ast.parse(text)) if hasattr(node, "name")} == set(expected)
    kept, whole = text.split("\n"), source.split("\n")
    assert len(kept) == len(whole)
    assert all(line == before or line.strip() in ("", "pass") for line, before in zip(kept, whole, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_tree_is_cut_as_its_text_is(name: str) -> None:
    source = dedent(CASES[name][0])
    excerpt = excerpt_with_loops(source)
    tree = ast.parse(source)
    before = ast.dump(tree, include_attributes=True)
    cut = [ast.unparse(node) for node in ast.walk(excerpt.tree(tree)) if isinstance(node, ast.FunctionDef)]
    assert cut == [
        ast.unparse(node) for node in ast.walk(ast.parse(excerpt.text(source))) if isinstance(node, ast.FunctionDef)
    ]
    assert ast.dump(tree, include_attributes=True) == before  # it is the caller's


def test_what_is_indented_by_tabs_is_cut_too() -> None:
    source = "class A:\n\tdef idle(self): pass\n\tx = 1\n\tdef f(self):\n\t\twhile a: self.g()\n\tdef g(self): pass\n"
    code = code_of(source.encode())
    parts, place = Parts(code), code.index(b"while")
    small = read(source, None, parts.excerpt([place]))
    assert isinstance(small, Reading)
    assert small.text == source.replace("def idle(self): pass", "pass").replace("def g(self): pass", "pass")
    large = read(source, None, parts.excerpt([place], roots=[4]), small)
    assert isinstance(large, Reading)
    assert large.text == source.replace("def idle(self): pass", "pass")
    assert ast.dump(large.tree, include_attributes=True) == ast.dump(ast.parse(large.text), include_attributes=True)


def test_lines_of_words() -> None:
    source = "retry = 1\nretrying\n# my_retry\nx.retry('''\nMyOperator\n''')\nretry, Operators"
    assert Texts(source).lines_of({"retry"}, ["Operator"]) == [1, 4, 5, 7]
    assert Texts(source).lines_of(()) == []


@settings(max_examples=60)
@given(st.lists(st.sampled_from(MODULES), min_size=2, max_size=5, unique=True))
def test_modules_one_behind_the_other(paths: list[Path]) -> None:
    note(", ".join(path.stem for path in paths))
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    assert analyse(source, screened=screened(source.encode())) == analyse(source)


IDLE = '''

class Idle{0}:
    """Nothing."""

    def idle{0}(self):
        return {0}


def idle{0}():
    return {0}
'''


@pytest.mark.parametrize("path", MODULES[::3], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_stands_beside_changes_nothing(path: Path) -> None:
    source = path.read_text(encoding="utf-8") + "".join(IDLE.format(number) for number in range(40))
    seen = screened(source.encode())
    if not seen.may_retry:
        return
    assert analyse(source, screened=seen) == analyse(source)


CLASS_OF_A_TASK = """\
from celery import Task

class Sync(Task):
    max_retries = 3
    autoretry_for = (OSError,)

    def run(self):
        try:
            work()
        except OSError as error:
            raise self.retry(exc=error)

    def fetch(self):
        while True:
            try:
                return self.last()
            except OSError:
                time.sleep(1)

    def last(self):
        number = 1
        return number
"""


def test_a_class_ends_elsewhere_once_more_of_it_is_read() -> None:
    source = CLASS_OF_A_TASK + "".join(IDLE.format(number) for number in range(40))
    facts = analyse(source, screened=screened(source.encode()))
    assert [site.mechanism for site in facts.sites] == ["task", "loop"]
    assert facts == analyse(source)


@settings(max_examples=60)
@given(st.sampled_from(MODULES), st.data())
def test_a_larger_excerpt_is_read_as_if_it_were_read_at_once(path: Path, data: st.DataObject) -> None:
    source = path.read_text(encoding="utf-8") + "\n" + CLASS_OF_A_TASK
    code = code_of(source.encode())
    lines = data.draw(st.lists(st.integers(1, source.count("\n")), max_size=4))
    more = data.draw(st.lists(st.integers(1, source.count("\n")), max_size=4))
    small = read(source, None, Parts(code).excerpt((), lines=lines))
    large = Parts(code).excerpt((), lines=lines, roots=more)
    assert isinstance(small, Reading)
    grown, at_once = read(source, None, large, small), read(source, None, large)
    assert isinstance(grown, Reading)
    assert isinstance(at_once, Reading)
    assert (grown.text, grown.is_whole) == (at_once.text, at_once.is_whole)
    assert ast.dump(grown.tree, include_attributes=True) == ast.dump(at_once.tree, include_attributes=True)
