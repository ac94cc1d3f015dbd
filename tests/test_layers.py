"""Imports run downwards only, libcst stays where it belongs, and checks know no library by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "retrylint"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the outside in: a part may import those in lower rows, and itself.
LAYERS = (
    ("__main__",),
    ("cli", "flake8_plugin"),
    ("commands",),
    ("page",),
    ("reports", "baseline"),
    ("engine",),
    ("config", "silence", "together"),
    ("analysis",),
    ("reading",),
    ("parsing",),
    ("checks", "study"),
    ("project",),
    ("libraries", "sketch"),
    ("chains", "loops"),
    ("dataflow", "stepping", "twice"),
    ("flow", "exceptions", "operations"),
    ("again",),
    ("names", "values", "verbs"),
    ("code", "screen"),
    ("brokenness", "excerpt", "item_screen", "recursion_screen", "twice_screen"),
    ("naming", "stepping_screen"),
    ("layout", "words", "nesting", "budget", "parallel", "cache"),
    ("codec",),
    ("sources", "fingerprint"),
    ("model", "errors", "schema"),
    ("quick",),
    ("__init__",),
)
RANKS = {part: rank for rank, row in enumerate(reversed(LAYERS)) for part in row}
LIBCST = {"study"}


def part_of(module: Path) -> str:
    """The top-level module or folder of the package that a file belongs to."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path) -> Iterator[str]:
    """The qualified names that a module imports, those inside functions and for type checkers included."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_imports_run_downwards(module: Path) -> None:
    here = part_of(module)
    if here == "__init__":
        return  # the public API: it names the engine's functions, and imports them when they are asked for
    for name in imports(module):
        package, _, rest = name.partition(".")
        if package == "retrylint":
            there = rest.partition(".")[0]
            there = there if there in RANKS else "__init__"
            assert there == here or RANKS[there] < RANKS[here], f"{here} must not import {name}"


def roots(module: Path) -> Iterator[str]:
    """The packages that a module imports from."""
    return (name.partition(".")[0] for name in imports(module))


def test_every_part_has_a_layer() -> None:
    assert {part_of(module) for module in MODULES} <= RANKS.keys()


def test_reports_are_used_by_the_commands_and_the_page_alone() -> None:
    users = {part_of(m) for m in MODULES if any(name.startswith("retrylint.reports") for name in imports(m))}
    assert users <= {"commands", "page", "reports"}


def test_jinja_is_imported_where_pages_are_made() -> None:
    users = {m.relative_to(PACKAGE).as_posix() for m in MODULES if {"jinja2", "markupsafe"} & set(roots(m))}
    assert users == {"page/render.py"}


def test_libcst_is_imported_where_it_belongs() -> None:
    users = {part_of(m) for m in MODULES if any(name.split(".")[0] == "libcst" for name in imports(m))}
    assert users <= LIBCST


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.relative_to(PACKAGE).as_posix())
def test_libcst_is_used_without_its_slow_parts(module: Path) -> None:
    slow = ("libcst.matchers", "libcst.metadata")
    assert not [name for name in imports(module) if name.startswith(slow)]


def test_the_model_imports_nothing_else_of_the_package() -> None:
    assert [name for name in imports(PACKAGE / "model.py") if name.startswith("retrylint")] == ["retrylint.quick"]
    assert not [name for name in imports(PACKAGE / "quick.py") if name.startswith("retrylint")]


def test_checks_name_no_library() -> None:
    named_like_the_field = {"backoff", "requests", "retry", "retrying"}
    libraries = {path.stem for path in (PACKAGE / "libraries").glob("*.toml")} - named_like_the_field
    assert libraries
    words = re.compile(rf"\b({'|'.join(sorted(libraries))})\b", re.IGNORECASE)
    for module in sorted((PACKAGE / "checks").glob("*.py")):
        found = words.search(module.read_text(encoding="utf-8"))
        assert not found, f"{module.name} names {found[0]}"
