"""The benchmarks measure what they say."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.corpus import part_of, python_files, size_of
from benchmarks.processes import cost_of
from benchmarks.stages import SIMULATING, STAGES, split_of, table

SITES = Path(__file__).parent.parent / "fixtures" / "sites"


def test_stages_add_up_to_the_run() -> None:
    files, size = size_of(SITES)
    split = split_of(SITES)
    assert split.files["screen"] == files
    assert split.sizes["screen"] == size
    assert 0 < split.files[SIMULATING] <= split.files["study"] <= split.files["sketch"] <= files
    assert 0 < sum(split.seconds[stage] for stage in STAGES) <= split.total
    assert 0 < sum(split.simulations) <= split.seconds["study"]
    assert f"{len(split.simulations)} simulations: mean " in table(split, files, size)[-1]


def test_the_tree_of_processes_is_counted() -> None:
    work = "sum(range(6_000_000))"
    alone = cost_of([sys.executable, "-c", work], frozenset({0}))
    nested = f"import subprocess, sys; [subprocess.run([sys.executable, '-c', {work!r}]) for _ in range(4)]"
    assert cost_of([sys.executable, "-c", nested], frozenset({0})).cpu > 2 * alone.cpu > 0
    with pytest.raises(RuntimeError, match="ended with 3"):
        cost_of([sys.executable, "-c", "import sys; sys.exit(3)"], frozenset({0, 1}))


def test_parts_grow_to_the_whole(tmp_path: Path) -> None:
    parts = [part_of(SITES, eighths, tmp_path / str(eighths)) for eighths in (1, 4, 8)]
    found = [{path.relative_to(part) for path in python_files(part)} for part in parts]
    assert found[0] < found[1] < found[2] == {path.relative_to(SITES) for path in python_files(SITES)}
