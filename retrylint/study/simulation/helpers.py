"""Functions of the same module or class that sleep, compute a wait or decide: they are run where they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from retrylint import code
from retrylint.loops.telling import STOPPING
from retrylint.names import Imports, Owner, bindings, is_static, receiver
from retrylint.naming import words_of
from retrylint.study.simulation.calls import CLOCKS, RANDOM, SLEEPS
from retrylint.study.simulation.program import moving_names, set_attributes
from retrylint.verbs import is_accessor, is_logging, is_sleeping, is_steering

Helpers = Mapping[str, code.Function]


def helpers_of(
    function: code.Function, owner: Owner, defined: Helpers, imports: Imports
) -> tuple[dict[str, code.Function], frozenset[str]]:
    """The helpers that a function may call, by how a call spells them, and the calls of its module that are none.

    `defined` has the definitions by qualified name.
    """
    this = receiver(function, owner)
    local = {name for name, _ in bindings(*function.body)} | code.own_parameters(function)
    called: dict[str, code.Function] = {}
    for name, helper in defined.items():
        home, _, last = name.rpartition(".")
        if helper.span == function.span:
            continue
        if not home and name not in local:
            called[name] = helper
        elif home and owner.in_class and home == ".".join(owner.path):
            if is_static(helper):
                called[name] = helper
            if this and (is_static(helper) or (receiver(helper, owner) == this and not _is_hook(helper))):
                called[f"{this}.{last}"] = helper
    called.update(_nested_helpers(function))
    shadowed = {name for helper in called.values() for name in code.own_parameters(helper)}
    candidates = {name: helper for name, helper in called.items() if name not in shadowed and _is_plain(helper)}
    sleeping = _sleeping(candidates, imports)
    computing = _computing({name: each for name, each in candidates.items() if name not in sleeping}, imports)
    found = {name: helper for name, helper in candidates.items() if name in sleeping or name in computing}
    return found, frozenset(called.keys() - found.keys())


def changing_methods(function: code.Function, owner: Owner, defined: Helpers) -> frozenset[str]:
    """The other methods of a class that set attributes of its object, by how a call spells them."""
    return frozenset(
        spelt
        for spelt, each in _other_methods(function, owner, defined)
        if any(name.partition(".")[0] == receiver(each, owner) for name in set_attributes(each.body))
    )


def raising_methods(function: code.Function, owner: Owner, defined: Helpers) -> frozenset[str]:
    """The other methods of a class that change its object and raise, as where nothing is left to be tried."""
    return frozenset(
        spelt
        for spelt, each in _other_methods(function, owner, defined)
        if any(isinstance(node, code.Raise) for node in code.walk(*each.body))
        if _of_object(set_attributes(each.body) | moving_names(each.body))
    )


def _other_methods(function: code.Function, owner: Owner, defined: Helpers) -> Iterator[tuple[str, code.Function]]:
    """The other methods of a method's class, each with the spelling by which that one calls it."""
    home, this = ".".join(owner.path), receiver(function, owner)
    for name, each in defined.items():
        class_name, _, last = name.rpartition(".")
        if owner.in_class and class_name == home and each.span != function.span:
            yield f"{this}.{last}", each


def _of_object(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if "." in name)


def set_on_failure(function: code.Function, owner: Owner, defined: Helpers) -> frozenset[str]:
    """The attributes that other methods set where they handle an error, themselves or by way of one more.

    Such a method may be what has failed: a condition on what it has set is another one then. One more that is not
    among those that are known may set any of those that they set. A flag by which somebody stops it is none.
    """
    home = ".".join(owner.path)
    known = {name.rpartition(".")[2]: each for name, each in defined.items() if name.rpartition(".")[0] == home}
    if not owner.in_class or not home:
        return frozenset()
    found: set[str] = set()
    for helper in _reached(function, owner, known):
        handled = [node for node in code.walk(*helper.body) if isinstance(node, code.Handler)]
        if not handled:
            continue
        this = receiver(helper, owner)
        blocks = [handler.body for handler in handled]
        own = {name for block in blocks for name in _own_calls(block, this)}
        blocks += [each.body for last, each in known.items() if last in own or not own <= known.keys()]
        found |= {name for block in blocks for name in set_attributes(block) if name.partition(".")[0] == this}
    return frozenset(name for name in found if STOPPING.isdisjoint(words_of(name)))


def _reached(function: code.Function, owner: Owner, known: Helpers) -> tuple[code.Function, ...]:
    """The other methods that a function calls on its object, and those that they call."""
    found: dict[str, code.Function] = {}
    layer = [function]
    while layer:
        names = {name for each in layer for name in _own_calls(each.body, receiver(each, owner))}
        new = {name: known[name] for name in names if name in known and name not in found}
        layer = [each for each in new.values() if each.span != function.span]
        found |= new
    return tuple(each for each in found.values() if each.span != function.span)


def _own_calls(block: code.Block, this: str | None) -> set[str]:
    """The names of the methods that a block calls on the object `this`."""
    return {
        call.function.name
        for call in code.calls(*block)
        if isinstance(call.function, code.Attribute) and this and call.function.value == code.Name(this)
    }


def _nested_helpers(function: code.Function) -> dict[str, code.Function]:
    """The functions inside a function, which see its names."""
    inner = [node for node in code.walk(*function.body) if isinstance(node, code.Function)]
    names = [each.name for each in inner]
    return {each.name: each for each in inner if names.count(each.name) == 1}


def steering_names(helpers: Helpers) -> frozenset[str]:
    """The names of the object and the module that helpers look at."""
    return frozenset(
        name
        for helper in helpers.values()
        for node in code.walk(*helper.body)
        if isinstance(node, (code.Name, code.Attribute)) and (name := code.dotted(node))
    )


def steers(helpers: Helpers, imports: Imports) -> Callable[[code.Call], bool]:
    """Does a call wait, or run a helper?"""
    return lambda call: (
        is_sleeping(call) or imports.name_of(call.function) in SLEEPS or code.dotted(call.function) in helpers
    )


def _is_plain(helper: code.Function) -> bool:
    """Is it a function that runs when it is called, and does not work on the names of another?"""
    nodes = list(code.walk(*helper.body))
    decorated = [each for each in helper.decorators if code.dotted(each) != "staticmethod"]
    return not decorated and not any(
        isinstance(node, code.Yield) or (isinstance(node, code.Declare) and node.kind == "nonlocal") for node in nodes
    )


def _is_hook(helper: code.Function) -> bool:
    """A method that only gives a constant is there to be overridden."""
    last = helper.body[-1] if helper.body else None
    rest = all(isinstance(each, code.Pass) or _is_text(each) for each in helper.body[:-1])
    constant = isinstance(last, code.Return) and isinstance(last.value, (code.Const, type(None)))
    return rest and (constant or isinstance(last, (code.Pass, code.Raise)) or _is_text(last))


def _is_text(statement: code.Stmt | None) -> bool:
    return isinstance(statement, code.Evaluate) and isinstance(statement.value, code.Const)


def _sleeping(helpers: Helpers, imports: Imports) -> set[str]:
    """Those that wait, themselves or by way of another."""
    found: set[str] = set()
    grown = True
    while grown:
        new = {
            name
            for name, helper in helpers.items()
            if name not in found
            and any(
                imports.name_of(call.function) in SLEEPS or code.dotted(call.function) in found
                for call in code.calls(*helper.body)
            )
        }
        found |= new
        grown = bool(new)
    return found


def _computing(helpers: Helpers, imports: Imports) -> set[str]:
    """Those that give a value and do nothing else: every call in them computes, tells the time or draws by chance."""
    found = {name for name, helper in helpers.items() if any(_values(helper))}
    lost = True
    while lost:
        kept = {
            name
            for name in found
            if all(_only_computes(call, found, imports) for call in code.calls(*helpers[name].body))
        }
        lost = kept != found
        found = kept
    return found


def _values(helper: code.Function) -> Iterator[bool]:
    yield from (isinstance(node, code.Return) and node.value is not None for node in code.walk(*helper.body))


def _only_computes(call: code.Call, helpers: set[str], imports: Imports) -> bool:
    name = imports.name_of(call.function)
    known = name in CLOCKS or name in RANDOM or code.dotted(call.function) in helpers
    return known or is_steering(call) or is_logging(call) or is_accessor(call)
