"""Watches the rounds of a loop: one that begins as an earlier one did begins so for ever."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrylint import values
from retrylint.study.simulation.world import Frame, OutOfBudget, Unbounded, World
from retrylint.values import Value

MOST_IDLE = 25  # how many rounds may go by before the first execution
MOST_STEADY = 40  # how often a round may be decided by the same values
MOST_TICKS = 1000  # the same for a loop within a round in which nothing is executed, so that it only waits


@dataclass(slots=True)
class Rounds:
    """Watches a loop: a round that begins as an earlier one did begins so for ever."""

    world: World
    is_inner: bool
    seen: dict[object, tuple[int, int, float]] = field(default_factory=dict)
    steady: int = 0
    decided: list[tuple[Value, ...]] = field(default_factory=list)
    before: int = 0
    rounds: int = 0

    def begin(self, frame: Frame) -> None:
        """A round begins. Raises `Unbounded`, or `OutOfBudget` where no execution came between."""
        self.world.clock += self.world.leap
        if not self.is_inner:
            self.hold_steady()
            self.rounds += 1
            if self.rounds > MOST_IDLE and self.world.executions == 0:
                raise OutOfBudget
        self.world.be_cancelled()
        state = (frozenset(frame.names.items()), frozenset(self.world.attributes.items()))
        times, executions, clock = self.seen.get(state, (0, -1, 0.0))
        only_waits = self.is_inner and self.world.executions == executions and self.world.clock > clock
        if times > (self.world.patience and MOST_TICKS if only_waits else self.world.patience):
            raise Unbounded if self.world.executions > executions else OutOfBudget
        self.seen[state] = (times + 1, self.world.executions, self.world.clock)

    def hold_steady(self) -> None:
        """Compare with the round before: what stays decided, or moves away from where it turns, stays so for ever."""
        decided, self.world.decisions = self.world.decisions, []
        stays = len(decided) == len(self.decided) and all(map(_stays, self.decided, decided))
        self.decided = decided
        if not stays:
            self.steady, self.before = 0, self.world.executions
            return
        self.steady += 1
        if self.steady > MOST_STEADY:
            raise Unbounded if self.world.executions > self.before else OutOfBudget


@dataclass(slots=True)
class Row:
    """Watches a loop that counts and never looks at its count.

    A round that begins as the one before did is the one before once more, and so are all that are left.
    """

    world: World
    item: str
    state: object = None
    events: int = 0

    def repeats(self, frame: Frame) -> bool:
        """Does a round begin as the one before did?"""
        names = frozenset(item for item in frame.names.items() if item[0] != self.item)
        state = (names, frozenset(self.world.attributes.items()), len(self.world.asked), len(self.world.tags))
        if state == self.state and not self.world.patience:
            return True
        self.state, self.events = state, len(self.world.events)
        return False

    def replay(self, times: int) -> None:
        """What happened in the last round happens so many times more. Raises `Unbounded`."""
        last = self.world.events[self.events :]
        for _ in range(times):
            for event in last:
                self.world.happen(event)


def _stays(before: tuple[Value, ...], now: tuple[Value, ...]) -> bool:
    """Do the sides of a comparison, or a number and zero, keep their distance or move apart?"""
    if before == now:
        return True
    edges = [values.bounds(value) for value in (*before, *now)]
    known = [edge.low for edge in edges if edge is not None and edge.is_exact]
    if len(known) < len(edges) or len(before) != len(now):
        return False
    first, last = (known[0] - known[1], known[2] - known[3]) if len(now) == 2 else known
    return 0 < first <= last or last <= first < 0
