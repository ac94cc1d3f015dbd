"""The byte screen loses no site: where the analysis finds one, the bytes of the file are said to be worth reading."""

from __future__ import annotations

import ast
import codecs
import tokenize
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Literal

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from pages import Block, read_pages

from retrylint.analysis import analyse
from retrylint.model import FileFacts
from retrylint.screen import may_hold_retry, policy_roots_in, screened

ROOT = Path(__file__).parent.parent
SITES = sorted((ROOT / "fixtures" / "sites").rglob("*.py"))
BAD_BLOCKS = [block for page in read_pages() for block in page.examples("bad") if page.code != "RTY900"]
LIBRARY = sorted(Path(ast.__file__).parent.glob("*.py"))

RETRY = """\
def fetch(url):
    try:
        return work(url)
    except OSError:
        return fetch(url)
"""

METHOD = """\
class Client:
    def fetch(self, url):
        try:
            return work(url)
        except OSError:
            return self.fetch(url)
"""

ASYNC = RETRY.replace("def ", "async def ").replace("return fetch", "return await fetch")
CALL = "fetch(url)\n"

LAYOUTS = {
    "plain": RETRY,
    "method": METHOD,
    "async": ASYNC,
    "space before the parenthesis": RETRY.replace(CALL, "fetch (url)\n"),
    "tab before the parenthesis": RETRY.replace(CALL, "fetch\t(url)\n"),
    "continued before the parenthesis": RETRY.replace(CALL, "fetch \\\n  (url)\n"),
    "continued before the name": RETRY.replace(CALL, "\\\nfetch(url)\n"),
    "comment before the parenthesis": RETRY.replace(CALL, "(fetch  # (again)\n  # and again\n  (url))\n"),
    "name in parentheses": RETRY.replace(CALL, "(fetch)(url)\n"),
    "method in parentheses": METHOD.replace("self.fetch(url)", "(self.fetch)(url)"),
    "receiver in parentheses": METHOD.replace("self.fetch(url)", "(self).fetch(url)"),
    "dot on its own line": METHOD.replace("self.fetch(url)", "(self\n.\nfetch\n(url))"),
    "dot behind a comment": METHOD.replace("self.fetch(url)", "(self  # a.b(c)\n  .  # d\n  fetch(url))"),
    "dot behind a continuation": METHOD.replace("self.fetch(url)", "self\\\n  . \\\n  fetch(url)"),
    "dot behind a long comment": METHOD.replace("self.fetch(url)", f"(self  # {'-' * 300}\n  .fetch(url))"),
    "receiver by another name": METHOD.replace("self", "this_object"),
    "receiver on its own line": METHOD.replace("(self, url):", "(\n  # the object\n  self\n  , url):"),
    "receiver annotated": METHOD.replace("(self, url):", "(self: object, /, url: str = 'a') -> int:"),
    "by class name": METHOD.replace("self.fetch(", "Client.fetch(self, "),
    "by the object's class": METHOD.replace("self.fetch(", "self.__class__.fetch(self, "),
    "class name on another line": METHOD.replace("class Client", "class \\\n  Client").replace(
        "self.fetch(", "Client.fetch(self, "
    ),
    "class method": METHOD.replace("    def", "    @classmethod\n    def").replace("self", "cls"),
    "static method": METHOD.replace("    def", "    @staticmethod\n    def")
    .replace("self, ", "")
    .replace("self.", "Client."),
    "name on another line": RETRY.replace("def fetch", "def \\\n  fetch"),
    "def on another line": ASYNC.replace("async def", "async \\\n  def"),
    "def far from async": ASYNC.replace("async def", "async\t  def"),
    "parenthesis on another line": RETRY.replace("def fetch(", "def fetch \\\n("),
    "one-line suites": "def fetch(url):\n  try: return work(url)\n  except OSError: pass; return fetch(url)\n",
    "tabs": RETRY.replace("    ", "\t"),
    "tabs in a class": METHOD.replace("    ", "\t"),
    "tabs behind a nested function": METHOD.replace("    ", "\t").replace(
        "\t\ttry", "\t\tdef inner():\n\t\t\tpass\n\t\ttry"
    ),
    "form feed before def": f"import os\n\f{RETRY}",
    "form feed within the indentation": (
        "    \fdef fetch(url):\n    def inner():\n        pass\n" + RETRY.partition("\n")[2]
    ),
    "form feed in a body": RETRY.replace("    try", "\f\n    try"),
    "nested function": f"def outer():\n{indent(RETRY, '    ')}",
    "nested in a method": f"class A:\n    def outer(self):\n{indent(RETRY, '        ')}",
    "nested class": f"class Outer:\n{indent(METHOD, '    ')}",
    "under an if": f"if True:\n{indent(RETRY, '  ')}else:\n  pass\n",
    "behind a nested function": RETRY.replace("    try", "    def inner():\n        pass\n    try"),
    "behind a nested class": RETRY.replace("    try", "    class Inner:\n        pass\n    try"),
    "behind a nested decorator": RETRY.replace("    try", "    @wrap\n    def inner():\n        pass\n    try"),
    "behind a text with definitions": RETRY.replace("    try", '    """\ndef other():\nclass Other:\n"""\n    try'),
    "behind a text in single quotes": RETRY.replace("    try", "    a = '''\ndef other():\n@b\n'''\n    try"),
    "behind a continued text": RETRY.replace("    try", "    a = 'b\\\ndef other():\\\n'\n    try"),
    "behind a text in a text": RETRY.replace("    try", '    a = """\'\'\'\ndef b():\n"""\n    try'),
    "behind quotes in a comment": RETRY.replace("    try", '    # """\n    a = """\ndef b():\n"""\n    try'),
    "behind quotes in a text": RETRY.replace("    try", '    a = \'"""\' """\ndef b():\n"""\n    try'),
    "behind escaped quotes": RETRY.replace("    try", '    a = """\\"""\ndef b():\n"""\n    try'),
    "behind an operator at the margin": RETRY.replace("    try", "    a = (b\n@ c)\n    try"),
    "parameters at the margin": RETRY.replace("(url):", "(\nurl\n):"),
    "callback": RETRY.replace("return fetch(url)", "schedule(lambda: fetch(url))"),
    "in an f-string": RETRY.replace("return fetch(url)", "return f'{fetch(url)}'"),
    "in a subscript": RETRY.replace("return fetch(url)", "return a[fetch(url)]"),
    "behind an operator": RETRY.replace("return fetch(url)", "return -fetch(url)"),
    "name outside ASCII": RETRY.replace("fetch", "größe"),
    "name that Python normalises": RETRY.replace("def fetch", "def ﬁle").replace("return fetch", "return file"),
    "name that holds another name": RETRY.replace("fetch", "refetch_") + RETRY.replace("fetch", "fetch_"),
    "last line without end": RETRY.rstrip("\n"),
    "defined twice": f"def fetch(url):\n    pass\n\n\n{RETRY}",
    "under an if behind a class": f"class A:\n    x = 1\n\n\nif True:\n{indent(RETRY, '    ')}",
    "under an else behind a class": f"if a:\n    class A:\n        pass\nelse:\n{indent(RETRY, '    ')}",
    "under an if behind a method": METHOD.replace(
        "    def fetch", "    def other(self): pass\n    if True:\n      def fetch"
    ).replace("        ", "          "),
    "a class with brackets at the margin": METHOD.replace("Client:", "Client:\n    x = [\n1,\n]"),
    "a class with bases at the margin": METHOD.replace("Client:", "Client(\nA,\nB):"),
    "a class with a text at the margin": METHOD.replace("Client:", "Client:\n    '''A\nclass.\n'''"),
    "behind the main block": f"if __name__ == '__main__':\n    main()\n\n\n{RETRY}",
}

TYPE_PARAMETERS = {
    "type parameter": METHOD.replace("fetch(self", "fetch[T](self"),
    "type parameter with a bound": METHOD.replace("fetch(self", "fetch[T: list[int], *U](self"),
    "type parameter with constraints": METHOD.replace("fetch(self", "fetch[T: (int, str)](self"),
}
"""Python 3.12 reads them; the screen must everywhere."""


@pytest.mark.parametrize("name", LAYOUTS)
def test_keeps_every_layout(name: str) -> None:
    facts = analyse(LAYOUTS[name])
    assert facts.sites
    assert may_hold_retry(LAYOUTS[name].encode())
    assert analyse(LAYOUTS[name], screened=screened(LAYOUTS[name].encode())) == facts


@pytest.mark.parametrize("name", TYPE_PARAMETERS)
def test_keeps_type_parameters(name: str) -> None:
    assert may_hold_retry(TYPE_PARAMETERS[name].encode())


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_keeps_every_layout_with_other_newlines(name: str, newline: str) -> None:
    assert may_hold_retry(LAYOUTS[name].replace("\n", newline).encode())


@pytest.mark.parametrize("source", [RETRY, METHOD, ASYNC])
def test_keeps_a_file_with_a_byte_order_mark(source: str) -> None:
    assert may_hold_retry(codecs.BOM_UTF8 + source.encode())


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_keeps_every_fixture(path: Path) -> None:
    assert may_hold_retry(path.read_bytes())


@pytest.mark.parametrize("block", BAD_BLOCKS, ids=lambda block: block.label)
def test_keeps_every_bad_example(block: Block) -> None:
    assert may_hold_retry(block.source.encode())


@pytest.mark.parametrize(
    "name", ["utf-7", "utf-16", "utf_16_le", "unicode_escape", "rot13", "punycode", "cp037", "shift_jis", "hz"]
)
@pytest.mark.parametrize(
    "start", ["# coding: {}\n", "#!/usr/bin/python\n# -*- coding: {} -*-\n", "\n  # vim:coding={}\n"]
)
def test_keeps_what_may_be_spelt_otherwise(start: str, name: str) -> None:
    assert may_hold_retry(f"{start.format(name)}+AGQ-ef\n".encode())


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "utf-8-sig", "ascii", "latin-1", "iso-8859-15", "cp1252"])
def test_an_encoding_that_holds_ascii_is_no_reason(name: str) -> None:
    assert not may_hold_retry(f"# -*- coding: {name} -*-\nx = 1\n".encode())


DROPPED = {
    "empty": "",
    "no function": "x = 1\n",
    "no call": "def fetch(url):\n    return url\n",
    "super": "class A(B):\n    def save(self):\n        super().save()\n",
    "super with arguments": "class A(B):\n    def save(self):\n        super(A, self).save()\n",
    "another object": "class A:\n    def save(self):\n        self.inner.save()\n        other.save()\n",
    "a call from the next function": "def fetch(url):\n    pass\n\n\ndef main():\n    fetch(1)\n",
    "a call from the next method": (
        "class A:\n    def fetch(self):\n        pass\n\n    def main(self):\n        self.fetch()\n"
    ),
    "a call from the main block": "def main():\n    pass\n\n\nif __name__ == '__main__':\n    main()\n",
    "a longer name": "def fetch(url):\n    prefetch(url)\n    fetch_all(url)\n",
    "a function of a method's name": (
        "class A:\n    def open(self):\n        if self.path:\n            return open(self.path)\n"
    ),
    "a method of a function's name": "def close(item):\n    if item:\n        item.close()\n",
    "a method of another class": (
        "class A:\n    def save(self):\n        pass\n\n\n"
        "class B(A):\n    def save(self):\n        if self.a:\n            A.save(self)\n"
    ),
    "a call that every run makes": "def depth(tree):\n    below = depth(tree.child)\n    return below + 1\n",
    "two functions, one of which calls a method": (
        "def local(value):\n    return zoned(value)\n\n\ndef zoned(value):\n    try:\n        check(value)\n"
        "    except ValueError:\n        pass\n    return zone.local(value)\n"
    ),
    "only mentioned": "def fetch(url):\n    return partial(fetch, url)\n",
    "a task without a retry": "@app.task\ndef task():\n    pass\n",
    "a retry without a task": "import app\n\n\n@app.retry\ndef fetch():\n    pass\n",
}


@pytest.mark.parametrize("name", DROPPED)
def test_drops_what_only_looks_alike(name: str) -> None:
    assert analyse(DROPPED[name]) == FileFacts()
    assert not may_hold_retry(DROPPED[name].encode())


def test_drops_much_of_the_library_and_loses_nothing() -> None:
    dropped = [path for path in LIBRARY if not may_hold_retry(path.read_bytes())]
    assert len(dropped) > len(LIBRARY) / 8
    for path in dropped:
        with tokenize.open(path) as file:
            assert analyse(file.read()).sites == (), path


Kind = Literal["function", "method", "class method", "by class", "async"]


@dataclass(frozen=True, slots=True)
class Layout:
    """A recursive retry in some layout. Gaps stand within parentheses, so anything may be in them."""

    kind: Kind
    receiver: str
    gaps: tuple[str, str, str]
    head: str
    fillers: tuple[str, ...]
    above: str
    below: str
    margin: str
    depth: int
    newline: str
    mark: bool

    def source(self) -> str:
        before, behind, last = self.gaps
        owner = {"function": "", "async": "", "by class": f"Client{before}.{behind}"}.get(
            self.kind, f"{self.receiver}{before}.{behind}"
        )
        again = f"({owner}fetch{last}(url))"
        own = f"{self.receiver}, " if self.kind in ("method", "class method") else ""
        keyword = self.head if self.kind != "async" else f"async {self.head}"
        lines = [
            f"{keyword}fetch({own}url):",
            *(indent(each, "\t") if each[0] != "!" else each[1:] for each in self.fillers),
        ]
        lines += ["\ttry:", "\t\treturn work(url)", "\texcept OSError:"]
        lines.append(f"\t\treturn {'await ' if self.kind == 'async' else ''}{again}")
        body = "\n".join(lines)
        decorator = {"class method": "@classmethod\n", "by class": "@staticmethod\n"}.get(self.kind, "")
        body = decorator + body
        if self.kind in ("method", "class method", "by class"):
            body = f"class Client:\n{self.indented(body)}"
        for level in range(self.depth):
            body = f"def outer{level}():\n{self.indented(body)}"
        return f"{self.above}{body}\n{self.below}".replace("\t", self.margin)

    @staticmethod
    def indented(text: str) -> str:
        """Texts that start at the margin stay there."""
        return "\n".join(line if line.startswith(AT_MARGIN) else f"\t{line}" for line in text.split("\n"))

    def encoded(self) -> bytes:
        return (codecs.BOM_UTF8 if self.mark else b"") + self.source().replace("\n", self.newline).encode()


AT_MARGIN = ("def loose", "class Loose", "@loose", "'''", '"""', "# loose")
GAPS = st.sampled_from(["", " ", "\t", "  # (.)\n  ", "\n\n", '  # it\'s\n  # """\n', "\\\n  "])
FILLERS = st.sampled_from(
    [
        "!\tx = '''\ndef loose():\n'''",
        '!\tx = """\nclass Loose:\n@loose\n"""',
        "def inner():\n\tpass",
        "class Inner:\n\tdef inner(self): pass",
        "@wrap\nasync def inner(): pass",
        "if url: pass",
        "!# loose comment",
        "\f",
        "x = (1,\n\t\t2)",
        "x = 'fetch'",
    ]
)

LAYOUT = st.builds(
    Layout,
    kind=st.sampled_from(["function", "method", "class method", "by class", "async"]),
    receiver=st.sampled_from(["self", "cls", "_", "me2", "größe"]),
    gaps=st.tuples(GAPS, GAPS, GAPS),
    head=st.sampled_from(["def ", "def  ", "def\f", "def\\\n ", "def \\\n"]),
    fillers=st.lists(FILLERS, max_size=3).map(tuple),
    above=st.sampled_from(["", "import os\n\n", "\f", "'''def fetch(): fetch()'''\n", "# coding: utf-8\n"]),
    below=st.sampled_from(
        ["", "\n\ndef other():\n\tpass\n", "if __name__ == '__main__':\n\tfetch(1)\n", "@a\nclass B: pass"]
    ),
    margin=st.sampled_from(["\t", " ", "  ", "    "]),
    depth=st.integers(0, 2),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.booleans(),
)


@given(LAYOUT)
def test_keeps_every_drawn_layout(layout: Layout) -> None:
    source = layout.source()
    note(source)
    assert analyse(source).sites
    assert may_hold_retry(layout.encoded())


BLIND_SPOTS = {
    "a text that looks like definitions": (
        "def fetch(url):\n    while True:\n        text = '''\ndef other():\nclass Other:\nx = 1\n'''\n        try:\n"
        "            return get(url)\n        except OSError:\n            sleep(1)\n"
    ),
    "a backslash before the loop's body": (
        "def fetch(url):\n    while \\\n  True:\n        try:\n            return get(url)\n        except OSError:\n"
        "            x = 1 + \\\n2\n            sleep(1)\n"
    ),
    "brackets at the margin": (
        "def fetch(url):\n    while True:\n        x = [\n1,\n2,\n        ]\n        try:\n"
        "            return get(url)\n"
        "        except OSError:\n            sleep(1)\n"
    ),
    "a comprehension over several lines": (
        "def fetch(url):\n    names = [\n    name\n    for name in url\n    ]\n    for _ in range(3):\n        try:\n"
        "            return get(url)\n        except OSError:\n            sleep(1)\n"
    ),
    "a loop of one line": "def push(url):\n    while requests.post(url).status_code >= 500: time.sleep(1)\n",
    "an else of the loop": (
        "def push(url):\n    while not done:\n        check()\n    else:\n        for _ in range(3):\n"
        "            try:\n"
        "                return post(url)\n            except OSError:\n                sleep(1)\n"
    ),
    "a header over several lines": (
        "def fetch(url):\n    for attempt in range(\n  3\n):\n        try:\n            return get(url)\n"
        "        except OSError:\n            sleep(1)\n"
    ),
    "an act in an f-string": (
        "def push(url):\n    while True:\n        code = f'{requests.post(url).status_code}'\n"
        "        if code == '200':\n"
        "            break\n        time.sleep(1)\n"
    ),
    "calls behind the handler": (
        "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        pass\n"
        "    return fetch(url)\n"
    ),
    "two that call each other": (
        "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        return again(url)\n\n\n"
        "def again(url):\n    sleep(1)\n    return fetch(url)\n"
    ),
    "two methods that call each other": (
        "class A:\n    def fetch(self, url):\n        try:\n            return work(url)\n        except OSError:\n"
        "            return self.again(url)\n\n    def again(self, url):\n        sleep(1)\n"
        "        return self.fetch(url)\n"
    ),
    "the same call in a handler": (
        "def fetch(url):\n    try:\n        send(url)\n    except (\nOSError\n):\n        connect()\n"
        "        send(url)\n"
    ),
    "suppressed": (
        "def fetch(url):\n    for _ in range(3):\n        with contextlib.suppress(OSError):\n"
        "            return get(url)\n"
    ),
}


@pytest.mark.parametrize("layout", ["plain", "CRLF", "form feed", "tabs", "in a class"])
@pytest.mark.parametrize("name", BLIND_SPOTS)
def test_keeps_what_is_easily_overlooked(name: str, layout: str) -> None:
    source = BLIND_SPOTS[name]
    if layout == "tabs":
        source = source.replace("    ", "\t")
    elif layout == "form feed":
        source = source.replace("\n        ", "\n\f        ")
    elif layout == "in a class" and "'''" not in source and "\n1," not in source:
        source = f"class Outer:\n{indent(source, '    ')}"
    kept = screened(source.replace("\n", "\r\n").encode() if layout == "CRLF" else source.encode())
    facts = analyse(source)
    assert analyse(source, screened=kept) == facts
    assert kept.may_retry or facts == FileFacts()
    if layout != "in a class" and name not in ("an act in an f-string", "a loop of one line"):
        assert facts.sites


@pytest.mark.parametrize("path", LIBRARY[::4], ids=lambda path: path.stem)
def test_what_is_ruled_out_is_not_there(path: Path) -> None:
    with tokenize.open(path) as file:
        source = file.read()
    assert analyse(source, screened=screened(source.encode())) == analyse(source)


STATEMENTS = st.sampled_from(
    ["work(url)", "send(url)", "fetch(url)", "again(url)", "self.fetch(url)", "return work(url)", "pass", "raise",
     "self.again(url)", "return self.fetch(url)", "return fetch(\nurl)", "url.fetch(url)", "Client.fetch(self, url)",
     "break", "continue", "x = a[0]", "x = [\n1]", "x = '''\ndef a():\n'''", "sleep(1)", "y = f'{send(url)}'",
     "# '''"]
)  # fmt: skip


def _blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map(lambda lines: indent("\n".join(lines) + "\npass", "  "))
    return st.one_of(
        st.builds("for x in y:\n{}".format, body),
        st.builds("while a:\n{}".format, body),
        st.builds("while a:\n{}\nelse:\n{}".format, body, body),
        st.builds("try:\n{}\nexcept OSError:\n{}".format, body, body),
        st.builds("if a:\n{}\nelse:\n{}".format, body, body),
        st.builds("def fetch(url):\n{}".format, body),
        st.builds("def again(self, url):\n{}".format, body),
        st.builds("def fetch(self, url):\n{}".format, body),
        st.builds("match a:\n  case b:\n{}".format, body.map(lambda lines: indent(lines, "  "))),
        st.builds("class Client:\n{}".format, body),
        st.builds("with suppress(OSError):\n{}".format, body),
    )


@given(st.lists(st.recursive(STATEMENTS, _blocks, max_leaves=12), max_size=4))
def test_what_is_ruled_out_is_not_there_in_drawn_programs(parts: list[str]) -> None:
    source = "\n".join(parts) + "\n"
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return
    note(source)
    facts = analyse(source, tree)
    assert analyse(source, tree, screened=screened(source.encode())) == facts
    assert analyse(source, screened=screened(source.encode())) == facts


@pytest.mark.parametrize(
    ("line", "roots"),
    [
        ("import tenacity", {"tenacity"}),
        ("import os, tenacity as again", {"tenacity"}),
        ("from tenacity.retry import retry_if_result", {"tenacity"}),
        ("from .tenacity import retry", {"tenacity", "retry"}),
        ("from google.api_core.retry import Retry", set()),
        ("from google.api_core import retry", set()),
        ("from google.api_core.retry import Retry; import backoff", {"retry", "backoff"}),
    ],
)
def test_the_libraries_of_policies_are_imported_from_the_top(line: str, roots: set[str]) -> None:
    assert policy_roots_in(f"\n{line}\n".encode()) == roots
