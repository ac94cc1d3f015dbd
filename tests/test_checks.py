"""What the checks say, in numbers, and where they are silent."""

from __future__ import annotations

import pytest

from retrylint import lint_source
from retrylint.config import Settings

SLEEPING = """
import time
from celery import shared_task

@shared_task
def send(order, tries=3):
    try:
        deliver(order)
    except OSError:
        if tries == 0:
            raise
        time.sleep({seconds})
        send(order, tries - 1)
"""

KEPT = "each attempt keeps the stack frames, locks and `finally` blocks of those before it"

SAID = {
    "the seed": (
        """
from time import sleep

def process_task():
    try:
        work()
    except Exception:
        sleep(10)
        process_task()
""",
        [
            (
                "RTY101 retries itself without a limit: each failure sleeps 10 s and recurses"
                " (RecursionError after about 1,000 failures, 2 h 46 min)"
            )
        ],
    ),
    "the default limit": (
        """
from celery import shared_task

@shared_task(bind=True)
def charge(self):
    try:
        work()
    except OSError as error:
        raise self.retry(exc=error)
""",
        ["RTY105 runs at most 4 times (Celery's default of 3 retries, 3 min apart); say max_retries"],
    ),
    "no limit": (
        """
from celery import shared_task

@shared_task(bind=True, max_retries=None, default_retry_delay=5)
def charge(self):
    try:
        work()
    except OSError as error:
        raise self.retry(exc=error)
""",
        ["RTY104 retries for ever, every 5 s: max_retries=None means no limit in Celery"],
    ),
    "a count of its own": (
        """
from celery import shared_task

@shared_task(bind=True, max_retries=None)
def wait_for(self, label):
    if not label.is_picked_up():
        if self.request.retries > 48:
            return
        self.retry(countdown=1800)
""",
        [],
    ),
    "a wait for nothing": (
        """
import time

def fetch(url, attempt=1):
    if attempt > 4:
        raise LookupError(url)
    try:
        return work(url)
    except OSError:
        time.sleep(2 ** attempt)
        return fetch(url, attempt + 1)
""",
        [
            "RTY205 runs 4 times, then waits 16 s more for nothing before it raises",
            f"RTY107 runs up to 4 times by calling itself (waits 2 s, 4 s and 8 s): {KEPT}",
        ],
    ),
    "a wait for nothing, however often": (
        """
import time

def fetch(url, attempts):
    for _ in range(attempts):
        try:
            return work(url)
        except OSError as error:
            failure = error
            time.sleep(2)
    raise failure
""",
        ["RTY205 after its last attempt it waits 2 s more for nothing before it raises"],
    ),
    "a wait for nothing, however long": (
        """
import time

def fetch(url, attempts, pause):
    for _ in range(attempts):
        try:
            return work(url)
        except OSError:
            time.sleep(pause)
    return "nothing"
""",
        ["RTY205 after its last attempt it waits once more for nothing before it returns"],
    ),
    "no reader of the exits": (
        """
def fetch(url, again=True):
    try:
        return work(url)
    except (KeyboardInterrupt, SystemExit):
        raise
    except:
        if not again:
            raise
        return fetch(url, again=False)
""",
        [],
    ),
    "the exits told apart": (
        """
def fetch(url, again=True):
    try:
        return work(url)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) or not again:
            raise
        return fetch(url, again=False)
""",
        [],
    ),
    "no sleep in an event loop": (
        """
import time

async def fetch(url, tries=3):
    try:
        return await work(url)
    except OSError:
        if tries == 0:
            raise
        time.sleep(2)
        return await fetch(url, tries - 1)
""",
        [
            "RTY301 waits with time.sleep in async code: the event loop stands still up to 6 s in all",
            f"RTY107 runs up to 4 times by calling itself (2 s apart): {KEPT}",
        ],
    ),
}


@pytest.mark.parametrize(("source", "said"), SAID.values(), ids=SAID)
def test_what_is_said(source: str, said: list[str]) -> None:
    assert [f"{finding.code} {finding.message}" for finding in lint_source(source)] == said


SAID_WHEN_ASKED = {
    "a bug is repeated": (
        "RTY402",
        """
import time

def fetch(url, attempt=1):
    try:
        return work(url)
    except Exception:
        if attempt == 4:
            raise
        time.sleep(2 ** attempt)
        return fetch(url, attempt + 1)
""",
        ["7 retries on `Exception`: an error in the program is repeated 3 times over 14 s before it comes out"],
    ),
    "each handler by itself": (
        "RTY402",
        """
def fetch(url):
    try:
        return work(url)
    except OSError:
        return fetch(url)
    except Exception:
        return fetch(url)
""",
        ["7 retries on `Exception`: an error in the program is repeated without end before it comes out"],
    ),
    "an error that stays": (
        "RTY403",
        """
def send(order, tries=4):
    try:
        return charge(order)
    except (OSError, TypeError, errors.Unauthorized):
        if tries == 0:
            raise
        return send(order, tries - 1)
""",
        ["5 retries `TypeError` and `errors.Unauthorized`, which another attempt cannot mend: repeated 4 times"],
    ),
    "a write without a key": (
        "RTY404",
        """
def remind(customer, tries=3):
    try:
        prepare(customer)
        mailer.send_mail(customer)
    except OSError:
        if tries == 0:
            raise
        return remind(customer, tries - 1)
""",
        ["5 `mailer.send_mail` is repeated 3 times without an idempotency key: what failed may have been done"],
    ),
    "a request that waits": (
        "RTY303",
        """
import time
from django.views import View

class Price(View):
    def get(self, request, sku, tries=3):
        try:
            return answer(sku)
        except OSError:
            if tries == 0:
                raise
            time.sleep(2)
            return self.get(request, sku, tries - 1)
""",
        ["12 sleeps in a view: the request, and the worker that answers it, wait for 6 s while the operation fails"],
    ),
    "a loop without end": (
        "RTY102",
        """
import time

def fetch(sku):
    while True:
        try:
            return read(sku)
        except OSError:
            time.sleep(5)
""",
        [
            (
                "5 retries without a limit: each failure waits 5 s and goes round again, and the caller waits for as"
                " long as the operation fails"
            ),
        ],
    ),
    "many attempts, and long": (
        "RTY10",
        """
import time

def fetch(sku):
    for attempt in range(12):
        try:
            return read(sku)
        except OSError:
            if attempt == 11:
                raise
            time.sleep(2 ** attempt)
""",
        [
            "5 runs up to 12 times (waits 1 s, 2 s, 4 s ... 17 min 4 s): more than the 10 attempts that are allowed",
            "11 waits up to 34 min 7 s over 12 attempts: longer than the 15 min that are allowed",
        ],
    ),
    "a backoff that is not capped, and without jitter": (
        "RTY20",
        """
import time

def fetch(sku):
    for attempt in range(9):
        try:
            return read(sku)
        except OSError:
            if attempt == 8:
                raise
            time.sleep(2 ** attempt)
""",
        [
            "11 backs off without jitter (waits 1 s, 2 s, 4 s ... 2 min 8 s): what failed together comes back together",
            "11 backs off without a maximum: the last of 8 waits is 2 min 8 s",
        ],
    ),
    "nothing in the end": (
        "RTY601",
        """
import time

def fetch(sku):
    for attempt in range(3):
        try:
            return read(sku)
        except OSError:
            time.sleep(5)
""",
        ["5 after 3 attempts, 15 s later, it falls off its end: the caller gets None, neither the value nor the error"],
    ),
    "a time limit that starts again": (
        "RTY408",
        """
from celery import shared_task

@shared_task(bind=True, max_retries=2)
def build(self):
    try:
        work()
    except Exception as error:
        raise self.retry(exc=error)
""",
        ["8 retries SoftTimeLimitExceeded like any failure: the time limit starts again with each retry"],
    ),
    "a time limit that is used up": (
        "RTY408",
        """
from celery import shared_task

@shared_task
def build():
    try:
        work()
    except:
        build()
""",
        ["8 retries SoftTimeLimitExceeded like any failure: the task goes on, with no time limit but the hard one"],
    ),
}


@pytest.mark.parametrize(("code", "source", "said"), SAID_WHEN_ASKED.values(), ids=SAID_WHEN_ASKED)
def test_what_is_said_when_asked(code: str, source: str, said: list[str]) -> None:
    findings = lint_source(source, settings=Settings(select=(code,)))
    assert [f"{finding.span.line} {finding.message}" for finding in findings] == said


@pytest.mark.parametrize(
    ("seconds", "bar", "held"), [(3, 10, False), (4, 10, True), (4, 13, False), (100, 1000, False)]
)
def test_a_worker_may_be_held_for_so_long(seconds: int, bar: float, held: bool) -> None:
    settings = Settings(select=("RTY302",), max_blocking=bar)
    findings = lint_source(SLEEPING.format(seconds=seconds), settings=settings)
    assert [finding.code for finding in findings] == (["RTY302"] if held else [])
