"""`retrylint sites --trace` shows the run that a site's numbers were read off, and no other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from textwrap import dedent

import pytest
from truth import SITES, fixtures_of

from retrylint.analysis import analyse
from retrylint.cli import run
from retrylint.model import RetrySite, Step, Wait
from retrylint.reports.traces import trace_text

SNAPSHOTS = Path(__file__).parent / "snapshots"
FIXTURES = [*fixtures_of("loop"), *fixtures_of("recursion")]
SHOWN = (
    "loop/for_range_raises_last.py", "loop/deadline_monotonic.py", "loop/while_true_unbounded.py",
    "loop/method_helper_sleeps.py", "loop/finally_waits.py", "loop/next_of_iterator.py",
    "recursion/timer_counts.py", "recursion/jittered_wait.py", "recursion/wraps_the_error.py",
)  # fmt: skip


def traced(source: str) -> RetrySite:
    """The only site of a module, with its trace."""
    (site,) = analyse(dedent(source), trace=True).sites
    assert site.trace is not None
    return site


def attempts_of(trace: tuple[Step, ...]) -> int:
    """The attempts that a trace shows or skips."""
    skipped = sum(step.number or 0 for step in trace if step.kind == "skipped")
    return sum(step.kind == "attempt" for step in trace) + skipped


def waits_of(trace: tuple[Step, ...]) -> list[Wait]:
    """What is waited behind each attempt; skipped steps wait in one."""
    gaps: list[list[Wait]] = []
    for step in trace:
        if step.kind == "attempt":
            gaps.append([])
        elif gaps and step.wait is not None:
            gaps[-1].append(step.wait)
    return [Wait(sum(wait.low for wait in gap), sum(wait.high for wait in gap)) for gap in gaps]


@pytest.mark.parametrize("output_format", ["text", "json"])
def test_snapshot(output_format: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(SITES)
    assert run(["sites", "--trace", "--isolated", "--output-format", output_format, *SHOWN]) == 0
    text = capsys.readouterr().out
    path = SNAPSHOTS / f"trace.{output_format}"
    if os.environ.get("RETRYLINT_UPDATE_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_trace_is_of_the_run_that_the_site_tells(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    site = traced(source)
    assert site.trace
    assert [step.kind for step in site.trace].count("end") == (site.trace[-1].kind == "end")
    if site.limit.attempts is not None:
        assert site.schedule.waits is not None
        assert attempts_of(site.trace) == site.limit.attempts
        *between, behind = waits_of(site.trace)
        assert between == list(site.schedule.waits)
        assert behind == (site.schedule.trailing or Wait(0, 0))
        assert site.trace[-1].kind == "end"
    elif site.limit.kind == "unbounded":
        assert site.trace[-1] == Step("skipped", None, "and so on for ever")
    lines = source.split("\n")
    assert all(lines[step.line - 1].strip() for step in site.trace if step.line is not None)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_tracing_changes_nothing_else(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert all(site.trace is None for site in analyse(source).sites)
    assert trace_text("a.py", traced(source)).count("\n") == len(traced(source).trace or ())


def test_a_long_run_is_shown_in_part() -> None:
    site = traced("""\
        import time
        def fetch(url):
            for n in range(1000):
                try:
                    return work(url)
                except OSError:
                    time.sleep(2)
    """)
    assert site.trace is not None
    assert attempts_of(site.trace) == site.limit.attempts == 1000
    assert [step.number for step in site.trace if step.kind == "attempt"] == [1, 2, 3, 1000]
    assert Step("skipped", None, "996 more", 996, Wait(1992, 1992)) in site.trace
    assert trace_text("a.py", site).endswith(
        "range(1000) has another item: False\n  line 7  falls off its end: returns None"
    )


@pytest.mark.parametrize("count", [1001, 1100, 6000])
def test_thousands_are_a_limit_too(count: int) -> None:
    source = f"""\
        def guess():
            most = {count}
            for attempt in range(0, most):
                try:
                    found = work()
                except OSError:
                    continue
                return found
            return None
    """
    calls = []

    def work() -> None:
        calls.append(1)
        raise OSError

    scope = {"work": work}
    exec(dedent(source), scope)
    scope["guess"]()
    site = traced(source)
    assert site.trace is not None
    assert (site.limit.kind, site.limit.attempts) == ("explicit", count)
    assert attempts_of(site.trace) == len(calls) == count


def test_a_count_that_is_too_long_to_be_followed_is_not_called_endless() -> None:
    site = traced("""\
        import time
        def fetch(url):
            for attempt in range(5000):
                try:
                    return work(url)
                except OSError:
                    if attempt == 4999:
                        raise
                    time.sleep(1)
    """)
    assert site.limit.kind == "unknown"


def test_many_steps_between_two_attempts_are_shown_in_part() -> None:
    site = traced("""\
        import time
        def fetch(url):
            for n in range(2):
                try:
                    return work(url)
                except OSError:
                    for _ in range(60):
                        time.sleep(1)
            raise TimeoutError
    """)
    assert site.trace is not None
    assert waits_of(site.trace) == [Wait(60, 60), Wait(60, 60)]
    assert len(site.trace) < 50


STAND_INS = {
    "limit": ("n < self.most", "self.most is not known; shown with 7"),
    "cap": ("delay < self.longest", "self.longest is not known; shown with 700"),
    "deadline": ("time.monotonic() < deadline", "deadline is not known; shown with 60 s"),
}


@pytest.mark.parametrize("case", STAND_INS)
def test_a_stand_in_is_called_one(case: str) -> None:
    test, words = STAND_INS[case]
    site = traced(f"""\
        import time
        class Client:
            def fetch(self, url, deadline):
                n, delay = 0, 1
                while {test}:
                    try:
                        return self.work(url)
                    except OSError:
                        n += 1
                        delay *= 2
                        time.sleep(min(delay, 30))
                raise TimeoutError(url)
    """)
    assert site.limit.attempts is None
    assert trace_text("a.py", site).split("\n")[1] == f"  {words}"


def test_a_wait_that_is_not_known_is_no_number() -> None:
    site = traced("""\
        import time
        class Client:
            def fetch(self, url):
                for n in range(3):
                    try:
                        return self.work(url)
                    except OSError:
                        time.sleep(self.delay * 2 ** n)
    """)
    assert site.trace is not None
    assert [step.wait for step in site.trace if step.kind == "wait"] == [None] * 3
    assert "  line 8  waits a time that is not known: time.sleep(self.delay * 2 ** n)" in trace_text("a.py", site)
    assert not [step for step in site.trace if step.kind == "stand-in"]


def test_a_length_that_is_not_known_is_called_so() -> None:
    site = traced("""\
        import time
        def fetch(url, delays):
            for delay in delays:
                try:
                    return work(url)
                except OSError:
                    time.sleep(delay)
    """)
    assert trace_text("a.py", site).split("\n")[1:3] == [
        "  line 3  the length of delays is not known; shown with 7", "  line 3  delay = ?"
    ]  # fmt: skip


def test_what_the_code_does_not_tell_is_taken() -> None:
    site = traced("""\
        def fetch(url):
            try:
                return work(url)
            except OSError as error:
                if error.errno != 4:
                    raise
                return fetch(url)
    """)
    assert "  line 5  error.errno != 4: taken as False" in trace_text("a.py", site)


def test_one_way_of_several_is_called_so() -> None:
    source = (SITES / "loop" / "match_attempt.py").read_text(encoding="utf-8")
    assert "one way it may go: its limit is not told" in trace_text("a.py", traced(source)).split("\n")[0]


def test_a_second_call_has_two_attempts() -> None:
    site = traced("""\
        import time
        def fetch(url):
            try:
                return work(url)
            except OSError:
                time.sleep(3)
                return work(url)
    """)
    assert site.mechanism == "second-call"
    assert trace_text("a.py", site).split("\n")[1:] == [
        "  line 4  attempt 1: work(url) raises OSError",
        "  line 6  waits 3 s",
        "  line 7  attempt 2: work(url) raises OSError",
        "  line 7  raises OSError",
    ]


def test_what_a_task_framework_retries_has_no_trace(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    module = tmp_path / "tasks.py"
    module.write_text(
        "from celery import shared_task\n\n@shared_task(autoretry_for=(OSError,), max_retries=3)\ndef ping(): ...\n"
    )
    assert run(["sites", "--trace", "--isolated", "--output-format", "json", str(module)]) == 0
    (site,) = json.loads(capsys.readouterr().out)["sites"]
    assert "trace" not in site
