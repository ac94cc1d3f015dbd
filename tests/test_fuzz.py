"""Thousands of generated programs and of mutated examples: no exception, no internal error, and no file without an end.

`nox -s fuzz` runs all; the normal run a handful, the same each time.
"""

from __future__ import annotations

import ast
import random
import warnings

import pytest
from fuzzing import NUMBERS, SAMPLES, SOURCES, in_loop, in_retry, mutated, surprise

from retrylint.sketch.lower import Lowering
from retrylint.study.newer import read_newer

FEW, PROGRAMS, MUTATIONS = 300, 1_000, 2_000
SETTINGS = {
    "recursion": (
        "import time\ndef f():\n    try:\n        op()\n    except OSError:\n        time.sleep({0})\n        f()\n"
    ),
    "loop": (
        "import time\ndef f():\n    for i in range({0}):\n        try:\n            return op()\n"
        "        except OSError:\n            time.sleep(2 ** i * {0})\n"
    ),
    "deadline": (
        "import time\ndef f():\n    end = time.time() + {0}\n    while time.time() < end:\n        try:\n"
        "            return op()\n        except OSError:\n            time.sleep({0})\n"
    ),
    "task": (
        "from celery import shared_task\n@shared_task(bind=True, max_retries={0}, default_retry_delay={0})\n"
        "def run(self):\n    raise self.retry(countdown={0} ** self.request.retries)\n"
    ),
    "automatic": (
        "from celery import shared_task\n@shared_task(autoretry_for=(OSError,), max_retries={0}, retry_backoff={0},\n"
        "    retry_backoff_max={0})\ndef run():\n    op()\n"
    ),
    "client": "from urllib3 import Retry\nretries = Retry(total={0}, backoff_factor={0}, status_forcelist=[{0}])\n",
    "adapter": "from requests.adapters import HTTPAdapter\nadapter = HTTPAdapter(max_retries={0})\n",
    "policy": (
        "from tenacity import retry, stop_after_attempt, wait_exponential\n"
        "@retry(stop=stop_after_attempt({0}), wait=wait_exponential(multiplier={0}, max={0}))\ndef f():\n    op()\n"
    ),
    "backoff": (
        "import backoff\n@backoff.on_exception(backoff.expo, OSError, max_tries={0}, max_time={0})\ndef f(): op()\n"
    ),
    "actor": "import dramatiq\n@dramatiq.actor(max_retries={0}, min_backoff={0}, max_backoff={0})\ndef f(): op()\n",
    "delta": "from celery import shared_task\nfrom datetime import timedelta\n@shared_task(bind=True)\n"
    "def run(self):\n    raise self.retry(countdown=timedelta(days={0}).total_seconds())\n",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_any_number_may_stand_in_a_setting(name: str) -> None:
    for number in NUMBERS:
        assert surprise(SETTINGS[name].format(number)) is None, number


def mutations(count: int, seed: int) -> list[str]:
    """What went wrong with so many mutated examples, each with the seed that draws it again."""
    wrong = []
    for number in range(seed, seed + count):
        chance = random.Random(number)
        met = surprise(mutated(chance.choice(SOURCES), chance))
        wrong += [f"seed {number}: {met}"] if met else []
    return wrong


def test_mutated_examples() -> None:
    assert mutations(FEW, 0) == []


@pytest.mark.slow
def test_the_samples_themselves() -> None:
    assert {name: met for name, source in SAMPLES.items() if (met := surprise(source))} == {}


@pytest.mark.slow
def test_fuzz(capsys: pytest.CaptureFixture[str]) -> None:
    """The session `fuzz`: others each time; the seeds of what goes wrong are printed."""
    generate = pytest.importorskip("pysource_codegen").generate
    seed = random.SystemRandom().randrange(10**9)
    wrong = mutations(MUTATIONS, seed)
    read = 0
    for number in range(seed, seed + PROGRAMS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program: str = generate(number, node_limit=150, depth_limit=6)
        for source in (in_retry(program), in_loop(program)):
            met = surprise(source)
            wrong += [f"program {number}: {met}"] if met else []
        read += agrees(program)
    with capsys.disabled():
        print(  # noqa: T201 - the closing line of the session
            f"\nfuzz: {PROGRAMS:,} programs ({read:,} of them through libcst too, and equal), {MUTATIONS:,} mutations, "
            f"seed {seed}: {len(wrong)} uncaught exceptions"
        )
    assert wrong == []


def agrees(program: str) -> bool:
    """Does libcst read the program? Then it must say what `ast` says."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(program)
    read = read_newer(program)
    if read is None or read.refused:
        return False
    lowering = Lowering(program)
    assert [lowering.lower(each) for each in read.tree.body] == [lowering.lower(each) for each in tree.body]
    return True
