"""The state of one run: names, clock, events, and the answers to what the code does not tell."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Literal, NoReturn, TypeGuard

from retrylint import code, values
from retrylint.again.again import Again
from retrylint.exceptions import handler_types
from retrylint.flow import is_suppress
from retrylint.model import Step, Wait
from retrylint.names import Imports
from retrylint.study.simulation import steps
from retrylint.study.simulation.calls import CANCELLED, is_told
from retrylint.study.simulation.nodes import Nodes, Place
from retrylint.study.simulation.places import item_name
from retrylint.study.simulation.program import Event, Executed, Failure, Program, Trigger, Waited
from retrylint.values import LARGEST, Num, Tag, Unknown, Value

MOST_EXECUTIONS = 1000
MOST_STEPS = 8_000
MOST_STEPS_TOLD = 100_000  # of the one run that is told step by step: it repeats nothing in short
MOST_STEPS_BEFORE = 500  # the first execution
MOST_HELPERS = 3  # that run one inside the other
MOST_ROUNDS = 15  # how often a state may come back while a clock is looked at
# a limit that nobody knows is run twice, and a counter up from nobody knows where starts at 0 and at 1: a count of
# executions that changes with them depends on them
STAND_INS = (7, 5)
Pace = Literal["least", "most", "none"]
Key = int | str  # a condition, or the origin of the value that it looks at
Entry = frozenset[tuple[str, object]]  # what a run brings to the loop
NOT = "not "  # before the origin of what a value is not
FAR = (700, 100)  # the same for a bound on something that does not grow one by one, such as a wait
START = 1_000_000.0  # the virtual clock's first reading, in seconds
PATIENCE = 60.0  # seconds until a deadline that nobody knows


class Raised(Exception):
    """An exception of the running program.

    `handler` is the one that the adversary aims at. `wraps`: it is raised `from` another. `line`: where it is raised.
    `anew`: a class that the code names is raised.
    """

    def __init__(
        self, names: tuple[str, ...], handler: code.Handler | code.With | None = None, wraps: bool = False,
        line: int | None = None, anew: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(names)
        self.names, self.handler, self.wraps, self.line, self.anew = names, handler, wraps, line, anew


class Unbounded(Exception):
    """The run came back to a state that it had before, or to its thousandth execution."""


class Known(Exception):
    """The run came to the loop as an earlier run did."""


class OutOfBudget(Exception):
    """The run took more steps than a site may."""


CAUGHT = "caught@"  # the origin of an error that a handler bound


def is_caught(value: Value) -> bool:
    """Is it an error that a handler bound?"""
    return isinstance(value, Unknown) and value.origin.startswith(CAUGHT)


@dataclass(slots=True)
class Frame:
    """One activation: its local names, and those that it declares to be the module's.

    `outer`: the activation of the function that it stands in.
    """

    names: dict[str, Value] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    outer: Frame | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """A run of the function that a timer or a queue will make: its arguments, and the seconds until then."""

    again: Again
    arguments: tuple[tuple[str, Value], ...]
    seconds: Value


@dataclass(frozen=True, slots=True)
class Note:
    """A step of a traced run, and how many events came before it."""

    at: int
    step: Step


@dataclass(slots=True)
class World:
    """Everything that one run reads and changes. Conditions without an answer in `choices` lead
    `toward` the failure, or are taken as true.

    `ends`: the moments at which what is being run is cancelled, from outside in.
    `leap`: seconds by which the clock jumps from one activation to the next, to see whether time alone ends the run.
    `pace`: how far a wait moves the clock: by the least that it can take, by the most, or not at all.
    `moved`, `loose`: the conditions that may have another answer on the next attempt, by themselves or because of
    what has been done. `looked`: where the value is from that a test looked at first.
    `told`: what the other side says decided.
    `advised`: code did that is told the count and cannot be followed. `open_ended`: the loop is over something that
    may have no end. `several`: there may be more executions in a round than one. `lost`: the run may have taken
    another branch in each round, so that no wait is certain any more.
    `resolving`: the constants that are being evaluated; `constants`: those that have been.
    `entered`: the helpers that are being run. `handling`: the errors that are being handled, `caught` those that
    handlers bound, by the origin of that value. `entries`: what earlier runs brought to the loop; `entry`: what this
    one did, asked for so many answers before. `after`: the answers since the loop is over.
    `most_executions`: a run of more has no end.
    `notes`: what happened between the events, where a trace is asked for.
    """

    nodes: Nodes
    failure: Failure
    choices: Mapping[Key, bool] = field(default_factory=dict)
    standing_in: int = STAND_INS[0]
    attributes: dict[str, Value] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    asked: dict[Key, bool] = field(default_factory=dict)
    tags: set[Tag] = field(default_factory=set)
    moved: set[Key] = field(default_factory=set)
    loose: set[Key] = field(default_factory=set)
    looked: dict[int, str] = field(default_factory=dict)
    told: bool = False
    advised: bool = False
    open_ended: bool = False
    uncertain: bool = False
    several: bool = False
    asks: int = 0
    lost: bool = False
    decisions: list[tuple[Value, ...]] = field(default_factory=list)
    executions: int = 0
    most_executions: int = MOST_EXECUTIONS
    counted: bool = False
    clock: float = START
    ends: list[float] = field(default_factory=list)
    leap: float = 0.0
    pace: Pace = "least"
    entered: list[code.Function] = field(default_factory=list)
    handling: list[Raised] = field(default_factory=list)
    caught: dict[str, Raised] = field(default_factory=dict)
    guessing: int = 0
    resolving: set[str] = field(default_factory=set)
    constants: dict[str, Value] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    steps: int = 0
    notes: list[Note] | None = None
    entries: AbstractSet[Entry | None] = frozenset()
    entry: Entry | None = None
    asked_before: int | None = None
    after: dict[Key, bool] | None = None
    program: Program = field(init=False)
    toward: Mapping[int, bool] = field(init=False)
    raising: Mapping[int, Trigger] = field(init=False)

    def __post_init__(self) -> None:
        self.program = self.nodes.program
        self.toward = self.nodes.toward(self.failure)
        self.raising = self.failure.triggers

    @property
    def patience(self) -> int:
        """How often a state may come back before that proves that the run has no end."""
        return MOST_ROUNDS if "clock" in self.tags and self.pace != "none" else 0

    def step(self) -> None:
        """Count a statement. Raises `OutOfBudget`."""
        self.steps += 1
        most = MOST_STEPS if self.notes is None else MOST_STEPS_TOLD
        if self.steps > MOST_STEPS_BEFORE and (self.steps > most or not self.executions):
            raise OutOfBudget

    def may_enter(self, helper: code.Function, call: code.Call) -> bool:
        """Is a helper run where it is called: in the loop, not too deep in others, and not in itself?"""
        loop = self.program.loop
        if loop is not None and not self.entered and not loop.span.holds(call.span):
            return False
        return len(self.entered) < MOST_HELPERS and all(each is not helper for each in self.entered)

    # -- names

    def unknown(self, frame: Frame, place: Place) -> Unknown:
        """A name that nothing is known of; it moves with the object or the container that it is a part of.

        What other code may set moves, too, but for what an error has: that is always the same.
        """
        owner = frame.names.get(place.head) if place.head else None
        moves = place.part or (place.loose and not is_caught(owner)) or (isinstance(owner, Unknown) and owner.moving)
        return place.moved if moves else place.still

    def settle(self, frame: Frame) -> None:
        """The loop begins: what the names hold by now is the same in all its rounds, wherever it is from."""
        for name, value in frame.names.items():
            if isinstance(value, Unknown) and value.moving:
                frame.names[name] = replace(value, moving=False)
        if self.entry is None:
            self.entry = self._brought(frame)
            self.asked_before = len(self.asked)
            if self.entry in self.entries:
                raise Known

    def _brought(self, frame: Frame) -> Entry:
        """All that a run brings to the loop: values, waits, and those answers that may be asked for again."""
        names = [item for item in (*frame.names.items(), *self.attributes.items()) if self.nodes.is_mentioned(item[0])]
        held = {value.origin for _, value in names if isinstance(value, Unknown)}
        again = [(f"?{key}", self.asked[key]) for key in self.asked if key in held or self.nodes.is_mentioned(key)]
        waits = tuple(event.value for event in self.events if isinstance(event, Waited))
        state = (("waits", waits), ("executions", self.executions), ("tags", frozenset(self.tags)))
        return frozenset([*names, *again, *state])

    @property
    def is_repeating(self) -> bool:
        """May a name be what it was in the round before? Not before the loop, and not within a helper."""
        return not self.entered and (self.program.loop is None or self.entry is not None)

    def leave(self) -> None:
        """The loop is over: what is asked from here on decides how the end looks, and not what was retried."""
        if not self.failure.elsewhere:
            self.after = {}

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
        if not isinstance(value, Unknown):
            return self.choose(id(test))
        if value.given or value.origin in self.caught:
            return True
        wanted = self.toward.get(id(test))
        told = is_told(value.origin)
        anew = self.looked.setdefault(id(test), value.origin) != value.origin  # assigned since it was looked at first
        moving = value.moving or told or anew
        self.told = self.told or told
        self.advised = self.advised or self.nodes.is_advised(test)
        asks = self.nodes.asks_anew(test, self.failure)
        if moving or not isinstance(_positive(test), (code.Name, code.Attribute, code.Subscript, code.Call)):
            return self.choose(id(test), moving, asks, likely=wanted is not False)
        return self.choose_for(value.origin, wanted, asks)

    def choose_for(self, origin: str, wanted: bool | None = None, asks: bool = False) -> bool:
        """The run's one answer to whether a value is true: the same wherever it is asked."""
        negations = 0
        while origin.startswith(NOT):
            origin, negations = origin[len(NOT) :], negations + 1
        is_negated = bool(negations % 2)
        return self.choose(origin, asks=asks, likely=wanted is None or wanted != is_negated) != is_negated

    def choose(self, key: Key, moving: bool = False, asks: bool = False, likely: bool = True) -> bool:
        """The run's one answer to a condition; `moving`: in truth it may be another one on the next attempt.

        `asks`: so it may where what is asked has changed by then. `likely` is the answer where the run was given none
        and was not asked before.
        """
        self.asks += 1
        if moving:
            self.moved.add(key)
        if asks:
            self.loose.add(key)
        answer = self.choices.get(key, self.asked.get(key, likely))
        if self.after is None or key in self.asked:
            self.asked[key] = answer
            return answer
        return self.after.setdefault(key, answer)

    def stand_in(self, value: Value, far: bool = False) -> Value:
        """A number for one that only the caller or the settings know; with `far`, for a bound on what grows by more."""
        if not _may_be_stood_in_for(value):
            return value
        counts_up = self.program.counters.get(value.origin)
        number = STAND_INS.index(self.standing_in) if counts_up else self.standing_in
        if far and value.origin not in self.program.counters:
            number = FAR[STAND_INS.index(self.standing_in)]
        if self.notes is not None:
            self.tell(Step("stand-in", None, value.origin, number))
        return Num(number, number, frozenset({"dynamic"}))

    def bound(self, name: str, value: Value) -> Value:
        """A bound in `min` or `max` that nobody knows: a cap is first taken not to be reached, then as a stand-in."""
        known = self.stand_in(value)
        if name == "min" and isinstance(value, Unknown) and isinstance(known, Num) and self.standing_in == STAND_INS[0]:
            return Num(LARGEST, LARGEST, known.tags)
        return known

    def moment(self, value: Value, beside: Value) -> Value:
        """A moment that only the caller or the settings know, beside a reading of the clock; or so much time."""
        if not isinstance(beside, Num) or "clock" not in beside.tags or not _may_be_stood_in_for(value):
            return value
        end = PATIENCE + (START if is_moment(beside) else 0.0)
        if self.notes is not None:
            self.tell(Step("stand-in", None, value.origin, wait=Wait(PATIENCE, PATIENCE)))
        return Num(end, end, frozenset({"clock"}))

    def note(self, *compared: Value, decides: bool = True) -> None:
        """Remember what decided this round, and what kinds of numbers decided this run."""
        if decides:
            self.decisions.append(compared)
        for value in compared:
            if isinstance(value, Num):
                self.tags |= value.tags

    # -- what happens

    def tell(self, step: Step) -> None:
        """Note a step of a run that is traced; any other run forgets it."""
        if self.notes is not None:
            self.notes.append(Note(len(self.events), step))

    def execute(self, line: int) -> None:
        """The operation runs. Raises `Unbounded` past the thousandth time."""
        if self.failure.once and self.counted:
            return
        self.counted = True
        self.several = self.several or self.guessing > 0
        self.happen(Executed(line))

    def fail(self, trigger: Trigger, line: int) -> NoReturn:
        """What was to raise raises what its handler waits for; the operation itself is executed by that."""
        if trigger is self.failure.trigger:
            self.execute(line)
        names = aimed_at(trigger.handler, self.program.imports)
        if self.notes is not None and trigger is not self.failure.trigger:
            self.tell(steps.fails(trigger.point, names, line))
        raise Raised(names, trigger.handler, line=line)

    def repeat(self, line: int) -> None:
        """The operation runs once more outside its loop, and fails as it did there."""
        if self.failure.trigger is not None:
            self.fail(self.failure.trigger, line)
        self.execute(line)

    def be_cancelled(self) -> None:
        """Raises `Raised` where the time of a `with timeout(...)` around is over."""
        if self.ends and self.clock >= min(self.ends):
            raise Raised((CANCELLED,))

    def forget_waits(self, since: int) -> None:
        """What was waited since an event depends on something that is not told."""
        for index in range(since, len(self.events)):
            event = self.events[index]
            if isinstance(event, Waited):
                self.events[index] = replace(event, stand_in=Unknown("lost", moving=True))

    def wait(self, call: code.Call, function: str, value: Value, spelt: code.Expr | None) -> None:
        """Wait for so many seconds."""
        value = Unknown("lost", moving=True) if self.lost or self.guessing else value
        self.happen(Waited(value, self.stand_in(value), call.span.line, function, call, spelt))

    def happen(self, event: Event) -> None:
        """An execution, or a wait: only that advances the clock. Raises `Unbounded` past `most_executions`."""
        if isinstance(event, Executed):
            self.executions += 1
            if self.executions > self.most_executions:
                raise Unbounded
        elif self.pace != "none" and (seconds := values.bounds(event.value)) is not None:
            self.clock += max(seconds.low if self.pace == "least" else seconds.high, 0.0)
        self.events.append(event)
        if self.ends and isinstance(event, Waited):
            self.be_cancelled()


def _may_be_stood_in_for(value: Value) -> TypeGuard[Unknown]:
    """Is it one unknown number for the whole of a run? What the other side names is another each time."""
    return isinstance(value, Unknown) and not value.moving and not is_told(value.origin)


def _positive(test: code.Expr) -> code.Expr:
    """What a test asks for, or asks for the want of."""
    while isinstance(test, code.Unary) and test.operator == "not":
        test = test.operand
    return test


def is_moment(reading: Num) -> bool:
    """Is it a reading of the clock itself, and no span between two?"""
    return "clock" in reading.tags and reading.low >= START / 2


def aimed_at(handler: code.Handler | code.With, imports: Imports) -> tuple[str, ...]:
    """The names of the exceptions that a handler, or a `with suppress(...)`, waits for."""
    if isinstance(handler, code.Handler):
        kinds = handler_types(handler)
    else:
        contexts = [each for each, _ in handler.items if isinstance(each, code.Call) and is_suppress(each)]
        kinds = tuple(argument.value for context in contexts for argument in context.arguments)
    return tuple(imports.name_of(kind) or "?" for kind in kinds) or ("Exception",)
