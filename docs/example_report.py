"""The report of the programs that the tests read, as an example."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from retrylint.config import Settings
from retrylint.engine import lint_paths
from retrylint.page.render import environment, render
from retrylint.page.view import page_of

PROGRAMS = Path(__file__).resolve().parent.parent / "fixtures" / "programs"


def page() -> str:
    """The page, with paths that begin in the folder of the programs."""
    results = lint_paths([PROGRAMS], Settings(extend_select=("RTY2", "RTY4", "RTY7")), project=True)
    named = [replace(each, filename=Path(each.filename).relative_to(PROGRAMS).as_posix()) for each in results]
    return render(page_of(named, "two programs"), environment())
