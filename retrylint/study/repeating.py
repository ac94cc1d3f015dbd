"""What the claimants share whose sites run a function again: what is run, what fails in it, what is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from retrylint import code
from retrylint.again.again import Again
from retrylint.again.resolve import EMPTY, again_test
from retrylint.dataflow import deciding_calls, declared_names, handover
from retrylint.exceptions import expected
from retrylint.flow import SelfCall
from retrylint.model import Catch, Span
from retrylint.names import Owner, bindings, receiver
from retrylint.operations import named, operations_of
from retrylint.sketch.sketch import Sketch
from retrylint.study.caught import catch_of
from retrylint.study.simulation.adversary import Budget, runs
from retrylint.study.simulation.calls import SLEEPS
from retrylint.study.simulation.helpers import changing_methods, raising_methods, set_on_failure
from retrylint.study.simulation.nodes import Nodes
from retrylint.study.simulation.program import Failure, Program, Trigger, moving_names, set_attributes, stepped_names
from retrylint.study.simulation.slicing import idle_statements
from retrylint.verbs import is_accessor, is_asking, is_fetching, takes_out


def program_of(
    function: code.Function, owner: Owner, module: Sketch, self_calls: Sequence[SelfCall],
    helpers: Mapping[str, code.Function] = EMPTY,
) -> Program:  # fmt: skip
    """What the simulation runs: calls with other inputs are other operations to it."""
    chosen = {each.call.span: each.again for each in self_calls}
    chosen |= {inner.call.span: inner for each in self_calls if (inner := each.again.inner) is not None}
    resolve = again_test(function, owner, helpers)
    bodies = [function, *(each.again.through for each in self_calls if each.again.through is not None)]
    of_class = module.classes.get(".".join(owner.path)) if owner.in_class else None
    sets = frozenset().union(*(set_attributes(body.body) for body in bodies))
    elsewhere = set_on_failure(function, owner, module.helpers) - sets
    return Program(
        function,
        lambda call: chosen.get(call.span),
        module.imports.within(function).joined(node for body in bodies[1:] for node in code.statements(*body.body)),
        receiver(function, owner),
        module.constants,
        of_class.members if of_class else {},
        frozenset().union(*(moving_names(body.body) for body in bodies), elsewhere),
        {name: up for body in bodies for name, up in stepped_names(body, resolve).items()},
        declared_names(function),
        deferred=any(each.again.how != "called" for each in self_calls),
        changing=changing_methods(function, owner, module.helpers),
        raising=raising_methods(function, owner, module.helpers),
        sets=sets,
    )


def sliced(program: Program, failures: Sequence[Failure]) -> Program:
    """The program without the statements that change nothing about these failures."""
    points = frozenset(id(point) for failure in failures for point in failure.points())

    def steers(call: code.Call) -> bool:
        is_own = program.is_self_call(call) or code.dotted(call.function) in program.raising
        return is_own or program.imports.name_of(call.function) in SLEEPS

    return replace(program, idle=idle_statements(program.function, points, steers))


def reads_anew(function: code.Function) -> bool:
    """Does each activation fetch another thing to work on, or ask for it? Then it consumes, and repeats nothing."""
    in_handlers = {
        id(call)
        for node in code.statements(*function.body)
        if isinstance(node, code.Handler)
        for call in code.calls(*node.body)
    }
    tried = {
        id(call) for node in code.walk(*function.body) if isinstance(node, code.Try) for call in code.calls(*node.body)
    }
    return _tries_what_is_drawn(function) or any(
        (is_fetching(call) or takes_out(call) or (is_asking(call) and id(call) not in tried))
        and id(call) not in in_handlers
        for call in code.calls(*function.body)
    )


def _tries_what_is_drawn(function: code.Function) -> bool:
    """Does a `try` work with a number that each activation draws by chance?"""
    drawn = {
        name
        for name, node in bindings(*function.body)
        if isinstance(node, code.Assign)
        for call in code.calls(node.value)
        if "random" in (code.dotted(call.function) or "").split(".")
    }
    tried = (node for node in code.statements(*function.body) if isinstance(node, code.Try))
    given = (argument.value for each in tried for call in code.calls(*each.body) for argument in call.arguments)
    return any(isinstance(part, code.Name) and part.id in drawn for part in code.walk(*given))


def success_leaves(
    program: Program, owner: Owner, self_calls: Sequence[SelfCall], helpers: Mapping[str, code.Function] = EMPTY
) -> bool:
    """Does an execution that does not fail end, without a call of the function?

    What a timer or a queue makes for a good round too, with the same inputs, is a periodic job, even one that may be
    switched off.
    """
    resolve = again_test(program.function, owner, helpers)
    every = runs(Nodes(replace(program, resolve=resolve)), Failure(), Budget())
    if not any(done.executions == 1 and done.ended != "budget" for done in every):  # the first such run is enough
        return False
    if not program.deferred or all(call.via == "result" for call in self_calls):
        return True
    same = replace(program, resolve=lambda call: _with_same_inputs(program, resolve(call)))
    return all(done.executions == 1 for done in runs(Nodes(same), Failure(), Budget()))


def _with_same_inputs(program: Program, again: Again | None) -> Again | None:
    if again is None or again.through is not None:
        return again
    self_call = SelfCall(again, "result", None, (), (), ())
    changed = handover(program.function, self_call, program.receiver is not None).changed
    return again if changed is None else None


def failures_of(program: Program, self_call: SelfCall) -> Iterator[Failure]:
    """Each way in which the operation can fail so that the self-call follows."""
    if self_call.origin is None:
        yield Failure(operation=_failing_call(program, self_call))
        return
    before = tuple(Trigger(_points(program, statement.body)[0], handler) for statement, handler in self_call.enclosing)
    for handler in (each for each in self_call.handlers if not expected(each)):
        for point in _points(program, self_call.origin.body):
            yield Failure(Trigger(point, handler), before, once=self_call.via == "result")


def _failing_call(program: Program, self_call: SelfCall) -> code.Call | None:
    """The call whose result led to a self-call; one of which only a part is looked at, where each run makes it."""
    whole = [call for call in deciding_calls(program.function, self_call.tests) if not is_accessor(call)]
    if whole:
        return whole[0]
    always = {id(call) for call in code.calls(*_unconditional(program.function.body))}
    decided = deciding_calls(program.function, self_call.tests, in_part=True)
    found = next((call for call in decided if not is_accessor(call)), None)
    return found if id(found) in always else None


def _unconditional(block: code.Block) -> Iterator[code.Stmt | code.Expr]:
    """The statements that each run comes by unless one before leads away, and the tests."""
    for statement in block:
        if isinstance(statement, code.With):
            yield from _unconditional(statement.body)
        elif isinstance(statement, code.If):
            yield statement.test
        elif not isinstance(statement, (code.For, code.While, code.Match, code.Try)):
            yield statement


def _points(program: Program, block: code.Block) -> list[code.Call] | list[code.Stmt]:
    """Where a block may raise: at the likeliest of its calls, or where there is none, at its start."""
    return operations_of(block, program.is_self_call) or [block[0]]


def does_something(program: Program, statement: code.Try) -> bool:
    """Does a `try` call or import anything that can fail?"""
    imports = any(isinstance(node, code.Import) for node in code.statements(*statement.body))
    return imports or bool(operations_of(statement.body, program.is_self_call))


def caught_by(program: Program, self_calls: Sequence[SelfCall]) -> Catch:
    """What the handlers that lead to these calls catch."""
    caught = {
        id(handler): (call.origin, handler)
        for call in self_calls
        if call.origin is not None
        for handler in call.handlers
        if handler in call.origin.handlers
    }
    return catch_of(caught.values(), program.imports, makes_again(self_calls))


def makes_again(self_calls: Sequence[SelfCall]) -> Callable[[code.Call], bool]:
    """Is a call one of these, or does it hold one, as the start of a timer does?"""
    return lambda call: any(call.span.holds(each.call.span) for each in self_calls)


def operations_in(program: Program, self_calls: Sequence[SelfCall]) -> dict[str, Span]:
    """What may fail before these calls, by name, and where."""
    blocks = [call.origin.body if call.origin is not None else program.function.body for call in self_calls]
    return named((each for block in blocks for each in operations_of(block, program.is_self_call)), program.imports)
