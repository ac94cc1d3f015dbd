"""Retries within retries: the product that is said is what happens, when the innermost operation keeps failing."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest
from policy_truth import run

from retrylint.analysis import analyse
from retrylint.config import Settings
from retrylint.engine import lint_source
from retrylint.model import Chain

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "sites" / "chains").glob("*.py"))


def only_chain(source: str) -> Chain:
    """The one chain of a module."""
    (chain,) = analyse(source).chains
    return chain


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_the_attempts_multiply(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    factors = [site.limit.attempts for site in only_chain(source).layers]
    stated = source.partition("\n")[0].rpartition(": ")[2].rstrip('."')
    assert " x ".join(map(str, factors)) == stated
    known = [each for each in factors if each is not None]
    assert run(source).executions == prod(known)
    (finding,) = lint_source(source, settings=Settings(select=("RTY701",)))
    assert f"up to {prod(known)} executions" in finding.message


def test_a_task_multiplies_what_it_calls() -> None:
    source = (
        "from celery import shared_task\nfrom tenacity import retry, stop_after_attempt\n\n\n"
        "@retry(stop=stop_after_attempt(5))\ndef load():\n    operation()\n\n\n"
        "@shared_task(autoretry_for=(Exception,), max_retries=3)\ndef job():\n    load()\n"
    )
    assert [site.limit.attempts for site in only_chain(source).layers] == [4, 5]
    (finding,) = lint_source(source, settings=Settings(select=("RTY701",)))
    assert "up to 20 executions (Celery 4 x tenacity 5)" in finding.message
    assert [(each.role, each.span.line) for each in finding.related] == [("call", 12), ("inner-retry", 6)]


UNKNOWN = """
import time

from tenacity import retry, stop_after_attempt


def fetch(times):
    for attempt in range(times):
        try:
            return operation()
        except OSError:
            time.sleep(1)
    raise OSError


@retry({stop})
def job(times):
    return fetch(times)
"""


@pytest.mark.parametrize(
    ("stop", "said"),
    [
        ("stop=stop_after_attempt(4)", "at least 4 executions (tenacity 4 x loop ?)"),
        ("stop=STOP", "the attempts multiply (tenacity ? x loop ?)"),
        ("", "the attempts multiply (tenacity without end x loop ?)"),
    ],
)
def test_what_is_not_told_is_not_counted(stop: str, said: str) -> None:
    (finding,) = lint_source(UNKNOWN.format(stop=stop), settings=Settings(select=("RTY701",)))
    assert said in finding.message


def test_the_bar_can_be_set() -> None:
    source = next(path for path in FIXTURES if path.stem == "loop_in_a_policy").read_text(encoding="utf-8")
    for bar, count in ((12, 0), (11, 1)):
        findings = lint_source(source, settings=Settings(select=("RTY701",), max_amplification=bar))
        assert len(findings) == count


CLIENTS = {
    "of the module": ("client = openai.OpenAI()\n", "    return client.chat.completions.create()\n", "OpenAI client 3"),
    "told how often": (
        "client = openai.OpenAI(max_retries=4)\n",
        "    return client.chat.completions.create()\n",
        "OpenAI client 5",
    ),
    "made here": ("", "    client = openai.OpenAI()\n    return client.responses.create()\n", "OpenAI client 3"),
    "made on the spot": ("", "    return openai.OpenAI().responses.create()\n", "OpenAI client 3"),
    "of another name": (
        "one = openai.OpenAI()\nclient = one\n",
        "    return client.responses.create()\n",
        "OpenAI client 3",
    ),
    "told by another module": (
        "client = openai.OpenAI(max_retries=MOST)\n",
        "    return client.responses.create()\n",
        "OpenAI client ?",
    ),
}
STACKED = (
    "import openai\nfrom tenacity import retry, stop_after_attempt\n\n{made}\n\n"
    "@retry(stop=stop_after_attempt({times}))\ndef ask():\n{body}"
)


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_is_the_last_layer(name: str) -> None:
    made, body, layer = CLIENTS[name]
    source = STACKED.format(made=made, body=body, times=5)
    (finding,) = lint_source(source, settings=Settings(select=("RTY701", "RTY702")))
    assert finding.code == "RTY702"
    assert f"(tenacity 5 x the {layer})" in finding.message
    times = int(layer[-1]) * 5 if layer[-1].isdigit() else 5
    assert f"{'up to' if layer[-1].isdigit() else 'at least'} {times} requests" in finding.message


def test_a_client_multiplies_retries_of_retries() -> None:
    source = STACKED.format(made="client = openai.OpenAI()\n", body="    return client.responses.create()\n", times=5)
    source += "\n\n@retry(stop=stop_after_attempt(4))\ndef job():\n    return ask()\n"
    (finding,) = lint_source(source, settings=Settings(select=("RTY701", "RTY702")))
    assert finding.code == "RTY701"
    assert "up to 60 requests (tenacity 4 x tenacity 5 x the OpenAI client 3)" in finding.message


@pytest.mark.parametrize("body", ["    return client.close()\n", "    return client\n", "    return other(client)\n"])
def test_what_sends_no_request(body: str) -> None:
    source = STACKED.format(made="client = openai.OpenAI()\n", body=body, times=5)
    assert lint_source(source, settings=Settings(select=("RTY702",))) == ()
