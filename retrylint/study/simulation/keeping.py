"""Code that cannot be followed and keeps the count itself: may it end the attempts?

A policy that is asked after each failure, and a function that is handed the error, may raise once there were enough.
Nothing endless rests on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from retrylint import code
from retrylint.naming import words_of
from retrylint.verbs import called_name, is_logging, is_pausing, is_steering

MayRaise = Literal["never", "always", "handed the error", "of the error", "by its count"]

COUNTING = frozenset({"retry", "retries", "retrier", "policy", "backoff", "attempts", "budget", "limiter"})
RAISING = frozenset({"raise", "reraise"})
RAISES = frozenset((word,) for word in RAISING)
CONDITIONAL = frozenset({"if", "for", "from", "on", "unless", "when", "maybe"})
DECIDING = frozenset({"raise", "reraise", "check", "handle", "handler", "process", "classify"})
ABOUT = frozenset({"attempt", "error", "exception", "failure", "retry"})
TELLING = frozenset(
    {"add", "append", "can", "capture", "debug", "describe", "display", "emit", "format", "get", "has", "is", "log",
     "notify", "on", "print", "publish", "put", "record", "report", "save", "send", "set", "should", "show", "store",
     "str", "trace", "track", "warn", "write"}
)  # fmt: skip


def made_by(value: code.Expr) -> code.Call | None:
    """The call that gives a value, awaited or not; None where it is made of more than that."""
    value = value.value if isinstance(value, code.Await) else value
    return value if isinstance(value, code.Call) else None


def calls_that_decide(value: code.Expr) -> Iterator[code.Call]:
    """The call that gives a value, and what is handed to it by calls whose names say that they raise:
    `sleep(backoff.next_or_reraise(error))`.
    """
    call = made_by(value)
    if call is not None:
        handed = (made_by(each.value) for each in call.arguments)
        yield from (each for each in handed if each is not None and words_of(called_name(each))[-1:] in RAISES)
        yield call


def may_raise(call: code.Call) -> MayRaise:
    """Does a call raise, by its name and by whose it is, though nothing of it is seen?"""
    words = words_of(called_name(call))
    if not words or is_logging(call) or is_steering(call) or called_name(call)[0].isupper():
        return "never"
    if len(words) > 1 and words[-1] in RAISING:
        return "always"
    if words[0] in RAISING and len(words) > 1 and CONDITIONAL.isdisjoint(words):
        return "always" if _speaks_of_failure(words) or raised_by(call) is not None else "handed the error"
    if words[0] in TELLING or "predicate" in words or "retryable" in words:
        return "never"
    if keeps_count(call) and not is_pausing(call):
        return "by its count"
    if words == ("wait",) and _is_own(call) and not _tells_how_long(call):
        return "by its count"
    told_more = len(call.arguments) > 2 and not ABOUT.isdisjoint(words)  # than the error, such as a deadline
    return "of the error" if told_more or not DECIDING.isdisjoint(words) else "never"


def _is_own(call: code.Call) -> bool:
    return isinstance(call.function, code.Attribute) and call.function.value == code.Name("self")


def _tells_how_long(call: code.Call) -> bool:
    """Is a wait told its length? One that is not knows by itself how long, and when it was enough."""
    named = {each.keyword for each in call.arguments}
    return any(each.keyword is None for each in call.arguments) or not named.isdisjoint(
        {"seconds", "secs", "timeout", "until", "delay"}
    )


def raised_by(call: code.Call) -> code.Expr | None:
    """The class of exceptions that a function is handed to raise: `raise_with_cause(Lost, str(error), cause=error)`."""
    kinds = (each.value for each in call.arguments if isinstance(each.value, (code.Name, code.Attribute)))
    return next((each for each in kinds if code.last_name(each)[:1].isupper()), None)


def _speaks_of_failure(words: tuple[str, ...]) -> bool:
    return not {"error", "exception", "failed", "failure"}.isdisjoint(words)


def keeps_count(call: code.Call) -> bool:
    """Is it a method of what keeps the attempts, by its name: `retry.handle(...)`, `self.policy.proceed()`?"""
    if not isinstance(call.function, code.Attribute) or is_logging(call):
        return False
    first = words_of(call.function.name)[:1]
    return first != ("is",) and not COUNTING.isdisjoint(words_of(code.last_name(call.function.value)))
