"""One round of a loop, way by way: what failed and what succeeded, which tests decided, and how the round ends.

Statements run over sets of states, so that branches which make no difference fall together again. Names that a test
looks at are followed as far as it matters: a constant, or what a call of this round gave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from retrylint import code
from retrylint.flow import End, ends, is_suppress, reraises
from retrylint.names import bound_names
from retrylint.verbs import is_accessor, is_acting, is_steering

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


@dataclass(frozen=True, slots=True)
class Gives:
    """The value of a name comes from these calls of the round. `given`: a test has shown that it is not None."""

    calls: frozenset[int]
    given: bool = False


Fact = code.Const | Gives


@dataclass(frozen=True, slots=True)
class State:
    """What happened on the way to a statement."""

    failed: tuple[Failed, ...] = ()
    succeeded: frozenset[int] = frozenset()
    choices: frozenset[Choice] = frozenset()
    facts: tuple[tuple[str, Fact], ...] = ()
    acted: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Way:
    """One way through a round. `asked`: a `continue` asks for the next round, which does not come by itself."""

    outcome: Outcome
    state: State
    asked: bool = False


Results = dict[End, set[State]]


def ways(loop: Loop, known: tuple[tuple[str, Fact], ...] = ()) -> tuple[Way, ...]:
    """Every way through one round of a loop, which begins with these facts. Raises `TooManyWays`."""
    walker = _Walker(_watched_names(loop))
    results = walker.run(loop.body, {State(facts=known)})
    found: list[Way] = []
    for end, states in results.items():
        for state in states:
            if end in ("next", "continue"):
                found.extend(replace(way, asked=end == "continue") for way in _next_round(walker, loop, state))
            else:
                found.append(Way("raises" if end == "raise" else "leaves", state))
    return tuple(found)


def carried(found: Iterable[Way]) -> tuple[tuple[str, Fact], ...]:
    """What every round that goes on leaves to the next: names whose values come from its calls."""
    going = [set(way.state.facts) for way in found if way.outcome == "round"]
    common = set.intersection(*going) if going else set()
    facts = [(name, fact) for name, fact in common if isinstance(fact, Gives) and fact.calls]
    return tuple(sorted(facts, key=lambda item: item[0]))


def _next_round(walker: _Walker, loop: Loop, state: State) -> Iterator[Way]:
    """The end of a body that runs through: the loop's condition decides, where it is known or looks at a result."""
    if isinstance(loop, code.For):
        yield Way("round", state)
        return
    known = truth(loop.test, dict(state.facts))
    if known is False:
        yield Way("leaves", state)
        return
    of = walker.results_in(loop.test, state)
    if known is True or not of:
        yield Way("round", state)
        return
    yield Way("round", _add(state, walker.choice(loop.test, True, of)))
    yield Way("leaves", _add(state, walker.choice(loop.test, False, of)))


def _add(state: State, choice: Choice) -> State:
    return replace(state, choices=state.choices | {choice})


@dataclass(frozen=True, slots=True)
class _Look:
    """What there is in a statement or an expression: acts, calls that give something, names, and walruses.

    `node` is kept, so that no other gets its identity.
    """

    node: object
    acting: frozenset[int]
    giving: frozenset[int]
    names: tuple[str, ...]
    walruses: tuple[code.Walrus, ...]

    @property
    def leaves_traces(self) -> bool:
        """May it change a state?"""
        node = self.node
        binds = isinstance(node, (code.Assign, code.AugAssign)) or (
            isinstance(node, code.Evaluate) and isinstance(node.value, code.Call)
        )
        return binds or bool(self.acting or self.walruses)


def _look_at(node: object) -> _Look:
    parts = list(code.walk(node))
    called = [part for part in parts if isinstance(part, code.Call)]
    names = (code.dotted(part) for part in parts if isinstance(part, (code.Name, code.Attribute)))
    return _Look(
        node,
        frozenset(id(call) for call in called if is_acting(call)),
        frozenset(id(call) for call in called if not is_steering(call)),
        tuple(dict.fromkeys(name for name in names if name)),
        tuple(part for part in parts if isinstance(part, code.Walrus)),
    )


@dataclass(slots=True)
class _Walker:
    """Runs blocks over sets of states; equal choices and failures are one object, so that states compare fast.

    What there is in a statement is looked at once, and not for every state.
    """

    watched: frozenset[str]
    looks: dict[int, _Look] = field(default_factory=dict)
    asked: dict[int, code.Evaluate] = field(default_factory=dict)
    choices: dict[tuple[int, bool, frozenset[int]], Choice] = field(default_factory=dict)
    failures: dict[int, Failed] = field(default_factory=dict)
    steps: int = 0

    def choice(self, test: code.Expr, answer: bool, of: frozenset[int]) -> Choice:
        return self.choices.setdefault((id(test), answer, of), Choice(test, answer, of))

    def failure(self, statement: code.Try | code.With, handler: code.Handler | None) -> Failed:
        return self.failures.setdefault(id(handler or statement), Failed(statement, handler))

    def look(self, node: object) -> _Look:
        found = self.looks.get(id(node))
        if found is None:
            found = self.looks[id(node)] = _look_at(node)
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
        after = {self.simple(statement, state) for state in states} if self.look(statement).leaves_traces else states
        return dict.fromkeys(ends((statement,)), after)

    def simple(self, statement: code.Stmt, state: State) -> State:
        """What a statement without blocks leaves behind."""
        state = self.acting(state, statement)
        if isinstance(statement, code.Assign):
            for target in statement.targets:
                state = self.bind(state, target, statement.value)
        elif isinstance(statement, code.AugAssign):
            stepped = code.Binary(statement.operator, statement.target, statement.value)
            state = self.bind(state, statement.target, stepped)
        elif isinstance(statement, code.Evaluate) and isinstance(call := statement.value, code.Call):
            state = self.fill(state, call)
        for node in self.look(statement).walruses:
            state = self.bind(state, node.target, node.value)
        return state

    def fill(self, state: State, call: code.Call) -> State:
        """`found.update(search())`: what the container holds comes from the call in it."""
        if not is_accessor(call) or not isinstance(call.function, code.Attribute) or not call.arguments:
            return state
        return self.bind(state, call.function.value, call.arguments[0].value)

    def acting(self, state: State, root: object) -> State:
        new = self.look(root).acting
        return state if new <= state.acted else replace(state, acted=state.acted | new)

    def bind(self, state: State, target: code.Expr, value: code.Expr) -> State:
        single = code.dotted(target)
        names = [single] if single else list(bound_names(target))
        watched = [name for name in names if name in self.watched]
        if not watched:
            return state
        facts = dict(state.facts)
        calls = self.results_in(value, state)
        for name in watched:
            if single and isinstance(value, code.Const):
                facts[name] = value
            elif calls:
                facts[name] = Gives(calls)
            else:
                facts.pop(name, None)
        return replace(state, facts=tuple(sorted(facts.items(), key=lambda item: item[0])))

    def results_in(self, expr: code.Expr, state: State) -> frozenset[int]:
        """The calls of this round whose results an expression looks at."""
        look = self.look(expr)
        found = look.giving
        for name, fact in state.facts:
            if isinstance(fact, Gives) and name in look.names:
                found |= fact.calls
        return found

    def branch(self, statement: code.If, states: set[State]) -> Results:
        true: set[State] = set()
        false: set[State] = set()
        open_: set[State] = set()
        asked = self.asked.setdefault(id(statement), code.Evaluate(statement.test, statement.span))
        for state in (self.simple(asked, each) for each in states) if self.look(asked).leaves_traces else states:
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
            _merge(done, {end: {_add(state, choice) for state in found} for end, found in results.items()})
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
        return replace(state, facts=tuple(sorted(facts.items(), key=lambda item: item[0])))

    def attempt(self, statement: code.Try, states: set[State]) -> Results:
        body = self.run(statement.body, states)
        if statement.handlers:
            body.pop("raise", None)  # it is a failure like any other, which the handlers take below
        succeeded = {end: {_succeed(state, statement) for state in found} for end, found in body.items()}
        done: Results = {}
        _merge(done, self.run(statement.orelse, succeeded.pop("next", set())))
        _merge(done, succeeded)
        before = {self.before_failing(state, statement.body) for state in states}
        for handler in statement.handlers:
            failure = self.failure(statement, handler)
            failed = {replace(state, failed=(*state.failed, failure)) for state in before}
            _merge(done, self.run(handler.body, failed))
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
            state = self.simple(statement, state)
        return state

    def within(self, statement: code.With, states: set[State]) -> Results:
        entered = set()
        for state in states:
            for context, target in statement.items:
                state = self.acting(state, context)
                if target is not None:
                    state = self.bind(state, target, context)
            entered.add(state)
        done = self.run(statement.body, entered)
        if any(is_suppress(context) for context, _ in statement.items):
            done = {end: {_succeed(state, statement) for state in found} for end, found in done.items()}
            failure = self.failure(statement, None)
            _merge(done, {"next": {replace(state, failed=(*state.failed, failure)) for state in states}})
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
            out: set[State] = results.pop("break", set())
            for end in ROUND:
                out |= set() if endless else results.get(end, set())
                results.pop(end, None)
            behind = {replace(each, choices=state.choices) for each in out}
            _merge(done, results)
            if not endless:
                behind.add(state)
            _merge(done, {"next": behind})
        if statement.orelse:
            _merge(done, {end: found for end, found in self.run(statement.orelse, states).items() if end != "next"})
        return done


def _succeed(state: State, statement: code.Try | code.With) -> State:
    return replace(state, succeeded=state.succeeded | {id(statement)})


def _merge(into: Results, results: Results) -> None:
    for end, states in results.items():
        if states:
            into[end] = into.get(end, set()) | states


def _watched_names(loop: Loop) -> frozenset[str]:
    """The names and dotted names that a test in the loop looks at, and those that their values are made of."""
    tests: list[code.Expr] = [loop.test] if isinstance(loop, code.While) else []
    made: list[tuple[list[str], code.Expr]] = []
    for node in code.walk(*loop.body):
        if isinstance(node, (code.If, code.While, code.Conditional)):
            tests.append(node.test)
        elif isinstance(node, code.Match):
            tests.append(node.subject)
        elif isinstance(node, code.Assign):
            made.append(([name for target in node.targets for name in _target_names(target)], node.value))
        elif isinstance(node, code.Walrus):
            made.append((list(_target_names(node.target)), node.value))
        elif isinstance(node, code.With):
            made += [(list(_target_names(target)), context) for context, target in node.items if target is not None]
    watched = set(_names_in(tests))
    grown = True
    while grown:
        grown = False
        for names, value in made:
            new = set(_names_in([value])) - watched if not watched.isdisjoint(names) else set()
            watched |= new
            grown = grown or bool(new)
    return frozenset(watched)


def _target_names(target: code.Expr) -> Iterator[str]:
    single = code.dotted(target)
    if single:
        yield single
    else:
        yield from bound_names(target)


def _names_in(exprs: Iterable[code.Expr]) -> Iterator[str]:
    for node in code.walk(*exprs):
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node)):
            yield name


def truth(test: code.Expr, facts: dict[str, Fact]) -> bool | None:
    """What a test is, as far as constants and the facts of the round tell."""
    if isinstance(test, code.Const):
        return bool(test.value)
    if isinstance(test, (code.Name, code.Attribute)):
        fact = facts.get(code.dotted(test) or "")
        return bool(fact.value) if isinstance(fact, code.Const) else None
    if isinstance(test, code.Unary) and test.operator == "not":
        inner = truth(test.operand, facts)
        return None if inner is None else not inner
    if isinstance(test, code.Logical):
        parts = [truth(value, facts) for value in test.values]
        decisive = test.operator == "or"
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(test, code.Compare) and len(test.operators) == 1:
        return _compared(test, facts)
    return None


def _compared(test: code.Compare, facts: dict[str, Fact]) -> bool | None:
    left = facts.get(code.dotted(test.left) or "")
    right = test.others[0]
    if isinstance(left, Gives) and left.given and right == code.Const(None):
        return {"is": False, "is not": True}.get(test.operators[0])
    if not isinstance(left, code.Const) or not isinstance(right, code.Const):
        return None
    if test.operators[0] in ("is", "=="):
        return left == right
    return left != right if test.operators[0] in ("is not", "!=") else None
