"""What is known of files from earlier runs: one file in a folder of its own, replaced as a whole.

An entry holds if the file's size and time are those of the entry, or, where only they differ, its content is. The
store is for one state of the tool and of Python: its name is a digest of both. Facts are kept, not findings, so that
another selection reads nothing anew. What stands in a folder is kept too, and holds as long as the folder has its
times. Two runs at once are harmless: each replaces the file, and an entry that one of them lost is found anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from retrylint.model import FileFacts
from retrylint.sources.listing import FolderStamp

FOLDER = ".retrylint_cache"
Kind = Literal["facts", "project"]
_FORMAT = 2
_SETTLED = 2_000_000_000  # nanoseconds: a file that has just changed may change again without a new time
_KEPT = 4  # stores of other states of the tool
_NOTHING = FileFacts()
_BETWEEN = "/"  # no name holds it


class Stamp(NamedTuple):
    """By which a file is known: its size in bytes, and when it was changed, in nanoseconds."""

    size: int
    changed: int


class Entry(NamedTuple):
    """What is known of a file. `variant` tells the settings that its facts depend on.

    `facts` and `left_out` are JSON, "" where there are none: most runs ask only for the first, and then the second is
    not known (None).
    """

    size: int
    changed: int
    content: str
    variant: str
    facts: str
    left_out: str | None

    def known(self, with_left_out: bool) -> FileFacts | None:
        """The facts, if all that is asked for is known. Raises `ValueError` where they are not what was written."""
        if self.left_out is None and with_left_out:
            return None
        if not self.facts and not (self.left_out and with_left_out):
            return _NOTHING  # most files
        facts = _decoded(self.facts) if self.facts else _NOTHING
        left_out = _decoded(self.left_out) if self.left_out and with_left_out else ()
        if not isinstance(facts, FileFacts) or not isinstance(left_out, tuple):
            raise ValueError("no facts")
        return replace(facts, left_out=left_out) if left_out else facts


class _Folder(NamedTuple):
    """What stands in a folder: its stamp, and its entries in one text, which is read faster than many."""

    changed: int
    altered: int
    inode: int
    text: str

    def entries(self) -> tuple[str, ...]:
        return tuple(self.text.split(_BETWEEN)) if self.text else ()


Row = TypeVar("Row", Entry, _Folder)


@dataclass(slots=True)
class Cache:
    """The store of one folder, read when it is made and written by `save`.

    Without `with_left_out`, what only looks like a retry is not among the facts that it gives, nor those that it is
    given to keep. `kind`: facts of files
    by themselves, or those of a whole project, which depend on each other. `notes` tells what went wrong with it;
    nothing of that changes a finding.
    """

    folder: Path
    with_left_out: bool = True
    kind: Kind = "facts"
    notes: list[str] = field(default_factory=list)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _folders: dict[str, _Folder] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _is_changed: bool = False
    _state: str = ""

    @classmethod
    def read(cls, folder: Path, with_left_out: bool = True, kind: Kind = "facts") -> Cache:
        """The store of a folder; an empty one where there is none, or none that can be used."""
        cache = cls(folder, with_left_out, kind, _state=state_of_tool())
        try:
            text = cache._file.read_bytes()
        except FileNotFoundError:
            return cache
        except OSError as error:
            cache.notes.append(f"the cache {cache._file} cannot be read: {error.strerror}")
            return cache
        try:
            cache._entries, cache._folders = _stored(text)
        except (ValueError, TypeError, RecursionError):
            cache.notes.append(f"the cache {cache._file} is damaged and was made anew")
        return cache

    @property
    def _file(self) -> Path:
        return self.folder / f"{self.kind}-{self._state}.json"

    def unchanged(self, path: str, stamp: Stamp, variant: str) -> FileFacts | None:
        """The facts of a file that has kept its size and time."""
        entry = self._entries.get(path)
        self._used.add(path)
        if entry is None or entry[:2] != stamp or entry.variant != variant:
            return None
        return self._known(path, entry)

    def same_content(self, path: str, stamp: Stamp, variant: str, content: bytes) -> FileFacts | None:
        """The facts of a file whose content is the one that was known, whatever its time says."""
        entry = self._entries.get(path)
        if entry is None or entry.size != stamp.size or entry.variant != variant or entry.content != _digest(content):
            return None
        self._entries[path] = entry._replace(changed=_trusted(stamp))
        self._is_changed = True
        return self._known(path, entry)

    def _known(self, path: str, entry: Entry) -> FileFacts | None:
        try:
            return entry.known(self.with_left_out)
        except ValueError:
            del self._entries[path]
            return None

    def keep(self, path: str, stamp: Stamp, variant: str, content: bytes, facts: FileFacts) -> None:
        """Remember what was found in a content. What may be otherwise in the next run is not kept."""
        self._is_changed = True
        if any(each.passing for each in facts.not_analysed):
            self._entries.pop(path, None)
            return
        told = replace(facts, left_out=())
        written = _encoded(told) if told != _NOTHING else ""
        left_out = (_encoded(facts.left_out) if facts.left_out else "") if self.with_left_out else None
        self._entries[path] = Entry(stamp.size, _trusted(stamp), _digest(content), variant, written, left_out)

    def entries(self, folder: str, stamp: FolderStamp) -> tuple[str, ...] | None:
        """What stands in a folder that has kept its times (`listing.Memory`)."""
        self._used.add(folder)
        known = self._folders.get(folder)
        return known.entries() if known is not None and known[:3] == stamp else None

    def keep_entries(self, folder: str, stamp: FolderStamp, entries: tuple[str, ...]) -> None:
        """Remember what stands in a folder, unless that has just changed."""
        if _is_settled(max(stamp.changed, stamp.altered)):
            self._is_changed = True
            self._folders[folder] = _Folder(*stamp, _BETWEEN.join(entries))

    def save(self) -> None:
        """Write the store, if there is anything new; entries of what is gone are left out."""
        if not self._is_changed:
            return
        self._is_changed = False
        files, folders = self._still_there(self._entries), self._still_there(self._folders)
        try:
            self._prepare()
            replace_file(self._file, _text(files, folders))
            self._forget_others()
        except OSError as error:
            self.notes.append(f"the cache {self.folder} cannot be written: {error.strerror or error}")

    def _still_there(self, known: Mapping[str, Row]) -> dict[str, Row]:
        return {path: each for path, each in known.items() if path in self._used or os.path.exists(path)}

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("# Made by retrylint.\n*\n", encoding="utf-8")

    def _forget_others(self) -> None:
        """Leave the stores of a few other states of the tool, so that two versions can take turns."""
        others = sorted(self.folder.glob(f"{self.kind}-*"), key=lambda each: each.stat().st_mtime, reverse=True)
        for path in others[_KEPT:]:
            with contextlib.suppress(OSError):
                path.unlink()


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole: whoever reads it sees the old content or the new one. Raises `OSError`."""
    passing = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        passing.write_bytes(content)
        os.replace(passing, path)
    finally:
        with contextlib.suppress(OSError):
            passing.unlink()


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a regular file; None for anything else."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return Stamp(found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def variant_of(*settings: object) -> str:
    """A short text for the settings that facts depend on."""
    return _digest(repr(settings).encode(errors="surrogatepass")) if any(settings) else ""


def state_of_tool() -> str:
    """A digest of the sources and the data of this package, and of the Python that runs it."""
    from hashlib import blake2b

    digest = blake2b(f"{_FORMAT} {sys.version}".encode(), digest_size=8)
    folders = [os.path.dirname(os.path.abspath(__file__))]
    while folders:
        with os.scandir(folders.pop()) as scan:
            for entry in sorted(scan, key=lambda each: each.name):
                if entry.is_dir() and entry.name not in ("__pycache__", "rules"):
                    folders.append(entry.path)
                elif entry.name.endswith((".py", ".toml")):
                    with open(entry.path, "rb") as stream:
                        digest.update(stream.read())
    return digest.hexdigest()


def _encoded(value: object) -> str:
    from retrylint.codec import encoded  # where nothing is told, it is not needed

    return json.dumps(encoded(value), separators=(",", ":"))


def _decoded(text: str) -> Any:
    from retrylint.codec import decoded

    try:
        return decoded(json.loads(text))
    except (IndexError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def _trusted(stamp: Stamp) -> int:
    """The time to remember: none that a second change in the same moment would keep."""
    return stamp.changed if _is_settled(stamp.changed) else -1


def _is_settled(changed: int) -> bool:
    return time.time_ns() - changed > _SETTLED


def _digest(content: bytes) -> str:
    from hashlib import blake2b

    return blake2b(content, digest_size=16).hexdigest()


def _text(files: Mapping[str, Entry], folders: Mapping[str, _Folder]) -> bytes:
    """A first line with a digest of the second."""
    body = json.dumps([files, folders], separators=(",", ":")).encode()
    return f"{_digest(body)}\n".encode() + body


def _stored(text: bytes) -> tuple[dict[str, Entry], dict[str, _Folder]]:
    """What `_text` was given. Raises `ValueError` or `TypeError` for anything else."""
    head, _, body = text.partition(b"\n")
    if head.decode(errors="replace") != _digest(body):
        raise ValueError("damaged")
    files, folders = json.loads(body)
    return (
        {path: Entry._make(row) for path, row in files.items()},
        {path: _Folder._make(row) for path, row in folders.items()},
    )
