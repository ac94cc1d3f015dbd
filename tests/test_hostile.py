"""Nothing ends the run: whatever stands in a file costs that file, and all others are still reported.

The table of `docs/reliability.md` is what these tests see; `--write-table` (with `--slow`) writes it anew.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hostile import GOOD, NEWER, Case, elsewhere, growing, in_handler, plain
from hypothesis import given
from hypothesis import strategies as st

from retrylint.engine import lint_source
from retrylint.sources.decode import decode

DOCUMENT = Path(__file__).parent.parent / "docs" / "reliability.md"
ALL = (200, 1_000, 3_000, 10_000, 100_000)
TABLE_OF = (3, 11)  # what Python itself refuses differs from version to version
ENCODINGS = {
    "UTF-8 with a mark": b"\xef\xbb\xbfx = 'caf\xc3\xa9'\n",
    "UTF-8 with a mark and a cookie": b"\xef\xbb\xbf# coding: utf-8\nx = 'caf\xc3\xa9'\n",
    "UTF-8 with a mark and another cookie": b"\xef\xbb\xbf# coding: latin-1\nx = 'caf\xc3\xa9'\n",
    "Latin-1": b"x = 'caf\xe9'\n",
    "Latin-1 with its cookie": b"# coding: latin-1\nx = 'caf\xe9'\n",
    "Latin-1 with the cookie of UTF-8": b"# coding: utf-8\nx = 'caf\xe9'\n",
    "UTF-8 with the cookie of ASCII": b"# coding: ascii\nx = 'caf\xc3\xa9'\n",
    "a cookie in the second line": b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\nx = 'caf\xe9'\n",
    "a cookie in the third line": b"#\n#\n# coding: latin-1\nx = 'caf\xe9'\n",
    "a cookie behind code": b"x = 1\n# coding: latin-1\nx = 'caf\xe9'\n",
    "UTF-16 with a mark": "x = 'caf\xe9'\n".encode("utf-16"),
    "UTF-16 without a mark": "# cafe\n".encode("utf-16-le"),
    "UTF-32": "# cafe\n".encode("utf-32"),
    "the cookie of UTF-16": b"# coding: utf-16\nx = 1\n",
    "UTF-7": b"# coding: utf-7\nx = '+AOk-'\n",
    "a codec of bytes": b"# coding: hex\n6162\n",
    "a codec of texts": b"# coding: rot13\nk = 1\n",
    "an unknown encoding": b"# coding: klingon\nx = 1\n",
    "a codec that refuses": b"# coding: undefined\nx = 1\n",
    "NUL": b"x = 1\0\n",
    "NUL in a cookie": b"# coding: utf\0-8\nx = 1\n",
    "a lone surrogate": b"x = '\xed\xa0\x80'\n",
    "old Mac newlines": b"x = 1\ry = 2\r",
    "a form feed": b"\x0cx = 1\n",
    "end of file as DOS told it": b"x = 1\n\x1a",
    "nothing": b"",
    "no newline": b"x = 1",
    "random": bytes(range(256)),
}
SYNTAX = {"a colon too many": b"def broken(:\n", "open bracket": b"x = (\n" * 200, "tabs": b"if a:\n\tb\n        c\n"}


def run(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command, in a process of its own: it is to end by itself, and to show no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "retrylint", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=1200, check=False, **options,
    )  # fmt: skip
    assert done.returncode in (0, 1, 2, 130), (done.returncode, done.stderr)
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def checked(folder: Path, contents: dict[str, bytes]) -> dict[str, list[dict[str, Any]]]:
    """The findings of each file in a folder of these files and a good one, which is always reported."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "good.py").write_text(GOOD)
    options = ("--isolated", "--output-format", "json", "--max-file-time", "100")
    done = run("check", *options, ".", cwd=folder)
    assert done.returncode == 1
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in contents}
    for finding in json.loads(done.stdout):
        found.setdefault(finding["filename"], []).append(finding)
    assert "internal error" not in done.stdout
    assert [(each["code"], each["location"]["row"]) for each in found.pop("good.py")] == [("RTY101", 5)]
    return found


def outcome(findings: Iterable[dict[str, Any]]) -> str:
    """What became of a file, in the words of the table."""
    for each in findings:
        if each["code"] == "RTY900":
            reason = re.sub(r" \(.*\)$", "", each["message"].removeprefix("not analysed: "))
            return re.sub(r"^[\w ]+ is (?=nested|longer)", "", reason)
    return "analysed"


def check_shapes(folder: Path, cases: list[Case]) -> dict[Case, str]:
    """What became of each shape: analysed, with the findings of its place, or a RTY900 that says why not."""
    cases += plain()
    found = checked(folder, {case.filename: case.content for case in cases})
    codes = {case: sorted({each["code"] for each in found[case.filename]}) for case in cases}
    expected = {case.place: codes[case] for case in plain()}
    outcomes = {case: outcome(found[case.filename]) for case in cases if case.shape != "plain"}
    for case, became in outcomes.items():
        assert became != "analysed" or codes[case] == expected[case.place], case.filename
        assert became == "analysed" or "RTY900" in codes[case]
    return outcomes


def told(outcomes: dict[Case, str]) -> dict[str, dict[int, str]]:
    """The rows of the table: shapes by name, and sizes."""
    rows: dict[str, dict[int, str]] = {}
    for case, became in outcomes.items():
        rows.setdefault(case.shape, {})[case.size] = became
    return rows


def write_table(name: str, outcomes: dict[Case, str]) -> None:
    """Put the outcomes between the marks of this name in the document; sizes with the same outcome stand together."""
    rows = []
    for shape, sizes in told(outcomes).items():
        by_outcome: dict[str, list[str]] = {}
        for size, became in sizes.items():
            by_outcome.setdefault(became, []).append(f"{size:,}")
        rows.append(f"| {shape} | {'; '.join(f'{became}: {_listed(by)}' for became, by in by_outcome.items())} |")
    start, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    head, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(start)
    table = "\n".join(["| shape | what becomes of it, by how often it is repeated |", "|---|---|", *rows])
    DOCUMENT.write_text(f"{head}{start}{table}{end}{rest.partition(end)[2]}", encoding="utf-8")


def files_table(outcomes: dict[str, str]) -> str:
    """The rows of the table of files."""
    rows = [f"| {name} | {became} |" for name, became in outcomes.items()]
    return "\n".join(["| file | what becomes of it |", "|---|---|", *rows])


def _listed(sizes: list[str]) -> str:
    return " ".join(sizes)


def test_shapes_in_a_retried_function(tmp_path: Path) -> None:
    outcomes = check_shapes(tmp_path, list(in_handler((200,))))
    if sys.version_info[:2] == TABLE_OF:
        text = (
            DOCUMENT.read_text(encoding="utf-8").partition("<!-- shapes -->")[2].partition("<!-- end of shapes -->")[0]
        )
        for shape, sizes in told(outcomes).items():
            [row] = re.findall(rf"^\| {re.escape(shape)} \|.*$", text, re.MULTILINE)
            for size, became in sizes.items():
                assert re.search(rf"{re.escape(became)}: (?:[\d,]+ )*{size:,}\b", row), (row, size, became)


def test_shapes_that_libcst_reads(tmp_path: Path) -> None:
    check_shapes(tmp_path, list(in_handler((200,), NEWER)))


def test_what_grows_takes_no_time_for_it(tmp_path: Path) -> None:
    found = checked(tmp_path, {case.filename: case.content for case in growing((60, 600))})
    assert {name: outcome(findings) for name, findings in found.items() if outcome(findings) != "analysed"} == {}


@pytest.mark.slow
def test_shapes_elsewhere(tmp_path: Path) -> None:
    check_shapes(tmp_path, list(elsewhere()))


@pytest.mark.slow
def test_shapes_of_all_sizes_that_libcst_reads(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    outcomes = check_shapes(tmp_path, list(in_handler(ALL, NEWER)))
    if pytestconfig.getoption("--write-table"):
        write_table("newer", outcomes)


@pytest.mark.slow
def test_shapes_of_all_sizes(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    outcomes = check_shapes(tmp_path, list(in_handler(ALL)))
    if pytestconfig.getoption("--write-table"):
        write_table("shapes", outcomes)


@pytest.mark.parametrize("content", [*ENCODINGS.values(), *SYNTAX.values()], ids=[*ENCODINGS, *SYNTAX])
def test_a_source_is_read_if_and_only_if_python_reads_it(content: bytes) -> None:
    codes = [each.code for each in lint_source(content + b"\ndef f():\n    pass\n")]
    assert bool(codes) != compiles(content + b"\ndef f():\n    pass\n")
    assert codes in ([], ["RTY900"])


COOKIES = (
    "utf-8",
    "latin-1",
    "ascii",
    "utf-16",
    "utf-7",
    "cp1252",
    "koi8-r",
    "shift_jis",
    "hex",
    "idna",
    "punycode",
    "x",
)


@given(st.sampled_from(COOKIES), st.binary(max_size=30), st.booleans())
def test_bytes_are_decoded_as_python_does(cookie: str, data: bytes, marked: bool) -> None:
    data = re.sub(rb"[\0\r\n\\']", b"", data)
    content = (b"\xef\xbb\xbf" if marked else b"") + f"# coding: {cookie}\n".encode() + b"x = '" + data + b"'\n"
    text = decode(content)
    assert (isinstance(text, str) and compiles(text)) == compiles(content)


def compiles(content: str | bytes) -> bool:
    """Does Python read this source?"""
    try:
        compile(content, "<test>", "exec")
    except (SyntaxError, ValueError, LookupError):
        return False
    return True


def test_encodings_cost_only_their_own_file(tmp_path: Path) -> None:
    contents = {f"{number}.py": content for number, content in enumerate([*ENCODINGS.values(), *SYNTAX.values()])}
    found = checked(tmp_path, contents)
    for name, content in contents.items():
        assert [each["code"] for each in found[name]] == ([] if compiles(content) else ["RTY900"])


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "gone.py").symlink_to("nowhere")
    (tmp_path / "itself.py").symlink_to("itself.py")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "device.py").symlink_to("/dev/zero")
    (tmp_path / "good.py").write_text(GOOD)
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(tmp_path)  # the name of a socket may not be long
        try:
            listening.bind("socket.py")
        finally:
            os.chdir(here)
        options = ("--isolated", "--output-format", "concise", "--strict")
        named = ("pipe.py", "itself.py", "gone.py", "socket.py", "/dev/zero")
        done = run("check", *options, ".", *named, cwd=tmp_path)
    assert done.returncode == 2
    for name in ("pipe.py", "device.py", "socket.py", "/dev/zero"):
        assert done.stdout.count(f"{name}:1:1: RTY900 not analysed: not a regular file") == 1
    for name in ("gone.py", "itself.py"):
        assert done.stdout.count(f"{name}:1:1: RTY900 not analysed: cannot be read: ") == 1
    assert done.stdout.count("RTY101") == 1
    assert done.stdout.endswith("7 findings in 7 files; 6 files could not be analysed in full.\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.skipif(sys.version_info[:2] != TABLE_OF, reason="other versions refuse with other words")
def test_the_table_of_files_says_what_becomes_of_them(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    contents = {f"{name}.py": content for name, content in {**ENCODINGS, **SYNTAX}.items()}
    contents["20 MB.py"] = b"x = 1\n" * 3_500_000
    os.mkfifo(tmp_path / "a pipe.py")
    (tmp_path / "a link to nowhere.py").symlink_to("nowhere")
    (tmp_path / "a link to itself.py").symlink_to("a link to itself.py")
    (tmp_path / "a device.py").symlink_to("/dev/zero")
    found = checked(tmp_path, contents)
    outcomes = {
        name.removesuffix(".py"): outcome(each).replace("\\", "").replace("|", "") for name, each in found.items()
    }
    table = files_table(outcomes)
    start, end = "<!-- files -->\n", "\n<!-- end of files -->"
    head, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(start)
    told_before, _, behind = rest.partition(end)
    if pytestconfig.getoption("--write-table"):
        DOCUMENT.write_text(f"{head}{start}{table}{end}{behind}", encoding="utf-8")
    else:
        assert table == told_before


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_bytes(b"x = 1\n" * 3_500_000)
    (tmp_path / "good.py").write_text(GOOD)
    done = run("check", "--isolated", "--output-format", "concise", ".", cwd=tmp_path)
    assert "large.py:1:1: RTY900 not analysed: larger than 2,000,000 bytes (max-file-size)\n" in done.stdout
    assert "good.py:5:16: RTY101" in done.stdout
    done = run("check", "--isolated", "--max-file-size", "100", "good.py", cwd=tmp_path)
    assert "larger than 100 bytes (max-file-size)" in done.stdout


def test_deep_folders_are_walked_as_far_as_the_system_reads_them(tmp_path: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(tmp_path)
        for _ in range(60):
            os.mkdir("d" * 100)
            os.chdir("d" * 100)
        Path("bad.py").write_text(GOOD)
    finally:
        os.chdir(here)
    found = checked(tmp_path, {})
    assert [each["message"] for [each] in found.values()] == [
        "not analysed: the folder cannot be read: File name too long"
    ]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(GOOD)
    (tmp_path / "bad.py").chmod(0)
    (tmp_path / "folder").mkdir(mode=0)
    try:
        found = checked(tmp_path, {})
    finally:
        (tmp_path / "folder").chmod(0o700)
    assert sorted(found) == ["bad.py", "folder"]
    assert {each["code"] for findings in found.values() for each in findings} == {"RTY900"}


def test_what_takes_too_long_is_told(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    done = run("check", "--isolated", "--max-file-time", "0", "--select", "RTY101", "good.py", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == "Found 0 findings in 0 files; 1 file could not be analysed in full.\n"
    assert done.stderr == ("retrylint: 1 file could not be analysed in full; --extend-select RTY900 says why\n")
    done = run("check", "--isolated", "--max-file-time", "0", "--output-format", "concise", "good.py", cwd=tmp_path)
    assert "good.py:1:1: RTY900 not analysed: took longer than 0 s (max-file-time)" in done.stdout
    assert run("sites", "--isolated", "--max-file-time", "0", "--strict", "good.py", cwd=tmp_path).returncode == 2


NUL_ENDS_FLAKE8 = sys.version_info < (3, 11, 4)  # Python raises a ValueError then, for which flake8 is not prepared
WITHOUT = """\
import importlib.metadata as metadata
found = metadata.distributions
metadata.distributions = lambda **k: (each for each in found(**k) if each.metadata["Name"] != "retrylint")
from flake8.main.cli import main
raise SystemExit(main())
"""


def ends(folder: Path) -> list[tuple[int, list[str], str]]:
    """How flake8 ends with the plugin and without: exit code or signal, its own words, and its last on standard error.

    What it reports would make its exit code 1, so that it is told not to: another one than 0 is then an end by force.
    """
    (folder / "good.py").write_text(GOOD)
    found = []
    for start in (["-m", "flake8"], ["-c", WITHOUT]):
        command = [sys.executable, *start, "--isolated", "--exit-zero", "--jobs=1", "--select=RTY,E9", "."]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
        own = [line for line in done.stdout.splitlines() if " RTY" not in line]
        reported = any(line.startswith("./good.py:5:16: RTY101") for line in done.stdout.splitlines())
        assert reported == (start[0] == "-m" and not done.stderr)
        found.append((done.returncode, sorted(own), done.stderr.strip().rpartition("\n")[2]))
    return found


def test_flake8_ends_as_it_does_without_the_plugin(tmp_path: Path) -> None:
    for case in in_handler((200,)):
        if case.size == 200:
            (tmp_path / case.filename).write_bytes(case.content)
    for number, (name, content) in enumerate(ENCODINGS.items()):
        if not name.startswith("a codec") and not (NUL_ENDS_FLAKE8 and b"\0" in content):
            (tmp_path / f"{number}.py").write_bytes(content)
    with_it, without = ends(tmp_path)
    assert with_it == without
    assert (with_it[0], with_it[2]) == (0, "")


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("a codec of bytes", "LookupError"),  # flake8 does not know that a cookie may name such a codec
        pytest.param("NUL", "ValueError", marks=pytest.mark.skipif(not NUL_ENDS_FLAKE8, reason="a SyntaxError here")),
    ],
)
def test_flake8_dies_as_it_does_without_the_plugin(name: str, last: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_bytes(ENCODINGS[name])
    with_it, without = ends(tmp_path)
    assert with_it == without
    assert with_it[0] == 1
    assert with_it[2].startswith(last)


@pytest.mark.slow
@pytest.mark.parametrize("case", list(in_handler((3_000,))), ids=lambda case: f"{case.shape} {case.size}")
def test_flake8_ends_at_each_shape_as_it_does_without_the_plugin(case: Case, tmp_path: Path) -> None:
    (tmp_path / case.filename).write_bytes(case.content)
    with_it, without = ends(tmp_path)
    assert with_it == without
