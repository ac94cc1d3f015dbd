"""How often, and how far apart, a framework runs what failed: read off the options of one of its forms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from retrylint import code
from retrylint.libraries.frameworks import Form, Framework
from retrylint.model import Limit, Schedule, Wait
from retrylint.sketch.sketch import Sketch
from retrylint.study.options import Options, keyword_options
from retrylint.study.work_waits import Given, schedule_for
from retrylint.values import Unknown, Value, truth


@dataclass(frozen=True, slots=True)
class Terms:
    """The limit and the waits of a form."""

    limit: Limit
    schedule: Schedule


def call_options(call: code.Call, form: Form, module: Sketch) -> Options:
    """The options of a call; the first argument sets the one that leads."""
    options = keyword_options(call.arguments, module)
    first = call.arguments[0] if call.arguments else None
    if form.leading and first is not None and first.keyword is None and not first.stars:
        return options.over(Options({form.leading: first.value}))
    return options


def terms_of_form(form: Form, options: Options, framework: Framework, module: Sketch, source: str) -> Terms | None:
    """The terms of a form under its options; None where they say nothing of a retry."""
    given = Given(options, module)
    if form.policy:
        return _by_policy(form, given, framework, source)
    if form.switch and truth(given.value(form.switch, default=False)) is not True:
        return None
    is_said = form.limit in options.stated or form.switch in options.stated
    if not is_said and form.place != "raised" and form.default is None and "absent" not in form.endless:
        return None
    limit = _limit(form, given, source)
    return Terms(limit, schedule_for(form, given, limit))


def _limit(form: Form, given: Given, source: str) -> Limit:
    options = given.options
    if any(option in options.stated for option in form.instead):
        return Limit("dynamic", option=form.limit)
    if form.limit not in options.stated:
        return _untold(form, options, source)
    value = given.value(form.limit)
    for kind in form.endless:
        if _is(kind, value):
            return Limit("unbounded", option=form.limit, said=f"{form.limit}={value!r}")
    if value is None:
        return _untold(form, replace(options, stated={}), source)
    if isinstance(value, (int, float)):
        return Limit("explicit", _executions(form, int(value)), option=form.limit)
    return Limit("dynamic", option=form.limit)


def _untold(form: Form, options: Options, source: str) -> Limit:
    """The limit where nobody says one."""
    if not options.complete:
        return Limit("dynamic" if options.unpacks else "unknown", option=form.limit)
    if "absent" in form.endless:
        told = None if form.expected else form.limit
        return Limit("unbounded", option=told, said=f"no {form.limit}")
    if form.place == "raised" and form.default is None:
        return Limit("unknown", option=form.limit)
    if form.default is None:
        return Limit() if form.switch else Limit("explicit", 1)
    if any(word in source for word in form.afar):
        return Limit()
    return Limit("default", _executions(form, form.default))


def _executions(form: Form, count: int) -> int:
    return max(count, 1) if form.counts == "executions" else max(count, 0) + 1


def _is(kind: str, value: Value) -> bool:
    if kind == "none":
        return value is None
    if kind == "true":
        return value is True
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return (kind == "zero" and value == 0) or (kind == "negative" and value < 0)


def _by_policy(form: Form, given: Given, framework: Framework, source: str) -> Terms | None:
    """The terms of the policy that an option holds, or of a plain limit in its place."""
    stated = given.stated(form.policy)
    if stated is None:
        return Terms(Limit("dynamic"), Schedule()) if given.options.unpacks else None
    terms = _told_by(stated, form, given, framework, source)
    if terms is not None and form.deadline in given.options.stated and terms.limit.kind == "unbounded":
        seconds = given.value(form.deadline)
        deadline = float(seconds) if isinstance(seconds, (int, float)) else None
        return Terms(Limit("deadline", deadline=deadline), replace(terms.schedule, waits=None))
    return terms


def _told_by(stated: code.Expr, form: Form, given: Given, framework: Framework, source: str) -> Terms | None:
    name = given.module.imports.name_of(stated.function) if isinstance(stated, code.Call) else None
    for policy in framework.of("policy"):
        if name in policy.names and isinstance(stated, code.Call):
            options = call_options(stated, policy, given.module)
            return terms_of_form(policy, options, framework, given.module, source)
    value = given.value(form.policy)
    if value is None or value is False:
        return None
    if not form.endless or isinstance(value, Unknown):
        return Terms(Limit("unknown"), Schedule())
    if value is True:
        return Terms(Limit("unbounded", option=form.policy, said=f"{form.policy}=True"), Schedule("none"))
    if not isinstance(value, (int, float)):
        return Terms(Limit("unknown"), Schedule())
    attempts = max(int(value), 0) + 1
    at_once = tuple(Wait(0.0, 0.0) for _ in range(attempts - 1))
    return Terms(Limit("explicit", attempts, option=form.policy), Schedule("none", waits=at_once))
