"""Does the operation get the same inputs in the next round?

What it is given is followed back through the round: to the loop's item, to what the round takes anew, and to what
the failure path moves on. What is read anew from the same place is the same thing once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeGuard

from retrylint import code
from retrylint.flow import blocks_of, ends
from retrylint.loops.handing import arguments_of_calls, inputs_in, receiver_in, steers
from retrylint.loops.items import acted_on, counts_attempts, worked_with
from retrylint.loops.rounds import Loop
from retrylint.names import bindings, bound_names
from retrylint.naming import words_of
from retrylint.verbs import (
    called_name,
    goes_to_next,
    is_asking,
    is_choosing,
    is_drawing,
    is_falling_back,
    is_fetching,
    is_pausing,
    is_taking,
    takes_out,
)
from retrylint.words import STEERS

How = Literal["item", "taken", "moved", "derived", "halved", "named", "drawn", "raised", "removed", "asked"]
REMOVING = frozenset({"pop", "remove", "discard", "popleft", "delete"})
ADDING = frozenset({"append", "add", "extend"})
DIVIDING = frozenset({"/", "//", ">>"})


@dataclass(frozen=True, slots=True)
class Change:
    """An input that is another one in the next round, and how it comes to be."""

    name: str
    how: How


def item_of(loop: Loop) -> Change | None:
    """The item that a round works with, or acts on, and the next one has another of."""
    if not isinstance(loop, code.For):
        return None
    item = worked_with(loop) or acted_on(loop)
    return Change(item, "item") if item is not None else None


def change_of(
    loop: Loop,
    statement: code.Try | code.With,
    handlers: Sequence[code.Handler],
    operations: Sequence[code.Call],
) -> Change | None:
    """How the inputs of operations change from a failed round to the next; None where they stay the same.

    The likeliest operation decides; an item of the loop, or what a round takes, makes another round of any that does
    more than pause. Where the loop has another item in each round (`item_of`), that is not asked.
    """
    asked = code.walk(loop.test) if isinstance(loop, code.While) else ()
    failing = _Round.of((*asked, *_on_failure(loop.body, statement, frozenset(id(each) for each in handlers))))
    raised = frozenset(each.name for each in handlers if each.name)
    handling = frozenset(id(node) for each in handlers for node in code.walk(*each.body))
    tried = {name for name, node in bindings(*statement.body) if isinstance(node, (code.Assign, code.With))}
    context = _Handling(raised, handling, frozenset(tried))
    changes = [_Trace(loop, operation, failing, context).change() for operation in operations]
    working = [change for change, call in zip(changes, operations, strict=True) if not is_pausing(call)]
    others = (change for change in working[1:] if change is not None and change.how in ("item", "taken", "asked"))
    return changes[0] or next(others, None)


def change_without_failure(loop: Loop, operation: code.Call) -> Change | None:
    """The same, where no exception is involved: all that a round sets counts, and what the operation gave."""
    if isinstance(loop, code.For) and (item := worked_with(loop)):
        return Change(item, "item")
    return _Trace(loop, operation, _Round.of(code.walk(*loop.body)), _Handling(), answered=True).change()


def _on_failure(block: code.Block, statement: code.Try | code.With, handlers: frozenset[int]) -> Iterator[object]:
    """The nodes that a failing round may run: without what only success runs, and without what only leads out."""
    for each in block:
        if each is statement:
            yield from code.walk(*each.body)
            if isinstance(each, code.Try):
                taken = [handler for handler in each.handlers if id(handler) in handlers]
                for handler in taken:
                    yield from _going_on(handler.body)
                yield from code.walk(*each.finalbody)
        elif isinstance(each, (code.If, code.Try, code.With, code.For, code.While, code.Match)):
            blocks = blocks_of(each)
            if not any(_holds(inner, statement) for inner in blocks):
                yield from _going_on((each,))
                continue
            for inner in blocks:
                yield from _on_failure(inner, statement, handlers) if _holds(inner, statement) else ()
            if isinstance(each, code.Try) and not _holds(each.body, statement):
                yield from code.walk(*each.body)
            yield each
        else:
            yield from code.walk(each)


def _going_on(block: code.Block) -> Iterator[object]:
    """The nodes of a block, apart from branches that lead out of the loop."""
    for each in block:
        if isinstance(each, code.If):
            for inner in (each.body, each.orelse):
                if inner and ends(inner) & {"next", "continue"}:
                    yield from _going_on(inner)
        else:
            yield from code.walk(each)


def _holds(block: code.Block, statement: code.Stmt) -> bool:
    return any(node is statement for node in code.statements(*block))


@dataclass(frozen=True, slots=True)
class _Handling:
    """The names of what was raised, the identities of the nodes in handlers, and the names that the `try` sets."""

    raised: frozenset[str] = frozenset()
    nodes: frozenset[int] = frozenset()
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Round:
    """What may change an input in a round: the calls, and what binds names, in the order of the source."""

    calls: tuple[code.Call, ...]
    binding: tuple[code.Stmt | code.Walrus, ...]

    @staticmethod
    def of(nodes: Iterable[object]) -> _Round:
        calls: list[code.Call] = []
        binding: list[code.Stmt | code.Walrus] = []
        for node in nodes:
            if isinstance(node, code.Call):
                calls.append(node)
            elif isinstance(node, (code.Assign, code.AugAssign, code.Delete, code.For, code.With, code.Walrus)):
                binding.append(node)
        return _Round(tuple(calls), tuple(binding))


@dataclass(frozen=True, slots=True)
class _Trace:
    """Follows the inputs of one operation through a failing round; `answered`: it raised nothing."""

    loop: Loop
    operation: code.Call
    round: _Round
    handling: _Handling
    answered: bool = False

    def change(self) -> Change | None:
        nested = [argument.value for argument in self.operation.arguments if not steers(argument)]
        for call in code.calls(*nested):
            if is_drawing(call):
                return Change(called_name(call), "drawn")
            if is_asking(call):
                return Change(called_name(call), "asked")
            if is_fetching(call):
                return Change(called_name(call), "taken")
        if (drawn := self._drawn_whole()) is not None:
            return drawn
        for call in self.round.calls:
            if id(call) in self.handling.nodes:
                if is_falling_back(call) or goes_to_next(call):
                    return Change(called_name(call), "derived")
                if self._leaves_out(call):
                    return Change(called_name(call), "removed")
        feeding = {name for value in nested for name in inputs_in(value)} | set(receiver_in(self.operation))
        return self._of(feeding, set())

    def _drawn_whole(self) -> Change | None:
        """Is all that the operation is given a name that a round has drawn?"""
        given = self.operation.arguments[0].value if len(self.operation.arguments) == 1 else None
        for node in self.round.binding:
            if not isinstance(given, code.Name) or not isinstance(node, code.Assign) or given not in node.targets:
                continue
            if any("uuid" in words_of(called_name(call)) for call in code.calls(node.value)):
                return Change(given.id, "drawn")
        return None

    def _leaves_out(self, call: code.Call) -> bool:
        """Does a handler take out of a container what the error told of?"""
        return called_name(call) in REMOVING and any(
            isinstance(node, code.Name) and node.id in self.handling.raised
            for argument in call.arguments
            for node in code.walk(argument.value)
        )

    def _of(self, names: Iterable[str], seen: set[str], path: frozenset[str] = frozenset()) -> Change | None:
        """The first change among names, or among what they are made of.

        `seen` are those that were asked before; `path` are those that are made of these names.
        """
        for name in sorted(set(names) - seen):
            seen.add(name)
            found = self._item(name) or self._removed(name) or self._grown(name) or self._set(name, seen, path)
            if found is not None:
                return found
        return None

    def _item(self, name: str) -> Change | None:
        """Is it the item of the loop? The number of an attempt may be handed on, under a name that says so."""
        if not isinstance(self.loop, code.For):
            return None
        head = name.partition(".")[0]
        if head not in set(bound_names(self.loop.target)):
            return None
        counted = counts_attempts(self.loop) and not STEERS.isdisjoint(words_of(head))
        return None if counted else Change(head, "item")

    def _removed(self, name: str) -> Change | None:
        """Does the round take the input out of where it was found, or something out of the input?"""
        for node in self.round.calls:
            if node is self.operation or not (called_name(node) in REMOVING or takes_out(node)):
                continue
            shrinks = isinstance(node.function, code.Attribute) and code.dotted(node.function.value) == name
            if any(name in inputs_in(argument.value) for argument in node.arguments) or (
                shrinks and not _is_keyed(node)
            ):
                return Change(name, "removed")
        shortened = any(
            isinstance(target, code.Subscript)
            and code.dotted(target.value) == name
            and not (isinstance(target.index, code.Const) and isinstance(target.index.value, str))
            for node in self.round.binding
            if isinstance(node, code.Delete)
            for target in node.targets
        )
        return Change(name, "removed") if shortened else None

    def _grown(self, name: str) -> Change | None:
        """Is something added to the input, such as a host that is to be left out next time?"""
        added = any(
            isinstance(node.function, code.Attribute)
            and node.function.name in ADDING
            and code.dotted(node.function.value) == name
            for node in self.round.calls
        )
        return Change(name, "derived") if added else None

    def _set(self, name: str, seen: set[str], path: frozenset[str]) -> Change | None:
        for call in self.round.calls:
            if called_name(call) == "update" and isinstance(call.function, code.Attribute):
                held = [each for argument in call.arguments for each in inputs_in(argument.value)]
                found = self._of(held, seen) if code.dotted(call.function.value) == name else None
                if found is not None:
                    return found
        for node in self.round.binding:
            if isinstance(node, code.AugAssign) and self._moves(node, name):
                return Change(name, "halved" if node.operator in DIVIDING else "moved")
            if isinstance(node, (code.Assign, code.Walrus)) and any(name in _bound(each) for each in _targets(node)):
                found = self._assigned(name, node, seen, path)
                if found is not None:
                    return found
            found = self._of(_sources(node, name), seen)
            if found is not None:
                return found
        return None

    def _moves(self, node: code.AugAssign, name: str) -> bool:
        """Is the name stepped, or does a handler step an attribute of an object that the operation is handed?"""
        target = _target(node.target) or ""
        if target == name:
            return True
        handed = any(argument.value == code.Name(name) for argument in self.operation.arguments)
        return (
            handed
            and id(node) in self.handling.nodes
            and target.startswith(f"{name}.")
            and STEERS.isdisjoint(words_of(target))
        )

    def _assigned(
        self, name: str, node: code.Assign | code.Walrus, seen: set[str], path: frozenset[str]
    ) -> Change | None:
        value = node.value
        if any(call is self.operation for call in code.calls(value)):
            # what the operation gives is not there when it failed; else the next round continues from it
            again = not STEERS.isdisjoint(words_of(called_name(self.operation)))
            return Change(name, "derived") if self.answered and not again else None
        mentioned = set(inputs_in(value)) | set(arguments_of_calls(value))
        if any(_is_item(target) and target.value == code.Name(name) for target in _targets(node)):
            mentioned.discard(name)  # one item set from another is the same in the next round
        if name in mentioned and not _is_default(name, value):
            is_text = isinstance(value, code.Opaque) and value.kind == "format"
            return Change(name, "named" if is_text else "halved" if _is_part(value) else "derived")
        if not self.handling.raised.isdisjoint(mentioned):
            return Change(name, "raised")
        is_text = isinstance(value, code.Const) and isinstance(value.value, (str, bytes))
        if id(node) in self.handling.nodes and (
            is_text or isinstance(value, (code.Name, code.Attribute)) or not self.handling.tried.isdisjoint(mentioned)
        ):
            return Change(name, "derived")  # a value to fall back on, or one that the failed attempt made
        for call in code.calls(value):
            if is_drawing(call):
                return Change(name, "drawn")
            if is_asking(call):
                return Change(name, "asked")
            if is_taking(call) or (called_name(call) == "pop" and not _is_keyed(call)):
                return Change(name, "taken")
        chosen = any(map(is_choosing, code.calls(value)))
        if not path.isdisjoint(mentioned):
            return Change(name, "moved")  # it is made of what is made of it
        return self._of(mentioned, seen, path | {name}) or (Change(name, "derived") if chosen else None)


def _is_item(target: code.Expr) -> TypeGuard[code.Subscript]:
    return isinstance(target, code.Subscript) and isinstance(target.index, code.Const)


def _sources(node: object, name: str) -> Iterator[str]:
    """What a name is made of that an inner loop or a `with` binds."""
    if isinstance(node, code.For) and name in set(bound_names(node.target)):
        yield from inputs_in(node.iterable)
    elif isinstance(node, code.With):
        for context, target in node.items:
            if target is not None and name in set(bound_names(target)):
                yield from inputs_in(context)


def _targets(node: code.Assign | code.Walrus) -> tuple[code.Expr, ...]:
    return node.targets if isinstance(node, code.Assign) else (node.target,)


def _target(target: code.Expr) -> str | None:
    return code.dotted(target.value) if isinstance(target, code.Subscript) else code.dotted(target)


def _bound(target: code.Expr) -> set[str]:
    """What an assignment sets; an item of a container sets the container, unless it is a constant's flag."""
    single = _target(target)
    return {single} if single else set(bound_names(target))


def _is_default(name: str, value: code.Expr) -> bool:
    """`x = x or default`: nothing that changes from round to round."""
    return isinstance(value, code.Logical) and value.values[0] == code.Name(name)


def _is_part(value: code.Expr) -> bool:
    """Is it made of a number divided by another, or of the front part of a sequence?"""
    return any(
        (
            isinstance(node, code.Binary)
            and node.operator in DIVIDING
            and isinstance(node.right, code.Const)
            and isinstance(node.right.value, (int, float))
        )
        or (isinstance(node, code.Slice) and node.lower is None and node.upper is not None)
        for node in code.walk(value)
    )


def _is_keyed(call: code.Call) -> bool:
    return (
        bool(call.arguments)
        and isinstance(call.arguments[0].value, code.Const)
        and isinstance(call.arguments[0].value.value, str)
    )
