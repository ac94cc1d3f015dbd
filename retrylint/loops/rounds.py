"""One round of a loop, way by way: what failed and what succeeded, which tests decided, and how the round ends.

Statements run over sets of states, so that branches which make no difference fall together again. Names that a test
looks at are followed as far as it matters: a constant, or what a call of this round gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from retrylint import code
from retrylint.flow import End, ends, is_suppress, reraises
from retrylint.loops.facts import Facts, Gives, truth
from retrylint.loops.looks import Bind, Effect, Parts, effect_of, parts_of, watched_names

Loop = code.For | code.While
Outcome = Literal["round", "leaves", "raises"]
ROUND: tuple[End, ...] = ("next", "continue")
MOST_STATES = 300  # at one statement; beyond it a loop is too tangled to be told
MOST_STEPS = 20_000  # statements run, one for each state


class TooManyWays(Exception):
    """The round has more ways than are worth following."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A test and the answer that it got on this way; `of`: the identities of the calls whose results it looks at."""

    test: code.Expr
    answer: bool
    of: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """A `try` that failed on this way and the handler that took over; None where the failure was suppressed."""

    statement: code.Try | code.With
    handler: code.Handler | None


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What happened on the way to a statement."""

    failed: tuple[Failed, ...] = ()
    succeeded: frozenset[int] = frozenset()
    choices: frozenset[Choice] = frozenset()
    facts: Facts = ()
    acted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a round. `asked`: a `continue` asks for the next round, which does not come by itself."""

    outcome: Outcome
    state: State
    asked: bool = False


Results = dict[End, set[State]]


def ways(loop: Loop, known: Facts = ()) -> tuple[Way, ...]:
    """Every way through one round of a loop, which begins with these facts. Raises `TooManyWays`."""
    walker = _Walker(watched_names(loop))
    results = walker.run(loop.body, {walker.after(State(), facts=known)})
    found: list[Way] = []
    for end, states in results.items():
        for state in states:
            if end in ("next", "continue"):
                found.extend(_next_round(walker, loop, state, asked=end == "continue"))
            else:
                found.append(Way("raises" if end == "raise" else "leaves", state))
    return tuple(found)


def carried(found: Iterable[Way]) -> Facts:
    """What every round that goes on leaves to the next: names whose values come from its calls."""
    going = [set(way.state.facts) for way in found if way.outcome == "round"]
    common = set.intersection(*going) if going else set()
    facts = [(name, fact) for name, fact in common if isinstance(fact, Gives) and fact.calls]
    return tuple(sorted(facts, key=lambda item: item[0]))


def _next_round(walker: _Walker, loop: Loop, state: State, asked: bool) -> Iterator[Way]:
    """The end of a body that runs through: the loop's condition decides, where it is known or looks at a result."""
    if isinstance(loop, code.For):
        yield Way("round", state, asked)
        return
    known = truth(loop.test, dict(state.facts))
    if known is False:
        yield Way("leaves", state, asked)
        return
    of = walker.results_in(loop.test, state)
    if known is True or not of:
        yield Way("round", state, asked)
        return
    yield Way("round", walker.chosen(state, walker.choice(loop.test, True, of)), asked)
    yield Way("leaves", walker.chosen(state, walker.choice(loop.test, False, of)), asked)


@dataclass(slots=True)
class _Walker:
    """Runs blocks over sets of states. Equal states, choices and failures are one object, so that sets are fast.

    What there is in a statement is looked at once, and not for every state.
    """

    watched: frozenset[str]
    states: dict[tuple[object, ...], State] = field(default_factory=dict)
    facts: dict[Facts, Facts] = field(default_factory=dict)
    effects: dict[int, Effect] = field(default_factory=dict)
    parts: dict[int, Parts] = field(default_factory=dict)
    asked: dict[int, code.Evaluate] = field(default_factory=dict)
    choices: dict[tuple[int, bool, frozenset[int]], Choice] = field(default_factory=dict)
    failures: dict[int, Failed] = field(default_factory=dict)
    steps: int = 0

    def after(
        self,
        state: State,
        *,
        failed: tuple[Failed, ...] | None = None,
        succeeded: frozenset[int] | None = None,
        choices: frozenset[Choice] | None = None,
        facts: Facts | None = None,
        acted: frozenset[int] | None = None,
    ) -> State:
        """The one state that differs from another in these parts."""
        failed = state.failed if failed is None else failed
        succeeded = state.succeeded if succeeded is None else succeeded
        choices = state.choices if choices is None else choices
        facts = state.facts if facts is None else self.facts.setdefault(facts, facts)
        acted = state.acted if acted is None else acted
        parts = (failed, succeeded, choices, id(facts), acted)  # equal facts are one object, for they are slow to hash
        found = self.states.get(parts)
        if found is None:
            found = self.states[parts] = State(failed, succeeded, choices, facts, acted)
        return found

    def choice(self, test: code.Expr, answer: bool, of: frozenset[int]) -> Choice:
        return self.choices.setdefault((id(test), answer, of), Choice(test, answer, of))

    def chosen(self, state: State, choice: Choice) -> State:
        return self.after(state, choices=state.choices | {choice})

    def failure(self, statement: code.Try | code.With, handler: code.Handler | None) -> Failed:
        return self.failures.setdefault(id(handler or statement), Failed(statement, handler))

    def fails(self, state: State, failure: Failed) -> State:
        return self.after(state, failed=(*state.failed, failure))

    def succeeds(self, state: State, statement: code.Try | code.With) -> State:
        return self.after(state, succeeded=state.succeeded | {id(statement)})

    def effect(self, node: object) -> Effect:
        found = self.effects.get(id(node))
        if found is None:
            found = self.effects[id(node)] = effect_of(node, self.watched)
        return found

    def run(self, block: code.Block, states: set[State]) -> Results:
        """The states in which a block ends, by how it ends."""
        done: Results = {}
        for statement in block:
            if not states:
                break
            self.steps += len(states)
            if self.steps > MOST_STEPS:
                raise TooManyWays
            results = self.step(statement, states)
            states = results.pop("next", set())
            _merge(done, results)
            if len(states) > MOST_STATES:
                raise TooManyWays
        if states:
            _merge(done, {"next": states})
        return done

    def step(self, statement: code.Stmt, states: set[State]) -> Results:
        if isinstance(statement, code.If):
            return self.branch(statement, states)
        if isinstance(statement, code.Try):
            return self.attempt(statement, states)
        if isinstance(statement, code.With):
            return self.within(statement, states)
        if isinstance(statement, code.Match):
            return self.match(statement, states)
        if isinstance(statement, (code.For, code.While)):
            return self.repeat(statement, states)
        effect = self.effect(statement)
        after = {self.affected(state, effect) for state in states} if effect.acts or effect.binds else states
        return dict.fromkeys(ends((statement,)), after)

    def affected(self, state: State, effect: Effect) -> State:
        """What a statement without blocks leaves behind."""
        if not effect.acts <= state.acted:
            state = self.after(state, acted=state.acted | effect.acts)
        for bind in effect.binds:
            state = self.bind(state, bind)
        return state

    def bind(self, state: State, bind: Bind) -> State:
        facts = dict(state.facts)
        calls = self.results_in(bind.value, state)
        for name in bind.names:
            if bind.whole and isinstance(bind.value, code.Const):
                facts[name] = bind.value
            elif calls:
                facts[name] = Gives(calls)
            else:
                facts.pop(name, None)
        return self.after(state, facts=tuple(sorted(facts.items(), key=lambda item: item[0])))

    def results_in(self, expr: code.Expr, state: State) -> frozenset[int]:
        """The calls of this round whose results an expression looks at."""
        parts = self.parts.get(id(expr))
        if parts is None:
            parts = self.parts[id(expr)] = parts_of(expr)
        found = parts.calls
        for name, fact in state.facts:
            if isinstance(fact, Gives) and name in parts.names:
                found |= fact.calls
        return found

    def branch(self, statement: code.If, states: set[State]) -> Results:
        true: set[State] = set()
        false: set[State] = set()
        open_: set[State] = set()
        asked = self.asked.get(id(statement))
        if asked is None:
            asked = self.asked[id(statement)] = code.Evaluate(statement.test, statement.span)
        effect = self.effect(asked)
        for state in (self.affected(each, effect) for each in states) if effect.acts or effect.binds else states:
            known = truth(statement.test, dict(state.facts))
            (open_ if known is None else true if known else false).add(state)
        done: Results = {}
        _merge(done, self.run(statement.body, true))
        _merge(done, self.run(statement.orelse, false))
        body = self.run(statement.body, {self.learn(state, statement.test, True) for state in open_})
        orelse = self.run(statement.orelse, {self.learn(state, statement.test, False) for state in open_})
        if body == orelse:
            _merge(done, body)
            return done
        of = frozenset(call for state in open_ for call in self.results_in(statement.test, state))
        for results, answer in ((body, True), (orelse, False)):
            choice = self.choice(statement.test, answer, of)
            _merge(done, {end: {self.chosen(state, choice) for state in found} for end, found in results.items()})
        return done

    def learn(self, state: State, test: code.Expr, answer: bool) -> State:
        """What the answer to `x is None` tells of `x`."""
        if not isinstance(test, code.Compare) or test.others[0] != code.Const(None):
            return state
        name = code.dotted(test.left)
        if name not in self.watched or test.operators[0] not in ("is", "is not"):
            return state
        facts = dict(state.facts)
        known = facts.get(name)
        calls = known.calls if isinstance(known, Gives) else frozenset()
        is_none = (test.operators[0] == "is") == answer
        facts[name] = code.Const(None) if is_none else Gives(calls, given=True)
        return self.after(state, facts=tuple(sorted(facts.items(), key=lambda item: item[0])))

    def attempt(self, statement: code.Try, states: set[State]) -> Results:
        body = self.run(statement.body, states)
        if statement.handlers:
            body.pop("raise", None)  # it is a failure like any other, which the handlers take below
        succeeded = {end: {self.succeeds(state, statement) for state in found} for end, found in body.items()}
        done: Results = {}
        _merge(done, self.run(statement.orelse, succeeded.pop("next", set())))
        _merge(done, succeeded)
        before = {self.before_failing(state, statement.body) for state in states}
        for handler in statement.handlers:
            failure = self.failure(statement, handler)
            _merge(done, self.run(handler.body, {self.fails(state, failure) for state in before}))
        if not statement.finalbody:
            return done
        final: Results = {}
        for end, found in done.items():
            for last, after in self.run(statement.finalbody, found).items():
                _merge(final, {end if last == "next" else last: after})
        return final

    def before_failing(self, state: State, body: code.Block) -> State:
        """What a `try` has certainly set before its first call can fail."""
        for statement in body:
            if not isinstance(statement, code.Assign) or not isinstance(statement.value, code.Const):
                return state
            state = self.affected(state, self.effect(statement))
        return state

    def within(self, statement: code.With, states: set[State]) -> Results:
        effect = self.effect(statement)
        entered = {self.affected(state, effect) for state in states}
        done = self.run(statement.body, entered)
        if any(is_suppress(context) for context, _ in statement.items):
            done = {end: {self.succeeds(state, statement) for state in found} for end, found in done.items()}
            failure = self.failure(statement, None)
            _merge(done, {"next": {self.fails(state, failure) for state in states}})
        elif reraises(statement):
            done["raise"] = done.get("raise", set()) | done.pop("next", set())
        return done

    def match(self, statement: code.Match, states: set[State]) -> Results:
        done: Results = {}
        for case in statement.cases:
            _merge(done, self.run(case.body, states))
        if not any(case.matches_all and case.guard is None for case in statement.cases):
            _merge(done, {"next": states})
        return done

    def repeat(self, statement: Loop, states: set[State]) -> Results:
        """A loop within the round: run once or not at all; what decided inside it decides nothing behind it."""
        endless = isinstance(statement, code.While) and truth(statement.test, {}) is True
        done: Results = {}
        for state in states:
            results = self.run(statement.body, {state})
            leading = [results.pop(end, set()) for end in ("break", *ROUND)]
            out = leading[0] if endless else set().union(*leading)
            behind = {self.after(each, choices=state.choices) for each in out}
            _merge(done, results)
            if not endless:
                behind.add(state)
            _merge(done, {"next": behind})
        if statement.orelse:
            _merge(done, {end: found for end, found in self.run(statement.orelse, states).items() if end != "next"})
        return done


def _merge(into: Results, results: Results) -> None:
    for end, states in results.items():
        if states:
            into[end] = into[end] | states if end in into else states
