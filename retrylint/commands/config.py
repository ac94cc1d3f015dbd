"""`retrylint config`: the settings that hold, and where they come from."""

from __future__ import annotations

import os
from typing import Any

import click

from retrylint.commands import CLEAN, options
from retrylint.commands.writing import show


@click.command(
    params=[
        click.Argument(["path"], required=False, default=os.curdir),
        *options.RULES,
        *options.FILES,
        options.BASELINE,
        *options.CONFIGURATION,
        click.Option(["--output-format", "form"], type=click.Choice(["text", "json"]), default="text"),
    ]
)
def config(path: str, form: str, **said: Any) -> int:
    """Print the settings that hold for a file or folder, and where each comes from.

    The options are those of check, so that the line of a run can be tried.
    """
    from pathlib import Path

    from retrylint.reports.settings import settings_json, settings_text

    folder = Path(path) if os.path.isdir(path) else Path(path).parent
    reader = options.settings_reader(said)
    written = settings_json if form == "json" else settings_text
    show([written(reader(folder), reader.origins(folder))])
    return CLEAN
