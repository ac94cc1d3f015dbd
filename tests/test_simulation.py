"""The simulated machine and CPython agree on drawn recursions: executions, waits, the wait in vain and the ending.

A recursion is drawn from a family that covers the usual ways to count, to wait and to give up, written as source,
predicted by the analysis and executed by tests/harness.py with an operation that always fails.
"""

from __future__ import annotations

import gc
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Literal

import pytest
from harness import Ending, observe
from hypothesis import given, note, settings
from hypothesis import strategies as st

from retrylint.analysis import analyse
from retrylint.model import RetrySite, Wait

SITES = Path(__file__).parent.parent / "fixtures" / "sites"

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!="}

Counter = Literal["parameter", "keyword", "attribute"]
Stepping = Literal["call", "statement"]
Part = Literal["wait", "step", "test"]
Test = Literal["entry", "give up if", "retry if", "give up else"]
Waiting = Literal["none", "constant", "linear", "doubling", "capped", "listed", "listed and capped"]
Final = Literal["none", "assigns", "waits"]
Giving = Literal["raise", "wrap", "another", "value", "nothing"]

WAITS: dict[Waiting, str] = {
    "none": "", "constant": "1.5", "linear": "2 * ({k} + 1)", "doubling": "2 ** {k}", "capped": "min(2 ** {k}, 6)",
    "listed": "PAUSES[{k}]", "listed and capped": "PAUSES[min({k}, 3)]",
}  # fmt: skip
GIVING: dict[Giving, str] = {
    "raise": "raise", "wrap": "raise LookupError(url) from error", "another": "raise LookupError(url)",
    "value": "return 'nothing'", "nothing": "return",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Recursion:
    """One member of the family. `order` is that of the handler's parts; a part that does not apply is left out."""

    counter: Counter
    stepping: Stepping
    start: int
    step: int
    sign: str
    bound: int
    test: Test
    order: Sequence[Part]
    waiting: Waiting
    giving: Giving
    behind: bool
    other_handler: bool
    final: Final
    has_else: bool
    keeps_result: bool

    @property
    def name(self) -> str:
        return "self.tries" if self.counter == "attribute" else "tries"

    @property
    def steps_by_statement(self) -> bool:
        return self.counter == "attribute" or self.stepping == "statement"

    def gives_up(self, value: int) -> bool:
        return COMPARE[self.sign](value, self.bound)

    def repeats(self) -> bool:
        """Is there a second execution?"""
        if self.test == "entry":
            return not self.gives_up(self.start) and not self.gives_up(self.start + self.step)
        early = self.steps_by_statement and self.order.index("step") < self.order.index("test")
        return not self.gives_up(self.start + (self.step if early else 0))

    def is_worth_a_run(self) -> bool:
        """Does it repeat? Endless ones are slow, so only those that start at 0 are kept."""
        ends = any(self.gives_up(self.start + rounds * self.step) for rounds in range(8))
        return self.repeats() and (ends or self.start == 0)

    @property
    def function(self) -> str:
        return "Client.fetch" if self.counter == "attribute" else "fetch"

    def source(self) -> str:
        head = "import time\n\nPAUSES = [1, 4, 2, 8, 5, 7, 1, 3, 6]\n\n"
        if self.counter != "attribute":
            return f"{head}{self.definition()}"
        return f"{head}class Client:\n    tries = {self.start}\n\n{indent(self.definition(), '    ')}"

    def definition(self) -> str:
        gap = {"parameter": ", ", "keyword": ", *, ", "attribute": ""}[self.counter]
        counter = "" if self.counter == "attribute" else f"tries={self.start}"
        own = "self, " if self.counter == "attribute" else ""
        return f"def fetch({own}url{gap}{counter}):\n{indent(self.body(), '    ')}"

    def body(self) -> str:
        lines = [f"if {self.condition()}:", f"    {self.at_entry()}"] if self.test == "entry" else []
        work = "self.operation(url)" if self.counter == "attribute" else "operation(url)"
        lines += ["try:", f"    value = {work}" if self.has_else else f"    return {work}"]
        if self.other_handler:
            lines += ["except KeyError:", "    raise"]
        lines += ["except ConnectionError as error:", indent("\n".join(self.handler()), "    ")]
        if self.has_else:
            lines += ["else:", "    return value"]
        if self.final != "none":
            lines += ["finally:", "    url = url" if self.final == "assigns" else "    time.sleep(0.5)"]
        if self.behind:
            lines.append(self.again())
        return "\n".join(lines) + "\n"

    def at_entry(self) -> str:
        """No exception is being handled there."""
        return GIVING["another"] if self.giving in ("raise", "wrap") else GIVING[self.giving]

    def condition(self) -> str:
        return f"{self.name} {self.sign} {self.bound}"

    def handler(self) -> list[str]:
        rest = [] if self.behind else [self.again()]
        for part in reversed(self.order):
            if part == "wait" and self.waiting != "none":
                rest = [f"time.sleep({self.pause()})", *rest]
            elif part == "step" and self.steps_by_statement:
                rest = [f"{self.name} += {self.step}", *rest]
            elif part == "test" and self.test != "entry":
                rest = self.tested(rest or ["pass"])
        return rest or ["pass"]

    def tested(self, rest: list[str]) -> list[str]:
        inner = [f"    {line}" for line in rest]
        if self.test == "retry if" and not self.behind:
            last = [] if self.giving == "nothing" else [GIVING[self.giving]]
            return [f"if {self.name} {OPPOSITE[self.sign]} {self.bound}:", *inner, *last]
        lines = [f"if {self.condition()}:", f"    {GIVING[self.giving]}"]
        return [*lines, "else:", *inner] if self.test == "give up else" else [*lines, *rest]

    def pause(self) -> str:
        """A wait that grows with the attempts, whichever way they are counted."""
        count = self.name if self.step > 0 else f"({self.start} - {self.name})"
        return WAITS[self.waiting].format(k=count)

    def again(self) -> str:
        value = self.name if self.steps_by_statement else f"{self.name} + {self.step}".replace("+ -", "- ")
        call = {
            "parameter": f"fetch(url, {value})",
            "keyword": f"fetch(url, tries={value})",
            "attribute": "self.fetch(url)",
        }[self.counter]
        return f"return {call}" if self.keeps_result else call


RECURSIONS = st.builds(
    Recursion,
    counter=st.sampled_from(["parameter", "keyword", "attribute"]),
    stepping=st.sampled_from(["call", "statement"]),
    start=st.integers(0, 6),
    step=st.sampled_from([1, -1, 2, -2]),
    sign=st.sampled_from(sorted(COMPARE)),
    bound=st.integers(0, 6),
    test=st.sampled_from(["give up if", "retry if", "give up else", "entry"]),
    order=st.permutations(["wait", "step", "test"]),
    waiting=st.sampled_from(sorted(WAITS)),
    giving=st.sampled_from(sorted(GIVING)),
    behind=st.booleans(),
    other_handler=st.booleans(),
    final=st.sampled_from(["none", "assigns", "waits"]),
    has_else=st.booleans(),
    keeps_result=st.booleans(),
).filter(Recursion.is_worth_a_run)

CONFIRMED: dict[Ending, set[str]] = {
    "raises": {"raises"},
    "wraps": {"wraps"},
    "returns": {"returns"},
    "falls-through": {"falls-through", "returns"},
    "never": {"never"},
}
"""The predictions that an observed ending confirms: a None may have been returned on purpose."""


@settings(max_examples=max(150, settings().max_examples))
@given(RECURSIONS)
def test_drawn_recursion_runs_as_predicted(recursion: Recursion) -> None:
    source = recursion.source()
    note(source)
    site = only_site(source)
    seen = observe(source, recursion.function)
    note(f"{seen}\n{site}")
    assert site.give_up.ending in CONFIRMED[seen.ending]
    if seen.executions is None:
        assert site.limit.kind == "unbounded"
        return
    assert (site.limit.kind, site.limit.attempts) == ("explicit", seen.executions)
    trailing = site.schedule.trailing or Wait(0.0, 0.0)
    assert site.schedule.waits == tuple(Wait(each, each) for each in seen.waits)
    assert (trailing.low, trailing.high) == (seen.trailing, seen.trailing)


def only_site(source: str) -> RetrySite:
    facts = analyse(source)
    assert not facts.not_analysed
    assert [site.mechanism for site in facts.sites] == ["recursion"]
    return facts.sites[0]


@pytest.mark.parametrize("kind", sorted(each.name for each in SITES.iterdir()))
def test_runs_leave_nothing_that_only_a_garbage_collection_frees(kind: str) -> None:
    sources = [path.read_text() for path in sorted((SITES / kind).rglob("*.py"))]
    assert all(analyse(source).sites for source in sources[:3])  # caches are filled
    gc.collect()
    gc.disable()
    try:
        for source in sources:
            analyse(source)
        assert gc.collect() == 0
    finally:
        gc.enable()
