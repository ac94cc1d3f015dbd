"""`retrylint rule`: the page of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from retrylint.commands import CLEAN
from retrylint.commands.writing import show

if TYPE_CHECKING:
    from retrylint.checks.rules import Rule


@click.command()
@click.argument("code", required=False)
@click.option("--all", "every", is_flag=True, help="Print the pages of all rules.")
def rule(code: str | None, every: bool) -> int:
    """Print the page of a rule: what it says, why, and what to write instead."""
    from retrylint.checks.rules import RULES
    from retrylint.reports.pages import read_page

    if every == bool(code):
        raise click.UsageError("say one CODE, or --all")
    chosen = RULES if code is None else (_rule_of(code, RULES),)
    show(read_page(each.code, each.name) for each in chosen)
    return CLEAN


def _rule_of(word: str, rules: Sequence[Rule]) -> Rule:
    """The rule of this code or name."""
    from retrylint.config import nearest_word

    known = {key: each for each in rules for key in (each.code, each.name)}
    for key in (word.upper(), word.lower()):
        if key in known:
            return known[key]
    codes = tuple(each.code for each in rules)
    raise click.UsageError(f"unknown rule {word!r}{nearest_word(word.upper(), codes) or nearest_word(word, known)}")
