"""How a hand-written retry runs, step by step, as text."""

from __future__ import annotations

from retrylint.model import RetrySite, Step
from retrylint.reports.table import between
from retrylint.reports.terminal import visible

INDENT = "  "


def trace_text(path: str, site: RetrySite) -> str:
    """The steps of a site's trace under a line that names the site, each with its line where it has one."""
    head = f"{path}:{site.span.line}  {site.function}  {site.mechanism}"
    if not site.trace:
        return "\n".join([visible(head), f"{INDENT}how it runs cannot be told"])
    if site.limit.kind == "unknown":
        head = f"{head}  one way it may go: its limit is not told"
    wide = max(len(str(step.line or "")) for step in site.trace)
    return "\n".join([visible(head), *(visible(_line(step, wide)) for step in site.trace)])


def _line(step: Step, wide: int) -> str:
    where = f"{INDENT}line {step.line:>{wide}}" if step.line is not None else ""
    return f"{where}{INDENT}{_words(step)}"


def _words(step: Step) -> str:
    """What happens in a step."""
    waited = between(step.wait.low, step.wait.high) if step.wait is not None else None
    if step.kind == "attempt":
        return f"attempt {step.number}: {step.text}"
    if step.kind == "decision":
        return f"{step.text}: {'taken as ' if step.assumed else ''}{step.holds}"
    if step.kind == "wait":
        return f"waits {waited}" if waited else f"waits a time that is not known: {step.text}"
    if step.kind == "again":
        return f"again: {step.text}"
    if step.kind == "skipped":
        return f"... {step.text}{f', {waited} of waits' if step.wait and step.wait.high else ''}"
    if step.kind == "stand-in":
        return f"{step.text} is not known; shown with {waited or step.number}"
    return step.text
