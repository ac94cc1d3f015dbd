"""`retrylint report`: every retry on one page of HTML."""

from __future__ import annotations

from typing import Any

import click

from retrylint.commands import CLEAN, FAILED, options
from retrylint.commands.running import STDIN, results, tell_not_analysed
from retrylint.commands.writing import output, show

USUAL_FILE = "retries.html"
PAGE = click.Option(
    ["-o", "--output-file"],
    metavar="FILE",
    default=USUAL_FILE,
    show_default=True,
    help="Write the page to this file; - is standard output.",
)


@click.command(params=[*options.RUNNING, PAGE, *options.RULES, *options.FILES, *options.CONFIGURATION])
def report(output_file: str, **said: Any) -> int:
    """Write one page of HTML that shows every retry."""
    from retrylint.page.render import environment, render
    from retrylint.page.view import page_of, title_of

    jinja = environment()  # to fail before the work, not after it
    running = options.taken(options.Running, said)
    found = list(results(running, options.settings_reader(said)))
    for result in found:
        tell_not_analysed(result)
    page = page_of(found, title_of(running.paths, running.stdin_filename))
    is_told = output_file != STDIN
    with output(output_file if is_told else None) as stream:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")  # as the page says of itself, whatever a terminal would get
        show([render(page, jinja)], stream)
    if is_told:
        show([f"Wrote {output_file}: {page.summary}"])
    return FAILED if running.strict and page.missed else CLEAN
