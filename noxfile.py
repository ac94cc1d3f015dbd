"""Sessions that need more than the tests do: other libraries, and thousands of drawn examples."""

from __future__ import annotations

import nox

QUEUES = ("dramatiq", "huey", "rq", "fakeredis", "procrastinate", "taskiq", "arq")
ENGINES = ("dagster", "prefect", "temporalio")
CLIENTS = (
    "anthropic", "azure-core", "boto3", "elasticsearch", "google-api-core", "kombu", "langchain-core", "openai",
    "oslo.db", "oslo.service", "slack_sdk", "stripe",
)  # fmt: skip


@nox.session
def queues(session: nox.Session) -> None:
    """Drawn options of each task queue, executed by it and compared with the analysis."""
    session.install("-e", ".[test]", *QUEUES)
    session.run("pytest", "--slow", "tests/test_queue_truth.py", *session.posargs)


@nox.session
def engines(session: nox.Session) -> None:
    """What workflow engines make of their policies."""
    session.install("-e", ".[test]", *ENGINES)
    session.run("pytest", "--slow", "-W", "ignore", "tests/test_engine_truth.py", *session.posargs)


@nox.session
def clients(session: nox.Session) -> None:
    """Every client against its library."""
    session.install("-e", ".[test]", *CLIENTS)
    session.run("pytest", "--slow", "tests/test_client_truth.py", *session.posargs)


@nox.session
def drawn(session: nox.Session) -> None:
    """The drawn policies and programs, thousands of each and others each time."""
    session.install("-e", ".[test]")
    policies = ("tests/test_client_schedules.py", "tests/test_policy_schedules.py")
    programs = ("tests/test_simulation.py", "tests/test_loop_simulation.py")
    session.run("pytest", "--hypothesis-profile", "many", *policies, *programs, *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """The documentation site, into build/site/site."""
    session.install("-e", ".[docs]")
    session.run("python", "docs/make.py", "build/site", *session.posargs)
