"""What is read of the retries of task frameworks and workflow engines; tests/test_queue_truth.py runs the queues."""

from __future__ import annotations

import re

import pytest

from retrylint.analysis import analyse
from retrylint.config import Settings
from retrylint.engine import lint_source
from retrylint.libraries import frameworks
from retrylint.libraries.spec import FactsError
from retrylint.model import RetrySite
from retrylint.screen import may_hold_retry

DRAMATIQ = "import dramatiq\n@dramatiq.actor({})\ndef run():\n    work()\n"
HUEY = "from huey import RedisHuey\nq = RedisHuey()\n@q.task({})\ndef run():\n    work()\n"
PROCRASTINATE = (
    "from procrastinate import App, RetryStrategy\napp = App(connector=None)\n"
    "@app.task(retry={})\ndef run():\n    work()\n"
)
RQ = "from rq import Retry\nfrom rq.decorators import job\n@job('low', retry=Retry({}))\ndef run():\n    work()\n"
TASKIQ = "from taskiq import InMemoryBroker\nb = InMemoryBroker()\n@b.task({})\nasync def run():\n    work()\n"
AIRFLOW = (
    "from datetime import timedelta\nfrom airflow.providers.ssh.operators.ssh import SSHOperator\n"
    "step = SSHOperator(task_id='a', {})\n"
)
PREFECT = "from prefect import task\nfrom prefect.tasks import exponential_backoff\n@task({})\ndef run():\n    work()\n"
DAGSTER = (
    "from dagster import Backoff, Jitter, RetryPolicy, op\n@op(retry_policy=RetryPolicy({}))\ndef run():\n    work()\n"
)
TEMPORAL = (
    "from datetime import timedelta\nfrom temporalio import workflow\nfrom temporalio.common import RetryPolicy\n"
    "async def run():\n    await workflow.execute_activity(work, {})\n"
)
ENDLESS = None
CAPPED = (
    "retry_policy=RetryPolicy(maximum_attempts=4, initial_interval=timedelta(seconds=2), backoff_coefficient=3,"
    " maximum_interval=timedelta(seconds=9))"
)

# (example, options, executions, waits in seconds: a number where all are equal)
CASES: list[tuple[str, str, int | None, list[float] | None]] = [
    (DRAMATIQ, "", 21, None),
    (DRAMATIQ, "max_retries=None", ENDLESS, None),
    (HUEY, "retries=2", 3, [0, 0]),
    (HUEY, "retries=-1", ENDLESS, None),
    (HUEY, "retries=3, retry_delay=10, retry_backoff=2", 4, [10, 20, 40]),
    (PROCRASTINATE, "3", 4, [0, 0, 0]),
    (PROCRASTINATE, "True", ENDLESS, None),
    (PROCRASTINATE, "RetryStrategy()", ENDLESS, None),
    (PROCRASTINATE, "RetryStrategy(max_attempts=0, wait=5)", ENDLESS, None),
    (PROCRASTINATE, "RetryStrategy(max_attempts=3, exponential_wait=3)", 4, [3, 9, 27]),
    (PROCRASTINATE, "RetryStrategy(max_attempts=3, wait=1, linear_wait=2)", 4, [1, 3, 5]),
    (RQ, "max=4, interval=[10, 20]", 5, [10, 10, 10, 20]),
    (RQ, "2", 3, [0, 0]),
    (TASKIQ, "retry_on_error=True, max_retries=4", 4, None),
    (AIRFLOW, "retries=2", 3, [300, 300]),
    (AIRFLOW, "retries=2, retry_delay=timedelta(minutes=1)", 3, [60, 60]),
    (AIRFLOW, "retries=2, retry_delay=5", 3, [5, 5]),
    (AIRFLOW, "retries=2, retry_exponential_backoff=True", 3, None),
    (PREFECT, "retries=3", 4, [0, 0, 0]),
    (PREFECT, "retries=3, retry_delay_seconds=[1, 9]", 4, [1, 9, 9]),
    (PREFECT, "retries=3, retry_delay_seconds=exponential_backoff(2)", 4, [2, 4, 8]),
    (PREFECT, "retries=3, retry_delay_seconds=exponential_backoff(backoff_factor=2), retry_jitter_factor=1", 4, None),
    (DAGSTER, "", 2, [0]),
    (DAGSTER, "max_retries=4, delay=1, backoff=Backoff.EXPONENTIAL", 5, [1, 3, 7, 15]),
    (DAGSTER, "3, delay=2, backoff=Backoff.LINEAR", 4, [2, 4, 6]),
    (TEMPORAL, "retry_policy=RetryPolicy(maximum_attempts=4)", 4, [1, 2, 4]),
    (TEMPORAL, "retry_policy=RetryPolicy(maximum_attempts=0)", ENDLESS, None),
    (TEMPORAL, "retry_policy=RetryPolicy()", ENDLESS, None),
    (
        TEMPORAL,
        CAPPED,
        4,
        [2, 6, 9],
    ),
]


@pytest.mark.parametrize(("example", "options", "executions", "waits"), CASES)
def test_options_are_read(example: str, options: str, executions: int | None, waits: list[float] | None) -> None:
    source = example.format(options)
    assert may_hold_retry(source.encode())
    site = only_site(source)
    assert site.mechanism == "task"
    assert site.limit.attempts == executions
    assert (site.limit.kind == "unbounded") == (executions is None)
    known = site.schedule.waits
    if waits is not None:
        assert known is not None
        assert [(wait.low, wait.high) for wait in known] == [(second, second) for second in waits]
    else:
        assert known is None or site.schedule.jitter


@pytest.mark.parametrize(
    ("source", "line", "executions"),
    [
        ("from airflow import DAG\ndefault_args = {'owner': 'me', 'retries': 3}\n", 2, 4),
        ("from airflow import DAG\ndag = DAG('d', default_args=dict(retries=1))\n", 2, 2),
        ("from airflow import DAG\nfrom plugins import LoadOperator\nif DAG:\n    LoadOperator(retries=5)\n", 4, 6),
        ("from rq import Queue, Retry\nq = Queue()\ndef send():\n    q.enqueue(work, retry=Retry(max=2))\n", 4, 3),
        ("from dagster import RetryPolicy\nPOLICY = RetryPolicy(max_retries=3)\n", 2, 4),
        ("import dagster as dg\n@dg.op\ndef run():\n    raise dg.RetryRequested(max_retries=2)\n", 3, 3),
        ("INSTALLED_APPS = ['django_q']\nQ_CLUSTER = {'max_attempts': 3, 'retry': 90}\n", 2, 3),
        ("from huey.contrib.djhuey import db_task as task\n@task(retries=2)\ndef run():\n    work()\n", 3, 3),
        ("from shop.queue import huey\n@huey.task(retries=2)\ndef run():\n    work()\n", 3, 3),
    ],
)
def test_forms_stand_where_they_are_written(source: str, line: int, executions: int) -> None:
    site = only_site(source)
    assert (site.span.line, site.limit.attempts) == (line, executions)


def test_a_deadline_ends_what_has_no_count() -> None:
    options = "schedule_to_close_timeout=timedelta(minutes=2), retry_policy=RetryPolicy()"
    limit = only_site(TEMPORAL.format(options)).limit
    assert (limit.kind, limit.deadline) == ("deadline", 120.0)


@pytest.mark.parametrize(
    ("example", "options", "said"),
    [
        (DRAMATIQ, "max_retries=None", "max_retries=None means no limit in dramatiq"),
        (HUEY, "retries=-1", "retries=-1 means no limit in huey"),
        (PROCRASTINATE, "True", "retry=True means no limit in Procrastinate"),
        (PROCRASTINATE, "RetryStrategy(wait=5)", "no max_attempts means no limit in Procrastinate"),
        (TEMPORAL, "retry_policy=RetryPolicy(maximum_attempts=0)", "maximum_attempts=0 means no limit in Temporal"),
    ],
)
def test_rty104_says_what_has_no_end(example: str, options: str, said: str) -> None:
    (finding,) = lint_source(example.format(options))
    assert finding.code == "RTY104"
    assert finding.message.endswith(said)


@pytest.mark.parametrize(
    "source",
    [
        DRAMATIQ.format(""),
        TEMPORAL.format("retry_policy=RetryPolicy()"),
        DRAMATIQ.format("retry_when=decide"),
        PROCRASTINATE.format("STRATEGY"),
    ],
)
def test_what_is_expected_or_not_known_is_no_finding(source: str) -> None:
    assert list(lint_source(source)) == []


def test_a_sleeping_loop_holds_the_worker_of_any_queue() -> None:
    source = """
import time
import dramatiq

@dramatiq.actor(max_retries=0)
def run(url):
    for attempt in range(5):
        try:
            return fetch(url)
        except ConnectionError:
            time.sleep(30)
"""
    assert [each.code for each in lint_source(source, settings=Settings(select=("RTY302",)))] == ["RTY302"]


def test_middleware_may_change_what_holds_by_default() -> None:
    source = "from dramatiq.middleware import Retries\nbroker.add_middleware(Retries(max_retries=3))\n"
    assert only_site(source + DRAMATIQ.format("")).limit.kind == "unknown"


@pytest.mark.parametrize(("test", "kind"), [("ctx['job_try'] > 2", "unknown"), ("ctx['found'] > 2", "explicit")])
def test_a_function_that_counts_its_runs_may_end_them(test: str, kind: str) -> None:
    source = f"""
from arq import Retry

async def run(ctx):
    if {test}:
        return
    raise Retry(defer=5)

class WorkerSettings:
    functions = [run]
"""
    assert only_site(source).limit.kind == kind


@pytest.mark.parametrize("name", frameworks.FILES)
def test_facts_fit_their_schema(name: str) -> None:
    facts = frameworks.framework(name)
    assert facts.library.title
    assert facts.forms
    assert all(form.names or form.methods or form.endings for form in facts.forms)


@pytest.mark.parametrize(
    ("form", "message"),
    [({"place": "call", "limits": "retries"}, "unknown key 'limits'"), ({"limit": "retries"}, "missing key 'place'")],
)
def test_facts_that_do_not_fit_are_refused(form: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "read_toml", lambda _: {"name": "x", "form": [form]})
    with pytest.raises(FactsError, match=re.escape(f"broken.toml: form 1: {message}")):
        frameworks.framework("broken")


def only_site(source: str) -> RetrySite:
    (site,) = analyse(source).sites
    return site
