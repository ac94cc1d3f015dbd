"""Workflow engines: Dagster runs as the analysis says, Prefect's waits and Temporal's defaults are as they are read."""

from __future__ import annotations

from typing import Any

import pytest

from retrylint.analysis import analyse
from retrylint.model import RetrySite

pytestmark = pytest.mark.slow

POLICIES = [
    "RetryPolicy()",
    "RetryPolicy(max_retries=0)",
    "RetryPolicy(max_retries=3)",
    "RetryPolicy(4, delay=1)",
    "RetryPolicy(max_retries=4, delay=2, backoff=Backoff.EXPONENTIAL)",
    "RetryPolicy(max_retries=4, delay=2, backoff=Backoff.LINEAR)",
    "RetryPolicy(max_retries=3, delay=2, jitter=Jitter.FULL)",
    "RetryPolicy(max_retries=3, delay=2, backoff=Backoff.EXPONENTIAL, jitter=Jitter.PLUS_MINUS)",
]
DAGSTER = """
from dagster import Backoff, Jitter, RetryPolicy, op

@op(retry_policy={policy})
def run():
    operation()
"""


@pytest.mark.parametrize("policy", POLICIES)
def test_dagster_waits_as_predicted(policy: str) -> None:
    dagster = pytest.importorskip("dagster")
    made: Any = eval(policy, vars(dagster))
    sites = analyse(DAGSTER.format(policy=policy)).sites
    if not sites:
        assert made.max_retries < 1
        return
    assert sites[0].limit.attempts == made.max_retries + 1
    waits = sites[0].schedule.waits or ()
    assert len(waits) == made.max_retries
    for number, wait in enumerate(waits, 1):
        for _ in range(20):
            assert wait.low <= max(made.calculate_delay(number), 0) <= wait.high


@pytest.mark.parametrize("policy", ["RetryPolicy()", "RetryPolicy(max_retries=3)"])
def test_dagster_runs_as_often_as_predicted(policy: str) -> None:
    dagster = pytest.importorskip("dagster")
    runs: list[int] = []
    source = DAGSTER.format(policy=policy)

    def operation() -> None:
        runs.append(1)
        raise ConnectionError

    namespace: dict[str, Any] = {"operation": operation}
    exec(compile(source, "<example>", "exec"), namespace)
    job = dagster.GraphDefinition("graph", node_defs=[namespace["run"]]).to_job()
    assert not job.execute_in_process(raise_on_error=False).success
    assert len(runs) == only_site(source).limit.attempts


@pytest.mark.parametrize("retries", [1, 5, 8])
def test_prefect_doubles_as_predicted(retries: int) -> None:
    tasks = pytest.importorskip("prefect.tasks")
    source = (
        "from prefect import task\nfrom prefect.tasks import exponential_backoff\n"
        f"@task(retries={retries}, retry_delay_seconds=exponential_backoff(backoff_factor=3))\ndef run():\n    work()\n"
    )
    waits = only_site(source).schedule.waits or ()
    assert [wait.high for wait in waits] == tasks.exponential_backoff(3)(retries)


def test_temporal_has_the_defaults_that_are_read() -> None:
    common = pytest.importorskip("temporalio.common")
    policy = common.RetryPolicy()
    assert (policy.maximum_attempts, policy.maximum_interval) == (0, None)
    schedule = only_site(
        "from temporalio.common import RetryPolicy\npolicy = RetryPolicy(maximum_attempts=9)\n"
    ).schedule
    highs = [wait.high for wait in schedule.waits or ()]
    first = policy.initial_interval.total_seconds()
    assert highs == [min(first * policy.backoff_coefficient**index, 100 * first) for index in range(8)]


def only_site(source: str) -> RetrySite:
    (site,) = analyse(source).sites
    return site
