"""The settings of a folder, each with where it comes from."""

from __future__ import annotations

import json

from retrylint.config import Origins, Settings
from retrylint.schema import load

DEFAULT = "default"


def settings_text(settings: Settings, origins: Origins) -> str:
    """A line for each key: its value as JSON (null: none), and what sets it, or that it is the default."""
    return "\n".join(
        f"{key} = {json.dumps(_shown(key, settings))}  # {' and '.join(origins.get(key, (DEFAULT,)))}"
        for key in load()["properties"]
    )


def settings_json(settings: Settings, origins: Origins) -> str:
    """An object for each key: its value, and the files or the command line that set it, none for the default."""
    told = {
        key: {"value": _shown(key, settings), "origins": list(origins.get(key, ()))} for key in load()["properties"]
    }
    return json.dumps(told, indent=2)


def _shown(key: str, settings: Settings) -> object:
    if key == "helpers":
        return [name for policy in settings.helpers for name in policy.names]
    value = getattr(settings, key.replace("-", "_"))
    return dict(value) if key == "per-file-ignores" else value
