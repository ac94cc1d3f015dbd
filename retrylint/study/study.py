"""The study: libcst on the slices of the candidates, then the claimants in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from libcst import ParserSyntaxError

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import FileFacts, Library, NotAnalysed, Span
from retrylint.sketch.sketch import Candidate, Sketch
from retrylint.study.claim import Claim
from retrylint.study.lower import lower_slice
from retrylint.study.recursion import recursion_claim
from retrylint.study.requeue import requeue_claims
from retrylint.study.second_call import second_call_claims
from retrylint.study.task import Task, find_task, helper_calls, task_site, task_traps


def study(source: str, module: Sketch, libraries: Sequence[TaskLibrary]) -> FileFacts:
    """The sites and traps of a module's candidates."""
    lines = source.split("\n")
    read: list[tuple[Candidate, code.Function | code.Class]] = []
    refused = list(module.refused)
    for candidate in module.candidates:
        text = "\n".join(lines[candidate.first_line - 1 : candidate.last_line]) + "\n"
        try:
            read.append((candidate, lower_slice(text, candidate.first_line)))
        except (code.TooDeepError, ParserSyntaxError) as error:
            too_deep = isinstance(error, code.TooDeepError)
            reason = f"is {error}" if too_deep else "is written in a way that libcst cannot read"
            span = Span(candidate.first_line, 1, candidate.first_line, 1)
            refused.append(NotAnalysed(f"{candidate.owner.qualified(candidate.name)} {reason}", span))
    tasks = _tasks(read, module, libraries)
    claims: list[Claim] = []
    for candidate, definition in read:
        task = tasks.get(definition.span)
        if candidate.may_recur and isinstance(definition, code.Function):
            context = _context(task)
            helpers = _helpers(candidate, lines)
            claim = recursion_claim(definition, candidate.owner, module, context, helpers)
            claims += [claim] if claim is not None else []
        if candidate.may_call_twice and isinstance(definition, code.Function):
            claims += second_call_claims(definition, candidate.owner, module, _context(task), lines)
        if candidate.may_requeue and isinstance(definition, code.Function):
            claims += requeue_claims(definition, candidate.owner, module)
        if task is not None:
            found = task_site(task, module)
            if found is not None:
                claims.append(Claim(found, tuple(task_traps(task, found))))
    sites = sorted((claim.site for claim in claims), key=lambda site: site.span)
    return FileFacts(tuple(sites), tuple(trap for claim in claims for trap in claim.traps), tuple(refused))


def _helpers(candidate: Candidate, lines: Sequence[str]) -> dict[str, code.Function]:
    """The functions beside a candidate that may call it, by the names under which it knows them.

    One that libcst cannot read is left out, for it may be no site itself.
    """
    found: dict[str, code.Function] = {}
    for helper in candidate.helpers:
        text = "\n".join(lines[helper.first_line - 1 : helper.last_line]) + "\n"
        with suppress(code.TooDeepError, ParserSyntaxError):
            lowered = lower_slice(text, helper.first_line)
            if isinstance(lowered, code.Function):
                found[helper.known_as] = lowered
    return found


def _context(task: Task | None) -> Library | None:
    return task.library.library if task is not None else None


def _tasks(
    read: Sequence[tuple[Candidate, code.Function | code.Class]], module: Sketch, libraries: Sequence[TaskLibrary]
) -> dict[Span, Task]:
    """The tasks among the definitions, by where they stand."""
    found: dict[Span, Task] = {}
    for library in libraries:
        helpers = {
            candidate.owner.qualified(definition.name): calls
            for candidate, definition in read
            if isinstance(definition, code.Function)
            and not definition.decorators
            and (calls := helper_calls(definition, candidate.owner, library, module.imports.within(definition)))
        }
        for candidate, definition in read:
            task = find_task(definition, candidate.owner, module, library, helpers)
            if task is not None:
                found.setdefault(definition.span, task)
    return found
