"""retrylint's own comment, comments that silence nothing, and comments that are not what they look like."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

import pytest
from samples import SEED

from retrylint.cli import run
from retrylint.config import Settings
from retrylint.engine import lint_source

DOCS = Path(__file__).parent.parent / "docs"
SUPPRESSION, CI = ((DOCS / name).read_text(encoding="utf-8") for name in ("suppression.md", "ci.md"))
Printed = pytest.CaptureFixture[str]

TASK = """\
from celery import shared_task


@shared_task(  # A
    bind=True,  # B
    max_retries=None,  # C
)  # D
def first(self):  # E
    try:  # F
        work()
    except OSError as exc:  # G
        raise self.retry(exc=exc)  # H


# I
@shared_task(bind=True, max_retries=None)
def second(self):
    try:
        work()
    except OSError as exc:
        raise self.retry(exc=exc)
"""

NESTED = """\
import time


def send():  # A
    while True:  # B
        try:
            connect()  # C
        except OSError:
            time.sleep(5)  # D
            continue
        while True:  # E
            try:
                return deliver()
            except OSError:  # F
                time.sleep(5)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(source: str, *codes: str) -> list[tuple[int, str]]:
    return [(each.span.line, each.code) for each in lint_source(source, settings=Settings(select=codes))]


def marked(source: str, mark: str, comment: str) -> str:
    """The source with a comment in the place of a mark."""
    assert source.count(f"# {mark}\n") == 1
    return source.replace(f"# {mark}\n", f"{comment}\n")


def test_the_samples_have_the_findings_that_are_to_be_silenced() -> None:
    assert [code for _, code in found(TASK, "RTY104")] == ["RTY104", "RTY104"]
    assert found(NESTED, "RTY202") == [(9, "RTY202"), (15, "RTY202")]


@pytest.mark.parametrize("mark", "ABCDEFGH")
def test_any_line_of_a_task_silences_it_alone(mark: str) -> None:
    (left,) = found(marked(TASK, mark, "# retrylint: ignore[RTY104] the broker bounds it"), "RTY104")
    assert left[0] > 14


def test_a_comment_alone_speaks_for_the_line_below() -> None:
    (left,) = found(marked(TASK, "I", "# retrylint: ignore[RTY104]\n# and another line\n"), "RTY104")
    assert left[0] < 14
    assert len(found(marked(TASK, "I", "x = 1  # retrylint: ignore[RTY104]"), "RTY104")) == 2


@pytest.mark.parametrize(("mark", "left"), [("B", 15), ("C", 15), ("D", 15), ("E", 9), ("F", 9)])
def test_the_innermost_retry_is_meant(mark: str, left: int) -> None:
    assert found(marked(NESTED, mark, "# retrylint: ignore[RTY202]"), "RTY202") == [(left, "RTY202")]


@pytest.mark.parametrize(
    "comment",
    [
        "# retrylint: ignore[RTY101]",
        "# retrylint: ignore[RTY101] the queue drops it after a day",
        "# retrylint: ignore[RTY101]: reason",
        "# retrylint: ignore[RTY1]",
        "# retrylint: ignore[RTY]",
        "# retrylint: ignore[rty101]",
        "# retrylint: ignore[RTY302, RTY101]",
        "# retrylint: ignore[RTY302 RTY101]",
        "# retrylint: ignore",
        "# retrylint: ignore because",
        "#retrylint:ignore[RTY101]",
        "# Retrylint: Ignore [RTY101]",
        "# type: ignore # retrylint: ignore[RTY101]",
        "# retrylint: ignore[RTY101] # noqa: E501",
    ],
)
def test_comments_that_silence(comment: str, folder: Path, capsys: Printed) -> None:
    (folder / "seed.py").write_text(SEED.replace("process_task()\n", f"process_task()  {comment}\n"))
    assert run(["check", "seed.py"]) == 0
    assert capsys.readouterr().err == ""
    assert flake8("seed.py") == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# retrylint: ignore[RTY102]", None),
        ("# retrylint: ignore[]", "its codes are separated by commas"),
        ("# retrylint: ignore RTY101", "its codes stand in brackets"),
        ("# retrylint: ignore: RTY101", "its codes stand in brackets"),
        ("# retrylint: ignore[RTY101", "its codes stand in brackets"),
        ("# retrylint: ignore[RTY101; RTY102]", "its codes are separated by commas"),
        ("# retrylint: disable=RTY101", "write `# retrylint: ignore[CODE] reason`"),
        ("# retrylint: ignores[RTY101]", "write `# retrylint: ignore[CODE] reason`"),
        ("# retrylint: ignore[RTY110]", "unknown rule 'RTY110'; did you mean 'RTY"),
        ("; x = '# retrylint: ignore[RTY101]'", None),
        ("# noqa: E501, RTY", "`RTY` without digits means nothing in `# noqa`"),
    ],
)
def test_comments_that_do_not_silence(comment: str, said: str | None, folder: Path, capsys: Printed) -> None:
    (folder / "seed.py").write_text(SEED.replace("process_task()\n", f"process_task()  {comment}\n"))
    assert run(["check", "seed.py", "--output-format", "concise"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("seed.py:9:9: RTY101 ")
    assert len(flake8("seed.py")) == 1
    if said is None:
        assert err == ""
    else:
        assert err.splitlines()[-1].startswith("retrylint: seed.py:9: ")
        assert said in err


def test_noqa_without_digits_is_warned_about(folder: Path, capsys: Printed) -> None:
    (folder / "seed.py").write_text(SEED.replace("process_task()\n", "process_task()  # noqa: RTY\n"))
    assert run(["check", "seed.py"]) == 0
    assert capsys.readouterr().err == (
        "retrylint: seed.py:9: `# noqa: RTY` without digits silences every rule of every linter here; "
        "write `# retrylint: ignore[RTY]`\n"
    )


# Comments that silence nothing


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# retrylint: ignore[RTY101]", None),
        ("# retrylint: ignore[RTY101, RTY102]", "nothing here is silenced by RTY102"),
        ("# retrylint: ignore[RTY5]", "nothing here is silenced by RTY5"),
        ("# retrylint: ignore[RTY202]", None),  # is off: nobody can tell
        ("# retrylint: ignore", None),
        ("# noqa: RTY101", None),
        ("# noqa: RTY101,RTY102,E501", "nothing here is silenced by RTY102"),
        ("# noqa: E501", None),
        ("# noqa", None),
    ],
)
def test_unused_comments_are_reported(comment: str, said: str | None, folder: Path, capsys: Printed) -> None:
    (folder / "seed.py").write_text(SEED.replace("process_task()\n", f"process_task()  {comment}\n"))
    (folder / "clean.py").write_text("x = 1\n")
    run(["check", "--report-unused-ignores", "--output-format", "jsonl"])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    unused = [row for row in rows if row["code"] == "RTY901"]
    assert [row["message"] for row in unused] == ([said] if said else [])
    assert all(row["location"] == {"row": 9, "column": 25} for row in unused)
    theirs = [line for line in flake8(".", "--retrylint-extend-select=RTY901") if "RTY901" in line]
    assert [line.partition(" RTY901 ")[2] for line in theirs] == ([said] if said else [])


def test_unused_comments_in_a_file_without_findings(folder: Path, capsys: Printed) -> None:
    (folder / "clean.py").write_text("x = 1  # retrylint: ignore\ny = 2\nz = 1  # noqa: RTY101\n")
    assert run(["check"]) == 0
    assert run(["check", "--report-unused-ignores", "--output-format", "concise"]) == 1
    assert [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()[1:-1]] == [
        "clean.py:1:8:",
        "clean.py:3:8:",
    ]
    (folder / "clean.py").write_text("x = 1  # retrylint: ignore\n# flake8: noqa\n")
    assert run(["check", "--report-unused-ignores"]) == 0
    (folder / "clean.py").write_text("x = 1  # retrylint: ignore\ndef broken(:\n")
    assert run(["check", "--report-unused-ignores", "--ignore", "RTY900"]) == 0


# Other linters


def flake8(*arguments: str) -> list[str]:
    """The RTY lines that real flake8 prints."""
    command = [sys.executable, "-m", "flake8", "--isolated", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if ": RTY" in line]


def ruff(*rules: str) -> None:
    """Mend what the installed ruff says by these rules, under the pyproject.toml of the current folder."""
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", f"--select={','.join(rules)}", "--fix", "seed.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr


def deleting_rule() -> str:
    """The rule by which the installed ruff takes away codes that it does not know, as both pages say."""
    found: set[tuple[str, str]] = {
        match for page in (SUPPRESSION, CI) for match in re.findall(r"by (RUF\d+) since ruff 0.15, by (RUF\d+)\s", page)
    }
    ((newer, older),) = found
    return newer if tuple(int(part) for part in version("ruff").split(".")[:2]) >= (0, 15) else older


def told_to_ruff() -> list[str]:
    """The settings that the pages tell to write for ruff."""
    found = (re.findall(r"^ *```toml\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL) for page in (SUPPRESSION, CI))
    return [text for texts in found for text in texts if "external" in text]


def test_ruff_takes_noqa_away_by_the_rule_of_the_page(folder: Path) -> None:
    seed, text = folder / "seed.py", SEED.replace("process_task()\n", "process_task()  # noqa: RTY101\n")
    seed.write_text(text)
    ruff(deleting_rule())
    assert "noqa" not in seed.read_text()


def test_what_the_pages_tell_ruff_keeps_noqa(folder: Path) -> None:
    seed, text = folder / "seed.py", SEED.replace("process_task()\n", "process_task()  # noqa: RTY101\n")
    settings = told_to_ruff()
    assert len(settings) == 2
    for each in settings:
        (folder / "pyproject.toml").write_text(textwrap.dedent(each))
        seed.write_text(text)
        ruff("RUF")
        assert "# noqa: RTY101" in seed.read_text()


def test_ruff_leaves_the_own_form(folder: Path) -> None:
    seed = folder / "seed.py"
    text = SEED.replace("process_task()\n", "process_task()  # retrylint: ignore[RTY101] reason\n")
    seed.write_text(text)
    ruff("RUF", "ERA")
    assert seed.read_text() == text
