"""Thousands of one thing in a module: nothing takes quadratic time where no budget of time is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile import GOOD, MANY, module_of_many

from retrylint.engine import lint_paths, lint_source
from retrylint.excerpt import Parts
from retrylint.screen import screened

PROCESSOR = 3.0  # seconds for what takes 0.2; what grows with the square takes 6 and more


@pytest.mark.parametrize("name", MANY)
def test_the_bytes_are_read_in_linear_time(name: str) -> None:
    source = module_of_many(name, 6_000).encode()
    start = time.process_time()
    seen = screened(source)
    Parts(seen.code).excerpt(seen.places)
    assert time.process_time() - start < PROCESSOR


def test_what_the_screen_takes_long_for_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import retrylint.screen
    from retrylint.config import Settings

    def slow(*_: object) -> None:
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(retrylint.screen, "screened", slow)
    source = f"{'# a comment' * 20_000}\n{GOOD}"
    found = lint_source(source, settings=Settings(max_file_time=0.2))
    assert [each.message for each in found] == ["not analysed: took longer than 0.2 s (max-file-time)"]


@pytest.mark.slow
def test_a_folder_of_them_ends(tmp_path: Path) -> None:
    for name in MANY:
        (tmp_path / f"{name}.py").write_text(module_of_many(name, 20_000))
    (tmp_path / "good.py").write_text(GOOD)
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", "json", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert [each["code"] for each in found if each["filename"] == "good.py"] == ["RTY101"]
    reasons = {each["message"] for each in found if each["code"] == "RTY900"}
    known = ("took longer than 10 s", "syntax error", "too deep", "nested deeper")
    assert [each for each in reasons if not any(word in each for word in known)] == []


def test_a_file_that_goes_away_is_told(tmp_path: Path) -> None:
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(GOOD)
    results = lint_paths([tmp_path], on_start=lambda _: (tmp_path / "b.py").unlink())
    codes = {Path(each.filename).name: [finding.code for finding in each.findings] for each in results}
    assert codes == {"a.py": ["RTY101"], "b.py": ["RTY900"], "c.py": ["RTY101"]}


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
@pytest.mark.parametrize("form", ["text", "concise", "json", "jsonl", "github", "gitlab", "sarif", "junit"])
def test_names_of_any_bytes(form: str, tmp_path: Path) -> None:
    for name in (b"a\nb.py", b"\xff\xfe.py", b"a\rb\x1b[31m.py", "\u2028\u202e.py".encode(), b" .py", b"-x.py"):
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
            file.write(GOOD)
    command = [sys.executable, "-m", "retrylint", "check", "--isolated", "--output-format", form, "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300, check=False)
    assert done.returncode == 1, done.stderr
    assert b"Traceback" not in done.stderr
    assert done.stdout.count(b"RTY101") >= 6
