"""Every option, exit code and environment variable of the documentation is exercised.

The options that commands share are tried here with each command that takes them: what an option is about is in the
output with it or without it, and not in both. The others must stand in a test of another module, by their names.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from samples import BROKEN, SEED

from retrylint.cli import NAMES, commands, run
from retrylint.commands import CLEAN, FAILED, FINDINGS, INTERRUPTED

TESTS = Path(__file__).parent
ROOT = TESTS.parent
DOCS = {page.stem: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
MODULES = {page.name: page.read_text(encoding="utf-8") for page in TESTS.glob("test_*.py")}
OTHERS = "\n".join(text for name, text in MODULES.items() if name != Path(__file__).name)

LOOP = """\
import time


def send():
    for attempt in range(6):
        try:
            return deliver()
        except OSError:
            if attempt == 5:
                raise
            time.sleep(40)
"""
TASK = LOOP.replace("import time\n", "import time\nfrom celery import shared_task\n").replace(
    "def send", "@shared_task\ndef run_send"
)
NESTED = """\
from tenacity import retry, stop_after_attempt, wait_fixed


def outer(client):
    for attempt in range(2):
        try:
            return inner(client)
        except ConnectionError:
            if attempt == 1:
                raise


@retry(stop=stop_after_attempt(3), wait=wait_fixed(1), reraise=True)
def inner(client):
    return client.get("/orders").json()
"""
JOB = """\
from celery import shared_task

from given import MOST


@shared_task(autoretry_for=(OSError,), max_retries=MOST)
def job():
    work()
"""
UNUSED = "x = 1  # retrylint: ignore[RTY101] nothing to silence\n"
IMPORTED = "from nested import inner\n\n\n" + NESTED[NESTED.index("def outer") :].partition("@retry")[0].rstrip() + "\n"
FILES = {
    "seed.py": SEED,
    "loop.py": LOOP,
    "task.py": TASK,
    "nested.py": NESTED,
    "unused.py": UNUSED,
    "imported.py": IMPORTED,
    "broken.py": BROKEN + LOOP,
    "slow.txt": "".join(LOOP.replace("send", f"send_{number}") for number in range(100)),
    "given.py": "MOST = 7\n",
    "job.py": JOB,
    "gone/seed.py": SEED,
    "ignored/seed.py": SEED,
    ".gitignore": "ignored/\n",
    "other.toml": 'ignore = ["RTY101"]\n',
}

RULES = ("check", "report")
ALL = ("check", "report", "sites")


@dataclass(frozen=True, slots=True)
class Case:
    """What an option does: `about` is found in the output with it, or without it where `hides`."""

    option: str
    value: str | None
    about: str
    beside: Sequence[str] = ()
    hides: bool = False
    of: Sequence[str] = ALL

    @property
    def words(self) -> list[str]:
        return [self.option] if self.value is None else [self.option, self.value]


CASES = (
    Case("--select", "RTY2", "RTY101", ("seed.py",), hides=True, of=RULES),
    Case("--extend-select", "RTY202", "RTY202", ("seed.py",), of=RULES),
    Case("--ignore", "RTY101", "RTY101", ("seed.py",), hides=True, of=RULES),
    Case("--per-file-ignores", "seed.py:RTY101", "RTY101", ("seed.py",), hides=True, of=RULES),
    Case("--max-attempts", "5", "RTY108", ("--select=RTY108", "loop.py"), of=RULES),
    Case("--max-wait", "199.5", "RTY109", ("--select=RTY109", "loop.py"), of=RULES),
    Case("--max-blocking", "201", "RTY302", ("--select=RTY302", "task.py"), hides=True, of=RULES),
    Case("--max-amplification", "5", "RTY701", ("--select=RTY701", "nested.py"), of=RULES),
    Case("--report-unused-ignores", None, "RTY901", ("unused.py",), of=RULES),
    Case("--exclude", "seed.py", "seed.py", hides=True),
    Case("--extend-exclude", "gone", os.path.join("gone", "seed.py"), hides=True),
    Case("--force-exclude", None, "process_task", ("--exclude=seed.py", "seed.py", "loop.py"), hides=True),
    Case("--no-force-exclude", None, "process_task", ("--exclude=seed.py", "--force-exclude", "seed.py", "loop.py")),
    Case("--respect-gitignore", None, "ignored", ("--no-respect-gitignore",), hides=True),
    Case("--no-respect-gitignore", None, "ignored"),
    Case("--max-file-size", "150", "larger than 150 bytes", ("loop.py",)),
    Case("--max-file-time", "0.01", "took longer", ("slow.txt", "--no-cache")),
    Case("--config", "other.toml", "RTY101", ("seed.py",), hides=True, of=RULES),
    Case("--stdin-filename", "there.py", "there.py", ("-",)),
)
# What cannot be seen in the output of one run, or is an order of its own: it has a test here or in another module.
ELSEWHERE = {"--strict", "-j", "--jobs", "--no-cache", "--cache-dir", "--isolated", "--project", "--no-project"}
HELP = {"-h", "--help"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(command: str, *arguments: str) -> tuple[str, int]:
    """What a command says on both streams, and its exit code; standard input holds a bad file."""
    page = ("-o", "-") if command == "report" else ()
    out, given = io.StringIO(), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(SEED.encode()))
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = run([command, *page, *arguments])
    finally:
        sys.stdin = given
    return out.getvalue().replace("<wbr>", ""), code


@pytest.mark.parametrize(
    ("command", "case"),
    [pytest.param(name, case, id=f"{name} {case.option}") for case in CASES for name in case.of],
)
def test_an_option_is_heeded_by_each_command(command: str, case: Case, folder: Path) -> None:
    without, with_it = told(command, *case.beside)[0], told(command, *case.beside, *case.words)[0]
    assert (case.about in with_it, case.about in without) == (not case.hides, case.hides)


@pytest.mark.parametrize("name", ["retrylint", *NAMES])
def test_help_names_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [] if name == "retrylint" else [name]
    assert run([*words, "-h"]) == CLEAN
    short = capsys.readouterr().out
    assert run([*words, "--help"]) == CLEAN
    assert capsys.readouterr().out == short
    assert options_of(name) <= set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", short))


@pytest.mark.parametrize("command", ALL)
def test_strict(command: str, folder: Path) -> None:
    (folder / "gone" / "seed.py").unlink()
    (folder / "gone" / "broken.py").write_text(BROKEN + LOOP)
    assert told(command, "gone")[1] == (FINDINGS if command == "check" else CLEAN)
    assert told(command, "--strict", "gone")[1] == FAILED


@pytest.mark.parametrize("command", ALL)
def test_isolated(command: str, folder: Path) -> None:
    (folder / "retrylint.toml").write_text('exclude = ["seed.py"]\n')
    assert "seed.py" not in told(command)[0]
    assert "seed.py" in told(command, "--isolated")[0]


@pytest.mark.parametrize("command", ALL)
@pytest.mark.parametrize("option", ["-j", "--jobs"])
def test_another_number_of_processes_changes_nothing(command: str, option: str, folder: Path) -> None:
    assert told(command, option, "2", "--no-cache") == told(command, option, "1", "--no-cache")
    assert told(command, option, "0")[1] == FAILED


@pytest.mark.parametrize("command", ALL)
def test_where_facts_are_kept(command: str, folder: Path) -> None:
    first = told(command, "--no-cache")
    assert not (folder / ".retrylint_cache").exists()
    assert told(command) == told(command) == first
    assert (folder / ".retrylint_cache").is_dir()
    assert told(command, "--cache-dir", "kept") == first
    assert (folder / "kept").is_dir()


@pytest.mark.parametrize("command", ALL)
def test_project(command: str, folder: Path) -> None:
    """A task whose limit another file holds, and a retry that runs another file's."""
    chosen = () if command == "sites" else ("--select=RTY701", "--max-amplification=5")
    files = ("imported.py", "nested.py", "job.py", "given.py")
    alone, _ = told(command, *chosen, *files)
    together, _ = told(command, "--project", *chosen, *files)
    if command == "sites":
        assert re.search(r"^job\.py:.* job +task +celery +8 ", together, re.MULTILINE)
        assert not re.search(r"^job\.py:.* 8 ", alone, re.MULTILINE)
    else:
        assert alone.count("RTY701") < together.count("RTY701")
    (folder / "retrylint.toml").write_text("project = true\n")
    assert told(command, *chosen, *files)[0] == together
    assert told(command, "--no-project", *chosen, *files)[0] == alone


def test_config_tells_each_option_that_is_a_setting(folder: Path) -> None:
    plain = told("config")[0]
    assert plain == told("config")[0]
    for case in (
        *CASES,
        Case("--project", None, ""),
        Case("--cache-dir", "kept", ""),
        Case("--baseline", "b.json", ""),
    ):
        if case.option not in options_of("config"):
            assert case.option == "--stdin-filename"
            continue
        text, code = told("config", *case.words)
        assert code == CLEAN
        changed = set(text.splitlines()) - set(plain.splitlines())
        assert changed, case.option
        if case.option != "--config":
            assert all(line.endswith("# command line") for line in changed), changed
    (folder / "retrylint.toml").write_text("max-wait = 5\n")
    assert "max-wait = 5.0" in told("config")[0]
    assert told("config", "--isolated")[0] == plain
    assert told("config", "--output-format", "json")[0].startswith("{\n")


def options_of(name: str) -> set[str]:
    """The options of a command, by every name; of the group where the name is `retrylint`."""
    top = commands.make_context("retrylint", [], resilient_parsing=True)
    command = commands if name == "retrylint" else commands.get_command(top, name)
    assert command is not None
    context = top if name == "retrylint" else click.Context(command, parent=top, info_name=name)
    parameters = command.get_params(context)
    return {each for one in parameters if isinstance(one, click.Option) for each in (*one.opts, *one.secondary_opts)}


def test_the_shared_options_are_tried_with_each_command() -> None:
    """An option that three commands take is a shared one; every command that takes it heeds it, as tests here show."""
    taken = {name: options_of(name) for name in ALL}
    shared = taken["check"] & taken["report"] - HELP - {"-o", "--output-file"}
    assert shared == {case.option for case in CASES} | ELSEWHERE
    for case in CASES:
        if case.option != "--config":  # which changes no site
            assert set(case.of) == {name for name in ALL if case.option in taken[name]}, case.option


@pytest.mark.parametrize("name", ["retrylint", *NAMES])
def test_every_option_stands_in_a_test(name: str) -> None:
    here = {case.option for case in CASES} | ELSEWHERE | HELP
    assert [each for each in sorted(options_of(name) - here) if not named(each)] == []


def named(word: str) -> bool:
    """Does a test of another module give this to something: as a text of its own, or as one that goes on with it?"""
    return re.search(rf"""["' ]{re.escape(word)}["'= ]""", OTHERS) is not None


def rows(page: str, heading: str) -> list[str]:
    """The first cells of the table under a heading."""
    part = DOCS[page].split(f"## {heading}\n")[1].split("\n## ")[0]
    return [cell.strip("` ") for cell in re.findall(r"^\|([^|]+)\|", part, re.MULTILINE)][2:]


def test_the_exit_codes_of_the_page_are_all_and_are_tested() -> None:
    codes = rows("output", "Exit codes")
    assert codes == [str(code) for code in (CLEAN, FINDINGS, FAILED, INTERRUPTED)]
    for code in codes:
        assert re.search(rf"assert .*(?:returncode|run\(.*\)) == {code}$", OTHERS, re.MULTILINE), code
    told_anywhere = re.findall(r"exits? (?:with|code) (\d+)|exit code is (\d+)", "\n".join(DOCS.values()))
    assert {one or other for one, other in told_anywhere} <= set(codes)


def variables() -> Iterator[str]:
    """The environment variables that the pages name."""
    yield from rows("output", "Environment")
    for page in DOCS.values():
        yield from re.findall(r"\b_?[A-Z]+(?:_[A-Z]+)+(?==)", page)


def test_the_variables_of_the_pages_are_tested() -> None:
    found = set(variables())
    assert {"NO_COLOR", "FORCE_COLOR", "TERM", "_RETRYLINT_COMPLETE"} <= found
    assert [name for name in sorted(found) if f'"{name}"' not in OTHERS] == []


def test_the_variables_that_are_read_are_on_the_page() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "retrylint").rglob("*.py"))
    read = set(re.findall(r"""environ(?:ment)?(?:\.get\(|\[)["'](\w+)""", sources))
    assert read == set(rows("output", "Environment"))
