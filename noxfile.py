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


@nox.session
def wheel(session: nox.Session) -> None:
    """The built wheel in an environment of its own, beside validate-pyproject."""
    session.install("-e", ".[test]")
    session.run("pytest", "--slow", "tests/test_packaging.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """A thousand generated programs and two thousand mutated examples, others each time; every hostile shape."""
    session.install("-e", ".[test]", "pysource-codegen")
    session.run("pytest", "--slow", "tests/test_fuzz.py", "tests/test_hostile.py", *session.posargs)


@nox.session
def corpus(session: nox.Session) -> None:
    """Real packages and the standard library: no internal error, and the findings of the snapshot."""
    session.install("-e", ".[test]")
    folder = session.create_tmp()
    session.run("pip", "install", "--quiet", "--no-deps", "--target", f"{folder}/corpus", "-r", "tests/corpus.txt")
    session.run("pytest", "--slow", "tests/test_corpus.py", "--corpus", f"{folder}/corpus", *session.posargs)
