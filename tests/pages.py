"""Reads the pages of `rules/`: their title, summary and sections, and the examples that are tests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).resolve().parent.parent / "rules"
SECTIONS = ("Why", "Bad", "Good", "Quiet when", "Fix", "Options", "References")

Verdict = Literal["bad", "good"]

_SHOP_IMPORT = re.compile(r"^from shop[.\w]* import (?P<names>[\w, ]+)$", re.MULTILINE)
_FENCE = re.compile(r"^```python (?P<verdict>bad|good)\n(?P<source>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_MARK = re.compile(r"#\s*(?P<codes>RTY\d{3}(?:\s*,\s*RTY\d{3})*)\s*$")
_TITLE = re.compile(r"# (?P<code>RTY\d{3}) (?P<name>[a-z0-9-]+)\n")


@dataclass(frozen=True, slots=True)
class Block:
    """One example. `number` counts from 1 within its verdict, so that bad 2 and good 2 are a pair."""

    code: str
    verdict: Verdict
    number: int
    source: str

    @property
    def label(self) -> str:
        return f"{self.code}-{self.verdict}-{self.number}"

    @property
    def expected(self) -> tuple[tuple[int, str], ...]:
        """The marked findings as (line, code), sorted."""
        return marks(self.source)

    @property
    def runnable(self) -> str:
        """The source with every name of the imaginary package `shop` bound to a global `operation`, line for line."""
        return _SHOP_IMPORT.sub(lambda found: found["names"].replace(",", " =") + " = operation", self.source)


@dataclass(frozen=True, slots=True)
class Page:
    """A page's parts as they are written; `sections` in the order of the page."""

    stem: str
    code: str
    name: str
    summary: str
    sections: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]

    def examples(self, verdict: Verdict) -> tuple[Block, ...]:
        return tuple(block for block in self.blocks if block.verdict == verdict)

    def section(self, title: str) -> str:
        return dict(self.sections)[title]


def marks(source: str) -> tuple[tuple[int, str], ...]:
    """What trailing comments such as `# RTY101, RTY302` announce: (line, code), sorted."""
    found = ((line, _MARK.search(text)) for line, text in enumerate(source.splitlines(), 1))
    return tuple(
        sorted((line, code) for line, mark in found if mark for code in re.findall(r"RTY\d{3}", mark["codes"]))
    )


def read_page(path: Path) -> Page:
    """The page at `path`; a page without a proper title is a ValueError."""
    text = path.read_text(encoding="utf-8")
    title = _TITLE.match(text)
    if title is None:
        raise ValueError(f"{path.name}: the first line must read '# RTY101 name-of-the-rule'")
    summary, *rest = _HEADING.split(_FENCE.sub(_without_headings, text[title.end() :]))
    sections = tuple((heading, body.strip()) for heading, body in zip(rest[::2], rest[1::2], strict=True))
    return Page(path.stem, title["code"], title["name"], summary.strip(), sections, _blocks(title["code"], text))


def read_pages(folder: Path = FOLDER) -> tuple[Page, ...]:
    """Every page, by code."""
    return tuple(read_page(path) for path in sorted(folder.glob("*.md")))


def _without_headings(fence: re.Match[str]) -> str:
    """A comment such as `## note` in an example is no heading of the page."""
    return _HEADING.sub(r"#\1", fence[0])


def _blocks(code: str, text: str) -> tuple[Block, ...]:
    counts = {"bad": 0, "good": 0}
    blocks = []
    for fence in _FENCE.finditer(text):
        verdict: Verdict = "bad" if fence["verdict"] == "bad" else "good"
        counts[verdict] += 1
        blocks.append(Block(code, verdict, counts[verdict], fence["source"]))
    return tuple(blocks)
