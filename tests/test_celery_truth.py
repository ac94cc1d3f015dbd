"""Real Celery, eager and on a worker, runs the tasks as often and as far apart as the analysis says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from celery.exceptions import MaxRetriesExceededError
from celery_truth import ENDLESS, Observation, observe_eagerly, observe_on_worker
from pages import read_pages
from predicted import assert_as_predicted

from retrylint.libraries.spec import task_libraries

BOUND = """
from celery import shared_task

@shared_task({options})
def run(self, pause=7, most=None):
    try:
        operation()
    except ConnectionError as error:
        raise self.retry({call})
"""

AUTOMATIC = """
from celery import shared_task

@shared_task(autoretry_for=(ConnectionError,), {options})
def run():
    operation()
"""

CLASS = """
from celery import Task, current_app

class Run(Task):
    {attributes}

    def run(self):
        try:
            operation()
        except ConnectionError as error:
            raise self.retry(exc=error)

run = current_app.register_task(Run())
"""

BOUND_CASES = [
    ("bind=True", "exc=error"),
    ("bind=True", ""),
    ("bind=True, max_retries=0", "exc=error"),
    ("bind=True, max_retries=-1", "exc=error"),
    ("bind=True, max_retries=1", "exc=error"),
    ("bind=True, max_retries=3", "exc=error"),
    ("bind=True, max_retries=None", "exc=error"),
    ("bind=True, default_retry_delay=10", "exc=error"),
    ("bind=True, max_retries=2, default_retry_delay=5 * 60", "exc=error"),
    ("bind=True, max_retries=2, default_retry_delay=0.5", "exc=error"),
    ("bind=True, max_retries=2", "exc=error, countdown=30"),
    ("bind=True, max_retries=2", "exc=error, countdown=0"),
    ("bind=True, max_retries=2, default_retry_delay=7", "exc=error, countdown=None"),
    ("bind=True, max_retries=6", "exc=error, countdown=2 ** self.request.retries"),
    ("bind=True, max_retries=None", "exc=error, countdown=2 ** self.request.retries"),
    ("bind=True, max_retries=4", "exc=error, countdown=60 * (self.request.retries + 1)"),
    ("bind=True, max_retries=6", "exc=error, countdown=min(10 * 2 ** self.request.retries, 60)"),
    ("bind=True", "exc=error, max_retries=5"),
    ("bind=True, max_retries=1", "exc=error, max_retries=5"),
    ("bind=True, max_retries=5", "exc=error, max_retries=0"),
    ("bind=True", "exc=error, max_retries=None"),
    ("bind=True, max_retries=None", "exc=error, max_retries=None"),
    ("bind=True, max_retries=None", "exc=error, max_retries=4"),
    ("bind=True, max_retries=2", "exc=error, countdown=pause * (self.request.retries + 1)"),
    ("bind=True", "exc=error, max_retries=most"),
    ("bind=True, max_retries=None", "exc=error, max_retries=most"),
]

AUTOMATIC_CASES = [
    "",
    "max_retries=0",
    "max_retries=1",
    "max_retries=None",
    "default_retry_delay=20",
    "retry_jitter=True",
    "retry_backoff=False",
    "retry_backoff=True",
    "retry_backoff=True, retry_jitter=False",
    "retry_backoff=5, retry_jitter=False",
    "retry_backoff=0.5, retry_jitter=False",
    "retry_backoff=5, retry_jitter=False, default_retry_delay=99",
    "retry_backoff=True, max_retries=12",
    "retry_backoff=True, retry_jitter=False, max_retries=12",
    "retry_backoff=5, retry_jitter=False, retry_backoff_max=20, max_retries=6",
    "retry_backoff=5, retry_backoff_max=20, max_retries=6",
    "retry_backoff=True, max_retries=None",
    "retry_kwargs={'max_retries': 5}",
    "retry_kwargs={'max_retries': 0}",
    "retry_kwargs={'max_retries': None}",
    "retry_kwargs={'max_retries': 2, 'countdown': 7}",
    "max_retries=1, retry_kwargs={'max_retries': 4}",
    "max_retries=None, retry_kwargs={'countdown': 7}",
    "retry_backoff=2, retry_jitter=False, retry_kwargs={'countdown': 7}",
]

CLASS_CASES = [
    "ignore_result = False",
    "max_retries = 2",
    "max_retries = None",
    "max_retries = 2\n    default_retry_delay = 4",
]

SOURCES = [
    *(BOUND.format(options=options, call=call) for options, call in BOUND_CASES),
    *(AUTOMATIC.format(options=options) for options in AUTOMATIC_CASES),
    *(CLASS.format(attributes=attributes) for attributes in CLASS_CASES),
]
NAMES = [
    *(" | ".join(case) for case in BOUND_CASES),
    *(f"automatic: {case}" for case in AUTOMATIC_CASES),
    *(f"class: {case}" for case in CLASS_CASES),
]

BLOCKS = {block.label: block for page in read_pages() for block in page.blocks}
SWALLOWED = [pytest.param("RTY501-bad-1", None, id="error"), pytest.param("RTY501-bad-2", False, id="result")]
RETRYING = [
    label
    for label, block in BLOCKS.items()
    if "@shared_task(" in block.source and block.code < "RTY500" and "django" not in block.source
]


@pytest.mark.parametrize("source", SOURCES, ids=NAMES)
def test_options_mean_what_the_analysis_says(worker: Any, source: str) -> None:
    seen = observe_on_worker(worker, source)
    assert_as_predicted(source, seen)
    assert observe_eagerly(source).executions == seen.executions


@pytest.mark.parametrize("label", RETRYING)
def test_examples_of_pages_run_as_predicted(worker: Any, label: str) -> None:
    block = BLOCKS[label]
    seen = observe_on_worker(worker, block.runnable)
    assert_as_predicted(block.source, seen)
    assert observe_eagerly(block.runnable).executions == seen.executions


def test_the_time_limit_is_an_exception_like_any_other() -> None:
    for library in task_libraries():
        module, _, name = (library.library.time_limit or "").rpartition(".")
        assert issubclass(getattr(import_module(module), name), Exception)


def test_rty104_never_ends(worker: Any) -> None:
    for label in ("RTY104-bad-1", "RTY104-bad-2"):
        seen = observe_on_worker(worker, BLOCKS[label].runnable)
        assert (seen.executions, seen.states[:ENDLESS]) == (None, ("RETRY",) * ENDLESS)


@pytest.mark.parametrize(
    ("label", "executions", "longest"),
    [
        ("RTY104-good-1", 6, 15 * 60),
        ("RTY104-good-2", 9, 4 * 60 + 15),
        ("RTY105-bad-1", 4, 9 * 60),
        ("RTY105-bad-2", 4, 7),
        ("RTY105-good-2", 11, 17 * 60 + 3),
        ("RTY105-good-3", 21, 20 * 60),
    ],
)
def test_numbers_written_on_the_pages(worker: Any, label: str, executions: int, longest: float) -> None:
    seen = observe_on_worker(worker, BLOCKS[label].runnable)
    assert seen.executions == executions
    assert sum(seen.waits) <= longest


@pytest.mark.parametrize(("label", "failing_result"), SWALLOWED)
def test_swallowed_retry_runs_again_and_reports_success(worker: Any, label: str, failing_result: object) -> None:
    block = BLOCKS[label]
    seen = observe_on_worker(worker, block.runnable, failing_result=failing_result)
    assert seen == Observation(4, None, ("SUCCESS",) * 4, (30.0,) * 3)
    assert_as_predicted(block.source, seen)
    assert observe_eagerly(block.runnable, failing_result=failing_result) == Observation(1, None)


@pytest.mark.parametrize(("label", "failing_result"), [("RTY501-good-1", None), ("RTY501-good-2", False)])
def test_a_retry_that_passes_fails_in_the_end(worker: Any, label: str, failing_result: object) -> None:
    seen = observe_on_worker(worker, BLOCKS[label].runnable, failing_result=failing_result)
    assert seen.states == ("RETRY", "RETRY", "RETRY", "FAILURE")
    assert isinstance(seen.result, ConnectionError if failing_result is None else MaxRetriesExceededError)


def test_unbound_retry_is_a_type_error_in_the_caller(worker: Any) -> None:
    block = BLOCKS["RTY502-bad-1"]
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        observe_on_worker(worker, block.runnable, arguments=[7])


def test_unbound_retry_is_an_attribute_error_at_the_first_failure(worker: Any) -> None:
    seen = observe_on_worker(worker, BLOCKS["RTY502-bad-1"].runnable, arguments=[None, 7])
    assert (seen.executions, seen.states, type(seen.result)) == (1, ("FAILURE",), AttributeError)


def test_binding_without_a_parameter_is_a_type_error(worker: Any) -> None:
    block = BLOCKS["RTY502-bad-2"]
    with pytest.raises(TypeError, match="takes 0 positional arguments but 1 was given"):
        observe_on_worker(worker, block.runnable, arguments=[])
    assert isinstance(observe_eagerly(block.runnable, arguments=[]).result, TypeError)


@pytest.mark.parametrize("label", ["RTY502-good-1", "RTY502-good-2"])
def test_bound_retry_runs_four_times(worker: Any, label: str) -> None:
    assert observe_on_worker(worker, BLOCKS[label].runnable).executions == 4
