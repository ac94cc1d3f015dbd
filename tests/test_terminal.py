"""What a real terminal sees: a bar while work lasts, and colours; and what it leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest

from retrylint.reports.progress import Progress

pty = pytest.importorskip("pty", reason="there are no such terminals on Windows")

ROOT = Path(__file__).parent.parent
ERASED = "\r\x1b[K\x1b[?25h"
BAD = "def f():\n    try:\n        g()\n    except OSError:\n        f()\n"
# Each result is handed over late, as that of a slow file would be.
SLOW = """\
import sys, time
from retrylint import cli, engine
lint_paths = engine.lint_paths
def slow(*args, **options):
    for result in lint_paths(*args, **options):
        time.sleep({seconds})
        yield result
engine.lint_paths = slow
sys.exit(cli.run(sys.argv[1:]))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with three files, one of them with a finding."""
    for name, text in (("a.py", BAD), ("b.py", ""), ("c.py", "")):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def on_terminal(command: list[str], environment: dict[str, str], piped: bool = False) -> tuple[str, str, int]:
    """What a terminal is told, what a pipe at standard output is told (if there is one), and the exit code."""
    ours, theirs = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    process = subprocess.Popen(
        [sys.executable, *command], stdin=theirs, stdout=subprocess.PIPE if piped else theirs, stderr=theirs,
        env={**clean, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    told = b""
    with suppress(OSError):  # Linux says so when the other side has closed
        while piece := os.read(ours, 65536):
            told += piece
    os.close(ours)
    out = process.communicate(timeout=60)[0]
    return told.decode(), (out or b"").decode(), process.returncode


def below_bar(told: str) -> str:
    """What is told behind the bar, which there may be on a machine that has much to do."""
    return told.rpartition(ERASED)[2]


@pytest.mark.parametrize(
    ("option", "environment", "coloured"),
    [
        ([], {}, True),
        (["--color", "auto"], {"NO_COLOR": "1"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"TERM": "dumb"}, False),
    ],
)
def test_colour(option: list[str], environment: dict[str, str], coloured: bool, folder: Path) -> None:
    told, _, code = on_terminal(["-m", "retrylint", "check", "--isolated", "--no-cache", *option, "."], environment)
    assert code == 1
    assert "RTY101" in told
    assert ("\x1b[" in below_bar(told)) == coloured


@pytest.mark.parametrize(("environment", "coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_a_pipe_beside_the_terminal(environment: dict[str, str], coloured: bool, folder: Path) -> None:
    command = ["-m", "retrylint", "check", "--isolated", "--no-cache", "."]
    told, out, code = on_terminal(command, environment, piped=True)
    assert (below_bar(told), code) == ("", 1)
    assert ("\x1b[" in out) == coloured


def test_a_bar_while_it_lasts(folder: Path) -> None:
    command = ["-c", SLOW.format(seconds=0.8), "check", "--isolated", "--no-cache", "."]
    told, out, code = on_terminal(command, {}, piped=True)
    assert code == 1
    assert "RTY101" in out
    assert "\x1b" not in out
    assert "2/3" in told
    assert "3/3" in told
    assert told.endswith(ERASED)


def test_no_bar_on_a_terminal_that_can_show_none(folder: Path) -> None:
    command = ["-c", SLOW.format(seconds=0.5), "check", "--isolated", "--no-cache", "."]
    told, _, code = on_terminal(command, {"TERM": "dumb"}, piped=True)
    assert (told, code) == ("", 1)


def test_no_bar_where_it_is_done_soon() -> None:
    stream = StringIO()
    progress = Progress(stream, patience=3600)
    progress.begin(3)
    assert list(progress.collected([1, 2, 3])) == [1, 2, 3]
    assert stream.getvalue() == ""
