"""Drawn combinations of Celery's retry options, spread over a base class, a dict and the decorator: as predicted."""

from __future__ import annotations

from typing import Any

from celery_truth import observe_on_worker
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted import assert_as_predicted

PLACES = ("base", "mapping", "decorator")
OPTIONS: dict[str, st.SearchStrategy[object]] = {
    "max_retries": st.sampled_from([None, -1, 0, 1, 2, 5]),
    "default_retry_delay": st.sampled_from([0, 1, 90, 0.5]),
    "retry_backoff": st.sampled_from([True, False, 3, 0.5]),
    "retry_backoff_max": st.sampled_from([5, 60]),
    "retry_jitter": st.booleans(),
    "retry_kwargs": st.sampled_from([{}, {"max_retries": 3}, {"countdown": 8}, {"max_retries": None, "countdown": 2}]),
    "autoretry_for": st.sampled_from(["(ConnectionError,)", "(OSError, ValueError)", "[Exception]"]),
    "dont_autoretry_for": st.just("(KeyError,)"),
}
PLACED = st.dictionaries(st.tuples(st.sampled_from(PLACES), st.sampled_from(sorted(OPTIONS))), st.none(), max_size=8)
ASKED = st.fixed_dictionaries(
    {},
    optional={
        "countdown": st.sampled_from(
            ["None", "0", "7", "2 ** self.request.retries", "min(5 * self.request.retries, 12)"]
        ),
        "max_retries": st.sampled_from(["None", "0", "1", "4"]),
        "exc": st.just("error"),
    },
)
GUARDS = st.sampled_from(
    ["True", "self.request.retries < 2", "self.request.retries != 3", "not self.request.retries >= 1"]
)


@st.composite
def tasks(draw: st.DrawFn) -> str:
    """A task whose options stand in several places, retried by itself or by the library."""
    placed: dict[str, dict[str, str]] = {place: {} for place in PLACES}
    for place, option in draw(PLACED):
        value = draw(OPTIONS[option])
        placed[place][option] = value if isinstance(value, str) else repr(value)
    body = "operation()"
    if draw(st.booleans()):
        for options in placed.values():
            options.pop("autoretry_for", None)
        asked = ", ".join(f"{name}={value}" for name, value in draw(ASKED).items())
        body = (
            "try:\n        operation()\n    except ConnectionError as error:\n"
            f"        if {draw(GUARDS)}:\n            raise self.retry({asked})\n        raise"
        )
    base = "".join(f"\n    {name} = {value}" for name, value in placed["base"].items())
    shared = {name: value for name, value in placed["mapping"].items() if name not in placed["decorator"]}
    mapping = ", ".join(f"{name!r}: {value}" for name, value in shared.items())
    own = "".join(f", {name}={value}" for name, value in placed["decorator"].items())
    return (
        f"from celery import Task, shared_task\n\nclass Base(Task):\n    abstract = True{base}\n\n"
        f"SHARED = {{{mapping}}}\n\n"
        f"@shared_task(bind=True, base=Base{own}, **SHARED)\n"
        f"def run(self):\n    {body}\n"
    )


@settings(max_examples=60)
@given(tasks())
def test_drawn_options_mean_what_the_analysis_says(worker: Any, source: str) -> None:
    assert_as_predicted(source, observe_on_worker(worker, source), "run")
