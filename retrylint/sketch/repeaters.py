"""A module's own retry helpers: functions whose loop retries what they were given."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.model import Span
from retrylint.names import Owner
from retrylint.sketch.looping import Judged
from retrylint.sketch.lower import Lowering
from retrylint.sketch.outline import FUNCTIONS, Defined


@dataclass(frozen=True, slots=True)
class Repeater:
    """A function that is called with what is to be retried, or that makes something that is.

    `path`: the names of the functions within it, down to the one whose `loop` retries. `holder`: which of them all,
    from 0 outwards, takes what is retried as its `parameter`.
    """

    name: str
    owner: Owner
    function: code.Function
    path: tuple[str, ...]
    loop: Span
    holder: int
    parameter: str

    def chain(self) -> tuple[code.Function, ...]:
        """The function and those within it, down to the one with the loop."""
        found = [self.function]
        for name in self.path:
            within = (node for node in code.walk(*found[-1].body) if isinstance(node, code.Function))
            found.append(next(node for node in within if node.name == name))
        return tuple(found)


def repeaters_in(retrying: Iterable[Judged], definitions: Iterable[Defined], spans: Lowering) -> Iterator[Repeater]:
    """The helpers of a module, for each loop of theirs that retries a parameter."""
    functions = {(each.owner.path, each.node.name): each for each in definitions if isinstance(each.node, FUNCTIONS)}
    for judged in retrying:
        home = judged.looping.home
        if home is None:
            continue
        chain = list(_chain(home, functions))
        held = _held([each.node for each in chain], judged)
        if held is None or any(each.rebound for each in chain[:1]):
            continue
        try:
            function = spans.lower(chain[0].node)
        except code.TooDeepError:
            continue
        path = tuple(each.node.name for each in chain[1:])
        yield Repeater(chain[0].node.name, chain[0].owner, function, path, judged.loop.span, *held)


def _chain(home: Defined, functions: dict[tuple[tuple[str, ...], str], Defined]) -> Iterator[Defined]:
    """The functions that a function stands in, outermost first, and itself."""
    chain = [home]
    while not chain[0].owner.in_class and chain[0].owner.path:
        *path, name = chain[0].owner.path
        outer = functions.get((tuple(path), name))
        if outer is None:
            break
        chain.insert(0, outer)
    yield from chain


def _held(chain: Sequence[ast.AST], judged: Judged) -> tuple[int, str] | None:
    """Which function of a chain takes what the loop retries, and as which parameter."""
    failing = [each for failing in judged.verdict.failings for each in failing.operations]
    called = {name for call in (*failing, *judged.verdict.operations) if (name := code.dotted(call.function))}
    for index in reversed(range(len(chain))):
        node = chain[index]
        assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        arguments = node.args
        for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
            if each.arg in called:
                return index, each.arg
    return None
