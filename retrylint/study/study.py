"""The study: libcst on the slices of the candidates, then the claimants in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from libcst import ParserSyntaxError

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import FileFacts, Library, NotAnalysed, RetrySite, Span, Trap
from retrylint.sketch.sketch import Candidate, Sketch
from retrylint.study.lower import lower_slice
from retrylint.study.recursion import recursion_site
from retrylint.study.requeue import requeue_sites
from retrylint.study.second_call import second_call_sites
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
    sites: list[RetrySite] = []
    traps: list[Trap] = []
    for candidate, definition in read:
        task = tasks.get(definition.span)
        if candidate.may_recur and isinstance(definition, code.Function):
            context = _context(task)
            helpers = _helpers(candidate, lines)
            site = recursion_site(definition, candidate.owner, module, context, helpers)
            sites += [site] if site is not None else []
        if candidate.may_call_twice and isinstance(definition, code.Function):
            sites += second_call_sites(definition, candidate.owner, module, _context(task), lines)
        if candidate.may_requeue and isinstance(definition, code.Function):
            sites += requeue_sites(definition, candidate.owner, module)
        if task is not None:
            found = task_site(task, module)
            if found is not None:
                sites.append(found)
                traps += task_traps(task, found)
    return FileFacts(tuple(sorted(sites, key=lambda site: site.span)), tuple(traps), tuple(refused))


def _helpers(candidate: Candidate, lines: Sequence[str]) -> dict[str, code.Function]:
    """The functions beside a candidate that may call it, by the names under which it knows them."""
    found: dict[str, code.Function] = {}
    for helper in candidate.helpers:
        text = "\n".join(lines[helper.first_line - 1 : helper.last_line]) + "\n"
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
