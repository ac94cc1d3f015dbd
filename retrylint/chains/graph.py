"""Which function a call runs, told by names alone: functions, imports, classes and bases, partials, arguments.

An edge that would need guessing is not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from retrylint import code
from retrylint.dataflow import bind
from retrylint.model import RetrySite
from retrylint.names import Imports, bindings

PARTIAL = "functools.partial"
MOST_STEPS = 8  # modules that hand a name on, classes above one another, names that stand for names


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A function or a class: the file that it stands in ("" for the only one) and its qualified name there."""

    path: str
    name: str


Handed = Mapping[str, Node]
"""The functions that a function was given, by parameter."""


@dataclass(frozen=True, slots=True)
class Region:
    """A site and what runs again with each of its attempts; `home` is the function that it stands in."""

    site: RetrySite
    block: code.Block
    home: Node


@dataclass(frozen=True, slots=True)
class Module:
    """A module's functions and the bases of its classes by qualified name, what its names are set to once, its imports,
    and its sites.
    """

    functions: Mapping[str, code.Function]
    bases: Mapping[str, Sequence[str]]
    imports: Imports = Imports()
    regions: Sequence[Region] = ()
    constants: Mapping[str, code.Expr] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Graph:
    """The calls among modules. `module` reads one by its file, `split` tells the file that a qualified name is of.

    `client`: the retries that a client does by itself, which a call of a qualified name makes.
    """

    module: Callable[[str], Module | None]
    split: Callable[[str, str], tuple[str, str] | None]
    client: Callable[[str, code.Call], RetrySite | None]
    _imports: dict[Node, Imports] = field(default_factory=dict)
    _bound: dict[Node, dict[str, list[object]]] = field(default_factory=dict)

    def regions_in(self, node: Node) -> Sequence[Region]:
        """The sites in a function."""
        module = self.module(node.path)
        return () if module is None else tuple(each for each in module.regions if each.home == node)

    def function(self, node: Node) -> code.Function | None:
        """The code of a function."""
        module = self.module(node.path)
        return None if module is None else module.functions.get(node.name)

    def handed(self, call: code.Call, home: Node, handed: Handed, callee: Node) -> Handed:
        """The functions that a call hands over, by the parameters of what it runs."""
        function = self.function(callee)
        if function is None or not call.arguments:
            return {}
        is_method = bool(function.parameters) and function.parameters[0].name in ("self", "cls")
        bound, _ = bind(function, call, is_method)
        found = {name: self.meant(expr, home, handed) for name, expr in bound.items()}
        return {name: node for name, node in found.items() if node is not None}

    def ancestors(self, name: str, home: Node) -> tuple[str, ...]:
        """The bases of a class, and theirs, as far as they are known, by qualified name."""
        found: dict[str, None] = {}
        layer = [(name, home)]
        for _ in range(MOST_STEPS):
            owners = [owner for each, where in layer if (owner := self._class_qualified(each, where)) is not None]
            layer = []
            for owner in owners:
                module = self.module(owner.path)
                layer += [(base, Node(owner.path, "")) for base in (module.bases[owner.name] if module else ())]
            found.update((self.imports(where).qualify(base), None) for base, where in layer)
        return tuple(found)

    def meant(
        self, expr: code.Expr, home: Node, handed: Handed, depth: int = 0, this: Node | None = None
    ) -> Node | None:
        """The function that an expression stands for in another one; None where names alone do not tell.

        `this`: the class of the object that the function runs on, where it is known to be another than its own.
        """
        if depth > MOST_STEPS:
            return None
        if isinstance(expr, code.Call):
            is_partial = self.imports(home).name_of(expr.function) == PARTIAL and expr.arguments
            return self.meant(expr.arguments[0].value, home, handed, depth + 1) if is_partial else None
        if isinstance(expr, code.Name):
            return self._named(expr.id, home, handed, depth)
        if not isinstance(expr, code.Attribute):
            return None
        own = this if expr.value == code.Name("self") else None
        owner = own or self._class_of(expr.value, home, depth)
        if owner is not None:
            is_super = isinstance(expr.value, code.Call) and expr.value.function == code.Name("super")
            return self._method(owner, expr.name, skips_own=is_super)
        return self._function_of(code.dotted(expr), home)

    def imports(self, home: Node) -> Imports:
        """What names stand for in a function."""
        if home not in self._imports:
            module, function = self.module(home.path), self.function(home)
            table = module.imports if module is not None else Imports()
            self._imports[home] = table.within(function) if function is not None else table
        return self._imports[home]

    def object_of(self, call: code.Call, home: Node, this: Node | None) -> Node | None:
        """The class of the object that a method is called on; `this` is that of the calling method's, where told."""
        if not isinstance(call.function, code.Attribute):
            return None
        owner = call.function.value
        is_own = owner == code.Name("self") or (isinstance(owner, code.Call) and owner.function == code.Name("super"))
        return this if is_own and this is not None else self._class_of(owner, home, 0)

    def _named(self, name: str, home: Node, handed: Handed, depth: int) -> Node | None:
        if name in handed:
            return handed[name]
        function, module = self.function(home), self.module(home.path)
        within = Node(home.path, f"{home.name}.{name}")
        if module is not None and within.name in module.functions:
            return within
        if function is not None:
            if name in code.own_parameters(function):
                return None
            bound = self.bound(home).get(name, ())
            if len(bound) == 1 and isinstance(bound[0], code.Assign):
                return self.meant(bound[0].value, home, handed, depth + 1)
            if any(not isinstance(each, code.Import) for each in bound):
                return None
        return self._function_of(name, home)

    def bound(self, home: Node) -> Mapping[str, Sequence[object]]:
        """What binds the names of a function."""
        function = self.function(home)
        return self._bindings(home, function) if function is not None else {}

    def _bindings(self, home: Node, function: code.Function) -> dict[str, list[object]]:
        if home not in self._bound:
            found: dict[str, list[object]] = {}
            for name, node in bindings(*function.body):
                found.setdefault(name, []).append(node)
            self._bound[home] = found
        return self._bound[home]

    def _function_of(self, name: str | None, home: Node) -> Node | None:
        """The function of a dotted name, which may be a method of a class."""
        found = self._definition(name, home) if name is not None else None
        module = self.module(found.path) if found is not None else None
        if found is None or module is None or found.name in module.functions:
            return found
        owner, _, last = found.name.rpartition(".")
        return self._method(Node(found.path, owner), last) if owner in module.bases else None

    def _definition(self, name: str, home: Node, depth: int = 0) -> Node | None:
        """What a dotted name is defined as, through modules that hand it on; a method by its class is not looked up."""
        module = self.module(home.path)
        if module is None or depth > MOST_STEPS:
            return None
        if name in module.functions or name in module.bases or name.rpartition(".")[0] in module.bases:
            return Node(home.path, name)
        table = self.imports(home).table
        head, joint, rest = name.partition(".")
        found = self.split(table[head] + joint + rest, home.path) if head in table else None
        return self._definition(found[1], Node(found[0], ""), depth + 1) if found is not None and found[1] else None

    def _class_of(self, expr: code.Expr, home: Node, depth: int) -> Node | None:
        """The class of an object, or the class that an expression names."""
        own = self._own_class(home)
        if isinstance(expr, code.Call):
            if expr.function == code.Name("super"):
                return own
            name = code.dotted(expr.function)
            return self._class_named(name, home) if name is not None else None
        if isinstance(expr, code.Attribute) and isinstance(expr.value, code.Name) and expr.value.id == "self":
            return self._attribute(own, expr) if own is not None and depth < MOST_STEPS else None
        if not isinstance(expr, code.Name):
            name = code.dotted(expr)
            return self._class_named(name, home) if name is not None else None
        if expr.id in ("self", "cls"):
            return own
        function = self.function(home)
        bound = self.bound(home).get(expr.id, ())
        if len(bound) == 1 and isinstance(bound[0], code.Assign) and isinstance(bound[0].value, code.Call):
            return self._class_of(bound[0].value, home, depth + 1)
        is_local = bool(bound) or (function is not None and expr.id in code.own_parameters(function))
        return None if is_local else self._class_named(expr.id, home)

    def _attribute(self, owner: Node, attribute: code.Attribute) -> Node | None:
        """The class of what `__init__` sets an attribute to, once."""
        made = Node(owner.path, f"{owner.name}.__init__")
        init = self.function(made)
        if init is None:
            return None
        set_to = [
            node.value for node in code.walk(*init.body) if isinstance(node, code.Assign) and attribute in node.targets
        ]
        return (
            self._class_of(set_to[0], made, MOST_STEPS)
            if len(set_to) == 1 and isinstance(set_to[0], code.Call)
            else None
        )

    def _own_class(self, home: Node) -> Node | None:
        """The class around a function, or around the function that it stands in."""
        module, name = self.module(home.path), home.name
        while module is not None and name:
            name = name.rpartition(".")[0]
            if name in module.bases:
                return Node(home.path, name)
        return None

    def _class_named(self, name: str, home: Node) -> Node | None:
        found = self._definition(name, home)
        module = self.module(found.path) if found is not None else None
        return found if found is not None and module is not None and found.name in module.bases else None

    def _class_qualified(self, name: str, home: Node) -> Node | None:
        """The class of a name that a module uses, or that has the module in which it is defined in front."""
        parts = self.split(name, home.path)
        within = self._class_named(parts[1], Node(parts[0], "")) if parts is not None and parts[1] else None
        return within or self._class_named(name, home)

    def _method(self, owner: Node, name: str, skips_own: bool = False, depth: int = 0) -> Node | None:
        """A method of a class, or of the first of its bases that has it."""
        module = self.module(owner.path)
        if module is None or depth > MOST_STEPS:
            return None
        own = f"{owner.name}.{name}"
        if own in module.functions and not skips_own:
            return Node(owner.path, own)
        for base in module.bases.get(owner.name, ()):
            above = self._class_named(base, Node(owner.path, ""))
            if above is None:
                return None  # which may have it, and nobody can tell
            found = self._method(above, name, depth=depth + 1)
            if found is not None:
                return found
        return None

    def client_of(self, call: code.Call, home: Node) -> Region | None:
        """The retries of the client that a call is a method of: `self.client.chat.create(...)`."""
        if not isinstance(call.function, code.Attribute):
            return None
        expr, depth = call.function.value, 0
        made: _Set | None = self._of_module(expr, home)
        while made is None and isinstance(expr, code.Attribute) and expr.value != code.Name("self"):
            expr = expr.value
            made = self._of_module(expr, home)
        made = made or _Set(expr, home)
        while made is not None and not isinstance(made.value, code.Call) and depth < MOST_STEPS:
            made, depth = self._set_to(made.value, made.home), depth + 1
        if made is None or not isinstance(made.value, code.Call):
            return None
        name = self.imports(made.home).name_of(made.value.function)
        site = self.client(name, made.value) if name is not None else None
        return Region(site, (), made.home) if site is not None else None

    def _set_to(self, expr: code.Expr, home: Node) -> _Set | None:
        """What a name, or an attribute of the own object, is set to, once."""
        if isinstance(expr, code.Attribute):
            own = self._own_class(home)
            made = self._method(own, "__init__") if own is not None else None
            above = self._method(own, "__init__", skips_own=True) if own is not None else None
            found = self._set_in(made, expr) or self._set_in(above, expr)
            return found[0] if len(found) == 1 else None
        if not isinstance(expr, code.Name):
            return None
        function = self.function(home)
        if function is not None:
            bound = self.bound(home).get(expr.id, ())
            if len(bound) == 1 and isinstance(bound[0], code.Assign):
                return _Set(bound[0].value, home)
            if (bound and not isinstance(bound[0], code.Import)) or expr.id in code.own_parameters(function):
                return None
        return self._constant(expr.id, home)

    def _set_in(self, made: Node | None, attribute: code.Attribute) -> list[_Set]:
        """What a function sets an attribute to."""
        function = self.function(made) if made is not None else None
        if function is None or made is None:
            return []
        assigned = (node for node in code.walk(*function.body) if isinstance(node, code.Assign))
        return [_Set(node.value, made) for node in assigned if attribute in node.targets]

    def _of_module(self, expr: code.Expr, home: Node) -> _Set | None:
        """What a module sets a name to that another one has for it behind its own: `clients.shared`."""
        name = self.imports(home).name_of(expr) if isinstance(expr, code.Attribute) else None
        found = self.split(name, home.path) if name is not None else None
        return self._constant(found[1], Node(found[0], "")) if found is not None and found[1] else None

    def _constant(self, name: str, home: Node, depth: int = 0) -> _Set | None:
        """What a name of a module is set to, through modules that hand it on."""
        module = self.module(home.path)
        if module is None or depth > MOST_STEPS:
            return None
        if name in module.constants:
            return _Set(module.constants[name], Node(home.path, ""))
        target = self.imports(home).table.get(name)
        found = self.split(target, home.path) if target is not None else None
        return self._constant(found[1], Node(found[0], ""), depth + 1) if found is not None and found[1] else None


@dataclass(frozen=True, slots=True)
class _Set:
    """A value, and the function in which its names are to be read."""

    value: code.Expr
    home: Node
