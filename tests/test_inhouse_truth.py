"""A project's own retry helpers: each use does what is said of it, with the arguments of that use."""

from __future__ import annotations

from pathlib import Path

import pytest
from policy_truth import run

from retrylint.analysis import analyse
from retrylint.engine import lint_source
from retrylint.model import RetrySite

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "sites" / "inhouse").glob("*.py"))


def use_in(source: str) -> RetrySite:
    """The one use of a helper in a module, and not within another helper."""
    found = [each for each in analyse(source).sites if each.span_of("definition") is not None]
    return max(found, key=lambda site: site.span)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_use_does_what_is_said(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    site, seen = use_in(source), run(source)
    assert seen.endless == (site.limit.kind == "unbounded")
    if not seen.endless:
        assert seen.executions == site.limit.attempts
        assert seen.ended == site.give_up.ending
        assert site.schedule.waits is not None
        row = [wait.high for wait in site.schedule.waits]
        assert seen.waits == row + ([site.schedule.trailing.high] if site.schedule.trailing else [])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_definition_is_in_the_inventory_too(path: Path) -> None:
    sites = analyse(path.read_text(encoding="utf-8")).sites
    if not path.stem.startswith("asked"):  # which may wait for a state, as well
        (definition,) = (each for each in sites if each.span_of("definition") is None)
        assert definition.mechanism == ("policy" if path.stem.startswith("policy") else "loop")


def test_what_the_helper_decides_is_said_once() -> None:
    source = next(path for path in FIXTURES if path.stem == "method").read_text(encoding="utf-8")
    assert [(each.code, each.span.line) for each in lint_source(source)] == [("RTY205", 14)]


UNKNOWN = """
import time


def retry_call(function, attempts, *, pause=time.sleep):
    for attempt in range(attempts):
        try:
            return function()
        except OSError:
            pause(1)


def job({parameters}):
    return retry_call({arguments})
"""


@pytest.mark.parametrize(
    "arguments", ["operation, attempts", "operation, *rest", "operation, **rest", "operation, f()"]
)
def test_an_argument_that_is_not_told_leaves_the_limit_open(arguments: str) -> None:
    site = use_in(UNKNOWN.format(parameters="attempts=None, rest=()", arguments=arguments))
    assert (site.limit.kind, site.limit.attempts) == ("dynamic", None)


LOOK_ALIKES = {
    "another object's method": "class A:\n    def call(self, other):\n        other.retry_call(print, 3)\n",
    "nothing handed over": "retry_call(attempts=3)\n",
    "a name that is bound again": "from lib import retry_call\n\nretry_call(print, 3)\n",
}


@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_no_use(name: str) -> None:
    definition = UNKNOWN[: UNKNOWN.index("def job")]
    sites = analyse(f"{definition}{LOOK_ALIKES[name]}").sites
    assert [site.mechanism for site in sites] == ["loop"]


NO_HELPERS = {
    "what is asked for is a state": """
import time


def until(function, attempts=5):
    for attempt in range(attempts):
        if function():
            return
        time.sleep(1)
    raise LookupError


def job(pod):
    until(lambda: pod.is_ready())


def other(pod):
    def is_ready():
        return pod.status == "ready"

    until(is_ready)
""",
    "what is asked for raises": """
import time


def until(function, attempts=5):
    while True:
        if function():
            return
        time.sleep(1)


def job(pod):
    def is_ready():
        try:
            return pod.read()
        except OSError as error:
            raise LookupError from error

    until(is_ready)
""",
    "what is asked for is not told": """
import time


def until(function):
    while not function():
        time.sleep(1)


def job(pod, function):
    until(function)
    until(pod.read)
""",
}


@pytest.mark.parametrize("name", NO_HELPERS)
def test_no_retry(name: str) -> None:
    assert analyse(NO_HELPERS[name]).sites == ()


NO_USES = {
    "nobody says how often": """
def fetch(*args):
    for attempt in range(3):
        try:
            return operation(*args)
        except OSError:
            if attempt == 2:
                raise


def job():
    fetch(1)
""",
    "the caller says only what": """
def fetch(key, attempts=3):
    for attempt in range(attempts):
        try:
            return operation(key)
        except OSError:
            if attempt + 1 == attempts:
                raise


def job():
    fetch(1)
""",
    "another class's method": """
class One:
    def fetch(self, function, attempts=3):
        for attempt in range(attempts):
            try:
                return function()
            except OSError:
                if attempt + 1 == attempts:
                    raise


class Other:
    def job(self):
        self.fetch(print)
""",
}


@pytest.mark.parametrize("name", NO_USES)
def test_a_loop_whose_calls_are_no_uses(name: str) -> None:
    assert [site.mechanism for site in analyse(NO_USES[name]).sites] == ["loop"]


def findings(source: str, code: str) -> list[tuple[int, str | None]]:
    return [(each.span.line, each.help) for each in lint_source(source) if each.code == code]


A_LIMIT_OF_ITS_OWN = """
import time


def retry_call(function, attempts=None):
    tried = 0
    while True:
        try:
            return function()
        except OSError:
            tried += 1
            if attempts is not None and tried >= attempts:
                raise
            time.sleep(1)


def job():
    retry_call(print)


def explicit():
    retry_call(print, attempts=None)


def bounded():
    retry_call(print, attempts=3)
"""


def test_a_use_that_could_say_a_limit_is_told_to() -> None:
    with_it = "say how often, or for how long, with `attempts=`"
    assert findings(A_LIMIT_OF_ITS_OWN, "RTY103") == [(18, with_it), (22, with_it)]


NO_LIMIT_TO_SAY = {
    "a loop": (
        "RTY102",
        6,
        """
import time


def retry_call(function, pause=1):
    while True:
        try:
            return function()
        except OSError:
            time.sleep(pause)


def job():
    retry_call(print)


def other():
    retry_call(print, pause=2)
""",
    ),
    "a policy": (
        "RTY103",
        6,
        """
import tenacity


def patient():
    return tenacity.retry(wait=tenacity.wait_fixed(1))


@patient()
def job():
    print()


@patient()
def other():
    print()
""",
    ),
}


@pytest.mark.parametrize("name", NO_LIMIT_TO_SAY)
def test_what_only_the_helper_can_mend_is_said_of_the_helper_alone(name: str) -> None:
    rule, line, source = NO_LIMIT_TO_SAY[name]
    found = [(each.code, each.span.line) for each in lint_source(source)]
    assert [each for each in found if each[0] in ("RTY102", "RTY103")] == [(rule, line)]


HANDS_ON = """
import tenacity


class Base:
    @staticmethod
    def patient(*args, **kwargs):
        def decorator(function):
            defaults = {"wait": tenacity.wait_fixed(1)}
            defaults.update(**kwargs)
            return tenacity.retry(*args, **defaults)(function)

        return decorator


@Base.patient()
def job():
    print()


@Base.patient(stop=tenacity.stop_after_attempt(3))
def bounded():
    print()


@Base.patient(**OPTIONS)
def untold():
    print()
"""


def test_a_use_is_told_the_option_of_the_library_that_the_helper_hands_on() -> None:
    found = [each for each in findings(HANDS_ON, "RTY103") if each[0] > 14]
    assert found == [(17, "say how often, or for how long, with `stop=`")]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [("operation, pause=2", "default"), ("operation, 3", "explicit"), ("operation, 5", "explicit")],
)
def test_a_limit_is_the_helpers_own_unless_the_use_says_it(arguments: str, kind: str) -> None:
    source = """
import time


def retry_call(function, attempts=5, pause=1):
    for attempt in range(attempts):
        try:
            return function()
        except OSError:
            time.sleep(pause)


def job():
    return retry_call(ARGUMENTS)
"""
    assert use_in(source.replace("ARGUMENTS", arguments)).limit.kind == kind


KEPT_NO_MORE = """
import time


def retry(attempts=3):
    def decorator(function):
        def run():
            for attempt in range(attempts):
                try:
                    return function()
                except OSError:
                    time.sleep(1)

        return run

    return decorator


def plain(function):
    return function


patiently = retry()
{again}


@{used}
def job():
    return operation()
"""


@pytest.mark.parametrize(
    ("again", "used"), [("patiently = plain", "patiently"), ("other = plain(patiently)", "other"), ("", "plain")]
)
def test_a_name_that_is_no_policy_any_more(again: str, used: str) -> None:
    sites = analyse(KEPT_NO_MORE.format(again=again, used=used)).sites
    assert [site.mechanism for site in sites] == ["loop"]
