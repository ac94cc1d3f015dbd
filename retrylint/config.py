"""The settings, and where they come from: pyproject.toml, retrylint.toml, flake8's options, the command line."""

from __future__ import annotations

import fnmatch
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from retrylint.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from retrylint.libraries.policies import Policy

SECTION = "tool.retrylint"
FILES = {"retrylint.toml": "", "pyproject.toml": SECTION}  # with the section that speaks of retrylint
FORMATS = ("text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit")
NOWHERE = ""  # the folder of a run that reads no file

# A bare name is left out wherever it stands; `./name` only at the top of the tree that is walked, because deeper
# down `build` and `dist` are names of packages.
DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".retrylint_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "node_modules",
    "site-packages",
    "venv",
    "./build",
    "./dist",
)


PerFile = tuple[str, tuple[str, ...]]
"""A pattern of files (a name, or an absolute path, with wildcards) and the codes that are left out there."""
Origins = Mapping[str, tuple[str, ...]]
"""The file and the command line, as far as they set a key; keys that nothing sets are left out."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What to check and where. An empty `select` stands for the rules that are on.

    `max_blocking` and `max_wait` are in seconds, `max_attempts` and `max_amplification` count executions. A
    file of more than
    `max_file_size` bytes, or that takes more than `max_file_time` seconds of a processor, is not analysed.
    `cache_dir` is where facts are kept between runs; None is a folder of its own in the current one.
    `baseline` is the file of accepted findings.
    `helpers` are a project's own retry helpers, in the words of `libraries/policies.py`.
    """

    select: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[PerFile, ...] = ()
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    respect_gitignore: bool = True
    max_blocking: float = 10.0
    max_attempts: int = 10
    max_wait: float = 900.0
    max_amplification: int = 8
    max_file_size: int = 2_000_000
    max_file_time: float = 10.0
    helpers: tuple[Policy, ...] = ()
    project: bool = False
    cache_dir: str | None = None
    baseline: str | None = None
    output_format: str = "text"

    def ignored_in(self, filename: str) -> tuple[str, ...]:
        """The codes and prefixes that are left out in a file, besides `ignore`."""
        if not self.per_file_ignores:
            return ()
        path = os.path.abspath(filename)
        name = os.path.basename(path)
        return tuple(
            code
            for pattern, codes in self.per_file_ignores
            if fnmatch.fnmatch(path if "/" in pattern else name, pattern)
            for code in codes
        )


REPLACED = (
    "per_file_ignores",
    "exclude",
    "force_exclude",
    "respect_gitignore",
    "max_blocking",
    "max_attempts",
    "max_wait",
    "max_amplification",
    "max_file_size",
    "max_file_time",
    "project",
    "cache_dir",
    "baseline",
    "output_format",
)
"""What an override puts in the place of a file's setting; the others add to it."""
ADDED = ("extend_select", "ignore", "extend_exclude")
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a command line or flake8's options say on top of the files; None is unsaid."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    per_file_ignores: tuple[PerFile, ...] | None = None
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool | None = None
    respect_gitignore: bool | None = None
    max_blocking: float | None = None
    max_attempts: int | None = None
    max_wait: float | None = None
    max_amplification: int | None = None
    max_file_size: int | None = None
    max_file_time: float | None = None
    project: bool | None = None
    cache_dir: str | None = None
    baseline: str | None = None
    output_format: str | None = None

    def check(self, prefix: str) -> None:
        """Raise `ConfigError` where a code names no rule, or a limit is none; `prefix` makes an option of a key."""
        for key in ("select", "extend-select", "ignore"):
            _codes(list(getattr(self, key.replace("-", "_")) or ()), f"{prefix}{key}")
        for _, codes in self.per_file_ignores or ():
            _codes(list(codes), f"{prefix}per-file-ignores")
        for key, read in _READERS.items():
            if key.startswith("max-") and (limit := getattr(self, key.replace("-", "_"))) is not None:
                read(limit, f"{prefix}{key}")

    def over(self, settings: Settings) -> Settings:
        """Settings of a file as the command line changes them: it replaces a selection, or adds to it."""
        said = {key: value for key in REPLACED if (value := getattr(self, key)) is not None}
        merged = replace(settings, extend_exclude=settings.extend_exclude + self.extend_exclude, **said)
        if self.select is not None:
            return replace(merged, select=self.select, extend_select=self.extend_select, ignore=self.ignore)
        return replace(
            merged,
            extend_select=settings.extend_select + self.extend_select,
            ignore=tuple(code for code in settings.ignore if code not in self.extend_select) + self.ignore,
        )

    def origins(self, of_file: Origins) -> Origins:
        """Where settings come from that these overrides are put over."""
        found = dict(of_file)
        if self.select is not None:  # it stands in the place of all three
            found |= dict.fromkeys({"select", *(found.keys() & {"extend-select", "ignore"})}, (COMMAND_LINE,))
        for name, key in ((each, each.replace("_", "-")) for each in REPLACED):
            if getattr(self, name) is not None:
                found[key] = (COMMAND_LINE,)
        for name, key in ((each, each.replace("_", "-")) for each in ADDED):
            if getattr(self, name):
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), COMMAND_LINE)))
        return found


@dataclass(frozen=True, slots=True)
class SettingsReader:
    """The settings of a folder: those of the nearest configuration file upwards, under the overrides.

    Each folder is looked at once a run; `isolated` reads no file at all, and `file` is read instead of the nearest.
    """

    overrides: Overrides = Overrides()
    isolated: bool = False
    file: Path | None = None
    _known: dict[str, Settings] = field(default_factory=dict, repr=False, compare=False)

    def __call__(self, folder: str | Path) -> Settings:
        """The settings of a folder."""
        anywhere = self.isolated or self.file is not None
        return self._of(NOWHERE if anywhere else os.path.abspath(folder))

    def _of(self, folder: str) -> Settings:
        if folder not in self._known:
            own = self._anywhere() if folder == NOWHERE else _read_folder(folder)
            if own is not None:
                self._known[folder] = self.overrides.over(own)
            elif folder in (NOWHERE, os.path.dirname(folder)):
                self._known[folder] = self.overrides.over(Settings())
            else:
                self._known[folder] = self._of(os.path.dirname(folder))
        return self._known[folder]

    def _anywhere(self) -> Settings | None:
        return None if self.file is None else _settings(*_asked_for(self.file))

    def origins(self, folder: Path) -> Origins:
        """Where the settings of a folder come from."""
        if self.isolated:
            return self.overrides.origins({})
        if self.file is not None:
            table, path, _ = _asked_for(self.file)
            return self.overrides.origins(_origins(table, path))
        from pathlib import Path  # a run that finds no file needs none

        whole = Path(os.path.abspath(folder))
        tables = (found for above in (whole, *whole.parents) for found in _tables(str(above)))
        return self.overrides.origins(next((_origins(table, path) for path, _, table in tables), {}))


def _origins(table: Mapping[str, Any], path: Path) -> Origins:
    return {key: (str(path),) for key in table}


def absolute_patterns(patterns: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """Exclusions with a path in them stand for that path under `folder`; names and `./name` stay as they are."""
    kept = (pattern.rstrip("/") or pattern for pattern in patterns)
    return tuple(p if p.startswith("./") or "/" not in p else os.path.join(folder, p) for p in kept)


def file_pattern(pattern: str, folder: Path) -> str:
    """A pattern of files as absolute: names stay as they are, and a leading `**/` stands for any folder."""
    if "/" not in pattern:
        return pattern
    return f"*/{pattern[3:]}" if pattern.startswith("**/") else os.path.normpath(os.path.join(folder, pattern))


def nearest_word(word: str, words: Mapping[str, object] | tuple[str, ...]) -> str:
    """'; did you mean ...?' for a misspelt word, or nothing."""
    import difflib  # only mistakes need it

    near = difflib.get_close_matches(word, tuple(words), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _tables(folder: str) -> Iterator[tuple[Path, str, Mapping[str, Any]]]:
    """The files of a folder that speak of retrylint: their section, and what stands in it."""
    for name, section in FILES.items():
        if os.path.isfile(os.path.join(folder, name)):
            from pathlib import Path

            path = Path(folder, name)
            table = _read_table(path, section)
            if table is not None:
                yield path, section, table


def _asked_for(file: Path) -> tuple[Mapping[str, Any], Path, str]:
    """The settings of a file that is asked for by name; a pyproject.toml may have none."""
    from pathlib import Path

    path = Path(os.path.abspath(file))
    section = SECTION if path.name == "pyproject.toml" else ""
    return _read_table(path, section) or {}, path, section


def _read_folder(folder: str) -> Settings | None:
    return next((_settings(table, path, section) for path, section, table in _tables(folder)), None)


def _read_table(path: Path, section: str) -> Mapping[str, Any] | None:
    """The file's settings; None for a pyproject.toml that has none, which may then be broken for all we care."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    if section and b"retrylint" not in data:
        return None
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table: dict[str, Any] = tomllib.loads(data.decode())
    except ValueError as error:
        raise ConfigError(f"{path}: is not valid TOML: {error}") from error
    for key in section.split(".") if section else ():
        if key not in table:
            return None
        table = table[key]
        if not isinstance(table, dict):
            raise ConfigError(f"{path}: {key}: must be a table")
    return table


def _settings(table: Mapping[str, Any], path: Path, section: str) -> Settings:
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{path}: {section}.{key}" if section else f"{path}: {key}"
        if key not in _READERS:
            raise ConfigError(f"{where}: is not a setting{nearest_word(key, _READERS)}")
        values[key.replace("-", "_")] = _READERS[key](value, where)
    for key in {"exclude", "extend_exclude"} & values.keys():
        values[key] = absolute_patterns(values[key], path.parent)
    if "per_file_ignores" in values:
        values["per_file_ignores"] = tuple(
            (file_pattern(pattern, path.parent), codes) for pattern, codes in values["per_file_ignores"]
        )
    for key in {"cache_dir", "baseline"} & values.keys():
        values[key] = os.path.join(path.parent, values[key])
    return Settings(**values)


def _words(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f"{where}: must be a list of strings, not {value!r}")
    return tuple(value)


def _codes(value: object, where: str) -> tuple[str, ...]:
    codes = _words(value, where)
    if not codes:
        return codes
    from retrylint.checks.rules import UnknownCodeError, select_rules

    try:
        select_rules(codes, (), ())
    except UnknownCodeError as error:
        raise ConfigError(f"{where}: {error}") from error
    return codes


def _per_file(value: object, where: str) -> tuple[PerFile, ...]:
    if not isinstance(value, dict):
        raise ConfigError(f"{where}: must be a table of patterns with lists of codes, not {value!r}")
    return tuple((pattern, _codes(codes, f"{where}.{pattern}")) for pattern, codes in value.items())


def _helpers(value: object, where: str) -> tuple[Policy, ...]:
    from retrylint.libraries.own import own_policies  # few projects have any
    from retrylint.libraries.spec import FactsError

    try:
        return own_policies(value, where)
    except FactsError as error:
        raise ConfigError(str(error)) from error


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f"{where}: must be true or false, not {value!r}")
    return value


def _seconds(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ConfigError(f"{where}: must be a number of seconds, not {value!r}")
    return float(value)


def _count(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{where}: must be a whole number of attempts, 1 or more, not {value!r}")
    return value


def _path(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: must be a path, not {value!r}")
    return value


def _format(value: object, where: str) -> str:
    if value not in FORMATS:
        near = nearest_word(value, FORMATS) if isinstance(value, str) else ""
        raise ConfigError(f"{where}: must be one of {', '.join(FORMATS)}, not {value!r}{near}")
    return str(value)


def _bytes(value: object, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigError(f"{where}: must be a whole number of bytes, 1 or more, not {value!r}")
    return value


_READERS: Mapping[str, Callable[[object, str], object]] = {
    "select": _codes,
    "extend-select": _codes,
    "ignore": _codes,
    "per-file-ignores": _per_file,
    "exclude": _words,
    "extend-exclude": _words,
    "force-exclude": _flag,
    "respect-gitignore": _flag,
    "max-blocking": _seconds,
    "max-attempts": _count,
    "max-wait": _seconds,
    "max-amplification": _count,
    "max-file-size": _bytes,
    "max-file-time": _seconds,
    "helpers": _helpers,
    "project": _flag,
    "cache-dir": _path,
    "baseline": _path,
    "output-format": _format,
}
