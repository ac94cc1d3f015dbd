"""Code that is too deep, too wide or no code at all costs its own file, never the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from retrylint import lint_paths

GOOD = """
def fetch(url):
    try:
        return operation(url)
    except OSError:
        return fetch(url)
"""
DEEP = {
    "brackets": "[" * 180 + "]" * 180,
    "more brackets than Python reads": "[" * 3000 + "]" * 3000,
    "and": " and ".join(["a"] * 10_000),
    "plus": " + ".join(["1"] * 10_000),
    "calls": "a" + "()" * 3000,
    "attributes": "a" + ".b" * 3000,
    "items": "a" + "[0]" * 2000,
    "conditions": " if c else ".join(["a"] * 2000),
    "lambdas": "lambda: " * 900 + "1",
}
BYTES = {
    "NUL": b"x = 1\0\n",
    "Latin-1 without a cookie": b"# caf\xe9\nx = 1\n",
    "UTF-16": "x = 1\n".encode("utf-16"),
    "unknown encoding": b"# coding: klingon\nx = 1\n",
    "syntax": b"def broken(:\n",
}
ELIF = "".join(f"        elif b{number}:\n            pass\n" for number in range(3000))


def retrying(expression: str) -> bytes:
    """A retry whose handler holds the expression, once as plain recursion and once as a task."""
    return (
        "from celery import shared_task\n"
        f"def fetch(url):\n    try:\n        return operation(url)\n    except OSError:\n        x = {expression}\n"
        "        return fetch(url)\n"
        f"@shared_task(bind=True)\ndef run(self):\n    x = {expression}\n    raise self.retry()\n"
    ).encode()


CASES = {name: retrying(expression) for name, expression in DEEP.items()} | BYTES
HEAD = "def fetch(url):\n    try:\n        if a:\n            pass\n"
CASES["elif"] = f"{HEAD}{ELIF}    except OSError:\n        fetch(url)\n".encode()


@pytest.mark.parametrize("content", CASES.values(), ids=CASES)
def test_a_bad_file_costs_only_itself(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_bytes(content)
    (tmp_path / "good.py").write_text(GOOD)
    done = subprocess.run(
        [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "concise", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "internal error" not in done.stdout
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("good.py:6:16: RTY101")]
    assert [line for line in lines if line.startswith("bad.py:") and "RTY900" in line]


def test_a_text_of_many_pieces_is_one_text(tmp_path: Path) -> None:
    path = tmp_path / "texts.py"
    path.write_bytes(retrying(" ".join(["'a'"] * 20_000)))
    (result,) = lint_paths([path])
    assert [finding.code for finding in result.findings] == ["RTY101", "RTY105"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "good.py").write_text(GOOD)
    done = subprocess.run(
        [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "concise", ".", "pipe.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "pipe.py:1:1: RTY900 not analysed: not a regular file" in done.stdout
    assert done.stdout.count("RTY101") == 1
