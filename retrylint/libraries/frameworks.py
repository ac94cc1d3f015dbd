"""The schema of task frameworks and workflow engines: how each spells a retry, and what it does with that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import Any, Literal

from retrylint.libraries.spec import FactsError
from retrylint.libraries.toml import read_toml
from retrylint.model import Library

Place = Literal["decorator", "call", "policy", "mapping", "raised"]

FILES = (
    "airflow", "arq", "dagster", "django_q", "dramatiq", "huey", "prefect", "procrastinate", "rq", "taskiq",
    "temporalio",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """One spelling of a retry.

    `place`: the decorator of what is run, a call that makes it, a policy that another form is handed, a dict that is
    kept under a name, or an exception that is raised. It is known by its qualified `names`, as one of the `methods` of
    what one of the `makers` makes, or as a class whose name has one of the `endings`.

    `limit` is the option that says how often, `leading` the one that the first argument sets. The limit `counts`
    executions or retries, `default` holds where it is not said (None: nothing is retried), and `endless` are the
    values without an end: none, true, zero, negative, or absent, which may be `expected`. `switch` is an option
    without which nothing is retried, `instead` are options that take the limit's place. `policy` is an option that may
    hold a policy or a plain limit, `deadline` one that bounds all attempts together. `afar`: words by which the module
    may change the defaults.

    `waits` names the way in which the wait grows: from `delay` by `growth` up to `cap`, in units of `unit` seconds.
    `jitter` is the option that makes it random. `lists` is the attribute by which a class of settings lists the
    functions that it holds for: where it says no limit, that is `listed_default`. A function that compares its
    `counter` ends its retries itself.
    """

    place: Place
    names: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    limit: str = ""
    leading: str = ""
    counts: Literal["executions", "retries"] = "retries"
    default: int | None = None
    endless: tuple[str, ...] = ()
    expected: bool = False
    switch: str = ""
    instead: tuple[str, ...] = ()
    policy: str = ""
    deadline: str = ""
    afar: tuple[str, ...] = ()
    waits: str = "fixed"
    delay: str = ""
    delay_default: float | None = 0.0
    growth: str = ""
    growth_default: float = 0.0
    cap: str = ""
    cap_default: float | None = None
    unit: float = 1.0
    jitter: str = ""
    lists: str = ""
    listed_default: int | None = None
    counter: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """The options that say that there is a retry."""
        return tuple(option for option in (self.limit, self.policy, self.switch) if option)


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework that runs tasks, and the forms of its retries. `packages` are the names that it is imported by."""

    library: Library
    packages: tuple[str, ...]
    forms: tuple[Form, ...]

    def of(self, *places: Place) -> tuple[Form, ...]:
        """The forms with one of these places."""
        return tuple(form for form in self.forms if form.place in places)


def spoken_of(lowered: str) -> tuple[Framework, ...]:
    """The frameworks that a module names anywhere; its text is in lower case."""
    # a pattern that begins with letters is found much faster than one that begins with `\b`
    named = (name for name in FILES if name in lowered and re.search(rf"{name}(?<!\w{name})(?:_|\b)", lowered))
    return tuple(framework(name) for name in named)


@cache
def framework(name: str) -> Framework:
    """The facts of a framework. Raises `FactsError` for a file that does not fit the schema."""
    data = read_toml(f"{name}.toml")
    library = Library(str(data.get("name", "")), str(data.get("title", "")))
    forms = tuple(_form(each, f"{name}.toml: form {number}") for number, each in enumerate(data.get("form", ()), 1))
    return Framework(library, tuple(data.get("packages", (name,))), forms)


def _form(data: Mapping[str, Any], where: str) -> Form:
    known = {field.name: field for field in fields(Form)}
    for key in data:
        if key not in known:
            raise FactsError(f"{where}: unknown key {key!r}")
    for key, field in known.items():
        if field.default is MISSING and key not in data:
            raise FactsError(f"{where}: missing key {key!r}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}
    return Form(**values)
