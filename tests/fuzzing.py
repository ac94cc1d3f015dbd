"""Sources to try: the examples of the rule pages and the fixtures, mutated, and programs that a generator makes."""

from __future__ import annotations

import random
import re
from pathlib import Path

from pages import read_pages

from retrylint.config import Settings
from retrylint.engine import lint_source

ROOT = Path(__file__).parent.parent
EVERYTHING = Settings(select=("ALL",), max_file_time=60.0)
SAMPLES: dict[str, str] = {
    **{block.label: block.source for page in read_pages() for block in (*page.examples("bad"), *page.examples("good"))},
    **{
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted((ROOT / "fixtures").rglob("*.py"))
    },
}
SOURCES = tuple(source for name, source in SAMPLES.items() if not name.startswith("RTY900"))
NUMBERS = (
    "0", "-1", "1", "1e400", "-1e400", "1e308", "5e-324", "10**4000", "1" * 3000, "True", "None", "1j", "'x'", "b''",
    "[]", "{}", "(1, 2)", "float('nan')", "...", "*a", "**b", "lambda: 1", "x if y else z", "[a for a in b]", "(yield)",
    "await c", "2 ** 2 ** 2 ** 9", "1 << 10**9", "'a' * 10**9", "[0] * 10**9", "range(10**30)", "-9999999999999999999",
)  # fmt: skip
WORDS = (
    "for", "while", "True", "None", "retry", "sleep", "self", "return", "continue", "break", "raise", "pass", "yield",
    "await", "async", "lambda", "try", "except", "finally", "else", "with", "del", "global", "nonlocal", "import",
    "range", "task", "max_retries", "OSError", "match", "case", "type", "not", "in", "is", "and", "or",
)  # fmt: skip
TOKEN = re.compile(r"\w+|[^\w\s]|\s+")


def mutated(source: str, chance: random.Random) -> str:
    """A source after one to four changes; most still mean something."""
    for _ in range(chance.randint(1, 4)):
        source = chance.choice(CHANGES)(source, chance)
    return source


def _number(source: str, chance: random.Random) -> str:
    return _one(r"\b\d[\d_.e]*\b|\bNone\b|\bTrue\b", source, chance.choice(NUMBERS), chance)


def _word(source: str, chance: random.Random) -> str:
    return _one(r"\b[^\W\d]\w*\b", source, chance.choice(WORDS), chance)


def _one(pattern: str, source: str, put: str, chance: random.Random) -> str:
    found = list(re.finditer(pattern, source))
    if not found:
        return source
    at = chance.choice(found)
    return source[: at.start()] + put + source[at.end() :]


def _token(source: str, chance: random.Random) -> str:
    """A token away, twice, or in another's place."""
    tokens = TOKEN.findall(source) or [""]
    at = chance.randrange(len(tokens))
    tokens[at : at + 1] = chance.choice(([], [tokens[at]] * 2, [chance.choice(tokens)]))
    return "".join(tokens)


def _line(source: str, chance: random.Random) -> str:
    """A line away, twice, deeper, or in another's place."""
    lines = source.split("\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    line = lines[at]
    changed: tuple[list[str], ...] = (
        [],
        [line, line],
        [f"    {line}"],
        [line[4:]],
        [lines[other]],
        [line, *lines[other : other + 3]],
    )
    lines[at : at + 1] = chance.choice(changed)
    return "\n".join(lines)


def _joined(source: str, chance: random.Random) -> str:
    return f"{source}\n{chance.choice(SOURCES)}"


def _cut(source: str, chance: random.Random) -> str:
    return source[: chance.randrange(len(source) + 1)]


def _character(source: str, chance: random.Random) -> str:
    at = chance.randrange(len(source) + 1)
    return source[:at] + chance.choice("\0\r\t\f\\\"'\ud800\u2028#{}()[]:;,@é日\ufeff") + source[at:]


CHANGES = (_number, _number, _number, _word, _word, _token, _line, _line, _joined, _cut, _character)


def in_retry(program: str) -> str:
    """A program as a part of the handler of a retry, so that libcst and the simulation see it."""
    body = "".join(f"        {line}\n" for line in program.split("\n"))
    return (
        "def fetch(url):\n    try:\n        return operation(url)\n    except OSError:\n"
        f"{body}        return fetch(url)\n"
    )


def in_loop(program: str) -> str:
    """A program as a part of the rounds of a retry loop."""
    body = "".join(f"            {line}\n" for line in program.split("\n"))
    return (
        "import time\ndef fetch(url):\n    for attempt in range(5):\n        try:\n            return operation(url)\n"
        f"        except OSError:\n{body}            time.sleep(attempt)\n"
    )


def surprise(source: str | bytes) -> str | None:
    """What went wrong that must not: an exception, or a mistake that is told as an internal error."""
    try:
        messages = [finding.message for finding in lint_source(source, settings=EVERYTHING)]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    wrong = [message for message in messages if "internal error" in message or "max-file-time" in message]
    return wrong[0] if wrong else None
