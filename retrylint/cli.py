"""The command: parse, call the engine, choose a report, set the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NoReturn

import click

from retrylint import __version__
from retrylint.errors import UserError
from retrylint.reports.formats import FORMATS

if TYPE_CHECKING:
    from retrylint.baseline import Baseline, Entry
    from retrylint.cache import Cache
    from retrylint.checks.rules import Rule
    from retrylint.config import PerFile, Settings, SettingsReader
    from retrylint.engine import FileResult
    from retrylint.model import LeftOut, RetrySite
    from retrylint.reports.formats import Format
    from retrylint.reports.summary import Tally
    from retrylint.reports.terminal import Paint

CLEAN, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130
STDIN = "-"
MOST_STALE = 10  # entries of a baseline that are named one by one

Command = Callable[..., Any]
_SIZE = "Leave larger files unread.  [default: 2000000]"
_JOBS = "Analyse with so many processes.  [default: one for each processor, where there is enough to do]"
_TIME = "Give up a file after so long.  [default: 10]"


def main() -> NoReturn:
    """The entry point of the `retrylint` script."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # whoever started this has closed it
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - as long as the process
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    from retrylint import budget

    if budget.is_anything_left():
        os._exit(code)  # what it was to write, it has written: `click.echo` keeps nothing back
    sys.exit(code)


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
        _write_no_more()
        return _failed(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except Exception as error:
        return _failed(f"internal error: {type(error).__name__}: {error}; please report it")


def _failed(message: str) -> int:
    with suppress(OSError):  # where nothing can be written, the exit code has to do
        click.echo(f"retrylint: {' '.join(message.split())}", err=True)
    return FAILED


def _listed(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """The items of a repeatable, comma-separated option; None where it was not given."""
    if not values:
        return None
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def _list_option(name: str, metavar: str, words: str) -> Callable[[Command], Command]:
    return click.option(name, metavar=metavar, multiple=True, callback=_listed, help=words)


def _source_options(command: Command) -> Command:
    """What every command that reads files takes."""
    for option in (
        click.option("--stdin-filename", metavar="PATH", help="The name of the file on standard input."),
        click.option("--strict", is_flag=True, help="Exit with 2 if anything could not be analysed."),
        click.option("--max-file-time", type=click.FloatRange(min=0), metavar="SECONDS", help=_TIME),
        click.option("--max-file-size", type=click.IntRange(min=1), metavar="BYTES", help=_SIZE),
        click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help=_JOBS),
        click.option("--cache-dir", metavar="FOLDER", help="Keep what is known of files here, for later runs."),
        click.option("--no-cache", is_flag=True, help="Read everything anew, and keep nothing."),
        click.option(
            "--project", is_flag=True, help="Look up imported options, classes and helpers in the other files."
        ),
        click.option("--isolated", is_flag=True, help="Read no configuration file."),
        _list_option("--extend-exclude", "PATTERNS", "Leave out these files and folders besides."),
        _list_option("--exclude", "PATTERNS", "Leave out these files and folders instead of the usual ones."),
        click.option("--force-exclude/--no-force-exclude", default=None, help="Leave out named files too."),
        click.option(
            "--respect-gitignore/--no-respect-gitignore", default=None, help="Leave out what git ignores (usual)."
        ),
        click.argument("paths", nargs=-1),
    ):
        command = option(command)
    return command


@click.group(no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Find retry code that takes services down, before it does."""


@commands.command()
@_source_options
@_list_option("--select", "CODES", "Check these rules instead of those that are on (prefixes, or ALL).")
@_list_option("--extend-select", "CODES", "Check these rules besides.")
@_list_option("--ignore", "CODES", "Leave out these rules.")
@click.option("--per-file-ignores", metavar="PATTERN:CODES", multiple=True, help="Leave out rules in these files.")
@click.option("--max-attempts", type=click.IntRange(min=1), metavar="N", help="Attempts that RTY108 allows.")
@click.option("--max-wait", type=click.FloatRange(min=0), metavar="SECONDS", help="Waits in all that RTY109 allows.")
@click.option("--max-blocking", type=click.FloatRange(min=0), metavar="SECONDS", help="Waits that may block a worker.")
@click.option(
    "--max-amplification", type=click.IntRange(min=1), metavar="N", help="Attempts of nested retries allowed."
)
@click.option("--report-unused-ignores", is_flag=True, help="Report comments that silence nothing (RTY901).")
@click.option("--output-format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output-file", metavar="FILE", help="Write the report to this file.")
@click.option("--baseline", metavar="FILE", help="Leave out the findings that this file lists.")
@click.option("--update-baseline", is_flag=True, help="Write the findings to the baseline, and accept them thereby.")
@click.option("--prune-baseline", is_flag=True, help="Take out of the baseline what is not found any more.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of showing them.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
def check(
    paths: tuple[str, ...],
    exclude: tuple[str, ...] | None,
    extend_exclude: tuple[str, ...] | None,
    force_exclude: bool | None,
    respect_gitignore: bool | None,
    isolated: bool,
    max_file_size: int | None,
    max_file_time: float | None,
    jobs: int | None,
    cache_dir: str | None,
    no_cache: bool,
    project: bool,
    strict: bool,
    stdin_filename: str | None,
    select: tuple[str, ...] | None,
    extend_select: tuple[str, ...] | None,
    ignore: tuple[str, ...] | None,
    per_file_ignores: tuple[str, ...],
    max_attempts: int | None,
    max_wait: float | None,
    max_blocking: float | None,
    max_amplification: int | None,
    report_unused_ignores: bool,
    output_format: Format,
    output_file: str | None,
    baseline: str | None,
    update_baseline: bool,
    prune_baseline: bool,
    statistics: bool,
    exit_zero: bool,
) -> int:
    """Check files and folders, the current one by default; - reads standard input."""
    from retrylint.config import Overrides, SettingsReader
    from retrylint.reports.formats import report
    from retrylint.reports.summary import Tally, not_analysed

    overrides = Overrides(
        select=select,
        extend_select=(*(extend_select or ()), *(["RTY901"] if report_unused_ignores else [])),
        ignore=ignore or (),
        per_file_ignores=_per_file(per_file_ignores),
        max_attempts=max_attempts,
        max_wait=max_wait,
        max_blocking=max_blocking,
        max_amplification=max_amplification,
        exclude=_from_here(exclude),
        extend_exclude=_from_here(extend_exclude) or (),
        force_exclude=force_exclude,
        respect_gitignore=respect_gitignore,
        max_file_size=max_file_size,
        max_file_time=max_file_time,
    )
    overrides.check_codes("--")
    if statistics and output_format not in ("text", "concise", "json"):
        raise click.UsageError(f"--statistics are told as text or json, not as {output_format}")
    reader = SettingsReader(overrides, isolated)
    accepted = _baseline(baseline, reader, update_baseline, prune_baseline)
    found = _with_notes(_results(paths, reader, stdin_filename, _Running(jobs, cache_dir, no_cache, project)))
    results = Tally(found if accepted is None else accepted.without_known(found))
    if accepted is not None and update_baseline:
        return _update(accepted, results)
    with _output(output_file) as stream:
        paint = _paint(stream)
        texts = _statistics(results, output_format, paint) if statistics else report(output_format, results, paint)
        _show(texts, stream)
    if results.untold:
        click.echo(f"retrylint: {not_analysed(results.untold)}; --extend-select RTY900 says why", err=True)
    if accepted is not None:
        _tell_stale(accepted, prune_baseline)
    if strict and results.not_analysed:
        return FAILED
    return FINDINGS if results.findings and not exit_zero else CLEAN


def _baseline(path: str | None, settings: SettingsReader, update: bool, prune: bool) -> Baseline | None:
    """The baseline of the command line, or of the configuration of the current folder."""
    from pathlib import Path

    if update and prune:
        raise click.UsageError("--update-baseline prunes too: leave out --prune-baseline")
    where = path or settings(Path()).baseline
    if where is None:
        if update or prune:
            raise click.UsageError("say which --baseline FILE")
        return None
    from retrylint import baseline, engine

    def checked_in(filename: str) -> frozenset[str]:
        return engine.checked_in(filename, settings(Path(filename).parent))

    new = update and not os.path.lexists(where)
    return baseline.Baseline(Path(where), {} if new else baseline.read(Path(where)), checked_in)


def _update(accepted: Baseline, results: Tally) -> int:
    """Accept what is found; what was accepted and is found no more is not kept."""
    for _ in results:
        pass
    stale, entries = len(accepted.stale), accepted.updated
    _write_baseline(accepted, entries)
    new = len(entries) - len(accepted.known) + stale
    click.echo(f"{accepted.path}: {len(entries)} findings ({new} new, {stale} removed)")
    if results.not_analysed:
        from retrylint.reports.summary import not_analysed

        click.echo(f"retrylint: {not_analysed(results.not_analysed)}", err=True)
    return CLEAN


def _tell_stale(accepted: Baseline, prune: bool) -> None:
    stale = accepted.stale
    if not stale:
        return
    if prune:
        _write_baseline(accepted, accepted.pruned)
        click.echo(f"retrylint: {accepted.path}: {len(stale)} removed that are not found any more", err=True)
        return
    for entry in stale[:MOST_STALE]:
        click.echo(f"retrylint: {accepted.path}: not found any more: {entry.path}: {entry.code}", err=True)
    more = f"{len(stale) - MOST_STALE} more, and " if len(stale) > MOST_STALE else ""
    click.echo(f"retrylint: {accepted.path}: {more}--prune-baseline removes them", err=True)


def _write_baseline(accepted: Baseline, entries: Iterable[Entry]) -> None:
    try:
        accepted.write(entries)
    except OSError as error:
        raise UserError(f"{accepted.path}: cannot be written: {error.strerror}") from error


@commands.command()
@_source_options
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--all", "every", is_flag=True, help="List too what only looks like a retry, and why it was left out.")
@click.option("--trace", is_flag=True, help="Show each attempt, wait and decision of hand-written retries.")
def sites(
    paths: tuple[str, ...],
    exclude: tuple[str, ...] | None,
    extend_exclude: tuple[str, ...] | None,
    force_exclude: bool | None,
    respect_gitignore: bool | None,
    isolated: bool,
    max_file_size: int | None,
    max_file_time: float | None,
    jobs: int | None,
    cache_dir: str | None,
    no_cache: bool,
    project: bool,
    strict: bool,
    stdin_filename: str | None,
    output_format: str,
    every: bool,
    trace: bool,
) -> int:
    """List every retry site: how often it runs, how long it waits, how it ends."""
    from retrylint.config import Overrides, SettingsReader

    overrides = Overrides(
        exclude=_from_here(exclude),
        extend_exclude=_from_here(extend_exclude) or (),
        force_exclude=force_exclude,
        respect_gitignore=respect_gitignore,
        max_file_size=max_file_size,
        max_file_time=max_file_time,
    )
    missing = False
    found: list[tuple[str, RetrySite]] = []
    left_out: list[tuple[str, LeftOut]] = []
    for result in _results(
        paths,
        SettingsReader(overrides, isolated),
        stdin_filename,
        _Running(jobs, cache_dir, no_cache, project, every),
        trace,
    ):
        found += [(result.filename, site) for site in result.facts.sites]
        left_out += [(result.filename, each) for each in result.facts.left_out if every]
        missing = missing or bool(result.facts.not_analysed)
        for missed in result.facts.not_analysed:
            where = f"{result.filename}:{missed.span.line}:{missed.span.column}"
            click.echo(f"{where}: not analysed: {missed.reason}", err=True)
    _show(_inventory(found, left_out if every else None, output_format))
    return FAILED if strict and missing else CLEAN


def _inventory(
    found: list[tuple[str, RetrySite]], left_out: list[tuple[str, LeftOut]] | None, output_format: str
) -> Iterator[str]:
    from retrylint.reports.documents import sites_document
    from retrylint.reports.table import left_out_table, sites_table
    from retrylint.reports.traces import trace_text

    if output_format == "json":
        yield sites_document(found, left_out)
        return
    yield sites_table(found)
    yield from (f"\n{trace_text(path, site)}" for path, site in found if site.trace is not None)
    if left_out:
        yield f"\n{left_out_table(left_out)}"


@commands.command()
@click.argument("code", required=False)
@click.option("--all", "every", is_flag=True, help="Print the pages of all rules.")
def rule(code: str | None, every: bool) -> int:
    """Print the page of a rule: what it says, why, and what to write instead."""
    from retrylint.checks.rules import RULES
    from retrylint.reports.pages import read_page

    if every == bool(code):
        raise click.UsageError("say one CODE, or --all")
    chosen = RULES if code is None else (_rule_of(code, RULES),)
    _show(read_page(each.code, each.name) for each in chosen)
    return CLEAN


def _rule_of(word: str, rules: Sequence[Rule]) -> Rule:
    """The rule of this code or name."""
    from retrylint.config import nearest_word

    known = {key: each for each in rules for key in (each.code, each.name)}
    for key in (word.upper(), word.lower()):
        if key in known:
            return known[key]
    codes = tuple(each.code for each in rules)
    raise click.UsageError(f"unknown rule {word!r}{nearest_word(word.upper(), codes) or nearest_word(word, known)}")


@dataclass(frozen=True, slots=True)
class _Running:
    """How files are gone through: by how many processes, and with which cache."""

    jobs: int | None
    cache_dir: str | None
    no_cache: bool
    project: bool
    with_left_out: bool = False

    def cache(self, settings: Settings) -> Cache | None:
        """The cache: where the command line says, or the configuration, or in the current folder."""
        if self.no_cache:
            return None
        from pathlib import Path

        from retrylint.cache import FOLDER, Cache

        return Cache.read(Path(self.cache_dir or settings.cache_dir or FOLDER), self.with_left_out)


def _results(
    paths: tuple[str, ...],
    settings: SettingsReader,
    stdin_filename: str | None,
    running: _Running,
    trace: bool = False,
) -> Iterator[FileResult]:
    from pathlib import Path

    from retrylint import engine

    if STDIN in paths or stdin_filename:
        if paths not in ((), (STDIN,)):
            raise click.UsageError("standard input is read alone: give no other path")
        name = stdin_filename or STDIN
        content = sys.stdin.buffer.read()
        own = settings(Path(name).parent)
        return iter([engine.honour_comments(engine.examine(content, name, own, trace=trace), own)])
    own = settings(Path())
    project = running.project or own.project
    cache = None if trace or project else running.cache(own)
    where = paths or (os.curdir,)
    results = engine.lint_paths(where, settings, trace, cache, jobs=running.jobs, project=project)
    first = next(results, None)
    if first is None:
        click.echo("retrylint: no Python files found under the given paths", err=True)
    return _noted([first] if first is not None else [], results, cache)


def _with_notes(results: Iterable[FileResult]) -> Iterator[FileResult]:
    """The results, and beside them a line for each comment that is not what it looks like."""
    for result in results:
        for line, said in result.notes:
            click.echo(f"retrylint: {result.filename}:{line}: {said}", err=True)
        yield result


def _noted(first: list[FileResult], rest: Iterator[FileResult], cache: Cache | None) -> Iterator[FileResult]:
    """The results, and at the end what went wrong with the cache."""
    yield from first
    yield from rest
    for note in cache.notes if cache is not None else ():
        click.echo(f"retrylint: {note}", err=True)


def _per_file(values: tuple[str, ...]) -> tuple[PerFile, ...] | None:
    """`PATTERN:CODE,CODE` of the command line, from the current folder; None where nothing is said."""
    from pathlib import Path

    from retrylint.config import file_pattern

    found = []
    for value in values:
        pattern, colon, codes = value.rpartition(":")
        if not colon:
            raise click.UsageError(f"--per-file-ignores: must be PATTERN:CODES, not {value!r}")
        found.append((file_pattern(pattern, Path.cwd()), tuple(code.strip() for code in codes.split(","))))
    return tuple(found) or None


def _from_here(patterns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    from pathlib import Path

    from retrylint.config import absolute_patterns

    return None if patterns is None else absolute_patterns(patterns, Path.cwd())


def _statistics(results: Tally, output_format: str, paint: Paint) -> Iterator[str]:
    from retrylint.reports.summary import statistics, statistics_json, summary

    findings = [finding for result in results for finding in result.findings]
    if output_format == "json":
        yield statistics_json(findings)
        return
    if findings:
        yield statistics(findings)
    yield summary(results.findings, results.files, paint, results.not_analysed)


@contextmanager
def _output(path: str | None) -> Iterator[IO[str]]:
    """Standard output, or the file that a report is to be written to."""
    if path is None:
        yield sys.stdout
        return
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise UserError(f"--output-file: {path}: cannot be written: {error.strerror}") from error


def _paint(stream: IO[str]) -> Paint:
    from retrylint.reports.terminal import Paint, wants_colour

    return Paint(wants_colour(os.environ, stream.isatty()))


def _show(texts: Iterable[str], stream: IO[str] | None = None) -> None:
    """Write each text and a newline to standard output; a reader that has gone away ends this silently."""
    try:
        for text in texts:
            click.echo(text, stream, color=True)
    except BrokenPipeError:
        _write_no_more()


def _write_no_more() -> None:
    """What is still to be written would fail once more when Python ends."""
    with suppress(OSError, ValueError):  # a test's stream has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
