"""Clients retry as often and as far apart as predicted, for policies that Hypothesis draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from client_agreement import agrees, predicted
from clients import Tried, counted_connections, module_of, tried, worst_request
from hypothesis import given, settings
from hypothesis import strategies as st
from loopback import Server, refusing_port, serving

pytestmark = [
    # a client that is stopped in the middle leaves its socket to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
drawn = settings(max_examples=settings().max_examples // 4)  # each policy is tried in eight ways

POOL = """
import urllib3
from urllib3.util import Retry

def request(method, url):
    return urllib3.PoolManager().request(method, url, retries={policy})
"""

SESSION = """
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries={policy}))

def request(method, url):
    return session.request(method, url)
"""

TRANSPORT = """
import httpx

client = httpx.Client(transport=httpx.HTTPTransport({policy}))

def request(method, url):
    return client.request(method, url)
"""

RETRYING_TRANSPORT = """
import httpx
from httpx_retries import Retry, RetryTransport

client = httpx.Client(transport=RetryTransport(httpx.HTTPTransport(verify=False), {policy}))

def request(method, url):
    return client.request(method, url)
"""

REDIS = """
from redis import Redis
from redis.backoff import (
    ConstantBackoff, DecorrelatedJitterBackoff, EqualJitterBackoff, ExponentialBackoff, ExponentialWithJitterBackoff,
    FullJitterBackoff, NoBackoff,
)
from redis.retry import Retry

def request(port):
    return Redis(port=port, retry={policy}).ping()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def refused() -> Iterator[str]:
    with refusing_port() as port:
        yield f"http://127.0.0.1:{port}"


def call(function: str, options: Mapping[str, object]) -> str:
    """A call as it is written in source."""
    return f"{function}({', '.join(f'{name}={value!r}' for name, value in options.items())})"


counts = st.integers(0, 5)
seconds = st.sampled_from([0, 0.1, 0.5, 1, 3, 40])
statuses = st.sampled_from([(503,), (500, 502), (429, 503), (408,)])
urllib3_policies = st.fixed_dictionaries(
    {},
    optional={
        "total": st.one_of(counts, st.sampled_from([None, False, True, -1])),
        "connect": st.one_of(counts, st.none()),
        "read": st.one_of(counts, st.none()),
        "status": st.one_of(counts, st.none()),
        "status_forcelist": statuses,
        "allowed_methods": st.sampled_from([None, ("GET", "POST"), ("POST",)]),
        "backoff_factor": seconds,
        "backoff_max": st.sampled_from([1, 10]),
        "backoff_jitter": st.sampled_from([0, 0.5]),
        "raise_on_status": st.booleans(),
    },
)


def first_status(policy: Mapping[str, object]) -> int:
    listed = policy.get("status_forcelist")
    return listed[0] if isinstance(listed, tuple) else 503


@pytest.mark.parametrize("template", [POOL, SESSION], ids=["urllib3", "requests"])
@drawn
@given(policy=urllib3_policies)
def test_urllib3_policy(template: str, policy: dict[str, object], server: Server, refused: str) -> None:
    source = template.format(policy=call("Retry", policy))
    request = module_of(source)["request"]
    agrees(predicted(source), worst_request(request, server, refused, first_status(policy)))


@pytest.mark.parametrize("template", [POOL, SESSION], ids=["urllib3", "requests"])
@given(policy=st.one_of(counts, st.just(False)))
def test_number_of_retries(template: str, policy: int, server: Server, refused: str) -> None:
    source = template.format(policy=policy)
    agrees(predicted(source), worst_request(module_of(source)["request"], server, refused, 503))


@drawn
@given(policy=st.fixed_dictionaries({}, optional={"retries": counts}))
def test_httpx_transport(policy: dict[str, object], server: Server, refused: str) -> None:
    source = TRANSPORT.format(policy=call("", {**policy, "verify": False})[1:-1])
    agrees(predicted(source), worst_request(module_of(source)["request"], server, refused, 503))


httpx_policies = st.fixed_dictionaries(
    {},
    optional={
        "total": counts,
        "backoff_factor": seconds,
        "backoff_jitter": st.sampled_from([0, 0.25, 1]),
        "max_backoff_wait": st.sampled_from([1, 10]),
        "status_forcelist": statuses,
    },
)


@drawn
@given(policy=httpx_policies)
def test_httpx_retries(policy: dict[str, object], server: Server, refused: str) -> None:
    source = RETRYING_TRANSPORT.format(policy=f"retry={call('Retry', policy)}")
    status = first_status(policy)
    agrees(predicted(source), worst_request(module_of(source)["request"], server, refused, status))


backoffs: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(
        st.sampled_from(
            ["ExponentialBackoff", "FullJitterBackoff", "EqualJitterBackoff", "ExponentialWithJitterBackoff"]
        ),
        st.fixed_dictionaries({}, optional={"base": st.sampled_from([0.01, 1]), "cap": st.sampled_from([0.5, 10])}),
    ),
    st.tuples(st.just("DecorrelatedJitterBackoff"), st.just({})),
    st.tuples(st.just("ConstantBackoff"), st.sampled_from([{"backoff": 0}, {"backoff": 2}])),
    st.tuples(st.just("NoBackoff"), st.just({})),
)


@given(backoff=backoffs, retries=st.integers(-1, 6))
def test_redis_policy(backoff: tuple[str, dict[str, object]], retries: int) -> None:
    source = REDIS.format(policy=f"Retry({call(*backoff)}, {retries})")
    agrees(predicted(source), refused_by_redis(source))


def refused_by_redis(source: str) -> Tried:
    with refusing_port() as port, counted_connections() as connections:
        return tried(lambda: module_of(source)["request"](port), lambda: len(connections), "redis.retry.sleep")
