"""The pages of the rules: their text, and where they stand on the web."""

from __future__ import annotations

from pathlib import Path

HOMEPAGE = "https://github.com/retrylint/retrylint"
URL = f"{HOMEPAGE}/blob/main/rules"
PACKAGE = Path(__file__).parent.parent


def page_url(code: str, name: str) -> str:
    """The address of a rule's page."""
    return f"{URL}/{code}-{name}.md"


def read_page(code: str, name: str) -> str:
    """The page of a rule, in Markdown. An installed package carries the pages, a checkout has them beside it."""
    shipped = PACKAGE / "rules"
    folder = shipped if shipped.is_dir() else PACKAGE.parent / "rules"
    return (folder / f"{code}-{name}.md").read_text(encoding="utf-8")


def summary_of(page: str) -> str:
    """The first paragraph of a page, which says what the rule says, on one line."""
    _, paragraph, *_ = page.split("\n\n")
    return " ".join(paragraph.split())
