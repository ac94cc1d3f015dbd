"""A project of the fixtures, imported as its own users would, and taken away again with all that it has registered."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import _state

TASKS = ("app.jobs.job", "app.later.report")


@contextmanager
def imported(case: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module that holds the job of a project, from a copy in the folder."""
    shutil.copytree(case, folder / "project")
    monkeypatch.syspath_prepend(str(folder / "project"))
    finalizers: set[object] = vars(_state)["_on_app_finalizers"]  # by which each later application has its shared tasks
    known = set(finalizers)
    try:
        yield importlib.import_module("app.jobs")
    finally:
        finalizers.intersection_update(known)
        for app in vars(_state)["_get_active_apps"]():  # those that are there already have them, too
            if app.finalized:
                for name in TASKS:
                    app.tasks.pop(name, None)
        for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
            del sys.modules[name]
