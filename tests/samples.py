"""Small sources that several tests read."""

from __future__ import annotations

# The blocking recursion that this project began with: RTY101 at the self-call, 9:9.
SEED = """\
from time import sleep


def process_task():
    try:
        work()
    except Exception:
        sleep(10)
        process_task()
"""

GOOD_TASK = """\
from celery import shared_task


@shared_task(bind=True, max_retries=3, default_retry_delay=10)
def process_task(self):
    try:
        work()
    except Exception as exc:
        raise self.retry(exc=exc)
"""

UNLIMITED_TASK = """\
from celery import shared_task


@shared_task(bind=True, max_retries=None)
def process_task(self):
    try:
        work()
    except OSError as exc:
        raise self.retry(exc=exc)
"""

BROKEN = "def broken(:\n    pass\n"
