"""The pages of the rules: their text, and where they stand on the web."""

from __future__ import annotations

from pathlib import Path

URL = "https://github.com/retrylint/retrylint/blob/main/rules"
PACKAGE = Path(__file__).parent.parent


def page_url(code: str, name: str) -> str:
    """The address of a rule's page."""
    return f"{URL}/{code}-{name}.md"


def read_page(code: str, name: str) -> str:
    """The page of a rule, in Markdown. An installed package carries the pages, a checkout has them beside it."""
    shipped = PACKAGE / "rules"
    folder = shipped if shipped.is_dir() else PACKAGE.parent / "rules"
    return (folder / f"{code}-{name}.md").read_text(encoding="utf-8")
