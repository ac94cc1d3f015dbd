"""The pipeline: text or paths in, facts and findings out. It prints nothing, and no file ends it.

`lint_file` is pure and its arguments and results are picklable, so any executor can run it.
"""

from __future__ import annotations

import ast
import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from retrylint.budget import OutOfTimeError, within
from retrylint.config import Settings
from retrylint.model import FileFacts, Finding, NotAnalysed
from retrylint.parsing import parse, why_unreadable
from retrylint.sources.decode import decode, normalise, read_file, too_large
from retrylint.sources.discover import Filter, Found, discover
from retrylint.sources.ignore import without_silenced

if TYPE_CHECKING:
    from retrylint.libraries.policies import Policy
    from retrylint.screen import Screened

SettingsFor = Callable[[Path], Settings]
"""The settings of a folder."""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What is known of one file, and what is to be said of it. `source` is "" where it could not be read."""

    filename: str
    source: str
    facts: FileFacts
    findings: tuple[Finding, ...]


def lint_source(
    source: str | bytes,
    filename: str = "<unknown>",
    settings: Settings = Settings(),
    tree: ast.Module | None = None,
) -> tuple[Finding, ...]:
    """The findings of one source, sorted by place. `tree` is its `ast`, where the caller has it already."""
    return honour_comments(examine(source, filename, settings, tree)).findings


def lint_paths(
    paths: Iterable[str | Path], settings: Settings | SettingsFor = Settings(), trace: bool = False
) -> Iterator[FileResult]:
    """The results of the files under these paths, in the order in which they are found.

    With `trace`, hand-written sites tell step by step how they run. `settings` may depend on the folder:
    `config.SettingsReader()` reads the configuration files. A path that does not exist raises `MissingPathError`, and
    a setting that cannot be used `ConfigError`, before any file is read.
    """
    settings_for = (lambda _: settings) if isinstance(settings, Settings) else settings
    jobs = [(found, settings_for(Path(found.path).parent)) for found in _found(paths, settings_for)]
    return (lint_file(found, own, trace) for found, own in jobs)


def lint_file(found: Found, settings: Settings, trace: bool = False) -> FileResult:
    """One file, from its bytes to the findings that no comment silences."""
    content = found.problem or read_file(found.path, settings.max_file_size)
    return honour_comments(examine(content, found.path, settings, trace=trace))


def examine(
    content: str | bytes | NotAnalysed, filename: str, settings: Settings, tree: ast.Module | None = None,
    trace: bool = False,
) -> FileResult:  # fmt: skip
    """Facts and findings of one content, those silenced by comments included."""
    text = _text(content, settings.max_file_size)
    if isinstance(text, NotAnalysed):
        return _judged("", FileFacts(not_analysed=(text,)), filename, settings)
    with garbage_kept():
        return _judged(text, _facts(text, tree, settings, trace), filename, settings)


def _text(content: str | bytes | NotAnalysed, most: int) -> str | NotAnalysed:
    """The text of a content of at most so many bytes."""
    if isinstance(content, NotAnalysed):
        return content
    if len(content) > most:
        return too_large(most)
    return decode(content) if isinstance(content, bytes) else normalise(content)


@contextmanager
def garbage_kept() -> Iterator[None]:
    """Hold garbage collection: trees are many objects and no garbage, and each look at them costs a tenth of a run."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def honour_comments(result: FileResult) -> FileResult:
    """The result without the findings that a comment of the source silences."""
    return replace(result, findings=without_silenced(result.findings, result.source))


def _found(paths: Iterable[str | Path], settings_for: SettingsFor) -> Iterator[Found]:
    def filter_for(folder: str) -> Filter:
        own = settings_for(Path(folder))
        return Filter(own.exclude + own.extend_exclude, own.respect_gitignore)

    return discover([os.fspath(path) for path in paths], filter_for)


def _facts(source: str, tree: ast.Module | None, settings: Settings, trace: bool) -> FileFacts:
    from retrylint.screen import screened

    seconds = settings.max_file_time
    try:
        seen = screened(source.encode("utf-8", "surrogatepass"))
        own = tuple(each for each in settings.helpers if any(name.rpartition(".")[2] in source for name in each.names))
        seen = replace(seen, library=True) if own else seen
        if not seen.may_retry:
            refused = why_unreadable(source) if seen.broken and not tree else None
            return FileFacts(not_analysed=(refused,) if refused else ())
        return within(seconds, lambda: _analysed(source, tree, trace, seen, own))
    except OutOfTimeError:
        return FileFacts(not_analysed=(NotAnalysed(f"took longer than {seconds:g} s (max-file-time)"),))
    except Exception as error:  # one file's surprise must not cost the others
        return FileFacts(not_analysed=(internal_error(error),))


def _analysed(source: str, tree: ast.Module | None, trace: bool, seen: Screened, own: Sequence[Policy]) -> FileFacts:
    parsed = parse(source) if tree is None else tree
    if isinstance(parsed, NotAnalysed):
        return FileFacts(not_analysed=(parsed,))
    from retrylint.analysis import analyse  # its modules cost more to import than most files to screen

    if isinstance(parsed, ast.Module):
        return analyse(source, parsed, trace, seen, own)
    facts = analyse(source, parsed.tree, trace, seen, own)
    return replace(facts, not_analysed=(*parsed.refused, *facts.not_analysed))


def _judged(source: str, facts: FileFacts, filename: str, settings: Settings) -> FileResult:
    from retrylint.checks.limits import Limits
    from retrylint.checks.rules import check_facts, select_rules

    rules = select_rules(settings.select, settings.extend_select, settings.ignore)
    limits = Limits(settings.max_blocking, settings.max_attempts, settings.max_wait)
    try:
        findings = check_facts(facts, rules, filename, limits)
    except Exception as error:
        facts = FileFacts(not_analysed=(*facts.not_analysed, internal_error(error)))
        findings = check_facts(facts, rules, filename, limits)
    return FileResult(filename, source, facts, findings)


def internal_error(error: Exception) -> NotAnalysed:
    """A mistake of retrylint's own, as the reason why a file could not be analysed."""
    if isinstance(error, (RecursionError, MemoryError)):
        return NotAnalysed("nested too deeply to be analysed")
    said = " ".join(str(error).split())
    return NotAnalysed(f"internal error: {type(error).__name__}: {said}; please report it")
