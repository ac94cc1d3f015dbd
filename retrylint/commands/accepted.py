"""The baseline of a run: which one, what is written to it, and what is told of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from retrylint.errors import UserError

if TYPE_CHECKING:
    from retrylint.baseline import Baseline, Entry
    from retrylint.config import SettingsReader
    from retrylint.reports.summary import Tally

MOST_STALE = 10  # entries of a baseline that are named one by one


def baseline_of(settings: SettingsReader, update: bool, prune: bool) -> Baseline | None:
    """The baseline of the command line, or of the configuration of the current folder."""
    if update and prune:
        raise click.UsageError("--update-baseline prunes too: leave out --prune-baseline")
    where = settings(os.curdir).baseline
    if where is None:
        if update or prune:
            raise click.UsageError("say which --baseline FILE")
        return None
    from pathlib import Path

    from retrylint import baseline, engine

    def checked_in(filename: str) -> frozenset[str]:
        return engine.checked_in(filename, settings(Path(filename).parent))

    new = update and not os.path.lexists(where)
    return baseline.Baseline(Path(where), {} if new else baseline.read(Path(where)), checked_in)


def accept_all(accepted: Baseline, results: Tally) -> None:
    """Accept what is found; what was accepted and is found no more is not kept."""
    for _ in results:
        pass
    stale, entries = len(accepted.stale), accepted.updated
    _write(accepted, entries)
    new = len(entries) - len(accepted.known) + stale
    findings = "1 finding" if len(entries) == 1 else f"{len(entries)} findings"
    click.echo(f"{accepted.path}: {findings} ({new} new, {stale} removed)")
    if results.not_analysed:
        from retrylint.reports.summary import not_analysed

        click.echo(f"retrylint: {not_analysed(results.not_analysed)}", err=True)


def tell_stale(accepted: Baseline, prune: bool) -> None:
    """Name what is listed and not found any more, or take it out."""
    stale = accepted.stale
    if not stale:
        return
    if prune:
        _write(accepted, accepted.pruned)
        click.echo(f"retrylint: {accepted.path}: {len(stale)} removed that are not found any more", err=True)
        return
    for entry in stale[:MOST_STALE]:
        click.echo(f"retrylint: {accepted.path}: not found any more: {entry.path}: {entry.code}", err=True)
    more = f"{len(stale) - MOST_STALE} more, and " if len(stale) > MOST_STALE else ""
    click.echo(f"retrylint: {accepted.path}: {more}--prune-baseline removes them", err=True)


def _write(accepted: Baseline, entries: Iterable[Entry]) -> None:
    try:
        accepted.write(entries)
    except OSError as error:
        raise UserError(f"{accepted.path}: cannot be written: {error.strerror}") from error
