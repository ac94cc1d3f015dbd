"""A budget of time for one piece of work, in a thread whose stack is large whoever the caller is."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")
NAME = "retrylint"  # of the threads
STACK = 64 * 2**20  # bytes; libcst needs some 8 KB a level, and a thread of the caller's may have half a megabyte
PAUSE = 0.05  # seconds between two looks at the clock, at least
MERCY = 1.0  # seconds for work to end that was told to: a thread that is cut off within libcst would end the process
GRACE = 0.005  # seconds, several times at most, for what must not be cut off
PATIENCE = 6  # a busy machine gives a thread this part of its time, at worst


class OutOfTimeError(SystemExit):
    """The work took longer than its budget.

    No `Exception`, because it ends the work from outside, through every handler; and of the one kind that a thread
    may end with in silence, should it come when the work is done.
    """


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What the work gives, or raises; `OutOfTimeError` once it has used so many seconds of a processor.

    Where the machine says only how late it is, and in any case after six times as long, the time on the wall counts.
    Work that is out of time is told to end, and not waited for much longer. Where no thread can be started, it runs in
    the caller's, without a limit.
    """
    job = _Job(work)
    try:
        job.start()
    except RuntimeError:
        return work()
    try:
        if job.wait(seconds):
            return job.result()
    except KeyboardInterrupt:
        job.stop()
        raise
    job.stop()
    raise OutOfTimeError


class _Job(Generic[Result]):
    """Work in a thread of its own, and what came of it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)
        self._clock: int | None = None
        self._results: list[Result] = []
        self._error: BaseException | None = None

    def start(self) -> None:
        before = threading.stack_size(STACK)
        try:
            self._thread.start()
        finally:
            threading.stack_size(before)

    def _run(self) -> None:
        try:
            if hasattr(time, "pthread_getcpuclockid"):
                self._clock = time.pthread_getcpuclockid(threading.get_ident())
            self._results.append(self._work())
        except BaseException as error:  # the caller's thread raises it
            self._error = error

    def wait(self, seconds: float) -> bool:
        """Is the work done within its time?"""
        start = time.monotonic()
        while self._thread.is_alive():
            late = time.monotonic() - start
            left = seconds - self._used(late)
            if left <= 0 or late > seconds * PATIENCE:
                return False
            self._thread.join(max(left, PAUSE))
        return True

    def _used(self, late: float) -> float:
        """The seconds of a processor that the thread has used, as far as the machine tells."""
        try:
            return late if self._clock is None else time.clock_gettime(self._clock)
        except OSError:  # the thread has just ended
            return 0.0

    def stop(self) -> None:
        """Raise in the thread; it ends as soon as it executes Python again."""
        import ctypes

        end = time.monotonic() + MERCY
        while not self._may_be_cut_off():
            if time.monotonic() > end or not self._thread.is_alive():
                return
            self._thread.join(GRACE)
        identity = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(identity, ctypes.py_object(OutOfTimeError))
        self._thread.join(MERCY)

    def _may_be_cut_off(self) -> bool:
        """Is the thread at the work, and not within an import? That would leave a module locked for ever."""
        frame = sys._current_frames().get(self._thread.ident or 0)  # noqa: SLF001 - there is no other way to see them
        codes = []
        while frame is not None:
            codes.append(frame.f_code)
            frame = frame.f_back
        importing = any(each.co_filename.startswith("<frozen importlib") for each in codes)
        return _Job._run.__code__ in codes and not importing

    def result(self) -> Result:
        if self._error is not None:
            raise self._error
        return self._results[0]
