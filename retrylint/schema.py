"""The JSON schema of the settings, for editors and for validate-pyproject."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def load(tool_name: str = "retrylint") -> dict[str, Any]:
    """The settings of retrylint: `[tool.retrylint]` of pyproject.toml. validate-pyproject calls this with the tool's
    name.
    """
    if tool_name != "retrylint":
        raise ValueError(f"there is a schema for retrylint, not for {tool_name}")
    schema: dict[str, Any] = json.loads((files("retrylint") / "schema.json").read_text(encoding="utf-8"))
    return schema
