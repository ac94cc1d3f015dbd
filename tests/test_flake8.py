"""The plugin under real flake8: the findings of `retrylint check`, and flake8's own say over them."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import celery
import pytest
from flake8.options.manager import OptionManager
from samples import GOOD_TASK, SEED, UNLIMITED_TASK

from retrylint.cli import run
from retrylint.engine import lint_source
from retrylint.flake8_plugin import RetrylintPlugin
from retrylint.schema import load

FIXTURES = Path(__file__).parent.parent / "fixtures"
FORMAT = "%(path)s:%(row)d:%(col)d: %(code)s %(text)s"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def flake8(*arguments: str, given: str | None = None, isolated: bool = True) -> list[str]:
    """The RTY lines that real flake8 prints, sorted."""
    command = [sys.executable, "-m", "flake8", f"--format={FORMAT}", *(["--isolated"] if isolated else []), *arguments]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return sorted(line for line in done.stdout.splitlines() if ": RTY" in line)


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The lines of `retrylint check`, sorted, RTY900 left out: flake8 has its own word for a broken file."""
    capsys.readouterr()
    run(["check", "--output-format", "concise", "--isolated", *arguments])
    lines = capsys.readouterr().out.splitlines()[:-1]
    return sorted(line for line in lines if " RTY900 " not in line)


def test_seed_and_good_task(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / "good.py").write_text(GOOD_TASK)
    (line,) = flake8("seed.py", "good.py")
    assert line.startswith("seed.py:9:9: RTY101 ")


@pytest.mark.parametrize("options", [["--jobs=1"], ["--jobs=3"], ["--select=RTY"], ["--extend-select=RTY"]])
def test_fixtures_give_the_findings_of_check(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    found = check(capsys, str(FIXTURES))
    assert found
    assert flake8(*options, str(FIXTURES)) == found


def test_a_real_package_gives_the_findings_of_check(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    package = Path(celery.__file__).parent
    paths = ("app", "backends", "contrib")
    for name in paths:  # a copy: newer virtual environments have git ignore them whole
        shutil.copytree(package / name, folder / name)
    found = flake8("--jobs=2", *paths)
    assert found == check(capsys, *paths)
    assert any("RTY104" in line for line in found)  # the chord that waits for its header polls for ever


def test_an_ignore_list_of_the_user_does_not_switch_rules_off(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / ".flake8").write_text("[flake8]\nignore = E203, W503\n")
    assert len(flake8("seed.py", isolated=False)) == 1


def test_flake8_narrows_what_retrylint_selects(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / "task.py").write_text(UNLIMITED_TASK)
    assert [line.split()[1] for line in flake8(".")] == ["RTY101", "RTY104"]
    assert [line.split()[1] for line in flake8("--extend-ignore=RTY104", ".")] == ["RTY101"]
    assert [line.split()[1] for line in flake8("--select=RTY104", ".")] == ["RTY104"]


def test_options_of_flake8s_files(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / "task.py").write_text(UNLIMITED_TASK)
    for text, codes in (
        ("retrylint-select = RTY104", ["RTY104"]),
        ("retrylint-ignore = RTY104,\n    RTY105", ["RTY101"]),
        ("retrylint_select = RTY5\nretrylint-extend-select = RTY101", ["RTY101"]),
        ("retrylint-max-blocking = 3.5", ["RTY101", "RTY104"]),
    ):
        (folder / "tox.ini").write_text(f"[flake8]\n{text}\n")
        assert [line.split()[1] for line in flake8(".", isolated=False)] == codes
    assert [line.split()[1] for line in flake8("--retrylint-select=RTY104,RTY5", ".")] == ["RTY104"]


NESTED = """\
import time

from tenacity import retry, stop_after_attempt, wait_fixed


def fetch(client):
    for attempt in range(4):
        try:
            return client.get("/orders")
        except ConnectionError:
            if attempt == 3:
                raise
            time.sleep(1)


@retry(stop=stop_after_attempt(5), wait=wait_fixed(10))
def load(client):
    return fetch(client).json()
"""


@pytest.mark.parametrize("where", [".flake8", "setup.cfg", "tox.ini", "pyproject.toml"])
def test_limits_in_any_file(where: str, folder: Path) -> None:
    (folder / "nested.py").write_text(NESTED)
    section, prefix = ("tool.retrylint", "") if where == "pyproject.toml" else ("flake8", "retrylint-")
    found = []
    for limit in ("19", "20"):
        select = '["RTY701"]' if not prefix else "RTY701"
        (folder / where).write_text(f"[{section}]\n{prefix}select = {select}\n{prefix}max-amplification = {limit}\n")
        found.append([line.split()[1] for line in flake8("nested.py", isolated=False)])
    assert found == [["RTY701"], []]


@pytest.mark.parametrize("where", [".flake8", "setup.cfg", "tox.ini", "pyproject.toml"])
@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("max-attempts = 4", "RTY108"),
        ("max-wait = 3.5", "RTY109"),
        ("max-blocking = 40", None),
        ("max-file-size = 100", "RTY900"),
        ("max-file-time = 0", "RTY900"),
    ],
)
def test_every_limit_in_any_file(limit: str, code: str | None, where: str, folder: Path) -> None:
    (folder / "nested.py").write_text(NESTED)
    lines = [limit, 'select = ["ALL"]', 'ignore = ["RTY2", "RTY302", "RTY4", "RTY7"]']
    if where != "pyproject.toml":
        lines = ["retrylint-" + re.sub(r'[\[\]"]', "", each) for each in lines]
    (folder / where).write_text("\n".join(["[tool.retrylint]" if where == "pyproject.toml" else "[flake8]", *lines]))
    assert {line.split()[1] for line in flake8("nested.py", isolated=False)} == ({code} if code else set())


def test_every_key_is_an_option_of_flake8_or_has_a_reason() -> None:
    """docs/configuration.md gives the reason why a key is none."""
    manager = OptionManager(version="7", plugin_versions="", parents=[], formatter_names=[])
    RetrylintPlugin.add_options(manager)
    options = {each.long_option_name for each in manager.options}
    others = {key for key in load()["properties"] if f"--retrylint-{key}" not in options}
    assert len(options) + len(others) == len(load()["properties"])
    page = (FIXTURES.parent / "docs" / "configuration.md").read_text(encoding="utf-8").partition("## flake8")[2]
    told = set(re.findall(r"`([a-z0-9-]+)`", page))
    assert told >= others
    assert told >= {each.removeprefix("--") for each in options}


def test_limits_that_are_none(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (line,) = flake8("--retrylint-max-attempts=0", "seed.py")
    assert line.endswith("--retrylint-max-attempts: must be a whole number of attempts, 1 or more, not 0")


def test_an_excluded_file_is_left_out_where_the_project_asks_for_it(folder: Path) -> None:
    (folder / "gen").mkdir()
    (folder / "gen" / "seed.py").write_text(SEED)
    (folder / "retrylint.toml").write_text('exclude = ["gen"]\n')
    named = ("-", "--stdin-display-name=gen/seed.py")
    assert len(flake8(*named, given=SEED)) == 1
    (folder / "retrylint.toml").write_text('exclude = ["gen"]\nforce-exclude = true\n')
    assert flake8(*named, given=SEED) == flake8("gen/seed.py") == []


def test_settings_stand_next_to_the_displayed_name(folder: Path) -> None:
    (folder / "app").mkdir()
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nignore = ["RTY101"]\n')
    (folder / "app" / "retrylint.toml").write_text("")
    (folder / "seed.py").write_text(SEED)
    (folder / "app" / "seed.py").write_text(SEED)
    assert [line.split(":")[0] for line in flake8(".")] == ["./app/seed.py"]
    assert flake8("-", "--stdin-display-name=seed.py", given=SEED) == []
    (line,) = flake8("-", "--stdin-display-name=app/seed.py", given=SEED)
    assert line.startswith("app/seed.py:9:9: RTY101 ")


def test_settings_that_cannot_be_used_are_a_finding(folder: Path) -> None:
    (folder / "seed.py").write_text(SEED)
    (folder / "pyproject.toml").write_text("[tool.retrylint]\nselct = []\n")
    (line,) = flake8("seed.py")
    assert line.startswith("seed.py:1:1: RTY900 ")
    assert line.endswith("tool.retrylint.selct: is not a setting; did you mean 'select'?")
    (line,) = flake8("--retrylint-select=RTYX", "seed.py")
    assert line.startswith("seed.py:1:1: RTY900 not analysed: --retrylint-select: ")


@pytest.mark.parametrize(
    "data",
    [
        SEED.encode("utf-8-sig"),
        SEED.replace("\n", "\r\n").encode(),
        SEED.replace("sleep(10)\n        process", "sleep(10); '日本'; \\\n process").encode(),
        SEED.replace("    try:", "    'é' ; \x0c\n    try:").encode(),
        f"# coding: latin-1\n{SEED.replace('work()', 'work(), ' + repr('é'))}".encode("latin-1"),
        SEED.replace("        process_task()", "        x = 'é日本'; process_task()").encode(),
        SEED.rstrip().encode(),
    ],
)
def test_lines_and_columns_agree(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_bytes(data)
    found = check(capsys, "seed.py")
    assert len(found) == 1
    assert flake8("seed.py") == found


def test_an_exception_is_one_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("oh\nno")

    monkeypatch.setattr("retrylint.flake8_plugin.examine", fail)
    (violation,) = RetrylintPlugin(ast.parse(SEED), SEED.splitlines(True), "seed.py").run()
    assert violation[:2] == (1, 0)
    assert violation[2].startswith("RTY900 not analysed: internal error: RuntimeError: oh no")
    assert violation[3] is RetrylintPlugin


def test_the_tree_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = RetrylintPlugin(ast.parse(SEED), SEED.splitlines(True), "seed.py", Namespace(retrylint_select=["RTY101"]))
    parsed: list[object] = []

    def parse(source: str, *arguments: Any, **options: Any) -> Any:
        parsed.append(source)
        tree: ast.AST = real(source, *arguments, **options)
        return tree

    real = ast.parse
    with monkeypatch.context() as patch:
        patch.setattr(ast, "parse", parse)
        (violation,) = plugin.run()
    assert violation[:2] == (9, 8)
    assert SEED not in parsed


# What a comment silences. `CALL` is where RTY101 stands.

COMMENTS = [
    "CALL",
    "CALL  # noqa",
    "CALL  #noqa",
    "CALL  # NOQA",
    "CALL  # NoQa: RTY101",
    "CALL  # noqa: rty101",
    "CALL  # noqa:RTY101",
    "CALL  # noqa:  RTY101",
    "CALL  # noqa : RTY999",
    "CALL  # noqa: RTY1",
    "CALL  # noqa: RTY",
    "CALL  # noqa: RTY2",
    "CALL  # noqa: E501,RTY101",
    "CALL  # noqa: E501, RTY101",
    "CALL  # noqa: E501 RTY101",
    "CALL  # noqa: E501,,RTY101",
    "CALL  # noqa: E501; RTY101",
    "CALL  # noqa: E501RTY101",
    "CALL  # noqa: E501 because RTY101",
    "CALL  # noqa, because",
    "CALL  # type: ignore # noqa: RTY101",
    "CALL  # noqa: E501 # noqa: RTY101",
    "CALL; x = ' # noqa'",
    "# noqa\n        CALL",
    "CALL\n        # noqa",
    "x = '''\n'''; CALL  # noqa",
    "CALL; x = '''\n# noqa: RTY101\n'''",
    "CALL; x = '''\n'''  # noqa: RTY101",
    "CALL; x = f'''{1}\n'''  # noqa: RTY101",
    "CALL; \\\n        x = 1  # noqa",
    "(\n            CALL,\n            1,  # noqa\n        )",
    "(\n            CALL,  # noqa\n            1,\n        )",
    "(  # noqa\n            CALL,\n        )",
    "CALL  # flake8: noqa",
    "CALL\n# flake8: noqa",
    "CALL\n        # FLAKE8: NOQA",
    "CALL\n# flake8=noqa",
    "CALL\n#flake8: noqa",
    "CALL\n# flake8: noqa: RTY101",
    "CALL\n# flake8: noqa: E501",
    "CALL\nx = '''\n# flake8: noqa\n'''",
    "CALL\n'''\n# noqa\n'''",
]


def test_comments_mean_what_they_mean_to_flake8(folder: Path) -> None:
    """One run of flake8 over all: it silences exactly what the command does."""
    mine = []
    for number, text in enumerate(COMMENTS):
        source = SEED.replace("        process_task()", "        " + text.replace("CALL", "process_task()"))
        name = f"case{number:02}.py"
        (folder / name).write_text(source)
        mine += [f"{name} {text}" for finding in lint_source(source, name)]
    theirs = [line.split(":")[0].removeprefix("./") for line in flake8(".")]
    assert [f"{name} {COMMENTS[int(name[4:6])]}" for name in theirs] == mine


def test_json_positions_are_those_of_flake8(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seed.py").write_text(SEED)
    run(["check", "--output-format", "json", "seed.py"])
    (finding,) = json.loads(capsys.readouterr().out)
    place = finding["location"]
    text = f"seed.py:{place['row']}:{place['column']}: {finding['code']} {finding['message']}"
    assert flake8("seed.py") == [text]
