"""What ends a recursion in places where it is easily overlooked, and what only looks as if it did."""

from __future__ import annotations

import pytest

from retrylint.analysis import analyse
from retrylint.model import LimitKind

LIMITS: dict[str, tuple[LimitKind, int | None, str]] = {
    "counter in keywords": (
        "dynamic",
        None,
        """
def fetch(url, **kwargs):
    try:
        return work(url)
    except OSError:
        if kwargs["retry"] >= 3:
            raise
        kwargs["retry"] += 1
        return fetch(url, **kwargs)
""",
    ),
    "counter popped from keywords": (
        "explicit",
        4,
        """
def fetch(url, **kwargs):
    retry = kwargs.pop("retry", 0)
    try:
        return work(url)
    except OSError:
        if retry >= 3:
            raise
        return fetch(url, retry=retry + 1, **kwargs)
""",
    ),
    "flag": (
        "explicit",
        2,
        """
def fetch(url, again=True):
    try:
        return work(url)
    except OSError:
        if again:
            return fetch(url, again=False)
        raise
""",
    ),
    "attribute that is a flag": (
        "explicit",
        2,
        """
class Client:
    renewed = False

    def fetch(self, url):
        try:
            return work(url)
        except OSError:
            if self.renewed:
                raise
            self.renewed = True
            return self.fetch(url)
""",
    ),
    "deadline": (
        "deadline",
        None,
        """
import time
def fetch(url, end=None):
    end = end or time.monotonic() + 30
    try:
        return work(url)
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(1)
        return fetch(url, end)
""",
    ),
    "limit that the caller gives": (
        "dynamic",
        None,
        """
def fetch(url, limit, n=0):
    try:
        return work(url)
    except OSError:
        if n >= limit:
            raise
        return fetch(url, limit, n + 1)
""",
    ),
    "limit of the settings": (
        "dynamic",
        None,
        """
from settings import LIMIT
def fetch(url, n=0):
    try:
        return work(url)
    except OSError:
        if n >= LIMIT:
            raise
        return fetch(url, n + 1)
""",
    ),
    "limit of the module": (
        "explicit",
        6,
        """
LIMIT = 5
def fetch(url, n=0):
    try:
        return work(url)
    except OSError:
        if n >= LIMIT:
            raise
        return fetch(url, n + 1)
""",
    ),
    "hosts that run out": (
        "unknown",
        None,
        """
HOSTS = []
def fetch(url):
    try:
        return work(url)
    except OSError:
        if not HOSTS:
            raise
        HOSTS.pop()
        return fetch(url)
""",
    ),
    "counter that is not handed on": (
        "unbounded",
        None,
        """
def fetch(url, n=0):
    try:
        return work(url)
    except OSError:
        n += 1
        if n > 3:
            raise
        return fetch(url)
""",
    ),
    "condition on the error": (
        "unbounded",
        None,
        """
def fetch(url):
    try:
        return work(url)
    except OSError as error:
        if error.errno != 4:
            raise
        return fetch(url)
""",
    ),
    "counter behind a helper function's": (
        "unbounded",
        None,
        """
def fetch(url):
    def helper(n):
        n += 1
        return n > 3
    try:
        return work(url)
    except OSError:
        return fetch(url)
""",
    ),
    "waits that run out": (
        "explicit",
        4,
        """
import time
PAUSES = [1, 5, 10]
def fetch(url, n=0):
    try:
        return work(url)
    except OSError:
        time.sleep(PAUSES[n])
        return fetch(url, n + 1)
""",
    ),
    "waits that are squared": (
        "unbounded",
        None,
        """
import time
def fetch(url, delay=2):
    try:
        return work(url)
    except OSError:
        time.sleep(min(delay, 60))
        return fetch(url, delay * delay)
""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_ends_a_recursion(name: str) -> None:
    kind, attempts, source = LIMITS[name]
    facts = analyse(source)
    assert not facts.not_analysed
    assert [(site.limit.kind, site.limit.attempts) for site in facts.sites] == [(kind, attempts)]
