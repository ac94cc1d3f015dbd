"""A handler that makes the call of its `try` once more: which are told, with what numbers, what the screen keeps."""

from __future__ import annotations

from textwrap import indent

import pytest

from retrylint.analysis import analyse
from retrylint.model import GiveUp, Limit, Schedule, Wait
from retrylint.screen import may_hold_retry
from retrylint.twice_screen import IDLE

CALL = "return db.execute(query, limit=1)"


def source(handler: str, call: str = CALL, caught: str = "except OSError:") -> str:
    body = f"try:\n    {call}\n{caught}\n{indent(handler, '    ')}"
    return f"import time, asyncio\nasync def run(db, query):\n{indent(body, '    ')}\n"


TWICE = "    try:\n      db.send(row)\n    except OSError:\n      db.send(row)\n"
FOUND = {
    "at once": source(CALL),
    "reconnected": source(f"db.reconnect()\n{CALL}"),
    "with a new connection": source(f"db = connect()\n{CALL}"),
    "for its result": source("rows = db.execute(query, limit=1)", "rows = db.execute(query, limit=1)"),
    "awaited": source("await db.run(query)", "await db.run(query)"),
    "under a test of the error": source(
        f"if not error.transient:\n    raise\n{CALL}", caught="except OSError as error:"
    ),
    "in a branch": source(f"if error.errno == 11:\n    {CALL}\nraise", caught="except OSError as error:"),
    "in a try": source(f"try:\n    {CALL}\nexcept OSError:\n    return None"),
    "laid out otherwise": source("return (db\n    .execute  # again\n    (query,\n  limit=1))"),
    "with an f-string": source('db.get(f"{query}/1")', "db.get(f'{query}/1')".replace("'", '"')),
    "in the second handler": source("pass", caught=f"except KeyError:\n    {CALL}\nexcept OSError:"),
    "under a with": source("with db.lock:\n    db.send(1)", "with db.lock: db.send(1)"),
    "in one line": "def run(db):\n    try: db.send(1)\n    except OSError: log(); db.send(1)\n",
    "in an item loop": f"def run(db, rows):\n  for row in rows:\n{TWICE}",
    "behind a text": source(f'"""\nreturn\n"""\n{CALL}'),
    "a name outside ASCII": source("db.größe()", "db.größe()"),
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_second_call(text: str) -> None:
    [site] = analyse(text).sites
    assert site.mechanism == "second-call"
    assert text.splitlines()[site.span.line - 1].strip().startswith("try:")
    assert site.limit == Limit("explicit", 2)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_screen_keeps_it(text: str, newline: str) -> None:
    assert may_hold_retry(text.replace("\n", newline).encode())


def test_numbers() -> None:
    assert schedule(CALL) == Schedule("none", waits=(Wait(0, 0),))
    assert schedule(f"time.sleep(2)\n{CALL}") == Schedule("fixed", 2, 2, False, "time.sleep", True, (Wait(2, 2),))
    assert schedule(f"await asyncio.sleep(db.pause)\n{CALL}") == Schedule(
        "dynamic", waits_with="asyncio.sleep", blocks=False
    )


def schedule(handler: str) -> Schedule:
    [site] = analyse(source(handler)).sites
    return site.schedule


def test_ending() -> None:
    assert [site.give_up for site in analyse(source(CALL)).sites] == [GiveUp("raises")]
    inner = f"def run(db):\n  try:\n{indent(FOUND['in one line'].partition(chr(10))[2], '  ')}  except KeyError: pass\n"
    assert [site.give_up for site in analyse(inner).sites] == [GiveUp()]


NONE = {
    "in a loop that retries": f"def run(db, row):\n  while True:\n{TWICE.replace('db', 'return db')}",
    "not the first call": source("db.execute(query)", "db.prepare(); db.execute(query)"),
    "within another call": source("say(db.name(query))", "say(db.name(query))".replace("say", "keep")),
    "nothing failed": source(CALL, caught="except StopIteration:"),
    "in a nested function": source(f"def later():\n    {CALL}\nreturn later"),
    "the error's own name": source("db.send(query)", "db.send(query)", caught="except OSError as query:"),
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_no_second_call(text: str) -> None:
    assert analyse(text).sites == ()


@pytest.mark.parametrize("word", sorted(IDLE))
def test_what_the_screen_takes_for_idle_is_no_operation(word: bytes) -> None:
    for call in (f"{word.decode()}(query)", f"db.{word.decode()}(query)"):
        assert analyse(source(call, call)).sites == ()
