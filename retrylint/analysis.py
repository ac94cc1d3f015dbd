"""From one module's text to its facts: sketch, then study where there is something to study."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from retrylint.libraries.spec import TaskLibrary, task_libraries
from retrylint.model import FileFacts
from retrylint.screen import client_roots
from retrylint.sketch.sketch import TaskWords, sketch

if TYPE_CHECKING:
    from retrylint.libraries.clients import ClientIndex


def analyse(source: str, tree: ast.Module | None = None, trace: bool = False) -> FileFacts:
    """The facts of a module; newlines in `source` are `\\n`. With `trace`, hand-written sites tell how they run.

    Raises what `ast.parse` does where `tree` is not given.
    """
    libraries = task_libraries() if "task" in source.lower() else ()
    roots = client_roots(source.encode(errors="surrogatepass"))
    clients = _clients(roots) if roots else None
    seen = sketch(source, tree if tree is not None else ast.parse(source), _words(libraries, clients))
    if not seen.candidates:
        return FileFacts(left_out=seen.left_out, not_analysed=seen.refused)
    from retrylint.study.study import study  # libcst costs a tenth of a second to import

    return study(source, seen, libraries, clients, trace)


def _clients(roots: frozenset[str]) -> ClientIndex:
    from retrylint.libraries.clients import client_index  # most files need none of it

    return client_index(roots)


def _words(libraries: Sequence[TaskLibrary], clients: ClientIndex | None) -> TaskWords:
    return TaskWords(
        frozenset(name.rpartition(".")[2] for each in libraries for name in (*each.decorators, *each.methods)),
        frozenset(option for each in libraries for option in each.retry_options),
        frozenset(each.method.name for each in libraries),
        frozenset(option for each in libraries for option in (each.base, each.bind)),
        clients.words if clients is not None else frozenset(),
    )
