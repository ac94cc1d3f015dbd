"""The files that a command line names, gone through by the engine, with what is told beside the results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from retrylint.cache import Cache
    from retrylint.commands.options import Running
    from retrylint.config import Settings, SettingsReader
    from retrylint.engine import FileResult

STDIN = "-"


def results(
    running: Running, settings: SettingsReader, trace: bool = False, with_left_out: bool = False
) -> Iterator[FileResult]:
    """The results of these files, or of standard input. What goes wrong beside them is told on standard error.

    `with_left_out`: they also tell what only looks like a retry.
    """
    from retrylint import engine

    if STDIN in running.paths or running.stdin_filename:
        if running.paths not in ((), (STDIN,)):
            raise click.UsageError("standard input is read alone: give no other path")
        name = running.stdin_filename or STDIN
        content = sys.stdin.buffer.read()
        own = settings(os.path.dirname(name))
        if running.stdin_filename and engine.is_left_out(name, own):
            return iter(())
        return iter(
            [
                engine.honour_comments(
                    engine.examine(content, name, own, wanted=engine.Wanted(trace, with_left_out)), own
                )
            ]
        )
    own = settings(os.curdir)
    cache = None if trace or running.no_cache else _cache(own, with_left_out)
    where = running.paths or (os.curdir,)
    found = _with_progress(
        lambda on_start: engine.lint_paths(
            where,
            settings,
            trace,
            cache,
            jobs=running.jobs,
            project=own.project,
            with_left_out=with_left_out,
            on_start=on_start,
        )
    )
    first = next(found, None)
    if first is None:
        click.echo("retrylint: no Python files found under the given paths", err=True)
    return _noted([first] if first is not None else [], found, cache)


def tell_not_analysed(result: FileResult) -> None:
    """Say on standard error what of a file could not be analysed, and why."""
    for missed in result.facts.not_analysed:
        where = f"{result.filename}:{missed.span.line}:{missed.span.column}"
        click.echo(f"{where}: not analysed: {missed.reason}", err=True)


def _cache(settings: Settings, with_left_out: bool) -> Cache:
    """The cache: where the settings say, or in the current folder."""
    from retrylint.cache import FOLDER, Cache

    return Cache.read(settings.cache_dir or FOLDER, with_left_out, "project" if settings.project else "facts")


def _with_progress(start: Callable[[Callable[[int], None]], Iterator[FileResult]]) -> Iterator[FileResult]:
    """The results; on a terminal they are told when all are there, and a bar tells how far that is."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return start(lambda files: None)
    from retrylint.reports.progress import Progress

    progress = Progress(sys.stderr)
    return progress.collected(start(progress.begin))


def _noted(first: list[FileResult], rest: Iterator[FileResult], cache: Cache | None) -> Iterator[FileResult]:
    """The results, and at the end what went wrong with the cache."""
    yield from first
    yield from rest
    for note in cache.notes if cache is not None else ():
        click.echo(f"retrylint: {note}", err=True)
