"""Where an idempotency key is made anew for each attempt, and where it may be the same."""

from __future__ import annotations

import ast

import pytest

from retrylint import code
from retrylint.analysis import analyse
from retrylint.model import Catch, Handler, RetrySite
from retrylint.names import Imports
from retrylint.sketch.lower import Lowering
from retrylint.study.keys import idempotency_trap

PAY = """
import os, random, secrets, time, uuid
from uuid import uuid4

class Bank:
    def pay(self, order, again=True, key=None):
        {before}
        try:
            return {call}
        except ConnectionError:
            if not again:
                raise
            return self.pay(order, again=False)
"""
LOOP = """def pay(order):
    {before}
    for attempt in range(3):
        {within}
        try:
            return charge(order, idempotency_key=key)
        except ConnectionError:
            continue
"""

NEW = {
    "a keyword": ("pass", "charge(order, idempotency_key=str(uuid4()))"),
    "an item of the headers": ("pass", "post('/', headers={'Idempotency-Key': uuid.uuid4().hex})"),
    "headers made before": ("headers = {'idempotency-key': uuid4().hex}", "post('/', headers=headers)"),
    "headers made by dict": ("data = dict(idempotency_key=uuid4())", "post('/', data)"),
    "headers set by item": ("headers = {}; headers['Idempotency-Key'] = str(uuid4())", "post('/', headers=headers)"),
    "headers of the session": ("self.http.headers['Idempotency-Key'] = str(uuid4())", "self.http.post('/')"),
    "headers of its own": ("self.headers['Idempotency-Key'] = str(uuid4())", "post('/', headers=self.headers)"),
    "an object that carries it": ("request = Charge(idempotency_key=uuid4())", "send(request)"),
    "a local name": ("key = secrets.token_hex(8)", "charge(order, idempotency_key=key)"),
    "a local name as it is": ("idempotency_key = uuid4()", "charge(order, idempotency_key)"),
    "part of a text": ("pass", "charge(order, idempotency_key=f'{order.id}-{uuid4()}')"),
    "part of a formatted text": ("pass", "charge(order, idempotency_key='{}-{}'.format(order.id, uuid4()))"),
    "part of a sum": ("pass", "charge(order, idempotency_key='order-' + str(random.random()))"),
    "rewritten": ("pass", "charge(order, idempotency_key=str(uuid4()).replace('-', '')[:20])"),
    "the time": ("pass", "charge(order, idempotency_key=str(int(time.time())))"),
    "a token of a cloud": ("pass", "client.create(ClientToken=str(uuid4()))"),
}
SAME = {
    "a parameter": ("pass", "charge(order, idempotency_key=key)"),
    "one from elsewhere": ("pass", "charge(order, idempotency_key=make_key(order, uuid4()))"),
    "one that is kept": ("key = order.key or str(uuid4())", "charge(order, idempotency_key=key)"),
    "one that is made once": ("if key is None: key = str(uuid4())", "charge(order, idempotency_key=key)"),
    "one that is chosen": ("key = order.key if order.key else uuid4()", "charge(order, idempotency_key=key)"),
    "one that is set twice": ("key = uuid4(); key = order.key", "charge(order, idempotency_key=key)"),
    "the hour": ("pass", "charge(order, idempotency_key=str(int(time.time() // 3600)))"),
    "a number of the request": ("pass", "charge(order, request_id=str(uuid4()))"),
    "a sentence": ("pass", "charge(order, {'this is not idempotent': uuid4()})"),
    "headers of another call": ("headers = {'Idempotency-Key': uuid4().hex}", "charge(order)"),
}


def traps(before: str, call: str) -> list[str]:
    found = [trap.kind for trap in analyse(PAY.format(before=before, call=call)).traps]
    return [kind for kind in found if kind != "dropped-arguments"]  # the call leaves `key` out


@pytest.mark.parametrize(("before", "call"), NEW.values(), ids=NEW)
def test_new_for_each_attempt(before: str, call: str) -> None:
    assert traps(before, call) == ["new-key"]


@pytest.mark.parametrize(("before", "call"), SAME.values(), ids=SAME)
def test_the_same_or_unknown(before: str, call: str) -> None:
    assert traps(before, call) == []


@pytest.mark.parametrize(
    ("before", "within", "line"),
    [
        ("pass", "key = str(uuid4())", 4),
        ("key = str(uuid4())", "pass", None),
        ("key = None", "key = key or str(uuid4())", None),
        ("pass", "if attempt == 0: key = str(uuid4())", None),
    ],
)
def test_the_body_of_a_loop_is_what_is_repeated(before: str, within: str, line: int | None) -> None:
    source = LOOP.format(before=before, within=within)
    function = Lowering(source).lower(ast.parse(source).body[0])
    assert isinstance(function, code.Function)
    (loop,) = (node for node in code.walk(*function.body) if isinstance(node, code.For))
    (handler,) = (node for node in code.walk(loop) if isinstance(node, code.Handler))
    catch = Catch(("ConnectionError",), handlers=(Handler(handler.span, ("ConnectionError",)),))
    site = RetrySite(loop.span, "pay", "loop", catch=catch)
    trap = idempotency_trap(loop.body, site, Imports({"uuid4": "uuid.uuid4"}))
    assert (trap.span.line if trap is not None else None) == line
