"""Retry, or what only looks like one: the two questions of every loop, answered by control flow and dataflow.

Failure repeats: a failing execution leads to another round with the same inputs. Success leaves: an execution that
does not fail leads out of the loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from retrylint import code
from retrylint.loops import evidence, telling
from retrylint.loops.inputs import Change, change_of, change_without_failure, item_of
from retrylint.loops.rounds import Choice, Loop, TooManyWays, Way, carried, ways
from retrylint.model import Span
from retrylint.operations import operations_of
from retrylint.verbs import (
    is_acting,
    is_asking,
    is_connecting,
    is_drawing,
    is_exclusive,
    is_locking,
    is_looking,
    is_taking,
    is_waiting_for,
)

Kind = Literal[
    "retry", "consumer", "service", "poll", "item loop", "fail-over", "pagination", "input loop", "lock",
    "batch bisection", "unknown",
]  # fmt: skip

# not a failure but a lock; a bounded loop that waits for it is a retry all the same
LOCKED = frozenset({"BlockingIOError", "InterruptedError", "WouldBlock", *telling.NOT_READY})

ITERATORS = frozenset({"__next__", "__anext__"})


@dataclass(frozen=True, slots=True)
class Failing:
    """A `try` (or a suppressing `with`) whose failure goes round, by which handlers, and the operations in it.

    `before`: the failures that lead to it, from outside in. `beside`: those without which no round goes on with it.
    """

    statement: code.Try | code.With
    handlers: tuple[code.Handler, ...]
    operations: tuple[code.Call, ...]
    before: tuple[tuple[code.Try, code.Handler], ...] = ()
    beside: tuple[tuple[code.Try | code.With, code.Handler | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a loop is, and why. Of a retry: what fails. `repeats`: it goes on although the operation succeeded."""

    kind: Kind
    reason: str
    failings: tuple[Failing, ...] = ()
    operations: tuple[code.Call, ...] = ()
    repeats: bool = False


def classify(loop: Loop, assigned: Mapping[str, code.Expr] = MappingProxyType({})) -> Verdict | None:
    """What a loop is; None where no failure of any kind leads to another round of it.

    `assigned`: what the names of exceptions in its handlers are set to, where a name stands for several.
    """
    inner = list(code.statements(*loop.body))
    if not any(isinstance(node, (code.Try, code.With)) for node in inner):
        is_left = isinstance(loop, code.While) or any(isinstance(node, (code.Return, code.Break)) for node in inner)
        if not is_left or not _acts(loop):
            return None
    try:
        found = ways(loop)
    except TooManyWays:
        return Verdict("unknown", "its rounds have too many ways to be told apart")
    failings = tuple(_failings(found))
    item = item_of(loop) if failings else None
    verdicts = [_of_failing(loop, found, failing, assigned, item) for failing in failings]
    retries = [verdict for verdict in verdicts if verdict.kind == "retry"]
    if retries:
        return _joined(retries)
    by_result = _of_result(loop, found) or _of_earlier_result(loop, found)
    if by_result is not None and (by_result.kind == "retry" or not verdicts):
        return by_result
    return min(verdicts, key=lambda verdict: verdict.kind == "unknown", default=None)


def within(verdict: Verdict, loop: Loop, function: str) -> Verdict:
    """The verdict on a loop that stands in a function of that name: an iterator takes the next thing, a poll polls."""
    if verdict.kind == "retry" and function in ITERATORS and evidence.iterates(loop):
        return Verdict("consumer", "each round takes the next thing of an iterator")
    if verdict.kind == "retry" and evidence.is_named_poll(loop, function):
        return Verdict("poll", "its name, or that of its pause, says that it polls")
    return verdict


def _joined(retries: Sequence[Verdict]) -> Verdict:
    return Verdict(
        "retry",
        retries[0].reason,
        tuple(failing for verdict in retries for failing in verdict.failings),
        tuple(call for verdict in retries for call in verdict.operations),
        all(verdict.repeats for verdict in retries),
    )


def _failings(found: Sequence[Way]) -> Iterator[Failing]:
    """What fails on the ways that go round, by the `try` that failed last, in the order of the source."""
    handlers: dict[int, dict[int, code.Handler]] = {}
    statements: dict[int, tuple[code.Try | code.With, tuple[tuple[code.Try, code.Handler], ...]]] = {}
    going = [way for way in found if way.outcome == "round" and way.state.failed]
    for way in sorted(going, key=_failed_at):
        for index, last in enumerate(way.state.failed):
            outer = tuple(
                (each.statement, each.handler)
                for each in way.state.failed[:index]
                if each.handler is not None
                and isinstance(each.statement, code.Try)
                and any(node is last.statement for node in code.statements(*each.handler.body))
            )
            statements.setdefault(id(last.statement), (last.statement, outer))
            taken = handlers.setdefault(id(last.statement), {})
            if last.handler is not None:
                taken[id(last.handler)] = last.handler
    for key, (statement, before) in sorted(statements.items(), key=lambda item: item[1][0].span):
        going_on = tuple(sorted(handlers[key].values(), key=lambda handler: handler.span))
        operations = tuple(operations_of(statement.body, lambda call: False))
        yield Failing(statement, going_on, operations, before, tuple(_beside(found, statement, before)))


def _failed_at(way: Way) -> tuple[tuple[Span, ...], ...]:
    return tuple((each.statement.span, *([each.handler.span] if each.handler else [])) for each in way.state.failed)


def _beside(
    found: Sequence[Way], statement: code.Try | code.With, before: tuple[tuple[code.Try, code.Handler], ...]
) -> Iterator[tuple[code.Try | code.With, code.Handler | None]]:
    """What else has failed in every round that goes on after a statement failed: of two tries, the other one."""
    going = [way.state.failed for way in found if way.outcome == "round"]
    rounds = [failed for failed in going if any(each.statement is statement for each in failed)]
    enclosing = {id(each) for each, _ in before} | {id(node) for node in code.statements(statement)}
    for each in rounds[0] if rounds else ():
        if id(each.statement) not in enclosing and all(each in failed for failed in rounds):
            yield each.statement, each.handler


def _of_failing(
    loop: Loop, found: Sequence[Way], failing: Failing, assigned: Mapping[str, code.Expr], item: Change | None
) -> Verdict:
    """The verdict on one thing that may fail; `item`: what is another one in each round, whatever fails."""
    if not failing.operations:
        return Verdict("unknown", "nothing in the `try` works on anything that could fail from outside")
    name = _name(failing.operations[0])
    leaving, going = _successes(found, failing)
    kept, change = (None, item) if item is not None else _unchanged(loop, failing)
    if kept is not None and not leaving and _reconnects(loop, kept, assigned):
        return Verdict("retry", "connects again after a lost connection", (kept,), kept.operations)
    alike = _by_operation(loop, found, failing)
    if alike is not None:
        return alike
    if kept is None:
        assert change is not None
        return _changed(change, bool(leaving), bool(going))
    if evidence.asks_before(loop, failing.statement):
        return Verdict("input loop", "each round asks somebody for another input")
    if evidence.searches_text(failing.handlers, failing.operations):
        return Verdict("unknown", f"`{name}` works on a text, and nothing fails from outside")
    if evidence.makes_what_is_missing(loop, failing.statement):
        return Verdict("unknown", f"makes what `{name}` has missed, and nothing fails from outside")
    if not leaving:
        return _repeating(loop, kept)
    if evidence.awaits_appearance(kept.handlers, kept.operations, loop):
        return Verdict("poll", f"waits until `{name}` finds what is not there yet")
    if evidence.asks_anew(loop, kept.statement, kept.handlers, kept.operations):
        return Verdict("input loop", "asks for another input after one that was refused")
    if not going:
        return Verdict("retry", "a failure repeats it, a success leaves", (kept,), kept.operations)
    return _mixed(loop, kept, going)


def _by_operation(loop: Loop, found: Sequence[Way], failing: Failing) -> Verdict | None:
    """What is no retry for what it does and waits for, whatever comes of it."""
    name = _name(failing.operations[0])
    if is_waiting_for(failing.operations[0]) or evidence.awaits_result(failing.handlers, failing.operations[0]):
        return Verdict("poll", f"`{name}` waits for something itself")
    waiting = evidence.expected_exception(failing.handlers) or telling.expected_errno(
        way.state.choices for way in found if way.outcome == "round" and _failed(way, failing)
    )
    if waiting is not None and not (waiting in LOCKED and evidence.sleeps(loop) and evidence.is_bounded(loop)):
        return Verdict("lock", f"`{waiting}` says that nothing is there yet, not that something failed")
    if any(map(is_exclusive, failing.operations)) and not (evidence.sleeps(loop) and evidence.is_bounded(loop)):
        return Verdict("lock", f"`{name}` makes what nobody else may have made")
    if any(map(is_locking, failing.operations)) and not (evidence.sleeps(loop) and evidence.is_bounded(loop)):
        return Verdict("lock", f"`{name}` takes a lock that somebody else may hold")
    if any(is_asking(call) for call in failing.operations):
        return Verdict("input loop", f"`{name}` asks for another input in each round")
    if any(is_taking(call) for call in failing.operations):
        return Verdict("consumer", f"`{name}` takes the next thing in each round")
    if any(is_drawing(call) for call in failing.operations):
        return Verdict("input loop", f"`{name}` is drawn anew in each round")
    if evidence.works_on(failing.statement):
        return Verdict("service", "what is tried goes on without end by itself")
    return None


def _failed(way: Way, failing: Failing) -> bool:
    return any(each.statement is failing.statement for each in way.state.failed)


def _unchanged(loop: Loop, failing: Failing) -> tuple[Failing | None, Change | None]:
    """What fails without those of its handlers that change the inputs; None, and how, where every one does."""
    if not failing.handlers:
        change = change_of(loop, failing.statement, (), failing.operations)
        return (failing, None) if change is None else (None, change)
    kept: list[code.Handler] = []
    first: Change | None = None
    for handler in failing.handlers:
        change = _asked_in(handler) or change_of(loop, failing.statement, (handler,), failing.operations)
        if change is None or evidence.is_another_name(change, handler):
            kept.append(handler)
        else:
            first = first or change
    return (replace(failing, handlers=tuple(kept)), None) if kept else (None, first)


def _asked_in(handler: code.Handler) -> Change | None:
    """Does a handler ask somebody, who decides whether there is another attempt, or with what?"""
    asked = next((call for call in code.calls(*handler.body) if is_asking(call)), None)
    return Change(_name(asked), "asked") if asked is not None else None


def _successes(found: Sequence[Way], failing: Failing) -> tuple[list[Way], list[Way]]:
    """The ways on which the `try` succeeds: those that leave, and those that go round."""
    mine = [way for way in found if id(failing.statement) in way.state.succeeded and way.outcome != "raises"]
    fewest = min((len(way.state.failed) for way in mine), default=0)
    mine = [way for way in mine if len(way.state.failed) == fewest]
    return [way for way in mine if way.outcome == "leaves"], [way for way in mine if way.outcome == "round"]


def _changed(change: Change, leaves: bool, goes_on: bool) -> Verdict:
    """The operation gets something else in each round: which look-alike that is, by what a success leads to."""
    name = change.name
    if change.how == "item":
        kind: Kind = "fail-over" if leaves else "item loop"
        return Verdict(kind, f"`{name}` is another one in each round")
    if change.how in ("taken", "removed"):
        return Verdict("consumer", f"each round takes another `{name}`")
    if change.how == "halved":
        return Verdict("batch bisection", f"`{name}` is cut down until it is accepted")
    if change.how in ("moved", "derived") and (goes_on or not leaves):
        return Verdict("pagination", f"`{name}` moves on from round to round")
    if change.how == "asked":
        return Verdict("input loop", f"`{name}` is asked for anew in each round")
    if change.how == "drawn":
        return Verdict("input loop", f"`{name}` is drawn anew in each round")
    if change.how == "raised":
        return Verdict("fail-over", f"`{name}` is what the failure told to use next")
    return Verdict("fail-over", f"`{name}` is changed before the next round")


def _mixed(loop: Loop, failing: Failing, going: Sequence[Way]) -> Verdict:
    """Some successes leave and some go round: do those that go round tell of a failure by their result?"""
    calls = {id(call) for call in code.calls(*failing.statement.body)}
    chosen = [[choice for choice in way.state.choices if choice.of & calls] for way in going]
    told = [[choice.test for choice in choices] for choices in chosen]
    tests = [test for each in told for test in each]
    if evidence.counts_failures(loop, failing.statement, failing.handlers):
        return Verdict("retry", "counts its failures against a limit", (failing,), failing.operations)
    if not all(told):
        return Verdict("service", "goes on with the next round after a success too")
    if telling.is_about_progress(tests):
        return Verdict("poll", "goes round until a state has come about")
    if all(any(telling.has_something(each.test, each.answer) for each in choices) for choices in chosen):
        return Verdict("service", "goes on as long as there is something")
    if is_looking(failing.operations[0]) and evidence.is_only_looked_at(loop, failing.operations[0]):
        return Verdict("poll", f"looks with `{_name(failing.operations[0])}` until it likes what it sees")
    if any(is_acting(call) for call in failing.operations) or telling.is_about_failure(tests):
        return Verdict("retry", "a failure or a failing result repeats it", (failing,), failing.operations)
    name = _name(failing.operations[0])
    endless = evidence.pauses(loop) and not evidence.is_bounded(loop)
    if endless and is_looking(failing.operations[0]):
        return Verdict("poll", f"looks with `{name}` until it likes what it sees")
    if all(any(telling.asks_for_presence(test) for test in choices) for choices in told):
        return Verdict("retry", "a failure or an empty result repeats it", (failing,), failing.operations)
    if is_looking(failing.operations[0]):
        return Verdict("poll", f"looks with `{name}` until it likes what it sees")
    if evidence.pauses(loop) or evidence.is_counted(loop):
        return Verdict("retry", "a failure or another result repeats it", (failing,), failing.operations)
    return Verdict("unknown", f"nothing shows that what `{name}` gave means a failure")


def _repeating(loop: Loop, failing: Failing) -> Verdict:
    """No success leaves: a reconnect loop, a loop that forgot to leave, or one that goes on with its work."""
    if evidence.counts_failures(loop, failing.statement, failing.handlers):
        return Verdict("retry", "counts its failures against a limit", (failing,), failing.operations)
    counts = evidence.given_up_by(loop, failing.handlers)
    if counts:
        forgot = isinstance(loop, code.For) or evidence.asks_for(loop.test, counts)
        reason = "gives up after so many failures, but never leaves on success"
        return Verdict("retry", reason, (failing,), failing.operations, forgot)
    if isinstance(loop, code.For):
        return Verdict("item loop", "goes on with the next item after a success too")
    return Verdict("service", "goes on with the next round after a success too")


def _reconnects(loop: Loop, failing: Failing, assigned: Mapping[str, code.Expr]) -> bool:
    return isinstance(loop, code.While) and evidence.reconnects(loop, failing.handlers, failing.operations, assigned)


def _of_earlier_result(loop: Loop, found: Sequence[Way]) -> Verdict | None:
    """A loop that looks at the top of a round at what the round before gave."""
    known = carried(found) if _acts(loop) else ()
    try:
        return _of_result(loop, ways(loop, known)) if known else None
    except TooManyWays:
        return None


def _of_result(loop: Loop, found: Sequence[Way]) -> Verdict | None:
    """A loop that repeats on a result, without any exception."""
    going = [way for way in found if way.outcome == "round" and not way.state.failed]
    leaving = [way for way in found if way.outcome == "leaves" and not way.state.failed]
    judged: Verdict | None = None
    for call in sorted(_acts(loop), key=lambda call: call.span):
        mine = [way for way in going if id(call) in way.state.acted]
        decided = telling.decisions(loop, call, mine, leaving)
        if decided is None:
            continue
        verdict = _by_result(loop, call, decided, all(way.asked for way in mine))
        if verdict.kind == "retry":
            return verdict
        judged = judged or verdict
    return judged


def _acts(loop: Loop) -> list[code.Call]:
    """The acts that every round comes by."""
    return [call for call in code.calls(*_unconditional(loop.body)) if is_acting(call)]


def _unconditional(block: code.Block) -> Iterator[code.Stmt | code.Expr]:
    """The statements of a round, and the tests, that every round comes by unless one before leads away."""
    for statement in block:
        if isinstance(statement, code.If):
            yield statement.test
        elif isinstance(statement, (code.With, code.Try)):
            yield from _unconditional(statement.body)
            if isinstance(statement, code.With):
                yield from (context for context, _ in statement.items)
        elif not isinstance(statement, (code.For, code.While, code.Match)):
            yield statement


def _by_result(loop: Loop, call: code.Call, decided: Sequence[Sequence[Choice]], asked: bool) -> Verdict:
    """The verdict on an act that is done again because of what it gave; `decided`: what decided on each way round."""
    if is_taking(call) or is_waiting_for(call):
        return Verdict("consumer", f"`{_name(call)}` takes the next thing in each round")
    change = change_without_failure(loop, call)
    if change is not None:
        return _changed(change, leaves=True, goes_on=True)
    if all(map(telling.predicts_failure, decided)):
        return Verdict("retry", "a failing result repeats it", (), (call,))
    if telling.is_about_progress([choice.test for choices in decided for choice in choices]):
        return Verdict("poll", "goes round until a state has come about")
    if all(map(telling.is_error_status, decided)):
        return Verdict("retry", "a failing status repeats it", (), (call,))
    bounded = evidence.is_counted(loop) or (is_connecting(call) and evidence.is_bounded(loop))
    told = asked or all(telling.tells_failure(loop, call, choices) for choices in decided)
    if told and bounded and evidence.pauses(loop):
        return Verdict("retry", "a failing result repeats it", (), (call,))
    return Verdict("unknown", f"nothing shows that what `{_name(call)}` gave means a failure")


def _name(call: code.Call) -> str:
    return code.dotted(call.function) or code.last_name(call.function) or "the call"
