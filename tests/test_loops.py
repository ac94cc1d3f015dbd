"""One round of a loop, the inputs of its operation, what its tests tell, and what the loop is therefore called."""

from __future__ import annotations

import ast
from textwrap import dedent, indent

import pytest

from retrylint import code
from retrylint.loops.classify import Kind, classify
from retrylint.loops.inputs import Change, change_of
from retrylint.loops.items import counts_attempts
from retrylint.loops.rounds import Choice, Loop, TooManyWays, Way, carried, ways
from retrylint.loops.telling import (
    asks_for_presence,
    expected_errno,
    is_about_failure,
    is_about_progress,
    is_error_status,
    predicts_failure,
)
from retrylint.operations import operations_of
from retrylint.sketch.lower import Lowering


def lowered(source: str) -> code.Stmt:
    statement: code.Stmt = Lowering(source).lower(ast.parse(source).body[0])
    return statement


def loop_of(source: str) -> Loop:
    loop = lowered(dedent(source).strip())
    assert isinstance(loop, (code.For, code.While))
    return loop


def expression(source: str) -> code.Expr:
    statement = lowered(source)
    assert isinstance(statement, code.Evaluate)
    return statement.value


# -- rounds


ROUNDS = {
    "a()": "round",
    "break": "leaves",
    "return": "leaves",
    "raise E": "raises",
    "continue": "round, asked",
    "if x: break": "leaves | round",
    "if x: continue\nbreak": "leaves | round, asked",
    "try: a()\nexcept E: pass": "round after a failure | round after a success",
    "try:\n  a()\n  break\nexcept E: pass": "leaves after a success | round after a failure",
    "try:\n  a()\n  break\nexcept E: raise": "leaves after a success | raises after a failure",
    "try: a()\nexcept E: pass\nelse: break": "leaves after a success | round after a failure",
    "try: a()\nexcept E: continue\nbreak": "leaves after a success | round, asked after a failure",
    "try: return a()\nfinally: b()": "leaves after a success",
    "try: return a()\nexcept E: pass\nfinally: return b": "leaves after a failure | leaves after a success",
    "with suppress(E):\n  return a()": "leaves after a success | round after a failure",
    "with b as c:\n  return a()": "leaves",
    "done = False\ntry:\n  a()\n  done = True\nexcept E: pass\nif done: break":
        "leaves after a success | round after a failure",
    "r = None\ntry: r = a()\nexcept E: pass\nif r is None: continue\nbreak":
        "leaves after a success | round, asked after a failure | round, asked after a success",
    "for b in c:\n  if b: break": "round",
    "for b in c:\n  if b: return": "leaves | round",
    "match b:\n  case 1: return\n  case _: pass": "leaves | round",
    "match b:\n  case 1: return": "leaves | round",
}  # fmt: skip


def told(way: Way) -> str:
    """A way through a round in words."""
    failed, succeeded = bool(way.state.failed), bool(way.state.succeeded)
    parts = [way.outcome + (", asked" if way.asked else "")]
    parts += ["after a failure"] if failed else ["after a success"] if succeeded else []
    return " ".join(parts)


@pytest.mark.parametrize("body", ROUNDS)
def test_a_round_ends_in_each_of_its_ways(body: str) -> None:
    loop = loop_of("while True:\n" + indent(body, "    "))
    assert " | ".join(sorted({told(way) for way in ways(loop)})) == ROUNDS[body]


CONDITIONS = {
    "True": "round",
    "x": "round",
    "not done": "leaves",
    "not done and left": "leaves",
    "not done or left": "round",
    "done is False": "leaves",
    "result is None": "leaves | round",
    "result.status != 200": "leaves | round",
}


@pytest.mark.parametrize("test", CONDITIONS)
def test_the_condition_of_the_loop_decides_what_it_knows(test: str) -> None:
    loop = loop_of(f"while {test}:\n    result = a()\n    done = True")
    assert " | ".join(sorted({way.outcome for way in ways(loop)})) == CONDITIONS[test]


def test_a_choice_tells_which_results_it_looks_at() -> None:
    loop = loop_of("while True:\n  r = send()\n  s = r.status\n  if s == 200:\n    break")
    (send,) = code.calls(*loop.body)
    answers = {choice.answer: choice.of for way in ways(loop) for choice in way.state.choices}
    assert answers == {True: {id(send)}, False: {id(send)}}


def test_what_every_round_leaves_is_known_in_the_next() -> None:
    loop = loop_of("while True:\n  if answer == 'no': continue\n  answer = ask()\n  a = b")
    assert [name for name, _ in carried(ways(loop))] == []
    loop = loop_of("while answer == 'again':\n  answer = ask()")
    assert [name for name, _ in carried(ways(loop))] == ["answer"]


def test_a_tangle_is_refused() -> None:
    tests = "".join(f"  if a{n}: b{n} = work{n}()\n" for n in range(12))
    uses = "".join(f"  if b{n}: continue\n" for n in range(12))
    loop = loop_of(f"while True:\n  send()\n{tests}{uses}  break")
    with pytest.raises(TooManyWays):
        ways(loop)
    verdict = classify(loop)
    assert verdict is not None
    assert verdict.kind == "unknown"


# -- inputs


CHANGES: dict[str, Change | None] = {
    "while True:\n  try: return put(data)\n  except E: data = b''": Change("data", "derived"),
    "while True:\n  try: return put(host)\n  except E: self.disable_ipv6()": Change("disable_ipv6", "derived"),
    "while True:\n  try: return put(host)\n  except E: self._next_mirror()": Change("_next_mirror", "derived"),
    "while True:\n  try: return put(names)\n  except E as e: known.remove(e.name)": Change("remove", "removed"),
    "while True:\n  options.update(page=n)\n  n += 1\n  try: return put(options)\n  except E: pass": Change(
        "n", "moved"
    ),
    "while True:\n  end = text.find(')', at)\n  at = end + 1\n  try: return put(text[:at])\n  except E: pass": Change(
        "end", "moved"
    ),
    "while True:\n  uid = uuid4()\n  try: return put(uid)\n  except E: pass": Change("uid", "drawn"),
    "while True:\n  host = pick(all)\n  try: return put(host)\n  except E: pass": Change("host", "derived"),
    "while True:\n  try: return get(url)\n  except E: pass": None,
    "while True:\n  try: return get(url, timeout=t)\n  except E: t += 1": None,
    "while True:\n  try: return get(url)\n  except E: log.info(url)": None,
    "while True:\n  url = url or default\n  try: return get(url)\n  except E: pass": None,
    "while True:\n  try: return self.get(url)\n  except E: self.connect()": None,
    "while True:\n  try: return get(n)\n  except E: n += 1": Change("n", "moved"),
    "while True:\n  try: return get(n)\n  except E: n //= 2": Change("n", "halved"),
    "while True:\n  try: return get(n)\n  except E: n = n / 2": Change("n", "halved"),
    "while True:\n  try: return put(rows)\n  except E: rows = rows[:9]": Change("rows", "halved"),
    "while True:\n  try: return put(rows)\n  except E: rows = rows[9:]": Change("rows", "derived"),
    "while True:\n  try: return get(url)\n  except E: url = url.parent": Change("url", "derived"),
    "while True:\n  try: return get(url)\n  except E as e: url = e.url": Change("url", "raised"),
    "while True:\n  try: return put(name)\n  except E: name = f'{name}_'": Change("name", "named"),
    "while True:\n  try: return put(name)\n  except E: name = choice(names)": Change("name", "drawn"),
    "while True:\n  try: return put(random())\n  except E: pass": Change("random", "drawn"),
    "while True:\n  try: return put(key=uuid4())\n  except E: pass": None,
    "while True:\n  try: return put(next(it))\n  except E: pass": Change("next", "taken"),
    "while True:\n  item = queue.get()\n  try: return put(item)\n  except E: pass": Change("item", "taken"),
    "while hosts:\n  host = hosts.pop()\n  try: return put(host)\n  except E: pass": Change("host", "taken"),
    "while hosts:\n  host = hosts[0]\n  try: return put(host)\n  except E: hosts.remove(host)": Change(
        "host", "removed"
    ),
    "while True:\n  host = pick(bad)\n  try: return put(host)\n  except E: bad.append(host)": Change("bad", "derived"),
    "while True:\n  data = read(path)\n  try: return put(data)\n  except E: pass": None,
    "for host in hosts:\n  try: return get(host)\n  except E: pass": Change("host", "item"),
    "for host in hosts:\n  try: return get(host.name)\n  except E: pass": Change("host", "item"),
    "for _ in hosts:\n  try: return get(url)\n  except E: pass": None,
    "for n in range(9):\n  try: return get(url)\n  except E: sleep(n)": None,
    "for n in range(9):\n  try: return get(n)\n  except E: pass": Change("n", "item"),
    "for attempt in range(9):\n  try: return get(url, attempt)\n  except E: pass": None,
    "for pause in (1, 2, 3):\n  try: return get(url)\n  except E: sleep(pause)": None,
}


@pytest.mark.parametrize("source", CHANGES)
def test_what_the_next_round_changes(source: str) -> None:
    loop = loop_of(source)
    (statement,) = (node for node in loop.body if isinstance(node, code.Try))
    operations = operations_of(statement.body, lambda call: False)
    assert change_of(loop, statement, statement.handlers, operations) == CHANGES[source]


@pytest.mark.parametrize(
    ("iterable", "counts"),
    [
        ("range(3)", True),
        ("range(a, b)", True),
        ("reversed(range(3))", True),
        ("enumerate(range(3))", True),
        ("itertools.count()", True),
        ("repeat(None, 3)", True),
        ("(1, 2, 3)", True),
        ("[0.5, 1.0]", True),
        ("retry_range(n)", True),
        ("backoff_delays()", True),
        ("hosts", False),
        ("[a, b]", False),
        ("enumerate(hosts)", False),
        ("reversed(hosts)", False),
        ("read(path)", False),
    ],
)
def test_a_loop_that_only_counts(iterable: str, counts: bool) -> None:
    loop = loop_of(f"for n in {iterable}:\n  pass")
    assert isinstance(loop, code.For)
    assert counts_attempts(loop) == counts


# -- telling


def chosen(test: str, answer: bool) -> list[Choice]:
    return [Choice(expression(test), answer, frozenset())]


@pytest.mark.parametrize(
    ("test", "failure"),
    [
        ("r.status_code >= 400", True),
        ("r.status_code == 503", True),
        ("r.status_code in (429, 503)", True),
        ("r.status_code != 200", True),
        ("r.status_code > 299", True),
        ("not r.status_code < 400", True),
        ("process.returncode", True),
        ("process.returncode != 0", True),
        ("code == 0", False),
        ("r.status_code == 200", False),
        ("r.status_code < 300", False),
        ("r.status_code in (200, 201)", False),
        ("200 <= r.status_code < 300", False),
        ("not r.status_code == 503", False),
        ("process.returncode == 0", False),
    ],
)
def test_a_status_tells_of_failure_by_its_polarity(test: str, failure: bool) -> None:
    assert is_error_status(chosen(test, failure))
    if "code == 0" not in test or failure is False:
        assert not is_error_status(chosen(test, not failure))


@pytest.mark.parametrize(
    ("test", "progress", "failure"),
    [
        ("job.state == 'running'", True, False),
        ("not job.done", True, False),
        ("volume.status != 'available'", True, False),
        ("not result.ok", False, True),
        ("result.error", False, True),
        ("r.status_code == 500", False, True),
        ("answer == 'retry'", False, True),
        ("answer == 'pending'", True, False),
        ("a > b", False, False),
    ],
)
def test_words_tell_progress_from_failure(test: str, progress: bool, failure: bool) -> None:
    assert is_about_progress([expression(test)]) == progress
    assert is_about_failure([expression(test)]) == failure


@pytest.mark.parametrize(
    ("test", "presence"),
    [
        ("found", True),
        ("not found", True),
        ("found is None", True),
        ("found is not None", True),
        ("a.b", True),
        ("found or other is None", True),
        ("found == 3", False),
        ("len(found)", False),
        ("found is other", False),
    ],
)
def test_asking_whether_there_is_anything(test: str, presence: bool) -> None:
    assert asks_for_presence(expression(test)) == presence


@pytest.mark.parametrize(
    ("test", "answer", "predicts"),
    [
        ("is_transient(r)", True, True),
        ("is_transient(r)", False, False),
        ("not is_transient(r)", False, True),
        ("self.should_retry(r)", True, True),
        ("has_failed(r)", True, True),
        ("is_fine(r)", True, False),
        ("r.error", True, False),
    ],
)
def test_a_function_that_is_named_after_failures(test: str, answer: bool, predicts: bool) -> None:
    assert predicts_failure(chosen(test, answer)) == predicts


@pytest.mark.parametrize(
    ("test", "answer", "name"),
    [
        ("e.errno == errno.EINTR", True, "EINTR"),
        ("e.errno != errno.EINTR", False, "EINTR"),
        ("e.errno in (errno.EAGAIN, errno.EWOULDBLOCK)", True, "EAGAIN"),
        ("not e.errno == EINTR", False, "EINTR"),
        ("e.errno == errno.EINTR and not closed", True, "EINTR"),
        ("e.errno != errno.EINTR or closed", False, "EINTR"),
        ("e.errno != errno.EINTR and closed", False, None),
        ("e.errno == errno.EINTR", False, None),
        ("e.errno in (errno.EAGAIN, errno.ECONNRESET)", True, None),
        ("e.errno == errno.ECONNREFUSED", True, None),
        ("closed", True, None),
    ],
)
def test_an_error_number_that_is_no_failure(test: str, answer: bool, name: str | None) -> None:
    assert expected_errno([chosen(test, answer)]) == name
    assert expected_errno([chosen(test, answer), []]) is None


# -- classify


VERDICTS: list[tuple[Kind | None, str]] = [
    (None, "while True:\n  work()"),
    (None, "while True:\n  try: work()\n  except E: raise"),
    (None, "while True:\n  try: work()\n  except E: break"),
    (None, "while True:\n  try: return work()\n  finally: tidy()"),
    ("retry", "while True:\n  try: return work()\n  except E: pass"),
    ("retry", "while True:\n  try:\n    work()\n    break\n  except E: sleep(1)"),
    ("retry", "while True:\n  with suppress(E):\n    return work()"),
    ("retry", "for _ in range(3):\n  try: work()\n  except E: continue\n  break"),
    ("retry", "for n in range(3):\n  try: work()\n  except E:\n    if n == 2: raise\n  else: break"),
    ("retry", "done = False\nwhile not done:\n  try:\n    work()\n    done = True\n  except E: pass"),
    ("retry", "while value is None:\n  try: value = work()\n  except E: sleep(1)"),
    ("retry", "while tries < 3:\n  try:\n    work()\n    tries = 3\n  except E:\n    tries += 1\n    sleep(1)"),
    ("retry", "while True:\n  try:\n    with connect() as c: c.run_forever()\n  except ConnectionLost: sleep(1)"),
    ("retry", "for n in range(3):\n  r = s.post(u)\n  if r.status_code < 500: break\n  sleep(1)"),
    ("retry", "for n in range(3):\n  if s.send(u): return\n  sleep(1)"),
    ("retry", "while True:\n  r = s.send(u)\n  if is_transient(r): continue\n  return r"),
    ("retry", "for n in range(3):\n  try: work()\n  except E as e:\n    if n == 2: raise"),
    ("retry", "for _ in range(9):\n  try: return lock(f)\n  except BlockingIOError: sleep(1)"),
    ("consumer", "while True:\n  try: handle(queue.get())\n  except E: pass"),
    ("service", "while True:\n  try: work()\n  except E: log()\n  sleep(1)"),
    ("poll", "while True:\n  try: return find(name)\n  except NotFoundError: sleep(1)"),
    ("poll", "while True:\n  r = s.post(u)\n  if r['state'] == 'done': return\n  sleep(1)"),
    ("item loop", "for a in b:\n  try: work(a)\n  except E: pass"),
    ("fail-over", "for a in b:\n  try: return work(a)\n  except E: pass"),
    ("fail-over", "while True:\n  try: return work(a)\n  except E as e: a = e.next"),
    ("pagination", "while a:\n  try: work(a)\n  except E: pass\n  a = a.next"),
    ("input loop", "while True:\n  try:\n    a = ask()\n    return work(a)\n  except ValueError: pass"),
    ("lock", "while True:\n  try: return lock(f)\n  except BlockingIOError: sleep(1)"),
    ("lock", "while True:\n  try: return q.take()\n  except Empty: pass"),
    ("batch bisection", "while n:\n  try: return work(n)\n  except E: n = n // 2"),
    ("unknown", "while True:\n  try: return int(a)\n  except E: b = 1"),
    ("unknown", "while True:\n  r = s.post(u)\n  if r.code == 7: return\n  sleep(1)"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "source"), VERDICTS)
def test_what_a_loop_is(kind: Kind | None, source: str) -> None:
    tree = ast.parse(source)
    loop = Lowering(source).lower(tree.body[-1])
    verdict = classify(loop)
    assert (verdict and verdict.kind) == kind
    if verdict is not None:
        assert verdict.reason
        assert "\n" not in verdict.reason
        assert bool(verdict.operations) == (kind == "retry")


def test_a_retry_that_goes_on_after_its_success() -> None:
    verdict = classify(loop_of("for n in range(3):\n  try: work()\n  except E as e:\n    if n == 2: raise"))
    assert verdict is not None
    assert verdict.repeats


def test_two_tries_of_one_round_fail_together() -> None:
    source = """
        for _ in range(2):
            try:
                rename(a, c)
                break
            except OSError:
                pass
            try:
                rename(b, c)
                break
            except OSError:
                pass
        """
    loop = loop_of(source)
    verdict = classify(loop)
    assert verdict is not None
    first, second = verdict.failings
    assert [each for each, _ in first.beside] == [second.statement]
    assert [each for each, _ in second.beside] == [first.statement]
