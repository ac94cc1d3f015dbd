"""The command: what it prints and the code it exits with."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples import BROKEN, GOOD_TASK, SEED, UNLIMITED_TASK

from retrylint import __version__
from retrylint.cli import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def give_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def test_the_seed_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(["check", "seed.py"]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("seed.py:9:9: RTY101 ")
    assert "9 |         process_task()\n  |         ^^^^^^^^^^^^^^ RTY101\n" in out
    assert out.endswith("\nFound 1 finding in 1 file.\n")


def test_the_good_task_passes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tasks.py").write_text(GOOD_TASK)
    assert run(["check"]) == 0
    assert capsys.readouterr() == ("All checks passed!\n", "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere"], "retrylint: nowhere: no such file or folder"),
        (["check", "--select", "RTYX"], "retrylint: --select: "),
        (["check", "--ignore", "RTY1,E501"], "retrylint: --ignore: "),
        (["check", "--extend-select", "B"], "retrylint: --extend-select: "),
        (["check", "--selct", "RTY1"], "retrylint: No such option"),
        (["check", "--output-format", "xml"], "retrylint: Invalid value for '--output-format'"),
        (["check", "-", "seed.py"], "retrylint: standard input is read alone"),
        (["sites", "nowhere"], "retrylint: nowhere: no such file or folder"),
        (["rule", "RTY10"], "retrylint: unknown rule 'RTY10'; did you mean 'RTY"),
        (["rule"], "retrylint: say one CODE, or --all"),
        (["chek"], "retrylint: No such command 'chek'."),
        ([], "retrylint: Missing command."),
    ],
)
def test_a_usage_error_is_one_line(
    arguments: list[str], said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_selection(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / "task.py").write_text(UNLIMITED_TASK)
    for arguments, codes in (
        ([], {"RTY101", "RTY104"}),
        (["--select", "RTY104,RTY5"], {"RTY104"}),
        (["--select", "RTY5", "--select", "RTY101"], {"RTY101"}),
        (["--ignore", "RTY1"], set()),
        (["--select", "RTY5", "--extend-select", "RTY101"], {"RTY101"}),
        (["--select", "RTY1", "--ignore", "RTY101"], {"RTY104"}),
    ):
        assert run(["check", "--output-format", "json", *arguments]) == bool(codes)
        assert {finding["code"] for finding in json.loads(capsys.readouterr().out)} == codes, arguments


def test_exit_zero(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(["check", "--exit-zero"]) == 0


def test_statistics(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.py").write_text(SEED)
    (folder / "b.py").write_text(SEED)
    (folder / "c.py").write_text(UNLIMITED_TASK)
    assert run(["check", "--statistics"]) == 1
    shown = "2  RTY101  unbounded-recursion\n1  RTY104  unlimited-task-retries\nFound 3 findings in 3 files.\n"
    assert capsys.readouterr().out == shown
    assert run(["check", "--statistics", "--output-format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)[0] == {"code": "RTY101", "name": "unbounded-recursion", "count": 2}


def test_standard_input(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    give_stdin(monkeypatch, SEED.encode())
    assert run(["check", "-", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("-:9:9: RTY101 ")
    give_stdin(monkeypatch, SEED.encode())
    assert run(["check", "--stdin-filename", "app/seed.py", "--output-format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("app/seed.py:9:9: RTY101 ")
    give_stdin(monkeypatch, SEED.encode())
    assert run(["sites", "-", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["sites"][0]["path"] == "-"


@pytest.mark.parametrize(
    ("name", "data", "where", "reason"),
    [
        ("broken.py", BROKEN.encode(), (1, 12), "syntax error: "),
        ("latin.py", b"x = 1\ny = '\xe9'\n", (2, 1), "encoding: byte 0xe9 in line 2 is not valid utf-8"),
        ("cookie.py", b"# coding: nonsense\n", (1, 1), "encoding: unknown encoding: nonsense"),
        ("hex.py", b"# coding: hex\n", (1, 1), "encoding: "),
        ("nul.py", b"x = 1\n\0\n", (2, 1), "encoding: a NUL character in line 2"),
        ("utf16.py", "x = 1".encode("utf-16"), (1, 1), "encoding: "),
        ("deep.py", b"(" * 5000 + b")" * 5000, (1, None), ""),
    ],
)
def test_a_file_that_cannot_be_analysed_is_one_finding(
    name: str,
    data: bytes,
    where: tuple[int, int | None],
    reason: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / name).write_bytes(data)
    (folder / "seed.py").write_text(SEED)
    assert run(["check", "--output-format", "json"]) == 1
    findings = {finding["code"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert set(findings) == {"RTY101", "RTY900"}
    missed = findings["RTY900"]
    assert missed["filename"] == name
    assert missed["site"] is None
    assert reason in missed["message"]
    line, column = where
    assert missed["location"]["row"] == line
    assert column in (None, missed["location"]["column"])


def test_every_text_form_shows_a_broken_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.py").write_text(BROKEN)
    for form in ("text", "concise"):
        assert run(["check", "--output-format", form]) == 1
        assert "broken.py:1:12: RTY900 " in capsys.readouterr().out
    assert run(["sites"]) == 0
    out, err = capsys.readouterr()
    assert out == "No retry sites found.\n"
    assert err.startswith("broken.py:1:12: not analysed: syntax error: ")


def test_a_pipe_is_never_opened(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(folder / "pipe.py")
    assert run(["check", "pipe.py", "."]) == 1
    assert "pipe.py:1:1: RTY900" in capsys.readouterr().out


def test_no_python_files(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check"]) == 0
    assert capsys.readouterr() == ("All checks passed!\n", "retrylint: no Python files found under the given paths\n")


def test_a_mistake_of_the_analysis_costs_its_file_alone(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from retrylint import analysis

    def analyse(source: str, *rest: object) -> object:
        if "trouble" in source:
            raise ZeroDivisionError("of\nall things")
        return real(source)

    real = analysis.analyse
    monkeypatch.setattr(analysis, "analyse", analyse)
    (folder / "a.py").write_text(f"# trouble\n{SEED}")
    (folder / "b.py").write_text(SEED)
    assert run(["check", "--output-format", "concise"]) == 1
    first, second, _ = capsys.readouterr().out.splitlines()
    assert first.startswith("a.py:1:1: RTY900 ")
    assert "internal error: ZeroDivisionError: of all things" in first
    assert second.startswith("b.py:9:9: RTY101 ")


def test_a_mistake_of_the_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("oh\nno")

    monkeypatch.setattr("retrylint.engine.lint_paths", fail)
    assert run(["check"]) == 2
    assert capsys.readouterr().err == "retrylint: internal error: RuntimeError: oh no; please report it\n"


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("retrylint.engine.lint_paths", interrupt)
    assert run(["check"]) == 130


def test_a_closed_pipe_is_silent(folder: Path) -> None:
    for number in range(50):
        (folder / f"seed{number}.py").write_text(SEED)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "retrylint", "check", "."]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=folder, env=environment(), check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


def environment() -> dict[str, str]:
    """The environment of a child that imports this checkout."""
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}


def test_colour(monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    run(["check"])
    assert "\x1b" not in capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    run(["check"])
    assert "\x1b[1;31mRTY101\x1b[0m" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    run(["check"])
    assert "\x1b" not in capsys.readouterr().out


def test_configuration_and_isolated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nignore = ["RTY101"]\n')
    (folder / "seed.py").write_text(SEED)
    assert run(["check"]) == 0
    assert run(["check", "--isolated"]) == 1
    assert run(["check", "--select", "RTY1"]) == 1
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nignored = ["RTY101"]\n')
    capsys.readouterr()
    assert run(["check"]) == 2
    said = f"retrylint: {folder}/pyproject.toml: tool.retrylint.ignored: is not a setting; did you mean 'ignore'?\n"
    assert capsys.readouterr() == ("", said)


def test_exclusions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a.py", "b.py", "sub/c.py", ".venv/d.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(SEED)
    for arguments, names in (
        ([], ["a.py", "b.py", "sub/c.py"]),
        (["--extend-exclude", "b.py,sub/"], ["a.py"]),
        (["--extend-exclude", "sub/*.py"], ["a.py", "b.py"]),
        (["--exclude", "sub"], [".venv/d.py", "a.py", "b.py"]),
        (["--exclude", "*.py", "b.py"], ["b.py"]),
    ):
        run(["check", "--output-format", "json", *arguments])
        assert [finding["filename"] for finding in json.loads(capsys.readouterr().out)] == names, arguments


def test_sites(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(["sites"]) == 0
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[:4] == ["where", "function", "mechanism", "library"]
    assert row.split()[:5] == ["seed.py:4", "process_task", "recursion", "-", "unbounded"]
    assert run(["sites", "--output-format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["version"] == 1
    assert [(site["path"], site["line"], site["limit"]) for site in document["sites"]] == [("seed.py", 4, "unbounded")]


def test_rule_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "rty101"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# RTY101 unbounded-recursion\n")
    assert run(["rule", "unbounded-recursion"]) == 0
    assert capsys.readouterr().out == page
    assert run(["rule", "--all"]) == 0
    assert page in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"retrylint {__version__}\n"


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import retrylint", {"click", "libcst", "retrylint.model"}),
        ("import retrylint; retrylint.lint_source('x = 1')", {"click", "libcst", "tomllib"}),
        ("from retrylint.cli import run; run(['--help'])", {"libcst", "retrylint.model", "tomllib"}),
        ("from retrylint.cli import run; run(['check', '-', '--isolated'])", {"libcst", "tomllib"}),
    ],
)
def test_nothing_heavy_is_imported_in_vain(program: str, absent: set[str]) -> None:
    program += f"; import sys; print({absent!r} & sys.modules.keys() or 'none')"
    done = subprocess.run(
        [sys.executable, "-c", program], input="x = 1\n", capture_output=True, text=True, env=environment(), check=True
    )
    assert done.stdout.splitlines()[-1] == "none"


def test_names_that_are_no_text_can_be_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (folder / name).write_text(SEED)
    for form in ("text", "concise", "json"):
        assert run(["check", "--output-format", form]) == 1
    assert run(["sites"]) == 0


@pytest.mark.parametrize(("arguments", "code", "said"), [(["--version"], 0, "retrylint "), (["check", "none"], 2, "")])
def test_the_process_ends_with_the_code(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    for command in (["-m", "retrylint"], ["-c", "from retrylint.cli import main; main()"]):
        ended = subprocess.run(
            [sys.executable, *command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert ended.returncode == code
        assert ended.stdout.startswith(said)
        assert bool(ended.stderr) == bool(code)
