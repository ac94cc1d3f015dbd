"""Measure retrylint beside other linters: `python -m benchmarks.run [FOLDER] [--rounds N] [--tools WORD ...]`.

Without a folder, pinned packages are fetched. Each round runs every command once, in turn, so that a busy machine
slows all of them alike; the least CPU time of a command counts. The report is Markdown on standard output.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.corpus import PINNED, laid_out, part_of, size_of
from benchmarks.processes import Cost, cost_of
from benchmarks.stages import split_of, table
from benchmarks.tools import FLAKE8, OTHERS, commands, environments

CODES = frozenset(range(32))  # pylint's exit code is a sum of bits
AGAINST = (
    ("retrylint cold", "ruff cold"),
    ("retrylint cold", "flake8"),
    ("retrylint warm", "ruff warm"),
    ("retrylint warm", "retrylint cold"),
    ("flake8 with retrylint", "flake8"),
)
PARTS = (1, 2, 4, 8)
SMALL = {
    "--help": None,
    "one clean file": "def fetch(url):\n    return url\n" * 40,
    "one file with a finding": (
        "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        return fetch(url)\n"
    ),
}


def main(arguments: Sequence[str]) -> None:
    """Lay out the corpus, run everything, print the report."""
    options = _options().parse_args(arguments)
    work = Path(options.work).resolve()
    corpus = Path(options.folder).resolve() if options.folder else laid_out(PINNED, work / "corpus")
    bins = environments(work / "environments")
    files, size = size_of(corpus)
    named = "the folder given" if options.folder else ", ".join(PINNED)
    print(f"Corpus: {named}: {files:,} files, {size / 1e6:.1f} MB. Python {sys.version.split()[0]}.")
    print(f"Tools: {', '.join((*OTHERS, FLAKE8))}. The least of {options.rounds} rounds counts.\n")
    with tempfile.TemporaryDirectory() as scratch:
        found = _rounds(commands(bins, corpus, Path(scratch)), options.tools, options.rounds)
        _print_costs(found)
        if not options.only_tools:
            _print_small(bins[0], Path(scratch), options.rounds)
            print("\n".join(["", *table(split_of(corpus), files, size)]))
            _print_growth(bins, corpus, Path(scratch))


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("folder", nargs="?", help="the corpus; pinned packages without it")
    parser.add_argument("--work", default=".benchmarks", help="where packages and environments are kept")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="*", default=[], help="only commands whose names hold one of these words")
    parser.add_argument("--only-tools", action="store_true", help="leave out the parts about retrylint alone")
    return parser


def _rounds(all_commands: Mapping[str, Sequence[str]], words: Sequence[str], rounds: int) -> dict[str, Cost]:
    chosen = {name: each for name, each in all_commands.items() if not words or any(word in name for word in words)}
    costs: dict[str, list[Cost]] = {name: [] for name in chosen}
    for name, command in chosen.items():
        if "warm" in name:
            cost_of(command, CODES)  # it fills the cache
    for _ in range(rounds):
        for name, command in chosen.items():
            costs[name].append(cost_of(command, CODES))
    return {name: min(each, key=lambda cost: cost.cpu) for name, each in costs.items()}


def _print_costs(found: Mapping[str, Cost]) -> None:
    print("| command | CPU s | wall s | peak MiB |\n|---|---:|---:|---:|")
    for name, cost in found.items():
        print(f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} | {cost.peak:.0f} |")
    print("\n| ratio of CPU | |\n|---|---:|")
    for one, other in AGAINST:
        if one in found and other in found:
            print(f"| {one} / {other} | {found[one].cpu / found[other].cpu:.3f} |")


def _print_small(bin_folder: Path, scratch: Path, rounds: int) -> None:
    print("\n| run | CPU s | peak MiB |\n|---|---:|---:|")
    for name, text in SMALL.items():
        path = scratch / "one.py"
        path.write_text(text or "")
        arguments = ["--help"] if text is None else ["check", "--isolated", "--no-cache", str(path)]
        runs = [cost_of([str(bin_folder / "retrylint"), *arguments], CODES) for _ in range(max(rounds, 5))]
        least = min(runs, key=lambda cost: cost.cpu)
        print(f"| {name} | {least.cpu:.3f} | {least.peak:.0f} |")


def _print_growth(bins: tuple[Path, Path], corpus: Path, scratch: Path) -> None:
    print("\n| part of the corpus | files | MB | cold CPU s | warm CPU s | peak MiB |\n|---|---:|---:|---:|---:|---:|")
    for eighths in PARTS:
        part = part_of(corpus, eighths, scratch / f"part{eighths}")
        files, size = size_of(part)
        found = _rounds(commands(bins, part, scratch / f"caches{eighths}"), ["retrylint cold", "retrylint warm"], 1)
        cold, warm = found["retrylint cold"], found["retrylint warm"]
        row = f"{eighths}/8 | {files:,} | {size / 1e6:.1f} | {cold.cpu:.2f} | {warm.cpu:.2f} | {cold.peak:.0f}"
        print(f"| {row} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
