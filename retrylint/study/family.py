"""Does a retry wait for a builtin exception, where what it does raises only errors of its library?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.libraries.clients import client_libraries
from retrylint.model import RetrySite, Trap
from retrylint.names import bindings
from retrylint.study.scope import Scope

# no OSError: the errors of some libraries are made from it
BUILTIN = frozenset(
    {"BrokenPipeError", "ConnectionAbortedError", "ConnectionError", "ConnectionRefusedError", "ConnectionResetError",
     "TimeoutError", "asyncio.TimeoutError"}
)  # fmt: skip
READING = frozenset({"json", "raise_for_status", "read"})  # of an answer
HAND_WRITTEN = ("loop", "recursion", "second-call")
SENDING = frozenset({"httpx", "requests"})  # the libraries whose calls are known


def family_trap(block: code.Block, site: RetrySite, scope: Scope) -> Trap | None:
    """The trap of a site whose handlers never see an error; None where anything else may raise."""
    names = site.catch.names
    if site.mechanism not in HAND_WRITTEN or not names or site.catch.bare or not BUILTIN.issuperset(names):
        return None
    spans = {handler.span for handler in site.catch.handlers}
    tries = [node for node in code.walk(*block) if isinstance(node, code.Try)]
    tried = [each for each in tries if spans.intersection(handler.span for handler in each.handlers)]
    sent = [name for each in tried for name in _sent(each.body, scope)]
    if not tried or not sent or "" in sent:
        return None
    handler = site.catch.handlers[0]
    return Trap("foreign-exception", handler.span, site, f"{sent[0]} {names[0]}")


def _sent(body: code.Block, scope: Scope) -> Iterator[str]:
    """The requests that a block sends, by name; "" for a call that may raise something of its own."""
    bound = {name for name, _ in bindings(*body)}
    for call in code.calls(*body):
        name = _request(call, scope)
        if name is not None:
            yield name
        elif not _reads_answer(call, bound, scope):
            yield ""


def _request(call: code.Call, scope: Scope) -> str | None:
    """The request that a call sends: a function of a library, or a method of what one of its makers made."""
    name = scope.imports.name_of(call.function) or ""
    owner = call.function.value if isinstance(call.function, code.Attribute) else None
    made = scope.meant(owner) if owner is not None else None
    maker = scope.imports.name_of(made.function) if isinstance(made, code.Call) else None
    for library in client_libraries(SENDING):
        if name in library.calls:
            return name
        if maker in library.makers and any(
            each.rpartition(".")[2] == code.last_name(call.function) for each in library.calls
        ):
            return f"{library.library.name}.{code.last_name(call.function)}"
    return None


def _reads_answer(call: code.Call, bound: set[str], scope: Scope) -> bool:
    """Is a call a method by which an answer is read: of a name that the block binds, or of the request itself?"""
    if not isinstance(call.function, code.Attribute) or call.function.name not in READING:
        return False
    owner = call.function.value
    owner = owner.value if isinstance(owner, code.Await) else owner
    if isinstance(owner, code.Call):
        return _request(owner, scope) is not None
    return isinstance(owner, code.Name) and owner.id in bound
