"""Drawn policies of the retry libraries: what is predicted of each is what the library does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policy_truth import assert_agrees

NUMBER = st.sampled_from([0, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10])
COUNT = st.integers(1, 9)
Text = st.SearchStrategy[str]


def call(name: str, *always: str, **options: Text) -> Text:
    """A call with these arguments, and with any of these options, each left out half of the time."""
    pairs = [st.just("") | value.map(f"{option}={{}}".format) for option, value in options.items()]
    return st.tuples(*pairs).map(lambda given: f"{name}({', '.join([*always, *filter(None, given)])})")


def text(values: st.SearchStrategy[object]) -> Text:
    """Values as they are written."""
    return values.map(repr)


STOPS = st.one_of(
    text(COUNT).map("tenacity.stop_after_attempt({})".format),
    text(NUMBER.filter(bool)).map("tenacity.stop_after_delay({})".format),
    text(NUMBER.filter(bool)).map("tenacity.stop_before_delay({})".format),
    st.just("tenacity.stop_never"),
)
STOP = st.one_of(
    STOPS,
    st.tuples(STOPS, STOPS).map(" | ".join),
    st.tuples(text(COUNT), text(COUNT)).map(
        "tenacity.stop_all(tenacity.stop_after_attempt({0[0]}), tenacity.stop_after_attempt({0[1]}))".format
    ),
    st.tuples(STOPS, STOPS).map("tenacity.stop_any({0[0]}, {0[1]})".format),
)
WAITS = st.one_of(
    st.just("tenacity.wait_none()"),
    text(NUMBER).map("tenacity.wait_fixed({})".format),
    text(NUMBER).map("tenacity.wait_fixed(datetime.timedelta(seconds={}))".format),
    call("tenacity.wait_random", min=text(NUMBER), max=text(st.sampled_from([10, 12.5]))),
    call("tenacity.wait_incrementing", start=text(NUMBER), increment=text(NUMBER), max=text(NUMBER)),
    call(
        "tenacity.wait_exponential",
        multiplier=text(NUMBER),
        max=text(NUMBER),
        exp_base=text(st.sampled_from([1, 2, 3])),
        min=text(NUMBER),
    ),
    call(
        "tenacity.wait_random_exponential",
        multiplier=text(NUMBER),
        max=text(NUMBER),
        exp_base=text(st.sampled_from([1, 2, 3])),
    ),
    call(
        "tenacity.wait_exponential_jitter",
        max=text(NUMBER),
        exp_base=text(st.sampled_from([1, 2, 3])),
        jitter=text(NUMBER),
    ),
)
WAIT = st.one_of(
    WAITS,
    st.tuples(WAITS, WAITS).map(" + ".join),
    st.lists(WAITS, min_size=1, max_size=3).map(lambda parts: f"tenacity.wait_chain({', '.join(parts)})"),
)
TENACITY = {"stop": STOP, "wait": WAIT, "reraise": st.sampled_from(["True", "False"])}

FORMS: dict[str, Callable[[str], str]] = {
    "decorator": lambda made: f"@{made}\ndef job():\n    operation()\n",
    "kept": lambda made: f"POLICY = {made}\n\n\n@POLICY\ndef job():\n    operation()\n",
    "coroutine": lambda made: f"@{made}\nasync def job():\n    operation()\n",
}


def written(forms: list[str], made: Text) -> Text:
    """A module that uses a policy in one of these forms."""
    return st.tuples(st.sampled_from(forms), made).map(lambda drawn: FORMS[drawn[0]](drawn[1]))


def options(**each: Text) -> dict[str, Text]:
    """Options that a library calls by these names."""
    return each


CAPPED = options(max_value=text(NUMBER.filter(bool)))
GIVING_UP = options(
    max_tries=text(st.integers(-1, 9)), max_time=text(NUMBER), raise_on_giveup=st.sampled_from(["True", "False"])
)


def backing_off(library: str) -> Text:
    """Policies of backoff, and of what came after it."""
    jitter = st.sampled_from(["None", f"{library}.full_jitter", f"{library}.random_jitter"])
    tries = text(st.integers(-1, 9)) if library == "backoff" else text(st.integers(0, 9))
    shared = {**GIVING_UP, "max_tries": tries, "jitter": jitter}
    name, base = f"{library}.on_exception", text(st.sampled_from([1, 2, 3]))
    return st.one_of(
        call(name, f"{library}.expo", "OSError", **shared, **CAPPED, base=base, factor=text(NUMBER)),
        call(name, f"wait_gen={library}.fibo", "exception=OSError", **shared, **CAPPED),
        call(name, f"{library}.constant", "(OSError, KeyError)", **shared, interval=text(NUMBER)),
    )


RETRYING = call(
    "retrying.retry",
    stop_max_attempt_number=text(st.integers(0, 9)),
    stop_max_delay=text(st.sampled_from([500, 3000, 10000])),
    wait_fixed=text(st.sampled_from([0, 250, 2000])),
    wait_random_min=text(st.sampled_from([0, 100])),
    wait_random_max=text(st.sampled_from([100, 4000])),
    wait_incrementing_start=text(st.sampled_from([0, 500])),
    wait_incrementing_increment=text(st.sampled_from([100, 1000])),
    wait_exponential_multiplier=text(st.sampled_from([100, 1000])),
    wait_exponential_max=text(st.sampled_from([5000, 60000])),
    wrap_exception=st.sampled_from(["True", "False"]),
)
RETRY = call(
    "retry.retry",
    tries=text(st.integers(1, 9) | st.just(-1)),
    delay=text(NUMBER),
    max_delay=text(NUMBER.filter(bool)),
    backoff=text(st.sampled_from([1, 2, 3])),
    jitter=text(st.one_of(NUMBER, st.sampled_from([(0, 1), (1, 2)]))),
)
STAMINA = call(
    "stamina.retry",
    "on=OSError",
    attempts=text(st.one_of(COUNT, st.none())),
    timeout=text(st.one_of(st.sampled_from([5, 20]), st.none())),
    wait_initial=text(NUMBER),
    wait_max=text(NUMBER.filter(bool)),
    wait_jitter=text(NUMBER),
    wait_exp_base=text(st.sampled_from([1, 2, 3])),
)
OPNIEUW = call(
    "opnieuw.retry",
    "retry_on_exceptions=OSError",
    max_calls_total=text(st.integers(2, 9)),
    retry_window_after_first_call_in_seconds=text(st.sampled_from([10, 60])),
)

EVERYWHERE = ["decorator", "kept", "coroutine"]
MODULES = {
    "tenacity": (written(EVERYWHERE, call("tenacity.retry", **TENACITY)), "import datetime\nimport tenacity\n"),
    "backoff": (written(EVERYWHERE, backing_off("backoff")), "import backoff\n"),
    "backon": (written(["decorator", "kept"], backing_off("backon")), "import backon\n"),
    "retrying": (written(["decorator", "kept"], RETRYING), "import retrying\n"),
    "retry": (written(["decorator", "kept"], RETRY), "import retry\n"),
    "stamina": (written(["decorator", "kept"], STAMINA), "import stamina\n"),
    "opnieuw": (written(["decorator", "kept"], OPNIEUW), "import opnieuw\n"),
}


@pytest.mark.parametrize("library", MODULES)
@pytest.mark.filterwarnings("ignore")
def test_drawn_policy_runs_as_predicted(library: str) -> None:
    pytest.importorskip(library)
    bodies, imports = MODULES[library]

    @settings(max_examples=max(40, settings().max_examples // 15))
    @given(bodies)
    def agrees(body: str) -> None:
        assert_agrees(f"{imports}\n{body}")

    agrees()
