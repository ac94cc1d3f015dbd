"""`retrylint check`: the findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import click

from retrylint.commands import CLEAN, FAILED, FINDINGS, options
from retrylint.commands.running import results
from retrylint.commands.writing import output, paint_for, show
from retrylint.reports.formats import FORMATS

if TYPE_CHECKING:
    from retrylint.engine import FileResult
    from retrylint.reports.formats import Format
    from retrylint.reports.summary import Tally
    from retrylint.reports.terminal import Paint

REPORT = (
    click.Option(["--output-format"], type=click.Choice(FORMATS), help="The form of the report.  [default: text]"),
    click.Option(["-o", "--output-file"], metavar="FILE", help="Write the report to this file."),
    click.Option(
        ["--color"], type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour the report."
    ),
    click.Option(["--statistics"], is_flag=True, help="Count the findings of each rule instead of showing them."),
    click.Option(["--exit-zero"], is_flag=True, help="Exit with 0 even when there are findings."),
)
ACCEPTED = (
    options.BASELINE,
    click.Option(
        ["--update-baseline"], is_flag=True, help="Write the findings to the baseline, and accept them thereby."
    ),
    click.Option(["--prune-baseline"], is_flag=True, help="Take out of the baseline what is not found any more."),
)


@dataclass(frozen=True, slots=True)
class _Report:
    """What is done with the findings."""

    output_file: str | None
    color: str
    statistics: bool
    exit_zero: bool
    update_baseline: bool
    prune_baseline: bool


@click.command(params=[*options.RUNNING, *options.RULES, *options.FILES, *options.CONFIGURATION, *REPORT, *ACCEPTED])
def check(**said: Any) -> int:
    """Check files and folders, the current one by default; - reads standard input."""
    from retrylint.commands import accepted
    from retrylint.reports.formats import report
    from retrylint.reports.summary import Tally, not_analysed

    running, wanted = options.taken(options.Running, said), options.taken(_Report, said)
    settings = options.settings_reader(said)
    form = cast("Format", settings(os.curdir).output_format)
    if wanted.statistics and form not in ("text", "concise", "json"):
        raise click.UsageError(f"--statistics are told as text or json, not as {form}")
    baseline = accepted.baseline_of(settings, wanted.update_baseline, wanted.prune_baseline)
    found = _with_notes(results(running, settings))
    tally = Tally(found if baseline is None else baseline.without_known(found))
    if baseline is not None and wanted.update_baseline:
        accepted.accept_all(baseline, tally)
        return CLEAN
    with output(wanted.output_file) as stream:
        paint = paint_for(stream, wanted.color)
        show(_statistics(tally, form, paint) if wanted.statistics else report(form, tally, paint), stream)
    if tally.untold:
        click.echo(f"retrylint: {not_analysed(tally.untold)}; --extend-select RTY900 says why", err=True)
    if baseline is not None:
        accepted.tell_stale(baseline, wanted.prune_baseline)
    if running.strict and tally.not_analysed:
        return FAILED
    return FINDINGS if tally.findings and not wanted.exit_zero else CLEAN


def _with_notes(found: Iterable[FileResult]) -> Iterator[FileResult]:
    """The results, and beside them a line for each comment that is not what it looks like."""
    for result in found:
        for line, said in result.notes:
            click.echo(f"retrylint: {result.filename}:{line}: {said}", err=True)
        yield result


def _statistics(tally: Tally, form: Format, paint: Paint) -> Iterator[str]:
    from retrylint.reports.summary import statistics, statistics_json, summary

    findings = [finding for result in tally for finding in result.findings]
    if form == "json":
        yield statistics_json(findings)
        return
    if findings:
        yield statistics(findings)
    yield summary(tally.findings, tally.files, paint, tally.not_analysed)
