"""Runs tasks of dramatiq, huey, RQ, Procrastinate, taskiq and arq in this process, and counts what they did.

Each runner executes an example, in which the global `operation` fails, sends its task `run` off, and gives how often
it was executed and how many seconds each retry was put off. Nothing waits for real. A retry without an end is cut
short by an operation that succeeds at last.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime, timezone
from types import ModuleType
from typing import Any
from unittest import mock

from celery_truth import ENDLESS, Operation

Ran = tuple[int | None, list[float]]


def ran(operation: Operation, waits: list[float]) -> Ran:
    """What is reported of a task; None executions for a retry without an end."""
    return (operation.executions if operation.executions <= ENDLESS else None), waits


def load(source: str, **names: Any) -> tuple[dict[str, Any], Operation]:
    """Execute the example; its names, and the operation in it."""
    operation = Operation()
    module = ModuleType("example")
    vars(module).update(operation=operation, **names)
    with mock.patch.dict(sys.modules, example=module):
        exec(compile(source, "<example>", "exec"), vars(module))
    return vars(module), operation


def run_dramatiq(source: str) -> Ran:
    """On a stub broker, with one worker thread."""
    import dramatiq
    from dramatiq.brokers.stub import StubBroker
    from dramatiq.middleware import Retries

    waits: list[float] = []
    broker = StubBroker(middleware=[Retries()])
    enqueue = broker.enqueue

    def at_once(message: Any, *, delay: int | None = None) -> Any:
        if delay is not None:
            waits.append(delay / 1000)
        return enqueue(message)

    dramatiq.set_broker(broker)
    with mock.patch.object(broker, "enqueue", at_once):
        namespace, operation = load(source)
        worker = dramatiq.Worker(broker, worker_threads=1, worker_timeout=10)
        worker.start()
        namespace["run"].send()
        broker.join("default", fail_fast=False)
        worker.stop()
    return ran(operation, waits)


def run_huey(source: str) -> Ran:
    """With the tasks in memory, taken from the queue one by one."""
    from huey import MemoryHuey

    namespace, operation = load(source)
    huey: MemoryHuey = namespace["huey"]
    waits: list[float] = []

    def at_once(task: Any) -> None:
        waits.append(round((task.eta - datetime.now(timezone.utc).replace(tzinfo=None)).total_seconds(), 2))
        task.eta = None
        huey.enqueue(task)

    with mock.patch.object(huey, "add_schedule", at_once):
        namespace["run"]()
        while (task := huey.dequeue()) is not None:
            huey.execute(task)
    retries = max(min(operation.executions, ENDLESS + 1) - 1, 0)
    return ran(operation, waits or [0.0] * retries)


def run_rq(source: str) -> Ran:
    """With a Redis that is none, and a worker that does not fork."""
    import fakeredis
    from rq import Queue, SimpleWorker
    from rq.job import Job

    connection = fakeredis.FakeStrictRedis()
    waits: list[float] = []
    told = Job.get_retry_interval

    def at_once(job: Any) -> int:
        waits.append(told(job))
        return 0

    def perform(job: Any) -> object:
        return operation()

    queue = Queue(connection=connection)
    namespace, operation = load(source, queue=queue)
    with mock.patch.object(Job, "get_retry_interval", at_once), mock.patch.object(Job, "perform", perform):
        namespace["send"]()
        SimpleWorker([queue], connection=connection).work(burst=True, logging_level="CRITICAL")
    return ran(operation, waits)


def run_procrastinate(source: str) -> Ran:
    """With the jobs in memory; what is put off is due at once."""
    from procrastinate import App
    from procrastinate.retry import RetryDecision
    from procrastinate.testing import InMemoryConnector

    waits: list[float] = []
    decide = RetryDecision.__init__

    def at_once(self: Any, **options: Any) -> None:
        waits.append(options["retry_in"]["seconds"])
        decide(self, retry_in={"seconds": -1})

    async def work() -> Operation:
        app = App(connector=InMemoryConnector())
        namespace, operation = load(source, app=app)
        async with app.open_async():
            await namespace["run"].defer_async()
            await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)
        return operation

    with mock.patch.object(RetryDecision, "__init__", at_once):
        return ran(asyncio.run(work()), waits)


def run_taskiq(source: str) -> Ran:
    """With the broker in memory and the plain retry middleware, which does not wait."""
    from taskiq import InMemoryBroker, SimpleRetryMiddleware

    async def work() -> Operation:
        broker = InMemoryBroker().with_middlewares(SimpleRetryMiddleware())
        namespace, operation = load(source, broker=broker)
        await broker.startup()
        await namespace["run"].kiq()
        executions = -1
        while executions != operation.executions:
            executions = operation.executions
            await asyncio.sleep(0.05)
        await broker.shutdown()
        return operation

    operation = asyncio.run(work())
    return ran(operation, [])


def run_arq(source: str) -> Ran:
    """With a Redis that is none, and jobs that are due as soon as they are put off."""
    import fakeredis
    from arq.connections import ArqRedis
    from arq.worker import Retry, Worker

    waits: list[float] = []
    put_off = Retry.__init__

    def at_once(self: Any, defer: float = 0) -> None:
        waits.append(defer)
        put_off(self, 0)

    async def work() -> Operation:
        pool = fakeredis.FakeAsyncRedis().connection_pool
        redis = ArqRedis(connection_pool=pool)
        namespace, operation = load(source)
        settings = namespace["WorkerSettings"]
        await redis.enqueue_job("run")
        worker = Worker(
            settings.functions, redis_pool=redis, burst=True, handle_signals=False, poll_delay=0.01,
            max_tries=getattr(settings, "max_tries", 5),
        )  # fmt: skip
        await worker.main()
        return operation

    async def say_nothing(*_: object) -> None:
        """The Redis that is none has nothing to tell of itself."""

    quiet = mock.patch("arq.worker.log_redis_info", say_nothing)
    with mock.patch.object(Retry, "__init__", at_once), quiet:
        operation = asyncio.run(work())
    return ran(operation, waits[: operation.executions - 1])
