"""The built wheel and sdist hold what users need: the pages, the facts of libraries, the entry points."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from configparser import ConfigParser
from email import message_from_string
from pathlib import Path

import pytest

from retrylint import __version__

ROOT = Path(__file__).parent.parent
PAGES = {path.name for path in (ROOT / "rules").glob("*.md")}
NAME = f"retrylint-{__version__}"


def built(folder: Path, source: Path, target: str) -> Path:
    """Build the wheel or the sdist of a source folder, without the network."""
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{target}", "--outdir", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return path


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("sdist"), ROOT, "sdist")


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the sdist, as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        if sys.version_info >= (3, 12):
            archive.extractall(folder, filter="data")
        else:
            archive.extractall(folder)
    return built(folder, folder / NAME, "wheel")


def test_sdist(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = set(archive.getnames())
    assert {f"{NAME}/rules/{page}" for page in PAGES} <= names
    for name in ("pyproject.toml", "README.md", "LICENSE", "retrylint/py.typed", "tests/test_packaging.py"):
        assert f"{NAME}/{name}" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith(f"{NAME}/.git/")]


def test_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(f"{NAME}.dist-info/entry_points.txt").decode()
        metadata = message_from_string(archive.read(f"{NAME}.dist-info/METADATA").decode())
    assert {name for name in names if name.startswith("retrylint/rules/")} == {f"retrylint/rules/{p}" for p in PAGES}
    libraries = {f"retrylint/libraries/{path.name}" for path in (ROOT / "retrylint" / "libraries").glob("*.toml")}
    assert libraries <= names
    assert {f"retrylint/page/templates/{name}" for name in ("page.html.jinja", "page.js", "style.css")} <= names
    assert {name.split("/")[0] for name in names} == {"retrylint", f"{NAME}.dist-info"}
    parser = ConfigParser()
    parser.read_string(entry_points)
    assert dict(parser["flake8.extension"]) == {"rty": "retrylint.flake8_plugin:RetrylintPlugin"}
    assert dict(parser["console_scripts"]) == {"retrylint": "retrylint.cli:main"}
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split(">")[0] for line in needed) == ["click", "libcst", "tomli"]
    assert metadata["Version"] == __version__


def test_an_installed_wheel_prints_its_pages(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import sys; sys.path.insert(0, sys.argv[1]); from retrylint.cli import run; run(['rule', 'RTY101'])"
    command = [sys.executable, "-c", program, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.startswith("# RTY101 unbounded-recursion\n")


def test_an_installed_wheel_makes_a_report(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "a.py").write_text("def again():\n    try:\n        work()\n    except OSError:\n        again()\n")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from retrylint.cli import run;"
        "run(['report', '--isolated', '--no-cache', 'a.py'])"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=tmp_path, check=True)
    assert "Retries in a.py" in (tmp_path / "retries.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts of a new environment that holds the wheel and validate-pyproject, and nothing of this checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    scripts = folder / ("Scripts" if sys.platform == "win32" else "bin")
    install = [str(scripts / "python"), "-m", "pip", "install", "--quiet", str(wheel), "validate-pyproject[all]"]
    subprocess.run(install, env=clean_environment(), check=True)
    return scripts


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('select = ["RTY1"]\nmax-wait = 2.5\nper-file-ignores = {"tests/*" = ["RTY3"]}', None),
        ("", None),
        ('selct = ["RTY1"]', "`tool.retrylint` must not contain {'selct'} properties"),
        ("max-attempts = 0", "`tool.retrylint.max-attempts` must be bigger than or equal to 1"),
        ('force-exclude = "yes"', "`tool.retrylint.force-exclude` must be boolean"),
    ],
)
def test_validate_pyproject_finds_the_schema_of_the_installed_wheel(
    table: str, said: str | None, installed: Path, tmp_path: Path
) -> None:
    """By its entry point, and so does the installed command agree with it."""
    (tmp_path / "a.py").write_text("")
    (tmp_path / "pyproject.toml").write_text(f"[tool.retrylint]\n{table}\n")
    environment = clean_environment()
    checked = [str(installed / "validate-pyproject"), "pyproject.toml"]
    theirs = subprocess.run(checked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (said or "Valid") in theirs.stdout + theirs.stderr
    assert (theirs.returncode == 0) == (said is None)
    ours = subprocess.run(
        [installed / "retrylint", "check"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert ours.returncode == (0 if said is None else 2)
