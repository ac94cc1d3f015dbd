"""Options of a task's retry that nothing reads, and what is read in their place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from retrylint.sketch.sketch import Sketch
from retrylint.study.options import mapping_options
from retrylint.study.task import Task
from retrylint.study.task_schedule import TaskTerms

Said = tuple[str, str]


def idle_options(task: Task, terms: TaskTerms, module: Sketch) -> Iterator[Said]:
    """What to say of each kind of option that does nothing, and what to write instead.

    Silent where other options, or other code that may retry the task, are out of sight.
    """
    if not task.is_run or not task.options.complete:
        return
    yield from _publishing(task, terms)
    if terms.automatic:
        yield from _overwritten(task, terms, module)
    elif terms.is_retried:
        yield from _without_exceptions(task, terms)
    elif not task.may_be_retried and not task.calls and task.library.crash not in task.options.stated:
        yield from _never(task)


def _publishing(task: Task, terms: TaskTerms) -> Iterator[Said]:
    found = _stated(task, task.library.publishing_options)
    if found:
        rest = f"; a retry {_waits(terms)}" if terms.is_retried else ""
        mend = f"say {task.library.delay.option}, or {task.library.method.delay} in the call"
        yield f"{_listed(found)} {_do(found)} not tell how long the task waits before a retry{rest}", mend


def _without_exceptions(task: Task, terms: TaskTerms) -> Iterator[Said]:
    found = _stated(task, task.library.automatic.options)
    if found:
        exceptions, method = task.library.automatic.exceptions, task.library.method
        yield (
            f"{_listed(found)} {_do(found)} nothing without {exceptions}: {method.name}() {_waits(terms)}",
            f"list the errors in {exceptions}, or hand {method.delay} to {method.name}()",
        )


def _never(task: Task) -> Iterator[Said]:
    library = task.library
    backoff = _stated(task, library.automatic.options)
    plain = _stated(task, (library.limit.option, library.delay.option))
    mend = f"list the errors in {library.automatic.exceptions}, or call {library.method.name}() in a handler"
    if backoff:
        every = [*plain, *backoff]
        yield (
            f"{_listed(every)} {_do(every)} nothing without {library.automatic.exceptions}: the task never retries",
            mend,
        )
    elif plain:
        yield f"{_listed(plain)} {_do(plain)} nothing: the task never retries", f"{mend}; or leave it out"


def _overwritten(task: Task, terms: TaskTerms, module: Sketch) -> Iterator[Said]:
    automatic, delay = task.library.automatic, task.library.method.delay
    arguments = mapping_options(task.options.stated.get(automatic.arguments), module)
    own = next((way for way in terms.ways if way.call is None), None)
    if delay in arguments.stated and own is not None and own.schedule.waits_with == automatic.backoff:
        text = f"{delay} in {automatic.arguments} is overwritten by {automatic.backoff}"
        first = own.schedule.first
        told = f": the first retry waits {'up to ' if own.schedule.jitter else ''}{first:g} s" if first else ""
        yield text + told, f"leave one of the two out: {automatic.backoff}, or {delay}"


def _stated(task: Task, options: Sequence[str]) -> list[str]:
    return [option for option in options if option in task.own_options.stated]


def _waits(terms: TaskTerms) -> str:
    """How long a retry waits in truth."""
    schedule = terms.worst.schedule
    if schedule.shape == "fixed" and schedule.first is not None:
        return f"waits {schedule.first:g} s each time ({schedule.waits_with})"
    return f"waits as {schedule.waits_with} says" if schedule.waits_with else "waits on its own terms"


def _listed(options: Sequence[str]) -> str:
    return options[0] if len(options) == 1 else f"{', '.join(options[:-1])} and {options[-1]}"


def _do(options: Sequence[str]) -> str:
    return "does" if len(options) == 1 else "do"
