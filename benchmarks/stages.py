"""Where the time of a cold run goes, and what share of files and bytes gets how far. Run in one process."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

STAGES = {
    "screen": "retrylint.screen.screened",
    "parse": "ast.parse",
    "sketch": "retrylint.analysis._sketched",  # with the excerpt, without the parser
    "study": "retrylint.study.study.study",
    "checks": "retrylint.checks.rules.check_facts",
}
SIMULATING = "simulation"  # a part of the study
SIMULATORS = ("retrylint.study.loop.worst", "retrylint.study.recursion.worst", "retrylint.study.requeue.worst")


@dataclass
class Split:
    """CPU seconds, calls and bytes of files by stage, the CPU of each simulation, and of the whole run.

    Seconds are a stage's own, without those of a stage within it; a simulation is a part of the study.
    `parsed` are the characters that the parser was given, newlines left out: those of excerpts, not of whole files.
    """

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    files: Counter[str] = field(default_factory=Counter)
    sizes: Counter[str] = field(default_factory=Counter)
    simulations: list[float] = field(default_factory=list)
    parsed: int = 0
    total: float = 0.0
    within: list[float] = field(default_factory=list)  # what was taken within each stage that is under way


def split_of(folder: Path) -> Split:
    """Check a folder in this process and look at the clock around each stage."""
    from retrylint.engine import lint_paths
    from retrylint.study import study  # noqa: F401  # what is imported is no part of a stage

    split = Split()
    reached: set[str] = set()
    named = [*STAGES.items(), *((SIMULATING, name) for name in SIMULATORS)]
    patches = [mock.patch(name, _timed(stage, name, split, reached)) for stage, name in named]
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        began = time.process_time()
        for result in lint_paths([folder]):
            size = Path(result.filename).stat().st_size
            for stage in reached:
                split.files[stage] += 1
                split.sizes[stage] += size
            reached.clear()
        split.total = time.process_time() - began
    return split


def _timed(stage: str, name: str, split: Split, reached: set[str]) -> Callable[..., Any]:
    module, _, function = name.rpartition(".")
    real = getattr(__import__(module, fromlist=[function]), function)

    def timed(*args: Any, **options: Any) -> Any:
        began = time.process_time()
        split.within.append(0.0)
        try:
            return real(*args, **options)
        finally:
            taken = time.process_time() - began
            own = taken - split.within.pop()
            split.seconds[stage] += own
            if split.within and stage != SIMULATING:
                split.within[-1] += taken
            reached.add(stage)
            if stage == SIMULATING:
                split.simulations.append(taken)
            elif stage == "parse":
                split.parsed += len(args[0]) - args[0].count("\n")

    return timed


def table(split: Split, files: int, size: int) -> list[str]:
    """The split as lines of a table in Markdown."""
    lines = ["| stage | CPU s | of all | files that reach it | bytes that reach it |", "|---|---:|---:|---:|---:|"]
    for stage in (*STAGES, SIMULATING):
        seconds = split.seconds[stage]
        share = f"{split.files[stage] / files:.1%} | {split.sizes[stage] / size:.1%}"
        where = " (within study)" if stage == SIMULATING else ""
        lines.append(f"| {stage}{where} | {seconds:.2f} | {seconds / split.total:.0%} | {share} |")
    rest = split.total - sum(split.seconds[stage] for stage in STAGES)
    lines.append(f"| all else | {rest:.2f} | {rest / split.total:.0%} | | |")
    lines += ["", f"Of the files that are parsed, the parser gets excerpts: {split.parsed / size:.1%} of all bytes."]
    each = sorted(split.simulations)
    if each:
        worst, mean = each[int(len(each) * 0.99)], sum(each) / len(each)
        lines += ["", f"{len(each)} simulations: mean {mean * 1000:.1f} ms, 99th percentile {worst * 1000:.0f} ms."]
    return lines
