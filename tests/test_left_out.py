"""What only looks like a retry is told by its kind and a reason, and `sites --all` shows both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from retrylint.analysis import analyse
from retrylint.cli import run

QUIET = Path(__file__).parent.parent / "fixtures" / "quiet"

RECURSIONS = {
    "batch_bisection": ("batch bisection", "`documents` is a part of what failed"),
    "redirect": ("fail-over", "`url` is what the failure told to use next"),
    "batch_continuation": ("pagination", "`start` moves on from call to call"),
}


@pytest.mark.parametrize("name", RECURSIONS)
def test_a_recursion_with_other_inputs_says_which(name: str) -> None:
    facts = analyse((QUIET / f"{name}.py").read_text(encoding="utf-8"))
    told = {(each.kind, each.reason) for each in facts.left_out if each.mechanism == "recursion"}
    assert RECURSIONS[name] in told


POLL = """\
import time


def ready(job):
    while True:
        try:
            if get_status(job) == "ready":
                return
        except OSError:
            pass
        time.sleep(5)
"""


def test_sites_all_lists_them_in_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "jobs.py").write_text(POLL, encoding="utf-8")
    assert run(["sites", "--isolated", "--all", str(tmp_path)]) == 0
    sites, _, left_out = capsys.readouterr().out.partition("\n\n")
    assert sites == "No retry sites found."
    heading, row = left_out.splitlines()
    assert heading.split() == ["left", "out", "function", "looks", "like", "is", "because"]
    assert row.endswith("jobs.py:5  ready     loop        poll  goes round until a state has come about")


def test_sites_all_lists_them_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "jobs.py").write_text(POLL, encoding="utf-8")
    assert run(["sites", "--isolated", "--all", "--output-format", "json", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["sites"] == []
    (only,) = document["left_out"]
    assert only.pop("path").endswith("jobs.py")
    assert only == {
        "line": 5,
        "column": 5,
        "end_line": 11,
        "function": "ready",
        "mechanism": "loop",
        "kind": "poll",
        "reason": "goes round until a state has come about",
    }


def test_sites_alone_does_not_speak_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "jobs.py").write_text(POLL, encoding="utf-8")
    assert run(["sites", "--isolated", "--output-format", "json", str(tmp_path)]) == 0
    assert "left_out" not in json.loads(capsys.readouterr().out)
