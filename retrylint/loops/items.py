"""Does a loop go over things, or does it only count its rounds?"""

from __future__ import annotations

from retrylint import code
from retrylint.loops.handing import inputs_in, receiver_in, steers
from retrylint.loops.rounds import Loop
from retrylint.names import bound_names
from retrylint.naming import words_of
from retrylint.verbs import called_name, is_acting, is_pausing, is_steering
from retrylint.words import COUNTING, STEERS


def goes_over_items(loop: Loop) -> bool:
    """Does each round of a loop work with another thing? Then it is no retry, whatever fails or comes out of it."""
    return isinstance(loop, code.For) and worked_with(loop) is not None


def worked_with(loop: code.For) -> str | None:
    return None if counts_attempts(loop) else _used_item(loop)


def acted_on(loop: code.For) -> str | None:
    """The number that a loop counts, where an act is given it: another chunk, another port."""
    items = {name for name in bound_names(loop.target) if STEERS.isdisjoint(words_of(name))}
    for call in code.calls(*loop.body):
        if is_acting(call):
            worked = {name for argument in call.arguments if not steers(argument) for name in inputs_in(argument.value)}
            if items & worked:
                return min(items & worked)
    return None


def _used_item(loop: code.For) -> str | None:
    """The item of a loop over things, where it is worked with: to be logged, counted or waited for is no work."""
    items = set(bound_names(loop.target))
    told = {id(part) for call in code.calls(*loop.body) if _only_tells(call) for part in code.walk(call)}
    for node in (each for each in code.walk(*loop.body) if id(each) not in told):
        if isinstance(node, code.Call):
            worked = {name for argument in node.arguments if not steers(argument) for name in inputs_in(argument.value)}
            used = items & (worked | set(receiver_in(node)))
        elif isinstance(node, code.Subscript):
            used = items & {*inputs_in(node.value), *inputs_in(node.index)}
        elif isinstance(node, code.Compare) and _tells_apart(node):
            used = items & set(inputs_in(node.left))
        elif isinstance(node, code.Assign) and any(isinstance(target, code.Attribute) for target in node.targets):
            used = items & set(inputs_in(node.value))
        else:
            continue
        if used:
            return min(used)
    return None


def _tells_apart(test: code.Compare) -> bool:
    """Does a test ask which one of several something is?"""
    is_text = isinstance(test.others[0], code.Const) and isinstance(test.others[0].value, str)
    return test.operators[0] in ("in", "not in") or (test.operators[0] in ("==", "!=") and is_text)


def _only_tells(call: code.Call) -> bool:
    reads = called_name(call).startswith("strp")  # `datetime.strptime(text, item)` tries another format
    return (is_steering(call) and not reads) or is_pausing(call)


def counts_attempts(loop: code.For) -> bool:
    """Does the loop run over bare numbers, or over something that is only there to be counted?"""
    iterable = loop.iterable
    if isinstance(iterable, code.Collection):
        return all(isinstance(item, code.Const) and not isinstance(item.value, str) for item in iterable.items)
    if isinstance(iterable, code.Call):
        name = called_name(iterable)
        inner = iterable.arguments[0].value if iterable.arguments else None
        if name in ("reversed", "enumerate", "trange", "tqdm") and isinstance(inner, code.Call):
            return called_name(inner) in COUNTING
        return name in COUNTING or not STEERS.isdisjoint(words_of(name))
    return False
