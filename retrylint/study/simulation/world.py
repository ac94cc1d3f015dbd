"""The state of one run: names, clock, events, and the answers to what the code does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from retrylint import code, values
from retrylint.again.again import Again
from retrylint.exceptions import handler_types
from retrylint.study.simulation.program import Event, Executed, Failure, Program, Trigger, Waited, item_name, place_name
from retrylint.values import Num, Tag, Unknown, Value

MOST_EXECUTIONS = 1000
MOST_STEPS = 40_000
MOST_ROUNDS = 100  # how often a state may come back while a clock is looked at
# a limit that nobody knows is run twice, and a counter up from nobody knows where starts at 0 and at 1: a count of
# executions that changes with them depends on them
STAND_INS = (7, 5)
START = 1_000_000.0  # the virtual clock's first reading, in seconds


class Raised(Exception):
    """An exception of the running program.

    `handler` is the one that the adversary aims at. `wraps`: it is raised `from` another.
    """

    def __init__(self, names: tuple[str, ...], handler: code.Handler | None = None, wraps: bool = False) -> None:
        super().__init__(names)
        self.names, self.handler, self.wraps = names, handler, wraps


class Unbounded(Exception):
    """The run came back to a state that it had before, or to its thousandth execution."""


class OutOfBudget(Exception):
    """The run took more steps than a site may."""


CAUGHT = "caught@"  # the origin of an error that a handler bound


def is_caught(value: Value) -> bool:
    """Is it an error that a handler bound?"""
    return isinstance(value, Unknown) and value.origin.startswith(CAUGHT)


@dataclass(slots=True)
class Frame:
    """One activation: its local names, and those that it declares to be the module's."""

    names: dict[str, Value] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pending:
    """A run of the function that a timer or a queue will make: its arguments, and the seconds until then."""

    again: Again
    arguments: tuple[tuple[str, Value], ...]
    seconds: Value


@dataclass(slots=True)
class World:
    """Everything that one run reads and changes. Conditions without an answer in `choices` are taken as true.

    `leap`: seconds by which the clock jumps from one activation to the next, to see whether time alone ends the run.
    """

    program: Program
    failure: Failure
    choices: Mapping[int, bool] = field(default_factory=dict)
    standing_in: int = STAND_INS[0]
    attributes: dict[str, Value] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    asked: dict[int, bool] = field(default_factory=dict)
    tags: set[Tag] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)
    uncertain: bool = False
    executions: int = 0
    counted: bool = False
    clock: float = START
    leap: float = 0.0
    counting: dict[int, bool] = field(default_factory=dict)
    guessing: int = 0
    resolving: set[str] = field(default_factory=set)
    pending: list[Pending] = field(default_factory=list)
    steps: int = 0

    def step(self) -> None:
        """Count a statement. Raises `OutOfBudget`."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise OutOfBudget

    # -- names

    def read(self, frame: Frame, name: str) -> Value | None:
        """What this run knows of a name or a dotted name; None where it knows nothing."""
        if name in self.program.moving:
            return Unknown(name, moving=True)
        if name in frame.names:
            return frame.names[name]
        return self.attributes.get(name)

    def unknown(self, frame: Frame, name: str) -> Unknown:
        """A name that nothing is known of; it moves with the object or the container that it is a part of."""
        head, dot, _ = name.partition(".")
        owner = frame.names.get(head) if dot else None
        parts = any(name.startswith(f"{container}.") for container in self.program.moving)
        moves = parts or (bool(dot) and self._may_be_set_elsewhere(name, owner))
        return Unknown(name, moves or (isinstance(owner, Unknown) and owner.moving))

    def _may_be_set_elsewhere(self, name: str, owner: Value) -> bool:
        """May other code set an attribute between two attempts? What the function itself sets is its own."""
        program = self.program
        imported = name.partition(".")[0] in program.imports.table
        return program.deferred and name not in program.sets and not imported and not is_caught(owner)

    def bind(self, frame: Frame, target: code.Expr, value: Value) -> None:
        """Assign to a target."""
        if isinstance(target, code.Collection):
            known = value if isinstance(value, tuple) and len(value) == len(target.items) else None
            for index, item in enumerate(target.items):
                part = known[index] if known else values.unknown(value, origin=f"part{index}@{id(target)}")
                self.bind(frame, item, part)
        elif isinstance(target, code.Star):
            self.bind(frame, target.value, Unknown(f"rest@{id(target)}"))
        elif isinstance(target, code.Name) and target.id not in frame.declared:
            frame.names[target.id] = value
        elif isinstance(target, code.Subscript):
            if (name := item_name(target.value, target.index)) is not None:
                own = target.value == code.Name(self.program.keywords or "")
                (frame.names if own else self.attributes)[name] = value
        elif (name := code.dotted(target)) is not None:
            self.attributes[name] = value

    # -- what the code does not tell

    def decide(self, test: code.Expr, value: Value) -> bool:
        """Which way a condition goes: as its value says, or as this run chose."""
        known = values.truth(value)
        if known is not None:
            self.note(value)
            return known
        return self.choose(id(test), isinstance(value, Unknown) and value.moving)

    def choose(self, key: int, moving: bool = False) -> bool:
        """The run's one answer to a condition; `moving`: in truth it may be another one on the next attempt."""
        if moving:
            self.moved.add(key)
        answer = self.choices.get(key, True)
        self.asked[key] = answer
        return answer

    def counts(self, expr: code.Expr) -> bool:
        """Does the expression speak of something that is stepped from attempt to attempt?"""
        known = self.counting.get(id(expr))
        if known is None:
            known = self.counting[id(expr)] = any(
                isinstance(node, (code.Name, code.Attribute, code.Subscript))
                and place_name(node) in self.program.counters
                for node in code.walk(expr)
            )
        return known

    def stand_in(self, value: Value) -> Value:
        """A number for one that only the caller or the settings know."""
        if not isinstance(value, Unknown) or value.moving:
            return value
        counts_up = self.program.counters.get(value.origin)
        number = STAND_INS.index(self.standing_in) if counts_up else self.standing_in
        return Num(number, number, frozenset({"dynamic"}))

    def note(self, *compared: Value) -> None:
        """Remember what kinds of numbers decided this run."""
        for value in compared:
            if isinstance(value, Num):
                self.tags |= value.tags

    # -- what happens

    def execute(self, line: int) -> None:
        """The operation runs. Raises `Unbounded` past the thousandth time."""
        if self.failure.once and self.counted:
            return
        self.counted = True
        self.executions += 1
        if self.executions > MOST_EXECUTIONS:
            raise Unbounded
        self.events.append(Executed(line))

    def fail(self, trigger: Trigger, line: int) -> NoReturn:
        """What was to raise raises what its handler waits for; the operation itself is executed by that."""
        if trigger is self.failure.trigger:
            self.execute(line)
        caught = handler_types(trigger.handler)
        raise Raised(tuple(self.program.imports.name_of(kind) or "?" for kind in caught), trigger.handler)

    def wait(self, call: code.Call, function: str, value: Value, spelt: code.Expr | None) -> None:
        """Wait for so many seconds: only this advances the clock."""
        self.uncertain = self.uncertain or self.guessing > 0
        self.events.append(Waited(value, call.span.line, function, call, spelt))
        seconds = values.bounds(value)
        if seconds is not None:
            self.clock += max(seconds.low, 0.0)


@dataclass(slots=True)
class Rounds:
    """Watches a loop: a round that begins as an earlier one did begins so for ever."""

    world: World
    seen: dict[object, tuple[int, int]] = field(default_factory=dict)

    def begin(self, frame: Frame) -> None:
        """A round begins. Raises `Unbounded`, or `OutOfBudget` where no execution came between."""
        self.world.clock += self.world.leap
        state = (_ordered(frame.names), _ordered(self.world.attributes))
        times, executions = self.seen.get(state, (0, -1))
        if times > (MOST_ROUNDS if "clock" in self.world.tags else 0):
            raise Unbounded if self.world.executions > executions else OutOfBudget
        self.seen[state] = (times + 1, self.world.executions)


def _ordered(names: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted(names.items(), key=lambda item: item[0]))
