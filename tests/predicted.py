"""Holds what a task queue did against what the analysis says of the task."""

from __future__ import annotations

from collections.abc import Sequence

from celery_truth import Observation

from retrylint.analysis import analyse
from retrylint.model import RetrySite, Schedule


def assert_as_predicted(source: str, seen: Observation, function: str | None = None) -> None:
    """The site's limit and waits are what the worker did; no site (a retry switched off) means one execution.

    `function`: the name of the task, where the source holds others.
    """
    site = task_site(source, function)
    if site is None:
        assert seen.executions == 1
        return
    assert site.limit.attempts == seen.executions
    assert (site.limit.kind == "unbounded") == (seen.executions is None)
    if site.schedule.waits is None:
        assert seen.executions is None
        assert_first_and_longest(site.schedule, seen.waits)
    else:
        waits = zip(site.schedule.waits, seen.waits, strict=True)
        assert [(wait, second) for wait, second in waits if not wait.low <= second <= wait.high] == []


def assert_first_and_longest(schedule: Schedule, waits: Sequence[float]) -> None:
    """What is said of an endless schedule, whose waits cannot be listed; jitter only ever shortens a wait."""
    assert schedule.first is not None
    assert waits[0] <= schedule.first if schedule.jitter else waits[0] == schedule.first
    assert schedule.longest is None or max(waits) <= schedule.longest


def task_site(source: str, function: str | None = None) -> RetrySite | None:
    """The one task site of the example, or that of the function."""
    sites = [site for site in analyse(source).sites if site.mechanism == "task"]
    if function is not None:
        sites = [site for site in sites if site.function.lower() == function]
    assert len(sites) <= 1
    return sites[0] if sites else None
