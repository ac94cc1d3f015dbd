"""Idempotency keys: is one spoken of where something is repeated, and is it made anew for each attempt?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from retrylint import code
from retrylint.model import RetrySite, Trap
from retrylint.names import Imports, bindings

NAMES = frozenset(
    {"clienttoken", "clientrequesttoken", "deduplicationid", "messagededuplicationid", "dedupid", "dedupkey",
     "paypalrequestid"}
)  # fmt: skip
MAKERS = frozenset(
    {"uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7", "secrets.token_hex", "secrets.token_urlsafe",
     "secrets.token_bytes", "secrets.randbits", "os.urandom", "random.random", "random.randint", "random.getrandbits",
     "time.time", "time.time_ns", "shortuuid.uuid", "nanoid.generate", "ulid.new", "ulid.ULID",
     "django.utils.crypto.get_random_string"}
)  # fmt: skip
SPELLING = frozenset({"str", "repr", "hex", "int"})
# refused before anything was done, or because of the key: another key is harmless, or what is needed
ANOTHER_KEY_MAY_DO = frozenset(
    {"CardError", "Conflict", "ConflictError", "IdempotencyError", "RateLimitError", "TooManyRequests"}
)
LONGEST = 40  # characters; a longer text speaks of keys, it does not name one


def is_keyed(function: code.Function) -> bool:
    """Does a function name an idempotency key anywhere, so that it may be among the operation's arguments?"""
    return any(
        _is_key(word)
        for node in code.walk(*function.parameters, *function.decorators, *function.body, into_definitions=True)
        for word in _words(node)
    )


def _words(node: Any) -> Iterator[str]:
    if isinstance(node, (code.Parameter, code.Attribute)):
        yield node.name
    elif isinstance(node, code.Name):
        yield node.id
    elif isinstance(node, code.Argument) and node.keyword is not None:
        yield node.keyword
    elif isinstance(node, code.Const) and isinstance(node.value, str):
        yield node.value


@lru_cache(maxsize=4096)
def _is_key(word: str) -> bool:
    """`idempotency_key`, `Idempotency-Key`, `ClientToken`, ...: a name, no sentence."""
    if len(word) > LONGEST or " " in word:
        return False
    plain = re.sub(r"[\W_]", "", word).lower()
    return "idempoten" in plain or plain in NAMES


def idempotency_trap(block: code.Block, site: RetrySite, imports: Imports) -> Trap | None:
    """The idempotency key that each round of a repeated block makes anew for the operation that it repeats.

    `block` is what runs again with every attempt: a function that calls itself, the body of a loop, a task.
    """
    asked_for = site.mechanism == "task" and not site.catch.names and not site.catch.bare
    if site.limit.attempts == 1 or asked_for:
        return None  # nothing is repeated, or only what stands before a call that asks for it
    last_names = {name.rpartition(".")[2] for name in site.catch.names}
    if not site.catch.bare and last_names and last_names <= ANOTHER_KEY_MAY_DO:
        return None
    made = _Made(block, imports)
    for call in code.calls(*_failing(block, site)):
        maker = made.key_for(call)
        if maker is not None:
            return Trap("new-key", maker.span, site, f"{imports.name_of(maker.function)}()")
    return None


def _failing(block: code.Block, site: RetrySite) -> code.Block:
    """The statements whose failure leads to another attempt: before the handlers, or all where a library catches."""
    handlers = {handler.span for handler in site.catch.handlers}
    own = {name for handler in site.catch.handlers for name in handler.names}
    if not own.issuperset(site.catch.names):
        return block
    bodies = [
        node.body
        for node in code.walk(*block)
        if isinstance(node, code.Try) and any(handler.span in handlers for handler in node.handlers)
    ]
    return tuple(statement for body in bodies for statement in body) or block


class _Made:
    """What a block makes anew in every round: values by name, and what carries one under the name of a key."""

    def __init__(self, block: code.Block, imports: Imports) -> None:
        self._imports = imports
        self._values: dict[str, code.Call] = {}
        self._carriers: dict[str, code.Call] = {}
        bound: dict[str, set[int]] = {}
        for name, node in bindings(*block):
            bound.setdefault(name, set()).add(id(node))
        for statement in _always(block):
            for target in statement.targets:
                self._note(target, statement, bound)

    def _note(self, target: code.Expr, statement: code.Assign, bound: dict[str, set[int]]) -> None:
        if isinstance(target, code.Name) and bound[target.id] == {id(statement)}:
            maker, carried = self.maker(statement.value), self._carried(statement.value)
            if maker is not None:
                self._values[target.id] = maker
            if carried is not None:
                self._carriers[target.id] = carried
        elif isinstance(target, code.Subscript) and _is_key_text(target.index):
            maker = self.maker(statement.value)
            owner = code.dotted(target.value)
            if maker is not None and owner is not None:
                client = owner.removesuffix(".headers")
                self._carriers[owner if client in ("self", "cls") else client] = maker

    def maker(self, expr: code.Expr) -> code.Call | None:
        """The call that makes a value another one each time. A value that may come from elsewhere has none."""
        if isinstance(expr, code.Name):
            return self._values.get(expr.id)
        if isinstance(expr, (code.Attribute, code.Subscript)):
            return self.maker(expr.value)
        if isinstance(expr, code.Binary) and expr.operator in ("+", "%"):
            return self.maker(expr.left) or self.maker(expr.right)
        if isinstance(expr, code.Opaque) and expr.kind == "format":
            return self._first(expr.parts)
        return self._maker_of_call(expr) if isinstance(expr, code.Call) else None

    def _maker_of_call(self, call: code.Call) -> code.Call | None:
        name = self._imports.name_of(call.function)
        if name in MAKERS:
            return call
        arguments = [argument.value for argument in call.arguments]
        if name in SPELLING:
            return self._first(arguments)
        if not isinstance(call.function, code.Attribute):
            return None
        text = isinstance(call.function.value, code.Const) and call.function.name in ("format", "join")
        return self._first(arguments) if text else self.maker(call.function.value)

    def _first(self, parts: Sequence[code.Expr]) -> code.Call | None:
        return next((maker for part in parts if (maker := self.maker(part)) is not None), None)

    def key_for(self, call: code.Call) -> code.Call | None:
        """The call that makes the key which this operation is handed, or which its object carries."""
        own = self._carried(call)
        if own is not None:
            return own
        for node in code.walk(call):
            name = code.dotted(node) if isinstance(node, (code.Name, code.Attribute)) else None
            if name is not None:
                maker = self._carriers.get(name) or (self._values.get(name) if _is_key(name) else None)
                if maker is not None:
                    return maker
        return None

    def _carried(self, expr: code.Expr) -> code.Call | None:
        """The maker of what an expression holds under the name of a key: a keyword, or an item of a dict."""
        for node in code.walk(expr):
            if isinstance(node, code.Argument) and node.keyword is not None and _is_key(node.keyword):
                named = [node.value]
            elif isinstance(node, code.Mapping):
                named = [value for key, value in node.items if key is not None and _is_key_text(key)]
            else:
                continue
            maker = self._first(named)
            if maker is not None:
                return maker
        return None


def _is_key_text(expr: code.Expr) -> bool:
    return isinstance(expr, code.Const) and isinstance(expr.value, str) and _is_key(expr.value)


def _always(block: code.Block) -> Iterator[code.Assign]:
    """The assignments that every round makes, as far as it comes."""
    for statement in block:
        if isinstance(statement, code.Assign):
            yield statement
        elif isinstance(statement, (code.Try, code.With)):
            yield from _always(statement.body)
