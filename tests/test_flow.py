"""How blocks end, which self-calls a failure leads to, and whether a self-call hands on the same inputs."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from retrylint import code
from retrylint.again.resolve import again_test
from retrylint.dataflow import handover
from retrylint.flow import SelfCall, ends, self_calls
from retrylint.names import Owner, receiver
from retrylint.sketch.lower import Lowering

ENDS = {
    "pass": "next",
    "a = 1": "next",
    "a += 1": "next",
    "del a": "next",
    "import a": "next",
    "global a": "next",
    "assert a": "next",
    "def g(): return 1": "next",
    "class A: pass": "next",
    "work()": "next",
    "return": "return",
    "return 1": "return",
    "raise": "raise",
    "raise E from error": "raise",
    "raise E\nreturn": "raise",
    "while a:\n  break": "next",
    "while a:\n  continue": "next",
    "sys.exit(1)": "raise",
    "os._exit(1)": "raise",
    "exit()": "raise",
    "quit()": "raise",
    "a.exit()": "next",
    "if a: return": "next return",
    "if a: return\nelse: raise": "return raise",
    "if a: return\nelif b: raise": "next return raise",
    "if a: return\nelif b: raise\nelse: pass": "next return raise",
    "if a: return\nraise E": "return raise",
    "if a: pass\nelse: return 1": "next return",
    "while a: return": "next return",
    "while True: work()": "",
    "while 1: return": "return",
    "while True:\n  if a: break": "next",
    "while True:\n  if a: raise E\n  if b: return": "raise return",
    "while True:\n  while b: break": "",
    "while 0: return\nelse: raise": "raise return",
    "while a: break\nelse: return": "next return",
    "while a: return 1\nelse: raise": "raise return",
    "for a in b: return": "next return",
    "for a in b: pass\nelse: return": "return",
    "for a in b:\n  if a: break\nelse: raise E": "next raise",
    "for a in b: continue": "next",
    "async for a in b: return": "next return",
    "with a: return": "return",
    "with a: pass": "next",
    "with a, b() as c: raise": "raise",
    "async with a: return": "return",
    "with suppress(E): return": "next return",
    "with contextlib.suppress(E): raise E": "next raise",
    "try: a()\nexcept E: return": "next return",
    "try: return a()\nexcept E: pass": "next return",
    "try: return a()\nexcept E: raise": "raise return",
    "try: return a()\nexcept E: raise\nexcept F: pass": "next raise return",
    "try: a()\nexcept E: raise\nelse: return": "raise return",
    "try: return a()\nexcept E: return\nelse: raise F": "return",
    "try: a()\nfinally: b()": "next",
    "try: a()\nfinally: return": "return",
    "try: return a()\nfinally: b()": "return",
    "try: return a()\nexcept E: pass\nfinally:\n  if b: raise": "next raise return",
    "try: return a()\nexcept E: raise\nfinally: raise F": "raise",
    "try:\n  try: return a()\n  except E: raise F\nexcept F: pass": "next raise return",
    "match a:\n  case 1: return": "next return",
    "match a:\n  case 1: return\n  case _: raise": "raise return",
    "match a:\n  case 1: return\n  case b: pass": "next return",
    "match a:\n  case 1: return\n  case b if b: raise": "next raise return",
}


@pytest.mark.parametrize("source", ENDS, ids=lambda source: source.replace("\n", " / "))
def test_how_a_block_ends(source: str) -> None:
    assert ends(lowered(source).body) == frozenset(ENDS[source].split())


@pytest.mark.parametrize("statement", ["break", "continue"])
def test_what_leaves_a_round_is_of_its_loop(statement: str) -> None:
    [loop] = lowered(f"for a in b:\n  if c: {statement}\n  return").body
    assert isinstance(loop, code.For)
    assert ends(loop.body) == {statement, "return"}


SELF_CALLS = {
    "handler": ("try: work()\nexcept E: fetch(url)", ["handler"]),
    "returned in handler": ("try: return work()\nexcept E: return fetch(url)", ["handler"]),
    "awaited in handler": ("try: work()\nexcept E: return [await fetch(url)]", ["handler"]),
    "under a test in handler": ("try: work()\nexcept E:\n  if n: fetch(url)", ["handler"]),
    "each handler": ("try: work()\nexcept E: fetch(url)\nexcept F: fetch(url)", ["handler", "handler"]),
    "with in handler": ("try: work()\nexcept E:\n  with a: fetch(url)", ["handler"]),
    "loop in handler": ("try: work()\nexcept E:\n  for a in b: fetch(url)", ["handler"]),
    "match in handler": ("try: work()\nexcept E:\n  match e:\n    case 1: fetch(url)", ["handler"]),
    "callback in handler": ("try: work()\nexcept E: later(lambda: fetch(url))", ["handler"]),
    "try in try": ("try:\n  try: work()\n  except E: fetch(url)\nexcept F: pass", ["handler"]),
    "try in handler": ("try: work()\nexcept E:\n  try: undo()\n  except F: fetch(url)", ["handler"]),
    "behind a try": ("try: return work()\nexcept E: pass\nreturn fetch(url)", ["after"]),
    "behind a try with else": ("try: work()\nexcept E: pass\nelse: return\nfetch(url)", ["after"]),
    "behind a try that raises": ("try: return work()\nexcept E: raise\nreturn fetch(url)", []),
    "behind a try that may succeed": ("try: work()\nexcept E: pass\nfetch(url)", []),
    "behind one of two handlers": ("try: return work()\nexcept E: raise\nexcept F: pass\nfetch(url)", ["after"]),
    "flag": ("ok = False\ntry: ok = work()\nexcept E: pass\nif not ok: fetch(url)", ["result"]),
    "result": ("if not work(): return fetch(url)", ["result"]),
    "result in else": ("if work(): return 1\nelse: return fetch(url)", ["result"]),
    "result behind a return": ("if work(): return 1\nreturn fetch(url)", ["result"]),
    "in a test": ("try: work()\nexcept E:\n  if fetch(url): pass", ["handler"]),
    "while test": ("while work(): fetch(url)", ["result"]),
    "every execution": ("work()\nfetch(url)", []),
    "try body": ("try: fetch(url)\nexcept E: pass", []),
    "else": ("try: work()\nexcept E: raise\nelse: fetch(url)", []),
    "finally": ("try: work()\nfinally: fetch(url)", []),
    "each item": ("for a in b: fetch(a)", []),
    "nested function": ("try: work()\nexcept E:\n  def again(): fetch(url)\n  again()", []),
    "another function": ("try: work()\nexcept E: other.fetch(url)", []),
    "only mentioned": ("try: work()\nexcept E: return fetch", []),
    "hidden by a local name": ("fetch = work\ntry: work()\nexcept E: fetch(url)", []),
    "hidden by an import": ("from a import fetch\ntry: work()\nexcept E: fetch(url)", []),
    "hidden by a function": ("def fetch(url): pass\ntry: work()\nexcept E: fetch(url)", []),
    "a method of an inner class hides nothing": (
        "class Inner:\n  def fetch(self): pass\ntry: work()\nexcept E: fetch(url)",
        ["handler"],
    ),
    "a name in an inner function hides nothing": (
        "def inner():\n  fetch = 1\ntry: work()\nexcept E: fetch(url)",
        ["handler"],
    ),
}


@pytest.mark.parametrize("name", SELF_CALLS)
def test_what_leads_to_a_self_call(name: str) -> None:
    source, expected = SELF_CALLS[name]
    assert [call.via for call in found_in(lowered(source))] == expected


def test_handlers_that_a_self_call_stands_in() -> None:
    function = lowered("try: a()\nexcept E:\n  try: b()\n  except F: fetch(url)")
    [call] = found_in(function)
    outer = function.body[0]
    assert isinstance(outer, code.Try)
    assert [(enclosing is outer, handler.type) for enclosing, handler in call.enclosing] == [(True, code.Name("E"))]
    assert [handler.type for handler in call.handlers] == [code.Name("F")]


def test_tests_around_a_self_call() -> None:
    [call] = found_in(lowered("if a: return\nif b:\n  try: c()\n  except E:\n    while d: fetch(url)"))
    assert call.tests == (code.Name("a"), code.Name("b"), code.Name("d"))


HANDOVER = {
    "same": ("url", "work(url)", "fetch(url)", [], None),
    "same by keyword": ("url", "work(url)", "fetch(url=url)", [], None),
    "left out": ("url=None", "work(url)", "fetch()", [], None),
    "counted up": ("url, n=0", "work(url)", "fetch(url, n + 1)", ["n"], None),
    "counted by keyword": ("url, *, n=0", "work(url)", "fetch(url, n=n + 1)", ["n"], None),
    "counter that is logged": ("url, n=0", "log.info(n); work(url)", "fetch(url, n + 1)", ["n"], None),
    "counter that is slept on": ("url, n=0", "time.sleep(n); work(url)", "fetch(url, n + 1)", ["n"], None),
    "flag": ("url, again=True", "work(url)", "fetch(url, again=False)", ["again"], None),
    "flag by default": ("url, again=True", "work(url, again)", "fetch(url, True)", ["again"], None),
    "changed": ("url", "work(url)", "fetch(url + '/')", [], "url"),
    "changed through a name": ("url", "target = url; work(target)", "fetch(url[1:])", [], "url"),
    "changed through an object": ("client, url", "client.get(url)", "fetch(client.next, url)", [], "client"),
    "half of the batch": ("rows", "work(rows)", "fetch(rows[:5])", [], "rows"),
    "counter that feeds": ("url, page=1", "work(url, page)", "fetch(url, page + 1)", [], "page"),
    "another text": ("url, scheme='https'", "work(url)", "fetch(url, 'http')", [], "scheme"),
    "renamed": ("url", "target = url; work(target)", "fetch(target)", [], None),
    "renamed with a stand-in": ("url=None", "target = url or HOME; work(target)", "fetch(target)", [], None),
    "stars": ("*args, **kwargs", "work(*args, **kwargs)", "fetch(*args, **kwargs)", [], None),
    "stars and a step": ("*args, n=0, **kw", "work(*args, **kw)", "fetch(*args, n=n + 1, **kw)", ["n"], None),
    "other stars": ("*args", "work(*args)", "fetch(*args[1:])", [], "*"),
    "new connection": ("conn, url", "conn.get(url)", "fetch(connect(), url)", ["conn"], None),
    "connection to another place": ("conn, url", "conn.get(url)", "fetch(connect(url), url)", [], "conn"),
}


@pytest.mark.parametrize("name", HANDOVER)
def test_what_a_self_call_hands_on(name: str) -> None:
    parameters, work, call, steps, changed = HANDOVER[name]
    function = lowered(f"try:\n  {work}\nexcept E:\n  return {call}", parameters)
    [found] = found_in(function)
    handed = handover(function, found, is_method=False)
    assert (sorted(handed.steps), handed.changed) == (steps, changed)


MOVED = {
    "attribute that feeds": ("work(self.page)", "self.page += 1", [], "self.page"),
    "attribute that counts": ("work(self.page)", "self.tries += 1", ["self.tries"], None),
    "attribute set to a constant": ("work(self.page)", "self.page = 1", [], None),
    "attribute made anew": ("self.conn.get(url)", "self.conn = connect()", [], None),
    "parameter": ("work(url)", "url = url[1:]", [], "url"),
    "local name": ("target = url; work(target)", "target = url[1:]", ["target"], None),
    "item that counts": ("work(url)", "state['tries'] += 1", [], None),
    "item that feeds": ("work(url, options)", "options['a'] = url", [], "options"),
}


@pytest.mark.parametrize("name", MOVED)
def test_what_the_failure_moves_on(name: str) -> None:
    work, failure, steps, changed = MOVED[name]
    body = f"try:\n  {work}\nexcept E:\n  {failure}\n  return self.fetch(url, options)"
    function = lowered(body, "self, url, options=None")
    owner = Owner(("Client",), in_class=True)
    [found] = self_calls(function, again_test(function, owner))
    handed = handover(function, found, is_method=receiver(function, owner) is not None)
    assert (sorted(handed.steps), handed.changed) == (steps, changed)


def lowered(body: str, parameters: str = "url, n=0") -> code.Function:
    """The function `fetch` with this body."""
    source = f"async def fetch({parameters}):\n{indent(dedent(body), '  ')}\n"
    function = Lowering(source).lower(ast.parse(source).body[0])
    assert isinstance(function, code.Function)
    return function


def found_in(function: code.Function) -> tuple[SelfCall, ...]:
    return self_calls(function, again_test(function, Owner()))
