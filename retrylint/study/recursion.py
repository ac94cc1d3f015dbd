"""The recursion claimant: a function that calls itself because it failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from retrylint import code
from retrylint.dataflow import deciding_calls, declared_names, handover
from retrylint.exceptions import expected
from retrylint.flow import SelfCall
from retrylint.model import Catch, Library, RetrySite, Role, Span
from retrylint.names import Owner, bindings, receiver, self_call_test
from retrylint.operations import named, operations_of
from retrylint.sketch.sketch import Sketch, same_self_calls
from retrylint.study.body import body_of
from retrylint.study.caught import catch_of
from retrylint.study.contexts import request_contexts
from retrylint.study.simulation.adversary import Budget, runs, worst
from retrylint.study.simulation.calls import SLEEPS
from retrylint.study.simulation.machine import run
from retrylint.study.simulation.outcome import Outcome
from retrylint.study.simulation.program import Failure, Program, Trigger, moving_names, stepped_names
from retrylint.study.simulation.slicing import idle_statements
from retrylint.study.simulation.world import STAND_INS
from retrylint.verbs import is_accessor, is_acting, is_fetching, is_looking


def recursion_site(function: code.Function, owner: Owner, module: Sketch, task: Library | None) -> RetrySite | None:
    """The retry that a function makes by calling itself, or None where it makes none."""
    self_calls = same_self_calls(function, owner)
    if not self_calls:
        return None
    program = program_of(function, owner, module, self_calls)
    if _reads_anew(function) or not _success_leaves(program, owner):
        return None
    chosen = [call for call in self_calls if call.via != "result" or _tells_failure(program, call)]
    led_by = [(call, failure) for call in chosen for failure in _failures(program, call)]
    failures = [failure for _, failure in led_by]
    outcome = worst(_sliced(program, failures), failures)
    if outcome is None or not _is_retry(program, chosen, outcome):
        return None
    blocks = [call.origin.body if call.origin is not None else function.body for call in chosen]
    operations = named(
        (each for block in blocks for each in operations_of(block, program.is_self_call)), program.imports
    )
    return RetrySite(
        span=function.span,
        function=owner.qualified(function.name),
        mechanism="recursion",
        limit=outcome.limit,
        schedule=outcome.schedule,
        catch=_catch(program, chosen),
        give_up=outcome.give_up,
        body=body_of(function, program.imports, tuple(operations), task, request_contexts(function, owner, module)),
        spans=(
            *_spans([call for call, failure in led_by if failure is outcome.failure], chosen, outcome),
            *(("operation", span) for span in operations.values()),
        ),
    )


def program_of(function: code.Function, owner: Owner, module: Sketch, self_calls: tuple[SelfCall, ...]) -> Program:
    """What the simulation runs: calls with other inputs are other operations to it."""
    spans = {each.call.span for each in self_calls}
    is_self_call = self_call_test(function, owner)
    of_class = module.classes.get(".".join(owner.path)) if owner.in_class else None
    return Program(
        function,
        lambda call: call.span in spans and is_self_call(call),
        module.imports.within(function),
        receiver(function, owner),
        module.constants,
        of_class.members if of_class else {},
        moving_names(function.body),
        stepped_names(function, is_self_call),
        declared_names(function),
    )


def _sliced(program: Program, failures: list[Failure]) -> Program:
    """The program without the statements that change nothing about these failures."""
    points = frozenset(id(point) for failure in failures for point in failure.points())

    def steers(call: code.Call) -> bool:
        return program.is_self_call(call) or program.imports.name_of(call.function) in SLEEPS

    return replace(program, idle=idle_statements(program.function, points, steers))


def _reads_anew(function: code.Function) -> bool:
    """Does each activation fetch another thing to work on? Then it consumes, and repeats nothing."""
    in_handlers = {
        id(call)
        for node in code.walk(*function.body)
        if isinstance(node, code.Handler)
        for call in code.calls(*node.body)
    }
    return any(is_fetching(call) and id(call) not in in_handlers for call in code.calls(*function.body))


def _success_leaves(program: Program, owner: Owner) -> bool:
    """Does an execution that does not fail end, without a call of the function?"""
    every = replace(program, is_self_call=self_call_test(program.function, owner))
    return any(done.executions == 1 and done.ended != "budget" for done in runs(every, Failure(), Budget()))


def _failures(program: Program, self_call: SelfCall) -> Iterator[Failure]:
    """Each way in which the operation can fail so that the self-call follows."""
    if self_call.origin is None:
        operations = [call for call in deciding_calls(program.function, self_call.tests) if not is_accessor(call)]
        yield Failure(operation=operations[0] if operations else None)
        return
    before = tuple(Trigger(_points(program, statement.body)[0], handler) for statement, handler in self_call.enclosing)
    for handler in (each for each in self_call.handlers if not expected(each)):
        for point in _points(program, self_call.origin.body):
            yield Failure(Trigger(point, handler), before, once=self_call.via == "result")


def _points(program: Program, block: code.Block) -> list[code.Call] | list[code.Stmt]:
    """Where a block may raise: at the likeliest of its calls, or where there is none, at its start."""
    return operations_of(block, program.is_self_call) or [block[0]]


def _tells_failure(program: Program, self_call: SelfCall) -> bool:
    """Without an exception on the way, what shows that the call before was a failure?

    A number that is stepped or a flag that is turned and tested on the way, a status of 400 and above, or a name
    that the handlers set; then an execution that does not fail must not come round.
    """
    steps = handover(program.function, self_call, program.receiver is not None).steps | set(program.counters)
    tested = {
        name
        for test in self_call.tests
        for node in code.walk(test)
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node))
    }
    if steps & tested or any(_is_error_status(test) for test in self_call.tests):
        return True
    flags = {name for name, _ in bindings(*self_call.handlers)}
    return bool(flags & tested) and run(program, Failure(), {}, STAND_INS[0]).executions == 1


def _is_error_status(test: code.Expr) -> bool:
    return any(
        isinstance(node, code.Compare) and any(_is_status(part) for other in node.others for part in code.walk(other))
        for node in code.walk(test)
    )


def _is_status(node: object) -> bool:
    return isinstance(node, code.Const) and isinstance(node.value, int) and 400 <= node.value < 600


def _is_retry(program: Program, self_calls: list[SelfCall], outcome: Outcome) -> bool:
    """Does failing mean more than that a state has not come yet?

    What looks into memory, makes what is missing and looks again repeats no failing operation. A repeated look at a
    result is a retry where a status of 400 and above tells of failure, or where running out of attempts raises or
    what is repeated acts; one that waits in between, more than once, is polling.
    """
    if any(call.via != "result" for call in self_calls):
        return any(_does_something(program, call.origin) for call in self_calls if call.origin is not None)
    if any(_is_error_status(test) for call in self_calls for test in call.tests):
        return True
    decided = [each for call in self_calls for each in deciding_calls(program.function, call.tests)]
    working = [call for call in code.calls(*program.function.body) if not program.is_self_call(call)]
    acts = any(map(is_acting, working)) or any(
        not (is_looking(each) or is_accessor(each) or program.is_self_call(each)) for each in decided
    )
    failed = outcome.give_up.ending in ("raises", "wraps") or any(call.origin is not None for call in self_calls)
    patient = bool(outcome.sleeps) and outcome.limit.attempts != 2
    return outcome.limit.kind in ("explicit", "dynamic") and (failed or acts) and not patient


def _does_something(program: Program, statement: code.Try) -> bool:
    """Does a `try` call or import anything that can fail?"""
    imports = any(isinstance(node, code.Import) for node in code.walk(*statement.body))
    return imports or bool(operations_of(statement.body, program.is_self_call))


def _catch(program: Program, self_calls: list[SelfCall]) -> Catch:
    caught = {
        id(handler): (call.origin, handler)
        for call in self_calls
        if call.origin is not None
        for handler in call.handlers
        if handler in call.origin.handlers
    }
    return catch_of(caught.values(), program.imports, program.is_self_call)


def _spans(worst_calls: list[SelfCall], self_calls: list[SelfCall], outcome: Outcome) -> Iterator[tuple[Role, Span]]:
    """The self-call of the worst outcome first, because that is where a reader must look."""
    for call in dict.fromkeys(call.call.span for call in (*worst_calls, *self_calls)):
        yield "self-call", call
    for handler in {id(handler): handler for call in self_calls for handler in call.handlers}.values():
        yield "handler", handler.span
    for sleep in outcome.sleeps[:1]:
        yield "sleep", sleep.call.span
