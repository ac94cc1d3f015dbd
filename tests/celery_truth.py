"""Runs retrying tasks with real Celery and writes down what happened: the truth that predictions are held against."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import Any
from unittest import mock

from celery import Celery, signals
from celery.app.task import Task
from celery.contrib.testing.worker import start_worker

ENDLESS = 30
"""An operation that failed so often without an end of the retries is taken for an endless one."""

PATIENCE = 20.0
"""Seconds after which a task that does not come to rest on the worker fails the test."""

_numbers = count(1)


@dataclass(slots=True)
class Operation:
    """Fails the first `ENDLESS` times and succeeds from then on, so that an endless retry ends as well.

    A failure is a ConnectionError, or the value `failing_result` where that is not None.
    """

    failing_result: object = None
    executions: int = 0

    def __call__(self, *args: object, **kwargs: object) -> object:
        self.executions += 1
        if self.executions <= ENDLESS and self.failing_result is None:
            raise ConnectionError("the dependency is down")
        return self.failing_result if self.executions <= ENDLESS else True


@dataclass(frozen=True, slots=True)
class Observation:
    """One task's whole life.

    `executions` are the operation's, None for endless; `result` is the value or the exception of the last run.
    A worker also tells `states`, what Celery reported after each run, and `waits`, the countdown of each retry in
    seconds.
    """

    executions: int | None
    result: object
    states: tuple[str, ...] = ()
    waits: tuple[float, ...] = ()


@dataclass(slots=True)
class _Traffic:
    """Messages sent, and the states after the runs that they caused; none is under way when there is one for each."""

    sent: int = 0
    states: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def on_run(self, state: str, **_: object) -> None:
        self.states.append(state)


@contextmanager
def celery_app() -> Iterator[Celery]:
    """An application on the memory broker, current while the context lasts."""
    app = Celery("truth", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(
        broker_connection_retry_on_startup=True,
        broker_transport_options={"polling_interval": 0.005},
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
    )
    app.set_current()
    app.set_default()
    try:
        yield app
    finally:
        app.close()


@contextmanager
def celery_worker(app: Celery) -> Iterator[Any]:
    """One worker in a thread of this process, which executes one task at a time."""
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="CRITICAL") as worker:
        yield worker


def load_task(source: str, operation: Operation) -> Any:
    """Execute the example, in which the global `operation` fails, and return its last task."""
    namespace: dict[str, Any] = {"__name__": f"example_{next(_numbers)}", "operation": operation}
    exec(compile(source, "<example>", "exec"), namespace)
    return [value for value in namespace.values() if isinstance(value, Task)][-1]


def observe_eagerly(
    source: str, arguments: Sequence[object] | None = None, failing_result: object = None
) -> Observation:
    """Run the example's task with `task.apply()`, which retries at once and in this thread."""
    operation = Operation(failing_result)
    task = load_task(source, operation)
    result = task.apply(args=_arguments(task) if arguments is None else arguments)
    return Observation(_executions(operation), result.result)


def observe_on_worker(
    worker: Any, source: str, arguments: Sequence[object] | None = None, failing_result: object = None,
    options: Mapping[str, object] = MappingProxyType({}),
) -> Observation:  # fmt: skip
    """Send the example's task to the worker and wait until none of its messages is left.

    The countdown of each retry is written down and replaced by zero, so nothing waits for real.
    """
    operation, traffic = Operation(failing_result), _Traffic()
    task = load_task(source, operation)
    worker.consumer.update_strategies()
    signals.task_postrun.connect(traffic.on_run, weak=False)
    try:
        with mock.patch.object(Task, "apply_async", _without_countdown(traffic)):
            result = task.apply_async(args=_arguments(task) if arguments is None else arguments, **options)
            _wait_for_rest(traffic)
    finally:
        signals.task_postrun.disconnect(traffic.on_run)
    return Observation(_executions(operation), result.result, tuple(traffic.states), tuple(traffic.waits))


def _arguments(task: Any) -> list[int]:
    """A number for every parameter of the task that has no default."""
    needed = [p for p in inspect.signature(task.run).parameters.values() if p.default is p.empty]
    return list(range(len(needed)))


def _executions(operation: Operation) -> int | None:
    return operation.executions if operation.executions <= ENDLESS else None


def _without_countdown(traffic: _Traffic) -> Callable[..., Any]:
    original = Task.apply_async

    def apply_async(task: Any, *args: Any, **options: Any) -> Any:
        if options.get("retries"):
            traffic.waits.append(options.pop("countdown"))
        traffic.sent += 1
        return original(task, *args, **options)

    return apply_async


def _wait_for_rest(traffic: _Traffic) -> None:
    deadline = time.monotonic() + PATIENCE
    while len(traffic.states) < traffic.sent:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(traffic.states)} runs of {traffic.sent} messages after {PATIENCE:g} s")
        time.sleep(0.005)
