"""The pipeline: text or paths in, facts and findings out. It prints nothing, and no file ends it.

`facts_of` is pure and its arguments and results are picklable, so any executor can run it.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, TypeVar

from retrylint import quick
from retrylint.config import FILES as SETTINGS_FILES
from retrylint.config import Settings
from retrylint.model import FileFacts, Finding, NotAnalysed
from retrylint.sources.decode import decode, normalise, read_file, too_large
from retrylint.sources.discover import Filter, Found, discover, leaves_out

if TYPE_CHECKING:
    import ast
    from concurrent.futures import Executor
    from pathlib import Path

    from retrylint.analysis import Joining
    from retrylint.cache import Cache, Stamp
    from retrylint.checks.rules import Rule
    from retrylint.screen import Screened

ENOUGH = 1_000_000  # bytes to analyse that are worth the start of other processes
LARGE = 200_000  # characters: what is smaller is screened in no time, whatever its shape
Limited = Callable[[Callable[[], FileFacts]], FileFacts]
"""Does work, and raises `OutOfTimeError` where it takes too long."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted beside the sites: step by step how they run (`trace`), and what only looks like one."""

    trace: bool = False
    left_out: bool = True


SettingsFor = Callable[[str], Settings]
"""The settings of a folder, by its absolute path."""


@quick.dataclass(frozen=True, slots=True)
class FileResult:
    """What is known of one file, and what is to be said of it.

    `source` is its text; of many files, it is "" where there is nothing to be said. `notes` are lines whose comments
    are not what they look like, with what is wrong with them. `counted` are all findings, where some of them are not
    to be told: a comment silences them, or a baseline lists them.
    """

    filename: str
    source: str
    facts: FileFacts
    findings: tuple[Finding, ...]
    notes: tuple[tuple[int, str], ...] = ()
    counted: tuple[Finding, ...] = ()

    def fingerprints(self, path: str) -> tuple[str, ...]:
        """What each finding is known by, whatever is selected, silenced or accepted besides.

        `path` is the file's name as all runs call it.
        """
        from retrylint.fingerprint import fingerprints  # its tokenizer is of no use to most runs

        counted = self.counted or self.findings
        known: dict[Finding, list[str]] = {}
        for finding, known_by in zip(counted, fingerprints(counted, path, self.source), strict=True):
            known.setdefault(finding, []).append(known_by)
        return tuple(known[finding].pop(0) for finding in self.findings)


def lint_source(
    source: str | bytes,
    filename: str = "<unknown>",
    settings: Settings = Settings(),
    tree: ast.Module | None = None,
) -> tuple[Finding, ...]:
    """The findings of one source, sorted by place. `tree` is its `ast`, where the caller has it already."""
    return honour_comments(examine(source, filename, settings, tree, Wanted(left_out=False)), settings).findings


def lint_paths(
    paths: Iterable[str | Path],
    settings: Settings | SettingsFor = Settings(),
    trace: bool = False,
    cache: Cache | None = None,
    executor: Executor | None = None,
    jobs: int | None = 1,
    project: bool = False,
    with_left_out: bool = True,
    on_start: Callable[[int], None] = lambda files: None,
) -> Iterator[FileResult]:
    """The results of the files under these paths, in the order in which they are found.

    With `trace`, hand-written sites tell step by step how they run; without `with_left_out`, nothing is told of what
    only looks like a retry. `settings` may depend on the folder:
    `config.SettingsReader()` reads the configuration files. What `cache` knows is not read anew; it is saved at the
    end. Files are read here and analysed by the executor, which is handed their bytes and keeps `jobs` workers busy;
    without one, `jobs` processes (None: one for each processor) are started where there is enough to do. The results
    are the same in any case. In a `project` the files tell each other what their imports stand for; one process reads
    them all. `on_start` is told how many files there are, before the first is read.
    A path that does not exist raises `MissingPathError`, and a setting that cannot be used `ConfigError`, before any
    file is read.
    """
    settings_for = (lambda folder: settings) if isinstance(settings, Settings) else settings
    files = list(_files(paths, settings_for, None if trace else cache))
    on_start(len(files))
    if project:
        return _of_project(files, None if trace else cache, trace)
    wanted = Wanted(trace, with_left_out)
    return _results(files, None if trace else cache, wanted, executor, jobs or _cores())


def _of_project(files: Sequence[_File], cache: Cache | None, trace: bool) -> Iterator[FileResult]:
    """The results of files that know each other: from the cache, if none of them has changed."""
    if cache is not None:
        _look_up_together(files, cache)
    if any(file.facts is None for file in files):
        _analyse_together(files, trace)
        if cache is not None:
            _keep_together(files, cache)
    if cache is not None:
        cache.save()
    for file in files:
        yield _result(file, file.facts or FileFacts())


def _look_up_together(files: Sequence[_File], cache: Cache) -> None:
    """Take the facts of a project's files from the cache; what holds of one of them depends on all."""
    from retrylint.cache import variant_of

    _stamp(files)
    for file in files:
        if file.stamp is None:
            _read(file, None)  # it tells why that cannot be analysed
    together = variant_of([(file.found.path, file.found.absolute, file.stamp, file.variant) for file in files])
    for file in files:
        file.variant = together
        if file.stamp is not None:
            file.facts = cache.unchanged(file.found.absolute, file.stamp, together)


def _keep_together(files: Iterable[_File], cache: Cache) -> None:
    for file in files:
        if file.stamp is not None and file.facts is not None:
            # a change of any file makes all of them anew, so that their contents need not be known
            cache.keep(file.found.absolute, file.stamp, file.variant, b"", file.facts)


def _analyse_together(files: Sequence[_File], trace: bool) -> None:
    """Find the facts of files that know each other."""
    from retrylint.project.surface import Source, source_of
    from retrylint.together import facts_together

    by_path = {file.found.absolute: file for file in files}

    @cache
    def read(path: str) -> Source | NotAnalysed:
        file = by_path[path]
        content = file.found.problem or read_file(file.found.path, file.settings.max_file_size)
        text = _text(content, file.settings.max_file_size)
        return _guarded(lambda: source_of(text), text, file.settings) if isinstance(text, str) else text

    def known(path: str) -> Source | None:
        source = read(path)
        return source if isinstance(source, Source) else None

    def facts_in(path: str, joining_of: Callable[[], Joining]) -> FileFacts:
        source = read(path)
        if isinstance(source, NotAnalysed):
            return FileFacts(not_analysed=(source,))
        facts = _facts(source.text, None, by_path[path].settings, Wanted(trace), source.screened, joining_of)
        gc.collect(0)  # what the file has left behind; what others may ask for is not looked at again
        return facts

    with garbage_kept():
        facts = facts_together({path: file.found.path for path, file in by_path.items()}, known, facts_in)
    for path, file in by_path.items():
        file.facts = facts[path]


T = TypeVar("T")


def _guarded(work: Callable[[], T], source: str, settings: Settings) -> T | NotAnalysed:
    """What a look at a source gives, which takes time only where that is large, or why there is nothing."""
    from retrylint.budget import OutOfTimeError, within

    try:
        return within(settings.max_file_time, work) if len(source) > LARGE else work()
    except OutOfTimeError:
        return _too_slow(settings)
    except Exception as error:  # one file's surprise must not cost the others
        return internal_error(error)


def _too_slow(settings: Settings) -> NotAnalysed:
    return NotAnalysed(f"took longer than {settings.max_file_time:g} s (max-file-time)", passing=True)


def _cores() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


@dataclass(slots=True)
class _File:
    """A file on its way: what is known of it so far.

    Of its settings, `variant` stands for those that facts depend on, and `seeks` tells whether comments that silence
    nothing are looked for.
    """

    found: Found
    settings: Settings
    variant: str
    seeks: bool
    stamp: Stamp | None = None
    content: bytes | NotAnalysed | None = None
    facts: FileFacts | None = None


def _files(paths: Iterable[str | Path], settings_for: SettingsFor, cache: Cache | None) -> Iterator[_File]:
    from retrylint.cache import variant_of

    known: dict[str, tuple[Settings, str, bool]] = {}
    for found in _found(paths, settings_for, cache):
        if found.home not in known:
            own = settings_for(found.home)
            known[found.home] = own, variant_of(own.helpers), seeks_unused(own)
        yield _File(found, *known[found.home])


def _results(
    files: Sequence[_File], cache: Cache | None, wanted: Wanted, executor: Executor | None, jobs: int
) -> Iterator[FileResult]:
    if cache is not None:
        _look_up(files, cache)
    try:
        for file, facts in _analyses(files, cache, wanted, executor, jobs):
            yield _result(file, facts)
            file.content = None  # many files, and nothing of them is needed any more
    finally:
        if cache is not None:
            cache.save()


def _stamp(files: Iterable[_File]) -> None:
    """Give a stamp to each file that can be analysed, by its kind and its size."""
    from retrylint.cache import stamp_of

    for file in files:
        stamp = None if file.found.problem else stamp_of(file.found.path)
        if stamp is not None and stamp[0] <= file.settings.max_file_size:
            file.stamp = stamp


def _look_up(files: Iterable[_File], cache: Cache) -> None:
    """Take the facts of files that have not changed from the cache."""
    _stamp(files)
    for file in files:
        if file.stamp is not None:
            file.facts = cache.unchanged(file.found.absolute, file.stamp, file.variant)


def _analyses(
    files: Sequence[_File], cache: Cache | None, wanted: Wanted, executor: Executor | None, jobs: int
) -> Iterator[tuple[_File, FileFacts]]:
    """Each file with its facts."""

    def task_of(file: _File) -> tuple[Task, int] | None:
        if file.facts is None:
            _read(file, cache)
        content = file.content
        if file.facts is not None or not isinstance(content, bytes):
            return None
        return (content, file.settings, wanted), len(content)

    def kept(file: _File, facts: FileFacts) -> FileFacts:
        if cache is not None and file.stamp is not None and isinstance(file.content, bytes):
            cache.keep(file.found.absolute, file.stamp, file.variant, file.content, facts)
        return facts

    if executor is None and (jobs == 1 or _bytes_to_read(files) < ENOUGH):
        for file in files:
            if file.facts is None:
                task = task_of(file)
                yield file, file.facts or (kept(file, facts_of(task[0])) if task is not None else FileFacts())
            else:
                yield file, file.facts
        return
    from retrylint import parallel
    from retrylint.study import study  # noqa: F401  # the processes to be forked have it then

    plan = parallel.Plan(task_of, facts_of, _dead)
    with nullcontext(executor) if executor is not None else parallel.pool_of(jobs) as workers:
        for file, facts in parallel.in_order(files, plan, workers, jobs):
            yield file, file.facts or (kept(file, facts) if facts is not None else FileFacts())


def _bytes_to_read(files: Iterable[_File]) -> int:
    """How much is to be analysed, as far as their sizes tell."""
    from retrylint.cache import stamp_of

    unread = [file for file in files if file.facts is None]
    stamps = [(file.stamp or stamp_of(file.found.path), file.settings.max_file_size) for file in unread]
    return sum(stamp[0] for stamp, most in stamps if stamp is not None and stamp[0] <= most)


def _read(file: _File, cache: Cache | None) -> None:
    """Read a file; its facts are known where it cannot be read, or where the cache knows its content."""
    file.content = file.found.problem or read_file(file.found.path, file.settings.max_file_size)
    if isinstance(file.content, NotAnalysed):
        file.facts = FileFacts(not_analysed=(file.content,))
    elif cache is not None and file.stamp is not None:
        file.facts = cache.same_content(file.found.absolute, file.stamp, file.variant, file.content)


def _result(file: _File, facts: FileFacts) -> FileResult:
    """The findings of a file that no comment silences; its text is read where there are any."""
    name = file.found.path
    if not (file.seeks or facts.sites or facts.traps or facts.not_analysed):
        return FileResult(name, "", facts, ())  # most files
    result = _judged("", facts, name, file.settings)
    if not result.findings and not file.seeks:
        return result
    content = file.content if file.content is not None else read_file(name, file.settings.max_file_size)
    text = _text(content, file.settings.max_file_size)
    return honour_comments(replace(result, source=text if isinstance(text, str) else ""), file.settings)


Task = tuple[bytes, Settings, Wanted]
"""A content, its settings, and what is wanted of it."""


def facts_of(task: Task) -> FileFacts:
    """The facts of one content: pure and picklable, so that any executor can run it."""
    content, settings, wanted = task
    text = _text(content, settings.max_file_size)
    if isinstance(text, NotAnalysed):
        return FileFacts(not_analysed=(text,))
    with garbage_kept():
        return _facts(text, None, settings, wanted)


def _dead(task: Task) -> FileFacts:
    return FileFacts(not_analysed=(NotAnalysed("it ended the process that analysed it, twice", passing=True),))


def examine(
    content: str | bytes | NotAnalysed, filename: str, settings: Settings, tree: ast.Module | None = None,
    wanted: Wanted = Wanted(),
) -> FileResult:  # fmt: skip
    """Facts and findings of one content, those silenced by comments included."""
    text = _text(content, settings.max_file_size)
    if isinstance(text, NotAnalysed):
        return _judged("", FileFacts(not_analysed=(text,)), filename, settings)
    with garbage_kept():
        return _judged(text, _facts(text, tree, settings, wanted), filename, settings)


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


def honour_comments(result: FileResult, settings: Settings, noqa: bool = True) -> FileResult:
    """The result without the findings that a comment of the source silences; `noqa`: those of flake8's form count too.

    With RTY901 selected, comments that silence nothing become findings, unless a part of the file is not known.
    """
    seeks = seeks_unused(settings) and not result.facts.not_analysed
    if not result.findings and not seeks:
        return result
    from retrylint.silence import silenced

    checked = checked_in(result.filename, settings) if seeks else ()
    told = silenced(result.findings, result.source, result.filename, noqa, checked)
    unused = set(told.findings) - set(result.findings)
    counted = (*result.findings, *(each for each in told.findings if each in unused))
    return replace(result, findings=told.findings, notes=told.notes, counted=counted)


def seeks_unused(settings: Settings) -> bool:
    """May RTY901 be selected, so that the comments of every file are to be read?"""
    return _names_unused(settings.select) or _names_unused(settings.extend_select)


@lru_cache(maxsize=16)
def _names_unused(words: tuple[str, ...]) -> bool:
    return any(word == "ALL" or "RTY901".startswith(word) for word in words)


def _found(paths: Iterable[str | Path], settings_for: SettingsFor, cache: Cache | None) -> Iterator[Found]:
    return discover(
        [os.fspath(path) for path in paths], lambda home: _filter(settings_for(home)), SETTINGS_FILES.keys(), cache
    )


def is_left_out(filename: str, settings: Settings) -> bool:
    """Is a file that is named, or whose name standard input has, to be left out all the same (`force-exclude`)?"""
    return settings.force_exclude and leaves_out(os.path.abspath(filename), _filter(settings))


def _filter(settings: Settings) -> Filter:
    return Filter(settings.exclude + settings.extend_exclude, settings.respect_gitignore, settings.force_exclude)


def _facts(
    source: str,
    tree: ast.Module | None,
    settings: Settings,
    wanted: Wanted,
    screened: Screened | None = None,
    joining_of: Callable[[], Joining] | None = None,
) -> FileFacts:
    from retrylint.budget import OutOfTimeError, within

    limited: Limited = partial(within, settings.max_file_time)
    try:
        joining = joining_of() if joining_of is not None else None
        if len(source) > LARGE:
            return limited(
                lambda: _read_closely(source, tree, settings, wanted, screened, joining, lambda work: work())
            )
        return _read_closely(source, tree, settings, wanted, screened, joining, limited)
    except OutOfTimeError:
        return FileFacts(not_analysed=(_too_slow(settings),))
    except Exception as error:  # one file's surprise must not cost the others
        return FileFacts(not_analysed=(internal_error(error),))


def _read_closely(
    source: str,
    tree: ast.Module | None,
    settings: Settings,
    wanted: Wanted,
    screened: Screened | None,
    joining: Joining | None,
    limited: Limited,
) -> FileFacts:
    """The facts of a text; what takes time is done by `limited`."""
    from retrylint import screen

    raw = source.encode("utf-8", "surrogatepass")
    seen = screened or screen.screened(raw, wanted.left_out)
    own = tuple(each for each in settings.helpers if any(name.rpartition(".")[2] in source for name in each.names))
    if own or (joining is not None and joining.names):
        seen = replace(seen if seen.code else screen.screened(raw), library=True)
    if not seen.may_retry:
        refused = _why_unreadable(source) if seen.broken and not tree else None
        return FileFacts(not_analysed=(refused,) if refused else ())
    from retrylint.analysis import analyse  # its modules cost more to import than most files to screen

    return limited(lambda: analyse(source, tree, wanted.trace, seen, own, joining, wanted.left_out))


def _why_unreadable(source: str) -> NotAnalysed | None:
    """Why no Python that is known reads this source, if none does."""
    from retrylint.parsing import parse  # most files need no parser

    parsed = parse(source)
    return parsed if isinstance(parsed, NotAnalysed) else None


def _judged(source: str, facts: FileFacts, filename: str, settings: Settings) -> FileResult:
    if not (facts.sites or facts.traps or facts.not_analysed):
        return FileResult(filename, source, facts, ())
    from retrylint.checks.limits import Limits
    from retrylint.checks.rules import check_facts

    rules = _rules(settings.select, settings.extend_select, settings.ignore)
    limits = Limits(settings.max_blocking, settings.max_attempts, settings.max_wait, settings.max_amplification)
    try:
        findings = check_facts(facts, rules, filename, limits)
    except Exception as error:
        facts = FileFacts(not_analysed=(*facts.not_analysed, internal_error(error)))
        findings = check_facts(facts, rules, filename, limits)
    left_out = settings.ignored_in(filename)
    return FileResult(filename, source, facts, tuple(each for each in findings if not _named(each.code, left_out)))


def checked_in(filename: str, settings: Settings) -> frozenset[str]:
    """The codes of the rules that are checked in a file."""
    left_out = settings.ignored_in(filename)
    rules = _rules(settings.select, settings.extend_select, settings.ignore)
    return frozenset(rule.code for rule in rules if not _named(rule.code, left_out))


def _named(code: str, words: Sequence[str]) -> bool:
    return any(word == "ALL" or code.startswith(word) for word in words)


@lru_cache(maxsize=16)
def _rules(select: tuple[str, ...], extend_select: tuple[str, ...], ignore: tuple[str, ...]) -> tuple[Rule, ...]:
    from retrylint.checks.rules import select_rules

    return select_rules(select, extend_select, ignore)


def internal_error(error: Exception) -> NotAnalysed:
    """A mistake of retrylint's own, as the reason why a file could not be analysed."""
    if isinstance(error, (RecursionError, MemoryError)):
        return NotAnalysed("nested too deeply to be analysed", passing=True)
    said = " ".join(str(error).split())
    return NotAnalysed(f"internal error: {type(error).__name__}: {said}; please report it", passing=True)
