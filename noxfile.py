"""Sessions that need more than the tests do: `nox -s queues` runs the task queues that the facts speak of."""

from __future__ import annotations

import nox

QUEUES = ("dramatiq", "huey", "rq", "fakeredis", "procrastinate", "taskiq", "arq")


@nox.session
def queues(session: nox.Session) -> None:
    """Drawn options of each task queue, executed by it and compared with the analysis."""
    session.install("-e", ".[test]", *QUEUES)
    session.run("pytest", "--slow", "tests/test_queue_truth.py", *session.posargs)
