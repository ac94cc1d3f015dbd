"""What an editor shows: python-lsp-server runs flake8, which runs the plugin, on text that is being edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsp import LanguageClient, edited, opened, pylsp
from samples import GOOD_TASK, SEED, UNLIMITED_TASK

SETTINGS = {
    "pylsp": {
        "plugins": {name: {"enabled": name == "flake8"} for name in ("flake8", "pycodestyle", "pyflakes", "mccabe")}
    }
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LanguageClient]:
    """A server over an empty folder."""
    with pylsp(tmp_path) as client:
        yield client


def test_a_finding_appears_and_vanishes_as_the_text_changes(server: LanguageClient, tmp_path: Path) -> None:
    path = tmp_path / "tasks.py"
    path.write_text(SEED)
    (found,) = opened(server, path, SEED)
    assert found["code"] == "RTY101"
    assert found["source"] == "flake8"
    assert found["message"].startswith("RTY101 retries itself without a limit: each failure sleeps 10 s and recurses")
    assert found["range"]["start"] == {"line": 8, "character": 8}
    assert found["range"]["end"]["line"] == 8  # flake8 tells no end: the server marks the rest of the line
    assert found["range"]["end"]["character"] >= len("        process_task()")
    assert edited(server, path, GOOD_TASK) == []


def test_the_configuration_is_that_of_the_file_that_is_shown(server: LanguageClient, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").write_text('[tool.retrylint]\nignore = ["RTY104"]\n')
    path = tmp_path / "app" / "tasks.py"
    path.write_text("")
    assert opened(server, path, UNLIMITED_TASK) == []
    assert [each["code"] for each in edited(server, path, SEED)] == ["RTY101"]
