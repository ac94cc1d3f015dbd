"""What the pages say of misused task options, seen with real Celery."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from celery import signals
from celery_truth import Operation, load_task, observe_on_worker
from pages import read_pages
from predicted import assert_as_predicted

from retrylint.checks.rules import RULES
from retrylint.config import Settings
from retrylint.engine import lint_source

BLOCKS = {block.label: block for page in read_pages() for block in page.blocks}

RESCALED = """
from celery import shared_task

@shared_task(bind=True, max_retries=2, expires={expires})
def run(self):
    try:
        operation()
    except ConnectionError as error:
        raise self.retry(exc=error, countdown={countdown})
"""

IDLE = {
    "interval_start": (
        "bind=True, max_retries=2, interval_start=3, interval_step=5",
        "raise self.retry(exc=error)",
        (180, 180),
    ),
    "retry_jitter": ("bind=True, max_retries=1, retry_jitter=False", "raise self.retry(exc=error)", (180,)),
    "countdown": (
        "autoretry_for=(OSError,), max_retries=2, retry_backoff=3, retry_jitter=False, retry_kwargs={'countdown': 9}",
        "raise",
        (3, 6),
    ),
    "max_retries=None": ("bind=True, max_retries=1", "raise self.retry(exc=error, max_retries=None)", (180,)),
}


@pytest.mark.parametrize(("options", "ask", "waits"), IDLE.values(), ids=IDLE)
def test_options_that_nothing_reads(worker: Any, options: str, ask: str, waits: tuple[int, ...]) -> None:
    parameter = "self" if "bind" in options else ""
    source = f"""
from celery import shared_task

@shared_task({options})
def run({parameter}):
    try:
        operation()
    except ConnectionError as error:
        {ask}
"""
    seen = observe_on_worker(worker, source)
    assert seen.waits == waits
    assert_as_predicted(source, seen)
    assert [finding.code for finding in findings(source, "RTY505")] == ["RTY505"]


def test_rty505_backoff_without_exceptions_waits_three_minutes(worker: Any) -> None:
    seen = observe_on_worker(worker, BLOCKS["RTY505-bad-1"].runnable)
    assert (seen.executions, seen.waits) == (5, (180,) * 4)
    assert "waits 180 s each time" in findings(BLOCKS["RTY505-bad-1"].source, "RTY505")[0].message


def test_rty505_a_limit_retries_nothing(worker: Any) -> None:
    assert observe_on_worker(worker, BLOCKS["RTY505-bad-2"].runnable).executions == 1
    assert observe_on_worker(worker, BLOCKS["RTY505-good-2"].runnable).executions == 6


def test_rty505_a_limit_among_the_options_of_apply_async_is_not_read(worker: Any) -> None:
    seen = observe_on_worker(worker, BLOCKS["RTY505-bad-3"].runnable, options={"max_retries": 9})
    assert seen.executions == 3
    seen = observe_on_worker(worker, BLOCKS["RTY505-good-3"].runnable, arguments=(1, True))
    assert seen.executions == 10


def test_rty506_an_exception_is_no_list_of_arguments(worker: Any) -> None:
    seen = observe_on_worker(worker, BLOCKS["RTY506-bad-1"].runnable)
    assert (seen.executions, seen.states, type(seen.result)) == (1, ("FAILURE",), TypeError)
    assert observe_on_worker(worker, BLOCKS["RTY506-good-1"].runnable).executions == 5


def test_rty506_a_class_is_no_tuple(worker: Any) -> None:
    with pytest.raises(TypeError, match="'type' object is not iterable"):
        load_task(BLOCKS["RTY506-bad-2"].runnable, Operation())
    assert observe_on_worker(worker, BLOCKS["RTY506-good-2"].runnable).executions == 6


@pytest.mark.parametrize(("label", "last"), [("RTY516-bad-1", "FAILURE"), ("RTY516-good-1", "SUCCESS")])
def test_rty516_the_end_raises_what_it_was_given(worker: Any, label: str, last: str) -> None:
    source = BLOCKS[label].runnable.replace("capture = give_up = operation", "capture = operation\ngive_up = str")
    seen = observe_on_worker(worker, source)
    assert (seen.executions, seen.states) == (3, ("RETRY", "RETRY", last))


def test_rty304_a_retry_rolls_back_what_the_attempt_wrote(worker: Any, tmp_path: Path) -> None:
    path = tmp_path / "orders.sqlite"
    source = f"""
import sqlite3
from contextlib import closing
from celery import shared_task

@shared_task(bind=True, max_retries=2)
def run(self):
    with closing(sqlite3.connect({str(path)!r})) as orders, orders:
        orders.execute("create table if not exists failures (number)")
        orders.commit()
        try:
            operation()
        except ConnectionError as error:
            orders.execute("insert into failures values (1)")
            raise self.retry(exc=error)
"""
    assert observe_on_worker(worker, source).executions == 3
    with closing(sqlite3.connect(path)) as orders:
        assert orders.execute("select count(*) from failures").fetchone() == (0,)


@pytest.mark.parametrize(
    ("expires", "countdown", "states"), [(0.2, 0.5, ["RETRY"]), (9, 0.1, ["RETRY", "RETRY", "FAILURE"])]
)
def test_rty517_a_retry_behind_the_expiry_is_dropped(
    worker: Any, expires: float, countdown: float, states: list[str]
) -> None:
    source = RESCALED.format(expires=expires, countdown=countdown)
    operation, seen = Operation(), []

    def on_run(state: str, **_: object) -> None:
        seen.append(state)

    task = load_task(source, operation)
    worker.consumer.update_strategies()
    signals.task_postrun.connect(on_run)
    try:
        result = task.apply_async()
        deadline = time.monotonic() + 20
        while result.state not in ("REVOKED", "FAILURE") and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        signals.task_postrun.disconnect(on_run)
    assert seen == states
    assert bool(findings(source, "RTY517")) == (len(states) == 1) == (result.state == "REVOKED")


def findings(source: str, code: str) -> list[Any]:
    assert code in {rule.code for rule in RULES}
    return list(lint_source(source, settings=Settings(select=(code,))))
