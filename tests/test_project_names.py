"""Project mode: a name of one module is never taken for that of another."""

from __future__ import annotations

from pathlib import Path

from retrylint.engine import lint_paths
from retrylint.model import RetrySite

ELSEWHERE = """
from celery import Task

class Base(Task):
    max_retries = 2

class Patient(Base):
    default_retry_delay = 20
"""
HERE = """
from celery import Task, shared_task
from app.tasks import Patient

class Base(Task):
    max_retries = 5
    default_retry_delay = 1

class OfThis(Patient):
    abstract = True

@shared_task(bind=True, base=Base)
def job(self):
    try:
        operation()
    except OSError as error:
        raise self.retry(exc=error)
"""
CONSTANTS = "ATTEMPTS = 3\n"
HIDDEN = """
import time
from app import conf

def job(conf):
    for attempt in range(conf.ATTEMPTS):
        try:
            return operation()
        except OSError:
            time.sleep(1)
"""


def site_of(folder: Path, **modules: str) -> RetrySite:
    """The one site of `jobs` in a package `app` of these modules."""
    (folder / "app").mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (folder / "app" / f"{name}.py").write_text(text, encoding="utf-8")
    results = {Path(each.filename).stem: each for each in lint_paths([folder], project=True)}
    (site,) = (each for each in results["jobs"].facts.sites if each.function == "job")
    return site


def test_a_class_is_not_taken_for_the_base_of_the_same_name_elsewhere(tmp_path: Path) -> None:
    site = site_of(tmp_path, tasks=ELSEWHERE, jobs=HERE)
    assert (site.limit.attempts, site.schedule.first) == (6, 1.0)


def test_the_base_elsewhere_is_the_one_of_that_module(tmp_path: Path) -> None:
    site = site_of(tmp_path, tasks=ELSEWHERE, jobs=HERE.replace("base=Base", "base=OfThis"))
    assert (site.limit.attempts, site.schedule.first) == (3, 20.0)


def test_a_parameter_hides_the_module_of_the_same_name(tmp_path: Path) -> None:
    assert site_of(tmp_path, conf=CONSTANTS, jobs=HIDDEN).limit.attempts is None


def test_without_a_parameter_the_module_is_meant(tmp_path: Path) -> None:
    assert site_of(tmp_path, conf=CONSTANTS, jobs=HIDDEN.replace("job(conf)", "job()")).limit.attempts == 3
