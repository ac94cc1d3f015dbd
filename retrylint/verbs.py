"""What a call's name tells of it: does it work, or does it only compute, tell, wait, fetch or look?"""

from __future__ import annotations

import re

from retrylint import code

STEERING = frozenset({
    "min", "max", "abs", "int", "float", "str", "bool", "round", "pow", "range", "len", "repr", "format", "print",
    "isinstance", "getattr", "hasattr", "sleep", "format_exc", "all", "any", "sum", "wait_for", "shield",
})  # fmt: skip
STEERING_OWNERS = frozenset({"time", "random", "math", "datetime", "traceback", "warnings", "logging"})
LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "msg", "fatal", "notice"}
)
FETCHING = frozenset(
    {"input", "raw_input", "getpass", "next", "anext", "recv", "receive", "readline", "popleft", "get_nowait"}
)
LOOKING = (
    "get", "list", "describe", "check", "is_", "has_", "poll", "fetch", "read", "query", "find", "status", "exists",
)  # fmt: skip
ACCESSING = frozenset(
    {"get", "items", "keys", "values", "strip", "format", "join", "split", "encode", "decode", "lower", "upper",
     "append", "pop", "extend", "add", "copy", "startswith", "endswith", "replace", "setdefault", "update", "json"}
)  # fmt: skip


_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_in(name: str) -> frozenset[str]:
    """The words of a name: of `maxRetries` and `max_retries` they are `max` and `retries`."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def is_logging(call: code.Call) -> bool:
    """`log.warning(...)`, `self.logger.info(...)`: a log method of something."""
    return isinstance(call.function, code.Attribute) and call.function.name in LOGGING


def is_steering(call: code.Call) -> bool:
    """Does the call only compute, wait or tell? Then it does no work that an argument could change."""
    last = code.last_name(call.function)
    owner = (code.dotted(call.function) or "").partition(".")[0]
    return is_logging(call) or last in STEERING or owner in STEERING_OWNERS or last.endswith(("Error", "Exception"))


def is_fetching(call: code.Call) -> bool:
    """Does the call fetch the next thing: typed in, received, taken from a queue or an iterator?"""
    last = code.last_name(call.function)
    return last in FETCHING or (last in ("get", "pop") and not call.arguments)


def is_looking(call: code.Call) -> bool:
    """Does the call, by its verb, only look at a state?"""
    return code.last_name(call.function).lower().startswith(LOOKING)


def is_accessor(call: code.Call) -> bool:
    """Does the call only look into something that is there?"""
    return isinstance(call.function, code.Attribute) and call.function.name in ACCESSING
