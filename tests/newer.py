"""The same retries in newer and in older spelling, line for line: (since, newer, older)."""

from __future__ import annotations

RECURSION = """\
def fetch(url):
    try:
        return operation(url)
    except OSError:
        return fetch(url)
"""
LOOP = """\
import time

def fetch(url):
    while True:
        try:
            return operation(url)
        except (OSError, ValueError):
            time.sleep(1)
"""
TASK = """\
from celery import shared_task

@shared_task(bind=True, max_retries=None)
def run(self, key):
    try:
        operation(key)
    except OSError as error:
        raise self.retry(exc=error)
"""
METHOD = """\
class Client:
    def fetch(self, url):
        try:
            return self.get(url)
        except OSError:
            return self.fetch(url)
"""
CLIENT = """\
import requests
from requests.adapters import HTTPAdapter

session = requests.Session()
adapter = HTTPAdapter(max_retries=50)
session.mount("https://", adapter)
"""

PAIRS: dict[str, tuple[str, str]] = {
    "695 alias": (f"type Key = int | str\n{RECURSION}", f"Key = int | str\n{RECURSION}"),
    "695 alias in a class": (
        METHOD.replace("    def", "    type K = int\n    def"),
        METHOD.replace("    def", "    K = 1\n    def"),
    ),
    "695 function": (RECURSION.replace("(url):", "[T: int](url: T) -> T:", 1), RECURSION),
    "695 tuple of types": (LOOP.replace("fetch(url)", "fetch[*Ts, **P](url)"), LOOP),
    "695 class": (METHOD.replace("Client:", "Client[T]:"), METHOD),
    "696 default": (LOOP.replace("fetch(url)", "fetch[T = int](url)"), LOOP),
    "695 beside a task": (f"{TASK}type Key = int\n", f"{TASK}Key = int\n"),
    "695 beside a client": (f"{CLIENT}type Key = int\n", f"{CLIENT}Key = int\n"),
    "701 quotes": (
        RECURSION.replace("operation(url)", 'operation(f"{url["a"]}")'),
        RECURSION.replace("operation(url)", "operation(f\"{url['a']}\")"),
    ),
    "701 backslash": (
        LOOP.replace("time.sleep", "log(f\"{'\\n'.join(url)}\"); time.sleep"),
        LOOP.replace("time.sleep", "log(f\"{' n'.join(url)}\"); time.sleep"),
    ),
    "701 comment": (
        LOOP.replace(
            "            time", "            log(f'''{\n                url  # it\n            }''')\n            time"
        ),
        LOOP.replace(
            "            time", "            log((\n                url  # it\n            ))\n            time"
        ),
    ),
    "701 nested": (
        TASK.replace("operation(key)", "operation(f'{f'{f'{key}'}'}')"),
        TASK.replace("operation(key)", "operation(f'{key}')"),
    ),
    "758": (LOOP.replace("(OSError, ValueError)", "OSError, ValueError"), LOOP),
    "758 dotted": (
        LOOP.replace("(OSError, ValueError)", "OSError, socket.timeout"),
        LOOP.replace("(OSError, ValueError)", "(OSError, socket.timeout)"),
    ),
    "758 imported": (
        "from socket import timeout\n" + LOOP.replace("(OSError, ValueError)", "OSError, timeout"),
        "from socket import timeout\n" + LOOP.replace("(OSError, ValueError)", "(OSError, timeout)"),
    ),
    "758 beside": (
        f"try:\n    import a\nexcept ImportError, AttributeError:\n    a = None\n{METHOD}",
        f"try:\n    import a\nexcept (ImportError, AttributeError):\n    a = None\n{METHOD}",
    ),
    "750": (
        LOOP.replace("operation(url)", "operation(t'{url}')"),
        LOOP.replace("operation(url)", "operation(f'{url}')"),
    ),
    "798": (
        LOOP.replace("operation(url)", "operation([*a for a in url])"),
        LOOP.replace("operation(url)", "operation([a for a in url])"),
    ),
    "810": (f"lazy import json\nlazy from a import b\n{TASK}", f"import json\nfrom a import b\n{TASK}"),
    "wide characters": (
        f"type Größe = int\n{RECURSION}".replace("operation(url)", "operation('日本', url)"),
        f"Größe = int\n{RECURSION}".replace("operation(url)", "operation('日本', url)"),
    ),
}
