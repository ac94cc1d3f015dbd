"""The inventory: its order, its groups, and its form in Markdown, as a reader of it sees them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from retrylint.cli import run

SOURCES = {
    "b.py": "import time\n\ndef five():\n    for attempt in range(5):\n        try:\n"
    "            return operation()\n        except OSError:\n            time.sleep(60)\n    raise OSError\n",
    "a.py": "from tenacity import retry, stop_after_attempt\n\n@retry(stop=stop_after_attempt(7))\ndef seven():\n"
    "    operation()\n\n@retry\ndef endless():\n    operation()\n",
    "c.py": "import time\n\ndef some(times):\n    for attempt in range(times):\n        try:\n"
    "            return operation()\n        except (OSError, a.B | c):\n"
    "            time.sleep(1)\n    raise OSError\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with four sites."""
    for name, text in SOURCES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What `retrylint sites` prints."""
    assert run(["sites", "--isolated", "--no-cache", *options, "b.py", "a.py", "c.py"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "order"),
    [
        ((), ["five", "seven", "endless", "some"]),
        (("--sort", "path"), ["seven", "endless", "five", "some"]),
        (("--sort", "attempts"), ["endless", "seven", "five", "some"]),
        (("--sort", "wait"), ["five", "seven", "endless", "some"]),
        (("--group-by", "library"), ["five", "some", "seven", "endless"]),
        (("--group-by", "module", "--sort", "wait"), ["five", "seven", "endless", "some"]),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_the_order(
    folder: Path, capsys: pytest.CaptureFixture[str], form: str, options: tuple[str, ...], order: list[str]
) -> None:
    out = listed(capsys, "--output-format", form, *options)
    if form == "json":
        assert [site["function"] for site in json.loads(out)["sites"]] == order
    else:
        assert re.findall(r"\b(five|seven|endless|some)\b(?=`| {2})", out) == order


def test_groups_have_headings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = listed(capsys, "--group-by", "library")
    assert [line for line in text.splitlines() if "site" in line] == ["by hand: 2 sites", "tenacity: 2 sites"]
    assert "### b.py: 1 site\n" in listed(capsys, "--group-by", "module", "--output-format", "markdown")


def cells_of(markdown: str) -> list[list[str]]:
    """The rows of the tables of a text, each cell as it is seen, by a reader of Markdown."""
    rows: list[list[str]] = []
    for token in MarkdownIt("gfm-like", {"linkify": False}).parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            rows[-1].append("".join(each.content for each in token.children or ()))
    return rows


def test_markdown_shows_what_the_text_shows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = [re.split(r" {2,}", line) for line in listed(capsys).splitlines()]
    assert cells_of(listed(capsys, "--output-format", "markdown")) == shown


def test_hostile_names_stay_in_their_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a`b|``<b>*c*.py"
    (tmp_path / name).write_text(SOURCES["b.py"], encoding="utf-8")
    assert run(["sites", "--isolated", "--no-cache", "--output-format", "markdown", name]) == 0
    _, row = cells_of(capsys.readouterr().out)
    assert row[:2] == [f"{name}:4", "five"]


def test_no_sites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("x = 1\n", encoding="utf-8")
    for options in ((), ("--group-by", "module"), ("--output-format", "markdown")):
        assert run(["sites", "--isolated", "--no-cache", *options, str(tmp_path)]) == 0
        assert capsys.readouterr().out == "No retry sites found.\n"
