"""The loop claimant: a hand-written loop that executes an operation again because it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from retrylint import code
from retrylint.dataflow import declared_names
from retrylint.exceptions import group_names
from retrylint.flow import ends
from retrylint.loops.classify import Failing, Verdict, classify, within
from retrylint.loops.handed import asked_again
from retrylint.loops.plain import only_tries
from retrylint.loops.rounds import Loop
from retrylint.model import Catch, Library, RetrySite, Role, Span
from retrylint.names import Imports, Owner, bindings, receiver
from retrylint.operations import named
from retrylint.sketch.looping import loops_in
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.caught import catch_of
from retrylint.study.claim import Claim
from retrylint.study.contexts import request_contexts
from retrylint.study.simulation.adversary import worst
from retrylint.study.simulation.helpers import (
    changing_methods,
    helpers_of,
    raising_methods,
    set_on_failure,
    steering_names,
    steers,
)
from retrylint.study.simulation.isolate import isolate
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.program import (
    Executed,
    Failure,
    Program,
    Trigger,
    Waited,
    limit_names,
    moving_names,
    set_attributes,
    stepped_names,
)
from retrylint.study.simulation.slicing import idle_statements
from retrylint.study.simulation.trace import trace_of
from retrylint.verbs import is_looking


def loop_claims(function: code.Function, owner: Owner, module: Sketch, task: Library | None) -> Iterator[Claim]:
    """The retries that a function makes in loops."""
    assigned = _assigned(function)
    for loop in loops_in(*function.body):
        verdict = classify(loop, assigned)
        if verdict is not None and within(verdict, loop, function.name).kind == "retry":
            yield _claim(function, owner, module, task, loop, verdict)


def asking_claims(function: code.Function, owner: Owner, module: Sketch, parameter: str) -> Iterator[Claim]:
    """The loops of a helper that call what it was given until that gives something, as if it failed each time."""
    for loop in loops_in(*function.body):
        asked = asked_again(loop, (parameter,))
        if asked is not None:
            verdict = Verdict("retry", "what it was given gives nothing", (), (asked,))
            yield _claim(function, owner, module, None, loop, verdict)


def _assigned(function: code.Function) -> dict[str, code.Expr]:
    """What the names that stand for several exceptions are set to."""
    groups = group_names(*function.body)
    return {
        name: node.value
        for name, node in bindings(*function.body)
        if name in groups and isinstance(node, code.Assign) and code.Name(name) in node.targets
    }


def _claim(
    function: code.Function, owner: Owner, module: Sketch, task: Library | None, loop: Loop, verdict: Verdict
) -> Claim:
    program = _program(function, owner, module, loop)
    failures = list(_failures(function, loop, verdict))
    outcome = worst(_sliced(program, failures), failures)
    if outcome is None:  # what seems to fail may not be reached without a failure of its own
        failures = list(_at_start(verdict))
        outcome = worst(_sliced(program, failures), failures)
    operations = named(verdict.operations, program.imports)
    site = RetrySite(
        span=loop.span,
        function=owner.qualified(function.name),
        mechanism="loop",
        catch=_catch(verdict.failings, program.imports),
        body=body_of(function, program.imports, tuple(operations), task, request_contexts(function, owner, module)),
        spans=(*_spans(loop, verdict, outcome), *(("operation", span) for span in operations.values())),
    )
    if only_tries(loop, (failing.statement for failing in verdict.failings), verdict.operations):
        site = replace(site, body=replace(site.body, only_tries=True))
    if verdict.repeats:
        site = replace(site, body=replace(site.body, repeats_success=True))
    if outcome is None:
        return Claim(site, loop.body)
    schedule = outcome.schedule
    if (
        _waits_within(loop, verdict, outcome)
        or _waits_elsewhere(program, loop, outcome)
        or _looks_again(function, loop, verdict, program.imports)
        or _tries_otherwise(loop, verdict)
    ):
        schedule = replace(
            schedule, trailing=None, rests=False
        )  # it belongs to the last attempt, or to what comes behind
    site = replace(site, limit=outcome.limit, schedule=schedule, give_up=outcome.give_up)
    return Claim(site, loop.body, trace=partial(trace_of, outcome))


def _waits_within(loop: Loop, verdict: Verdict, outcome: Outcome) -> bool:
    """Does a round wait in a loop of its own: for something to come about, or where all its attempts are?"""
    inner = [each for each in loops_in(*loop.body) if isinstance(each, code.While) or _holds_all(each, verdict)]
    return any(each.span.holds(sleep.call.span) for each in inner for sleep in outcome.sleeps)


def _waits_elsewhere(program: Program, loop: Loop, outcome: Outcome) -> bool:
    """Is the last wait behind the loop, or in a loop of a helper, where something is to come about?"""
    events = outcome.run.events
    last = max((index for index, event in enumerate(events) if isinstance(event, Executed)), default=-1)
    waits = [event.call.span for event in events[last + 1 :] if isinstance(event, Waited)]
    helpers = program.helpers.values()
    helped = [span for span in waits if any(each.span.holds(span) for each in helpers)]
    if any(not any(each.span.holds(span) for each in loop.body) for span in waits if span not in helped):
        return True
    inner = [each.span for helper in helpers for each in loops_in(*helper.body)]
    return any(each.holds(span) for each in inner for span in helped)


def _tries_otherwise(loop: Loop, verdict: Verdict) -> bool:
    """Does the number of the attempt decide which of several operations is tried, so that none is the last alone?"""
    stepped = {name for name in map(code.dotted, _stepped_targets(loop)) if name}
    return any(
        isinstance(node, code.If)
        and bool(node.orelse)
        and any(isinstance(part, code.Name) and part.id in stepped for part in code.walk(node.test))
        and any(each.span.holds(call.span) for each in (*node.body, *node.orelse) for call in verdict.operations)
        for failing in verdict.failings
        for node in code.statements(*failing.statement.body)
    )


def _stepped_targets(loop: Loop) -> Iterator[code.Expr]:
    yield from (node.target for node in code.statements(*loop.body) if isinstance(node, code.AugAssign))
    if isinstance(loop, code.For):
        yield loop.target


def _holds_all(loop: Loop, verdict: Verdict) -> bool:
    return all(loop.span.holds(call.span) for call in verdict.operations)


def _looks_again(function: code.Function, loop: Loop, verdict: Verdict, imports: Imports) -> bool:
    """Does what comes behind the loop go on with the object that the operation worked on, whatever came of that?

    The last wait lets time pass for it: a process is told to end, and is looked at once more.
    """
    if loop.orelse and "next" not in ends(loop.orelse):
        return False
    every = code.calls(*(isolate(function.body, loop) or ()))
    behind = [call for call in every if call.span > loop.span and not loop.span.holds(call.span)]
    looks = [call for call in code.calls(*loop.body) if is_looking(call)]
    return any(is_looking(call) and code.alike(call, each) for call in behind for each in looks) or any(
        (owner := _owner(operation)) is not None
        and owner.partition(".")[0] not in imports.table
        and any(
            _owner(call) == owner and (is_looking(call) or not _given(call).isdisjoint(_given(operation)))
            for call in behind
        )
        for operation in verdict.operations
    )


def _owner(call: code.Call) -> str | None:
    """The object whose method a call is, other than the function's own."""
    owner = code.dotted(call.function.value) if isinstance(call.function, code.Attribute) else None
    return None if owner == "self" else owner


def _given(call: code.Call) -> set[str]:
    return {name for argument in call.arguments if (name := code.dotted(argument.value))}


def _program(function: code.Function, owner: Owner, module: Sketch, loop: Loop) -> Program:
    """What the simulation runs: the function cut down to the way to the loop, the loop, and what comes behind."""
    of_class = module.classes.get(".".join(owner.path)) if owner.in_class else None
    imports = module.imports.within(function)
    helpers, others = helpers_of(function, owner, module.helpers, imports)
    moving = moving_names(loop.body).union(*(_of_object(moving_names(each.body)) for each in helpers.values()))
    moving |= set_on_failure(function, owner, module.helpers) - set_attributes(function.body)
    return Program(
        replace(function, body=isolate(function.body, loop) or (loop,)),
        lambda call: None,
        imports,
        receiver(function, owner),
        module.constants,
        of_class.members if of_class else {},
        moving,
        _stepped(function, helpers),
        declared_names(function),
        loop,
        limit_names(*function.body, *(each for helper in helpers.values() for each in helper.body)),
        moving_names(function.body) - moving,
        helpers,
        others,
        changing_methods(function, owner, module.helpers),
        raising_methods(function, owner, module.helpers),
    )


def _stepped(function: code.Function, helpers: Mapping[str, code.Function]) -> dict[str, bool]:
    """What is stepped from round to round, by the function or by a helper on its object."""
    found = stepped_names(function, lambda call: None)
    for helper in helpers.values():
        steps = stepped_names(helper, lambda call: None)
        found |= {name: steps[name] for name in _of_object(steps)}
    return found


def _of_object(names: Iterable[str]) -> frozenset[str]:
    """Those names that are not a function's own."""
    return frozenset(name for name in names if "." in name)


def _outside(function: code.Function, loop: Loop) -> Iterator[code.Call]:
    """The calls outside the loop that are given what they would be given in it: no name of theirs is bound anew."""
    anew = {
        name
        for name, node in bindings(*function.body)
        if not isinstance(node, code.Handler)
        and (span := getattr(node, "span", loop.span)) > loop.span
        and not loop.span.holds(span)
    }
    for call in code.calls(*function.body):
        names = {node.id for node in code.walk(call) if isinstance(node, code.Name)}
        if not loop.span.holds(call.span) and (call.span < loop.span or names.isdisjoint(anew)):
            yield call
    yield from code.calls(*loop.orelse)


def _failures(function: code.Function, loop: Loop, verdict: Verdict) -> Iterator[Failure]:
    """Each way in which an operation can fail so that another round follows."""
    outside = list(_outside(function, loop))
    for failing in verdict.failings:
        before = tuple(
            Trigger(statement.body[0], aim)
            for statement, handler in (*failing.before, *failing.beside)
            if isinstance(aim := handler or statement, (code.Handler, code.With))
        )
        handlers = failing.handlers if isinstance(failing.statement, code.Try) else (failing.statement,)
        for handler in handlers:
            for point in failing.operations:
                behind = tuple(call for call in outside if call.span > loop.span and code.alike(call, point))
                yield Failure(Trigger(point, handler), before, elsewhere=behind)
    if not verdict.failings:
        for point in verdict.operations:
            yield Failure(operation=point, elsewhere=tuple(call for call in outside if code.alike(call, point)))


def _at_start(verdict: Verdict) -> Iterator[Failure]:
    """The same failures, raised by whatever comes first."""
    for failing in verdict.failings:
        for handler in failing.handlers:
            yield Failure(Trigger(failing.statement.body[0], handler))


def _sliced(program: Program, failures: list[Failure]) -> Program:
    points = frozenset(id(point) for failure in failures for point in failure.points())
    helping = steers(program.helpers, program.imports)

    def steering(call: code.Call) -> bool:
        return helping(call) or code.dotted(call.function) in program.raising

    watched = steering_names(program.helpers)
    return replace(program, idle=idle_statements(program.function, points, steering, watched))


def _catch(failings: Sequence[Failing], imports: Imports) -> Catch:
    return catch_of(
        [
            (failing.statement, handler)
            for failing in failings
            if isinstance(failing.statement, code.Try)
            for handler in failing.handlers
        ],
        imports,
    )


def _spans(loop: Loop, verdict: Verdict, outcome: Outcome | None) -> Iterator[tuple[Role, Span]]:
    for failing in verdict.failings:
        yield from (("handler", handler.span) for handler in failing.handlers)
    if outcome is not None:
        every = [sleep.call.span for sleep in outcome.sleeps]
        within = [span for span in every if loop.span.holds(span)]
        yield from (("sleep", span) for span in (within or every)[:1])
