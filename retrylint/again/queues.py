"""Calls that put the function that they stand in on a queue: its task, its job, its actor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from retrylint import code
from retrylint.again.again import Again, Later
from retrylint.again.arguments import Arguments, argument, seconds_of, unpacked
from retrylint.again.own import Own

PLAIN = frozenset({"delay", "kiq", "send", "defer", "defer_async", "enqueue"})  # task.delay(x): its own arguments
PACKED = frozenset({"apply_async", "send_with_options", "schedule"})  # task.apply_async((x,), countdown=5)
SENDING = PLAIN | PACKED
SIGNATURES = frozenset({"s", "si"})  # task.s(x): to be sent off by another call
OPTIONS = frozenset({"set", "configure", "options", "using"})  # task.set(countdown=5).delay(x)


@dataclass(frozen=True, slots=True)
class Enqueuer:
    """A function that is given the task: where it and the wait stand; `packed`: its arguments are wrapped in `args`."""

    task: int = 0
    wait: int | None = None
    packed: bool = False


ENQUEUERS: Mapping[str, Enqueuer] = {
    "enqueue": Enqueuer(),
    "enqueue_call": Enqueuer(packed=True),
    "enqueue_in": Enqueuer(task=1, wait=0),
    "enqueue_at": Enqueuer(task=1, wait=0),
    "enqueue_job": Enqueuer(),
    "async_task": Enqueuer(),
    "send_task": Enqueuer(packed=True),
    "defer": Enqueuer(),
}
WAITS: Mapping[str, float] = {  # option -> seconds of one unit
    "countdown": 1, "_countdown": 1, "_defer_by": 1, "schedule_in": 1, "delay": 1,
}  # fmt: skip
UNTIL = frozenset({"eta", "_eta", "_defer_until", "schedule_at", "scheduled_at"})
MILLISECONDS = frozenset({"send_with_options"})
ROUTING = frozenset({  # options of a queue that say where and when, not how often
    "queue", "queue_name", "exchange", "routing_key", "priority", "serializer", "compression", "connection", "producer",
    "task_id", "job_id", "timeout", "job_timeout", "result_ttl", "ttl", "failure_ttl", "description", "at_front",
    "expires", "link", "link_error", "on_success", "on_failure", "hook", "group", "ignore_result", "soft_time_limit",
    "time_limit", "broker", "task_name", "lock", "queueing_lock", "func", "function", "args", "kwargs", "task",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Order:
    """What is put on a queue: the arguments so far, and the options."""

    arguments: Arguments = ()
    options: Mapping[str, code.Expr] = field(default_factory=dict)


def enqueued(call: code.Call, own: Own) -> Again | None:
    """What a call that enqueues its own function comes to; None for any other, and where its arguments do not tell."""
    verb = code.last_name(call.function)
    order = _of_the_task(call, own, verb) or _given_the_task(call, own, verb)
    if order is None:
        return None
    arguments = order.arguments
    if own.task is not None or verb == "enqueue_job":  # the worker hands the first one over
        first = own.function.parameters[0].name if own.function.parameters else ""
        arguments = (code.Argument(code.Name(first)), *arguments)
    made = code.Call(code.Name(own.function.name), arguments, call.span)
    notes = tuple(
        value
        for key, value in order.options.items()
        if key not in ROUTING | UNTIL | WAITS.keys() and not _is_plain(value)
    )
    return Again(call, made, "enqueued", _later(order.options, verb), notes)


def _is_plain(value: code.Expr) -> bool:
    return isinstance(value, code.Const)


def _of_the_task(call: code.Call, own: Own, verb: str) -> _Order | None:
    """`f.delay(x)`, `f.s(x).apply_async(countdown=5)`, `self.apply_async(...)`."""
    if not isinstance(call.function, code.Attribute) or verb not in SENDING:
        return None
    order = _signature(call.function.value, own)
    if order is None:
        return None
    if verb in PLAIN:
        plain, options = _apart(own, call.arguments, only_known=True)
        return _Order(order.arguments + plain, {**order.options, **options})
    wrapped = unpacked(own.function, argument(call, 0, "args"), argument(call, 1, "kwargs"))
    if wrapped is None or any(each.stars for each in call.arguments):
        return None
    stated = {each.keyword: each.value for each in call.arguments if each.keyword is not None}
    return _Order(order.arguments + wrapped, {**order.options, **stated})


def _signature(expr: code.Expr, own: Own) -> _Order | None:
    """The task itself, or one of its signatures."""
    if own.is_meant(expr) or own.is_handed(expr):
        return _Order()
    if not isinstance(expr, code.Call) or not isinstance(expr.function, code.Attribute):
        return None
    order = _signature(expr.function.value, own)
    if order is None:
        return None
    if expr.function.name in SIGNATURES:
        return replace(order, arguments=order.arguments + expr.arguments)
    if expr.function.name in OPTIONS:
        stated = {each.keyword: each.value for each in expr.arguments if each.keyword is not None}
        return replace(order, options={**order.options, **stated})
    return None


def _given_the_task(call: code.Call, own: Own, verb: str) -> _Order | None:
    """`queue.enqueue(f, x)`, `app.send_task("tasks.f", args=(x,))`."""
    known = ENQUEUERS.get(verb)
    if known is None:
        return None
    task = argument(call, known.task) or argument(call, None, "func") or argument(call, None, "f")
    if not own.is_meant(task) and not own.is_titled(task):
        return None
    named = {each.keyword: each.value for each in call.arguments if each.keyword is not None}
    options: dict[str, code.Expr]
    if known.packed or "args" in named or "kwargs" in named:
        index = known.task + 1 if known.packed else None
        wrapped = unpacked(
            own.function, argument(call, index, "args"), argument(call, None if index is None else index + 1, "kwargs")
        )
        if wrapped is None or any(each.stars for each in call.arguments):
            return None
        order = _Order(wrapped, named)
    else:
        rest = tuple(
            each for index, each in enumerate(call.arguments) if each.keyword is not None or index > known.task
        )
        plain, options = _apart(own, rest, only_known=False)
        order = _Order(plain, options)
    if known.wait is None:
        return order
    wait = argument(call, known.wait)
    key = "countdown" if verb == "enqueue_in" else "eta"
    return _Order(order.arguments, {**order.options, key: wait} if wait is not None else order.options)


def _apart(own: Own, arguments: Arguments, only_known: bool) -> tuple[Arguments, dict[str, code.Expr]]:
    """The function's own arguments, and the queue's options among them.

    `only_known`: the queue takes none but those that begin with an underscore.
    """
    parameters = {each.name for each in own.function.parameters if each.kind not in ("star", "double-star")}
    plain: list[code.Argument] = []
    options: dict[str, code.Expr] = {}
    for each in arguments:
        foreign = each.keyword is not None and each.keyword not in parameters
        if foreign and each.keyword is not None and (each.keyword.startswith("_") or not only_known):
            options[each.keyword] = each.value
        else:
            plain.append(each)
    return tuple(plain), options


def _later(options: Mapping[str, code.Expr], verb: str) -> Later | None:
    for key, value in options.items():
        if key in UNTIL and value != code.Const(None):
            return Later(key)
        if key in WAITS and value != code.Const(None):
            return Later(key, seconds_of(value), 0.001 if verb in MILLISECONDS else WAITS[key])
    return None
