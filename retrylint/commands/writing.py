"""Where reports are written to, and in which colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

import click

from retrylint.errors import UserError

if TYPE_CHECKING:
    from retrylint.reports.terminal import Paint


def show(texts: Iterable[str], stream: IO[str] | None = None) -> None:
    """Write each text and a newline to standard output; a reader that has gone away ends this silently."""
    try:
        for text in texts:
            click.echo(text, stream, color=True)
    except BrokenPipeError:
        write_no_more()


def write_no_more() -> None:
    """What is still to be written would fail once more when Python ends."""
    with suppress(OSError, ValueError):  # a test's stream has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def output(path: str | None) -> Iterator[IO[str]]:
    """Standard output, or the file that a report is to be written to."""
    if path is None:
        yield sys.stdout
        return
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise UserError(f"--output-file: {path}: cannot be written: {error.strerror}") from error


def paint_for(stream: IO[str], said: str) -> Paint:
    """The colours for a stream, by what `--color` and the environment say."""
    from retrylint.reports.terminal import Paint, wants_colour

    return Paint(wants_colour(os.environ, stream.isatty(), said))
