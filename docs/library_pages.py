"""The page of the libraries, from the facts in `retrylint/libraries/*.toml`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from wait_words import Facts, waits

import retrylint
from retrylint.checks.words import seconds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(retrylint.__file__).parent / "libraries"
INTRODUCTION = """\
# Libraries

What each library makes of its options, as retrylint knows it. *Attempts* are executions in all: three retries are four
attempts. How its facts were proved stands with each library. Of a library that is not here nothing is known, and
retrylint is silent about it.
"""
SHOWN = 3  # names of one spelling


def page() -> str:
    """The whole page, by the names that people say."""
    read = [
        (tomllib.loads(text), text) for text in (path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml"))
    ]
    sections = sorted((_title(facts["title"]).lower(), _section(facts, text)) for facts, text in read)
    return "\n".join([INTRODUCTION, *(section for _, section in sections)])


def _title(text: str) -> str:
    """`the OpenAI client` stands in the row as `OpenAI client`."""
    return text.removeprefix("the ")


def _section(facts: Facts, text: str) -> str:
    rows = [
        *([_task(facts["task"])] if "task" in facts else []),
        *(_form(form) for form in facts.get("form", ())),
        *(_policy(policy) for policy in facts.get("policy", ())),
        *(_client(client) for client in facts.get("client", ())),
    ]
    lines = [f"## {_title(facts['title'])}", "", facts.get("source") or _remark(text)]
    if rows:
        lines += ["", "| in code | limit | counts | left out | waits |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in _merged(rows)]
    terms = dict.fromkeys(_terms(facts))
    if terms:
        lines += ["", "| part of a policy | meaning |", "|---|---|"]
        lines += [f"| {name} | {meaning} |" for name, meaning in terms]
    return "\n".join(lines) + "\n"


def _merged(rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Spellings of which the same is known stand in one row."""
    spelt: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        spelt.setdefault(row[1:], []).append(row[0])
    for known, names in spelt.items():
        yield "<br>".join(names), *known


def _remark(text: str) -> str:
    """The comment at the top of a file, which says how its facts were proved."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def _task(task: Facts) -> tuple[str, ...]:
    limit, delay = task["limit"], task["delay"]
    spelt = ["@" + name for name in task["decorators"][:SHOWN]]
    apart = f"`{delay['option']}`, {seconds(delay['default'])} if left out"
    left_out = _attempts(limit["default"] + 1)
    return _names(spelt, task["decorators"]), f"`{limit['option']}`", "retries", left_out, apart


def _form(form: Facts) -> tuple[str, ...]:
    endings = [f"*{ending}" for ending in form.get("endings", ())]
    methods = [f".{method}" for method in form.get("methods", ())]
    every = [*form.get("names", ()), *endings, *methods]
    at = "@" if form["place"] == "decorator" else ""
    counts = form.get("counts", "retries") if form.get("limit") else ""
    options = [option for option in (form.get("limit"), form.get("policy")) if option]
    often = " or ".join(f"`{option}`" for option in options)
    default = form.get("default", form.get("listed_default"))
    if default is not None:
        left_out = _attempts(default + (counts == "retries"))
    else:
        left_out = "no limit" if "absent" in form.get("endless", ()) else ""
    return (
        _names([at * (name[0] != ".") + name for name in every[:SHOWN]], every),
        often,
        counts,
        left_out,
        _form_waits(form),
    )


def _form_waits(form: Facts) -> str:
    unit, option = form.get("unit", 1.0), form.get("delay")
    if not option:
        return ""
    said = f"`{option}`{_unit(unit)}"
    default = form.get("delay_default")
    if default:
        said += f", {seconds(default * unit)} if left out"
    if form.get("growth"):
        said += f", growing by `{form['growth']}`"
    if form.get("cap"):
        most = form.get("cap_default")
        said += f", at most `{form['cap']}`" + (f" ({seconds(most * unit)})" if most else "")
    return said


def _unit(unit: float) -> str:
    return " in milliseconds" if unit == 0.001 else ""


def _client(client: Facts) -> tuple[str, ...]:
    families = [f"{family}*" for family in client.get("families", ())]
    methods = [f".{method}" for method in client.get("methods", ())]
    every = [*client.get("names", ()), *families, *methods, *client.get("settings", ())]
    limits = client.get("limits", ())
    options = ", ".join(f"`{limit['option']}`" for limit in limits)
    counts = ", ".join(dict.fromkeys(limit.get("counts", "retries") for limit in limits))
    return _names(every[:SHOWN], every), options, counts, _left_out(client), _client_waits(client)


def _left_out(client: Facts) -> str:
    """What holds where no number is stated."""
    if client.get("endless"):
        return "no limit"
    if "default_for" in client:
        modes = (item for each in client["default_for"].values() for item in each.items())
        return ", ".join(f"`{mode}`: {_attempts(count)}" for mode, count in modes)
    default = client.get("default")
    if default is None:
        return ""
    # what is only handed on retries nothing where nothing is stated, and None stands for the default
    is_handed_on = client.get("inert") and not client.get("policy")
    return f"`None`: {_attempts(default)}" if is_handed_on else _attempts(default)


def _client_waits(client: Facts) -> str:
    if client.get("told"):
        return "as the other side says"
    if client.get("delay_in"):
        return f"`{client['delay_in']}`" + (": one of those below" if client.get("delays") else "")
    return waits(client.get("delay", {}))


def _policy(policy: Facts) -> tuple[str, ...]:
    at = "@" if policy.get("form", "decorator") == "decorator" else ""
    limits = [*policy.get("limits", ()), *({"option": policy[key]} for key in ("stop",) if key in policy)]
    options = [*(limit["option"] for limit in limits), *policy.get("deadlines", ())]
    counts = dict.fromkeys(limit["counts"] for limit in limits if "counts" in limit)
    ends = [_attempts(policy["default"])] if "default" in policy else []
    ends += [seconds(policy["deadline"])] if "deadline" in policy else []
    names = policy["names"]
    return (
        _names([at + name for name in names[:SHOWN]], names),
        " or ".join(f"`{option}`" for option in options),
        ", ".join(counts),
        " or ".join(ends) or ("no limit" if options else ""),
        _policy_waits(policy),
    )


def _policy_waits(policy: Facts) -> str:
    if "wait" in policy:
        plain = policy.get("plain_draw", policy.get("plain_wait", "")).rpartition(".")[2]
        return f"`{policy['wait']}`: one of those below" + (f"; by default with `{plain}`" if plain else "")
    told = (waits(each["delay"]) for each in (policy, *policy.get("choices", ())) if "delay" in each)
    return "<br>".join(filter(None, told))


def _terms(facts: Facts) -> Iterator[tuple[str, str]]:
    """What policies are made of, and what each part means."""
    for stop in facts.get("stop", ()):
        yield _term(stop), _stop(stop)
    for wait in facts.get("wait", ()):
        combined = {"sum": "the sum of waits", "chain": "one wait after the other"}.get(wait.get("combines", ""), "")
        told = "as something else says" if wait.get("told") else ""
        yield _term(wait), combined or told or waits(wait.get("delay", {})) or "no wait"
    for draw in facts.get("draw", ()):
        share, added = draw.get("share", 1.0), draw.get("added")
        yield _term(draw), f"up to {seconds(added)} on top" if added else f"drawn from {share:.0%} to 100% of the wait"
    for client in facts.get("client", ()):
        for name, delay in client.get("delays", {}).items():
            yield f"`{name.rpartition('.')[2]}`", waits(delay) or "no wait"


def _term(term: Facts) -> str:
    return f"`{term['names'][0].rpartition('.')[2]}`"


def _stop(stop: Facts) -> str:
    if "attempts" in stop:
        return f"after `{stop['attempts']}` attempts"
    if "delay" in stop:
        return f"after `{stop['delay']}` seconds" + (", the coming wait counted" if stop.get("before") else "")
    return {"any": "at the first of several", "all": "at the last of several"}.get(stop.get("combines", ""), "never")


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count:,} attempts"


def _names(shown: list[str], every: list[str]) -> str:
    """The first names of a spelling; the page of a library lists no aliases."""
    more = ", ..." if len(every) > len(shown) else ""
    return ", ".join(f"`{name}`" for name in shown) + more
