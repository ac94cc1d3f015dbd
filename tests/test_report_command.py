"""`retrylint report`: where it writes to, what it heeds and says; and that its page tells what the inventory tells."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrylint.cli import run
from retrylint.engine import FileResult, lint_paths
from retrylint.model import (
    Body,
    Catch,
    Chain,
    FileFacts,
    Finding,
    Library,
    Location,
    NotAnalysed,
    RetrySite,
    Span,
)
from retrylint.page.render import environment, render
from retrylint.page.view import page_of, title_of
from retrylint.reports.pages import page_url
from retrylint.reports.table import site_row
from retrylint.reports.terminal import visible

ROOT = Path(__file__).parent.parent
SITES = ROOT / "fixtures" / "sites"
PROGRAMS = ROOT / "fixtures" / "programs"
VOID = {"meta", "link", "input", "wbr"}
LOOP = (
    "import time\n\ndef five():\n    for attempt in range(5):\n        try:\n            return operation()\n"
    "        except OSError:\n            time.sleep(60)\n    raise OSError\n"
)
ENDLESS = "def again(url):\n    try:\n        return work(url)\n    except OSError:\n        return again(url)\n"


JINJA = environment()


class Reader(HTMLParser):
    """What a page holds: its elements in order, what is left open, and the texts of its table's cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.cell: list[str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tbody":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.cell = []

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag
        if tag in ("td", "th") and self.cell is not None:
            self.rows[-1].append(" ".join("".join(self.cell).split()))
            self.cell = None

    def handle_data(self, data: str) -> None:
        if self.cell is not None:
            self.cell.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for each, attributes in self.elements if each == tag]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: two files with a site each."""
    (tmp_path / "a.py").write_text(LOOP, encoding="utf-8")
    (tmp_path / "b.py").write_text(ENDLESS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def reported(*arguments: str, code: int = 0) -> None:
    """Run the command in the current folder."""
    assert run(["report", "--isolated", "--no-cache", *arguments]) == code


def page_in(file: Path) -> Reader:
    return Reader(file.read_text(encoding="utf-8"))


def test_without_a_file_it_writes_retries_html(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported()
    assert capsys.readouterr().out == "Wrote retries.html: 2 sites in 2 files, 2 findings\n"
    assert [row[0].split()[0] for row in page_in(folder / "retries.html").rows] == ["five", "again"]


def test_a_dash_is_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported("-o", "-", "a.py")
    out, said = capsys.readouterr()
    assert (len(Reader(out).rows), said) == (1, "")
    assert out.startswith("<!doctype html>\n")
    assert not (folder / "retries.html").exists()


def test_standard_output_is_in_utf_8(folder: Path) -> None:
    command = [sys.executable, "-m", "retrylint", "report", "--isolated", "--no-cache", "-o", "-"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "latin-1"}
    done = subprocess.run(command, capture_output=True, check=True, env=environment)
    reported("-o", "x.html")
    assert done.stdout.replace(b"\r\n", b"\n") == (folder / "x.html").read_bytes()


def test_the_same_code_gives_the_same_page(folder: Path) -> None:
    reported("-o", "one.html", "--jobs", "1")
    reported("-o", "two.html", "--jobs", "2")
    assert (folder / "one.html").read_bytes() == (folder / "two.html").read_bytes()


def test_it_heeds_files_and_rules(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reported("-o", "x.html", "--exclude", "a.py")
    reported("-o", "x.html", "--select", "RTY202", "--ignore", "RTY101")
    reported("-o", "x.html", "--per-file-ignores", "b.py:ALL")
    assert re.findall(r": (.*)", capsys.readouterr().out) == [
        "1 site in 1 file, 1 finding",
        "2 sites in 2 files, 1 finding",
        "2 sites in 2 files, 1 finding",
    ]
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nexclude = ["b.py"]\nselect = ["RTY202"]\n')
    assert run(["report", "--no-cache", "."]) == 0
    assert "1 site in 1 file, 1 finding" in capsys.readouterr().out


def test_standard_input(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    command = [
        sys.executable,
        "-m",
        "retrylint",
        "report",
        "--isolated",
        "--stdin-filename",
        "jobs/x.py",
        "-o",
        "-",
        "-",
    ]
    done = subprocess.run(
        command, input=LOOP.encode(), capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    page = Reader(done.stdout.decode())
    assert page.rows[0][0].split() == ["five", "jobs/x.py:4"]
    assert "<title>Retries in jobs/x.py</title>" in done.stdout.decode()


def test_what_is_not_analysed_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "c.py").write_text("for x in y:\n    try:\n        a(\n    except OSError:\n        pass\n")
    reported("-o", "x.html")
    assert "c.py:3:10: not analysed: syntax error" in capsys.readouterr().err
    text = (folder / "x.html").read_text(encoding="utf-8")
    assert re.search(r"c\.py:3:10</code> syntax error", text)
    reported("-o", "x.html", "--strict", code=2)


@pytest.mark.parametrize("where", ["no/such/folder/x.html", "."])
def test_a_file_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str], where: str) -> None:
    reported("-o", where, code=2)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"retrylint: --output-file: {where}: cannot be written: ")


def test_without_jinja(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    reported(code=2)
    assert capsys.readouterr().err == "retrylint: the report needs Jinja: pip install 'retrylint[report]'\n"
    assert not (folder / "retries.html").exists()


def test_no_sites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    reported("-o", str(tmp_path / "x.html"), str(tmp_path))
    assert capsys.readouterr().out.endswith(": 0 sites, 0 findings\n")
    page = page_in(tmp_path / "x.html")
    assert not page.named("table")
    assert "No retry sites found." in (tmp_path / "x.html").read_text()


@pytest.mark.parametrize(
    ("paths", "title"),
    [
        (("src",), "src"),
        (("src/a", "b/"), "a, b"),
        (tuple("abcdefg"), "a, b, c, d, e and 2 more"),
        (("-",), "standard input"),
    ],
)
def test_titles(paths: tuple[str, ...], title: str) -> None:
    assert title_of(paths, None) == title


def test_the_title_of_the_current_folder(folder: Path) -> None:
    assert title_of((), None) == title_of((".",), None) == folder.name


@pytest.fixture(scope="module")
def everything() -> tuple[Reader, str]:
    """The page of the fixtures."""
    results = list(lint_paths([SITES, PROGRAMS]))
    text = render(page_of(results, "fixtures"), environment())
    return Reader(text), text


def test_the_cells_are_those_of_the_inventory(everything: tuple[Reader, str]) -> None:
    page, _ = everything
    sites = [(result.filename, site) for result in lint_paths([SITES, PROGRAMS]) for site in result.facts.sites]
    assert len(page.rows) == len(sites) >= 120
    for cells, (path, site) in zip(page.rows, sites, strict=True):
        where, function, _, _, attempts, waits, total, _, _, ending = site_row(path, site)
        assert cells[0] == f"{function} {where}"
        assert cells[2:6] == [attempts, waits, total, ending]


def test_every_finding_is_there_as_check_words_it(everything: tuple[Reader, str]) -> None:
    page, text = everything
    findings = [finding for result in lint_paths([SITES, PROGRAMS]) for finding in result.findings]
    links = {attributes.get("href") for attributes in page.named("a")}
    assert text.count('<li class="finding ') == len(findings) > 100
    shown = Words(text).text
    for finding in findings:
        assert page_url(finding.code, finding.name) in links
        assert " ".join(finding.message.split()) in shown


class Words(HTMLParser):
    """All text of a page, with single spaces."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.feed(text)
        self.text = " ".join("".join(self.pieces).split())

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def test_the_page_needs_nothing_else(everything: tuple[Reader, str]) -> None:
    page, text = everything
    assert not page.open
    assert not [name for name, _ in page.elements if name in ("img", "iframe", "object", "embed", "base")]
    assert [attributes.get("src") for attributes in page.named("script")] == [None]
    assert [attributes["href"] for attributes in page.named("link")] == ["data:,"]
    assert not re.search(r"@import|url\((?!data:)|\bfetch\(|XMLHttpRequest|https?://(?!github\.com/retrylint)", text)
    assert not [
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    ]


def test_links_within_the_page_lead_somewhere(everything: tuple[Reader, str]) -> None:
    page, _ = everything
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for _, attributes in page.elements:
        for name in ("aria-controls", "aria-labelledby", "for"):
            assert name not in attributes or attributes[name] in identifiers
        target = attributes.get("href") or ""
        assert not target.startswith("#") or target[1:] in identifiers


def test_each_finding_stands_at_its_own_site(tmp_path: Path) -> None:
    """Also where two retries stand at one place, and where the facts come from a cache."""
    (tmp_path / "a.py").write_text(
        "import tenacity\n\n@tenacity.retry(stop=tenacity.stop_after_attempt(3))\n"
        "@tenacity.retry(stop=tenacity.stop_after_attempt(4))\ndef stacked():\n    operation()\n"
    )
    pages = []
    for _ in range(2):
        cached = ["report", "--isolated", "--cache-dir", str(tmp_path / "cache"), "-o", str(tmp_path / "x.html")]
        assert run([*cached, "--select", "ALL", "--max-attempts", "3", str(tmp_path / "a.py")]) == 0
        pages.append((tmp_path / "x.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    rows = Reader(pages[0]).rows
    assert [row[2] for row in rows] == ["3", "4"]
    assert ["RTY108" in row[6] for row in rows] == [False, True]
    assert ["RTY701" in row[6] for row in rows] == [True, False]
    assert 'href="#site-1">stacked' in pages[0]
    assert 'href="#site-2">stacked' in pages[0]
    assert "Findings beside the sites" not in pages[0]


def test_nested_retries_are_worded_as_in_the_finding(everything: tuple[Reader, str]) -> None:
    _, text = everything
    told = [f for result in lint_paths([SITES, PROGRAMS]) for f in result.findings if f.code in ("RTY701", "RTY702")]
    shown = Words(text).text
    assert told
    for finding in told:
        how_much, layers = re.fullmatch(r".*?: (.*) \((.*)\)", finding.message).groups()  # type: ignore[union-attr]
        assert f"{how_much} {layers} {finding.code}" in shown


def test_project_mode_sees_chains_through_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chain = ROOT / "fixtures" / "chains" / "alias"
    reported("-o", str(tmp_path / "x.html"), str(chain))
    reported("-o", str(tmp_path / "x.html"), "--project", str(chain))
    plain, project = capsys.readouterr().out.splitlines()
    assert "chain of" not in plain
    assert "1 chain of nested retries" in project
    links = [attributes["href"] for attributes in page_in(tmp_path / "x.html").named("a")]
    assert {"#nest-1", "#site-1", "#site-2"} <= set(links)


def test_sites_and_report_name_the_same_sites(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sites", "--isolated", "--no-cache", "--output-format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)["sites"]
    reported("-o", "x.html")
    assert [row[0] for row in page_in(folder / "x.html").rows] == [
        f"{site['function']} {site['path']}:{site['line']}" for site in listed
    ]


texts = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30) | st.sampled_from(
    ["</noscript>", "</script>", "<!--", "]]>", '" onclick="x', "' x='", "{{ x }}", "&amp;", "\ud800", "\u202e", "\x00"]
)


def page_about(path: str, function: str, said: str, caught: str) -> Reader:
    """A page with all of these, wherever a page shows text of the code."""
    span = Span(1, 1, 2, 1)
    library, body = Library(said, said), Body(operations=(said,))
    site = RetrySite(span, function, "policy", library, catch=Catch((caught,)), body=body)
    finding = Finding("RTY101", "unbounded-recursion", said, path, span, help=caught, site=site)
    chain = Chain((site, site), (Location("inner-retry", span, said, path),))
    facts = FileFacts((site,), chains=(chain,), not_analysed=(NotAnalysed(said),))
    return Reader(render(page_of([FileResult(path, "", facts, (finding, replace(finding, site=None)))], said), JINJA))


@given(texts, texts, texts, texts)
def test_any_text_is_only_text(path: str, function: str, said: str, caught: str) -> None:
    page = page_about(path, function, said, caught)
    plain = page_about("a", "b", "c", "d")
    assert not page.open
    assert [name for name, _ in page.elements if name != "wbr"] == [name for name, _ in plain.elements]
    (cells,) = page.rows
    assert cells[0] == " ".join(f"{visible(function)} {visible(f'{path}:1')}".split())
    assert cells[1] == " ".join(visible(said).split())


WORST = """\
import time
import tenacity
from tenacity import stop_after_attempt as most, wait_fixed as apart

@tenacity.retry(stop=most(5), wait=apart(2), reraise=True)
def inner():
    operation()

@tenacity.retry(stop=most(4), wait=apart(1))
def outer():
    inner()

@tenacity.retry(stop=most(19), wait=apart(1))
def nineteen():
    operation()

@tenacity.retry(stop=most(21))
def twenty_one():
    operation()

@tenacity.retry(stop=most(2), wait=apart(500))
def patient():
    operation()

@tenacity.retry(wait=apart(10))
def endless_slow():
    operation()

@tenacity.retry
def endless_fast():
    operation()

@tenacity.retry(stop=most(1))
def once():
    operation()
"""


def test_the_worst_are_ranked_by_load_and_by_time(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(WORST, encoding="utf-8")
    page = page_of(list(lint_paths([tmp_path])), "worst")
    assert [(each.amount, each.function) for each in page.endless] == [
        ("no wait", "endless_fast"),
        ("fixed 10 s", "endless_slow"),
    ]
    assert [(each.amount, each.detail, each.function) for each in page.heaviest] == [
        ("21", "attempts", "twenty_one"),
        ("up to 20 executions", "tenacity 4 x tenacity 5", "outer"),
        ("19", "attempts", "nineteen"),
        ("2", "attempts", "patient"),
    ]
    assert [(each.amount, each.function) for each in page.longest] == [
        ("500 s", "patient"),
        ("18 s", "nineteen"),
        ("8 s", "inner"),
        ("3 s", "outer"),
    ]
    assert [each.target for each in page.heaviest] == ["site-4", "nest-1", "site-3", "site-5"]


def test_no_more_than_five_are_the_worst() -> None:
    page = page_of(list(lint_paths([SITES])), "sites")
    assert len(page.heaviest) == len(page.longest) == 5
