"""A finding is the same one after edits that have nothing to do with it, and another after those that have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from retrylint.cli import run
from retrylint.config import Settings
from retrylint.engine import lint_paths, lint_source
from retrylint.fingerprint import fingerprints, statement

SOURCE = '''\
"""Fetches prices."""

import time

from celery import shared_task


class Prices:
    def fetch(self, url, parts):
        try:
            return self.get(url)
        except OSError:
            time.sleep(10)
            return self.fetch(url, parts)


@shared_task(bind=True, max_retries=None)
def send(self, order_id):
    try:
        deliver(order_id)
    except OSError as exc:
        raise self.retry(exc=exc)
'''

Edit = Callable[[str], str]


def replaced(old: str, new: str) -> Edit:
    """An edit that puts something in the place of the first `old`."""
    return lambda text: text.replace(old, new, 1)


def in_another_order(text: str) -> str:
    """The function before the class."""
    imports, of_class, of_task = re.split("(?=^class|^@shared)", text, flags=re.MULTILINE)
    return f"{imports}{of_task}\n\n{of_class}"


UNRELATED: dict[str, Edit] = {
    "a line above": lambda text: "import os\n" + text,
    "many lines above": lambda text: "\n" * 40 + text,
    "a longer text of the module": replaced("Fetches prices.", "Fetches prices.\n\nNow and then.\n"),
    "a line at the end": lambda text: text + "\n\nDONE = True\n",
    "a comment above": replaced("            time.sleep", "            # wait\n            time.sleep"),
    "a comment behind": replaced("parts)\n\n", "parts)  # once more\n\n"),
    "a blank line within": replaced("        try:", "\n        try:"),
    "another wait": replaced("time.sleep(10)", "time.sleep(30)"),
    "another operation": replaced("self.get(url)", "self.client.get(url, timeout=5)"),
    "a statement before": replaced("        try:", "        self.count += 1\n        try:"),
    "a statement in the handler": replaced("            time.", "            log(url)\n            time."),
    "another function before": replaced("class Prices", "def other():\n    return 1\n\n\nclass Prices"),
    "another method before": replaced("    def fetch", "    def a(self):\n        return 1\n\n    def fetch"),
    "another exception": replaced("except OSError:", "except (OSError, ValueError):"),
    "wider spaces": replaced("fetch(url, parts)\n\n", "fetch( url,  parts )\n\n"),
    "a call over several lines": replaced("fetch(url, parts)\n\n", "fetch(\n    url,\n    parts,\n    )\n\n"),
    "another order": in_another_order,
    "a decorator over several lines": replaced(
        "(bind=True, max_retries=None)", "(\n    bind=True, max_retries=None,\n)"
    ),
    "a type of a parameter": replaced("order_id):", "order_id: int) -> None:"),
    "another parameter": replaced("order_id):", "order_id, urgent=False):"),
    "a document of a function": replaced("        try:", '        """Fetch."""\n        try:'),
    "Windows' ends of lines": lambda text: text.replace("\n", "\r\n"),
    "under a condition": replaced("import time\n", "if True:\n    import time\n"),
    "a whole class more": lambda text: text + "\n\nclass More(Prices):\n    pass\n",
}

RELATED: dict[str, Edit] = {
    "another function's name": lambda text: text.replace("def fetch", "def load").replace("self.fetch", "self.load"),
    "other arguments of the call": replaced("self.fetch(url, parts)", "self.fetch(url, parts=parts)"),
    "another class": replaced("class Prices", "class Rates"),
}


def prints(text: str, path: str = "shop/prices.py") -> dict[str, str]:
    """The fingerprint of each code; every source here has each code once."""
    found = lint_source(text, path, Settings(select=("RTY101", "RTY104")))
    assert [each.code for each in sorted(found, key=lambda each: each.code)] == ["RTY101", "RTY104"]
    return dict(zip((each.code for each in found), fingerprints(found, path, text), strict=True))


def test_at_least_twenty_edits_are_tried() -> None:
    assert len(UNRELATED) >= 20
    assert len({edit(SOURCE) for edit in UNRELATED.values()} - {SOURCE}) == len(UNRELATED)


@pytest.mark.parametrize("name", UNRELATED)
def test_an_unrelated_edit_changes_nothing(name: str) -> None:
    assert prints(UNRELATED[name](SOURCE)) == prints(SOURCE)


@pytest.mark.parametrize("name", RELATED)
def test_another_finding_has_another_fingerprint(name: str) -> None:
    before, after = prints(SOURCE), prints(RELATED[name](SOURCE))
    assert after["RTY101"] != before["RTY101"]
    assert after["RTY104"] == before["RTY104"]


def test_another_file_has_other_fingerprints() -> None:
    assert not set(prints(SOURCE).values()) & set(prints(SOURCE, "shop/rates.py").values())


def test_equal_findings_are_counted() -> None:
    twice = SOURCE + SOURCE[SOURCE.index("class") :]
    found = lint_source(twice, settings=Settings(select=("RTY101",)))
    assert len(found) == 2
    first, second = fingerprints(found, "a.py", twice)
    assert first == fingerprints(found[:1], "a.py", twice)[0] != second


def test_every_fingerprint_of_a_run_is_another() -> None:
    fixtures = Path(__file__).parent.parent / "fixtures"
    results = list(lint_paths([fixtures], Settings(select=("ALL",))))
    made = [each for result in results for each in fingerprints(result.findings, result.filename, result.source)]
    assert len(made) > 500
    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("for x in (1,\n  2,):  # why\n    go()\n", 1, 1, "for x in ( 1 , 2 ) :"),
        ("a = b(1, c(\n 'x'))\n", 1, 5, "b ( 1 , c ( 'x' ) )"),
        ("a = (b\n", 1, 5, "( b"),
        ("x = '\n", 1, 1, "x ="),
        ("", 1, 1, ""),
        ("x = 1\n", 9, 1, ""),
    ],
)
def test_a_statement_is_read_to_its_end(text: str, line: int, column: int, said: str) -> None:
    assert statement(text.splitlines(keepends=True), line, column) == said


TWICE = """\
def send(order):
    while True:
        try:
            return post(order)
        except OSError:
            time.sleep(60)


def send(order):
    while True:
        try:
            return post(order)
        except OSError:
            time.sleep(60)
"""


def known_by(source: str, arguments: Sequence[str] = (), form: str = "sarif") -> dict[tuple[str, int], str]:
    """The fingerprint of each finding in a.py by its code and line, as `check` with these arguments prints it."""
    Path("a.py").write_text(source)
    run(["check", "--isolated", "--no-cache", "--output-format", form, "--output-file", "out.json", *arguments, "a.py"])
    report = json.loads(Path("out.json").read_text())
    if form == "gitlab":
        return {(each["check_name"], each["location"]["lines"]["begin"]): each["fingerprint"] for each in report}
    return {
        (each["ruleId"], each["locations"][0]["physicalLocation"]["region"]["startLine"]): only(
            each["partialFingerprints"]
        )
        for each in report["runs"][0]["results"]
    }


def only(values: dict[str, str]) -> str:
    (value,) = values.values()
    return value


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_what_else_is_told_changes_no_fingerprint(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two functions alike have a number each, and keep it: whatever is selected, silenced or accepted."""
    monkeypatch.chdir(tmp_path)
    every = known_by(TWICE, ["--select", "ALL"], form)
    assert {("RTY102", 2), ("RTY102", 10), ("RTY202", 6), ("RTY202", 14)} <= every.keys()
    assert len(set(every.values())) == len(every)
    some = known_by(TWICE, ["--select", "RTY102"], form)
    assert some == {key: value for key, value in every.items() if key[0] == "RTY102"}
    silenced = known_by(TWICE.replace("while True:", "while True:  # noqa: RTY102", 1), ["--select", "RTY102"], form)
    assert silenced == {("RTY102", 10): every["RTY102", 10]}
    kept = known_by(TWICE, ["--select", "ALL", "--per-file-ignores", "a.py:RTY102"], form)
    assert kept == {key: value for key, value in every.items() if key[0] != "RTY102"}


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_a_baseline_changes_no_fingerprint(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = TWICE[: TWICE.index("\n\n\n") + 1]
    known_by(one)
    assert run(["check", "--isolated", "--no-cache", "--baseline", "known.json", "--update-baseline", "a.py"]) == 0
    every = known_by(TWICE, form=form)
    assert sorted(every) == [("RTY102", 2), ("RTY102", 10)]
    new = known_by(TWICE, ["--baseline", "known.json"], form)
    assert new == {("RTY102", 10): every["RTY102", 10]}
