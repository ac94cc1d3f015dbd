"""The page of the libraries, from the facts in `retrylint/libraries/*.toml`."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

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

Facts = Mapping[str, Any]


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
        *(_client(client) for client in facts.get("client", ())),
    ]
    lines = [f"## {_title(facts['title'])}", "", facts.get("source") or _remark(text)]
    if rows:
        lines += ["", "| in code | limit | counts | left out | waits |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in _merged(rows)]
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
    waits = f"`{delay['option']}`, {seconds(delay['default'])} if left out"
    left_out = _attempts(limit["default"] + 1)
    return _names(spelt, task["decorators"]), f"`{limit['option']}`", "retries", left_out, waits


def _form(form: Facts) -> tuple[str, ...]:
    endings = [f"*{ending}" for ending in form.get("endings", ())]
    methods = [f".{method}" for method in form.get("methods", ())]
    every = [*form.get("names", ()), *endings, *methods]
    at = "@" if form["place"] == "decorator" else ""
    counts = form.get("counts", "retries")
    options = [option for option in (form.get("limit"), form.get("policy")) if option]
    often = " or ".join(f"`{option}`" for option in options)
    default = form.get("default", form.get("listed_default"))
    if default is not None:
        left_out = _attempts(default + (counts == "retries"))
    else:
        left_out = "no limit" if "absent" in form.get("endless", ()) else ""
    return _names([at + name for name in every[:SHOWN]], every), often, counts, left_out, _form_waits(form)


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
    default = client.get("default")
    left_out = "no limit" if client.get("endless") else _attempts(default) if default is not None else ""
    return _names(every[:SHOWN], every), options, counts, left_out, _client_waits(client)


def _client_waits(client: Facts) -> str:
    if client.get("told"):
        return "as the other side says"
    if client.get("delay_in"):
        kinds = [f"`{name.rpartition('.')[2]}`" for name in client.get("delays", ())]
        return f"`{client['delay_in']}`" + (f": {', '.join(kinds)}" if kinds else "")
    return ", ".join(_delay(client.get("delay", {})))


def _delay(delay: Facts) -> Iterator[str]:
    """The waits in words: what they begin with, how they grow, and what bounds them."""
    if "first" not in delay:
        return
    yield _number(delay["first"])
    factor, step = delay.get("factor"), delay.get("step")
    if factor is not None and factor != 1.0:
        yield f"times {_number(factor, is_factor=True)} each time"
    if step is not None:
        yield f"{_number(step)} more each time"
    cap = _number(delay["cap"]) if "cap" in delay else ""
    if cap:
        yield f"at most {cap}"
    if "share" in delay:
        low, high = delay["share"]
        yield f"drawn from {low:.0%} to {high:.0%} of it"
    if delay.get("begins") == 0.0:
        yield "none before the first retry"


def _number(given: float | Facts, is_factor: bool = False) -> str:
    """A number of seconds or a factor, with the option that states it."""
    if not isinstance(given, Mapping):
        return f"{given:g}" if is_factor else seconds(given)
    option = f"`{given['option']}`" if given.get("option") else ""
    value = given.get("value")
    if value is None or not math.isfinite(value):
        return option
    shown = f"{value:g}" if is_factor else seconds(value)
    return f"{option} ({shown})" if option else shown


def _attempts(count: int) -> str:
    return "1 attempt" if count == 1 else f"{count:,} attempts"


def _names(shown: list[str], every: list[str]) -> str:
    """The first names of a spelling; the page of a library lists no aliases."""
    more = ", ..." if len(every) > len(shown) else ""
    return ", ".join(f"`{name}`" for name in shown) + more
