"""Longer tests than those of the normal run: heavy libraries, and thousands of drawn examples."""

from __future__ import annotations

import nox

CLIENTS = (
    "anthropic", "azure-core", "boto3", "elasticsearch", "google-api-core", "kombu", "langchain-core", "openai",
    "oslo.db", "oslo.service", "slack_sdk", "stripe",
)  # fmt: skip

nox.options.sessions = ["clients", "drawn"]


@nox.session
def clients(session: nox.Session) -> None:
    """Every client against its library."""
    session.install("-e", ".[test]", *CLIENTS)
    session.run("pytest", "--slow", "tests/test_client_truth.py", *session.posargs)


@nox.session
def drawn(session: nox.Session) -> None:
    """The drawn policies and programs, thousands of each and others each time."""
    session.install("-e", ".[test]")
    drawn = ("tests/test_client_schedules.py", "tests/test_simulation.py", "tests/test_loop_simulation.py")
    session.run("pytest", "--hypothesis-profile", "many", *drawn, *session.posargs)
