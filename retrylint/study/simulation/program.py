"""What is run: a function, what it knows of the module around it, and the failure that the adversary chose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from retrylint import code
from retrylint.again.again import Resolve
from retrylint.names import Imports
from retrylint.study.simulation.places import item_key, place_name
from retrylint.values import Value

MUTATORS = frozenset(
    {"append", "add", "pop", "popleft", "remove", "discard", "update", "setdefault", "insert", "extend", "clear"}
)


@dataclass(frozen=True, slots=True)
class Program:
    """A function that runs itself again, by the calls that `resolve` tells, and what it can see.

    `constants` and `members` are the expressions that module names and class attributes are set to once.
    `moving` names containers that are changed in place: what they hold differs between attempts. `changed` are those
    that are changed before or behind a loop: what they hold is only not told.
    `counters` names what is stepped, by itself or by the self-call; True where it counts up. `limits` are counts of
    ones and what they are compared with.
    `loop`: the loop that retries, whose rounds are all run.
    `helpers`: the functions that are run where they are called, by how a call spells them. `others`: those of the same
    module that are not, because they do more than that; what they give may be another thing each time.
    `changing`: the methods of the same class that set attributes: what one gives next is told by what it has set.
    `raising`: those that may raise where nothing is left to be tried.
    `idle`: the identities of statements that change neither the course of a run nor its waits.
    `declared` names are the module's, not the function's own.
    `deferred`: other code runs between the attempts, so what attributes and calls give may be another each time,
    apart from the attributes that the function `sets`.
    `nullable`: a parameter whose default is None may have been given another value; without `trusting` any
    parameter and any attribute may.
    """

    function: code.Function
    resolve: Resolve
    imports: Imports = Imports()
    receiver: str | None = None
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    members: Mapping[str, code.Expr] = field(default_factory=dict)
    moving: frozenset[str] = frozenset()
    counters: Mapping[str, bool] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    loop: code.For | code.While | None = None
    limits: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    helpers: Mapping[str, code.Function] = field(default_factory=dict)
    others: frozenset[str] = frozenset()
    changing: frozenset[str] = frozenset()
    raising: frozenset[str] = frozenset()
    idle: frozenset[int] = frozenset()
    deferred: bool = False
    sets: frozenset[str] = frozenset()
    nullable: bool = False
    trusting: bool = True

    def is_self_call(self, call: code.Call) -> bool:
        """Does a call run the function again?"""
        return self.resolve(call) is not None

    def constant(self, name: str) -> code.Expr | None:
        """What a module name, or an attribute of the receiver, is set to."""
        head, _, rest = name.rpartition(".")
        if not head:
            return self.constants.get(name)
        if name in self.constants and name.partition(".")[0] in self.imports.table:
            return self.constants[name]  # of an imported module
        if not self.trusting:
            return None
        found = self.members.get(rest) if head in (self.receiver, f"{self.receiver}.__class__") else None
        return None if found == code.Const(None) else found  # an attribute of None is there to be set

    @property
    def keywords(self) -> str | None:
        """The name of the function's own `**` parameter: a dict that each activation has for itself."""
        return next((each.name for each in self.function.parameters if each.kind == "double-star"), None)

    def default(self, parameter: code.Parameter) -> code.Expr | None:
        """The default that a parameter is taken to have."""
        if not self.trusting or (self.nullable and parameter.default == code.Const(None)):
            return None
        return parameter.default


def moving_names(block: code.Block) -> frozenset[str]:
    """The containers that a block changes in place, apart from items that have a constant key."""
    found: set[str] = set()
    for node in code.walk(*block):
        if isinstance(node, code.Call) and isinstance(node.function, code.Attribute):
            by_key = node.function.name == "pop" and node.arguments and _is_text(node.arguments[0].value)
            by_key = by_key or is_keyed_update(node)
            name = code.dotted(node.function.value)
            if node.function.name in MUTATORS and name and not by_key:
                found.add(name)
        targets: tuple[code.Expr, ...] = ()
        if isinstance(node, (code.Assign, code.Delete)):
            targets = node.targets
        elif isinstance(node, code.AugAssign):
            targets = (node.target,)
        for target in targets:
            if isinstance(target, code.Subscript) and item_key(target.index) is None:
                name = code.dotted(target.value)
                found |= {name} if name else set()
    return frozenset(found)


def set_attributes(block: code.Block) -> frozenset[str]:
    """The attributes that a block sets."""
    targets = [target for node in code.statements(*block) if isinstance(node, code.Assign) for target in node.targets]
    targets += [node.target for node in code.statements(*block) if isinstance(node, code.AugAssign)]
    return frozenset(name for each in targets if isinstance(each, code.Attribute) and (name := code.dotted(each)))


def is_keyed_update(call: code.Call) -> bool:
    """`options.update({"count": 1}, delay=2)`: does it set items that have a constant key, and no others?"""
    if not isinstance(call.function, code.Attribute) or not isinstance(call.function.value, code.Name):
        return False
    return call.function.name == "update" and all(
        argument.keyword is not None
        or (
            isinstance(argument.value, code.Mapping)
            and all(key is not None and _is_text(key) for key, _ in argument.value.items)
        )
        for argument in call.arguments
    )


def _is_text(index: code.Expr) -> bool:
    return isinstance(index, code.Const) and isinstance(index.value, str)


def stepped_names(function: code.Function, resolve: Resolve) -> dict[str, bool]:
    """What a function steps from attempt to attempt; True where it counts up."""
    found: dict[str, bool] = {}
    for node in code.walk(*function.body):
        if isinstance(node, code.AugAssign) and (name := place_name(node.target)):
            found[name] = node.operator == "+"
        elif isinstance(node, code.Call) and (again := resolve(node)) is not None:
            for argument in again.made.arguments:
                found.update(_stepped(argument.value))
        elif isinstance(node, code.Call) and is_keyed_update(node):
            for argument in node.arguments:
                found.update(_stepped(argument.value))
        elif isinstance(node, code.Assign):
            found.update(_stepped(node.value))
    return found


def limit_names(*roots: code.Stmt) -> frozenset[str]:
    """Counts of ones and what they are compared with, and what these are set from or to."""
    nodes = list(code.walk(*roots))
    ranges = [node for node in nodes if isinstance(node, code.For) and _is_range(node.iterable)]
    counted = {place_name(node.target) for node in nodes if isinstance(node, code.AugAssign) and _is_one(node.value)}
    counted |= {
        place_name(node.value.left)
        for node in nodes
        if isinstance(node, code.Assign) and isinstance(node.value, code.Binary) and _is_one(node.value.right)
    }
    counted |= {place_name(node.target) for node in nodes if isinstance(node, code.For) and _counts(node.iterable)}
    counted.discard(None)
    found = {
        name
        for node in ranges
        if isinstance(node.iterable, code.Call)
        for argument in node.iterable.arguments
        for name in _places(argument.value)
    }
    for node in nodes:
        if isinstance(node, code.Compare):
            sides = [place_name(side) for side in (node.left, *node.others)]
            if not counted.isdisjoint(sides):
                found |= {name for name in sides if name is not None and name not in counted}
    return frozenset(_same_values(found | {name for name in counted if name is not None}, nodes))


def _places(expr: code.Expr) -> Iterator[str]:
    """The names of what a sum, or a bound of it, is made of."""
    if isinstance(expr, code.Binary):
        yield from _places(expr.left)
        yield from _places(expr.right)
    elif isinstance(expr, code.Call) and code.last_name(expr.function) in ("min", "max", "int"):
        for argument in expr.arguments:
            yield from _places(argument.value)
    elif name := place_name(expr):
        yield name


def _counts(iterable: code.Expr) -> bool:
    """Does a loop over it count its rounds?"""
    return isinstance(iterable, code.Call) and code.last_name(iterable.function) in ("range", "count")


def _is_range(iterable: code.Expr) -> bool:
    return isinstance(iterable, code.Call) and iterable.function == code.Name("range")


def _is_one(value: code.Expr) -> bool:
    return value in (code.Const(1), code.Const(-1))


def _same_values(names: set[str], nodes: list[object]) -> set[str]:
    """The names, and those that a plain assignment sets to one of them or sets one of them to."""
    plain = [
        (place_name(node.targets[0]), place_name(node.value))
        for node in nodes
        if isinstance(node, code.Assign) and len(node.targets) == 1
    ]
    for target, value in plain:
        if target in names and value is not None:
            names = names | {value}
    for target, value in plain:
        if value in names and target is not None:
            names = names | {target}
    return names


def _stepped(value: code.Expr) -> dict[str, bool]:
    """The names that an expression is a step away from, alone or in a tuple."""
    if isinstance(value, code.Collection):
        return {name: up for item in value.items for name, up in _stepped(item).items()}
    if isinstance(value, code.Mapping):
        return {name: up for _, item in value.items for name, up in _stepped(item).items()}
    if isinstance(value, code.Binary) and value.operator in ("+", "-") and (name := place_name(value.left)):
        return {name: value.operator == "+"}
    return {}


@dataclass(frozen=True, slots=True)
class Trigger:
    """What raises: a call, or the start of a statement; and the handler, or suppressing `with`, that it raises for."""

    point: code.Call | code.Stmt
    handler: code.Handler | code.With


@dataclass(frozen=True, slots=True)
class Failure:
    """The adversary's choice: what raises, and what must have raised before to get there.

    Without a trigger the operation fails by its result: `operation` is the call that is counted, or where none is
    known, each activation of the function is one execution. `once`: an activation counts for one execution at most,
    because an inner loop tries one thing after the other. `elsewhere`: calls outside the loop that do the same once
    more, and fail as well.
    """

    trigger: Trigger | None = None
    before: tuple[Trigger, ...] = ()
    operation: code.Call | None = None
    once: bool = False
    elsewhere: tuple[code.Call, ...] = ()

    @property
    def triggers(self) -> dict[int, Trigger]:
        """What raises, by the identity of its node; where two share one, that which comes before."""
        own = (self.trigger,) if self.trigger is not None else ()
        return {id(trigger.point): trigger for trigger in (*own, *reversed(self.before))}

    def points(self) -> Iterator[code.Call | code.Stmt]:
        """Every node at which something happens."""
        yield from (trigger.point for trigger in self.before)
        yield from self.elsewhere
        if self.trigger is not None:
            yield self.trigger.point
        if self.operation is not None:
            yield self.operation


@dataclass(frozen=True, slots=True)
class Executed:
    """The operation ran, and failed."""

    line: int


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait of so many seconds; `value` is Unknown where they are, `stand_in` what stands for them then.

    `spelt` is how they are written.
    """

    value: Value
    stand_in: Value
    line: int
    function: str
    call: code.Call
    spelt: code.Expr | None


Event = Executed | Waited
