"""What is called endless is so whatever the code around is asked on the way; how it ends is told as it happens."""

from __future__ import annotations

import pytest

from retrylint.analysis import analyse
from retrylint.model import LimitKind

HEAD = """
import time
from oslo_utils import excutils
"""

# functions that call themselves, or go round, each with the limit that can be told
LIMITS: dict[str, tuple[LimitKind, int | None, str]] = {
    "only the error is asked": (
        "unbounded",
        None,
        """
def fetch(api):
    try:
        return api.send()
    except OSError as error:
        if is_permanent(error):
            raise
        return fetch(api)
""",
    ),
    "something else is asked too": (
        "unknown",
        None,
        """
def fetch(api, store):
    try:
        return api.send()
    except OSError:
        if not store.has_spare():
            raise
        return fetch(api, store)
""",
    ),
    "what is asked takes the next one, although it is told the failing answer": (
        "unknown",
        None,
        """
def fetch(api):
    answer = api.send()
    if answer.status in (401, 403) and api.update_keys(answer.text):
        return fetch(api)
    return answer
""",
    ),
    "the operation itself is asked": (
        "unbounded",
        None,
        """
def fetch(api):
    while True:
        answer = api.send_request()
        if answer.status_code != 503:
            return answer
        time.sleep(1)
""",
    ),
    "what was put there is there": (
        "explicit",
        2,
        """
class Login:
    def connect(self):
        try:
            self.ssh.connect(**self.params)
        except OSError:
            if 'password' in self.params:
                raise
            self.params['password'] = 'secret'
            self.connect()
""",
    ),
    "a stand-in that a loop looks at": (
        "dynamic",
        None,
        """
def put(api, extra=0):
    extra += 1
    while extra:
        extra -= 1
        answer = api.put_request()
        if answer['ok']:
            return answer
        time.sleep(2)
    return None
""",
    ),
    "an error is true": (
        "unknown",
        None,
        """
def connect(sock):
    failed = None
    while not failed:
        try:
            return sock.connect()
        except OSError as error:
            failed = error
""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_endless(name: str) -> None:
    kind, attempts, source = LIMITS[name]
    facts = analyse(HEAD + source)
    assert not facts.not_analysed
    assert [(site.limit.kind, site.limit.attempts) for site in facts.sites] == [(kind, attempts)]


def test_a_manager_that_raises_again_when_it_is_left() -> None:
    source = """
def connect(ssh, attempts=3):
    kept = None
    try:
        while attempts > 0:
            attempts -= 1
            try:
                return ssh.connect()
            except OSError as error:
                kept = error
                time.sleep(2)
        raise kept
    except Exception:
        with excutils.save_and_reraise_exception():
            print("failed")
"""
    (site,) = analyse(HEAD + source).sites
    assert (site.limit.attempts, site.give_up.ending) == (3, "raises")


def test_a_callback_that_comes_back_through_a_helper_is_no_recursion() -> None:
    source = """
def again(hub, config):
    setup(hub, config)


def setup(hub, config):
    try:
        hub.connect(config)
    except OSError:
        call_later(hub, 60, lambda _: again(hub, config))
        return
    hub.start()
"""
    assert [site.function for site in analyse(HEAD + source).sites] == []
