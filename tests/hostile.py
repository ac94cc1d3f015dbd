"""Input that kills parsers: generated, so that no blob is kept. Each shape at several sizes, at several places."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

SIZES = (200, 1_000, 10_000, 100_000)

Shape = Callable[[int], str]

EXPRESSIONS: dict[str, Shape] = {
    "brackets": lambda n: "[" * n + "]" * n,
    "parentheses": lambda n: "(" * n + "a" + ")" * n,
    "braces": lambda n: "{" * n + "a" + "}" * n,
    "dicts": lambda n: "{1:" * n + "a" + "}" * n,
    "calls in calls": lambda n: "f(" * n + ")" * n,
    "plus": lambda n: " + ".join(["a"] * n),
    "power": lambda n: " ** ".join(["a"] * n),
    "and": lambda n: " and ".join(["a"] * n),
    "or and": lambda n: " or a and ".join(["a"] * n),
    "comparisons": lambda n: " < ".join(["a"] * n),
    "not": lambda n: "not " * n + "a",
    "minus": lambda n: "-" * n + "1",
    "attributes": lambda n: "a" + ".b" * n,
    "calls": lambda n: "a" + "()" * n,
    "items": lambda n: "a" + "[0]" * n,
    "conditions": lambda n: " if c else ".join(["a"] * n),
    "lambdas": lambda n: "lambda: " * n + "1",
    "lambdas with parameters": lambda n: "lambda a, b: " * n + "1",
    "texts": lambda n: " ".join(["'a'"] * n),
    "f-string fields": lambda n: "f'" + "{a}" * n + "'",
    "comprehensions": lambda n: "[a " + "for b in c " * n + "]",
    "assignment expressions": lambda n: "(y := " * n + "1" + ")" * n,
    "list": lambda n: "[" + "1, " * n + "]",
    "line joints": lambda n: "\\\n" * n + "1",
    "digits": lambda n: "1" * n,
    "letters": lambda n: "a" * n,
}
LINES: dict[str, Shape] = {
    "elif": lambda n: "if a:\n    pass\n" + "elif b:\n    pass\n" * n,
    "except": lambda n: "try:\n    a.b\n" + "except B:\n    pass\n" * n,
    "with": lambda n: "with " + ", ".join(["a"] * n) + ":\n    pass\n",
    "targets": lambda n: "a = " * n + "1\n",
    "semicolons": lambda n: "a; " * n + "\n",
    "import": lambda n: "import a" + ".b" * n + "\n",
    "annotation": lambda n: "x: " + "[" * n + "]" * n + " = 1\n",
    "patterns": lambda n: "match a:\n    case " + "[" * n + "]" * n + ":\n        pass\n",
    "mappings in patterns": lambda n: "match a:\n    case " + "{1: " * n + "b" + "}" * n + ":\n        pass\n",
    "alternatives": lambda n: "match a:\n    case " + " | ".join(["1"] * n) + ":\n        pass\n",
    "decorators": lambda n: "@a\n" * n + "def g():\n    pass\n",
    "blank lines": lambda n: "\n" * n,
    "comments": lambda n: "# a comment\n" * n,
}
BLOCKS: dict[str, str] = {"if a:": "if", "def f():": "def", "class A:": "class", "try:": "try", "for a in b:": "for"}

GOOD = """\
def fetch(url):
    try:
        return operation(url)
    except OSError:
        return fetch(url)
"""
IN_HANDLER = (
    "def fetch(url):\n    try:\n        return operation(url)\n    except OSError:\n{}        return fetch(url)\n"
)
_RETRIED = "def f{0}(u):\n    try:\n        return op(u)\n    except OSError:\n        return f{1}(u)\n"
_TASK = "@shared_task(bind=True, {})\ndef run(self):\n    raise self.retry()\n"


def _each(template: str, count: int) -> str:
    """A template for each number: {0} is the number, {1} the next one."""
    return "".join(template.format(number, number + 1) for number in range(count))


# whole files, in which what is made of others would double the work with each, or square it
GROWING: dict[str, Shape] = {
    "functions that retry": lambda n: _each(_RETRIED.replace("f{1}", "f{0}"), n),
    "functions that call each other": lambda n: _each(_RETRIED, n),
    "handlers": lambda n: (
        "def f(u):\n    while True:\n        try:\n            return op(u)\n"
        + _each("        except E{0}:\n            x = {0}\n", n)
    ),
    "handlers of nothing": lambda n: "try:\n    a()\n" + _each("except E{0}:\n    b{0}()\n", 10 * n),
    "cases": lambda n: IN_HANDLER.format("        match url:\n" + _each("            case {0}: x = {0}\n", n)),
    "stars": lambda n: IN_HANDLER.format("        x = [" + _each("*a{0}, ", n) + "]\n"),
    "keywords": lambda n: IN_HANDLER.format("        f(" + _each("a{0}={0}, ", n) + ")\n"),
    "items of a dict": lambda n: IN_HANDLER.format("        x = {" + _each("'a{0}': {0}, ", n) + "}\n"),
    "assignment expressions in a list": lambda n: IN_HANDLER.format(
        "        x = [" + _each("(y{0} := 1), ", n) + "]\n"
    ),
    "parameters": lambda n: "def f({0}):\n    try:\n        op(a0)\n    except OSError:\n        f({0})\n".format(
        _each("a{0}, ", n)
    ),
    "lines that set each other": lambda n: IN_HANDLER.format(
        "        a0 = [1]\n" + _each("        a{1} = a{0} + a{0}\n", n)
    ),
    "a long line": lambda n: IN_HANDLER.format("        x = '" + "a" * 1000 * n + "'\n"),
    "constants that are one another": lambda n: (
        "from urllib3 import Retry\nN0 = 3\n" + _each("N{1} = N{0}\n", n) + f"r = Retry(N{n})\n"
    ),
    "constants that double": lambda n: (
        "from urllib3 import Retry\nN0 = 3\n" + _each("N{1} = N{0} + N{0}\n", n) + f"r = Retry(N{n})\n"
    ),
    "texts that double": lambda n: (
        "from urllib3 import Retry\nN0 = 'a'\n" + _each("N{1} = N{0} + N{0}\n", n) + f"r = Retry(N{n})\n"
    ),
    "options that unpack others": lambda n: (
        "from celery import shared_task\nO0 = {'max_retries': 3}\n"
        + _each("O{1} = {{**O{0}, **O{0}}}\n", n)
        + _TASK.format(f"**O{n}")
    ),
    "classes above one another": lambda n: (
        "from celery import Task, shared_task\nclass C0(Task):\n    max_retries = 3\n"
        + _each("class C{1}(C{0}): pass\n", n)
        + _TASK.format(f"base=C{n}")
    ),
    "classes with two ways up": lambda n: (
        "from celery import Task, shared_task\nclass C0(Task):\n    max_retries = 3\n"
        + _each("class D{1}(C{0}): pass\nclass E{1}(C{0}): pass\nclass C{1}(D{1}, E{1}): pass\n", n)
        + _TASK.format(f"base=C{n}")
    ),
    "stops of a policy": lambda n: (
        "from tenacity import *\n@retry(stop=stop_any(" + "stop_after_attempt(3), " * n + "))\ndef f():\n    op()\n"
    ),
    "waits of a policy": lambda n: (
        "from tenacity import *\n@retry(stop=stop_after_attempt(3), wait=wait_chain("
        + "wait_fixed(3), " * n
        + "))\ndef f():\n    op()\n"
    ),
    "policies": lambda n: (
        "from tenacity import *\n" + _each("@retry(stop=stop_after_attempt({0}))\ndef f{0}():\n    op()\n", n)
    ),
}
NEWER = "beside newer syntax"  # libcst reads the file where Python does not
PLACES: dict[str, str] = {
    "in the handler": IN_HANDLER,
    NEWER: f"type Key = int\n{IN_HANDLER}",
    "before the loop": (
        "def fetch(url):\n{}    while True:\n        try:\n            return operation(url)\n"
        "        except OSError:\n            pass\n"
    ),
    "in a task": (
        "from celery import shared_task\n@shared_task(bind=True)\ndef run(self):\n{}    raise self.retry()\n"
    ),
}
HEADS: dict[str, str] = {
    "in a decorator": f"@g({{}})\n{GOOD}",
    "in an annotation": GOOD.replace("(url):", "(url: {}):", 1),
    "in a default": GOOD.replace("(url):", "(url={}):", 1),
    "in a constant": f"LIMIT = {{}}\n{GOOD}",
    "in a client's setting": "from urllib3 import Retry\nretries = Retry(total={})\n",
    "in an operator": "from airflow import models\nfrom x import BashOperator\nt = BashOperator(retries={})\n",
    "in a helper": (
        "import time\ndef wait(n):\n    time.sleep({})\n\ndef fetch(url):\n    while True:\n        try:\n"
        "            return operation(url)\n        except OSError:\n            wait(1)\n"
    ),
}
RETRIES = "{0}def {1}(u):\n{0}    try:\n{0}        return op(u)\n{0}    except OSError:\n{0}        return {2}(u)\n"
MANY: dict[str, Shape] = {  # modules of thousands of one thing
    "decorators": lambda n: "".join(f"@d{i}(fetch, {i})\n" for i in range(n)) + GOOD,
    "decorators of nothing": lambda n: "@a\n" * n + "x = 1\n" + GOOD,
    "matrix products": lambda n: "x = (a\n" + "@ b\n" * n + ")\n" + GOOD,
    "handlers": lambda n: (
        "def f():\n    try:\n" + "".join(f"        a{i}()\n" for i in range(n))
        + "".join(f"    except E{i}:\n        b{i}()\n" for i in range(n)) + "    except E:\n        a1()\n"
    ),
    "handlers with braces in texts": lambda n: (
        "".join(f"def f{i}():\n    try:\n        a()\n    except E:\n        b(f'{{{{ {{x}}')\n" for i in range(n))
        + GOOD
    ),
    "cases that retry": lambda n: (
        "def fetch(u):\n    match u:\n" + "".join(
            f"        case {i}:\n            try:\n                return op()\n            except OSError:\n"
            "                return fetch(u)\n" for i in range(n)
        )
    ),
    "assignment expressions": lambda n: IN_HANDLER.format(
        "".join(f"        if (a{i} := g(a{i - 1})):\n            pass\n" for i in range(n))
    ),
    "methods in a ring": lambda n: (
        "class A:\n" + "".join(RETRIES.format("    ", f"m{i}", f"self.m{(i + 1) % n}") for i in range(n))
    ),
    "functions in a ring": lambda n: "".join(RETRIES.format("", f"m{i}", f"m{(i + 1) % n}") for i in range(n)),
    "functions of one name": lambda n: RETRIES.format("", "m", "m") * n,
    "functions of two names": lambda n: (RETRIES.format("", "m", "k") + "def k(u):\n    return m(u)\n") * n,
    "retries": lambda n: "".join(RETRIES.format("", f"m{i}", f"m{i}") for i in range(n)),
    "small functions": lambda n: "".join(f"def f{i}(a):\n    return g{i}(a)\n" for i in range(n)) + GOOD,
    "small classes": lambda n: (
        "".join(f"class A{i}(B{i}):\n" + RETRIES.format("    ", "run", f"A{i}.run") for i in range(n))
    ),
    "classes behind which nothing is sure": lambda n: (
        "".join(
            f"class A{i}: pass\nif a:\n    def f{i}(u):\n        if u:\n            A{i}.g(u)\n            B.f{i}(u)\n"
            for i in range(n)
        )
    ),
    "classes of two methods": lambda n: (
        "".join(
            f"class A{i}:\n" + RETRIES.format("    ", "m", "self.k") + "    def k(u):\n        return self.m(u)\n"
            for i in range(n)
        )
    ),
    "functions that call one": lambda n: (
        "def g(u):\n" + "".join(f"    h{i}(u)\n" for i in range(n))
        + "".join(RETRIES.format("", f"m{i}", "g") for i in range(n))
    ),
    "functions that one calls": lambda n: (
        "".join(f"def f{i}(u):\n    return c(u)\n" for i in range(n))
        + "def c(u):\n    try:\n        op()\n    except E:\n" + "".join(f"        f{i}(u)\n" for i in range(n))
    ),
    "loops": lambda n: "def f(a):\n" + "    for x in a:\n        emit(f'{{ {x}')\n" * n + GOOD,
    "loops that do not close": lambda n: (
        "".join(f"def f{i}(a:\n    for x in a:\n        g(x\n" for i in range(n)) + GOOD
    ),
    "dictionary": lambda n: (
        IN_HANDLER.format("        d = {" + ", ".join(f"{i}: g{i}({i})" for i in range(n)) + "}\n")
    ),
    "targets": lambda n: IN_HANDLER.format("        " + ", ".join(f"a{i}" for i in range(n)) + " = g()\n"),
    "parameters": lambda n: (
        "def fetch(" + ", ".join(f"a{i}=None" for i in range(n)) + "):\n    try:\n        return op()\n"
        "    except OSError:\n        return fetch(" + ", ".join(f"a{i}=a{i}" for i in range(n)) + ")\n"
    ),
    "one long line": lambda n: IN_HANDLER.format("        x = [" + ", ".join(f"g(y{i})" for i in range(n)) + "]\n"),
    "spaces": lambda n: "x = 1\n" + " " * 10 * n + "\n" + GOOD,
    "names in texts": lambda n: (
        "app.send_task('x')\n" + "".join(f"def f{i}():\n    g()\n" for i in range(n)) + GOOD
    ),
    "imports": lambda n: "".join(f"from m{i} import n{i} as retry{i}\n" for i in range(n)) + GOOD,
    "imports that seem to go on": lambda n: "import retry # \\\n" * n + GOOD,
    "type parameters": lambda n: "def f[\n" * n + GOOD,
    "handlers of Python 2": lambda n: "b = 1\ntry:\n    x()\n" + "except A, b:\n    pass\n" * n + GOOD,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A file: the shape in it, how often it is repeated, where it stands, and its content."""

    shape: str
    size: int
    place: str
    content: bytes

    @property
    def filename(self) -> str:
        return f"{self.shape} {self.size} {self.place}.py".replace(" ", "_").replace("'", "")


def cases(sizes: tuple[int, ...] = SIZES) -> Iterator[Case]:
    """Every shape at every size in the handler of a retry, and at one size at the other places."""
    yield from in_handler(sizes)
    yield from in_handler(sizes, NEWER)
    yield from elsewhere()


def plain() -> Iterator[Case]:
    """Each place with nothing hostile in it: what is known of it then."""
    for place in PLACES:
        yield _placed("plain", lambda _: "x = 1\n", 0, place)
    for place, text in HEADS.items():
        yield Case("plain", 0, place, text.format("1").encode())


def in_handler(sizes: tuple[int, ...] = SIZES, place: str = "in the handler") -> Iterator[Case]:
    """Every shape at every size in the handler of a retry."""
    lines = {name: lambda n, make=make: f"x = {make(n)}\n" for name, make in EXPRESSIONS.items()} | LINES
    for name, make in lines.items():
        for size in sizes:
            yield _placed(name, make, size, place)
    for opening, name in BLOCKS.items():
        for size in (50, 90, 300, 3_000):
            nested = "".join(" " * level + opening + "\n" for level in range(size))
            closing = "".join(" " * level + "finally: pass\n" for level in reversed(range(size)))
            block = f"{nested}{' ' * size}pass\n{closing if name == 'try' else ''}"
            content = PLACES[place].format(_indented(block, 8)).encode()
            yield Case(f"nested {name}", size, place, content)


def elsewhere() -> Iterator[Case]:
    """Every shape at one size at all other places where a text may reach libcst."""
    for name, make in LINES.items():
        for place in PLACES:
            if place != NEWER:
                yield _placed(name, make, 3_000, place)
    for place, text in HEADS.items():
        for name, make in EXPRESSIONS.items():
            yield Case(name, 3_000, place, text.format(make(3_000)).encode())


def module_of_many(name: str, count: int) -> str:
    """A module with so many of one thing, or fewer where it would be too large."""
    text = MANY[name](count)
    return text if len(text) < 2_000_000 else module_of_many(name, count // 2)


def growing(sizes: tuple[int, ...]) -> Iterator[Case]:
    """Whole files that grow in a way of their own."""
    for name, make in GROWING.items():
        for size in sizes:
            yield Case(name, size, "as it is", make(size).encode())


def _placed(name: str, make: Shape, size: int, place: str) -> Case:
    text = PLACES[place]
    depth = 8 if IN_HANDLER in text else 4
    return Case(name, size, place, text.format(_indented(make(size), depth)).encode())


def _indented(lines: str, depth: int) -> str:
    return "".join(f"{' ' * depth}{line}\n" if line else "\n" for line in lines.split("\n")[:-1])
