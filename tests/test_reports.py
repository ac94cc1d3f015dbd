"""Reports are held against files under tests/snapshots; `RETRYLINT_UPDATE_SNAPSHOTS=1 pytest` writes them anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrylint.model import (
    Body,
    Catch,
    Finding,
    GiveUp,
    Library,
    Limit,
    Location,
    RetrySite,
    Schedule,
    Span,
    Wait,
)
from retrylint.reports.documents import findings_document, sites_document
from retrylint.reports.summary import statistics, summary
from retrylint.reports.table import sites_table
from retrylint.reports.terminal import Paint, visible, wants_colour, width
from retrylint.reports.text import WIDEST, full

SNAPSHOTS = Path(__file__).parent / "snapshots"
SOURCE = """\
from time import sleep


def process_task():
\ttry:
\t\twork("日本")
\texcept Exception:
\t\tsleep(10); log("日本"); process_task()


@task(
    max_retries=None,
)
def last(): ...
"""

RECURSION = RetrySite(
    span=Span(4, 1, 8, 40),
    function="process_task",
    mechanism="recursion",
    limit=Limit("unbounded"),
    schedule=Schedule("fixed", 10.0, 10.0, False, "time.sleep", True),
    catch=Catch(("Exception",)),
    give_up=GiveUp("never"),
    body=Body(operations=("work",)),
)
TASK = RetrySite(
    span=Span(14, 1, 14, 16),
    function="Worker.last",
    mechanism="task",
    library=Library("celery", "Celery"),
    limit=Limit("default", attempts=4),
    schedule=Schedule(
        "exponential", 1.0, 600.0, True, "countdown", False, tuple(Wait(0.0, n) for n in (1.0, 2.0, 4.0))
    ),
    catch=Catch(("OSError", "requests.Timeout"), bare=True),
    give_up=GiveUp("wraps", "MaxRetriesExceededError"),
    body=Body(is_async=True, contexts=("celery_task",), operations=("requests.get",)),
)
UNKNOWN = RetrySite(span=Span(1, 1, 1, 2), function="<module>", mechanism="loop")
ENDLESS = RetrySite(
    span=Span(2, 3, 4, 5),
    function="wait",
    mechanism="loop",
    limit=Limit("deadline", deadline=30.5),
    schedule=Schedule("linear", 1.0, float("inf"), waits=(Wait(1.0, float("inf")),)),
    give_up=GiveUp("wraps"),
)
SITES = [("app/tasks.py", RECURSION), ("app/tasks.py", TASK), ("other.py", UNKNOWN), ("日本.py", ENDLESS)]

FINDINGS = (
    Finding(
        code="RTY101",
        name="unbounded-recursion",
        message="retries itself without a limit",
        filename="app/tasks.py",
        span=Span(8, 26, 8, 40),
        severity="error",
        help="count the attempts in a loop",
        site=RECURSION,
        related=(
            Location("sleep", Span(8, 3, 8, 12), "each failure sleeps here"),
            Location("handler", Span(7, 2, 7, 8)),
        ),
    ),
    Finding(
        code="RTY104",
        name="unlimited-task-retries",
        message="the task retries for ever",
        filename="app/tasks.py",
        span=Span(11, 1, 13, 2),
        site=TASK,
    ),
    Finding("RTY900", "not-analysed", "not analysed: cannot be read", "gone.py", Span(1, 1, 1, 1), "error"),
)


def rendered(paint: Paint) -> str:
    sources = [SOURCE, SOURCE, ""]
    return "\n\n".join(full(f, s.split("\n"), paint) for f, s in zip(FINDINGS, sources, strict=True)) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("check-colour.text", rendered(Paint(enabled=True))),
        ("sites.text", sites_table(SITES) + "\n"),
        ("sites.json", sites_document(SITES) + "\n"),
    ],
)
def test_snapshot(name: str, text: str) -> None:
    path = SNAPSHOTS / name
    if os.environ.get("RETRYLINT_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_json_has_every_documented_key() -> None:
    first = json.loads(findings_document(FINDINGS))[0]
    assert list(first) == [
        "code", "name", "message", "filename", "location", "end_location", "url", "severity", "fix", "site", "path"
    ]  # fmt: skip
    site = json.loads(sites_document(SITES))["sites"][0]
    assert list(site) == [
        "path", "line", "column", "end_line", "function", "mechanism", "library", "attempts", "limit",
        "deadline_seconds", "delay", "total_wait_seconds", "async", "context", "catches", "on_exhaustion", "operations",
    ]  # fmt: skip
    assert list(site["delay"]) == ["shape", "first_seconds", "max_seconds", "jitter", "waits_with"]


def test_no_infinity_reaches_json() -> None:
    site = json.loads(sites_document([("a.py", ENDLESS)]))["sites"][0]
    assert site["delay"]["max_seconds"] is None
    assert site["total_wait_seconds"] is None


def test_empty_reports() -> None:
    assert json.loads(findings_document([])) == []
    assert json.loads(sites_document([])) == {"version": 1, "sites": []}
    assert sites_table([]) == "No retry sites found."
    assert statistics([]) == ""


@pytest.mark.parametrize(
    ("findings", "files", "missed", "said"),
    [
        (0, 0, 0, "All checks passed!"),
        (1, 1, 0, "Found 1 finding in 1 file."),
        (12, 3, 1, "Found 12 findings in 3 files; 1 file could not be analysed in full."),
        (0, 0, 2, "Found 0 findings in 0 files; 2 files could not be analysed in full."),
    ],
)
def test_summary(findings: int, files: int, missed: int, said: str) -> None:
    assert summary(findings, files, Paint(), missed) == said


@pytest.mark.parametrize(
    ("environment", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colour(environment: dict[str, str], terminal: bool, colour: bool) -> None:
    assert wants_colour(environment, terminal) is colour


def test_a_source_cannot_move_the_cursor() -> None:
    assert visible("a\tb\x1b[2J\x7f\u202e\udc80") == "a   b\u241b[2J\ufffd\ufffd\ufffd"
    assert width("日本é") == 5
    assert width("e\u0301") == 1


@given(line=st.text(st.characters(exclude_characters="\n\r"), max_size=WIDEST).map("x".__add__), data=st.data())
def test_the_caret_stands_under_the_span(line: str, data: st.DataObject) -> None:
    line = line[:WIDEST]
    start = data.draw(st.integers(1, len(line)))
    end = data.draw(st.integers(start, len(line) + 1))
    finding = Finding("RTY101", "name", "message", "f.py", Span(1, start, 1, end))
    _, _, shown, caret = full(finding, [line], Paint()).split("\n")
    margin = len("1 | ")
    assert shown == f"1 | {visible(line)}".rstrip()
    assert caret.index("^") == margin + width(visible(line[: start - 1]))
    assert caret.count("^") == max(width(visible(line[: end - 1])) - width(visible(line[: start - 1])), 1)


def test_a_long_line_is_cut_round_the_span() -> None:
    line = "x = 1; " * 100 + "process_task()" + "; y = 2" * 100
    finding = Finding("RTY101", "name", "message", "f.py", Span(1, 701, 1, 715))
    _, _, shown, caret = full(finding, [line], Paint()).split("\n")
    assert width(shown) < 220
    at = caret.index("^")
    assert shown[at : at + 14] == "process_task()"
    assert caret.count("^") == 14


def test_a_place_beyond_the_source_shows_no_source() -> None:
    finding = Finding("RTY900", "not-analysed", "message", "f.py", Span(9, 1, 9, 1))
    assert full(finding, ["x = 1"], Paint()) == "f.py:9:1: RTY900 message"
