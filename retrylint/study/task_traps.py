"""Misuse of a task's retry that its options and its body show together."""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.model import RetrySite, Trap
from retrylint.study.retry_calls import is_swallowed
from retrylint.study.task import Task, is_unbound


def task_traps(task: Task, site: RetrySite) -> Iterator[Trap]:
    """Misuse of the retry method: swallowed by the task's own handler, or called on what is not the task."""
    for call in task.calls:
        inside = task.definition.span.holds(call.span)
        if inside and is_swallowed(call, task.library, task.imports):
            asking = (call.through or call.placed).call
            yield Trap("swallowed-retry", call.span, site, f"{code.dotted(asking.function)}()")
    function = task.definition
    if not isinstance(function, code.Function) or not task.own_options.complete:
        return
    if task.bound and not function.parameters and task.library.bind in task.own_options.stated:
        yield Trap("unbound-retry", function.span, site, f"{task.library.bind}=True")
    for call in task.calls:
        if is_unbound(task, call):
            yield Trap("unbound-retry", call.span, site, f"self.{task.library.method.name}()")
