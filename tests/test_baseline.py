"""A baseline leaves out what it lists, tells what is found no more, and writes only what it was asked to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from samples import BROKEN, GOOD_TASK, SEED, UNLIMITED_TASK
from test_fingerprint import SOURCE, UNRELATED

from retrylint.cli import run

Printed = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two findings in two files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "seed.py").write_text(SEED)
    (tmp_path / "task.py").write_text(UNLIMITED_TASK)
    return tmp_path


def codes(capsys: Printed, *arguments: str, expected: int | None = None) -> list[str]:
    """The codes that are found beside the baseline `known.json`, with the exit code that goes with them."""
    capsys.readouterr()
    code = run(["check", "--no-cache", "--baseline", "known.json", "--output-format", "jsonl", *arguments])
    found = [json.loads(line)["code"] for line in capsys.readouterr().out.splitlines()]
    assert code == (expected if expected is not None else int(bool(found)))
    return found


def update(*arguments: str) -> None:
    assert run(["check", "--no-cache", "--baseline", "known.json", "--update-baseline", *arguments]) == 0


def listed(folder: Path) -> list[tuple[str, str]]:
    """The path and the code of each entry."""
    return [(each["path"], each["code"]) for each in json.loads((folder / "known.json").read_text())["findings"]]


def test_what_is_accepted_is_told_no_more(folder: Path, capsys: Printed) -> None:
    update()
    assert capsys.readouterr() == ("known.json: 2 findings (2 new, 0 removed)\n", "")
    assert listed(folder) == [("seed.py", "RTY101"), ("task.py", "RTY104")]
    assert codes(capsys) == []
    (folder / "more.py").write_text(SEED)
    assert codes(capsys) == ["RTY101"]
    (folder / "seed.py").write_text(SEED + SEED.replace("process_task", "other"))
    assert codes(capsys) == ["RTY101", "RTY101"]


@pytest.mark.parametrize("name", UNRELATED)
def test_an_unrelated_edit_brings_nothing_back(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.py").write_text(SOURCE)
    update()
    known = (tmp_path / "known.json").read_bytes()
    (tmp_path / "prices.py").write_text(UNRELATED[name](SOURCE), newline="")
    assert run(["check", "--no-cache", "--baseline", "known.json", "--prune-baseline"]) == 0
    assert (tmp_path / "known.json").read_bytes() == known


def test_what_is_found_no_more_is_told_and_pruned(folder: Path, capsys: Printed) -> None:
    update()
    (folder / "task.py").write_text(GOOD_TASK)
    (folder / "new.py").write_text(SEED)
    assert run(["check", "--no-cache", "--baseline", "known.json"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "retrylint: known.json: not found any more: task.py: RTY104",
        "retrylint: known.json: --prune-baseline removes them",
    ]
    assert len(listed(folder)) == 2
    assert codes(capsys, "--prune-baseline") == ["RTY101"]
    assert listed(folder) == [("seed.py", "RTY101")]
    (folder / "seed.py").unlink()
    capsys.readouterr()
    assert run(["check", "--no-cache", "--baseline", "known.json", "--prune-baseline", "task.py"]) == 0
    assert "known.json: 1 removed that are not found any more" in capsys.readouterr().err
    assert listed(folder) == []


def test_many_that_are_found_no_more_are_counted(folder: Path, capsys: Printed) -> None:
    for number in range(15):
        (folder / f"old{number}.py").write_text(SEED)
    update()
    for path in folder.glob("old*.py"):
        path.unlink()
    capsys.readouterr()
    assert run(["check", "--no-cache", "--baseline", "known.json"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11
    assert lines[-1] == "retrylint: known.json: 5 more, and --prune-baseline removes them"


def test_what_a_run_does_not_look_at_is_kept(folder: Path, capsys: Printed) -> None:
    update()
    known = (folder / "known.json").read_text()
    for arguments in (["seed.py"], ["--select", "RTY5"], ["--ignore", "RTY1"], ["--exclude", "task.py"]):
        update(*arguments)
        assert (folder / "known.json").read_text() == known, arguments
        capsys.readouterr()
        assert codes(capsys, *arguments) == []
    (folder / "task.py").write_text(BROKEN)
    update()
    assert listed(folder) == [("seed.py", "RTY101"), ("task.py", "RTY104")]


def test_what_could_not_be_analysed_is_never_accepted(folder: Path, capsys: Printed) -> None:
    (folder / "broken.py").write_text(BROKEN)
    update()
    assert capsys.readouterr().err == "retrylint: 1 file could not be analysed in full\n"
    assert codes(capsys) == ["RTY900"]


def test_neither_the_current_folder_nor_the_spelling_of_paths_matters(
    folder: Path, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    update()
    assert codes(capsys, str(folder), "./seed.py") == []
    (folder / "deep").mkdir()
    monkeypatch.chdir(folder / "deep")
    assert run(["check", "--no-cache", "--baseline", "../known.json", ".."]) == 0
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nbaseline = "known.json"\n')
    assert run(["check", "--no-cache", ".."]) == 0
    assert run(["check", "--no-cache", "--isolated", ".."]) == 1


def test_entries_are_sorted_one_a_line(folder: Path) -> None:
    update("task.py")
    update("seed.py")
    lines = (folder / "known.json").read_text().splitlines()
    assert [line.split('"')[3] for line in lines if '"path"' in line] == ["seed.py", "task.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such baseline; --update-baseline writes it"),
        ("{", "is no baseline: "),
        ("[]", "is no baseline: it has no list of findings"),
        ('{"version": 2, "findings": []}', "is a baseline of version 2; this retrylint reads 1"),
        ('{"version": 1, "findings": [{"path": "a.py"}]}', "is no baseline: a finding has path, code, fingerprint"),
    ],
)
def test_a_file_that_is_no_baseline(text: str | None, said: str, folder: Path, capsys: Printed) -> None:
    if text is not None:
        (folder / "known.json").write_text(text)
    assert run(["check", "--baseline", "known.json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"retrylint: known.json: {said}")


def test_options_that_make_no_sense(folder: Path, capsys: Printed) -> None:
    for arguments in (["--update-baseline"], ["--prune-baseline"]):
        assert run(["check", *arguments]) == 2
        assert capsys.readouterr().err == "retrylint: say which --baseline FILE\n"
    assert run(["check", "--baseline", "known.json", "--update-baseline", "--prune-baseline"]) == 2
    assert run(["check", "--baseline", "gone/known.json", "--update-baseline"]) == 2
    assert "gone/known.json: cannot be written: " in capsys.readouterr().err
