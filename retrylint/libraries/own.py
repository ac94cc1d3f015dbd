"""A team's own retry helpers: policies from the tables of its configuration, in the words of `[[policy]]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_args

from retrylint.libraries.clients import CountOption, Meaning
from retrylint.libraries.delays import Delay
from retrylint.libraries.policies import Choice, Form, OnOther, Policy, policy_of
from retrylint.libraries.spec import FactsError
from retrylint.model import Ending, Library

# options that hold the objects of a library, which a team's helper has none of
OF_LIBRARIES = frozenset(
    {"condition", "draw", "gives_up", "library", "plain_draw", "plain_wait", "stop", "wait", "wait_args"}
)
PARTS: Mapping[str, Any] = {"limits": CountOption, "choices": Choice, "delay": Delay}
NUMBER = (int, float)
# what a field of this annotation is written as in TOML, and in words
WRITTEN: Mapping[str, tuple[Any, str]] = {
    "str": (str, "a string"),
    "bool": (bool, "true or false"),
    "int | None": (int, "a whole number"),
    "float": (NUMBER, "a number"),
    "float | None": (NUMBER, "a number"),
    "Delay": (dict, "a table"),
    "Number": ((*NUMBER, dict), "a number or a table"),
    "Number | None": ((*NUMBER, dict), "a number or a table"),
    "Mapping[str, Mapping[str, Ending]]": (dict, "a table"),
}
CHOICES = {
    "Form": get_args(Form), "OnOther": get_args(OnOther), "Ending": get_args(Ending), "Meaning": get_args(Meaning),
    "Literal['retries', 'executions']": ("retries", "executions"),
}  # fmt: skip


def own_policies(rows: object, where: str) -> tuple[Policy, ...]:
    """The policies of these tables; `where` names the file and the key in errors.

    Raises `FactsError` for a key that is unknown or missing, and for a value of another kind than it should have.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FactsError(f"{where}: must be a list of tables, not {rows!r}")
    return tuple(_own(row, f"{where}[{index}]") for index, row in enumerate(rows))


def _own(row: Mapping[str, Any], where: str) -> Policy:
    for key in sorted(OF_LIBRARIES & row.keys()):
        raise FactsError(f"{where}: unknown key {key!r}")
    _check(Policy, row, where)
    if not row.get("names"):
        raise FactsError(f"{where}: missing key 'names': the qualified names of the helper")
    return policy_of({**row, "library": Library("own", str(row["names"][0]).rpartition(".")[2])}, where)


def _check(kind: Any, row: Mapping[str, Any], where: str) -> None:
    """Raise `FactsError` where a value is of another kind than the field of a dataclass; unknown keys are let pass."""
    for each in fields(kind):
        if each.name not in row:
            continue
        value, place = row[each.name], f"{where}.{each.name}"
        if each.name in PARTS:
            parts = value if isinstance(value, list) else [value]
            if isinstance(value, list) == (each.name == "delay") or not all(isinstance(part, dict) for part in parts):
                raise FactsError(f"{place}: must be {'a table' if each.name == 'delay' else 'a list of tables'}")
            for part in parts:
                _check(PARTS[each.name], part, place)
        else:
            _check_value(str(each.type), value, place)


def _check_value(annotation: str, value: object, place: str) -> None:
    if annotation in CHOICES:
        if value not in CHOICES[annotation]:
            raise FactsError(f"{place}: must be one of {', '.join(CHOICES[annotation])}, not {value!r}")
    elif annotation in WRITTEN:
        kind, words = WRITTEN[annotation]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise FactsError(f"{place}: must be {words}, not {value!r}")
    elif not isinstance(value, list):
        raise FactsError(f"{place}: must be a list, not {value!r}")
    else:
        item = str if "str" in annotation else NUMBER
        if not all(isinstance(part, item) for part in value):
            raise FactsError(f"{place}: must be a list of {'strings' if item is str else 'numbers'}, not {value!r}")
