"""The settings of a folder, a line each, with where they come from."""

from __future__ import annotations

import json

from retrylint.config import Origin, Settings
from retrylint.schema import load

DEFAULT = "default"


def settings_text(settings: Settings, origin: Origin) -> str:
    """A line for each key: its value as JSON (null: none), and the file that sets it, or that it is the default."""
    return "\n".join(
        f"{key} = {_shown(key, settings)}  # {origin.path if key in origin.keys else DEFAULT}"
        for key in load()["properties"]
    )


def _shown(key: str, settings: Settings) -> str:
    value = getattr(settings, key.replace("-", "_"))
    if key == "helpers":
        value = [name for policy in settings.helpers for name in policy.names]
    return json.dumps(dict(value) if key == "per-file-ignores" else value)
