"""Functions that call themselves on failure and ask for something else: what they are instead of retries."""

from __future__ import annotations

from collections.abc import Iterable

from retrylint import code, flow
from retrylint.dataflow import Handover
from retrylint.model import LeftOut, Mechanism
from retrylint.names import Owner


def changed_recursion(
    function: code.Function, owner: Owner, calls: Iterable[tuple[flow.SelfCall, Handover]]
) -> LeftOut | None:
    """What a function does by calling itself on failure with other inputs; None where it does no such thing.

    `calls`: all by which it calls itself on failure, with what becomes of its inputs.
    """
    for call, handed in calls:
        if call.via != "result" and handed.changed is not None:
            kind, reason = _kind(handed.changed, handed, call)
            mechanism: Mechanism = "requeue" if call.again.how == "enqueued" else "recursion"
            return LeftOut(function.span, owner.qualified(function.name), mechanism, kind, reason)
    return None


def _kind(name: str, handed: Handover, call: flow.SelfCall) -> tuple[str, str]:
    raised = {handler.name for handler in call.handlers if handler.name}
    value = handed.value
    parts = list(code.walk(value)) if value is not None else []
    if any(isinstance(part, code.Slice) for part in parts):
        return "batch bisection", f"`{name}` is a part of what failed"
    if any(isinstance(part, code.Name) and part.id in raised for part in parts):
        return "fail-over", f"`{name}` is what the failure told to use next"
    if isinstance(value, code.Binary) or value is None:
        return "pagination", f"`{name}` moves on from call to call"
    if isinstance(value, (code.Attribute, code.Subscript)):
        return "tree recursion", f"`{name}` is a part of what it was given"
    return "fail-over", f"`{name}` is another one in the next call"
