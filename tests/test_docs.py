"""The documentation site is built, where a warning is an error; its pages and the command tell the same."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser import chromium
from pages import FOLDER

from retrylint.checks.rules import RULES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
LIBRARIES = ROOT / "retrylint" / "libraries"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site, with its sources under `docs` and what visitors see under `site`."""
    if sys.version_info < (3, 11):
        pytest.skip("zensical needs Python 3.11")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, str(ROOT / "docs" / "make.py"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stderr
    return folder


def test_every_page_is_in_the_navigation_and_was_built(site: Path) -> None:
    navigation = tomllib.loads((site / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    named = sorted(targets(navigation))
    assert named == sorted(path.relative_to(site / "docs").as_posix() for path in (site / "docs").rglob("*.md"))
    for name in named:
        page = name.removesuffix(".md").removesuffix("index")
        assert (site / "site" / page / "index.html").is_file(), name


def test_the_example_of_a_report_is_on_the_site(site: Path) -> None:
    page = (site / "site" / "example-report.html").read_text(encoding="utf-8")
    assert "<h1>Retries in <bdi>programs, chains</bdi></h1>" in page
    assert str(ROOT) not in page.replace("<wbr>", "")
    assert "example-report.html" in (site / "site" / "report" / "index.html").read_text(encoding="utf-8")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server of these files: the theme's script needs one."""
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name that the base class has
        """Nothing is told of a request."""


def targets(navigation: Any) -> list[str]:
    """The files that a navigation names."""
    if isinstance(navigation, str):
        return [navigation]
    parts = navigation.values() if isinstance(navigation, dict) else navigation
    return [target for part in parts for target in targets(part)]


def test_every_rule_has_a_page_with_its_examples(site: Path) -> None:
    for rule in RULES:
        shown = (site / "docs" / "rules" / f"{rule.code}-{rule.name}.md").read_text(encoding="utf-8")
        own = (FOLDER / f"{rule.code}-{rule.name}.md").read_text(encoding="utf-8")
        assert shown.count("```python\n") == own.count("```python ") > 0
        assert ("On by default." in shown) == rule.on
        html = (site / "site" / "rules" / f"{rule.code}-{rule.name}" / "index.html").read_text(encoding="utf-8")
        assert html.count('<div class="language-python') == own.count("```python ")


def test_a_rule_that_a_page_names_is_linked(site: Path) -> None:
    page = (site / "docs" / "rules" / "RTY101-unbounded-recursion.md").read_text(encoding="utf-8")
    assert "a bounded one is [RTY107](RTY107-recursive-retry.md)'s question" in page
    assert "process_task()  # RTY101\n" in page
    assert "[RTY101]" not in page


def test_every_library_is_on_the_page(site: Path) -> None:
    page = (site / "docs" / "libraries.md").read_text(encoding="utf-8")
    titles = [tomllib.loads(path.read_text(encoding="utf-8"))["title"] for path in LIBRARIES.glob("*.toml")]
    assert sorted(re.findall(r"^## (.+)$", page, re.MULTILINE)) == sorted(each.removeprefix("the ") for each in titles)
    celery = page.split("## Celery\n")[1].split("\n## ")[0]
    assert "`max_retries` | retries | 4 attempts | `default_retry_delay`, 3 min if left out |" in celery
    assert not re.search(r"^## .+\n\n\n", page, re.MULTILINE), "a library that does not say how its facts were proved"


def test_no_page_asks_another_site_for_anything(site: Path) -> None:
    for page in ("index.html", "getting-started/index.html"):
        html = (site / "site" / page).read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|link rel="stylesheet")[^>]+(?:src|href)="https?://[^"]+', html)


def test_a_browser_asks_no_other_site_for_anything(site: Path) -> None:
    """Neither does the theme's script; and no page is wider than its window."""
    with served(site / "site") as address, chromium() as browser, browser.new_context() as context:
        page = context.new_page()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        for name in ("", "configuration/", "libraries/", "rules/RTY101-unbounded-recursion/"):
            for width in (390, 1280):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(address + name, wait_until="networkidle")
                assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert not [url for url in asked if not url.startswith((address, "data:", "blob:"))]
        assert said == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="zensical needs Python 3.11")
def test_the_build_refuses_a_broken_link(tmp_path: Path) -> None:
    """Zensical warns of it, and a warning is an error."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Page\n\n[there](gone.md)\n")
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "site"\n')
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda page: page.name
)
def test_links_hold_in_the_repository_too(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target
