"""What does it retry?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint.checks.limits import Limits
from retrylint.checks.permanent import is_permanent
from retrylint.checks.report import Report
from retrylint.checks.words import again, listed
from retrylint.checks.writes import NOT_DONE, is_write
from retrylint.model import Handler, RetrySite, Span

# SystemExit alone is what the operation itself ends with: a command line, an assertion of a program
EXITS = {
    "BaseException": "KeyboardInterrupt and SystemExit",
    "KeyboardInterrupt": "KeyboardInterrupt",
    "asyncio.CancelledError": "cancellation",
    "CancelledError": "cancellation",
}

PROGRAM_ERRORS = frozenset(
    {"Exception", "ArithmeticError", "AssertionError", "AttributeError", "ImportError", "IndexError", "KeyError",
     "LookupError", "NameError", "NotImplementedError", "RuntimeError", "TypeError", "ValueError"}
)  # fmt: skip


def retries_exit(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY401: what is meant to end the program, or the coroutine, is retried. Silent where the handler tells errors
    apart.
    """
    if site.mechanism == "second-call":
        return  # once more, and then it is let out
    if site.mechanism == "loop" and site.limit.kind == "unknown":
        return  # nothing shows that another attempt follows
    if any(
        each.discerns and (not each.names or not EXITS.keys().isdisjoint(each.names)) for each in site.catch.handlers
    ):
        return
    leading = [each.names for each in site.catch.handlers if not EXITS.keys().isdisjoint(each.names)]
    if leading == [("KeyboardInterrupt",)]:
        return  # a handler for that alone: it is meant to interrupt the attempt
    caught = next((name for name in site.catch.names if name in EXITS), None)
    bare = next((each.span for each in site.catch.handlers if not each.names), None)
    if site.catch.bare:
        how, what = "a bare `except:`", EXITS["BaseException"]
    elif caught is not None:
        how, what = f"`except {caught}`", EXITS[caught]
    else:
        return
    also = " and cancellation" if site.body.is_async and what != "cancellation" else ""
    harm = "the coroutine cannot be cancelled" if what == "cancellation" else "nothing stops it between attempts"
    yield Report(
        f"{how} retries {what}{also}: {harm}",
        bare or site.span_of("handler") or site.span,
        "catch `Exception`, or better the errors that pass by themselves",
    )


def retries_everything(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY402: programming errors are retried too. Silent where the code sorts some errors out first."""
    if not PROGRAM_ERRORS.isdisjoint(site.catch.spared):
        return
    for handler in _handlers(site):
        if "Exception" in handler.names and "BaseException" not in handler.names and not handler.discerns:
            yield Report(
                f"retries on `Exception`: an error in the program is repeated {again(site)} before it comes out",
                handler.span,
                "name the errors that pass by themselves, such as a lost connection or a timeout",
            )


def retries_permanent_error(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY403: an error that stays is retried. Silent where the handler tells errors apart, or mends something."""
    for handler in _handlers(site):
        if handler.discerns or handler.acts:
            continue
        names = [f"`{name}`" for name in handler.names if is_permanent(name, site.body.operations)]
        if names:
            yield Report(
                f"retries {listed(names)}, which another attempt cannot mend: repeated {again(site)}",
                handler.span,
                "let it out at once, and retry the errors that pass by themselves",
            )


def non_idempotent(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY404: a write that may have been done is done again, and nothing tells the two apart."""
    write = next((name for name in site.body.operations if is_write(name)), None)
    if write is None or site.body.keyed:
        return
    if any(not handler.discerns and _may_be_done(handler) for handler in _handlers(site)):
        yield Report(
            f"`{write}` is repeated {again(site)} without an idempotency key: what failed may have been done",
            _operation_span(site, write),
            "hand the same idempotency key to every attempt, or retry only what surely was not done",
        )


def _may_be_done(handler: Handler) -> bool:
    """Does it catch any error that can come after the operation was done?"""
    return not handler.names or any(name.rpartition(".")[2] not in NOT_DONE for name in handler.names)


def _operation_span(site: RetrySite, name: str) -> Span:
    spans = [span for role, span in site.spans if role == "operation"]
    return dict(zip(site.body.operations, spans, strict=False)).get(name, site.span)


def retries_time_limit(site: RetrySite, limits: Limits) -> Iterator[Report]:
    """RTY408: what tells a task that it ran too long is retried. Silent where an earlier handler takes it."""
    limit = (site.body.time_limit or "").rpartition(".")[2]
    if not limit or any(name.rpartition(".")[2] == limit for name in site.catch.spared):
        return
    for handler in _handlers(site):
        everything = not handler.names or not {"Exception", "BaseException"}.isdisjoint(handler.names)
        if everything and not handler.discerns:
            harm = (
                "the time limit starts again with each retry"
                if site.mechanism == "task"
                else "the task goes on, with no time limit but the hard one"
            )
            yield Report(
                f"retries {limit} like any failure: {harm}", handler.span, f"let {limit} out in a handler before"
            )


def _handlers(site: RetrySite) -> Iterator[Handler]:
    """The handlers of a site, and one at its own place for what a library catches; none where nothing is retried."""
    if site.limit.attempts == 1:
        return
    known = {name for handler in site.catch.handlers for name in handler.names}
    yield from site.catch.handlers
    rest = tuple(name for name in site.catch.names if name not in known)
    if rest:
        yield Handler(site.span, rest)
