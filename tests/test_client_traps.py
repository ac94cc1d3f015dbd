"""Misuse of clients' options, with the harm that it does to real requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from clients import Tried, module_of, tried
from loopback import Server, serving
from pages import Block, read_pages

from retrylint.config import Settings
from retrylint.engine import lint_source

BLOCKS = {block.label: block for page in read_pages() for block in page.blocks}
ADVICE = 30
"""Seconds after which the server asks to come back."""

POLICY = """
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=Retry(total=2, {options})))

def post(url):
    return session.post(url, timeout=5)

def fetch(url):
    return session.get(url, timeout=5)
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def fetched(block: Block, server: Server) -> Tried:
    """What the function of an example does to the server."""
    fetch = module_of(block.source)["fetch"]
    return tried(lambda: fetch(server.url), server.count)


@pytest.mark.parametrize("number", [1, 2])
def test_a_policy_that_nobody_uses_retries_nothing(number: int, server: Server) -> None:
    server.failing = "drop"
    assert fetched(BLOCKS[f"RTY514-bad-{number}"], server).executions == 1
    assert fetched(BLOCKS[f"RTY514-good-{number}"], server).executions == 4


@pytest.mark.parametrize("number", [1, 2])
def test_a_policy_without_a_status_takes_a_503_for_an_answer(number: int, server: Server) -> None:
    assert fetched(BLOCKS[f"RTY515-bad-{number}"], server).executions == 1
    assert fetched(BLOCKS[f"RTY515-good-{number}"], server).executions == 4


def test_advice_that_is_switched_off_is_not_followed(server: Server) -> None:
    server.headers = {"Retry-After": str(ADVICE)}
    assert ADVICE not in fetched(BLOCKS["RTY206-bad-3"], server).waits
    assert fetched(BLOCKS["RTY206-good-3"], server).waits == (ADVICE,) * 3


@pytest.mark.parametrize("methods", ["None", "False", "()", "frozenset({'GET', 'POST'})"])
@pytest.mark.filterwarnings("ignore:.*allowed_methods:DeprecationWarning", "ignore:.*allowed_methods:FutureWarning")
def test_a_policy_for_every_method_posts_again(methods: str, server: Server) -> None:
    source = POLICY.format(options=f"allowed_methods={methods}")
    assert [each.code for each in lint_source(source, settings=Settings(select=("RTY404",)))] == ["RTY404"]
    server.failing = "drop"
    post = module_of(source)["post"]
    assert tried(lambda: post(server.url), server.count).executions == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422])
def test_a_permanent_answer_is_asked_for_again(status: int, server: Server) -> None:
    source = POLICY.format(options=f"status_forcelist=[{status}, 503]")
    (found,) = lint_source(source, settings=Settings(select=("RTY403",)))
    assert str(status) in found.message
    server.status = status
    fetch = module_of(source)["fetch"]
    assert tried(lambda: fetch(server.url), server.count).executions == 3


@pytest.mark.parametrize("number", [1, 2])
def test_a_builtin_error_is_never_seen(number: int, server: Server) -> None:
    server.failing = "drop"
    assert fetched(BLOCKS[f"RTY405-bad-{number}"], server).executions == 1
    assert fetched(BLOCKS[f"RTY405-good-{number}"], server).executions == 4


@pytest.mark.parametrize("number", [1, 2])
def test_an_attempt_that_hangs_is_never_retried(number: int, server: Server) -> None:
    server.failing = "hang"
    fetch = module_of(BLOCKS[f"RTY208-bad-{number}"].source)["fetch"]

    def run() -> None:
        with suppress(Exception):  # when the server closes
            fetch(server.url)

    waiting = threading.Thread(target=run, daemon=True)
    waiting.start()
    waiting.join(1.0)  # five times as long as the good example waits
    assert waiting.is_alive()
    assert server.count() == 1
    assert fetched(BLOCKS[f"RTY208-good-{number}"], server).executions == 4
