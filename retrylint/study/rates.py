"""Does a function answer a refusal for its rate with a wait of its own, whatever the response says?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from retrylint import code

STATUSES = frozenset({429, 503})
REFUSED = re.compile(r"TooManyRequests|TOO_MANY_REQUESTS|SERVICE_UNAVAILABLE|RateLimit", re.IGNORECASE)
ADVICE = re.compile(r"retry[-_ ]?after|rate[-_ ]?limit[-_ ]?reset", re.IGNORECASE)


def ignores_retry_after(function: code.Function) -> bool:
    """Does it look at 429 or 503, or catch their exceptions, and nowhere at `Retry-After`?"""
    words = list(_words(function))
    refused = any(isinstance(word, int) and word in STATUSES for word in _statuses(function))
    refused = refused or any(REFUSED.search(name) for name in _caught(function))
    return refused and not any(ADVICE.search(word) for word in words)


def _statuses(function: code.Function) -> Iterator[object]:
    for node in code.walk(*function.body):
        if isinstance(node, code.Compare):
            yield from (part.value for part in code.walk(node) if isinstance(part, code.Const))


def _caught(function: code.Function) -> Iterator[str]:
    for node in code.walk(*function.body):
        if isinstance(node, code.Handler) and node.type is not None:
            yield from (code.dotted(part) or "" for part in code.walk(node.type))
        elif isinstance(node, code.Compare):
            yield from (code.last_name(part) for part in code.walk(node))


def _words(function: code.Function) -> Iterator[str]:
    for node in code.walk(*function.body):
        if isinstance(node, code.Const) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, (code.Name, code.Attribute)):
            yield code.last_name(node)
        elif isinstance(node, code.Call):
            yield from (argument.keyword for argument in node.arguments if argument.keyword)
