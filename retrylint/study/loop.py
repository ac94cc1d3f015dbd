"""The loop claimant: a hand-written loop that executes an operation again because it failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial

from retrylint import code
from retrylint.dataflow import declared_names
from retrylint.exceptions import group_names
from retrylint.loops.classify import Failing, Verdict, classify, within
from retrylint.loops.evidence import stepped_in
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
from retrylint.study.resting import is_for_nothing
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
    Failure,
    Program,
    Trigger,
    limit_names,
    moving_names,
    set_attributes,
    stepped_names,
)
from retrylint.study.simulation.slicing import idle_statements
from retrylint.study.simulation.trace import trace_of


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
    if not is_for_nothing(function, loop, verdict, program, outcome):
        schedule = replace(schedule, trailing=None, rests=False)
    if schedule.rests and outcome.rest is not None:
        site = replace(site, spans=(*site.spans, ("rest", outcome.rest)))
    site = replace(site, limit=outcome.limit, schedule=schedule, give_up=outcome.give_up)
    return Claim(site, loop.body, trace=partial(trace_of, outcome))


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
    stepped = stepped_in(loop)
    for failing in verdict.failings:
        before = tuple(
            Trigger(statement.body[0], aim)
            for statement, handler in (*failing.before, *failing.beside)
            if isinstance(aim := handler or statement, (code.Handler, code.With))
        )
        handlers = failing.handlers if isinstance(failing.statement, code.Try) else (failing.statement,)
        for handler in handlers:
            for point in failing.operations:
                again = (*_beside(loop, failing), *(each for each in outside if each.span > loop.span))
                behind = tuple(each for each in again if _once_more(each, point, stepped))
                yield Failure(Trigger(point, handler), before, elsewhere=behind)
    if not verdict.failings:
        for point in verdict.operations:
            yield Failure(
                operation=point, elsewhere=tuple(call for call in outside if _once_more(call, point, stepped))
            )


def _beside(loop: Loop, failing: Failing) -> Iterator[code.Call]:
    """The calls of a round that stand in no part of the `try`: the last attempt may be one whose error leaves."""
    return (call for call in code.calls(*loop.body) if not failing.statement.span.holds(call.span))


def _once_more(call: code.Call, operation: code.Call, stepped: AbstractSet[str]) -> bool:
    """Is a call the operation, given the same but for the number of the attempt?"""
    if not code.alike(call.function, operation.function) or len(call.arguments) != len(operation.arguments):
        return False
    return all(
        one.keyword == other.keyword
        and (code.alike(one, other) or (one.stars == other.stars == 0 and code.dotted(other.value) in stepped))
        for one, other in zip(call.arguments, operation.arguments, strict=True)
    )


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
    """What is caught; of what fails in a handler of another one only where there is nothing else."""
    handled = [handler.span for failing in failings for handler in failing.handlers]
    first = [each for each in failings if not any(span.holds(each.statement.span) for span in handled)]
    return catch_of(
        [
            (failing.statement, handler)
            for failing in first or failings
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
