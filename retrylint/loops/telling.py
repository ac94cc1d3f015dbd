"""What the tests of a loop tell: does a round go on because of a failure, or because a state has not come about?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from retrylint import code
from retrylint.loops.handing import inputs_in
from retrylint.loops.rounds import Choice, Loop, Way
from retrylint.names import bound_names
from retrylint.naming import speaks_of_status, words_of
from retrylint.verbs import called_name, is_connecting

PROGRESS = frozenset({
    "state", "ready", "done", "finished", "finish", "complete", "completed", "pending", "running", "progress", "active",
    "available", "status", "phase", "stage", "alive", "deleted", "deleting",
})  # fmt: skip
FAILURE = frozenset({
    "error", "errors", "fail", "failed", "failure", "failures", "ok", "success", "successful", "succeeded", "exception",
    "returncode", "retcode", "code", "stderr", "exit", "refused", "err", "retry", "again", "busy",
})  # fmt: skip
STOPPING = frozenset({
    "stop", "stopped", "stopping", "close", "closed", "closing", "shutdown", "cancel", "cancelled", "canceled", "abort",
    "aborted", "running", "exit", "quit", "interrupt", "interrupted", "alive", "terminate", "terminated", "kill",
    "killed",
})  # fmt: skip
PREDICATE = frozenset({"error", "errors", "fail", "failed", "failure", "retry", "retryable", "transient", "throttled"})
EXIT = frozenset({"status", "code", "returncode", "retcode", "ret", "rc", "exit"})
# errors that tell of a signal, or that nothing is there yet
NOT_READY = frozenset({"EINTR", "EAGAIN", "EWOULDBLOCK", "WSAEINTR", "WSAEWOULDBLOCK"})
ERROR = re.compile(r"\b[45]\d\d\b")  # a status of HTTP in a text


def decisions(loop: Loop, call: code.Call, going: Sequence[Way], leaving: Sequence[Way]) -> list[list[Choice]] | None:
    """The tests by which each round that made the call goes round where another leaves; None unless each has such."""
    out = {(id(choice.test), choice.answer) for way in leaving for choice in way.state.choices}
    found = [
        [
            choice
            for choice in way.state.choices
            if (id(choice.test), not choice.answer) in out and _speaks_of(choice, call)
        ]
        for way in going
    ]
    return found if found and all(found) else None


def tells_failure(loop: Loop, call: code.Call, choices: Sequence[Choice]) -> bool:
    """Does a round go on because the call gave nothing, for a word of failure, or for want of the call's effect?"""
    results = {
        name
        for node in code.statements(*loop.body)
        if isinstance(node, code.Assign) and _is_call(node.value, call)
        for target in node.targets
        for name in bound_names(target)
    }
    worded = [choice.test for choice in choices if not (_compares_status(choice.test) or _names_status(choice.test))]
    return is_about_failure(worded) or any(
        _is_absent(choice.test, choice.answer, results) or results.isdisjoint(inputs_in(choice.test))
        for choice in choices
    )


def _is_call(value: code.Expr, call: code.Call) -> bool:
    return (value.value if isinstance(value, (code.Await, code.Yield)) else value) is call


def _is_absent(test: code.Expr, answer: bool, results: set[str]) -> bool:
    """Does this answer mean that the whole result is nothing, or a number that tells of a failure?"""
    if isinstance(test, code.Unary):
        return _is_absent(test.operand, not answer, results)
    if isinstance(test, code.Logical):
        return _is_plain(test, answer) and any(_is_absent(value, answer, results) for value in test.values)
    if isinstance(test, code.Compare):
        known = code.dotted(test.left) in results and isinstance(test.others[0], code.Const)
        return known and (test.others[0] != code.Const(None) or (test.operators[0] == "is") == answer)
    return not answer and code.dotted(test) in results


def _speaks_of(choice: Choice, call: code.Call) -> bool:
    """Does a test look at what the call gave, or at what it works on?"""
    words = {word for name in _names_of(choice.test) for word in words_of(name)}
    if id(call) in choice.of:
        return STOPPING.isdisjoint(words)
    shared = {name for argument in call.arguments for name in inputs_in(argument.value)}
    if isinstance(call.function, code.Attribute):
        shared |= set(inputs_in(call.function.value))
    looks = bool(choice.of) or is_connecting(
        call
    )  # a flag of the object says little; a connection's flag is its result
    return looks and STOPPING.isdisjoint(words) and not shared.isdisjoint(inputs_in(choice.test))


def tells_to_stop(call: code.Call) -> bool:
    """Does the call, by its name, tell whether somebody wants an end?"""
    return not STOPPING.isdisjoint(words_of(called_name(call)))


def _names_of(expr: code.Expr) -> Iterator[str]:
    for node in code.walk(expr):
        if isinstance(node, (code.Name, code.Attribute)):
            yield code.last_name(node)
        elif isinstance(node, code.Const) and isinstance(node.value, str):
            yield node.value


def is_about_progress(tests: Iterable[code.Expr]) -> bool:
    """Do the tests ask whether something has come about?"""
    return any(
        not PROGRESS.isdisjoint(words_of(name)) and not speaks_of_status(name)
        for test in tests
        if not _compares_status(test)
        for name in _names_of(test)
    )


def is_about_failure(tests: Iterable[code.Expr]) -> bool:
    """Do the tests, by their words, ask whether something failed?"""
    return any(
        _compares_status(test) or any(not FAILURE.isdisjoint(words_of(name)) for name in _names_of(test))
        for test in tests
    )


def asks_for_presence(test: code.Expr) -> bool:
    """Does the test only ask whether there is anything: `if not found`, `found is None`?"""
    if isinstance(test, code.Unary):
        return asks_for_presence(test.operand)
    if isinstance(test, code.Logical):
        return any(asks_for_presence(value) for value in test.values)
    if isinstance(test, code.Compare):
        return test.operators[0] in ("is", "is not") and test.others[0] == code.Const(None)
    return isinstance(test, (code.Name, code.Attribute))


def is_error_status(choices: Iterable[Choice]) -> bool:
    """Does a round go on because of a status that tells of a failure: of HTTP, or of a process?"""
    return any(_is_error(choice.test, choice.answer) for choice in choices)


def _is_plain(test: code.Logical, answer: bool) -> bool:
    """Where the answer does not tell which part gave it: do all ask for a number, or whether there is anything?

    One that asks for a content waits for that.
    """
    return (test.operator == "and") == answer or not any(
        isinstance(node, code.Compare)
        and (node.operators[0] in ("in", "not in") or not all(isinstance(other, code.Const) for other in node.others))
        and not any(isinstance(part, code.Const) and type(part.value) is int for part in code.walk(node))
        for node in code.walk(test)
    )


def _is_error(test: code.Expr, answer: bool) -> bool:
    if isinstance(test, code.Unary) and test.operator == "not":
        return _is_error(test.operand, not answer)
    if isinstance(test, code.Logical):
        return _is_plain(test, answer) and any(_is_error(value, answer) for value in test.values)
    if any(ERROR.search(name) for name in _names_of(test)):
        return True
    if isinstance(test, code.Compare):
        status = _compares_status(test) or (_names_status(test) and not _is_agreed(test))
        return status and _wants_failure(test) == answer
    return _names_status(test) and answer


def _is_agreed(test: code.Compare) -> bool:
    """A comparison with numbers that mean what the two sides have agreed on, such as "start me again"."""
    numbers = [node.value for node in code.walk(test) if isinstance(node, code.Const) and type(node.value) is int]
    return bool(numbers) and all(0 < number < 200 for number in numbers) and test.operators[0] in ("==", "!=", "in")


def predicts_failure(choices: Iterable[Choice]) -> bool:
    """Does a round go on because a function that is named after failures says so: `if is_transient(answer)`?"""
    return any(_predicts(choice.test, choice.answer) for choice in choices)


def _predicts(test: code.Expr, answer: bool) -> bool:
    if isinstance(test, code.Unary) and test.operator == "not":
        return _predicts(test.operand, not answer)
    return answer and isinstance(test, code.Call) and not PREDICATE.isdisjoint(words_of(called_name(test)))


def expected_errno(ways: Iterable[Iterable[Choice]]) -> str | None:
    """The name of an error number that is no failure, where each way goes on because of such a one."""
    found = [next((name for each in way for name in _errno(each.test, each.answer)), None) for way in ways]
    return found[0] if found and all(found) else None


def _errno(test: code.Expr, answer: bool) -> Iterator[str]:
    if isinstance(test, code.Unary) and test.operator == "not":
        yield from _errno(test.operand, not answer)
    elif isinstance(test, code.Logical) and (test.operator == "and") == answer:
        for value in test.values:
            yield from _errno(value, answer)
    elif isinstance(test, code.Compare) and len(test.operators) == 1:
        other = test.others[0]
        names = [code.last_name(each) for each in (other.items if isinstance(other, code.Collection) else (other,))]
        if (test.operators[0] in ("==", "in", "is")) == answer and names and NOT_READY.issuperset(names):
            yield names[0]


def asks_for_signal(test: code.Expr) -> bool:
    """Does a test ask whether an error's number is one of a signal, or of nothing that is there yet?"""
    return any(
        isinstance(node, (code.Name, code.Attribute)) and code.last_name(node) in NOT_READY for node in code.walk(test)
    )


def has_something(test: code.Expr, answer: bool) -> bool:
    """Does this answer mean that there is something: `if found`, `found is not None`?"""
    if isinstance(test, code.Unary) and test.operator == "not":
        return has_something(test.operand, not answer)
    if isinstance(test, code.Compare):
        return test.others == (code.Const(None),) and (test.operators[0] == "is not") == answer
    return answer and isinstance(test, (code.Name, code.Attribute))


def _names_status(test: code.Expr) -> bool:
    return any(speaks_of_status(name) for name in _names_of(test))


def _wants_failure(test: code.Compare) -> bool:
    """Is the comparison true of a failure: not 0, not one of the 200s, or one of the 400s and 500s?"""
    numbers = [node.value for node in code.walk(test) if isinstance(node, code.Const) and type(node.value) is int]
    good = any(number == 0 or 200 <= number < 400 for number in numbers) and not any(n >= 400 for n in numbers)
    sign = test.operators[0]
    if sign in ("<", "<=") and len(test.operators) == 1:
        return False
    return (sign in ("!=", "not in", ">", ">=")) == good or (not good and sign in (">", ">="))


def _compared(side: code.Expr) -> tuple[code.Expr, ...]:
    """What a side of a comparison is, or holds; a number that only helps to compute it is not compared."""
    return side.items if isinstance(side, code.Collection) else (side,)


def _compares_status(test: code.Expr) -> bool:
    """A comparison with a number that HTTP uses, or of an exit status with zero."""
    for node in code.walk(test):
        if not isinstance(node, code.Compare):
            continue
        sides = (node.left, *node.others)
        numbers = [part.value for side in sides for part in _compared(side) if isinstance(part, code.Const)]
        if any(type(number) is int and 200 <= number < 600 for number in numbers):
            return True
        words = {word for side in sides for name in _names_of(side) for word in words_of(name)}
        if 0 in numbers and not words.isdisjoint(EXIT):
            return True
    return False
