"""One finding has one code, line, column and text, whoever shows it: the command, flake8, pre-commit, an editor."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from lsp import opened, pylsp
from samples import GOOD_TASK, SEED

from retrylint.cli import run

ROOT = Path(__file__).parent.parent
STARTED = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
SHIPPED = ("pyproject.toml", "README.md", "LICENSE", "retrylint", "rules", ".pre-commit-hooks.yaml")

IDENTITY = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")

Told = tuple[str, int, int, str]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of retrylint, as pre-commit clones it."""
    folder = tmp_path_factory.mktemp("retrylint")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    commit(folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps its environments: made once for the tests of this module."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with one bad file."""
    (tmp_path / "tasks.py").write_text(SEED)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commit(folder: Path) -> None:
    """Make a repository of a folder."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, *IDENTITY, "commit", "--quiet", "--message", "Begin")


def git(
    folder: Path, *arguments: str, code: int = 0, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def hook_environment(home: Path) -> dict[str, str]:
    """Nothing of this checkout reaches the hook's own environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))}
    return {**environment, "PRE_COMMIT_HOME": str(home)}


def try_repo(source: Path, home: Path, hook: str) -> subprocess.CompletedProcess[str]:
    """What real pre-commit says of a hook of this repository, which it installs itself, in the current folder."""
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(source), hook, "--all-files"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=hook_environment(home))


def of_command(capsys: pytest.CaptureFixture[str]) -> list[Told]:
    run(["check", "--output-format", "json"])
    return [
        (found["code"], found["location"]["row"], found["location"]["column"], found["message"])
        for found in json.loads(capsys.readouterr().out)
    ]


def of_flake8() -> list[Told]:
    command = [sys.executable, "-m", "flake8", "--select", "RTY", "tasks.py"]
    return lines(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def of_editor(folder: Path) -> list[Told]:
    with pylsp(folder) as client:
        found = opened(client, folder / "tasks.py", SEED)
    starts = [each["range"]["start"] for each in found]
    return [
        (each["code"], start["line"] + 1, start["character"] + 1, each["message"].removeprefix(f"{each['code']} "))
        for each, start in zip(found, starts, strict=True)
    ]


def lines(text: str) -> list[Told]:
    """What lines of the form `tasks.py:9:9: RTY101 text` tell."""
    found = re.findall(r"^tasks\.py:(\d+):(\d+): (RTY\d+) (.+)$", text, re.MULTILINE)
    return [(code, int(line), int(column), said) for line, column, code, said in found]


def block(language: str, number: int = 0) -> str:
    """Code of the first steps in docs/getting-started.md."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", STARTED, re.MULTILINE | re.DOTALL)
    return blocks[number]


def test_all_front_ends_tell_the_same(
    folder: Path, source: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (told,) = of_command(capsys)
    assert told[:3] == ("RTY101", 9, 9)
    assert told[3].startswith("retries itself without a limit: each failure sleeps 10 s and recurses")
    assert of_flake8() == [told]
    assert of_editor(folder) == [told]
    commit(folder)
    hooked = try_repo(source, home, "retrylint")
    assert hooked.returncode == 1, hooked.stdout + hooked.stderr
    assert lines(hooked.stdout) == [told]


def test_a_commit_with_a_finding_fails(folder: Path, source: Path, home: Path) -> None:
    """As docs/getting-started.md says: the hook stands in the project's configuration and runs at each commit."""
    revision = git(source, "rev-parse", "HEAD").stdout.strip()
    (folder / "tasks.py").write_text(block("python"))
    config = yaml.safe_load(block("yaml"))
    hooks = [*config["repos"][0]["hooks"], {"id": "retrylint-project"}]
    config["repos"][0] |= {"repo": source.as_uri(), "rev": revision, "hooks": hooks}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(folder, "init", "--quiet")
    environment = {**hook_environment(home), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    install = [sys.executable, "-m", "pre_commit", "install"]
    subprocess.run(install, capture_output=True, check=True, env=environment)
    git(folder, "add", "--all")
    refused = git(folder, *IDENTITY, "commit", "--message", "Bad", code=1, environment=environment)
    told = block("text", 1).rstrip()
    assert told in refused.stderr
    assert "\n".join(told.split("\n")[4:]) in refused.stderr.partition("retrylint (whole project)")[2]
    (folder / "tasks.py").write_text(GOOD_TASK)
    git(folder, "add", "--all")
    passed = git(folder, *IDENTITY, "commit", "--message", "Good", environment=environment)
    for name in ("retrylint", r"retrylint \(whole project\)"):
        assert re.search(rf"^{name}\.+Passed$", passed.stderr, re.MULTILINE)


def test_the_hook_leaves_out_what_the_project_excludes(folder: Path, source: Path, home: Path) -> None:
    """Pre-commit hands over every file by its name, which alone would have an excluded file checked."""
    (folder / "generated").mkdir()
    (folder / "generated" / "tasks.py").write_text(SEED)
    (folder / "pyproject.toml").write_text('[tool.retrylint]\nextend-exclude = ["generated"]\n')
    commit(folder)
    hooked = try_repo(source, home, "retrylint")
    assert hooked.returncode == 1, hooked.stdout + hooked.stderr
    assert len(lines(hooked.stdout)) == 1
    assert "generated" not in hooked.stdout
    git(folder, "rm", "--quiet", "tasks.py")
    passed = try_repo(source, home, "retrylint")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert re.search(r"^retrylint\.+Passed$", passed.stdout, re.MULTILINE)
