"""A task that enqueues itself on failure: every queue's spelling, its limit and its waits."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

import pytest

from retrylint.analysis import analyse
from retrylint.model import LimitKind, Shape
from retrylint.screen import may_hold_retry


@dataclass(frozen=True, slots=True)
class Case:
    """A task's head, its handler, and what is expected; the call stands in the handler's last line."""

    head: str
    handler: str
    limit: LimitKind = "unbounded"
    attempts: int | None = None
    shape: Shape = "none"
    first: float | None = None

    @property
    def source(self) -> str:
        return (
            f"{self.head}\n    try:\n        work(x)\n    except OSError as error:\n{indent(self.handler, ' ' * 8)}\n"
        )


TASK = "@app.task\ndef f(x, n=0):"
BOUND = "@app.task(bind=True)\ndef f(self, x):"

CASES = {
    "delay": Case(TASK, "f.delay(x)"),
    "in parentheses": Case(TASK, "(f\n    ).delay(x)"),
    "apply_async": Case(TASK, "f.apply_async((x,), countdown=60)", shape="fixed", first=60),
    "apply_async by keyword": Case(TASK, "f.apply_async(kwargs={'x': x}, countdown=60)", shape="fixed", first=60),
    "apply_async by name": Case(TASK, "given = [x]\nf.apply_async(args=given)"),
    "eta": Case(TASK, "f.apply_async((x,), eta=soon())", shape="dynamic"),
    "signature": Case(TASK, "f.s(x).apply_async(countdown=5)", shape="fixed", first=5),
    "signature with options": Case(TASK, "f.si(x).set(countdown=5, queue='slow').delay()", shape="fixed", first=5),
    "stars": Case("@app.task\ndef f(*x, **kw):", "f.apply_async(x, kw, countdown=1)", shape="fixed", first=1),
    "bound": Case(BOUND, "self.apply_async(args=[x], countdown=10)", shape="fixed", first=10),
    "bound, as it came": Case(BOUND, "self.apply_async(self.request.args, self.request.kwargs)"),
    "class": Case("class F(Task):\n  def run(self, x):", "self.delay(x)"),
    "by its title": Case("@app.task\ndef f(x):", "app.send_task('shop.tasks.f', args=(x,))"),
    "by its stated title": Case("@app.task(name='a.b')\ndef f(x):", "app.send_task('a.b', (x,))"),
    "rq": Case("def f(x):", "queue.enqueue(f, x, job_timeout=5)"),
    "rq with options": Case("def f(x):", "queue.enqueue_call(func=f, args=(x,), timeout=5)"),
    "rq in a while": Case("def f(x):", "queue.enqueue_in(timedelta(minutes=5), f, x)", shape="fixed", first=300),
    "rq at a time": Case("def f(x):", "queue.enqueue_at(soon(), f, x)", shape="dynamic"),
    "dramatiq": Case("@actor\ndef f(x):", "f.send(x)"),
    "dramatiq, delayed": Case(
        "@actor\ndef f(x):", "f.send_with_options(args=(x,), delay=5000)", shape="fixed", first=5
    ),
    "huey": Case("@huey.task()\ndef f(x):", "f.schedule(args=(x,), delay=30)", shape="fixed", first=30),
    "arq": Case(
        "async def f(ctx, x):", "await ctx['redis'].enqueue_job('f', x, _defer_by=10)", shape="fixed", first=10
    ),
    "procrastinate": Case(
        "@app.task\nasync def f(x):",
        "await f.configure(schedule_in={'minutes': 2, 'seconds': 1}).defer_async(x=x)",
        shape="fixed",
        first=121,
    ),
    "django-q": Case("def f(x):", "async_task(f, x, hook='shop.done')"),
    "counter": Case(
        TASK, "if n < 5:\n    f.apply_async((x, n + 1), countdown=2**n)", "explicit", 6, "exponential", first=1
    ),
    "counter down": Case("def f(x, left=3):", "if left:\n    f.delay(x, left=left - 1)", "explicit", 4),
    "counter in an option": Case(TASK, "f.apply_async((x,), headers={'n': n + 1})", "unknown"),
    "count of the queue": Case(BOUND, "if self.request.retries < 5:\n    self.delay(x)", "unknown"),
    "count in a record": Case(TASK, "x.failures += 1\nif x.failures < 5:\n    f.delay(x)", "unknown"),
    "what may change by itself": Case(TASK, "if x.is_wanted():\n    f.delay(x)", "unknown"),
    "what the error tells": Case(TASK, "if error.errno == 11:\n    f.delay(x)"),
    "what the error tells, asked": Case(TASK, "if is_transient(error):\n    f.delay(x)"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_requeue(case: Case) -> None:
    [site] = analyse(case.source).sites
    assert site.mechanism == "requeue"
    assert (site.limit.kind, site.limit.attempts) == (case.limit, case.attempts)
    assert (site.schedule.shape, site.schedule.first) == (case.shape, case.first)
    assert site.schedule.blocks in (None, False)
    assert site.span.line > 3


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_screen_keeps_it(case: Case) -> None:
    assert may_hold_retry(case.source.encode())


def test_each_enqueuing_call_is_a_site() -> None:
    source = (
        f"{TASK}\n  try: work(x)\n  except OSError: f.delay(x)\n  except KeyError: f.apply_async((x,), countdown=9)\n"
    )
    assert [(site.span.line, site.schedule.first) for site in analyse(source).sites] == [(4, None), (5, 9)]


NONE = {
    "another task": Case(TASK, "g.delay(x)"),
    "other arguments": Case(TASK, "f.delay(x + 1)"),
    "arguments that nobody sees": Case(TASK, "f.apply_async(args=known())"),
    "another title": Case("@app.task\ndef f(x):", "app.send_task('shop.tasks.g', args=(x,))"),
    "a method's title": Case("class A:\n  def f(self, x):", "app.send_task('shop.tasks.f', args=(x,))"),
    "title of the function behind a stated one": Case("@app.task(name='a.b')\ndef f(x):", "app.send_task('f', (x,))"),
    "only a signature": Case(TASK, "keep(f.s(x))"),
    "a plain method": Case("class A:\n  def save(self, x):", "self.delay(x)"),
}


@pytest.mark.parametrize("case", NONE.values(), ids=NONE)
def test_no_requeue(case: Case) -> None:
    assert analyse(case.source).sites == ()
