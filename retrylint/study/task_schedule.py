"""A task's limit and waits: each way to be retried is evaluated retry by retry, and the worst of them counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Body, Limit, Schedule, Span, Wait
from retrylint.names import bindings
from retrylint.sketch.sketch import Sketch
from retrylint.study.options import Options, mapping_options
from retrylint.study.retry_calls import RetryCall
from retrylint.study.simulation.expressions import constant
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.outcome import ORDER, jitter_of, longest_of, shape_of
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.world import World
from retrylint.values import Num, Unknown, Value, binary, bounds, extreme, truth

SHOWN = 16  # retries that are evaluated to see the shape of an endless or unknown number of them


@dataclass(frozen=True, slots=True)
class TaskTerms:
    """What a task's retries come to. The library itself retries on the exceptions `automatic`, but for `spared`."""

    limit: Limit
    schedule: Schedule
    automatic: tuple[str, ...]
    spared: tuple[str, ...] = ()
    idle: Schedule = Schedule("none", waits=())
    class_body: Body = Body()


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to be retried."""

    limit: Limit
    schedule: Schedule


def terms_of(
    options: Options, calls: tuple[RetryCall, ...], library: TaskLibrary, module: Sketch,
    definition: code.Function | code.Class,
) -> TaskTerms:  # fmt: skip
    """The terms of a task under its options; the worst of its ways to be retried."""
    reader = _Reader(library, options, module, definition)
    ways = [reader.asked(call) for call in calls]
    automatic = _exceptions(options.stated.get(library.automatic.exceptions), module)
    if automatic:
        ways.append(reader.automatic())
    if not ways:
        ways.append(_Way(reader.task_limit(), Schedule()))
    worst = max(ways, key=_severity)
    limit = worst.limit
    if limit.kind == "unbounded" and _counts_itself(definition, library):
        limit = Limit("unknown", option=limit.option)
    spared = _exceptions(options.stated.get(library.automatic.spared), module)
    return TaskTerms(limit, worst.schedule, automatic, spared)


def _exceptions(stated: code.Expr | None, module: Sketch) -> tuple[str, ...]:
    """The qualified names of the exceptions that an option lists."""
    if stated is None:
        return ()
    kinds = stated.items if isinstance(stated, code.Collection) else (stated,)
    return tuple(module.imports.name_of(kind) or "?" for kind in kinds)


def _counts_itself(definition: code.Function | code.Class, library: TaskLibrary) -> bool:
    """Does the body compare how often it was retried? Then it may end what its options leave endless."""
    names = {
        name
        for name, node in bindings(*definition.body)
        if isinstance(node, code.Assign) and _is_count(node.value, library)
    }
    return any(
        _is_count(part, library) or (isinstance(part, code.Name) and part.id in names)
        for node in code.walk(*definition.body, into_definitions=True)
        if isinstance(node, code.Compare)
        for part in code.walk(node)
    )


def _is_count(node: object, library: TaskLibrary) -> bool:
    name = code.dotted(node) if isinstance(node, code.Attribute) else None
    return name is not None and name.endswith(f".{library.method.attempt}")


def _severity(way: _Way) -> tuple[int, int, float]:
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
    definition: code.Function | code.Class

    def task_limit(self) -> Limit:
        """The task's own limit: stated, the library's default, or out of sight."""
        option = self.library.limit.option
        stated = self.options.stated.get(option)
        if stated is not None:
            return self._limit(stated)
        if not self.options.complete:
            return Limit("dynamic" if self.options.unpacks else "unknown", option=option)
        return Limit("default", int(self.library.limit.default) + 1, option=option)

    def _limit(self, stated: code.Expr) -> Limit:
        option = self.library.limit.option
        value = self._value(stated)
        if value is None:
            return Limit("unbounded", option=option)
        if isinstance(value, (int, float)):
            return Limit("explicit", max(int(value), 0) + 1, option=option)
        return Limit("dynamic", option=option)

    def asked(self, call: RetryCall) -> _Way:
        """Being retried by a call of the retry method."""
        method = self.library.method
        stated = call.argument(method.limit)
        limit = self.task_limit()
        if stated is not None and self._value(stated) is not None:
            limit = self._limit(stated)
        if any(argument.stars == 2 for argument in call.call.arguments):
            limit = Limit("unknown") if stated is None else limit
        delay = call.argument(method.delay)
        if call.argument(method.until) is not None:
            return _Way(limit, Schedule("dynamic", waits_with=method.until, blocks=False))
        if delay is None or delay == code.Const(None):
            return _Way(limit, self._default_waits(limit))
        waits = [self._value(delay, retries, call.receiver) for retries in range(_count(limit))]
        return _Way(limit, _schedule(waits, limit, method.delay, delay))

    def _default_waits(self, limit: Limit) -> Schedule:
        option = self.library.delay.option
        stated = self.options.stated.get(option)
        if stated is None and not self.options.complete:
            return Schedule("unknown", waits_with=option, blocks=False)
        value = self.library.delay.default if stated is None else self._value(stated)
        return _schedule([value] * _count(limit), limit, option)

    def automatic(self) -> _Way:
        """Being retried by the library on the listed exceptions."""
        automatic = self.library.automatic
        arguments = mapping_options(self.options.stated.get(automatic.arguments), self.module)
        stated = arguments.stated.get(self.library.method.limit)
        limit = self.task_limit()
        if stated is not None and self._value(stated) is not None:
            limit = self._limit(stated)
        elif not arguments.complete:
            limit = Limit("dynamic", option=self.library.limit.option)
        backoff = self.options.stated.get(automatic.backoff)
        factor = self._value(backoff) if backoff is not None else None
        if isinstance(factor, Unknown):
            return _Way(
                limit, Schedule("exponential", jitter=self._jitters(), waits_with=automatic.backoff, blocks=False)
            )
        if factor is not None and factor is not False and factor != 0:
            schedule = _schedule(list(self._backoff(factor, limit)), limit, automatic.backoff)
            is_first = schedule.shape == "random" and limit.attempts == 2  # a row of one shows no growth
            return _Way(limit, replace(schedule, shape="exponential") if is_first else schedule)
        delay = arguments.stated.get(self.library.method.delay)
        if delay is not None and delay != code.Const(None):
            waits = [self._value(delay) for _ in range(_count(limit))]
            return _Way(limit, _schedule(waits, limit, self.library.method.delay))
        return _Way(limit, self._default_waits(limit))

    def _backoff(self, factor: Value, limit: Limit) -> Iterator[Value]:
        """factor x 2^retries up to the cap, drawn from 0 upwards where jitter is on; True and fractions are 1."""
        automatic = self.library.automatic
        cap_option = self.options.stated.get(automatic.cap)
        cap: Value = automatic.cap_default if cap_option is None else self._value(cap_option)
        jitter = self._jitters()
        whole: Value = max(int(factor), 1) if isinstance(factor, (int, float)) else factor
        for retries in range(_count(limit)):
            wait = extreme("min", [binary("*", whole, 2**retries, "wait"), cap], "wait")
            edges = bounds(wait)
            if edges is not None and jitter is True:
                wait = Num(0.0, edges.high, edges.tags | {"random"})
            yield wait

    def _jitters(self) -> bool | None:
        """Does the library draw the waits of its backoff by chance? None where the option is out of sight."""
        automatic = self.library.automatic
        stated = self.options.stated.get(automatic.jitter)
        return automatic.jitter_default if stated is None else truth(self._value(stated))

    def _value(self, expr: code.Expr, retries: int | None = None, receiver: str | None = None) -> Value:
        """The value of an option, or of an argument on the retry after so many."""
        function = self.definition if isinstance(self.definition, code.Function) else None
        constants = dict(self.module.constants)
        imports = self.module.imports
        if function is not None:
            constants.update(_set_once(function))
            imports = imports.within(function)
        program = Program(_NOTHING, lambda _: None, imports, constants=constants)
        world = World(Nodes(program), Failure())
        if retries is not None and receiver is not None:
            world.attributes[f"{receiver}.{self.library.method.attempt}"] = retries
        return constant(world, expr)


_NOTHING = code.Function("", (), (), (), False, Span(1, 1, 1, 1))


def _set_once(function: code.Function) -> dict[str, code.Expr]:
    """Local names that are set once, to what; a parameter to its default."""
    found = {each.name: [each.default] for each in function.parameters if each.default is not None}
    for name, node in bindings(*function.body):
        value = node.value if isinstance(node, code.Assign) and node.targets == (code.Name(name),) else code.Name("?")
        found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _count(limit: Limit) -> int:
    return SHOWN if limit.attempts is None else min(limit.attempts - 1, 1000)


def _schedule(values: list[Value], limit: Limit, waits_with: str, spelt: code.Expr | None = None) -> Schedule:
    edges = [bounds(value) for value in values]
    known = [Num(max(e.low, 0.0), max(e.high, 0.0), e.tags) for e in edges if e is not None]
    if not values:
        return Schedule("none", waits_with=waits_with, blocks=False, waits=())
    if len(known) < len(values) or any("dynamic" in wait.tags or "clock" in wait.tags for wait in known):
        moving = any(isinstance(value, Unknown) for value in values)
        shape = "dynamic" if moving else shape_of(known, spelt)
        shape = "dynamic" if shape == "fixed" else shape
        return Schedule(shape, jitter=jitter_of(values), waits_with=waits_with, blocks=False)
    waits = tuple(Wait(wait.low, wait.high) for wait in known) if limit.attempts is not None else None
    jitter = any("random" in wait.tags for wait in known)
    return Schedule(shape_of(known, spelt), known[0].high, longest_of(known, limit), jitter, waits_with, False, waits)
