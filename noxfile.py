"""Sessions that need more than the tests do: `nox -s queues engines` runs the libraries that the facts speak of."""

from __future__ import annotations

import nox

QUEUES = ("dramatiq", "huey", "rq", "fakeredis", "procrastinate", "taskiq", "arq")
ENGINES = ("dagster", "prefect", "temporalio")


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
