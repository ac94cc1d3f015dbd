"""Requests that a retry sends: do its handlers see their errors, and does an attempt that hangs ever end?"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.libraries.clients import ClientLibrary, client_libraries
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


def sending_traps(block: code.Block, site: RetrySite, scope: Scope) -> Iterator[Trap]:
    """The misuse in the requests that run again with every attempt."""
    foreign = _family_trap(block, site, scope)
    yield from [foreign] if foreign is not None else []
    yield from _timeout_traps(block, site, scope)


def _family_trap(block: code.Block, site: RetrySite, scope: Scope) -> Trap | None:
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


def _timeout_traps(block: code.Block, site: RetrySite, scope: Scope) -> Iterator[Trap]:
    """A trap for each request of an attempt that may take for ever."""
    if site.limit.attempts == 1:
        return
    for call in code.calls(*block):
        found = _library_of(call, scope)
        if found is None or not found[0].timeout or any(each.stars == 2 for each in call.arguments):
            continue
        stated = next((each.value for each in call.arguments if each.keyword == found[0].timeout), code.Const(None))
        if scope.value(stated) is None:
            yield Trap("no-timeout", call.span, site, f"{found[1]} {found[0].timeout}")


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
    """The name of the request that a call sends."""
    found = _library_of(call, scope)
    return found[1] if found is not None else None


def _library_of(call: code.Call, scope: Scope) -> tuple[ClientLibrary, str] | None:
    """The library of a request, and its name: a function, or a method of what one of the library's makers made."""
    name = scope.imports.name_of(call.function) or ""
    owner = call.function.value if isinstance(call.function, code.Attribute) else None
    made = scope.meant(owner) if owner is not None else None
    maker = scope.imports.name_of(made.function) if isinstance(made, code.Call) else None
    for library in client_libraries(SENDING):
        method = f"{library.library.name}.{code.last_name(call.function)}"
        if name in library.calls:
            return library, name
        if maker in library.makers and method in library.calls:
            return library, method
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
