"""Executes a retry site for real: an operation that always fails, and a clock that only sleeping moves.

A fixture module uses a global `operation` (or `client.operation`, `client.post`, `self.operation`,
`self.client.operation`) that it does not define; the harness supplies one that counts its executions and fails every
time. Comment lines of the fixture say how it fails:

    # fails-with: KeyError, TimeoutError    builtin exceptions, each tried in a run of its own (ConnectionError)
    # result: Response(status_code=503)     it returns this failing value instead of raising

The module is run with an import function of its own, so `time`, `asyncio` and `threading.Timer` are virtual in it
however it imports them, and nothing outside the module is patched.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import queue
import re
import threading
import time
import types
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, cast

MOST_EXECUTIONS = 300
"""Executions after which a site counts as unbounded; a frame or two each stay below the recursion limit."""
MOST_SLEEPS = 10 * MOST_EXECUTIONS
PATIENCE = 30.0
"""Real seconds after which code that neither executes nor sleeps is called stuck."""
CLOCK_START = 4096.0
"""Virtual seconds at the start: a power of two keeps sums of short waits exact."""

EMPTY: Mapping[str, Any] = types.MappingProxyType({})

Ending = Literal["raises", "wraps", "returns", "falls-through", "never"]


@dataclass(frozen=True, slots=True)
class Observed:
    """What a site did while its operation failed every time; times are virtual seconds.

    `executions` is None for an unbounded site. `waits` has one number between every two executions, `trailing`
    is what was slept after the last. `ending` is "wraps" where an exception came out `from` the operation's, and
    "falls-through" for every None: a bare return can't be told from the end of the function.
    """

    executions: int | None
    waits: tuple[float, ...]
    trailing: float
    ending: Ending

    @property
    def badness(self) -> tuple[float, float]:
        """Orders the runs of one site: more executions are worse, then longer waits."""
        executions = float("inf") if self.executions is None else self.executions
        return executions, sum(self.waits) + self.trailing


@dataclass(frozen=True, slots=True)
class Failure:
    """How the operation fails: it raises `error`, or returns `result` where `error` is None."""

    error: type[Exception] | None = ConnectionError
    result: object = None


def observe(source: str, function: str) -> Observed:
    """The worst run of `function` (a qualified name such as `Client.fetch` or `outer.inner`) in this module."""
    runs = (_Run(source, function, failure).outcome() for failure in failures(source))
    return max(runs, key=lambda run: run.badness)


def failures(source: str) -> tuple[Failure, ...]:
    """The failures that the comments of a fixture ask for."""
    if result := re.search(r"^# result: (.+)$", source, re.MULTILINE):
        return (Failure(None, eval(result[1], {"Response": types.SimpleNamespace})),)
    if names := re.search(r"^# fails-with: (.+)$", source, re.MULTILINE):
        return tuple(Failure(getattr(builtins, name)) for name in re.split(r",\s*", names[1].strip()))
    return (Failure(),)


@dataclass(slots=True)
class _Record:
    """The executions and sleeps so far; `gaps[n]` holds the seconds slept after execution n (0: before the first)."""

    now: float = CLOCK_START
    sleeps: int = 0
    gaps: list[float] = field(default_factory=lambda: [0.0])
    outcome: queue.SimpleQueue[Observed | BaseException] = field(default_factory=queue.SimpleQueue)
    due: list[tuple[float, Callable[[], object]]] = field(default_factory=list)

    @property
    def executions(self) -> int:
        return len(self.gaps) - 1

    def execute(self) -> None:
        self.gaps.append(0.0)
        if self.executions >= MOST_EXECUTIONS:
            self.park()

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps += 1
        self.gaps[-1] += seconds
        if self.sleeps > MOST_SLEEPS:
            self.park()

    def clock(self) -> float:
        return self.now

    def park(self) -> NoReturn:
        """Report an endless site and stay here: code that catches everything can't be stopped by an exception."""
        self.outcome.put(self.observed("never"))
        while True:
            threading.Event().wait()

    def observed(self, ending: Ending) -> Observed:
        trailing = self.gaps[-1] if self.executions else 0.0
        return Observed(None if ending == "never" else self.executions, tuple(self.gaps[1:-1]), trailing, ending)


class _Run:
    """One run of one site with one failure, in a thread that is abandoned if the site never ends."""

    def __init__(self, source: str, function: str, failure: Failure) -> None:
        self.source, self.function, self.failure = source, function, failure
        self.record = _Record()
        self.raised: list[Exception] = []

    def outcome(self) -> Observed:
        threading.Thread(target=self.run, daemon=True).start()
        try:
            outcome = self.record.outcome.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"{self.function} neither ends, executes nor sleeps") from None
        if isinstance(outcome, Observed):
            return outcome
        raise AssertionError(f"{self.function} fails without its operation") from outcome

    def run(self) -> None:
        record = self.record
        try:
            record.outcome.put(record.observed(self.ending()))
        except BaseException as error:  # the waiting thread must hear of whatever it was
            record.outcome.put(error)

    def ending(self) -> Ending:
        target = self.target()
        positional, by_name = _arguments(target)
        ending = self.ending_of(lambda: target(*positional, **by_name))
        while self.record.due and ending != "never":  # what a timer was set to comes when the rest is over
            seconds, later = self.record.due.pop(0)
            self.record.sleep(seconds)
            ending = self.ending_of(later)
        return ending

    def ending_of(self, run: Callable[[], object]) -> Ending:
        try:
            value = _finished(run())
        except RecursionError:
            return "never"
        except BaseException as error:
            if not self.record.executions:
                raise
            return "wraps" if error.__cause__ in self.raised else "raises"
        return "falls-through" if value is None else "returns"

    def target(self) -> Callable[..., Any]:
        """The outermost callable of the qualified name, bound to an object made without arguments."""
        operation = self.operation()
        supplied = {"operation": operation, "client": types.SimpleNamespace(operation=operation, post=operation)}
        builtins_of_module = {**vars(builtins), "__import__": self.virtual_import()}
        module: dict[str, Any] = {"__builtins__": builtins_of_module, "__name__": "fixture", **supplied}
        exec(compile(self.source, "<fixture>", "exec"), module)
        found: Any = module
        for part in self.function.split("."):
            found = found[part] if isinstance(found, dict) else getattr(found, part)
            if not isinstance(found, type):
                break
            for name in supplied.keys() - vars(found).keys():
                setattr(found, name, supplied[name])
            found = found()
        return cast("Callable[..., Any]", found)

    def operation(self) -> Callable[..., Any]:
        """The failing operation; a coroutine function where the module awaits it."""

        def fail(*_: object, **__: object) -> object:
            self.record.execute()
            if self.failure.error is None:
                return self.failure.result
            error = self.failure.error("the operation failed")
            self.raised.append(error)
            raise error

        async def fail_when_awaited(*_: object, **__: object) -> object:
            return fail()

        return staticmethod(fail_when_awaited if _awaits_operation(self.source) else fail)

    def timer(
        self, interval: float, function: Callable[..., Any], args: Sequence[Any] = (), kwargs: Mapping[str, Any] = EMPTY
    ) -> _Timer:
        return _Timer(self.record.due, interval, lambda: function(*args, **kwargs))

    def virtual_import(self) -> Callable[..., types.ModuleType]:
        """An `__import__` that hands out `time` and `asyncio` with the virtual clock."""
        clock = self.record.clock

        async def async_sleep(seconds: float, result: object = None) -> object:
            self.record.sleep(seconds)
            return result

        virtual = {
            "threading": _changed(threading, Timer=self.timer),
            "time": _changed(time, sleep=self.record.sleep, time=clock, monotonic=clock, perf_counter=clock),
            "asyncio": _changed(asyncio, sleep=async_sleep),
        }

        def import_module(name: str, *rest: Any) -> types.ModuleType:
            return virtual.get(name) or __import__(name, *rest)

        return import_module


@dataclass(frozen=True, slots=True)
class _Timer:
    """A `threading.Timer` that is due when the virtual clock says so."""

    due: list[tuple[float, Callable[[], object]]]
    seconds: float
    later: Callable[[], object]

    def start(self) -> None:
        self.due.append((self.seconds, self.later))


def _finished(value: object) -> object:
    """The result of a call, of a coroutine when it and the tasks that it made have run."""

    async def all_of(coroutine: Coroutine[Any, Any, object]) -> object:
        value = await coroutine
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            value = await others.pop()
        return value

    return asyncio.run(all_of(value)) if inspect.iscoroutine(value) else value


def _changed(module: types.ModuleType, **changes: object) -> types.ModuleType:
    copy = types.ModuleType(module.__name__)
    vars(copy).update({**vars(module), **changes})
    return copy


def _awaits_operation(source: str) -> bool:
    awaited = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Await))
    calls = (value.func for value in awaited if isinstance(value, ast.Call))
    return any(getattr(func, "attr", getattr(func, "id", None)) == "operation" for func in calls)


def _arguments(target: Callable[..., Any]) -> tuple[list[object], dict[str, object]]:
    """A plain object for every parameter that has no default."""
    needed = [p for p in inspect.signature(target).parameters.values() if p.default is p.empty]
    positional = [object() for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return positional, {p.name: object() for p in needed if p.kind is p.KEYWORD_ONLY}
