"""Misuse of a task's retry that its options and its body show together."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.again.arguments import seconds_of
from retrylint.exceptions import handler_types
from retrylint.model import RetrySite, Trap
from retrylint.operations import operations_of
from retrylint.sketch.sketch import Sketch
from retrylint.study.retry_calls import RetryCall, is_swallowed
from retrylint.study.task import Task, is_unbound
from retrylint.study.task_options import idle_options
from retrylint.study.task_schedule import TaskTerms
from retrylint.study.task_values import TaskValues


def task_traps(task: Task, terms: TaskTerms, site: RetrySite, module: Sketch) -> Iterator[Trap]:
    """The misuse that a task shows: of the retry method, and of its options."""
    for call in task.calls:
        if task.definition.span.holds(call.span):
            yield from _call_traps(task, call, site)
    yield from _binding_traps(task, site)
    for text, mend in idle_options(task, terms, module):
        yield Trap("ineffective-options", task.definition.span, site, text, mend)
    yield from _expiry_traps(task, terms, site, module)
    for option in (task.library.automatic.exceptions, task.library.automatic.spared):
        name = _bare_class(task.own_options.stated.get(option), module)
        if name is not None:
            text = f"{option}={name} is no tuple: a TypeError when the task is first touched"
            yield Trap("wrong-argument", task.definition.span, site, text, f"write {option}=({name},)")


def _call_traps(task: Task, call: RetryCall, site: RetrySite) -> Iterator[Trap]:
    method = task.library.method
    asking = f"{code.dotted((call.through or call.placed).call.function)}()"
    if is_swallowed(call, task.library, task.imports):
        yield Trap("swallowed-retry", call.span, site, asking)
    if call.through is not None:
        return
    first = call.call.arguments[0] if call.call.arguments else None
    handled = call.caught[1].name if call.caught is not None else None
    if first is not None and not first.keyword and not first.stars and first.value == code.Name(handled or ""):
        text = f"{asking} takes `{handled}` for the task's new arguments: a TypeError at the first failure"
        yield Trap("wrong-argument", call.span, site, text, f"write {method.cause}={handled}")
    if call.argument(method.limit) == code.Const(None) and _has_limit(site):
        text = f"{method.limit}=None in {asking} does not lift the limit: the task's own one is read instead"
        yield Trap("ineffective-options", call.span, site, text, "leave it out")
    if _is_dead(call, task):
        yield Trap("dead-handler", call.span, site, asking)


def _has_limit(site: RetrySite) -> bool:
    return site.limit.kind in ("explicit", "default")


def _is_dead(call: RetryCall, task: Task) -> bool:
    """Does a handler wait for the end of the retries, though another exception was named for that?"""
    method = task.library.method
    cause = call.argument(method.cause)
    if cause is None or cause == code.Const(None) or not call.placed.tries:
        return False
    inner = call.placed.tries[0]
    if operations_of(inner.body, lambda each: each.span == call.call.span):
        return False  # something else in the `try` may raise it
    awaited = [code.last_name(kind) for handler in inner.handlers for kind in handler_types(handler)]
    return bool(awaited) and all(name == method.exhausted for name in awaited)


def _binding_traps(task: Task, site: RetrySite) -> Iterator[Trap]:
    """The retry method called on what is not the task, or a task handed to a function without a parameter."""
    function = task.definition
    if not isinstance(function, code.Function) or not task.own_options.complete:
        return
    if task.bound and not function.parameters and task.library.bind in task.own_options.stated:
        yield Trap("unbound-retry", function.span, site, f"{task.library.bind}=True")
    for call in task.calls:
        if is_unbound(task, call):
            yield Trap("unbound-retry", call.span, site, f"self.{task.library.method.name}()")


def _expiry_traps(task: Task, terms: TaskTerms, site: RetrySite, module: Sketch) -> Iterator[Trap]:
    """A retry that is due when the task has expired."""
    option = task.library.expiry
    stated = seconds_of(task.options.stated.get(option))
    seconds = TaskValues(task.library.method, module).of(stated) if stated is not None else None
    if not isinstance(seconds, (int, float)):
        return
    for way in terms.ways:
        first = way.schedule.waits[0].low if way.schedule.waits else way.schedule.first
        if first is None or first < seconds or (way.schedule.jitter and not way.schedule.waits):
            continue
        asking = f"the retry in line {way.call.span.line}" if way.call is not None else "the first retry"
        span = way.call.span if way.call is not None else task.definition.span
        yield Trap("expires-first", span, site, f"{asking} waits {first:g} s, but {option}={seconds:g}")


def _bare_class(stated: code.Expr | None, module: Sketch) -> str | None:
    """The name of an exception class that stands where a tuple of them is wanted."""
    name = code.dotted(stated) if stated is not None else None
    if name is None or name in module.constants:
        return None
    last = name.rpartition(".")[2]
    is_spelt_so = last[:1].isupper() and not last.isupper() and last.endswith(("Error", "Exception", "Timeout"))
    return name if is_spelt_so or name in module.classes else None
