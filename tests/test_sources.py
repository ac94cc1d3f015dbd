"""Files in: what a walk takes, what `.gitignore` means, how bytes become text, what a comment silences."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tokenize
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrylint.config import DEFAULT_EXCLUDE
from retrylint.errors import MissingPathError
from retrylint.model import Finding, NotAnalysed, Span
from retrylint.sources.decode import decode, normalise, read_file
from retrylint.sources.discover import Filter, discover
from retrylint.sources.gitignore import IgnoreFile, is_ignored, parse_line
from retrylint.sources.ignore import without_silenced
from retrylint.sources.listing import FolderStamp

USUAL = Filter(DEFAULT_EXCLUDE)
TICK = 0.01  # seconds in which a kernel moves the time that it gives to folders; the cache waits far longer
PLACES = ("a", "b.py", "a/c", "a/d.py", "a/c/e.py", "a/c/f", "a/c/f/g.pyi", "venv", "venv/h.py")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def grow(folder: Path, *names: str) -> None:
    """Make empty files, and their folders."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def taken(*paths: str, rules: Filter = USUAL) -> list[str]:
    return [found.path for found in discover(paths, lambda *_: rules)]


def test_a_walk_is_sorted_and_takes_python_alone(folder: Path) -> None:
    grow(folder, "b.py", "a/z.py", "a/b.pyi", "a.txt", "c.pyc", "d.PY", "a.py", ".hidden/x.py", "e.py/f.py")
    assert taken(".") == [".hidden/x.py", "a/b.pyi", "a/z.py", "a.py", "b.py", "e.py/f.py"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (".", "a/b.py"),
        ("a", "a/b.py"),
        ("./a", "a/b.py"),
        ("a/", "a/b.py"),
        ("./a/b.py", "a/b.py"),
        ("a/../a", "a/b.py"),
    ],
)
def test_paths_are_reported_as_given(path: str, shown: str, folder: Path) -> None:
    grow(folder, "a/b.py")
    assert taken(path) == [shown]


def test_paths_elsewhere_are_reported_as_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(folder, "a/b.py", "c/d.py")
    monkeypatch.chdir(folder / "c")
    assert taken("../a") == ["../a/b.py"]
    assert taken(str(folder / "a")) == [str(folder / "a/b.py")]


def test_a_file_is_taken_once(folder: Path) -> None:
    grow(folder, "a.py", "b.py")
    assert taken("b.py", ".", str(folder)) == ["b.py", "a.py"]


def test_a_named_file_is_always_taken(folder: Path) -> None:
    grow(folder, "venv/a.py", "script", "x.py")
    (folder / ".gitignore").write_text("*\n")
    assert taken(".") == []
    assert taken("venv/a.py", "script") == ["venv/a.py", "script"]
    assert taken("venv") == ["venv/a.py"]


def test_a_missing_path(folder: Path) -> None:
    with pytest.raises(MissingPathError, match=r"^nowhere: no such file or folder$"):
        taken("nowhere")


def test_build_and_dist_are_left_out_at_the_top_alone(folder: Path) -> None:
    grow(folder, "build/a.py", "dist/a.py", "pkg/build/a.py", "pkg/dist/a.py", "pkg/node_modules/a.py", "venv/a.py")
    assert taken(".") == ["pkg/build/a.py", "pkg/dist/a.py"]
    assert taken("pkg") == []
    assert taken("pkg/build") == ["pkg/build/a.py"]


def test_exclusions_by_name_and_by_path(folder: Path) -> None:
    grow(folder, "a/gen.py", "b/gen.py", "b/c/d.py", "b/keep.py", "model_pb2.py")
    assert taken(".", rules=Filter(("gen.py", "*_pb2.py"))) == ["b/c/d.py", "b/keep.py"]
    assert taken(".", rules=Filter((f"{folder}/b/c", f"{folder}/a/*.py"))) == ["b/gen.py", "b/keep.py", "model_pb2.py"]


def test_links(folder: Path) -> None:
    grow(folder, "a/b.py")
    os.symlink("../a", folder / "a/loop")
    os.symlink("b.py", folder / "a/link.py")
    os.symlink("nowhere", folder / "a/dangling.py")
    os.symlink(".", folder / "a/folder.py")
    assert taken(".") == ["a/b.py", "a/dangling.py", "a/link.py"]
    missed = read_file("a/dangling.py", 100)
    assert isinstance(missed, NotAnalysed)
    assert missed.reason == "cannot be read: No such file or directory"


def test_what_is_no_regular_file_is_not_opened(folder: Path) -> None:
    os.mkfifo("pipe.py")
    assert taken(".") == ["pipe.py"]
    for path in ("pipe.py", "/dev/zero", "."):
        assert read_file(path, 100) == NotAnalysed("not a regular file")


def test_a_folder_that_cannot_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(folder, "a/b.py", "c.py")

    def scandir(path: str) -> object:
        if path.endswith("/a"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    first, second = discover(["."], lambda *_: USUAL)
    assert first.path == "a"
    assert first.problem == NotAnalysed("the folder cannot be read: Permission denied")
    assert second.path == "c.py"


def test_folders_deeper_than_the_stack(folder: Path) -> None:
    depth = sys.getrecursionlimit() + 100
    steps = ["/".join(["d"] * count) for count in range(1, depth + 1)]
    for step in steps:
        os.mkdir(step)
    grow(folder, f"{steps[-1]}/a.py")
    assert taken(".") == [f"{steps[-1]}/a.py"]
    os.unlink(f"{steps[-1]}/a.py")
    for step in reversed(steps):  # here, because pytest's own clean-up recurses
        os.rmdir(step)


def test_the_filter_of_each_folder_holds(folder: Path) -> None:
    grow(folder, "a/deep/x.py", "a/settings", "b/x.py", "b/c/settings", "b/c/x.py")
    strict = Filter(("x.py",))
    found = discover([".", "b/x.py"], lambda path: strict if path.endswith("/a") else USUAL, {"settings"})
    assert [(file.path, file.home) for file in found] == [("b/c/x.py", f"{folder}/b/c"), ("b/x.py", str(folder))]


class Remembering:
    """What a walk has seen, and what it has asked for."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[FolderStamp, tuple[str, ...]]] = {}
        self.read: list[str] = []

    def entries(self, folder: str, stamp: FolderStamp) -> tuple[str, ...] | None:
        known = self.known.get(folder)
        return known[1] if known is not None and known[0] == stamp else None

    def keep_entries(self, folder: str, stamp: FolderStamp, entries: tuple[str, ...]) -> None:
        self.read.append(os.path.relpath(folder))
        self.known[folder] = stamp, entries


def test_what_is_remembered_of_a_folder_is_not_read_again(folder: Path) -> None:
    grow(folder, "a/b/c.py", "a/b/d.txt", "e/f.pyi", "g/setup", "link.py")
    (folder / ".gitignore").write_text("")
    (folder / "to").symlink_to("a/b/c.py")
    memory = Remembering()

    def walked() -> list[str]:
        memory.read.clear()
        return [found.path for found in discover(["."], lambda home: USUAL, {"setup"}, memory)]

    usual = ["a/b/c.py", "e/f.pyi", "link.py"]
    assert walked() == usual
    assert memory.read == [".", "a", "a/b", "e", "g"]
    assert {name: entries for name, (_, entries) in memory.known.items() if name != str(folder)} == {
        f"{folder}/a": ("db",), f"{folder}/a/b": ("fc.py",), f"{folder}/e": ("ff.pyi",), f"{folder}/g": ("osetup",),
    }  # fmt: skip
    assert walked() == usual
    assert memory.read == []
    os.utime(folder / "a/b/c.py", (1, 1))
    assert walked() == usual
    assert memory.read == []  # what changed is the file


def test_what_comes_goes_or_is_renamed_is_seen(folder: Path) -> None:
    grow(folder, "a/x.py", "b/y.py", "c/z.txt")
    (folder / "link.py").symlink_to("c/z.txt")
    memory = Remembering()

    def walked() -> list[str]:
        memory.read.clear()
        found = [each.path for each in discover(["."], lambda home: USUAL, memory=memory)]
        time.sleep(TICK)
        return found

    assert walked() == ["a/x.py", "b/y.py", "link.py"]
    (folder / "a/new.py").touch()
    assert (walked(), memory.read) == (["a/new.py", "a/x.py", "b/y.py", "link.py"], ["a"])
    (folder / "b/y.py").rename(folder / "b/w.py")
    assert (walked(), memory.read) == (["a/new.py", "a/x.py", "b/w.py", "link.py"], ["b"])
    (folder / "a/x.py").unlink()
    assert (walked(), memory.read) == (["a/new.py", "b/w.py", "link.py"], ["a"])
    (folder / ".gitignore").write_text("new.py\n")
    assert (walked(), memory.read) == (["b/w.py", "link.py"], ["."])
    (folder / ".gitignore").write_text("")  # its folder stays as it is, and it is read all the same
    assert (walked(), memory.read) == (["a/new.py", "b/w.py", "link.py"], [])
    (folder / "c/z.txt").unlink()
    (folder / "c/z.txt").mkdir()
    assert (walked(), memory.read) == (["a/new.py", "b/w.py"], ["c", "c/z.txt"])  # the link leads to a folder now
    shutil.rmtree(folder / "a")
    (folder / "a").mkdir()
    (folder / "a/late.py").touch()
    os.utime(folder / "a", ns=(1, memory.known[f"{folder}/a"][0][0]))
    assert walked() == ["a/late.py", "b/w.py"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("cdmr"), st.sampled_from(PLACES), st.sampled_from(PLACES)), max_size=12))
def test_a_walk_that_remembers_finds_what_any_walk_finds(steps: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        top, memory = Path(name), Remembering()
        for kind, place, other in steps:
            time.sleep(TICK)
            with contextlib.suppress(OSError):
                change(top, kind, place, other)
            fresh = list(discover([name], lambda home: USUAL))
            assert list(discover([name], lambda home: USUAL, memory=memory)) == fresh


def change(top: Path, kind: str, place: str, other: str) -> None:
    """Create a file, make a folder, move one to another place, or remove one."""
    path = top / place
    if kind == "c":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    elif kind == "d":
        path.mkdir(parents=True)
    elif kind == "m":
        path.rename(top / other)
    else:
        shutil.rmtree(path) if path.is_dir() else path.unlink()


# .gitignore: what git itself says is the truth.

GITIGNORE = {
    ".gitignore": "*.log.py\n/anchored.py\ntmp/\n!keep.log.py\ndocs/**/gen.py\n**/cache\nsp\\ ace.py  \n\\#hash.py\n",
    "pkg/.gitignore": "local.py\n!anchored.py\nsub/*\n!sub/mine.py\n[a-c]?.py\n",
    "pkg/deep/.gitignore": "!local.py\nexcluded/\n",
    ".git/info/exclude": "private.py\n",
}
TREE = (
    "a.log.py", "keep.log.py", "anchored.py", "tmp/x.py", "pkg/tmp/x.py", "docs/gen.py", "docs/a/b/gen.py",
    "docs/other.py", "x/cache/y.py", "sp ace.py", "#hash.py", "pkg/local.py", "pkg/anchored.py", "pkg/sub/yours.py",
    "pkg/sub/mine.py", "pkg/b1.py", "pkg/d1.py", "pkg/deep/local.py", "pkg/deep/excluded/x.py", "pkg/deep/b2.py",
    "private.py", "pkg/private.py", "tmp.py", "pkg/tmp.py",
)  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "core.excludesFile=/dev/null", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    grow(folder, *TREE)
    for name, text in GITIGNORE.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_gitignore_is_read_as_git_reads_it(repository: Path) -> None:
    seen = git(repository, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    assert sorted(taken(".")) == sorted(name for name in seen if name.endswith(".py"))


def test_gitignore_of_parents_holds_below(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = [name for name in taken(".") if name.startswith("pkg/")]
    assert taken("pkg") == seen
    monkeypatch.chdir(repository / "pkg/deep")
    assert taken(".") == ["local.py"]


def test_gitignore_can_be_disregarded(repository: Path) -> None:
    assert sorted(taken(".", rules=Filter(DEFAULT_EXCLUDE, respect_gitignore=False))) == sorted(TREE)


def test_gitignore_outside_a_repository(folder: Path) -> None:
    grow(folder, "a.py", "sub/a.py", "sub/b.py")
    (folder / ".gitignore").write_text("a.py\n")
    assert taken(".") == ["sub/b.py"]
    assert taken("sub") == ["sub/a.py", "sub/b.py"]


STARS = ["*", "**", "?", "/", "[ab]", "[!a]", "[^b]", "[a-c]", "[b-a]", "[]a]", "[/]", "[a", "[[:alpha:]]"]
PIECES = st.sampled_from([*STARS, "a", "b", "ab", "\\a", "\\*", "!", "#"])
NAMES = st.lists(st.sampled_from(["a", "b", "ab", "abc", "*", "x", "]"]), min_size=1, max_size=3).map("/".join)


LINES = st.lists(PIECES, min_size=1, max_size=5).map("".join)


# git takes `x**/` now and then as if a slash stood before the stars, whatever lies in its memory there.
@given(
    patterns=st.lists(LINES.filter(lambda line: not re.search(r"[^/]\*\*+/", line)), min_size=1, max_size=3), path=NAMES
)
def test_patterns_agree_with_git(patterns: list[str], path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.getbasetemp() / "patterns"
    if not folder.exists():
        folder.mkdir()
        git(folder, "init", "-q")
    (folder / ".gitignore").write_text("\n".join(patterns) + "\n")
    command = ["git", "-c", "core.excludesFile=/dev/null", "check-ignore", "-q", "--no-index", path]
    by_git = subprocess.run(command, cwd=folder, check=False).returncode == 0
    lines = tuple(parsed for line in reversed(patterns) if (parsed := parse_line(line)))
    files = (IgnoreFile(f"{folder}/", lines),)
    steps = path.split("/")
    below = (is_ignored(files, f"{folder}/{'/'.join(steps[:n])}", n < len(steps)) for n in range(1, len(steps) + 1))
    assert any(below) == by_git


# Bytes to text.


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"x = 1\r\ny = 2\rz\n", "x = 1\ny = 2\nz\n"),
        (codecs.BOM_UTF8 + b"x = 1\n", "x = 1\n"),
        ("é\n".encode(), "é\n"),
        (b"# -*- coding: latin-1 -*-\n'\xe9'\n", "# -*- coding: latin-1 -*-\n'é'\n"),
        (
            b"#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'\x80'\n",
            "#!/bin/sh\n# vim: set fileencoding=cp1252 :\n'€'\n",
        ),
        (b"x = 1\n\n# coding: nonsense\n", "x = 1\n\n# coding: nonsense\n"),
        (b"a\x0cb\x0b\x1c\n", "a\x0cb\x0b\x1c\n"),
    ],
)
def test_bytes_are_read_as_python_reads_them(data: bytes, text: str, tmp_path: Path) -> None:
    assert decode(data) == text
    (tmp_path / "file.py").write_bytes(data)
    with tokenize.open(tmp_path / "file.py") as stream:
        assert stream.read() == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x\n\xff", "encoding: byte 0xff in line 2 is not valid utf-8"),
        (codecs.BOM_UTF8 + b"\n'\xff'", "encoding: byte 0xff in line 2 is not valid utf-8"),
        (b"# coding: ascii\n'\xe9'", "encoding: byte 0xe9 in line 2 is not valid ascii"),
        (b"# coding: klingon\n", "encoding: unknown encoding: klingon"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "encoding: encoding problem: utf-8"),
        (b"a\n\0", "encoding: a NUL character in line 2, which Python refuses"),
        (b"# coding: idna\n\xff", "encoding: "),
        (b"# coding: rot13\n", "encoding: "),
    ],
)
def test_bytes_that_are_no_text(data: bytes, reason: str) -> None:
    missed = decode(data)
    assert isinstance(missed, NotAnalysed)
    assert missed.reason.startswith(reason)


@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda data: b"# coding: utf-7\n" + data))
def test_any_bytes_are_text_or_a_reason(data: bytes) -> None:
    text = decode(data)
    assert isinstance(text, NotAnalysed) or (normalise(text) == text and "\r" not in text)


# Comments that silence: test_flake8.py holds this table against flake8 itself.


def finding(line: int, code: str = "RTY101") -> Finding:
    return Finding(code, "name", "message", "file.py", Span(line, 1, line, 2))


@pytest.mark.parametrize(
    ("source", "line", "code", "silent"),
    [
        ("x  # noqa\n", 1, "RTY101", True),
        ("x  # NoQA: rty101\n", 1, "RTY101", False),
        ("x  # noqa: RTY\n", 1, "RTY101", True),
        ("x  # noqa:RTY105 RTY1\n", 1, "RTY101", True),
        ("x  # noqa: RTY10\n", 1, "RTY201", False),
        ("x = '''\na\n'''  # noqa\n", 1, "RTY101", True),
        ("x = \\\n    1  # noqa\n", 1, "RTY101", True),
        ("f(\n  1,  # noqa\n)\n", 1, "RTY101", False),
        ("'''\n# flake8: noqa\n'''\nx\n", 4, "RTY101", True),
        ("x  # flake8: noqa\n", 1, "RTY101", False),
        ("def broken(:  # noqa\n", 1, "RTY900", True),
        ("def broken(:\n  x  # noqa\n", 1, "RTY900", False),
    ],
)
def test_comments_silence_findings(source: str, line: int, code: str, silent: bool) -> None:
    found = (finding(line, code),)
    assert without_silenced(found, source) == (() if silent else found)


def test_a_finding_beyond_the_source_is_kept() -> None:
    assert without_silenced((finding(7),), "x  # noqa\n") == (finding(7),)
