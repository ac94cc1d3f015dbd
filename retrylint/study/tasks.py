"""The tasks among a module's definitions, each with its terms and its site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import RetrySite, Span
from retrylint.sketch.sketch import Candidate, Sketch
from retrylint.study.task import Task, find_task, task_site, task_terms
from retrylint.study.task_schedule import TaskTerms


@dataclass(frozen=True, slots=True)
class FoundTask:
    """A task, what its retries come to, and its site, if it is one."""

    task: Task
    terms: TaskTerms
    site: RetrySite | None


def find_tasks(
    read: Sequence[tuple[Candidate, code.Stmt]], module: Sketch, libraries: Sequence[TaskLibrary], source: str
) -> dict[Span, FoundTask]:
    """The tasks among the definitions of a module, by where they stand."""
    known = {
        **module.helpers,
        **{
            candidate.owner.qualified(definition.name): definition
            for candidate, definition in read
            if isinstance(definition, code.Function)
        },
    }
    found: dict[Span, FoundTask] = {}
    for library in libraries:
        for each in _of_library(read, module, library, known, source):
            found.setdefault(each.task.definition.span, each)
    return found


def _of_library(
    read: Sequence[tuple[Candidate, code.Stmt]], module: Sketch, library: TaskLibrary,
    known: Mapping[str, code.Function], source: str,
) -> list[FoundTask]:  # fmt: skip
    is_settled = not any(word in source for word in library.afar)
    tasks = [
        task
        for candidate, definition in read
        if isinstance(definition, (code.Function, code.Class))
        for task in (find_task(definition, candidate.owner, module, library, known, is_settled),)
        if task is not None
    ]
    terms = [task_terms(task, module) for task in tasks]
    found = []
    for task, its_terms in zip(tasks, terms, strict=True):
        users = [other for user, other in zip(tasks, terms, strict=True) if task.name in user.helpers]
        found.append(FoundTask(task, its_terms, task_site(task, its_terms, users)))
    return found
