"""The command: hands over to the commands, and turns whatever happens into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

import click

from retrylint import __version__
from retrylint.commands import CLEAN, FAILED, INTERRUPTED
from retrylint.commands.writing import write_no_more
from retrylint.errors import UserError

NAMES = ("check", "sites", "report", "rule", "config")


class _Commands(click.Group):
    """The commands, each in a module of its name, which is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NAMES:
            return None
        command: click.Command = getattr(import_module(f"retrylint.commands.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=_Commands,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Find retry code that takes services down, before it does."""


def main() -> NoReturn:
    """The entry point of the `retrylint` script."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started this has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
    gc.set_threshold(200_000, 50, 50)  # a run keeps most of what it makes, and makes few cycles
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # `click.echo` has kept nothing back
            stream.flush()
    os._exit(code)  # Python would first go through all that the run has made, and wait for work that is out of time


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code; whatever goes wrong is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a file's name may hold bytes that are no text
    try:
        return int(commands.main(list(arguments), prog_name="retrylint", standalone_mode=False) or CLEAN)
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _failed(error.format_message())
    except UserError as error:
        return _failed(str(error))
    except OSError as error:
        write_no_more()
        return _failed(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except Exception as error:
        return _failed(f"internal error: {type(error).__name__}: {error}; please report it")


def _failed(message: str) -> int:
    with suppress(OSError):  # where nothing can be written, the exit code has to do
        click.echo(f"retrylint: {' '.join(message.split())}", err=True)
    return FAILED
