"""Builds the documentation site: `python docs/make.py FOLDER` writes its sources and the site itself there.

The pages of this folder are taken as they are. A page for each rule, a page of all rules, and the page of the libraries
are made from `rules/`, the table of rules and `retrylint/libraries/`, so that nothing is told twice. The example of a
report is that of some fixtures.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import library_pages
import rule_pages

DOCS = Path(__file__).resolve().parent
PAGES: Mapping[str, Mapping[str, str]] = {
    "Start": {
        "Overview": "index",
        "Getting started": "getting-started",
        "What is a retry site?": "retry-sites",
    },
    "Use": {
        "Configuration": "configuration",
        "Silence a finding": "suppression",
        "Output formats": "output",
        "The report": "report",
        "Editors": "editors",
        "Continuous integration": "ci",
    },
    "Reference": {
        "Libraries": "libraries",
        "Performance": "performance",
        "Reliability": "reliability",
        "Architecture": "architecture",
    },
}
EXAMPLE = ("programs", "sites/chains")  # of the fixtures
# What the repository shows in one place and the site in another.
MOVED = (
    ("](../rules)", "](rules/index.md)"),
    ("](../rules/", "](rules/"),
    ("](../retrylint/libraries)", "](libraries.md)"),
    ("](../fixtures/programs)", "](example-report.html)"),
)


def main(folder: Path) -> None:
    """Write the sources and build the site, where a warning is an error."""
    write_sources(folder)
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    subprocess.run(command, cwd=folder, check=True)


def write_sources(folder: Path) -> None:
    """Write every page of the site, and the settings with its navigation."""
    sources = folder / "docs"
    shutil.rmtree(sources, ignore_errors=True)
    (sources / "rules").mkdir(parents=True)
    for page in DOCS.glob("*.md"):
        (sources / page.name).write_text(_moved(page.read_text(encoding="utf-8")), encoding="utf-8")
    for name, text in rule_pages.pages().items():
        (sources / "rules" / name).write_text(text, encoding="utf-8")
    _write_example(sources / "example-report.html")
    (sources / "libraries.md").write_text(library_pages.page(), encoding="utf-8")
    shutil.copy(DOCS / "site.css", sources)
    settings = (DOCS / "site.toml").read_text(encoding="utf-8")
    (folder / "zensical.toml").write_text(
        settings.replace("nav = []", f"nav = {_toml(navigation())}"), encoding="utf-8"
    )


def _write_example(file: Path) -> None:
    """Write the report of programs that the tests read, and of their nested retries."""
    chosen = ("--isolated", "--no-cache", "--project", "--extend-select", "RTY2,RTY4,RTY7")
    command = [sys.executable, "-m", "retrylint", "report", *chosen, "-o", str(file.resolve()), *EXAMPLE]
    subprocess.run(command, cwd=DOCS.parent / "fixtures", check=True)


def _moved(text: str) -> str:
    for here, there in MOVED:
        text = text.replace(here, there)
    return text


Navigation = list[Any]
"""Titles with a page, or with a part of the navigation; a page alone has its own title."""


def navigation() -> Navigation:
    """The titles of the site, in their order, with the page of each."""
    parts: Navigation = [
        {part: [{title: f"{name}.md"} for title, name in pages.items()]} for part, pages in PAGES.items()
    ]
    groups: Navigation = [
        {title: [{code: f"rules/{name}"} for code, name in rules]} for title, rules in rule_pages.groups().items()
    ]
    return [*parts[:2], {"Rules": ["rules/index.md", *groups]}, *parts[2:]]


def _toml(value: object) -> str:
    """Lists, tables and texts as TOML on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
