"""The pages of the rules as the site shows them, from `rules/` and the table of rules."""

from __future__ import annotations

import re
from collections.abc import Mapping

from retrylint.checks.rules import RULES, Rule
from retrylint.reports.pages import read_page, summary_of

QUESTIONS: Mapping[str, str] = {
    "1": "Does it ever stop?",
    "2": "How long does it wait?",
    "3": "Whom does the wait block?",
    "4": "What does it retry?",
    "5": "Does it retry at all?",
    "6": "What happens in the end?",
    "7": "What does it multiply?",
    "9": "The linter itself",
}
_CODE = re.compile(r"(?<![\w/\[-])RTY\d{3}\b")
_EXAMPLE = re.compile(r"^```python (bad|good)$")
_PROSE = re.compile(r"`[^`]*`|\[[^]]*\]\([^)]*\)|([^`\[]+|[`\[])")


def pages() -> dict[str, str]:
    """The text of each page by the name of its file, and of the page of all rules."""
    found = {_file(rule): _page(rule) for rule in RULES}
    return {**found, "index.md": _index()}


def groups() -> dict[str, list[tuple[str, str]]]:
    """The rules by the question that they answer: title and file of each."""
    found: dict[str, list[tuple[str, str]]] = {}
    for rule in RULES:
        found.setdefault(QUESTIONS[rule.code[3]], []).append((f"{rule.code} {rule.name}", _file(rule)))
    return found


def _index() -> str:
    lines = ["# Rules", "", "Grouped by the question that a reviewer asks of a retry. Rules that are off wait until"]
    lines += ["`extend-select` names them, or a prefix of their codes."]
    for digit, question in QUESTIONS.items():
        rules = [rule for rule in RULES if rule.code[3] == digit]
        if rules:
            lines += ["", f"## {question}", "", "| rule | severity | what it says |", "|---|---|---|"]
            lines += [_row(rule) for rule in rules]
    return "\n".join(lines) + "\n"


def _row(rule: Rule) -> str:
    state = rule.severity if rule.on else "off"
    said = _first_sentence(summary_of(read_page(rule.code, rule.name))).replace("|", r"\|")
    return f"| [{rule.code}]({_file(rule)}) `{rule.name}` | {state} | {said} |"


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z])", text)[0]


def _page(rule: Rule) -> str:
    state = "On by default." if rule.on else f'Off; `extend-select = ["{rule.code}"]` switches it on.'
    title, _, rest = read_page(rule.code, rule.name).partition("\n")
    body = _linked(rest, rule.code)
    return f"{title}\n\nSeverity: {rule.severity}. {state}\n{body}"


def _linked(text: str, own: str) -> str:
    """The text with its examples as plain Python, and with links to the other rules that it names."""
    files = {rule.code: _file(rule) for rule in RULES if rule.code != own}
    lines, in_code = [], False
    for line in text.split("\n"):
        if line.startswith("```"):
            in_code = not in_code
            lines.append(_EXAMPLE.sub("```python", line))
        else:
            lines.append(line if in_code else _PROSE.sub(lambda part: _links(part, files), line))
    return "\n".join(lines)


def _links(part: re.Match[str], files: Mapping[str, str]) -> str:
    if part[1] is None:
        return part[0]
    return _CODE.sub(lambda code: f"[{code[0]}]({files[code[0]]})" if code[0] in files else code[0], part[1])


def _file(rule: Rule) -> str:
    return f"{rule.code}-{rule.name}.md"
