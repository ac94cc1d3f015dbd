"""Project mode reads parts of modules: what it leaves out changes nothing that others can ask for."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest

from retrylint.chains.graph import Module
from retrylint.config import Settings
from retrylint.engine import lint_paths
from retrylint.excerpt import Skeleton, skeleton_of
from retrylint.layout import code_of
from retrylint.libraries.policies import policy_index
from retrylint.names import Imports
from retrylint.project.calls import graph_of
from retrylint.project.modules import Modules
from retrylint.project.overview import Overview
from retrylint.project.summary import helpers_in, summary_of
from retrylint.project.surface import Source, may_have_helper, names_set_to, source_of
from retrylint.screen import Screened
from retrylint.sketch.offering import helpers_of, names_of
from retrylint.sketch.outline import FUNCTIONS, outline
from retrylint.sketch.task_words import TaskWords

ROOT = Path(__file__).parent.parent
FOLDERS = ("fixtures/projects", "fixtures/sites", "fixtures/quiet", "retrylint/study")
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
IDS = [path.relative_to(ROOT).as_posix() for path in SOURCES]

LOOP = "    while True:\n        try:\n            return {operation}\n        except OSError:\n            pass\n"
HELPERS = {
    "a parameter": "def again(function):\n" + LOOP.format(operation="function()"),
    "a parameter of an inner function": "def again():\n    def made(function):\n"
    + "".join(f"    {line}\n" for line in LOOP.format(operation="function()").splitlines())
    + "    return made\n",
    "an attribute": "class Again:\n    def __init__(self, function):\n        self.function = function\n\n"
    "    def run(self):\n" + "".join(f"    {line}\n" for line in LOOP.format(operation="self.function()").splitlines()),
    "arguments that are handed on": "def again(*args):\n" + LOOP.format(operation="send(*args)"),
    "under a condition": "if FAST:\n    def again(function):\n"
    + "".join(f"    {line}\n" for line in LOOP.format(operation="function()").splitlines()),
    "a policy": "import tenacity\n\n\ndef again(function):\n    return tenacity.retry(function)\n",
}
SET = {
    "a policy": "import tenacity\n\nagain = tenacity.retry(stop=None)\n",
    "a part of one": "from functools import partial\n\nimport tenacity\n\nagain = partial(tenacity.retry, stop=None)\n",
    "another one": "import tenacity\n\nfirst = tenacity.retry()\nagain: object = first\n",
    "one under a condition": "import tenacity\n\nif FAST:\n    again = tenacity.retry()\n",
}
NO_HELPERS = {
    "a loop of its own": "def fetch(url):\n" + LOOP.format(operation="get(url)"),
    "a name in a list": "import tenacity\n\n\ndef fetch(url):\n    return tenacity, url\n",
}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def module_of(source: Source, name: str) -> Module:
    module = graph_of(Modules.of([name]), {name: source}.get, {}, lambda *_: None).module(name)
    assert module is not None
    return module


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_the_names_of_a_skeleton_are_those_of_the_module(path: Path) -> None:
    text = read(path)
    whole = names_of(text, ast.parse(text))
    own = summary_of(source_of(text), str(path), Modules.of([str(path)])).own
    assert own.constants == whole.constants
    assert own.classes == whole.classes
    assert set(own.imports.table) == set(whole.imports.table)


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_the_helpers_of_an_excerpt_are_those_of_the_module(path: Path) -> None:
    source = source_of(read(path))
    policies = policy_index(source.policies)
    words = TaskWords(policies=policies.words, callers=policies.callers)
    whole = helpers_of(source.text, ast.parse(source.text), words)
    assert helpers_in(source, source.policies, {}).repeaters == whole.repeaters
    assert may_have_helper(source, policies.words | policies.callers) or not whole.repeaters


@pytest.mark.parametrize("path", SOURCES, ids=IDS)
def test_functions_that_are_read_one_by_one_are_those_of_the_module(path: Path) -> None:
    source, name = source_of(read(path)), str(path)
    by_parts, at_once = module_of(source, name), module_of(Source(source.text, Screened()), name)
    seen = outline(ast.parse(source.text)).definitions
    names = {each.owner.qualified(each.node.name) for each in seen if isinstance(each.node, FUNCTIONS)}
    assert {each: by_parts.functions.get(each) for each in names} == {
        each: at_once.functions.get(each) for each in names
    }
    assert by_parts.bases == at_once.bases
    assert by_parts.imports == at_once.imports
    assert dict(by_parts.constants) == dict(at_once.constants)


@pytest.mark.parametrize("name", HELPERS)
def test_a_text_may_hold_a_helper(name: str) -> None:
    source = source_of(HELPERS[name])
    assert may_have_helper(source, policy_index(source.policies).words)


@pytest.mark.parametrize("name", NO_HELPERS)
def test_a_text_holds_no_helper(name: str) -> None:
    source = source_of(NO_HELPERS[name])
    assert not may_have_helper(source, policy_index(source.policies).words)


@pytest.mark.parametrize("name", SET)
def test_what_a_name_is_set_to(name: str) -> None:
    source = source_of(SET[name])
    assert "again" in names_set_to(source, policy_index(source.policies).words)


def test_a_skeleton_tells_where_the_functions_are() -> None:
    text = "class A:\n    x = 1\n\n    def __init__(self): ...\n\n    def f(self): ...\n\n\ndef f():\n    pass\n"
    skeleton = skeleton_of(code_of(text.encode()))
    first, last = {name: places[0][0] for name, places in skeleton.functions.items()}, 10
    assert first == {"A.f": 6, "f": 9}
    assert skeleton.functions["f"][0][1] >= last
    assert "__init__" in skeleton.excerpt.text(text)


def test_what_looks_broken_is_read_at_once() -> None:
    assert Source("x = (\n", Screened(broken=True)).skeleton() == Skeleton()


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_search_does_not_depend_on_what_was_asked_first(first: str) -> None:
    """Two modules whose classes stand above one another, as nobody writes them, one of them above a helper too."""
    files = {
        "a": "from pkg.b import B\nfrom pkg.c import C\n\n\nclass A(B, C):\n    pass\n",
        "b": "from pkg.a import A\n\n\nclass B(A):\n    pass\n",
        "c": "class C:\n    pass\n",
    }
    paths = {name: f"/pkg/{name}.py" for name in files}
    sources = {paths[name]: source_of(text) for name, text in files.items()}
    overview = Overview(Modules.of(sources), sources.get)
    known: dict[tuple[str, str], bool] = {}
    for name in (first, "a", "b"):
        start = paths[name], name.upper()
        assert overview.reaches(start, lambda place: place == (paths["c"], "C"), known)
    assert not overview.reaches((paths["a"], "X"), lambda place: place == (paths["c"], "C"), known)


def test_an_import_table_is_qualified() -> None:
    paths = ["/pkg/__init__.py", "/pkg/conf.py"]
    own = summary_of(source_of("from .conf import LIMIT\n"), paths[0], Modules.of(paths)).own
    assert own.imports == Imports({"LIMIT": "pkg.conf.LIMIT"})


def test_a_look_that_takes_too_long_costs_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow.py").write_text("x = 1\n" * 50_000, encoding="utf-8")
    (tmp_path / "other.py").write_text("from slow import x\n", encoding="utf-8")

    def source_of(text: str) -> Source:
        deadline = time.process_time() + 5
        while len(text) > 1000 and time.process_time() < deadline:
            pass
        return Source(text, Screened(False, False, False, False, False))

    monkeypatch.setattr("retrylint.project.surface.source_of", source_of)
    results = list(lint_paths([tmp_path], Settings(max_file_time=0.2), project=True))
    told = {Path(each.filename).name: [problem.reason for problem in each.facts.not_analysed] for each in results}
    assert told == {"other.py": [], "slow.py": ["took longer than 0.2 s (max-file-time)"]}
