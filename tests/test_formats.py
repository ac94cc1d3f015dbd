"""Every format of `check`: its snapshot, and what the readers that it is written for make of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import npm
import pytest
import xmlschema
from samples import BROKEN, SEED
from test_reports import FINDINGS, SNAPSHOTS, SOURCE

from retrylint import __version__
from retrylint.cli import run
from retrylint.engine import FileResult
from retrylint.model import FileFacts, NotAnalysed, Role
from retrylint.reports.formats import FORMATS, Format, report
from retrylint.reports.paths import repository_path, repository_top
from retrylint.reports.sarif import ROLES
from retrylint.reports.summary import Tally
from retrylint.reports.terminal import Paint

JUNIT = Path(__file__).parent / "schemas" / "junit-10.xsd"
FIXTURES = Path(__file__).parent.parent / "fixtures"
SHOP = FIXTURES / "programs" / "django_shop"
MISSED = FileFacts(not_analysed=(NotAnalysed("cannot be read"),))
RESULTS = (
    FileResult("app/tasks.py", SOURCE, FileFacts(), FINDINGS[:2]),
    FileResult("app/clean.py", "", FileFacts(), ()),
    FileResult("gone.py", "", MISSED, FINDINGS[2:]),
)

Check = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, which is the top of a repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `check` in a format and gives what it prints."""

    def checked(form: str, *arguments: str, code: int = 1) -> str:
        assert run(["check", "--output-format", form, *arguments]) == code
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return checked


def rendered(form: Format, *results: FileResult) -> str:
    return "".join(f"{text}\n" for text in report(form, Tally(results or RESULTS), Paint()))


def without_pages(sarif: str) -> str:
    """A log as a snapshot keeps it: the pages of the rules have tests of their own, and versions go on."""
    log = json.loads(sarif.replace(f'"{__version__}"', '"VERSION"'))
    for rule in log["runs"][0]["tool"]["driver"]["rules"]:
        for key in ("shortDescription", "fullDescription", "help"):
            del rule[key]
    return json.dumps(log, indent=2) + "\n"


@pytest.mark.parametrize("form", FORMATS)
def test_snapshot(form: Format, folder: Path) -> None:
    text = without_pages(rendered(form)) if form == "sarif" else rendered(form)
    path = SNAPSHOTS / f"check.{form}"
    if os.environ.get("RETRYLINT_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


# Every format tells the same findings.


def of_concise(text: str) -> list[tuple[str, int, str]]:
    found = re.findall(r"^(.+?):(\d+):\d+: (RTY\d+) ", text, re.MULTILINE)
    return [(path, int(line), code) for path, line, code in found]


def of_json(text: str) -> list[tuple[str, int, str]]:
    return [(each["filename"], each["location"]["row"], each["code"]) for each in json.loads(text)]


def of_jsonl(text: str) -> list[tuple[str, int, str]]:
    return of_json(f"[{','.join(text.splitlines())}]")


def of_sarif(text: str) -> list[tuple[str, int, str]]:
    (sarif,) = json.loads(text)["runs"]
    rules = [rule["id"] for rule in sarif["tool"]["driver"]["rules"]]
    found = []
    for result in sarif["results"]:
        place = result["locations"][0]["physicalLocation"]
        assert rules[result["ruleIndex"]] == result["ruleId"]
        found.append((place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"]))
    return found


def of_github(text: str) -> list[tuple[str, int, str]]:
    """As GitHub's runner reads commands: `::name key=value,...::text`, with percent signs for what divides."""
    found = []
    for line in text.splitlines():
        command = re.fullmatch(r"::(error|warning|notice) ([^:]*)::(.*)", line)
        assert command is not None, line
        values = dict(pair.split("=", 1) for pair in command[2].split(","))
        code = re.fullmatch(r"retrylint \((RTY\d+)\)", values["title"])
        assert code is not None, line
        found.append((unquote(values["file"]), int(values["line"]), code[1]))
    return found


def of_gitlab(text: str) -> list[tuple[str, int, str]]:
    places = [(each["location"], each["check_name"]) for each in json.loads(text)]
    return [(place["path"], place["lines"]["begin"], code) for place, code in places]


def of_junit(text: str) -> list[tuple[str, int, str]]:
    found: list[tuple[str, int, str]] = []
    document: Any = xmlschema.XMLSchema10(JUNIT).to_dict(text)
    for suite in document["testsuite"]:
        for case in suite["testcase"]:
            if case.keys() & {"failure", "error"}:
                code, *_, place = case["@name"].split()
                found.append((case["@classname"], int(place.split(":")[0]), code))
    return found


READERS: dict[str, Callable[[str], list[tuple[str, int, str]]]] = {
    "text": of_concise,
    "concise": of_concise,
    "json": of_json,
    "jsonl": of_jsonl,
    "sarif": of_sarif,
    "github": of_github,
    "gitlab": of_gitlab,
    "junit": of_junit,
}


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_the_same(form: str, check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHOP)
    expected = [(repository_path(path), line, code) for path, line, code in of_json(check("json"))]
    assert len(expected) == 14
    found = READERS[form](check(form))
    if form in ("text", "concise", "json", "jsonl"):
        found = [(repository_path(path), line, code) for path, line, code in found]
    assert found == expected


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_holds_when_nothing_is_found(form: str, check: Check, folder: Path) -> None:
    (folder / "clean.py").write_text("x = 1\n")
    assert READERS[form](check(form, code=0)) == []


ODD = "a b, 50%: \u65e5 \x1b[2J.py"


@pytest.mark.parametrize("form", FORMATS)
def test_a_name_of_any_characters_is_told(form: str, check: Check, folder: Path) -> None:
    (folder / ODD).write_text(SEED)
    out = check(form)
    assert "\x1b" not in out
    ((path, line, code),) = READERS[form](out)
    assert (line, code) == (9, "RTY101")
    told = {"sarif": "a%20b%2C%2050%25%3A%20%E6%97%A5%20%1B%5B2J.py", "junit": ODD.replace("\x1b", "\ufffd")}
    escaped = {"text": "\u241b", "concise": "\u241b", "github": "\u241b"}
    assert path == told.get(form, ODD.replace("\x1b", escaped.get(form, "\x1b")))


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file names are text there")
@pytest.mark.parametrize("form", FORMATS)
def test_a_name_that_is_no_text_is_told(form: str, check: Check, folder: Path) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (folder / name).write_text(SEED)
    out = check(form, "--output-file", "out", code=1)
    assert out == ""
    ((path, line, code),) = READERS[form]((folder / "out").read_text(encoding="utf-8"))
    assert path.startswith("caf")
    assert (line, code) == (9, "RTY101")


def test_paths_are_told_from_the_top_of_the_repository(
    check: Check, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "seed.py").write_text(SEED)
    outside = tmp_path_factory.mktemp("outside") / "seed.py"
    outside.write_text(SEED)
    monkeypatch.chdir(folder / "app")
    assert repository_top(os.getcwd()) == str(folder)
    for form in ("sarif", "github", "gitlab", "junit"):
        assert READERS[form](check(form, "seed.py")) == [("app/seed.py", 9, "RTY101")], form
        uri = outside.as_uri() if form == "sarif" else outside.as_posix()
        assert READERS[form](check(form, str(outside))) == [(uri, 9, "RTY101")], form
    assert repository_path("-") == "-"


def test_without_a_repository_the_current_folder_is_the_top(tmp_path: Path) -> None:
    assert repository_top(str(tmp_path)) == str(tmp_path)


# SARIF


@pytest.fixture(scope="session")
def multitool(pytestconfig: pytest.Config) -> Path:
    """Microsoft's validator of SARIF."""
    modules = npm.installed(pytestconfig, "@microsoft/sarif-multitool@5")
    platform = {"linux": "linux", "darwin": "darwin", "win32": "win32"}[sys.platform]
    tool = modules / "@microsoft" / f"sarif-multitool-{platform}" / "Sarif.Multitool"
    tool.chmod(0o755)  # its own script does that after the installation, where npm lets it
    return tool


def complaints(multitool: Path, log: Path) -> list[tuple[str, str]]:
    """Level and rule of what the validator says by the rules of SARIF and of GitHub's code scanning."""
    said = log.with_suffix(".validated")
    command = [
        str(multitool), "validate", str(log), "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning",
        "--output", str(said), "--log", "ForceOverwrite",
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, check=False, timeout=300)
    results = json.loads(said.read_text(encoding="utf-8-sig"))["runs"][0]["results"]
    return [(result.get("level", "warning"), result["ruleId"]) for result in results]


def test_a_validator_accepts_the_log(multitool: Path, check: Check, folder: Path) -> None:
    log = folder / "log.sarif"
    log.write_text(rendered("sarif"))
    assert complaints(multitool, log) == []
    (folder / "broken.py").write_text(BROKEN)
    (folder / ODD).write_text(SEED)
    shutil.copytree(SHOP, folder / "shop")
    check("sarif", "--select", "ALL", "--output-file", str(log))
    assert complaints(multitool, log) == []
    (folder / "empty").mkdir()
    (folder / "empty" / "clean.py").touch()
    check("sarif", "empty", "--output-file", str(log), code=0)
    assert complaints(multitool, log) == []


def test_the_validator_sees_mistakes(multitool: Path, folder: Path) -> None:
    log = folder / "log.sarif"
    sarif = json.loads(rendered("sarif"))
    first, second, *_ = sarif["runs"][0]["results"]
    del first["locations"]
    del second["locations"][0]["physicalLocation"]["region"]["startLine"]
    log.write_text(json.dumps(sarif))
    assert {rule for level, rule in complaints(multitool, log) if level == "error"} >= {"GH1015", "SARIF1007"}


def sarif_run(text: str) -> dict[str, Any]:
    (found,) = json.loads(text)["runs"]
    assert isinstance(found, dict)
    return found


def test_sarif_carries_the_pages_of_its_rules(folder: Path) -> None:
    rules = {rule["id"]: rule for rule in sarif_run(rendered("sarif"))["tool"]["driver"]["rules"]}
    assert list(rules) == ["RTY101", "RTY104", "RTY900"]
    rule = rules["RTY101"]
    assert rule["name"] == "UnboundedRecursion"
    assert rule["help"]["markdown"].startswith("# RTY101 unbounded-recursion\n")
    assert rule["shortDescription"]["text"].startswith("On failure the function calls itself")
    assert rule["helpUri"].endswith("/rules/RTY101-unbounded-recursion.md")
    assert rule["defaultConfiguration"] == {"enabled": True, "level": "error"}


def test_sarif_tells_the_parts_of_a_retry(check: Check, folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (result,) = sarif_run(check("sarif"))["results"]
    related = {
        place["message"]["text"]: place["physicalLocation"]["region"]["startLine"]
        for place in result["relatedLocations"]
    }
    assert related == {
        "the retry in process_task": 4,
        "the handler that leads to another attempt": 7,
        "the wait between attempts": 8,
        "what is tried again": 6,
    }
    assert [place["id"] for place in result["relatedLocations"]] == list(range(4))
    logical = result["locations"][0]["logicalLocations"]
    assert logical == [{"fullyQualifiedName": "process_task", "kind": "function"}]


def test_sarif_tells_what_was_not_analysed_whatever_is_selected(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.py").write_text(BROKEN)
    assert run(["check", "--output-format", "sarif", "--ignore", "RTY900"]) == 0
    log = sarif_run(capsys.readouterr().out)
    assert log["results"] == []
    (notification,) = log["invocations"][0]["toolExecutionNotifications"]
    assert notification["message"]["text"].startswith("not analysed: syntax error: ")
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "broken.py"


def test_sarif_tells_the_way_from_one_retry_to_the_next(check: Check, folder: Path) -> None:
    shutil.copy(FIXTURES / "sites" / "chains" / "cycle.py", folder)
    (result,) = sarif_run(check("sarif", "--select", "RTY701"))["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    steps = [each["location"] for each in thread["locations"]]
    told = [(step["physicalLocation"]["region"]["startLine"], step["message"]["text"]) for step in steps]
    assert told[0] == (27, result["message"]["text"].split("\n")[0])
    way = [(28, "calls walk"), (19, "calls turn"), (23, "calls walk"), (19, "calls fetch")]
    assert told[1:] == [*way, (9, "retries in fetch")]  # it is called with `deep=True`, and then without


def test_every_role_has_words() -> None:
    assert set(ROLES) == set(get_args(Role))


# Fingerprints


def fingerprints_of(form: str, text: str) -> list[str]:
    if form == "gitlab":
        return [issue["fingerprint"] for issue in json.loads(text)]
    return [result["partialFingerprints"]["retrylint/v1"] for result in sarif_run(text)["results"]]


@pytest.mark.parametrize("form", ["gitlab", "sarif"])
def test_fingerprints_are_unique_and_hold_wherever_the_finding_moves(
    form: str, check: Check, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "app").mkdir()
    source = SEED + SEED.replace("process_task", "process_order")
    (folder / "app" / "seed.py").write_text(source)
    before = fingerprints_of(form, check(form))
    assert len(set(before)) == len(before) == 2
    (folder / "app" / "seed.py").write_text(f"# moved\n\n{source}")
    monkeypatch.chdir(folder / "app")
    assert fingerprints_of(form, check(form)) == before


# Where reports go


def test_a_report_goes_to_a_file(check: Check, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "seed.py").write_text(SEED)
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = check("concise")
    monkeypatch.delenv("FORCE_COLOR")
    assert "\x1b" in coloured
    for form in FORMATS:
        assert check(form, "-o", "report") == ""
        assert (folder / "report").read_text(encoding="utf-8") == check(form)


@pytest.mark.parametrize("path", ["nowhere/report.json", "."])
def test_a_file_that_cannot_be_written_is_a_usage_error(
    path: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(["check", "--output-file", path]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"retrylint: --output-file: {path}: cannot be written: ")
    assert err.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    assert run(["check", "--output-file", "/dev/full"]) == 2
    assert capsys.readouterr().err.startswith("retrylint: --output-file: /dev/full: cannot be written: No space left")


@pytest.mark.parametrize("form", ["jsonl", "sarif", "github", "gitlab", "junit"])
def test_statistics_have_a_form_of_their_own(form: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "--statistics", "--output-format", form]) == 2
    said = f"retrylint: --statistics are told as text or json, not as {form}\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize("form", FORMATS)
def test_only_the_format_that_is_asked_for_is_imported(form: str, folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    program = (
        "import sys; from retrylint.cli import run; run(sys.argv[1:]);"
        "print(*sorted(name for name in sys.modules if name.startswith(('retrylint.reports.', 'xml'))), sep='\\n')"
    )
    command = [sys.executable, "-c", program, "check", "--output-format", form, "--output-file", "out"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    loaded = set(done.stdout.split())
    own = {"json": "documents", "jsonl": "documents"}.get(form, form)
    assert f"retrylint.reports.{own}" in loaded
    others = {f"retrylint.reports.{name}" for name in ("text", "documents", "sarif", "github", "gitlab", "junit")}
    assert loaded & others == {f"retrylint.reports.{own}"} & others
    assert ("xml.etree.ElementTree" in loaded) == (form == "junit")
