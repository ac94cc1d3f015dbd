"""A task's limit and waits: each way to be retried is evaluated retry by retry, and the worst of them counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Limit, Schedule, Wait
from retrylint.sketch.sketch import Sketch
from retrylint.study.options import Options, mapping_options
from retrylint.study.retry_calls import RetryCall, Scope
from retrylint.study.simulation.calls import is_told
from retrylint.study.simulation.outcome import ORDER, jitter_of, longest_of, shape_of
from retrylint.study.task_values import UNTOLD, TaskValues
from retrylint.values import Num, Unknown, Value, binary, bounds, extreme, truth

SHOWN = 16  # retries that are evaluated to see the shape of an endless or unknown number of them
MOST = 1000  # retries that are counted


@dataclass(frozen=True, slots=True)
class Way:
    """One way to be retried: by a call of the retry method, or by the library itself.

    `counts`: the task itself looks at how often it was retried, and ends there.
    """

    limit: Limit
    schedule: Schedule = Schedule()
    call: RetryCall | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """What a task's retries come to. The library itself retries on the exceptions `automatic`, but for `spared`.

    `worst` is the one of its `ways` that runs longest; where there is none, what its options allow.
    """

    worst: Way
    ways: tuple[Way, ...] = ()
    automatic: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()

    @property
    def is_retried(self) -> bool:
        """Is there a way to be retried?"""
        return bool(self.ways)


def terms_of(
    options: Options, calls: tuple[RetryCall, ...], library: TaskLibrary, module: Sketch, is_open: bool = False
) -> TaskTerms:
    """The terms of a task under its options; `is_open`: what they do not say is said elsewhere."""
    reader = _Reader(library, options, module, TaskValues(library.method, module), is_open)
    counted = [call for call in calls if reader.is_counted(call)]
    ways = [reader.asked(call) for call in calls if all(call is not each for each in counted)]
    ways += [reader.counted(counted)] if counted else []
    automatic = _exceptions(options.stated.get(library.automatic.exceptions), module)
    if automatic:
        ways.append(reader.automatic())
    worst = max(ways, key=_severity) if ways else Way(reader.task_limit())
    spared = _exceptions(options.stated.get(library.automatic.spared), module)
    return TaskTerms(worst, tuple(ways), automatic, spared)


def _exceptions(stated: code.Expr | None, module: Sketch) -> tuple[str, ...]:
    """The qualified names of the exceptions that an option lists."""
    if stated is None:
        return ()
    kinds = stated.items if isinstance(stated, code.Collection) else (stated,)
    return tuple(module.imports.name_of(kind) or "?" for kind in kinds)


def _severity(way: Way) -> tuple[int, int, float]:
    total = way.schedule.total
    return (
        ORDER.index(way.limit.kind) if way.limit.attempts is None else 0,
        way.limit.attempts or 0,
        (total.high if total else 0.0),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    library: TaskLibrary
    options: Options
    module: Sketch
    values: TaskValues
    is_open: bool = False

    def task_limit(self) -> Limit:
        """The task's own limit: stated, the library's default, or out of sight."""
        option = self.library.limit.option
        stated = self.options.stated.get(option)
        if stated is not None:
            return self._limit(stated)
        if not self.options.complete or self.is_open:
            return Limit("dynamic" if self.options.unpacks or self.is_open else "unknown", option=option)
        return Limit("default", int(self.library.limit.default) + 1, option=option)

    def _limit(self, stated: code.Expr, scope: Scope | None = None) -> Limit:
        option = self.library.limit.option
        value = self.values.of(stated, scope)
        if value is None:
            return Limit("unbounded", option=option)
        if isinstance(value, (int, float)):
            return Limit("explicit", max(int(value), 0) + 1, option=option)
        return Limit("dynamic", option=option)

    def asked(self, call: RetryCall) -> Way:
        """Being retried by a call of the retry method."""
        limit = self._limit_of(call)
        return Way(limit, self._waits(call, limit), call)

    def _waits(self, call: RetryCall, limit: Limit) -> Schedule:
        method = self.library.method
        delay = call.argument(method.delay)
        if call.argument(method.until) is not None:
            return Schedule("dynamic", waits_with=method.until, blocks=False)
        if delay is None or delay == code.Const(None):
            return self._default_waits(limit)
        waits = [self.values.of(delay, call.scope, retries) for retries in range(shown(limit))]
        return schedule_of(waits, limit, method.delay, delay)

    def _limit_of(self, call: RetryCall) -> Limit:
        stated = call.argument(self.library.method.limit)
        if stated is not None and self.values.of(stated, call.scope) is not None:
            return self._limit(stated, call.scope)
        if stated is None and any(argument.stars for argument in call.call.arguments):
            return Limit()
        return self.task_limit()

    def is_counted(self, call: RetryCall) -> bool:
        """Does a condition on the way to a call look at how often the task was retried?"""
        return any(guard.scope is not None and self.values.counts(guard.test, guard.scope) for guard in call.guards)

    def counted(self, calls: Sequence[RetryCall]) -> Way:
        """Being retried by calls that conditions on the count of retries lead to: now by one, now by another."""
        unseen = [limit for call in calls if (limit := self._limit_of(call)).kind in ("unknown", "dynamic")]
        if unseen:
            return Way(unseen[0], self._waits(calls[0], unseen[0]), calls[0], counts=True)
        row: list[RetryCall] = []
        doubtful = False
        for retries in range(MOST):
            reached = [
                (call, is_reached) for call in calls if (is_reached := self._reached(call, retries)) is not False
            ]
            if not reached:
                break
            row.append(reached[0][0])
            doubtful = reached[0][1] is None
            if doubtful and self._limit_of(row[0]).attempts is None:
                break  # it ends with a number that nobody knows
        option = self.library.limit.option
        if doubtful and self._limit_of(row[0]).attempts is None:
            limit = Limit("dynamic", option=option)
        elif len(row) == MOST:
            limit = Limit("unbounded", option=option)
        else:
            limit = Limit("explicit", len(row) + 1, option=option)
        if not row:
            return Way(limit, schedule_of([], limit, option), counts=True)
        return Way(limit, self._in_turn(row, limit), row[0], counts=True)

    def _in_turn(self, row: Sequence[RetryCall], limit: Limit) -> Schedule:
        """The waits before each of these calls."""
        rows = [self._waits(call, limit) for call in {id(call): call for call in row}.values()]
        if all(each == rows[0] for each in rows):
            return rows[0]
        return Schedule("dynamic", jitter=False, blocks=False)

    def _reached(self, call: RetryCall, retries: int) -> bool | None:
        """May a call retry the task once more after so many retries? None where that is not told."""
        limit = self._limit_of(call)
        if limit.attempts is not None and retries >= limit.attempts - 1:
            return False
        own = self.task_limit()
        most: Value = own.attempts - 1 if own.attempts is not None else None if own.kind == "unbounded" else UNTOLD
        found: bool | None = True
        for guard in call.guards:
            if guard.scope is None or not self.values.counts(guard.test, guard.scope):
                continue
            reached = truth(self.values.of(guard.test, guard.scope, retries, most))
            if reached is None:
                found = None
            elif reached != guard.holds:
                return False
        return found

    def _default_waits(self, limit: Limit) -> Schedule:
        option = self.library.delay.option
        stated = self.options.stated.get(option)
        if stated is None and (not self.options.complete or self.is_open):
            return Schedule("unknown", jitter=False, waits_with=option, blocks=False)
        value = self.library.delay.default if stated is None else self.values.of(stated)
        return schedule_of([value] * shown(limit), limit, option)

    def automatic(self) -> Way:
        """Being retried by the library on the listed exceptions."""
        automatic = self.library.automatic
        arguments = mapping_options(self.options.stated.get(automatic.arguments), self.module)
        stated = arguments.stated.get(self.library.method.limit)
        limit = self.task_limit()
        if stated is not None and self.values.of(stated) is not None:
            limit = self._limit(stated)
        elif not arguments.complete:
            limit = Limit("dynamic", option=self.library.limit.option)
        backoff = self.options.stated.get(automatic.backoff)
        factor = self.values.of(backoff) if backoff is not None else None
        if isinstance(factor, Unknown):
            return Way(
                limit, Schedule("exponential", jitter=self._jitters(), waits_with=automatic.backoff, blocks=False)
            )
        if factor is not None and factor is not False and factor != 0:
            schedule = schedule_of(list(self._backoff(factor, limit)), limit, automatic.backoff)
            is_first = schedule.shape == "random" and limit.attempts == 2  # a row of one shows no growth
            return Way(limit, replace(schedule, shape="exponential") if is_first else schedule)
        delay = arguments.stated.get(self.library.method.delay)
        if delay is not None and delay != code.Const(None):
            waits = [self.values.of(delay) for _ in range(shown(limit))]
            return Way(limit, schedule_of(waits, limit, self.library.method.delay))
        return Way(limit, self._default_waits(limit))

    def _backoff(self, factor: Value, limit: Limit) -> Iterator[Value]:
        """factor x 2^retries up to the cap, drawn from 0 upwards where jitter is on; True and fractions are 1."""
        automatic = self.library.automatic
        cap_option = self.options.stated.get(automatic.cap)
        cap: Value = automatic.cap_default if cap_option is None else self.values.of(cap_option)
        jitter = self._jitters()
        whole: Value = max(int(factor), 1) if isinstance(factor, (int, float)) else factor
        for retries in range(shown(limit)):
            wait = extreme("min", [binary("*", whole, 2**retries, "wait"), cap], "wait")
            edges = bounds(wait)
            if edges is not None and jitter is True:
                wait = Num(0.0, edges.high, edges.tags | {"random"})
            yield wait

    def _jitters(self) -> bool | None:
        """Does the library draw the waits of its backoff by chance? None where the option is out of sight."""
        automatic = self.library.automatic
        stated = self.options.stated.get(automatic.jitter)
        return automatic.jitter_default if stated is None else truth(self.values.of(stated))


def shown(limit: Limit) -> int:
    return SHOWN if limit.attempts is None else min(limit.attempts - 1, MOST)


def schedule_of(values: list[Value], limit: Limit, waits_with: str, spelt: code.Expr | None = None) -> Schedule:
    edges = [bounds(value) for value in values]
    known = [Num(max(e.low, 0.0), max(e.high, 0.0), e.tags) for e in edges if e is not None]
    if not values:
        return Schedule("none", waits_with=waits_with, blocks=False, waits=())
    if len(known) < len(values) or any("dynamic" in wait.tags or "clock" in wait.tags for wait in known):
        unknown = [value for value in values if isinstance(value, Unknown)]
        if any(is_told(value.origin) for value in unknown):
            return Schedule("server", jitter=jitter_of(values), waits_with=waits_with, blocks=False)
        shape = "dynamic" if unknown or not known else shape_of(known, spelt)
        shape = "dynamic" if shape == "fixed" else shape
        return Schedule(shape, jitter=jitter_of(values), waits_with=waits_with, blocks=False)
    waits = tuple(Wait(wait.low, wait.high) for wait in known) if limit.attempts is not None else None
    jitter = any("random" in wait.tags for wait in known)
    return Schedule(shape_of(known, spelt), known[0].high, longest_of(known, limit), jitter, waits_with, False, waits)
