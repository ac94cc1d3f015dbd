"""Other task queues than Celery run their tasks as often and as far apart as the analysis says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import queue_truth
from hypothesis import given, settings
from hypothesis import strategies as st
from queue_truth import Ran

from retrylint.analysis import analyse

pytestmark = pytest.mark.slow

HEADS = {
    "dramatiq": "import dramatiq\n",
    "huey": "from huey import MemoryHuey\nhuey = MemoryHuey(utc=True)\n",
    "rq": "from rq import Queue, Retry\n",
    "procrastinate": "from procrastinate import App, RetryStrategy\n",
    "taskiq": "from taskiq import InMemoryBroker\n",
    "arq": "from arq import Retry\n",
}
DECORATORS = {
    "dramatiq": "dramatiq.actor({options})",
    "huey": "huey.task({options})",
    "procrastinate": "app.task({options})",
    "taskiq": "broker.task({options})",
}
RUNNERS: dict[str, Callable[[str], Ran]] = {
    "dramatiq": queue_truth.run_dramatiq,
    "huey": queue_truth.run_huey,
    "rq": queue_truth.run_rq,
    "procrastinate": queue_truth.run_procrastinate,
    "taskiq": queue_truth.run_taskiq,
    "arq": queue_truth.run_arq,
}
MADE = {
    "procrastinate": "app = App(connector=None)\n",
    "taskiq": "broker = InMemoryBroker()\n",
    "rq": "queue = Queue()\n",
}

number = st.integers(-1, 6)
seconds = st.integers(0, 40)


def told(**options: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    """Some of these options, as they are written."""
    chosen = st.fixed_dictionaries({}, optional=options)
    return chosen.map(lambda values: ", ".join(f"{name}={value}" for name, value in values.items()))


def retry_of(name: str, **options: st.SearchStrategy[object]) -> st.SearchStrategy[str]:
    return told(**options).map(lambda text: f"{name}({text})")


STRATEGY = retry_of(
    "RetryStrategy", max_attempts=st.sampled_from([None, 0, 1, 4]), wait=seconds, linear_wait=seconds,
    exponential_wait=st.integers(0, 4),
)  # fmt: skip
INTERVALS = st.one_of(seconds, st.lists(st.integers(1, 40), min_size=1, max_size=4))
OPTIONS: dict[str, st.SearchStrategy[str]] = {
    "dramatiq": told(
        max_retries=st.sampled_from([None, 0, 1, 3, 8]),
        min_backoff=st.sampled_from([100, 1000, 15000]),
        max_backoff=st.sampled_from([5000, 60000, 604800000]),
    ),
    "huey": told(retries=number, retry_delay=seconds, retry_backoff=st.sampled_from([0, 1, 2, 1.5])),
    "rq": retry_of("retry=Retry", max=st.integers(1, 6), interval=INTERVALS).filter(lambda text: "max=" in text),
    "procrastinate": st.one_of(
        st.sampled_from(["", "retry=True", "retry=False", "retry=0", "retry=3"]),
        STRATEGY.map(lambda text: f"retry={text}"),
    ),
    "taskiq": told(retry_on_error=st.booleans(), max_retries=number),
    "arq": st.one_of(st.just(""), st.integers(1, 7).map(lambda most: f"max_tries = {most}")),
}


ARQ = """
async def run(ctx):
    try:
        operation()
    except ConnectionError:
        raise Retry(defer=7)

class WorkerSettings:
    functions = [run]
    {options}
"""


def example_of(queue: str, options: str) -> str:
    if queue == "arq":
        return HEADS[queue] + ARQ.format(options=options)
    if queue == "rq":
        return f"{HEADS[queue]}def run():\n    operation()\n\ndef send():\n    queue.enqueue(run, {options})\n"
    head = "async def run():" if queue == "taskiq" else "def run():"
    return f"{HEADS[queue]}@{DECORATORS[queue].format(options=options)}\n{head}\n    operation()\n"


@pytest.mark.parametrize("queue", RUNNERS)
def test_a_queue_does_what_the_analysis_says(queue: str) -> None:
    pytest.importorskip(queue)

    @settings(max_examples=40)
    @given(OPTIONS[queue])
    def hold(options: str) -> None:
        example = example_of(queue, options)
        executions, waits = RUNNERS[queue](example)
        assert_predicted(_made(queue, example), executions, waits, compare_waits=queue != "taskiq")

    hold()


def _made(queue: str, example: str) -> str:
    """The example with what the runner makes for it, as a module of its own would have it."""
    head = HEADS[queue]
    return example.replace(head, head + MADE.get(queue, ""), 1)


def assert_predicted(source: str, executions: int | None, waits: list[float], compare_waits: bool) -> None:
    sites = analyse(source).sites
    if not sites:
        assert executions == 1, source
        return
    (site,) = sites
    if site.limit.kind == "unknown":
        return  # the middleware says it
    assert site.limit.attempts == executions, source
    assert (site.limit.kind == "unbounded") == (executions is None), source
    if not compare_waits or not waits:
        return
    if site.schedule.waits is not None:
        pairs = list(zip(site.schedule.waits, waits, strict=True))
        assert [pair for pair in pairs if not pair[0].low - 0.05 <= pair[1] <= pair[0].high + 0.05] == [], source
    elif site.schedule.first is not None and not site.schedule.jitter:
        assert waits[0] == site.schedule.first, source


def test_the_small_backoff_of_a_page_is_no_wait() -> None:
    """RTY207: `min_backoff=15` lets the first retries follow each other within a tenth of a second."""
    compute_backoff = pytest.importorskip("dramatiq.common").compute_backoff
    waits = [compute_backoff(attempt, factor=15, jitter=False, max_backoff=300)[1] / 1000 for attempt in range(3)]
    assert waits == [0.015, 0.03, 0.06]
    meant = [
        compute_backoff(attempt, factor=15_000, jitter=False, max_backoff=300_000)[1] / 1000 for attempt in range(3)
    ]
    assert meant == [15.0, 30.0, 60.0]
