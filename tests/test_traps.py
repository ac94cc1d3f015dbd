"""Traps in the call that makes the next attempt: where they are seen, and where what looks like one is none."""

from __future__ import annotations

import pytest

from retrylint import lint_source

DROPPED = {
    "without a default": (
        (
            "def put(url, data, left=3):\n try: return send(url, data)\n except OSError:\n"
            "  if not left: raise\n  return put(url, left=left - 1)"
        ),
        ["`data`, which has no default: it is a TypeError"],
    ),
    "with a default": (
        (
            "def put(url, params=None, left=3):\n try: return send(url, params)\n except OSError:\n"
            "  if not left: raise\n  return put(url, left=left - 1)"
        ),
        ["`params`, which goes back to its default"],
    ),
    "used behind the operation": (
        (
            "def put(url, owners=(), *, left=3):\n try: send(url)\n except OSError:\n"
            "  return put(url, left=left - 1) if left else None\n tell(owners)"
        ),
        [],  # a default that is no plain value may be anything
    ),
    "a name as the default": (
        (
            "def put(url, target=HOME, left=3):\n try: send(url, target)\n except OSError:\n"
            "  if left: put(url, left=left - 1)"
        ),
        ["`target`, which goes back to its default"],
    ),
    "by a timer": (
        (
            "import threading\ndef put(url, data, left=3):\n try: send(url, data)\n except OSError:\n"
            "  if left: threading.Timer(5, put, (url,), {'left': left - 1}).start()"
        ),
        ["`data`, which has no default: it is a TypeError"],
    ),
    "by a queue": (
        (
            "@app.task\ndef put(url, data, left=3):\n try: send(url, data)\n except OSError:\n"
            "  if left: put.delay(url, left=left - 1)"
        ),
        ["`data`, which has no default: it is a TypeError"],
    ),
    "a switch": (
        (
            "def put(url, compress=True, left=3):\n try: send(url, compress)\n except OSError:\n"
            "  if left: put(url, left=left - 1)"
        ),
        [],
    ),
    "a number": (
        "def put(url, size=10, left=3):\n try: send(url, size)\n except OSError:\n  if left: put(url, left=left - 1)",
        [],
    ),
    "a connection": (
        (
            "def put(url, session=None, left=3):\n session = session or connect()\n try: session.send(url)\n"
            " except OSError:\n  if left: put(url, left=left - 1)"
        ),
        [],
    ),
    "an option, and no counter": (
        "def put(url, params=None):\n try: return send(url, params)\n except OSError: return put(url)",
        [],
    ),
    "known to be left out": (
        (
            "def put(url, name=None, left=3):\n name = name or new()\n try: send(url, name)\n except OSError:\n"
            "  if name is None: put(url, left=left - 1)"
        ),
        [],
    ),
    "overwritten": (
        (
            "def put(url, key=None, left=3):\n key = new()\n try: send(url, key)\n except OSError:\n"
            "  if left: put(url, left=left - 1)"
        ),
        [],
    ),
    "not used": (
        "def put(url, note=None, left=3):\n try: send(url)\n except OSError:\n  if left: put(url, left=left - 1)",
        [],
    ),
    "kept by the object": (
        (
            "class A:\n def put(self, url, data=None, left=3):\n  self.data = data\n  try: send(url, data)\n"
            "  except OSError:\n   if left: self.put(url, left=left - 1)"
        ),
        [],
    ),
    "stars": (
        (
            "def put(url, data, left=3, **options):\n try: send(url, data, **options)\n except OSError:\n"
            "  if left: put(url, left=left - 1, **options)"
        ),
        [],
    ),
    "a decorator": (
        (
            "@with_database\ndef put(database, url, left=3):\n try: send(url)\n except OSError:\n"
            "  if left: put(url=url, left=left - 1)"
        ),
        [],
    ),
    "the task itself": (
        (
            "@app.task(bind=True)\ndef put(self, url, left=3):\n try: send(url)\n except OSError:\n"
            "  if left: self.delay(url, left=left - 1)"
        ),
        [],
    ),
}

DISCARDED = {
    "in a handler": (
        "def get(url, left=3):\n try: return ask(url)\n except OSError:\n  if left: get(url, left - 1)",
        1,
    ),
    "behind the try": (
        "def get(url, left=3):\n try: return ask(url)\n except OSError: left -= 1\n if left: get(url, left)",
        1,
    ),
    "awaited": (
        "async def get(url, left=3):\n try: return await ask(url)\n except OSError:\n  if left: await get(url, left-1)",
        1,
    ),
    "no value": ("def get(url, left=3):\n try: ask(url)\n except OSError:\n  if left: get(url, left - 1)", 0),
    "a value at times": (
        (
            "def get(url, left=3):\n try:\n  answer = ask(url)\n  if answer: return answer\n except OSError:\n"
            "  if left: get(url, left - 1)"
        ),
        0,
    ),
    "only a bare return": (
        "def get(url, left=3):\n try:\n  ask(url)\n  return\n except OSError:\n  if left: get(url, left - 1)",
        0,
    ),
    "something is returned behind it": (
        "def get(url, left=3):\n try: return ask(url)\n except OSError:\n  if left: get(url, left - 1)\n return True",
        0,
    ),
    "raised behind it": (
        "def get(url, left=3):\n try: return ask(url)\n except OSError:\n  if left: get(url, left - 1)\n  raise",
        0,
    ),
    "a timer": (
        (
            "import threading\ndef get(url, left=3):\n try: return ask(url)\n except OSError:\n"
            "  if left: threading.Timer(5, get, (url, left - 1)).start()"
        ),
        0,
    ),
    "kept": (
        (
            "class A:\n def get(self, url, left=3):\n  try: return ask(url)\n  except OSError:\n"
            "   if left: self.last = self.get(url, left - 1)"
        ),
        0,
    ),
    "a generator": (
        "def get(url, left=3):\n try:\n  yield ask(url)\n  return 1\n except OSError:\n  if left: get(url, left - 1)",
        0,
    ),
}

HEAD = "import asyncio, trio, anyio, time\nfrom asyncio import sleep\n"
RETRY = """
async def get(url, left=3):
 try: return await ask(url)
 except OSError:
  if not left: raise
  {}
  return await get(url, left - 1)"""
UNAWAITED = {
    "asyncio": (RETRY.format("asyncio.sleep(1)"), 1),
    "imported": (RETRY.format("sleep(1)"), 1),
    "trio": (RETRY.format("trio.sleep(1)"), 1),
    "anyio": (RETRY.format("anyio.sleep(1)"), 1),
    "under a test": (RETRY.format("if left > 1: asyncio.sleep(1)"), 1),
    "in a plain function": (RETRY.format("asyncio.sleep(1)").replace("async def", "def").replace("await ", ""), 1),
    "before a second call": (
        "def get(url):\n try: return ask(url)\n except OSError:\n  asyncio.sleep(1)\n  return ask(url)",
        1,
    ),
    "before a queue": ("def get(url):\n try: ask(url)\n except OSError:\n  asyncio.sleep(1)\n  get.delay(url)", 1),
    "in a loop": (
        (
            "async def get(url):\n for attempt in range(3):\n  try: return await post(url)\n  except OSError:\n"
            "   if attempt == 2: raise\n   asyncio.sleep(1)"
        ),
        1,
    ),
    "awaited": (RETRY.format("await asyncio.sleep(1)"), 0),
    "a task": (RETRY.format("asyncio.create_task(asyncio.sleep(1))"), 0),
    "kept for later": (RETRY.format("pause = asyncio.sleep(1); await pause"), 0),
    "another sleep": (RETRY.format("loop.sleep(1)"), 0),
    "a sleep of its own": (RETRY.format("sleep(1)").replace("url, left=3", "url, left=3, sleep=time.sleep"), 0),
    "no retry": ("async def get(url):\n asyncio.sleep(1)\n return await ask(url)", 0),
    "in a nested function": (RETRY.format("def later(): asyncio.sleep(1)"), 0),
}


@pytest.mark.parametrize(("source", "said"), DROPPED.values(), ids=DROPPED)
def test_dropped_arguments(source: str, said: list[str]) -> None:
    assert messages(source, "RTY507") == [f"the next attempt leaves out {each}" for each in said]


@pytest.mark.parametrize(("source", "count"), DISCARDED.values(), ids=DISCARDED)
def test_discarded_result(source: str, count: int) -> None:
    assert len(messages(source, "RTY508")) == count


@pytest.mark.parametrize(("source", "count"), UNAWAITED.values(), ids=UNAWAITED)
def test_sleep_not_awaited(source: str, count: int) -> None:
    assert len(messages(HEAD + source, "RTY509")) == count


def messages(source: str, code: str) -> list[str]:
    return [finding.message for finding in lint_source(source) if finding.code == code]
