"""`retrylint sites`: the inventory of all retries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from retrylint.commands import CLEAN, FAILED, options
from retrylint.commands.running import results, tell_not_analysed
from retrylint.commands.writing import show
from retrylint.reports.shape import FORMS, GROUPS, KEYS, Shape

if TYPE_CHECKING:
    from retrylint.model import LeftOut, RetrySite

LISTED = (
    click.Option(["--output-format"], type=click.Choice(FORMS), default="text", show_default=True),
    click.Option(["--sort"], type=click.Choice(KEYS), help="Order by place, or begin with what runs or waits longest."),
    click.Option(["--group-by"], type=click.Choice(GROUPS), help="A table for each file, or for each library."),
    click.Option(
        ["--all", "every"], is_flag=True, help="List too what only looks like a retry, and why it was left out."
    ),
    click.Option(["--trace"], is_flag=True, help="Show each attempt, wait and decision of hand-written retries."),
)


@click.command(params=[*options.RUNNING, *options.FILES, *options.CONFIGURATION, *LISTED])
def sites(every: bool, trace: bool, **said: Any) -> int:
    """List every retry site: how often it runs, how long it waits, how it ends."""
    from retrylint.reports.inventory import inventory

    form = said.pop("output_format")  # of the inventory, and no setting
    running = options.taken(options.Running, said)
    missing = False
    found: list[tuple[str, RetrySite]] = []
    left_out: list[tuple[str, LeftOut]] = []
    for result in results(running, options.settings_reader(said), trace, every):
        found += [(result.filename, site) for site in result.facts.sites]
        left_out += [(result.filename, each) for each in result.facts.left_out if every]
        missing = missing or bool(result.facts.not_analysed)
        tell_not_analysed(result)
    show(inventory(found, left_out if every else None, Shape(form, said["sort"], said["group_by"])))
    return FAILED if running.strict and missing else CLEAN
