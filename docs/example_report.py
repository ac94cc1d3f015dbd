"""The report of programs and of nested retries that the tests read, as an example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from retrylint.config import Settings
from retrylint.engine import lint_paths
from retrylint.page.render import environment, render
from retrylint.page.view import page_of

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
FOLDERS = (FIXTURES / "programs", FIXTURES / "sites" / "chains")


def page() -> str:
    """The page, with paths that begin in the folder of the fixtures."""
    results = lint_paths(FOLDERS, Settings(extend_select=("RTY2", "RTY4", "RTY7")), project=True)
    named = [replace(each, filename=Path(each.filename).relative_to(FIXTURES).as_posix()) for each in results]
    return render(page_of(named, "an example"), environment())
