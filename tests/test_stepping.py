"""May anything in a function tell that its last run had failed? The bytes say so wherever the code does."""

from __future__ import annotations

import ast

import pytest

from retrylint import code
from retrylint.again.resolve import again_test
from retrylint.flow import self_calls
from retrylint.layout import bounds_of, code_of, heads_of
from retrylint.names import Owner
from retrylint.recursion_screen import recursions_in
from retrylint.sketch.lower import Lowering
from retrylint.stepping import may_tell_failure

TELLING = {
    "a count as an argument": """
def get(url, attempt=0):
    if attempt < 3 and not load(url):
        return get(url, attempt + 1)
""",
    "a count as a keyword": """
def get(url, left=3):
    if left and not load(url):
        return get(url, left=left - 1)
""",
    "a flag": """
def get(url, again=True):
    if again and not load(url):
        return get(url, again=False)
""",
    "no flag": """
def get(url, done=False):
    if not done and not load(url):
        return get(url, not done)
""",
    "a number": """
def get(url, left=3):
    if left and not load(url):
        return get(url, -1)
""",
    "a status": """
def get(url):
    answer = load(url)
    if answer.status == 503:
        return get(url)
""",
    "an attribute that is counted": """
def get(self, url):
    self.n += 1
    if self.n < 3:
        return get(self, url)
""",
    "an attribute that is set": """
def get(self, url):
    self.n = (self.n + 1)
    if self.n < 3:
        get(self, url)
""",
    "an item": """
def get(n, url):
    n['x'] = n['x'] + 1
    if n['x'] < 3:
        get(n, url)
""",
    "a pair": """
def get(self, u):
    wait, left = self.r
    if left:
        self.r = (
            wait,
            left - 1)
        get(self, u)
""",
    "two at once": """
def get(self, u):
    left = self.n = self.n - 1
    if left:
        get(self, u)
""",
    "one of the module": """
def get(u):
    global n
    n = bump(n)
    if n < 3:
        get(u)
""",
    "a name for a count": """
def get(u, n=0):
    following: int = n + 1
    if n < 3:
        get(u, following)
""",
    "a count in place": """
def get(u, n=0):
    if n < 3:
        n += 1
        get(u, n)
""",
    "a walrus": """
def get(u, n=3):
    if n:
        get(u, (n := n - 1))
""",
    "a handler": """
def get(u):
    try:
        return load(u)
    except OSError:
        return get(u)
""",
}
QUIET = {
    "a part": """
def walk(node):
    if node.left:
        walk(node.left)
""",
    "another name": """
def get(url, n=0):
    other = better(url)
    if other:
        return get(other, n)
""",
    "the same": """
def get(url):
    if not ready():
        prepare()
        return get(url)
""",
    "a sum of others": """
def add(a, b):
    total = a * b
    if total:
        return add(b, total)
""",
}


def _found(text: str) -> tuple[bool, bool]:
    """Whether the code may tell, and whether the bytes may."""
    text = text.lstrip()
    function = Lowering(text).lower(ast.parse(text).body[0])
    assert isinstance(function, code.Function)
    calls = self_calls(function, again_test(function, Owner()))
    assert calls
    seen = code_of(text.encode())
    heads = heads_of(seen)
    return may_tell_failure(function, calls), bool(
        list(recursions_in(seen, heads, bounds_of(seen, heads), text.encode()))
    )


@pytest.mark.parametrize("text", TELLING.values(), ids=TELLING)
def test_what_may_tell_is_found_in_the_bytes_too(text: str) -> None:
    assert _found(text) == (True, True)


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET)
def test_what_cannot_tell_is_not_read(text: str) -> None:
    assert _found(text) == (False, False)
