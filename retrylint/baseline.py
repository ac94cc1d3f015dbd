"""Findings that are known and accepted for now: a file that lists them, so that a run tells only what is new.

An entry is known by its fingerprint, which unrelated edits leave as it is. Paths are those from the folder of the
baseline, with slashes, so that neither the current folder nor the machine matters. The entries stand one a line and
sorted, so that two branches seldom change the same lines. What could not be analysed (RTY900) is never accepted: it
would hide all that is in the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from retrylint.checks.rules import NOT_ANALYSED
from retrylint.engine import FileResult
from retrylint.errors import UserError

VERSION = 1
_KEYS = ("path", "code", "fingerprint", "message")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """An accepted finding. `message` is for those who read the file, and decides nothing."""

    path: str
    code: str
    fingerprint: str
    message: str = field(compare=False)


@dataclass(slots=True)
class Baseline:
    """The entries of a baseline, and what a run has seen of them.

    `checked_in` gives the codes of the rules that are checked in a file: of others a run cannot tell.
    """

    path: Path
    known: Mapping[str, Entry]
    checked_in: Callable[[str], Collection[str]]
    _seen: dict[str, Entry] = field(default_factory=dict)
    _checked: dict[str, Collection[str]] = field(default_factory=dict)

    def without_known(self, results: Iterable[FileResult]) -> Iterator[FileResult]:
        """The results without the findings that the baseline lists."""
        for result in results:
            told = list(zip(result.findings, self._entries(result), strict=True))
            self._seen.update((entry.fingerprint, entry) for _, entry in told if entry is not None)
            if not result.facts.not_analysed:  # else what is not found may be there all the same
                self._checked[self._path_of(result.filename)] = self.checked_in(result.filename)
            new = (each for each, entry in told if entry is None or entry.fingerprint not in self.known)
            yield replace(result, findings=tuple(new), counted=result.counted or result.findings)

    @property
    def stale(self) -> tuple[Entry, ...]:
        """The entries that nothing stands for any more: not found, or their file is gone."""
        return tuple(sorted(entry for entry in self.known.values() if self._is_stale(entry)))

    @property
    def pruned(self) -> tuple[Entry, ...]:
        """The entries that are not stale."""
        return tuple(sorted(set(self.known.values()) - set(self.stale)))

    @property
    def updated(self) -> tuple[Entry, ...]:
        """The entries that are not stale, and all that was found."""
        return tuple(sorted({**{entry.fingerprint: entry for entry in self.pruned}, **self._seen}.values()))

    def write(self, entries: Iterable[Entry]) -> None:
        """Write the file anew, whole or not at all; raises `OSError`."""
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            beside.write_text(_text(entries), encoding="utf-8", newline="\n")
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)

    def _is_stale(self, entry: Entry) -> bool:
        if entry.fingerprint in self._seen:
            return False
        if entry.path in self._checked:
            return entry.code in self._checked[entry.path]
        return not os.path.lexists(self.path.parent / entry.path)

    def _entries(self, result: FileResult) -> Iterator[Entry | None]:
        """What stands for each finding; None for what cannot be accepted."""
        path = self._path_of(result.filename)
        for finding, known_by in zip(result.findings, result.fingerprints(path), strict=True):
            accepted = finding.code != NOT_ANALYSED.code
            yield Entry(path, finding.code, known_by, finding.message) if accepted else None

    def _path_of(self, filename: str) -> str:
        absolute, folder = os.path.abspath(filename), os.path.abspath(self.path.parent)
        same_drive = os.path.splitdrive(absolute)[0] == os.path.splitdrive(folder)[0]
        return Path(os.path.relpath(absolute, folder) if same_drive else absolute).as_posix()


def read(path: Path) -> dict[str, Entry]:
    """The entries of a baseline by their fingerprints; raises `UserError` where it cannot be read."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such baseline; --update-baseline writes it") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no baseline: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise UserError(f"{path}: is no baseline: it has no list of findings")
    if document.get("version") != VERSION:
        raise UserError(f"{path}: is a baseline of version {document.get('version')!r}; this retrylint reads {VERSION}")
    entries = [_entry(each, path) for each in document["findings"]]
    return {entry.fingerprint: entry for entry in entries}


def _entry(row: Any, path: Path) -> Entry:
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) for key in _KEYS):
        raise UserError(f"{path}: is no baseline: a finding has {', '.join(_KEYS)}, not {json.dumps(row)[:80]}")
    return Entry(*(row[key] for key in _KEYS))


def _text(entries: Iterable[Entry]) -> str:
    rows = (json.dumps({key: getattr(entry, key) for key in _KEYS}) for entry in entries)
    listed = ",\n".join(f"    {row}" for row in rows)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{listed}\n  ]\n}}\n'.replace("[\n\n  ]", "[]")
