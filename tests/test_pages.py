"""The pages of `rules/` are complete, agree with the table of rules, and their examples are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import observe
from pages import FOLDER, SECTIONS, Block, Page, marks, read_page, read_pages

from retrylint.analysis import analyse
from retrylint.checks.rules import RULES
from retrylint.config import Settings
from retrylint.engine import lint_source
from retrylint.model import RetrySite, Wait

PAGES = read_pages()
BLOCKS = [block for page in PAGES for block in page.blocks]
RECURSIVE = [
    block for block in BLOCKS if block.verdict == "bad" and block.code in {"RTY101", "RTY107", "RTY205", "RTY301"}
]
CODES = {rule.code for rule in RULES}
MOST_PAIRS = 3

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.code)
each_block = pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.label)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert [(page.code, page.name) for page in PAGES] == sorted((rule.code, rule.name) for rule in RULES)


@each_page
def test_page_is_complete(page: Page) -> None:
    assert page.stem == f"{page.code}-{page.name}"
    assert tuple(title for title, _ in page.sections) == SECTIONS
    assert all(body for _, body in page.sections)


@each_page
def test_summary_is_one_paragraph(page: Page) -> None:
    assert page.summary.endswith(".")
    assert "\n\n" not in page.summary


@each_page
def test_examples_stand_in_pairs_in_their_sections(page: Page) -> None:
    bad, good = page.examples("bad"), page.examples("good")
    assert 1 <= len(bad) == len(good) <= MOST_PAIRS
    assert page.section("Bad").count("```python bad") == len(bad)
    assert page.section("Good").count("```python good") == len(good)


@each_page
def test_page_names_only_rules_that_exist(page: Page) -> None:
    assert codes_in(FOLDER / f"{page.stem}.md") <= CODES


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_documents_name_only_rules_that_exist(document: str) -> None:
    assert codes_in(FOLDER.parent / document) <= CODES


@each_block
def test_example_gives_the_marked_findings(block: Block) -> None:
    settings = Settings(extend_select=(block.code,))
    found = tuple(sorted((finding.span.line, finding.code) for finding in lint_source(block.source, settings=settings)))
    assert found == block.expected
    assert (block.code in {code for _, code in found}) == (block.verdict == "bad")


@pytest.mark.parametrize("block", RECURSIVE, ids=lambda block: block.label)
def test_recursive_example_runs_as_predicted(block: Block) -> None:
    site = recursion(block)
    seen = observe(block.runnable, site.function)
    assert (site.limit.kind == "unbounded") == (seen.executions is None)
    if site.limit.attempts is not None:
        assert site.limit.attempts == seen.executions
        assert site.schedule.waits == tuple(Wait(seconds, seconds) for seconds in seen.waits)
        assert (site.schedule.trailing or Wait(0, 0)) == Wait(seen.trailing, seen.trailing)


def recursion(block: Block) -> RetrySite:
    (site,) = (site for site in analyse(block.source).sites if site.mechanism == "recursion")
    return site


def codes_in(document: Path) -> set[str]:
    return set(re.findall(r"\bRTY\d{3}\b", document.read_text(encoding="utf-8")))


def test_marks_are_read_line_by_line() -> None:
    assert marks("a()  # RTY101\nb()\nc()  # why # RTY302, RTY101\n") == ((1, "RTY101"), (3, "RTY101"), (3, "RTY302"))
    assert marks("a()  # noqa: RTY101\n# RTY101 is the rule\n") == ()


def test_a_page_without_a_title_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("RTY101\n")
    with pytest.raises(ValueError, match=r"page\.md: the first line must read"):
        read_page(tmp_path / "page.md")


def test_headings_within_examples_are_no_sections(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# RTY101 a-rule\n\nSummary.\n\n## Bad\n\n```python bad\n## Good\n```\n")
    page = read_page(tmp_path / "page.md")
    assert [title for title, _ in page.sections] == ["Bad"]
    assert page.blocks[0].source == "## Good\n"
