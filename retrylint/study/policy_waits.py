"""The waits of a policy: what its options, and the objects that they hold, come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from retrylint import code
from retrylint.libraries.policies import Draw, Policy, PolicyIndex, WaitTerm
from retrylint.model import Limit, Schedule, Shape, Wait
from retrylint.study.client_options import Stated, call_options, delay_positions
from retrylint.study.formula import Formula, schedule_of_waits
from retrylint.study.scope import Scope
from retrylint.values import LARGEST

GROWTH: tuple[Shape, ...] = ("none", "fixed", "random", "listed", "linear", "polynomial", "exponential", "dynamic")
NOTHING = Wait(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Row:
    """So many waits in seconds, None for one that is not told; how they grow, and whether chance plays a part.

    `ends`: the waits are given one by one, and the attempts end with them.
    """

    waits: tuple[Wait | None, ...]
    shape: Shape
    jitter: bool | None
    ends: bool = False


def row_of(policy: Policy, stated: Stated, scope: Scope, index: PolicyIndex, count: int) -> Row:
    """The first `count` waits of a policy."""
    if not stated.options.keys().isdisjoint(policy.untold_waits):
        return _untold(count)
    reader = _Reader(scope, index, count)
    if policy.choices:
        chosen = [each.delay for each in policy.choices if any(option in stated.options for option in each.when)]
        return _longest([reader.formula(Formula.read(each, stated, scope)) for each in chosen], count)
    if not policy.wait:
        return reader.formula(Formula.read(policy.delay, stated, scope))
    expr = stated.options.get(policy.wait)
    if expr is None:
        if not stated.complete or policy.plain_wait:
            term = index.waits.get(policy.plain_wait)
            row = reader.formula(Formula.read(term.delay, stated, scope)) if term else _untold(count)
        else:
            row = _still(count)
    elif policy.wait_args:
        term = index.waits.get(scope.imports.name_of(scope.meant(expr)) or "")
        row = reader.with_options(term, stated) if term is not None else _untold(count)
    else:
        row = reader.term(expr)
    return _drawn(row, _draw(policy, stated, scope, index)) if policy.draw else row


def schedule_of(policy: Policy, row: Row, limit: Limit, is_async: bool) -> Schedule:
    """The schedule of a row under a limit."""
    with_ = policy.waits_async_with if is_async and policy.waits_async_with else policy.waits_with
    blocks = with_ == "time.sleep"
    known = [wait for wait in row.waits if wait is not None]
    if len(known) < len(row.waits):
        return Schedule(row.shape, jitter=row.jitter, waits_with=with_, blocks=blocks)
    found = schedule_of_waits(known, row.shape, limit, with_)
    return replace(found, blocks=blocks) if found.shape != "none" else found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads terms, so many waits of each."""

    scope: Scope
    index: PolicyIndex
    count: int

    def term(self, expr: code.Expr) -> Row:
        """The waits that an object makes: of a class of the library, or a sum of such."""
        expr = self.scope.meant(expr)
        if isinstance(expr, code.Binary) and expr.operator == "+":
            return _sum([self.term(expr.left), self.term(expr.right)], self.count)
        if self.scope.value(expr) in (None, 0) and isinstance(expr, code.Const):
            return _still(self.count)
        if not isinstance(expr, code.Call):
            return _untold(self.count)
        term = self.index.waits.get(self.scope.imports.name_of(expr.function) or "")
        if term is None:
            return _untold(self.count)
        if not term.combines:
            return self.with_options(term, call_options(expr, delay_positions(term.delay), self.scope))
        if any(argument.stars or argument.keyword for argument in expr.arguments):
            return _untold(self.count)
        parts = [self.term(argument.value) for argument in expr.arguments]
        return _sum(parts, self.count) if term.combines == "sum" else _chain(parts, self.count)

    def with_options(self, term: WaitTerm, stated: Stated) -> Row:
        """The waits of a term whose numbers these options state."""
        if term.told:
            return Row((None,) * self.count, "dynamic", None)
        held = self.scope.meant(stated.options[term.listed]) if term.listed in stated.options else None
        if isinstance(held, code.Collection):
            seconds = [self.scope.seconds(each) for each in held.items]
            waits = tuple(None if each is None else Wait(each, each) for each in islice(seconds, self.count))
            return Row(waits, "listed", False, ends=True)
        return self.formula(Formula.read(term.delay, stated, self.scope), stated.complete)

    def formula(self, formula: Formula, complete: bool = True) -> Row:
        """The waits that a formula gives."""
        waits = tuple(formula.waits(self.count))
        if not complete:
            waits = (None,) * self.count
        return Row(waits, formula.shape, formula.jitters)


def _still(count: int) -> Row:
    return Row((NOTHING,) * count, "none", False)


def _untold(count: int) -> Row:
    return Row((None,) * count, "dynamic", None)


def _sum(parts: Sequence[Row], count: int) -> Row:
    waits = [_added(each) for each in zip(*(part.waits for part in parts), strict=True)] if parts else [NOTHING] * count
    return Row(tuple(waits), _grown(parts), _any(part.jitter for part in parts))


def _added(waits: Sequence[Wait | None]) -> Wait | None:
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits):
        return None
    return Wait(min(sum(wait.low for wait in known), LARGEST), min(sum(wait.high for wait in known), LARGEST))


def _chain(parts: Sequence[Row], count: int) -> Row:
    """The nth wait is that of the nth part, and of the last one when there is no other."""
    if not parts:
        return _untold(count)
    waits = tuple(parts[min(n, len(parts) - 1)].waits[n] for n in range(count))
    shape = parts[0].shape if len(parts) == 1 else "listed"
    return Row(waits, shape, _any(part.jitter for part in parts))


def _longest(rows: Sequence[Row], count: int) -> Row:
    if not rows:
        return _still(count)
    waits = [_latest(each) for each in zip(*(row.waits for row in rows), strict=True)]
    return Row(tuple(waits), _grown(rows), _any(row.jitter for row in rows))


def _latest(waits: Sequence[Wait | None]) -> Wait | None:
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits):
        return None
    return Wait(max(wait.low for wait in known), max(wait.high for wait in known))


def _grown(rows: Iterable[Row]) -> Shape:
    return max((row.shape for row in rows), key=GROWTH.index, default="none")


def _any(answers: Iterable[bool | None]) -> bool | None:
    every = list(answers)
    return True if True in every else None if None in every else False


def _draw(policy: Policy, stated: Stated, scope: Scope, index: PolicyIndex) -> Draw | None:
    """What makes a random wait of each; a draw without a name is one that nobody knows, None is none."""
    expr = stated.options.get(policy.draw)
    if expr is None:
        return index.draws.get(policy.plain_draw) if stated.complete else Draw(())
    meant = scope.meant(expr)
    if isinstance(meant, code.Const) and meant.value is None:
        return None
    return index.draws.get(scope.imports.name_of(meant) or "", Draw(()))


def _drawn(row: Row, draw: Draw | None) -> Row:
    if draw is None or (row.shape == "none" and not draw.added):
        return row
    if not draw.names:
        return Row((None,) * len(row.waits), row.shape, None, row.ends)
    waits = tuple(wait and Wait(wait.low * draw.share, wait.high + draw.added) for wait in row.waits)
    return Row(waits, "random" if row.shape == "none" else row.shape, True, row.ends)
