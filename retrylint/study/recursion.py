"""The recursion claimant: a function that calls itself because it failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from retrylint import code
from retrylint.again.again import WHENEVER
from retrylint.dataflow import bind, deciding_calls, handover
from retrylint.flow import EXITS, SelfCall
from retrylint.loops.telling import asks_for_signal
from retrylint.model import Catch, LeftOut, Library, RetrySite, Role, Span
from retrylint.names import Owner, bindings
from retrylint.naming import words_of
from retrylint.sketch.looping import loops_in
from retrylint.sketch.sketch import Sketch, same_self_calls
from retrylint.stepping import tests_status
from retrylint.study.body import body_of
from retrylint.study.claim import Claim
from retrylint.study.contexts import request_contexts
from retrylint.study.handlers import works
from retrylint.study.handover_traps import handover_traps
from retrylint.study.repeating import (
    caught_by,
    does_something,
    failures_of,
    makes_again,
    operations_in,
    program_of,
    reads_anew,
    sliced,
    success_leaves,
)
from retrylint.study.simulation.adversary import worst
from retrylint.study.simulation.machine import run
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.program import Failure, Program
from retrylint.study.simulation.trace import trace_of
from retrylint.study.simulation.world import STAND_INS
from retrylint.verbs import is_accessor, is_acting, is_looking
from retrylint.words import STEERS

# words in the names of what is stepped on the way down a tree, or from page to page
DESCENDING = frozenset({"depth", "level", "levels", "nesting", "recursion", "page", "offset", "index"})
NO_FAILURE = "nothing shows that what it did before had failed"


def recursion_claim(
    function: code.Function, owner: Owner, module: Sketch, task: Library | None,
    helpers: Mapping[str, code.Function],
) -> Claim | None:  # fmt: skip
    """The retry that a function makes by calling itself, also through one of `helpers`; or why that is none.

    None where nothing of the kind was found.
    """
    self_calls = [call for call in same_self_calls(function, owner, helpers) if call.again.how != "enqueued"]
    if not self_calls:
        return None
    name = owner.qualified(function.name)
    if reads_anew(function):
        return Claim(LeftOut(function.span, name, "recursion", "consumer", "each call of it takes the next thing"))
    program = program_of(function, owner, module, self_calls, helpers)
    if all(any(map(asks_for_signal, call.tests)) for call in self_calls):
        return Claim(LeftOut(function.span, name, "recursion", "lock", "the error tells of a signal"))
    chosen = [call for call in self_calls if call.via != "result" or _tells_failure(program, call)]
    if not chosen:
        return Claim(LeftOut(function.span, name, "recursion", "unknown", NO_FAILURE))
    if _is_periodic(program, owner, module, self_calls) or not success_leaves(program, owner, self_calls, helpers):
        return Claim(LeftOut(function.span, name, "recursion", "service", "calls itself after a success too"))
    if not _may_be_retry(program, chosen):
        return Claim(LeftOut(function.span, name, "recursion", "unknown", NO_FAILURE))
    led_by = [(call, failure) for call in chosen for failure in failures_of(program, call)]
    failures = [failure for _, failure in led_by]
    outcome = worst(sliced(program, failures), failures)
    if outcome is None or not _is_retry(program, chosen, outcome):
        return Claim(LeftOut(function.span, name, "recursion", "unknown", NO_FAILURE))
    operations = operations_in(program, chosen)
    catch = caught_by(program, chosen)
    body = body_of(function, program.imports, tuple(operations), task, request_contexts(function, owner, module))
    site = RetrySite(
        span=function.span,
        function=name,
        mechanism="recursion",
        limit=outcome.limit,
        schedule=outcome.schedule,
        catch=catch,
        give_up=outcome.give_up,
        body=replace(
            body,
            mends=_mends(program, chosen, catch) or _may_be_over(chosen, outcome),
            paced=_is_paced(program, chosen, outcome),
        ),
        spans=(
            *_spans([call for call, failure in led_by if failure is outcome.failure], chosen, outcome),
            *(("operation", span) for span in operations.values()),
        ),
    )
    return Claim(site, function.body, tuple(handover_traps(program, chosen, site)), partial(trace_of, outcome))


def _is_periodic(program: Program, owner: Owner, module: Sketch, self_calls: list[SelfCall]) -> bool:
    """Is the next run arranged by a method that the operation calls as well, when all is good?"""
    home = ".".join(owner.path)
    ways = {code.dotted(call.call.function) or "" for call in self_calls if call.again.how != "called"}
    arranging = {way for way in ways if way.partition(".")[0] == program.receiver}
    operations = {code.last_name(call.function) for call in code.calls(*program.function.body)}
    called = (module.helpers.get(f"{home}.{name}") for name in operations)
    return any(
        code.dotted(call.function) in arranging
        for each in called
        if each is not None and each.span != program.function.span
        for call in code.calls(*each.body)
    )


def _tells_failure(program: Program, self_call: SelfCall) -> bool:
    """Without an exception on the way, what shows that the call before was a failure? In a loop it works on a part.

    A number that is stepped or a flag that is turned and tested on the way, but no depth, page or place in a text; a
    status of 400 and above; or a name that the handlers set; then an execution that does not fail must not come round.
    """
    steps = handover(program.function, self_call, program.receiver is not None).steps | set(program.counters)
    tested = {
        name
        for test in self_call.tests
        for node in _outside_of_indices(test)
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node))
    }
    if _stands_in_loop(program, self_call) or any(map(_is_informational, self_call.tests)):
        return False
    places = {
        code.dotted(node.index)
        for test in self_call.tests
        for node in code.walk(test)
        if isinstance(node, code.Subscript)
    }
    counted = {name for name in steps & tested - places if DESCENDING.isdisjoint(words_of(name))}
    if counted or tests_status(self_call):
        return True
    flags = {name for name, _ in bindings(*self_call.handlers)}
    return bool(flags & tested) and run(Nodes(program), Failure(), {}, STAND_INS[0]).executions == 1


def _stands_in_loop(program: Program, self_call: SelfCall) -> bool:
    """Is the call made in each round of a loop, or for each part in a comprehension?"""
    body = program.function.body
    comprehended = (
        call
        for node in code.walk(*body)
        if isinstance(node, code.Opaque) and node.kind == "comprehension"
        for call in code.calls(node)
    )
    return any(loop.span.holds(self_call.call.span) for loop in loops_in(*body)) or any(
        call.span == self_call.call.span for call in comprehended
    )


def _outside_of_indices(test: code.Expr) -> Iterator[object]:
    """The nodes of a test; a number by which it only looks something up is not what it asks for."""
    stack: list[object] = [test]
    while stack:
        node = stack.pop()
        yield node
        stack.extend((node.value,) if isinstance(node, code.Subscript) else code.parts_of(node))


def _is_informational(test: code.Expr) -> bool:
    """Does a test ask for a status below 200, which tells that the answer is yet to come?"""
    numbers = [node.value for node in code.walk(test) if isinstance(node, code.Const) and type(node.value) is int]
    return isinstance(test, code.Compare) and bool(numbers) and all(100 <= each <= 200 for each in numbers)


def _may_be_retry(program: Program, self_calls: list[SelfCall]) -> bool:
    """Before it is run: may failing mean more than that a state has not come yet?

    What looks into memory, makes what is missing and looks again repeats no failing operation. A repeated look at a
    result is a retry where a status of 400 and above tells of failure, or where running out of attempts raises or
    what is repeated acts.
    """
    if any(call.via != "result" for call in self_calls):
        return any(does_something(program, call.origin) for call in self_calls if call.origin is not None)
    may_raise = any(call.origin is not None or call.again.through is not None for call in self_calls) or any(
        isinstance(node, (code.Raise, code.Assert))
        or (isinstance(node, code.Call) and code.dotted(node.function) in EXITS)
        for node in code.walk(*program.function.body)
    )
    return may_raise or any(map(tests_status, self_calls)) or _acts(program, self_calls)


def _is_retry(program: Program, self_calls: list[SelfCall], outcome: Outcome) -> bool:
    """Is what may be a retry one, by what its worst run comes to? What waits in between, more than once, is polling."""
    if any(call.via != "result" for call in self_calls) or any(map(tests_status, self_calls)):
        return True
    failed = outcome.give_up.ending in ("raises", "wraps") or any(call.origin is not None for call in self_calls)
    waits = any(sleep.function != WHENEVER.name for sleep in outcome.sleeps)
    patient = waits and outcome.limit.attempts != 2
    return outcome.limit.kind in ("explicit", "dynamic") and not patient and (failed or _acts(program, self_calls))


def _mends(program: Program, self_calls: list[SelfCall], catch: Catch) -> bool:
    """Is anything done about the failure before the self-call, or otherwise in the next run?

    In a handler, under the condition that tells of it, between the `try` and a call behind it, or by a switch that the
    call hands on.
    """
    told = [
        branch
        for call in self_calls
        for node in code.statements(*program.function.body)
        if isinstance(node, code.If) and any(node.test is test for test in call.tests)
        for branch in (node.body, node.orelse)
        if any(each.span.holds(call.call.span) for each in branch)
    ]
    told += [_between(program.function.body, call) for call in self_calls]
    return (
        any(each.acts for each in catch.handlers)
        or any(works(each, makes_again(self_calls)) for each in told)
        or any(_switches(program, call) for call in self_calls)
    )


def _may_be_over(self_calls: list[SelfCall], outcome: Outcome) -> bool:
    """Without a wait, does it come to the next run only by a helper, or on some failures and not on others?

    A wait shows that the same is tried again; what such a helper asks, or what such a failure tells, may end it.
    """
    if outcome.sleeps or any(call.again.how != "called" for call in self_calls):
        return False
    return all(call.tests or call.again.through is not None for call in self_calls)


def _is_paced(program: Program, self_calls: list[SelfCall], outcome: Outcome) -> bool:
    """Does it wait, or count its attempts, in an argument of the next one or under a name that says so?

    Any other number that is kept tells where it stands: at which turn, or at the next of some things. The waits of a
    loop around its call of itself are that loop's.
    """
    is_method = program.receiver is not None
    handed = set().union(*(handover(program.function, call, is_method).steps for call in self_calls))
    given = code.own_parameters(program.function)
    counted = handed & given | {name for name in program.counters if not STEERS.isdisjoint(words_of(name))}
    waits = bool(outcome.sleeps) and not any(_stands_in_loop(program, call) for call in self_calls)
    return waits or bool(counted) or outcome.limit.kind == "deadline"


def _between(block: code.Block, self_call: SelfCall) -> code.Block:
    """What stands between the `try` that failed and a self-call behind it."""
    origin = self_call.origin
    if origin is None or origin.span.holds(self_call.call.span):
        return ()
    simple = (each for each in code.statements(*block) if isinstance(each, (code.Evaluate, code.Assign)))
    return tuple(each for each in simple if origin.span < each.span < self_call.call.span)


def _switches(program: Program, self_call: SelfCall) -> bool:
    """Does the next run do otherwise: by a switch that is handed on and looked at, or for want of all that it takes?"""
    tests = [node.test for node in code.statements(*program.function.body) if isinstance(node, code.If)]
    looked_at = {node.id for node in code.walk(*tests) if isinstance(node, code.Name)}
    bound, _ = bind(program.function, self_call.again.made, program.receiver is not None)
    taken = [each for each in program.function.parameters if each.name != program.receiver]
    switched = any(
        name in looked_at and value in (code.Const(True), code.Const(False)) for name, value in bound.items()
    )
    return switched or (bool(taken) and not self_call.again.made.arguments)


def _acts(program: Program, self_calls: list[SelfCall]) -> bool:
    """Does what is repeated act, or does more than a look into something decide on it?"""
    decided = [each for call in self_calls for each in deciding_calls(program.function, call.tests)]
    working = [call for call in code.calls(*program.function.body) if not program.is_self_call(call)]
    return any(map(is_acting, working)) or any(
        not (is_looking(each) or is_accessor(each) or program.is_self_call(each)) for each in decided
    )


def _spans(worst_calls: list[SelfCall], self_calls: list[SelfCall], outcome: Outcome) -> Iterator[tuple[Role, Span]]:
    """The self-call of the worst outcome first, because that is where a reader must look."""
    for again in {each.call.span: each.again for each in (*worst_calls, *self_calls)}.values():
        yield "self-call" if again.how == "called" else "reschedule", again.call.span
    for handler in {id(handler): handler for call in self_calls for handler in call.handlers}.values():
        yield "handler", handler.span
    for sleep in outcome.sleeps[:1]:
        yield "sleep", sleep.call.span
    if outcome.rest is not None:
        yield "rest", outcome.rest
