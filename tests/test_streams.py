"""Where the output goes wrong: a reader that leaves, a full disk, a closed stream, Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile import GOOD

COMMAND = [sys.executable, "-m", "retrylint"]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="speaks of POSIX streams and signals")


def shell(line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A line for the shell, with the command as $R."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        cwd=cwd, env={**os.environ, "R": " ".join(COMMAND)}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with more findings than a pipe holds."""
    for number in range(150):
        (tmp_path / f"{number}.py").write_text(GOOD)
    return tmp_path


@pytest.mark.parametrize("arguments", ["check --isolated .", "check --isolated --output-format json .", "rule --all"])
def test_a_reader_that_leaves_is_no_error(arguments: str, folder: Path) -> None:
    done = shell(f"$R {arguments} | head -1", folder)
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
@pytest.mark.parametrize("arguments", ["check --isolated .", "sites --isolated .", "rule --all", "--help", "--version"])
def test_a_full_disk_is_one_clear_line(arguments: str, folder: Path) -> None:
    done = shell(f"$R {arguments} > /dev/full", folder)
    assert done.returncode == 2
    assert done.stderr == "retrylint: standard output: No space left on device\n"
    assert shell(f"$R {arguments} > /dev/full 2>&1", folder).returncode == 2


def test_a_report_that_cannot_be_written_is_told(folder: Path) -> None:
    for name in ("/dev/full", "/proc/nowhere", "missing/report.json"):
        done = shell(f"$R check --isolated --output-file {name} .", folder)
        assert done.returncode == 2
        assert done.stderr.startswith(f"retrylint: --output-file: {name}: cannot be written: ")
        assert done.stderr.count("\n") == 1


def test_streams_that_are_closed(folder: Path) -> None:
    assert shell("$R check --isolated 1.py >&-", folder).returncode == 1
    assert shell("$R check --isolated nowhere 2>&-", folder).returncode == 2


def test_an_interrupt_ends_with_130(folder: Path) -> None:
    deep = "".join(f"    for a{level} in b:\n        c(a{level})\n" for level in range(3000))
    (folder / "0.py").write_text(
        f"def fetch(url):\n    try:\n        op()\n    except OSError:\n        fetch(url)\n{deep}"
    )
    running = subprocess.Popen(
        [*COMMAND, "check", "--isolated", "-"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(2)  # it waits for its input by now
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said


def test_an_interrupt_while_files_are_read(folder: Path) -> None:
    for number in range(150):
        (folder / f"{number}.py").write_text(GOOD * 20)
    running = subprocess.Popen(
        [*COMMAND, "check", "--isolated", "."], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    assert running.stdout.readline()  # it is in the middle of it
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in said
