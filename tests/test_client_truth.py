"""The heavy clients retry as often and as far apart as predicted: each case against the installed library."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from client_agreement import agrees, predicted
from clients import MOST_EXECUTIONS, GivenUp, Tried, counted_connections, module_of, tried, virtual_sleep
from hypothesis import given
from hypothesis import strategies as st
from loopback import Server, serving

from retrylint.analysis import analyse

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

OPENAI = """
import openai

def call(url):
    client = openai.OpenAI(api_key="none", base_url=url, {options})
    return client.models.list()
"""

ANTHROPIC = """
import anthropic

def call(url):
    client = anthropic.Anthropic(api_key="none", base_url=url, {options})
    return client.models.list()
"""

WITH_OPTIONS = """
import openai

client = openai.OpenAI(api_key="none", base_url="http://none")

def call(url):
    return client.with_options(base_url=url, {options}).models.list()
"""

STRIPE = """
import stripe

def call(url):
    client = stripe.StripeClient("sk_test", base_addresses={{"api": url}}, {options})
    return client.v1.customers.retrieve("x")
"""

STRIPE_MODULE = """
import stripe

stripe.max_network_retries = {options}

def call(url):
    stripe.api_key, stripe.api_base = "sk_test", url
    return stripe.Customer.retrieve("x")
"""

ELASTIC = """
from elasticsearch import Elasticsearch

def call(url):
    return Elasticsearch(url, {options}).info()
"""

BULK = """
from elasticsearch import Elasticsearch, helpers

def call(url):
    client = Elasticsearch(url).options(max_retries=0)
    return helpers.bulk(client, [{{"_index": "a"}}], {options})
"""

AZURE = """
from azure.core import PipelineClient
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest

def call(url):
    client = PipelineClient(url, policies=[RetryPolicy({options})])
    return client.send_request(HttpRequest("GET", url))
"""

SLACK = """
from slack_sdk import WebClient
from slack_sdk.http_retry.builtin_handlers import ServerErrorRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator

def call(url):
    return WebClient(token="x", base_url=url + "/", retry_handlers=[ServerErrorRetryHandler({options})]).api_test()
"""

BOTO = """
import boto3
from botocore.config import Config

def call(url):
    client = boto3.client(
        "sqs", region_name="eu-west-1", endpoint_url=url, aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={options}),
    )
    return client.list_queues()
"""

REQUESTS = [
    *[(OPENAI, f"max_retries={n}") for n in (0, 1, 2, 5, 8)],
    *[(ANTHROPIC, f"max_retries={n}") for n in (0, 1, 2, 5, 8)],
    *[(WITH_OPTIONS, f"max_retries={n}") for n in (0, 3)],
    *[(STRIPE, f"max_network_retries={n}") for n in (0, 1, 3, 8, -1, None)],
    *[(STRIPE_MODULE, n) for n in (0, 4)],
    *[(ELASTIC, f"max_retries={n}") for n in (0, 1, 5)],
    (ELASTIC, "retry_on_timeout=True"),
    (AZURE, ""),
    (AZURE, "retry_total=2"),
    (AZURE, "retry_total=20"),
    (AZURE, "retry_total=0"),
    (AZURE, "retry_total=8, retry_status=6, retry_backoff_factor=5, retry_backoff_max=30"),
    (AZURE, "retry_status=5, retry_mode='fixed'"),
    (SLACK, ""),
    (SLACK, "max_retry_count=4"),
    (SLACK, "3, FixedValueRetryIntervalCalculator(5)"),
    *[(BOTO, f"{{'max_attempts': {n}, 'mode': '{mode}'}}") for n in (0, 3, 7) for mode in ("standard", "legacy")],
    *[(BOTO, f"{{'total_max_attempts': {n}, 'mode': 'standard'}}") for n in (1, 4)],
    (BOTO, "{'total_max_attempts': 2, 'max_attempts': 7}"),
    *[(BOTO, f"{{'mode': '{mode}'}}") for mode in ("standard", "legacy")],
]

BACKED_OFF = [
    (ELASTIC, "max_retries=7, retry_backoff_base=1, retry_backoff_cap=10"),
    (ELASTIC, "max_retries=3, retry_backoff_base=1"),
]

OVER_TIME = """
from kombu.utils.functional import retry_over_time

def call(operation):
    return retry_over_time(operation, (ConnectionError,), {options})
"""

DB = """
from oslo_db import api, exception

def call(operation):
    @api.wrap_db_retry({options}, exception_checker=lambda error: True)
    def run():
        operation()

    return run()
"""

RUNNABLE = """
from langchain_core.runnables import RunnableLambda

def call(operation):
    return RunnableLambda(lambda _: operation()).with_retry({options}).invoke(1)
"""

OSLO = """
from oslo_service import loopingcall

def call(operation):
    @loopingcall.RetryDecorator({options}, inc_sleep_time=0.01, max_sleep_time=0.02, exceptions=(ConnectionError,))
    def run():
        operation()

    return run()
"""

GOOGLE = """
from google.api_core.retry import Retry

def call(operation):
    return Retry(predicate=lambda error: True, {options})(operation)()
"""

CALLS = [
    *[(OVER_TIME, options) for options in (
        "", "max_retries=0", "max_retries=3", "max_retries=4, interval_start=1", "max_retries=None",
        "max_retries=6, interval_start=0, interval_step=0.2, interval_max=1", "max_retries=20",
    )],
    *[(DB, options) for options in (
        "max_retries=0", "max_retries=5", "max_retries=-1", "max_retries=3, inc_retry_interval=False",
        "max_retries=6, retry_interval=2, max_retry_interval=9", "max_retries=4, jitter=True", "max_retries=20",
    )],
    *[(RUNNABLE, options) for options in (
        "", "stop_after_attempt=1", "stop_after_attempt=5", "stop_after_attempt=4, wait_exponential_jitter=False",
        "stop_after_attempt=6, exponential_jitter_params={'initial': 2, 'max': 10, 'jitter': 0.5}",
    )],
]  # fmt: skip
SLEEPS = {OVER_TIME: "kombu.utils.functional.sleep", RUNNABLE: "time.sleep", DB: "time.sleep"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        running.headers = {"X-Elastic-Product": "Elasticsearch"}
        running.body = b'{"error": {"message": "none", "type": "none"}}'
        yield running


def required(source: str) -> None:
    """Skip a case whose library is not installed."""
    for line in source.splitlines():
        if line.startswith(("import ", "from ")):
            importlib.import_module(line.split()[1])


@pytest.mark.parametrize(("template", "options"), REQUESTS)
def test_requests(template: str, options: object, server: Server) -> None:
    server.failing, server.status = "status", 503
    check_requests(template.format(options=options), server)


@pytest.mark.parametrize(("template", "options"), BACKED_OFF)
def test_backoff_after_lost_connections(template: str, options: str, server: Server) -> None:
    server.failing = "drop"
    check_requests(template.format(options=options), server)


def check_requests(source: str, server: Server) -> None:
    required(source)
    call = module_of(source)["call"]
    with counted_connections():
        seen = tried(lambda: call(server.url), server.count)
    agrees(predicted(source), seen, tells_waits="legacy" not in source and "'max_attempts': 7}" not in source)


@pytest.mark.parametrize(("template", "options"), CALLS)
def test_calls(template: str, options: str) -> None:
    source = template.format(options=options)
    required(source)
    call: Callable[[Callable[[], Any]], object] = module_of(source)["call"]
    gaps: list[float] = []
    with virtual_sleep(SLEEPS[template]) as waits:

        def operation() -> None:
            gaps.append(sum(waits))
            waits.clear()
            if len(gaps) > MOST_EXECUTIONS:
                raise GivenUp
            raise ConnectionError

        with suppress(ConnectionError, GivenUp):
            call(operation)
    executions = len(gaps) if len(gaps) <= MOST_EXECUTIONS else None
    agrees(predicted(source), Tried(executions, tuple(gaps[1:])))


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_looping_call(retries: int) -> None:
    source = OSLO.format(options=f"max_retry_count={retries}")
    required(source)
    executions: list[int] = []

    def operation() -> None:
        executions.append(1)
        raise ConnectionError

    with suppress(ConnectionError):
        module_of(source)["call"](operation)
    agrees(predicted(source), Tried(len(executions), ()), tells_waits=False)


google_policies = st.fixed_dictionaries(
    {},
    optional={
        "initial": st.sampled_from([0.5, 1, 4]),
        "maximum": st.sampled_from([2, 10, 60]),
        "multiplier": st.sampled_from([1, 2, 3]),
        "timeout": st.sampled_from([None, 0, 5, 60]),
        "deadline": st.sampled_from([None, 30]),
    },
)


@given(policy=google_policies)
def test_google_policy(policy: dict[str, object]) -> None:
    """Waits within the bounds of each, and no wait beyond the deadline, on a clock that only waits move."""
    source = GOOGLE.format(options=", ".join(f"{name}={value}" for name, value in policy.items()))
    required(source)
    (site,) = analyse(source).sites
    waits: list[float] = []

    def operation() -> None:
        if len(waits) >= MOST_EXECUTIONS:
            raise GivenUp
        raise ConnectionError

    clock = SimpleNamespace(monotonic=lambda: sum(waits), sleep=waits.append)
    unary, base = (f"google.api_core.retry.{name}.time" for name in ("retry_unary", "retry_base"))
    with mock.patch(unary, clock), mock.patch(base, clock), suppress(GivenUp, Exception):
        module_of(source)["call"](operation)
    assert site.schedule.first is not None
    factor = float(str(policy.get("multiplier", 2)))
    most = [min(site.schedule.first * factor**n, site.schedule.longest or math.inf) for n in range(len(waits) + 1)]
    assert all(seconds <= bound for seconds, bound in zip(waits, most, strict=False))
    if site.limit.kind == "unbounded":
        assert len(waits) == MOST_EXECUTIONS
    else:
        assert site.limit.deadline is not None
        assert sum(waits) <= site.limit.deadline
        assert len(waits) == MOST_EXECUTIONS or sum(waits) + most[-1] >= site.limit.deadline
