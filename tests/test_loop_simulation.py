"""The simulated machine and CPython agree on drawn loops: executions, waits, the wait in vain and the ending.

A loop is drawn from a family that covers the usual ways to count, to wait, to succeed and to give up, with each part
in any of its places, written as source, predicted by the analysis and executed by tests/harness.py with an operation
that always fails.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Literal

from harness import observe
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from truth import assert_agrees, only_site

Head = Literal["range", "reversed", "count", "listed", "true", "compared", "left", "flag", "flag and count", "time"]
Part = Literal["wait", "step", "test"]
Place = Literal["top", "try", "behind the call", "handler", "end", "finally"]
Success = Literal["return", "else return", "break", "flag"]
Giving = Literal["raise", "wrap", "another", "value", "nothing", "break"]
Form = Literal["function", "async", "wrapper"]
Behind = Literal["nothing", "value", "another", "kept", "from kept", "once more"]

COMPARE: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip
HEADS: dict[Head, str] = {
    "range": "for k in range({start}, {start} + {bound}, {size}):",
    "reversed": "for k in reversed(range({bound})):",
    "count": "for k in itertools.count({start}):",
    "listed": "for k, _ in enumerate(PAUSES[:{bound}]):",
    "true": "while True:",
    "compared": "while k {sign} {bound}:",
    "left": "while k:",
    "flag": "while not done:",
    "flag and count": "while not done and k {sign} {bound}:",
    "time": "while time.monotonic() - began < 3 * {bound}:",
}
COUNTED_BY_LOOP = frozenset({"range", "reversed", "count", "listed"})
PAUSE = {
    "none": "", "constant": "1.5", "linear": "2 * abs(k)", "doubling": "2 ** abs(k)", "capped": "min(2 ** abs(k), 6)",
    "listed": "PAUSES[abs(k) % 5]", "conditional": "1 if k < 2 else 4", "jitter": "random.uniform(1, 2 + abs(k))",
    "by a helper": "pause_before(k)", "growing": "delay", "growing to a cap": "delay", "random": "random.random()",
}  # fmt: skip
GIVE: dict[Giving, str] = {
    "raise": "raise", "wrap": "raise LookupError(url) from error", "another": "raise LookupError(url)",
    "value": "return 'nothing'", "nothing": "return", "break": "break",
}  # fmt: skip
BEHIND: dict[Behind, str] = {
    "nothing": "", "value": "return 'default'", "another": "raise LookupError(url)", "kept": "raise failure",
    "from kept": "raise LookupError(url) from failure", "once more": "return operation(url)",
}  # fmt: skip
PREAMBLE = """
import asyncio
import itertools
import random
import time

PAUSES = [1, 4, 2, 8, 5]


def pause_before(number, most=5):
    if number < 1:
        return 0.5
    return min(number * 3, most)


def pause(seconds):
    time.sleep(seconds)

"""


@dataclass(frozen=True, slots=True)
class Loop:
    """One member of the family. `order` is that of the handler's parts; a part that stands elsewhere is left out."""

    head: Head
    start: int
    bound: int
    size: int
    step: int
    sign: str
    step_at: Place
    waiting: str
    wait_at: Place
    unless_first: bool
    rests: bool
    limit: int
    limit_sign: str
    tests: Literal["none", "give up if", "give up else", "nested"]
    order: Sequence[Part]
    success: Success
    giving: Giving
    loop_else: Literal["none", "another", "value"]
    behind: Behind
    other_handler: bool
    cleans_up: bool
    form: Form

    @property
    def counts(self) -> bool:
        """Is the counter stepped by statements?"""
        return self.head not in COUNTED_BY_LOOP

    def is_worth_a_run(self) -> bool:
        """Is it entered, and does it end on success? A deadline ends nothing where no time goes by."""
        enters = {
            "compared": COMPARE[self.sign](self.start, self.bound),
            "flag and count": COMPARE[self.sign](self.start, self.bound),
            "left": self.start != 0,
            "time": self.waiting != "none",
        }
        flagged = self.head in ("flag", "flag and count")
        return enters.get(self.head, True) and (self.success == "flag") == flagged

    def source(self) -> str:
        lines = [f"k = {self.start}"] if self.counts else []
        lines += ["done = False", "failure = None", "began = time.monotonic()", "delay = 1", self.head_line()]
        lines += indent("\n".join(self.round()), "    ").split("\n")
        if self.loop_else != "none":
            lines += ["else:", "    raise KeyError(url)" if self.loop_else == "another" else "    return 'else'"]
        lines += [BEHIND[self.behind]] if self.behind != "nothing" else []
        body = indent("\n".join(lines), "    ")
        if self.form == "async":
            awaiting = body.replace("operation(url)", "await operation(url)")
            awaiting = awaiting.replace("time.sleep(", "await asyncio.sleep(")
            return f"{PREAMBLE.lstrip()}\nasync def fetch(url):\n{awaiting}\n"
        if self.form == "wrapper":
            passed = body.replace("operation(url)", "operation(*args, **kwargs)").replace("url", "args")
            inner = indent(f"def fetch(*args, **kwargs):\n{passed}", "    ")
            return f"{PREAMBLE.lstrip()}\ndef retrying(operation):\n{inner}\n    return fetch\n"
        return f"{PREAMBLE.lstrip()}\ndef fetch(url):\n{body}\n"

    @property
    def name(self) -> str:
        """The qualified name of the function that retries."""
        return "retrying.fetch" if self.form == "wrapper" else "fetch"

    def head_line(self) -> str:
        return HEADS[self.head].format(start=self.start, bound=self.bound, size=self.size, sign=self.sign)

    def round(self) -> list[str]:
        lines = [*self.at("top"), "try:", *(f"    {line}" for line in self.tried())]
        if self.other_handler:
            lines += ["except KeyError:", "    raise"]
        lines += ["except ConnectionError as error:", *(f"    {line}" for line in self.handler())]
        if self.success == "else return":
            lines += ["else:", "    return value"]
        final = self.at("finally")
        if final:
            lines += ["finally:", *(f"    {line}" for line in final)]
        return [*lines, *self.at("end")]

    def tried(self) -> list[str]:
        last = {
            "return": ["return value"], "else return": [], "break": ["break"], "flag": ["done = True"],
        }[self.success]  # fmt: skip
        return [*self.at("try"), "value = operation(url)", *self.at("behind the call"), *last]

    def handler(self) -> list[str]:
        lines = ["failure = error"]
        if self.cleans_up:
            lines += ["try:", "    url.close()", "except AttributeError:", "    pass"]
        rest: list[str] = []
        for part in reversed(self.order):
            if part == "wait" and self.wait_at == "handler":
                rest = [*self.wait(), *rest]
            elif part == "step" and self.step_at == "handler":
                rest = [*self.stepped(), *rest]
            elif part == "test" and self.tests != "none":
                rest = self.tested(rest)
        return [*lines, *rest]

    def tested(self, rest: list[str]) -> list[str]:
        lines = [f"if k {self.limit_sign} {self.limit}:", f"    {GIVE[self.giving]}"]
        if self.tests == "nested":
            return ["if PAUSES:", *(f"    {line}" for line in lines), *rest]
        if self.tests == "give up else" and rest:
            return [*lines, "else:", *(f"    {line}" for line in rest)]
        return [*lines, *rest]

    def at(self, place: Place) -> list[str]:
        """The parts that stand in this place."""
        step = self.stepped() if self.step_at == place else []
        return [*step, *(self.wait() if self.wait_at == place else [])]

    def stepped(self) -> list[str]:
        return [f"k += {self.step}"] if self.counts else []

    def wait(self) -> list[str]:
        if self.waiting == "none":
            return []
        lines = [f"{'pause' if self.rests else 'time.sleep'}({PAUSE[self.waiting]})"]
        if self.unless_first:
            lines = [f"if k != {self.start}:", f"    {lines[0]}"]
        lines += ["delay *= 3"] if self.waiting.startswith("growing") else []
        return [*lines, *(["delay = min(delay, 20)"] if self.waiting == "growing to a cap" else [])]


PLACES = ["top", "try", "behind the call", "handler", "end", "finally"]
LOOPS = st.builds(
    Loop,
    head=st.sampled_from(list(HEADS)),
    start=st.integers(0, 4),
    bound=st.integers(1, 6) | st.sampled_from([9, 24]),  # long ones are fast-forwarded where they can be
    size=st.integers(1, 2),
    step=st.sampled_from([1, 1, -1, 2, -2]),
    sign=st.sampled_from(list(COMPARE)),
    step_at=st.sampled_from(PLACES),
    waiting=st.sampled_from(list(PAUSE)),
    wait_at=st.sampled_from(PLACES),
    unless_first=st.booleans(),
    rests=st.booleans(),
    limit=st.integers(0, 6),
    limit_sign=st.sampled_from(list(COMPARE)),
    tests=st.sampled_from(["none", "give up if", "give up else", "nested"]),
    order=st.permutations(["wait", "step", "test"]),
    success=st.sampled_from(["return", "else return", "break", "flag"]),
    giving=st.sampled_from(list(GIVE)),
    loop_else=st.sampled_from(["none", "none", "another", "value"]),
    behind=st.sampled_from(list(BEHIND)),
    other_handler=st.booleans(),
    cleans_up=st.booleans(),
    form=st.sampled_from(["function", "function", "async", "wrapper"]),
).filter(Loop.is_worth_a_run)


@settings(max_examples=max(150, settings().max_examples))
@given(LOOPS)
def test_drawn_loop_runs_as_predicted(loop: Loop) -> None:
    source = loop.source()
    note(source)
    seen = observe(source, loop.name)
    note(str(seen))
    stands_still = seen.executions is None and loop.head == "time"
    assume(not stands_still and (seen.executions is None or seen.executions > 1))
    site = only_site(source, "loop")
    note(str(site))
    assert_agrees(site, seen)
