"""What a call's name tells of it: does it work, or does it only compute, tell, wait, fetch or look?"""

from __future__ import annotations

from itertools import pairwise

from retrylint import code
from retrylint.naming import acts, looks, pauses, words_of
from retrylint.words import (
    ACCESSING,
    ASKING,
    CONNECTING,
    DRAWING,
    FALLING_BACK,
    FETCHING,
    LOCKING,
    LOGGING,
    PAUSING,
    STEERING,
    STEERING_OWNERS,
    TAKING,
    WAITING_FOR,
)


def called_name(call: code.Call) -> str:
    """The last part of what is called; of `commands["host.run"](...)` it is `run`."""
    function = call.function
    if isinstance(function, code.Subscript) and isinstance(function.index, code.Const):
        return str(function.index.value).rpartition(".")[2]
    return code.last_name(function)


def is_acting(call: code.Call) -> bool:
    """Does the call, by its name, do something in the world? What is chosen by a key at run time is there to act."""
    by_key = isinstance(call.function, code.Subscript) and not isinstance(call.function.index, code.Const)
    return by_key or acts(called_name(call))


def is_connecting(call: code.Call) -> bool:
    """Does the call make a connection?"""
    words = words_of(called_name(call))
    return not CONNECTING.isdisjoint(words) and "close" not in words and "lost" not in words


def is_pausing(call: code.Call) -> bool:
    """Does the call, by its name, let time pass?"""
    return pauses(called_name(call))


def is_sleeping(call: code.Call) -> bool:
    """Does the call, by its name, sleep? So does one that waits and says for how many seconds."""
    words = words_of(called_name(call))
    return "sleep" in words or (
        bool(words)
        and words[0] in PAUSING
        and any(each.keyword in ("seconds", "secs", "until") for each in call.arguments)
    )


def is_waiting_for(call: code.Call) -> bool:
    """Does the call itself wait for something to come about?"""
    words = words_of(called_name(call))
    return bool(words) and words[0] in WAITING_FOR


def is_taking(call: code.Call) -> bool:
    """Does the call take the next thing from somewhere, so that the one after takes another?"""
    words = words_of(called_name(call))
    return is_fetching(call) or (bool(words) and (words[0] in TAKING or words[1:2] == ("next",)))


def is_exclusive(call: code.Call) -> bool:
    """Does the call make a file only where there is none: `os.open(path, O_CREAT | O_EXCL)`, `open(path, "x")`?"""
    texts = [each.value.value for each in call.arguments if isinstance(each.value, code.Const)]
    flags = any(
        isinstance(node, (code.Name, code.Attribute)) and code.last_name(node) == "O_EXCL"
        for each in call.arguments
        for node in code.walk(each.value)
    )
    return flags or (called_name(call) == "open" and not {"x", "xb", "x+"}.isdisjoint(map(str, texts)))


def is_locking(call: code.Call) -> bool:
    """Does the call ask the system for a lock on a file, which somebody else may hold?"""
    return called_name(call) in LOCKING


def is_falling_back(call: code.Call) -> bool:
    """Does the call, by its name, settle for something less, which what comes after it then uses?"""
    words = words_of(called_name(call))
    return not FALLING_BACK.isdisjoint(words) or ("fall", "back") in pairwise(words)


def goes_to_next(call: code.Call) -> bool:
    """Does the call, by its name, go on to the next of several: `self._next_mirror()`?"""
    words = words_of(called_name(call))
    return len(words) > 1 and "next" in words[:3] and not is_steering(call)


def is_asking(call: code.Call) -> bool:
    """Does the call ask someone for an input?"""
    return not ASKING.isdisjoint(words_of(called_name(call)))


def is_drawing(call: code.Call) -> bool:
    """Is what the call gives drawn by chance?"""
    return not DRAWING.isdisjoint(words_of(called_name(call)))


def is_choosing(call: code.Call) -> bool:
    """Does the call, by its name, choose one of several?"""
    return words_of(called_name(call))[:1] in (("choose",), ("pick",))


def is_logging(call: code.Call) -> bool:
    """`log.warning(...)`, `self.logger.info(...)`: a log method of something."""
    return isinstance(call.function, code.Attribute) and call.function.name in LOGGING


def is_steering(call: code.Call) -> bool:
    """Does the call only compute, wait or tell? Then it does no work that an argument could change."""
    last = code.last_name(call.function)
    owner = (code.dotted(call.function) or "").partition(".")[0]
    if isinstance(call.function, code.Attribute) and isinstance(call.function.value, code.Const):
        return True  # a method of a text
    return is_logging(call) or last in STEERING or owner in STEERING_OWNERS or last.endswith(("Error", "Exception"))


def is_fetching(call: code.Call) -> bool:
    """Does the call fetch the next thing: typed in, received, taken from a queue or an iterator?"""
    last = code.last_name(call.function)
    waits = all(argument.keyword in ("timeout", "block") for argument in call.arguments)
    return last in FETCHING or (last in ("get", "pop") and waits)


def takes_out(call: code.Call) -> bool:
    """Does the call, by its name, take something out of where it is kept: `self._pop_pending()`?"""
    words = words_of(called_name(call))
    return len(words) > 1 and words[0] == "pop"


def is_looking(call: code.Call) -> bool:
    """Does the call, by its verb, only look at a state?"""
    return looks(called_name(call))


def is_accessor(call: code.Call) -> bool:
    """Does the call only look into something that is there?"""
    return isinstance(call.function, code.Attribute) and call.function.name in ACCESSING
