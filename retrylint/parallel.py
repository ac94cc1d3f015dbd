"""Work on many items by an executor, in their order; a worker that dies costs one item, not the run."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Task = TypeVar("Task")
Result = TypeVar("Result")

CHUNK = 256 * 1024  # bytes that are sent to a worker at once, or one larger task
AHEAD = 3  # chunks a worker that are read before they are needed


@dataclass(frozen=True, slots=True)
class Plan(Generic[Item, Task, Result]):
    """How items are worked on: the task of an item with its size in bytes (None: there is nothing to do), the work, and
    the result for a task that ends the process it runs in. Tasks, work and results are picklable.
    """

    task_of: Callable[[Item], tuple[Task, int] | None]
    work: Callable[[Task], Result]
    dead: Callable[[Task], Result]


@dataclass(slots=True)
class _Chunk(Generic[Item, Task, Result]):
    """Items in a row, with the tasks of those that have one."""

    items: list[tuple[Item, Task | None]] = field(default_factory=list)
    size: int = 0
    future: Future[list[Result]] | None = None

    def tasks(self) -> list[Task]:
        return [task for _, task in self.items if task is not None]


def pool_of(workers: int) -> ProcessPoolExecutor:
    """Processes that leave an interrupt to the one that started them."""
    import multiprocessing

    # a copy of this process has all modules already
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() and os.uname().sysname == "Linux" else None
    return ProcessPoolExecutor(workers, multiprocessing.get_context(method), _leave_interrupts)


def in_order(
    items: Iterable[Item], plan: Plan[Item, Task, Result], executor: Executor, workers: int
) -> Iterator[tuple[Item, Result | None]]:
    """Each item with its result, None for one without a task, in the order of the items."""
    waiting: deque[_Chunk[Item, Task, Result]] = deque()
    chunks = _chunks(items, plan)
    current, own = executor, None
    try:
        while True:
            while len(waiting) < workers * AHEAD and (chunk := next(chunks, None)) is not None:
                _submit(chunk, plan, current)
                waiting.append(chunk)
            if not waiting:
                return
            chunk = waiting.popleft()
            results = _results(chunk)
            if results is None:  # a worker died, and its executor with it
                results = [_alone(task, plan) for task in chunk.tasks()]
                if own is not None:
                    own.shutdown(wait=False)
                current = own = pool_of(workers)
                for each in waiting:
                    _submit(each, plan, current)
            given = iter(results)
            yield from ((item, next(given) if task is not None else None) for item, task in chunk.items)
    finally:
        for each in waiting:
            if each.future is not None:
                each.future.cancel()
        if own is not None:
            own.shutdown(cancel_futures=True)


def _chunks(items: Iterable[Item], plan: Plan[Item, Task, Result]) -> Iterator[_Chunk[Item, Task, Result]]:
    chunk: _Chunk[Item, Task, Result] = _Chunk()
    for item in items:
        task, size = plan.task_of(item) or (None, 0)
        chunk.items.append((item, task))
        chunk.size += size
        if chunk.size >= CHUNK:
            yield chunk
            chunk = _Chunk()
    if chunk.items:
        yield chunk


def _submit(chunk: _Chunk[Item, Task, Result], plan: Plan[Item, Task, Result], executor: Executor) -> None:
    tasks = chunk.tasks()
    try:
        chunk.future = executor.submit(_work_on, plan.work, tasks) if tasks else None
    except BrokenExecutor as error:
        chunk.future = Future()
        chunk.future.set_exception(error)


def _results(chunk: _Chunk[Item, Task, Result]) -> list[Result] | None:
    """The results of a chunk; None where its executor is broken."""
    try:
        return chunk.future.result() if chunk.future is not None else []
    except BrokenExecutor:
        return None


def _work_on(work: Callable[[Task], Result], tasks: Sequence[Task]) -> list[Result]:
    return [work(task) for task in tasks]


def _alone(task: Task, plan: Plan[Item, Task, Result]) -> Result:
    """The result of a task that may have ended a process: it is tried in one of its own."""
    with pool_of(1) as alone:
        try:
            return alone.submit(plan.work, task).result()
        except BrokenExecutor:
            return plan.dead(task)


def _leave_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
