"""Calls that hand the function that they stand in to a timer, an event loop or a thread, to be run later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from retrylint import code
from retrylint.again.again import WHENEVER, Again, Later
from retrylint.again.arguments import Arguments, argument, seconds_of, unpacked
from retrylint.again.own import Own


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Where the callback and the wait stand. `packed`: the callback's arguments are wrapped in `args` and `kwargs`.

    `unit`: the seconds that one unit of the wait is, None where it is a point in time, or whenever something is done.
    """

    callback: int | None
    wait: int | None = None
    unit: float | None = 1.0
    packed: bool = False
    keywords: tuple[str, ...] = ()
    wait_keyword: str | None = None


WHEN_DONE = Scheduler(0, unit=None)
THREAD = Scheduler(None, packed=True, keywords=("target",))
SCHEDULERS: Mapping[str, Scheduler] = {
    "Timer": Scheduler(1, wait=0, packed=True, keywords=("function",), wait_keyword="interval"),
    "call_later": Scheduler(1, wait=0, keywords=("callback",), wait_keyword="delay"),
    "call_soon": Scheduler(0, keywords=("callback",)),
    "call_soon_threadsafe": Scheduler(0, keywords=("callback",)),
    "call_at": Scheduler(1, wait=0, unit=None, keywords=("callback",)),
    "add_callback": Scheduler(0, keywords=("callback",)),
    "add_timeout": Scheduler(1, wait=0, unit=None, keywords=("callback",)),
    "callLater": Scheduler(1, wait=0),
    "callFromThread": Scheduler(0),
    "callInThread": Scheduler(0),
    "deferLater": Scheduler(2, wait=1),
    "deferToThread": Scheduler(0),
    "Thread": THREAD,
    "Process": THREAD,
    "start_new_thread": Scheduler(0, packed=True),
    "submit": Scheduler(0, keywords=("fn",)),
    "run_in_executor": Scheduler(1, keywords=("func",)),
    "start_soon": Scheduler(0),
    "add_done_callback": WHEN_DONE,
    "addCallback": WHEN_DONE,
    "addBoth": WHEN_DONE,
    "spawn": Scheduler(0),
    "spawn_n": Scheduler(0),
    "spawn_later": Scheduler(1, wait=0),
    "spawn_after": Scheduler(1, wait=0),
    "after": Scheduler(1, wait=0, unit=0.001),
    "singleShot": Scheduler(1, wait=0, unit=0.001),
}
COROUTINES = frozenset(
    {"create_task", "ensure_future", "run_coroutine_threadsafe", "async_create_task", "create_background_task"}
)


def scheduled(call: code.Call, own: Own) -> Again | None:
    """What a call that has its own function run later comes to; None for any other."""
    verb = code.last_name(call.function)
    known = SCHEDULERS.get(verb)
    if known is not None:
        handed = argument(call, known.callback)
        for keyword in known.keywords:
            handed = handed or argument(call, None, keyword)
        made = _made(call, handed, _arguments_behind(call, own, known), own)
        return None if made is None else Again(call, made, "scheduled", _later(call, known, verb))
    if verb in COROUTINES:
        handed = argument(call, 0, "coro")
        made = _own_call(handed, own)
        return None if made is None else Again(call, made, "scheduled")
    return None


def _made(call: code.Call, handed: code.Expr | None, behind: Arguments | None, own: Own) -> code.Call | None:
    """The call of the function that a callback is."""
    if isinstance(handed, code.Lambda):
        return _called_in(handed, own)
    if behind is None:
        return None
    if own.is_meant(handed):
        return code.Call(code.Name(own.function.name), behind, call.span)
    if isinstance(handed, code.Call) and code.last_name(handed.function) == "partial" and handed.arguments:
        first, *rest = handed.arguments
        if own.is_meant(first.value) and not first.stars:
            return code.Call(code.Name(own.function.name), (*rest, *behind), call.span)
        return None
    return _own_call(handed, own) if isinstance(handed, code.Call) else None


def _own_call(expr: code.Expr | None, own: Own) -> code.Call | None:
    """The call of the function itself that an expression is."""
    expr = expr.value if isinstance(expr, code.Await) else expr
    return expr if isinstance(expr, code.Call) and own.is_meant(expr.function) else None


def _called_in(callback: code.Lambda, own: Own) -> code.Call | None:
    """The call of the function itself that a callback makes."""
    return next((each for each in code.calls(callback.body) if own.is_meant(each.function)), None)


def _arguments_behind(call: code.Call, own: Own, known: Scheduler) -> Arguments | None:
    if known.packed:
        start = known.callback + 1 if known.callback is not None else None
        return unpacked(
            own.function,
            argument(call, start, "args"),
            argument(call, start + 1 if start is not None else None, "kwargs"),
        )
    taken = {*known.keywords, known.wait_keyword, "context", "name"}
    behind = known.callback if known.callback is not None else -1
    return tuple(
        each
        for index, each in enumerate(call.arguments)
        if (index > behind if each.keyword is None else each.keyword not in taken)
    )


def _later(call: code.Call, known: Scheduler, verb: str) -> Later | None:
    if known.wait is None:
        return WHENEVER if known.unit is None else None
    value = argument(call, known.wait, known.wait_keyword)
    return Later(verb) if known.unit is None else Later(verb, seconds_of(value), known.unit)
