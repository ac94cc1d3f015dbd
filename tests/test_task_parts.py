"""A task's retry from scattered parts: real Celery runs each as often and as far apart as the analysis says."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from celery import Task
from celery_truth import observe_eagerly, observe_on_worker
from predicted import assert_as_predicted

from retrylint.analysis import analyse
from retrylint.libraries.spec import task_libraries

BASES = """
from celery import Task, shared_task

class Persistent(Task):
    abstract = True
    max_retries = 5
    default_retry_delay = 20

    def ask_again(self, error, countdown=9):
        raise self.retry(exc=error, countdown=countdown)

class Patient(Persistent):
    abstract = True
    autoretry_for = (ConnectionError,)
"""

OPTIONS = """
import functools
from celery import Task, current_app, current_task, shared_task
import celery

COMMON = {"autoretry_for": (ConnectionError,), "retry_jitter": False}
QUICK = {**COMMON, "retry_backoff": 2, **{"max_retries": 3}}
KINDS = {"slow": dict(QUICK, retry_backoff=30), "quick": QUICK}
MERGED = QUICK | {"max_retries": 1}

class Settings:
    RETRY = {"max_retries": 4, **COMMON}

task = shared_task(bind=True, max_retries=2)
stubborn = functools.partial(shared_task, bind=True, max_retries=7, default_retry_delay=3)
made = current_app.task
"""

HELPERS = """
from celery import current_task, shared_task

def again(job, error, seconds=11):
    job.retry(exc=error, countdown=seconds * 2)

def pass_on(job, error):
    again(job, error, seconds=4)

def as_often(job, error, most):
    if job.request.retries >= most:
        raise error
    raise job.retry(exc=error, countdown=2 ** job.request.retries)

def current(error):
    raise current_task.retry(exc=error, countdown=6)
"""

BODY = """
    try:
        operation()
    except ConnectionError as error:
        {ask}
"""


def _bound(head: str, decorator: str, ask: str) -> str:
    return f"{head}\n@{decorator}\ndef run(self):{BODY.format(ask=ask)}"


def _plain(head: str, decorator: str) -> str:
    return f"{head}\n@{decorator}\ndef run():\n    operation()\n"


CASES = {
    "base class": _bound(BASES, "shared_task(bind=True, base=Persistent)", "raise self.retry(exc=error)"),
    "base over base": _plain(BASES, "shared_task(base=Patient)"),
    "decorator over base": _plain(BASES, "shared_task(base=Patient, max_retries=1)"),
    "method of the base": _bound(BASES, "shared_task(bind=True, base=Persistent)", "self.ask_again(error)"),
    "method, told": _bound(BASES, "shared_task(bind=True, base=Persistent)", "self.ask_again(error, 3)"),
    "class of a base": f"{BASES}\nfrom celery import current_app\nclass Run(Patient):\n    def run(self):\n"
    "        operation()\nrun = current_app.register_task(Run())\n",
    "options": _plain(OPTIONS, "shared_task(**QUICK)"),
    "options in options": _plain(OPTIONS, "shared_task(**{**QUICK, 'max_retries': 2})"),
    "options by key": _plain(OPTIONS, "shared_task(**KINDS['slow'])"),
    "options merged": _plain(OPTIONS, "shared_task(**MERGED)"),
    "options of a class": _plain(OPTIONS, "shared_task(**Settings.RETRY)"),
    "options and own": _plain(OPTIONS, "shared_task(retry_backoff_max=5, **QUICK)"),
    "variable": _bound(OPTIONS, "task", "raise self.retry(exc=error)"),
    "partial": _bound(OPTIONS, "stubborn()", "raise self.retry(exc=error)"),
    "partial, told": _bound(OPTIONS, "stubborn(max_retries=1)", "raise self.retry(exc=error)"),
    "another name": _bound(OPTIONS, "made(bind=True, max_retries=1)", "raise self.retry(exc=error)"),
    "own name": _bound(OPTIONS, "shared_task(bind=True)", "run.retry(exc=error, countdown=1)"),
    "current task": _bound(OPTIONS, "shared_task(bind=True)", "celery.current_task.retry(exc=error, countdown=1)"),
    "helper": _bound(HELPERS, "shared_task(bind=True)", "again(self, error)"),
    "helper of a helper": _bound(HELPERS, "shared_task(bind=True, max_retries=2)", "pass_on(self, error)"),
    "helper that counts": _bound(HELPERS, "shared_task(bind=True, max_retries=None)", "as_often(self, error, 5)"),
    "helper that counts further": _bound(HELPERS, "shared_task(bind=True)", "as_often(self, error, 5)"),
    "helper of the current task": _plain(HELPERS, "shared_task(bind=False)").replace(
        "    operation()\n", BODY.format(ask="current(error)")[1:]
    ),
    "own count": _bound(
        OPTIONS,
        "shared_task(bind=True, max_retries=None)",
        "if self.request.retries < 4:\n            raise self.retry(exc=error, countdown=1)",
    ),
    "count up to the limit": _bound(
        OPTIONS,
        "shared_task(bind=True, max_retries=6)",
        "if self.request.retries == self.max_retries:\n            raise\n        self.retry(exc=error, countdown=1)",
    ),
    "count beyond the limit": _bound(
        OPTIONS,
        "shared_task(bind=True, max_retries=2)",
        "if self.request.retries < 4:\n            raise self.retry(exc=error, countdown=1)\n        raise",
    ),
    "two ways": _bound(
        OPTIONS,
        "shared_task(bind=True, max_retries=6)",
        "if self.request.retries < 2:\n            raise self.retry(exc=error, countdown=1)\n"
        "        raise self.retry(exc=error, countdown=1, max_retries=6)",
    ),
}


@pytest.mark.parametrize("source", CASES.values(), ids=CASES)
def test_parts_mean_what_the_analysis_says(worker: Any, source: str) -> None:
    seen = observe_on_worker(worker, source)
    assert_as_predicted(source, seen, "run")
    assert observe_eagerly(source).executions == seen.executions


def test_bases_of_other_packages_leave_the_retry_options_alone() -> None:
    for name in ("celery_once.QueueOnce", "celery_once.tasks.QueueOnce"):
        module, _, last = name.rpartition(".")
        base = getattr(importlib.import_module(module), last)
        (library,) = (each for each in task_libraries() if name in each.bases)
        for option in library.retry_options:
            assert getattr(base, option, None) == getattr(Task, option, None), option
    (site,) = analyse(
        "from celery import shared_task\nfrom celery_once import QueueOnce\n\n\n"
        "@shared_task(bind=True, base=QueueOnce)\ndef job(self):\n    try:\n        go()\n"
        "    except OSError as error:\n        raise self.retry(exc=error)\n"
    ).sites
    assert (site.limit.kind, site.limit.attempts) == ("default", 4)
