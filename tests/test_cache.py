"""Findings are the same with a cache, without one, and with one that is damaged; and what is known is not read anew."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Container, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrylint import cache as store
from retrylint import engine, model
from retrylint.analysis import analyse
from retrylint.cache import Cache, state_of_tool
from retrylint.cli import run
from retrylint.codec import decoded, encoded
from retrylint.config import Settings, SettingsReader
from retrylint.engine import FileResult, lint_paths
from retrylint.model import FileFacts
from retrylint.sources import listing

SITES = Path(__file__).parent.parent / "fixtures" / "sites"
RETRY = "def fetch(url):\n    try:\n        return work(url)\n    except OSError:\n        return fetch(url)\n"
CLEAN = "def fetch(url):\n    return url\n"
OLD = 1_600_000_000


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files that were not changed for long, in the current folder."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.py", RETRY)
    write(tmp_path / "b.py", CLEAN)
    return tmp_path


def write(path: Path, text: str, changed: int = OLD) -> None:
    path.write_text(text)
    os.utime(path, (changed, changed))


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The contents that are analysed from now on."""
    seen: list[str] = []

    def facts_of(task: engine.Task) -> FileFacts:
        seen.append(task[0].decode())
        return real(task)

    real = engine.facts_of
    monkeypatch.setattr(engine, "facts_of", facts_of)
    return seen


def results(folder: Path, settings: Settings = Settings()) -> list[FileResult]:
    return list(lint_paths([folder], settings, cache=Cache.read(folder / ".retrylint_cache")))


def store_of(folder: Path) -> Path:
    (found,) = (folder / ".retrylint_cache").glob("facts-*.txt")
    return found


def test_a_second_run_analyses_nothing_and_says_the_same(folder: Path, analysed: list[str]) -> None:
    cold = results(folder)
    assert sorted(analysed) == sorted([RETRY, CLEAN])
    analysed.clear()
    assert results(folder) == cold
    assert [finding.code for result in cold for finding in result.findings] == ["RTY101"]
    assert analysed == []


def test_another_selection_or_limit_analyses_nothing(folder: Path, analysed: list[str]) -> None:
    results(folder)
    analysed.clear()
    settings = Settings(select=("RTY101",), max_attempts=2, max_wait=1.0)
    assert [finding.code for result in results(folder, settings) for finding in result.findings] == ["RTY101"]
    assert analysed == []


def test_helpers_of_a_project_are_in_the_key(folder: Path, analysed: list[str]) -> None:
    results(folder)
    analysed.clear()
    (folder / "retrylint.toml").write_text('[[helpers]]\nnames = ["tools.retried"]\n')
    results(folder, SettingsReader()(folder))
    assert sorted(analysed) == sorted([RETRY, CLEAN])


def test_a_change_is_seen(folder: Path, analysed: list[str]) -> None:
    results(folder)
    analysed.clear()
    write(folder / "b.py", RETRY, OLD + 1)
    assert [len(result.findings) for result in results(folder)] == [1, 1]
    assert analysed == [RETRY]


def test_a_change_that_keeps_size_and_time_just_after_it_was_read_is_seen(folder: Path) -> None:
    other = RETRY.replace("fetch(url)\n", "other(url)\n")
    (folder / "a.py").write_text(RETRY)
    moment = (folder / "a.py").stat()
    results(folder)
    (folder / "a.py").write_text(other)
    os.utime(folder / "a.py", ns=(moment.st_mtime_ns, moment.st_mtime_ns))
    assert len(other) == len(RETRY)
    assert [len(result.findings) for result in results(folder)] == [0, 0]


def test_a_touched_file_is_read_and_not_analysed(folder: Path, analysed: list[str]) -> None:
    cold = results(folder)
    analysed.clear()
    os.utime(folder / "a.py", (OLD + 5, OLD + 5))
    assert results(folder) == cold
    assert analysed == []


@pytest.mark.parametrize(
    "damage", ["", "x", "{}\n", "[1, 2", "\0" * 100], ids=["empty", "letter", "json", "open", "NUL"]
)
def test_a_damaged_store_costs_a_note(folder: Path, damage: str) -> None:
    cold = results(folder)
    store_of(folder).write_text(damage)
    cache = Cache.read(folder / ".retrylint_cache")
    assert list(lint_paths([folder], cache=cache)) == cold
    assert ["damaged" in note for note in cache.notes] == [True]
    assert results(folder) == cold


@given(place=st.floats(0, 1, exclude_max=True), is_cut=st.booleans())
def test_a_store_that_is_cut_or_changed_anywhere_is_not_believed(
    tmp_path_factory: pytest.TempPathFactory, place: float, is_cut: bool
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    write(folder / "a.py", RETRY)
    cold = results(folder)
    content = store_of(folder).read_bytes()
    at = int(place * len(content))
    rest = b"" if is_cut else bytes([content[at] ^ 1]) + content[at + 1 :]
    store_of(folder).write_bytes(content[:at] + rest)
    assert results(folder) == cold


def test_facts_that_are_none_are_found_anew(folder: Path, analysed: list[str]) -> None:
    cold = results(folder)
    rows, folders = store._stored(store_of(folder).read_bytes())  # noqa: SLF001
    rows = {path: "\t".join((row.partition("\t")[0], "[99, 1]")) for path, row in rows.items()}
    store_of(folder).write_bytes(store._text(rows, folders))  # noqa: SLF001
    analysed.clear()
    assert results(folder) == cold
    assert sorted(analysed) == sorted([RETRY, CLEAN])


def test_what_could_not_be_analysed_is_kept_unless_it_may_pass(
    folder: Path, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> FileFacts:
        raise ZeroDivisionError

    write(folder / "b.py", "def broken(:\n")
    monkeypatch.setattr("retrylint.analysis.analyse", fail)
    codes = [[finding.code for finding in result.findings] for result in results(folder)]
    assert codes == [["RTY900"], ["RTY900"]]
    analysed.clear()
    assert [[finding.code for finding in result.findings] for result in results(folder)] == codes
    assert analysed == [RETRY]


def test_the_folder_is_ignored_by_git_and_kept_by_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 1
    assert (folder / ".retrylint_cache" / ".gitignore").read_text().endswith("\n*\n")
    assert state_of_tool() in store_of(folder).name
    assert capsys.readouterr().err == ""


def test_options_say_where_and_whether(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["check", "--no-cache"])
    assert not (folder / ".retrylint_cache").exists()
    run(["check", "--cache-dir", "elsewhere"])
    assert list((folder / "elsewhere").glob("facts-*.txt"))
    (folder / "retrylint.toml").write_text('cache-dir = "from_file"\n')
    run(["check"])
    assert list((folder / "from_file").glob("facts-*.txt"))
    assert not (folder / ".retrylint_cache").exists()
    capsys.readouterr()


def test_sites_list_what_was_left_out_from_the_cache_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder / "c.py", "while True:\n    try:\n        work(queue.get())\n    except OSError:\n        pass\n")
    run(["sites", "--all"])
    cold = capsys.readouterr().out
    run(["check"])
    capsys.readouterr()
    run(["sites", "--all"])
    assert capsys.readouterr().out == cold
    assert "consumer" in cold


def test_what_no_run_has_asked_for_is_found_when_one_does(
    folder: Path, analysed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run(["check"])
    del analysed[:]
    run(["sites", "--all"])
    assert len(analysed) == 2
    del analysed[:]
    run(["check"])
    run(["sites", "--all"])
    assert not analysed
    capsys.readouterr()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_costs_a_note(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert run(["check", "--cache-dir", "locked"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_costs_a_note(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "taken").write_text("")
    assert run(["check", "--cache-dir", "taken"]) == 1
    shown = capsys.readouterr()
    assert "RTY101" in shown.out
    assert shown.err.startswith("retrylint: the cache taken")
    assert len(shown.err.splitlines()) in (1, 2)


def test_two_runs_at_once_leave_a_store_that_holds(folder: Path) -> None:
    for number in range(40):
        write(folder / f"f{number}.py", RETRY)
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "json"]
    runs = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = {each.communicate(timeout=60)[0] for each in runs}
    assert len(outputs) == 1
    cache = Cache.read(folder / ".retrylint_cache")
    assert cache.notes == []
    assert [path.name for path in (folder / ".retrylint_cache").iterdir() if path.suffix != ".txt"] == [".gitignore"]


def test_entries_of_files_that_are_gone_are_left_out(folder: Path) -> None:
    results(folder)
    (folder / "b.py").unlink()
    write(folder / "c.py", CLEAN)
    results(folder)
    assert stored(folder)[0].keys() == {"a.py", "c.py"}


def stored(folder: Path) -> list[dict[str, str]]:
    """What the store holds of files, and of folders, by their names."""
    return [{Path(path).name: row for path, row in rows.items()} for rows in read_store(store_of(folder))]


def read_store(file: Path) -> tuple[dict[str, str], dict[str, str]]:
    return store._stored(file.read_bytes())  # noqa: SLF001


ROW = st.text(st.characters(exclude_characters="\n", codec=None), max_size=20)


@given(st.dictionaries(ROW, ROW, max_size=5), st.dictionaries(ROW, ROW, max_size=5))
def test_a_store_is_read_as_it_was_written(files: dict[str, str], folders: dict[str, str]) -> None:
    assert store._stored(store._text(files, folders)) == (files, folders)  # noqa: SLF001


def test_a_name_with_a_newline_is_looked_at_each_time(folder: Path, analysed: list[str]) -> None:
    write(folder / "a\nb.py", RETRY)
    cold = results(folder)
    analysed.clear()
    assert results(folder) == cold
    assert analysed == [RETRY]


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the folders that are read from now on."""
    seen: list[str] = []

    def read(folder: str, looked_for: Container[str]) -> tuple[str, ...]:
        seen.append(Path(folder).name)
        return real(folder, looked_for)

    real = listing._read  # noqa: SLF001
    monkeypatch.setattr(listing, "_read", read)
    return seen


@pytest.mark.parametrize("kind", ["facts", "project"])
def test_folders_that_have_not_changed_are_not_read(
    kind: store.Kind, folder: Path, scanned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "deep").mkdir()
    write(folder / "deep" / "c.py", RETRY)
    (folder / "gone").mkdir()
    monkeypatch.setattr(store, "_SETTLED", 0)  # they have just been made
    elsewhere = folder.parent / f"{folder.name}-{kind}"

    def found() -> list[str]:
        scanned.clear()
        cache = Cache.read(elsewhere, kind=kind)
        each = list(lint_paths([folder], cache=cache, project=kind == "project"))
        return [Path(result.filename).name for result in each]

    assert (found(), scanned) == (["a.py", "b.py", "c.py"], [folder.name, "deep", "gone"])
    assert (found(), scanned) == (["a.py", "b.py", "c.py"], [])
    time.sleep(0.01)
    write(folder / "deep" / "d.py", RETRY)
    assert (found(), scanned) == (["a.py", "b.py", "c.py", "d.py"], ["deep"])
    (folder / "gone").rmdir()
    assert (found(), scanned) == (["a.py", "b.py", "c.py", "d.py"], [folder.name])
    (file,) = elsewhere.glob("*.txt")
    assert {Path(path).name for path in read_store(file)[1]} == {folder.name, "deep"}


def test_a_folder_that_has_just_changed_is_read_again(folder: Path, scanned: list[str]) -> None:
    results(folder)
    results(folder)
    assert scanned == [folder.name, folder.name]
    assert stored(folder)[1] == {}


def test_the_state_of_the_tool_is_what_its_sources_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache.py").write_text("x = 1\n")
    monkeypatch.setattr(store, "__file__", str(tmp_path / "cache.py"))
    before = state_of_tool()
    assert state_of_tool() == before
    (tmp_path / "facts.toml").write_text("limit = 3\n")
    with_facts = state_of_tool()
    (tmp_path / "facts.toml").write_text("limit = 4\n")
    assert len({before, with_facts, state_of_tool()}) == 3


def test_every_value_of_the_vocabulary_can_be_kept() -> None:
    kinds = [each for each in vars(model).values() if isinstance(each, type) and is_dataclass(each)]
    for kind in set(kinds) - {model.Finding, model.Location}:
        value = kind(*[None for _ in fields(kind)])
        assert decoded(json.loads(json.dumps(encoded(value)))) == value


@pytest.mark.parametrize("path", sorted(SITES.rglob("*.py"))[::5], ids=lambda path: path.stem)
def test_facts_are_the_same_when_they_come_back(path: Path) -> None:
    facts = analyse(path.read_text(encoding="utf-8"), trace=True)
    assert decoded(json.loads(json.dumps(encoded(facts)))) == facts


def test_a_stamp_is_for_regular_files(tmp_path: Path) -> None:
    assert store.stamp_of(str(tmp_path)) is None
    assert store.stamp_of("no\0name") is None
    write(tmp_path / "a.py", "x")
    assert store.stamp_of(str(tmp_path / "a.py")) == (1, OLD * 10**9)


TASK = "from base import retried\n\n\n@retried(times=5)\ndef fetch(url):\n    return get(url)\n"
HELPER = """\
import time


def retried(times):
    def decorator(function):
        def wrapper(*args, **kwargs):
            for attempt in range(times):
                try:
                    return function(*args, **kwargs)
                except OSError:
                    time.sleep(1)
            raise RuntimeError
        return wrapper
    return decorator
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two modules, one of which knows the other's helper."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "base.py", HELPER)
    write(tmp_path / "jobs.py", TASK)
    return tmp_path


def results_together(folder: Path) -> list[FileResult]:
    cache = Cache.read(folder / ".retrylint_cache", kind="project")
    return list(lint_paths([folder], Settings(), cache=cache, project=True))


def attempts(found: list[FileResult]) -> list[int | None]:
    return [site.limit.attempts for result in found for site in result.facts.sites]


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files were analysed together, each time from now on."""
    seen: list[int] = []

    def analyse_together(files: Sequence[Any], trace: bool) -> None:
        seen.append(len(files))
        real(files, trace)

    real = vars(engine)["_analyse_together"]
    monkeypatch.setattr(engine, "_analyse_together", analyse_together)
    return seen


def test_a_project_that_has_not_changed_is_not_analysed_again(project: Path, joined: list[int]) -> None:
    cold = results_together(project)
    assert attempts(cold) == [None, 5]
    assert results_together(project) == cold == list(lint_paths([project], Settings(), project=True))
    assert joined == [2, 2]  # the last of the three runs has no cache


def test_one_change_makes_a_whole_project_anew(project: Path, joined: list[int]) -> None:
    results_together(project)
    write(project / "base.py", HELPER.replace("range(times)", "range(times + 1)"), OLD + 1)
    assert attempts(results_together(project)) == [None, 6]
    write(project / "other.py", CLEAN)
    assert attempts(results_together(project)) == [None, 6]
    (project / "other.py").unlink()
    assert attempts(results_together(project)) == [None, 6]
    assert joined == [2, 2, 3, 2]


def test_files_by_themselves_and_a_project_do_not_disturb_each_other(project: Path, joined: list[int]) -> None:
    alone, together = results(project), results_together(project)
    assert attempts(alone) != attempts(together)
    assert (results(project), results_together(project)) == (alone, together)
    assert joined == [2]


def test_what_cannot_be_read_is_told_by_a_project_too(project: Path) -> None:
    (project / "bad.py").write_bytes(b"x = '\xff'\n")
    write(project / "large.py", "#" * 3_000_000)
    for _ in range(2):
        found = {Path(each.filename).name: each.facts.not_analysed for each in results_together(project)}
        assert [len(each) for each in found.values()] == [1, 0, 0, 1]
        assert "encoding" in found["bad.py"][0].reason
        assert "larger than" in found["large.py"][0].reason
