"""Makes the table of `configuration.md` from the schema, a row a key: `python docs/settings_page.py` writes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from retrylint.schema import load

PAGE = Path(__file__).resolve().parent / "configuration.md"
_TABLE = re.compile(r"(?<=<!-- made from the schema -->\n\n).*?(?=\n\n<!-- end -->)", re.DOTALL)
KINDS = {"array": "list of strings", "object": "table", "number": "number", "integer": "whole number"}
KINDS |= {"boolean": "true or false", "string": "path"}


def table() -> str:
    """A row for each key: its kind, its default, and what it does."""
    rows = ["| key | kind | default | what it does |", "|---|---|---|---|"]
    rows += [f"| `{key}` | {_kind(key, of)} | {_default(of)} | {of['description']} |" for key, of in settings()]
    return "\n".join(rows)


def settings() -> list[tuple[str, dict[str, Any]]]:
    """The keys of the schema with what it says of them."""
    return list(load()["properties"].items())


def page(text: str) -> str:
    """The page with a new table."""
    return _TABLE.sub(lambda _: table(), text)


def _kind(key: str, of: dict[str, Any]) -> str:
    if "enum" in of:
        return ", ".join(f"`{each}`" for each in of["enum"])
    return "list of tables" if key == "helpers" else KINDS[of["type"]]


def _default(of: dict[str, Any]) -> str:
    return f"`{json.dumps(of['default'])}`" if "default" in of else ""


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
