"""Drives one run: the activations of a function are generators on a stack of its own, so a thousand cost no stack."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from retrylint import code
from retrylint.study.simulation import steps
from retrylint.study.simulation.expressions import Invoke, evaluate
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.program import Event, Failure, Waited
from retrylint.study.simulation.statements import Running, Signal, run_block
from retrylint.study.simulation.world import (
    MOST_EXECUTIONS,
    STAND_INS,
    Entry,
    Frame,
    Key,
    Known,
    Note,
    OutOfBudget,
    Pace,
    Pending,
    Raised,
    Unbounded,
    World,
)
from retrylint.values import Tag, Unknown, Value

Ended = Literal["raises", "returns", "falls-through", "unbounded", "budget", "known"]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to: its events, how it ended, the answers it was given, and what makes it doubtful.

    `moved`, `loose`: the conditions that may have another answer on the next attempt, by themselves or because of
    what has been done.
    `raised_anew`: what it ended with is a class of exceptions that the code names, and none that it caught.
    `entry`: what it brought to the loop; `asked_before`: how many of the answers it was asked for on the way there.
    `pace`: how far each wait moved the clock.
    """

    events: tuple[Event, ...]
    executions: int
    ended: Ended
    exceptions: tuple[str, ...]
    wraps: bool
    raised_anew: bool
    steps: int
    asked: Mapping[Key, bool]
    moved: frozenset[Key]
    loose: frozenset[Key]
    told: bool
    advised: bool
    open_ended: bool
    tags: frozenset[Tag]
    uncertain: bool
    several: bool
    nodes: Nodes
    entry: Entry | None
    asked_before: int
    pace: Pace

    @property
    def repeats(self) -> bool:
        """Was the operation executed again?"""
        return self.executions > 1 or self.ended == "unbounded"

    @property
    def course(self) -> tuple[object, ...]:
        """What a run is seen to do, apart from the place at which it fails."""
        waits = tuple((event.line, event.value) if isinstance(event, Waited) else None for event in self.events)
        return (waits, self.ended, self.exceptions, self.tags, self.uncertain, tuple(self.asked.items()), self.moved)

    @property
    def seen(self) -> tuple[object, ...]:
        """All of a run that anything is read off, apart from the answers."""
        events = tuple((event.line, event.value if isinstance(event, Waited) else None) for event in self.events)
        known = (self.ended, self.exceptions, self.wraps, self.tags, self.uncertain)
        return (events, *known, frozenset(self.asked), self.moved)


def run(
    nodes: Nodes,
    failure: Failure,
    choices: Mapping[Key, bool],
    standing_in: int = STAND_INS[0],
    leap: float = 0.0,
    pace: Pace = "least",
    entries: AbstractSet[Entry | None] = frozenset(),
    notes: list[Note] | None = None,
) -> Run:
    """Run a function from its first activation to its end, or to the proof that it has none.

    `entries`: states at the beginning of the loop in which the run ends, as "known". What it does between its events
    goes to `notes`, where they are given.
    """
    world = World(nodes, failure, choices, standing_in, leap=leap, pace=pace, entries=entries, notes=notes)
    exceptions: tuple[str, ...] = ()
    wraps = anew = False
    try:
        end = _drive(world)
        ended: Ended = "returns" if isinstance(end, Signal) and end.states_value else "falls-through"
        if isinstance(end, Raised):
            ended, exceptions, wraps, anew = "raises", end.names, end.wraps, end.anew
        if notes is not None and not isinstance(end, Signal):
            fallen = steps.falls_off(world.program.function)
            world.tell(fallen if end is None else steps.raised(end.names, end.line))
    except Unbounded:
        ended = "unbounded"
    except OutOfBudget:
        ended = "budget"
    except Known:
        ended = "known"
    return Run(
        tuple(world.events), world.executions, ended, exceptions, wraps, anew, world.steps, dict(world.asked),
        frozenset(world.moved), frozenset(world.loose), world.told, world.advised, world.open_ended,
        frozenset(world.tags), world.uncertain, world.several, nodes, world.entry,
        len(world.asked) if world.asked_before is None else world.asked_before, pace,
    )  # fmt: skip


def _drive(world: World) -> Signal | Raised | None:
    """What the last activation ends with. No exception keeps its traceback: that holds the whole run."""
    stack = [_activation(world, None)]
    seen: dict[object, int] = {}
    reply: Value = None
    error: Raised | None = None
    signal: Signal | None = None
    while stack:
        try:
            request = stack[-1].throw(error) if error is not None else stack[-1].send(reply)
        except StopIteration as stop:
            stack.pop()
            signal, error = stop.value, None
            reply = signal.value if signal is not None else None
        except Raised as raised:
            stack.pop()
            error = raised.with_traceback(None)
        else:
            reply, error = None, None
            if request.helper is None:
                _guard(world, seen, request.arguments)
                stack.append(_activation(world, dict(request.arguments)))
            else:
                stack.append(_helped(world, request.helper, request))
        if not stack and world.pending:
            reply, error = None, None
            stack.append(_put_off(world, seen, world.pending.pop(0)))
    return signal if error is None else error


def _put_off(world: World, seen: dict[object, int], pending: Pending) -> Running:
    """The activation that a timer or a queue makes, once the one before is over: no stack grows."""
    later = pending.again.later
    if later is not None:
        world.wait(pending.again.call, later.name, pending.seconds, later.value)
    _guard(world, seen, pending.arguments)
    return _activation(world, dict(pending.arguments))


def _guard(world: World, seen: dict[object, int], arguments: tuple[tuple[str, Value], ...]) -> None:
    """A state that comes back will come back for ever, for every answer of a run is fixed; only time may end it."""
    world.uncertain = world.uncertain or world.guessing > 0
    world.clock += world.leap
    state = (arguments, frozenset(world.attributes.items()))
    times = seen.get(state, 0)
    if times > world.patience or len(seen) > MOST_EXECUTIONS:
        raise Unbounded
    seen[state] = times + 1


def _helped(world: World, helper: code.Function, request: Invoke) -> Running:
    """One run of a helper, within that of the function."""
    frame = yield from _frame(world, helper, dict(request.arguments), world.nodes.declared(helper), request.outer)
    world.entered.append(helper)
    try:
        return (yield from run_block(world, frame, helper.body))
    finally:
        world.entered.pop()


def _activation(world: World, arguments: dict[str, Value] | None) -> Running:
    """One run of the function: an execution of the operation where nothing better tells of one.

    `arguments`: those that the function hands itself; None where it is called by another.
    """
    function = world.program.function
    frame = yield from _frame(world, function, arguments, world.program.declared)
    world.counted = False
    if world.failure.trigger is None and world.failure.operation is None:
        world.execute(function.span.line)
    return (yield from run_block(world, frame, function.body))


def _frame(
    world: World,
    function: code.Function,
    arguments: dict[str, Value] | None,
    declared: frozenset[str],
    outer: Frame | None = None,
) -> Generator[Invoke, Value, Frame]:
    """The names of an activation, in which a parameter that is not handed over has its default.

    What another caller hands over is not told: the default stands for it as far as the program says.
    """
    by_another, arguments = arguments is None, arguments or {}
    items = {name: value for name, value in arguments.items() if "[" in name}
    frame = Frame(items, declared, outer)
    for parameter in function.parameters:
        default = world.program.default(parameter) if by_another else parameter.default
        if parameter.name in arguments:
            frame.names[parameter.name] = arguments[parameter.name]
        elif default is not None:
            frame.names[parameter.name] = yield from evaluate(world, Frame(), default)
        else:
            frame.names[parameter.name] = Unknown(parameter.name, given=world.program.nullable and by_another)
    return frame
