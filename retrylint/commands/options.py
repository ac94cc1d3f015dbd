"""The options that commands share, in groups, and what is made of them.

An option that stands for a setting has the name of its field in `config.Overrides`; those of a group that does not are
the fields of a class here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from retrylint.config import Overrides, PerFile, SettingsReader

Said = Mapping[str, Any]
"""What a command line says, by the names of its parameters."""
Kind = TypeVar("Kind")


def _words(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """The items of a repeatable, comma-separated option; None where it was not given."""
    if not values:
        return None
    return tuple(item.strip() for value in values for item in value.split(",") if item.strip())


def _patterns(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Patterns of files, from the current folder; None where none was given."""
    words = _words(context, parameter, values)
    if words is None:
        return None
    from pathlib import Path

    from retrylint.config import absolute_patterns

    return absolute_patterns(words, Path.cwd())


def _per_file(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[PerFile, ...] | None:
    """`PATTERN:CODE,CODE`, from the current folder; None where it was not given."""
    if not values:
        return None
    from pathlib import Path

    from retrylint.config import file_pattern

    found = []
    for value in values:
        pattern, colon, codes = value.rpartition(":")
        if not colon:
            raise click.UsageError(f"--per-file-ignores: must be PATTERN:CODES, not {value!r}")
        found.append((file_pattern(pattern, Path.cwd()), tuple(code.strip() for code in codes.split(","))))
    return tuple(found)


def _codes(name: str, words: str) -> click.Option:
    return click.Option([name], metavar="CODES", multiple=True, callback=_words, help=words)


def _left_out(name: str, words: str) -> click.Option:
    return click.Option([name], metavar="PATTERNS", multiple=True, callback=_patterns, help=words)


def _number(name: str, metavar: str, words: str) -> click.Option:
    kind = click.FloatRange(min=0) if metavar == "SECONDS" else click.IntRange(min=1)
    return click.Option([name], type=kind, metavar=metavar, help=words)


def _yes_or_no(name: str, words: str) -> click.Option:
    return click.Option([f"--{name}/--no-{name}"], default=None, help=words)


RULES = (
    _codes("--select", "Check these rules instead of those that are on (prefixes, or ALL)."),
    _codes("--extend-select", "Check these rules besides."),
    _codes("--ignore", "Leave out these rules."),
    click.Option(
        ["--per-file-ignores"],
        metavar="PATTERN:CODES",
        multiple=True,
        callback=_per_file,
        help="Leave out rules in these files.",
    ),
    _number("--max-attempts", "N", "Attempts that RTY108 allows.  [default: 10]"),
    _number("--max-wait", "SECONDS", "Waits in all that RTY109 allows.  [default: 900]"),
    _number("--max-blocking", "SECONDS", "Waits that may block a worker.  [default: 10]"),
    _number("--max-amplification", "N", "Attempts of nested retries allowed.  [default: 8]"),
    click.Option(["--report-unused-ignores"], is_flag=True, help="Report comments that silence nothing (RTY901)."),
)
FILES = (
    _left_out("--exclude", "Leave out these files and folders instead of the usual ones."),
    _left_out("--extend-exclude", "Leave out these files and folders besides."),
    _yes_or_no("force-exclude", "Leave out named files too."),
    _yes_or_no("respect-gitignore", "Leave out what git ignores (usual)."),
    _number("--max-file-size", "BYTES", "Leave larger files unread.  [default: 2000000]"),
    _number("--max-file-time", "SECONDS", "Give up a file after so long.  [default: 10]"),
    _yes_or_no("project", "Look up imported options, classes and helpers in the other files."),
    click.Option(["--cache-dir"], metavar="FOLDER", help="Keep what is known of files here, for later runs."),
)
CONFIGURATION = (
    click.Option(["--config", "config_file"], metavar="FILE", help="Read this file instead of the nearest one."),
    click.Option(["--isolated"], is_flag=True, help="Read no configuration file."),
)
BASELINE = click.Option(["--baseline"], metavar="FILE", help="Leave out the findings that this file lists.")
RUNNING = (
    click.Argument(["paths"], nargs=-1),
    click.Option(["--stdin-filename"], metavar="PATH", help="The name of the file on standard input."),
    click.Option(["--strict"], is_flag=True, help="Exit with 2 if anything could not be analysed."),
    click.Option(
        ["-j", "--jobs"],
        type=click.IntRange(min=1),
        metavar="N",
        help="Analyse with so many processes.  [default: one for each processor, where there is enough to do]",
    ),
    click.Option(["--no-cache"], is_flag=True, help="Read everything anew, and keep nothing."),
)


@dataclass(frozen=True, slots=True)
class Running:
    """How files are gone through: which, by how many processes, and whether a cache is used."""

    paths: tuple[str, ...]
    stdin_filename: str | None
    strict: bool
    jobs: int | None
    no_cache: bool


def taken(kind: type[Kind], said: Said) -> Kind:
    """The options whose names are fields of this dataclass; what was not given stays as the class has it."""
    names = (each.name for each in fields(kind))  # type: ignore[arg-type]  # a dataclass
    return kind(**{name: said[name] for name in names if name in said})


def settings_reader(said: Said) -> SettingsReader:
    """The reader of the settings, under what the command line says."""
    from retrylint.config import SettingsReader

    file: str | None = said["config_file"]
    if said["isolated"] and file is not None:
        raise click.UsageError("--isolated reads no configuration file: leave out --config")
    if file is None:
        return SettingsReader(_overrides(said), said["isolated"])
    from pathlib import Path  # most runs need none

    return SettingsReader(_overrides(said), file=Path(file))


def _overrides(said: Said) -> Overrides:
    from retrylint.config import Overrides

    given = {name: value for name, value in said.items() if value is not None}
    if given.get("report_unused_ignores"):
        given["extend_select"] = (*given.get("extend_select", ()), "RTY901")
    overrides = taken(Overrides, given)
    overrides.check("--")
    return overrides
