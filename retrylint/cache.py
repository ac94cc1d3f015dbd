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
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple
from zlib import adler32, crc32

from retrylint.model import FileFacts
from retrylint.sources.listing import FolderStamp

FOLDER = ".retrylint_cache"
Kind = Literal["facts", "project"]
_FORMAT = 4
_SETTLED = 2_000_000_000  # nanoseconds: a file that has just changed may change again without a new time
_KEPT = 4  # stores of other states of the tool
_NOTHING = FileFacts()
_BETWEEN = "/"  # no name holds it
_APART = "\t"  # no JSON that is written here holds it


Stamp = tuple[int, int]
"""By which a file is known: its size in bytes, and when it was changed, in nanoseconds."""


class _Entry(NamedTuple):
    """What is known of a file. `variant` tells the settings that its facts depend on.

    `facts` and `left_out` are JSON, "" where there are none: most runs ask only for the first, and then the second is
    not known (None).
    """

    size: int
    changed: int
    variant: str
    content: str
    facts: str = ""
    left_out: str | None = None

    @classmethod
    def of(cls, row: str) -> _Entry:
        """Raises `ValueError` for a row that none was written as."""
        head, *told = row.split(_APART)
        size, changed, variant, content = head.split(" ")
        return cls(int(size), int(changed), variant, content, *told[:2])

    def row(self) -> str:
        """The entry in one text, which begins with what it holds for: size, time, variant."""
        told = (self.facts,) if self.left_out is None else (self.facts, self.left_out)
        row = _APART.join((f"{self.size} {self.changed} {self.variant} {self.content}", *told))
        return row.removesuffix(_APART) if self.left_out is None else row


def _beginning_of_folder(stamp: FolderStamp) -> str:
    return f"{stamp[0]} {stamp[1]} {stamp[2]} "


Rows = dict[str, str]
"""What is known of files or folders, by their paths: a text each, which is read much faster than what is in it."""


@dataclass(slots=True)
class Cache:
    """The store of one folder, read when it is made and written by `save`.

    Without `with_left_out`, what only looks like a retry is not among the facts that it gives, nor those that it is
    given to keep. `kind`: facts of files
    by themselves, or those of a whole project, which depend on each other. `notes` tells what went wrong with it;
    nothing of that changes a finding.
    """

    folder: str | os.PathLike[str]
    with_left_out: bool = True
    kind: Kind = "facts"
    notes: list[str] = field(default_factory=list)
    _entries: Rows = field(default_factory=dict)
    _folders: Rows = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _is_changed: bool = False
    _state: str = ""

    @classmethod
    def read(cls, folder: str | os.PathLike[str], with_left_out: bool = True, kind: Kind = "facts") -> Cache:
        """The store of a folder; an empty one where there is none, or none that can be used."""
        cache = cls(folder, with_left_out, kind, _state=state_of_tool())
        try:
            with open(cache._file, "rb") as stream:
                text = stream.read()
        except FileNotFoundError:
            return cache
        except OSError as error:
            cache.notes.append(f"the cache {cache._file} cannot be read: {error.strerror}")
            return cache
        try:
            cache._entries, cache._folders = _stored(text)
        except ValueError:
            cache.notes.append(f"the cache {cache._file} is damaged and was made anew")
        return cache

    @property
    def _file(self) -> str:
        return os.path.join(self.folder, f"{self.kind}-{self._state}.txt")

    def unchanged(self, path: str, stamp: Stamp, variant: str) -> FileFacts | None:
        """The facts of a file that has kept its size and time."""
        row = self._entries.get(path)
        self._used.add(path)
        if row is None or not row.startswith(f"{stamp[0]} {stamp[1]} {variant} "):
            return None
        if _APART not in row and not self.with_left_out:
            return _NOTHING  # most files
        return self._known(path, row)

    def same_content(self, path: str, stamp: Stamp, variant: str, content: bytes) -> FileFacts | None:
        """The facts of a file whose content is the one that was known, whatever its time says."""
        row = self._entries.get(path)
        entry = _Entry.of(row) if row is not None and row.startswith(f"{stamp[0]} ") else None
        if entry is None or entry.variant != variant or entry.content != _digest(content):
            return None
        self._entries[path] = row = entry._replace(changed=_trusted(stamp)).row()
        self._is_changed = True
        return self._known(path, row)

    def _known(self, path: str, row: str) -> FileFacts | None:
        try:
            return _told(_Entry.of(row), self.with_left_out)
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
        entry = _Entry(stamp[0], _trusted(stamp), variant, _digest(content), written, left_out)
        self._entries[path] = entry.row()

    def entries(self, folder: str, stamp: FolderStamp) -> tuple[str, ...] | None:
        """What stands in a folder that has kept its times (`listing.Memory`)."""
        self._used.add(folder)
        row, beginning = self._folders.get(folder), _beginning_of_folder(stamp)
        if row is None or not row.startswith(beginning):
            return None
        text = row.removeprefix(beginning)
        return tuple(text.split(_BETWEEN)) if text else ()

    def keep_entries(self, folder: str, stamp: FolderStamp, entries: tuple[str, ...]) -> None:
        """Remember what stands in a folder, unless that has just changed."""
        if _is_settled(max(stamp[:2])):
            self._is_changed = True
            self._folders[folder] = _beginning_of_folder(stamp) + _BETWEEN.join(entries)

    def save(self) -> None:
        """Write the store, if there is anything new; entries of what is gone are left out."""
        if not self._is_changed:
            return
        self._is_changed = False
        files, folders = self._still_there(self._entries), self._still_there(self._folders)
        try:
            _prepare(self.folder)
            replace_file(self._file, _text(files, folders))
            _forget_others(self.folder, self.kind)
        except OSError as error:
            self.notes.append(f"the cache {self.folder} cannot be written: {error.strerror or error}")

    def _still_there(self, known: Rows) -> Rows:
        """What is still there and can be written: a name may have anything in it, but not as a line."""
        return {
            path: row
            for path, row in known.items()
            if (path in self._used or os.path.exists(path)) and "\n" not in path and "\n" not in row
        }


def _prepare(folder: str | os.PathLike[str]) -> None:
    """Make the folder, which git is to leave alone."""
    os.makedirs(folder, exist_ok=True)
    with (
        contextlib.suppress(FileExistsError),
        open(os.path.join(folder, ".gitignore"), "x", encoding="utf-8") as stream,
    ):
        stream.write("# Made by retrylint.\n*\n")


def _forget_others(folder: str | os.PathLike[str], kind: Kind) -> None:
    """Leave the stores of a few other states of the tool, so that two versions can take turns."""
    with os.scandir(folder) as scan:
        stores = [(each.stat().st_mtime, each.path) for each in scan if each.name.startswith(f"{kind}-")]
    for _, path in sorted(stores, reverse=True)[_KEPT:]:
        with contextlib.suppress(OSError):
            os.unlink(path)


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file as a whole: whoever reads it sees the old content or the new one. Raises `OSError`."""
    passing = f"{os.fspath(path)}.{os.getpid()}"
    try:
        with open(passing, "wb") as stream:
            stream.write(content)
        os.replace(passing, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(passing)


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a regular file; None for anything else."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None


def variant_of(*settings: object) -> str:
    """A short text for the settings that facts depend on."""
    return _digest(repr(settings).encode(errors="surrogatepass")) if any(settings) else ""


def state_of_tool() -> str:
    """A digest of the sources and the data of this package, and of the Python that runs it.

    Two sums tell states of one tool apart, and need no OpenSSL, which `hashlib` loads (4 ms).
    """
    state = f"{_FORMAT} {sys.version}".encode()
    sums = crc32(state), adler32(state)
    folders = [os.path.dirname(os.path.abspath(__file__))]
    while folders:
        with os.scandir(folders.pop()) as scan:
            for entry in sorted(scan, key=lambda each: each.name):
                if entry.is_dir() and entry.name not in ("__pycache__", "rules"):
                    folders.append(entry.path)
                elif entry.name.endswith((".py", ".toml")):
                    with open(entry.path, "rb", buffering=0) as stream:
                        content = stream.read()
                    sums = crc32(content, sums[0]), adler32(content, sums[1])
    return "".join(f"{each:08x}" for each in sums)


def _told(entry: _Entry, with_left_out: bool) -> FileFacts | None:
    """The facts of an entry, if all that is asked for is known. Raises `ValueError` where they are not what was
    written.
    """
    if entry.left_out is None and with_left_out:
        return None
    found = _decoded(entry.facts) if entry.facts else _NOTHING
    others = _decoded(entry.left_out) if entry.left_out and with_left_out else ()
    if not isinstance(found, FileFacts) or not isinstance(others, tuple):
        raise ValueError("no facts")
    return replace(found, left_out=others) if others else found


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
    changed = stamp[1]
    return changed if _is_settled(changed) else -1


def _is_settled(changed: int) -> bool:
    return time.time_ns() - changed > _SETTLED


def _digest(content: bytes) -> str:
    from hashlib import blake2b

    return blake2b(content, digest_size=16).hexdigest()


def _text(files: Rows, folders: Rows) -> bytes:
    """A line with a sum of the others: how many files there are, then a line for a path and one for its row."""
    lines = [str(len(files)), *(line for rows in (files, folders) for each in rows.items() for line in each)]
    body = "\n".join(lines).encode(errors="surrogatepass")
    return b"%08x\n" % crc32(body) + body


def _stored(text: bytes) -> tuple[Rows, Rows]:
    """What `_text` was given. Raises `ValueError` for anything else."""
    head, _, body = text.partition(b"\n")
    if head != b"%08x" % crc32(body):
        raise ValueError("damaged")
    count, *lines = body.decode(errors="surrogatepass").split("\n")
    rows = list(zip(lines[::2], lines[1::2], strict=True))
    return dict(rows[: int(count)]), dict(rows[int(count) :])
