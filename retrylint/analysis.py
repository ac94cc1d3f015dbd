"""From one module's text to its facts: sketch, then study where there is something to study."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from retrylint.excerpt import Excerpt, Parts
from retrylint.libraries.frameworks import Form, Framework, spoken_of
from retrylint.libraries.spec import TaskLibrary, task_libraries
from retrylint.model import FileFacts, NotAnalysed
from retrylint.reading import Reading, read
from retrylint.screen import Screened, client_roots, policy_roots_in
from retrylint.sketch.built import BuiltWords
from retrylint.sketch.sketch import Look, Module, Sketch, look, sketch
from retrylint.sketch.task_words import TaskWords
from retrylint.sketch.texts import Texts

if TYPE_CHECKING:
    from retrylint.chains.graph import Region
    from retrylint.libraries.clients import ClientIndex
    from retrylint.libraries.policies import Policy, PolicyIndex
    from retrylint.sketch.repeaters import Repeater


@dataclass(frozen=True, slots=True)
class Joining:
    """What other modules of a project add: `join` puts it to a sketch.

    `names`: what retries by them, with the helper where it is one; the `roots` of the libraries that do it. `tell` is
    told what runs again with each attempt, from which the chains of a project are found.
    """

    join: Callable[[Sketch], Sketch]
    tell: Callable[[Sequence[Region]], None]
    names: Mapping[str, Repeater | None] = field(default_factory=dict)
    roots: frozenset[str] = frozenset()


def analyse(
    source: str,
    tree: ast.Module | None = None,
    trace: bool = False,
    screened: Screened = Screened(),
    own: Sequence[Policy] = (),
    joining: Joining | None = None,
    with_left_out: bool = True,
) -> FileFacts:
    """The facts of a module; newlines in `source` are `\\n`. With `trace`, hand-written sites tell how they run.

    What `screened` rules out is not looked for, and what it saw nothing in is not read; `own` are a project's own
    policies. `joining`: what the rest of the project says. `tree`: that of the source, where it is known. Without
    `with_left_out`, what only looks like a retry is not told.
    """
    roots = joining.roots if joining is not None else frozenset()
    known = _libraries(source, screened.code, own, roots) if screened.library else None
    words = _words(*known).within(source, screened.code) if known is not None else TaskWords()
    words = replace(words, foreign=joining.names) if joining is not None else words
    found = _sketched(source, tree, words, screened, with_left_out)
    if isinstance(found, NotAnalysed):
        return FileFacts(not_analysed=(found,))
    seen, refused = found
    seen = joining.join(seen) if joining is not None else seen
    if not seen.candidates and not seen.built:
        left_out = seen.left_out if with_left_out else ()
        return FileFacts(left_out=left_out, not_analysed=(*refused, *seen.refused))
    from retrylint.study.study import study  # libcst costs a tenth of a second to import

    tell = joining.tell if joining is not None else None
    facts = study(source, seen, *(known or _libraries(source, screened.code, own, roots)), trace, tell)
    facts = replace(facts, not_analysed=(*refused, *facts.not_analysed)) if refused else facts
    return facts if with_left_out else replace(facts, left_out=())


def _sketched(
    source: str, tree: ast.Module | None, words: TaskWords, screened: Screened, with_left_out: bool
) -> tuple[Sketch, tuple[NotAnalysed, ...]] | NotAnalysed:
    """The sketch of the part of a module that matters, and what of it could not be read.

    What has one of the words, or another name for one of them, and what the screen saw, is read alone at first: most of
    it is no retry. What may be one is read with all that it names, and the part grows until no new name is found.
    """
    spelt = words.spelt() if screened.library else frozenset()
    parts = Parts(screened.code) if screened.code and not screened.broken else None
    excerpt = _excerpt(source, parts, spelt, frozenset(), words, screened)
    if excerpt is None:
        return Sketch(), ()
    found: Look | None = None
    reading: Reading | None = None
    module: Module | None = None
    while True:
        read_now = read(source, tree, excerpt, reading)
        if isinstance(read_now, NotAnalysed):
            return read_now
        reading, module = read_now, Module.of(read_now.text, read_now.tree, module)
        if found is None or not found.derived <= spelt or not found.fits(module):
            spelt |= found.derived if found is not None else frozenset()
            found = look(module, words, screened, with_left_out)
        if reading.is_whole or (found.derived <= spelt and not found.matters()):
            return sketch(found, module), reading.refused
        before, excerpt = excerpt, _excerpt(source, parts, spelt | found.derived, found.matters(), words, screened)
        if excerpt is None or excerpt == before:
            return sketch(found, module), reading.refused


def _excerpt(
    source: str,
    parts: Parts | None,
    spelt: frozenset[str],
    roots: frozenset[int],
    words: TaskWords,
    screened: Screened,
) -> Excerpt | None:
    """The part of a module with these words, with that of the `roots` and all that this names, and with what the screen
    saw; None where there is nothing of all that.
    """
    if parts is None:
        return Excerpt()
    lines = Texts(source).lines_of(spelt, words.built.endings)
    if not (lines or roots or screened.places or words.classes):
        return None
    return parts.excerpt(
        screened.places,
        lines=lines,
        roots=roots,
        with_classes=words.classes,
        with_statements=bool(spelt or roots),
    )


def _libraries(
    source: str, code: bytes, own: Sequence[Policy], policy_roots: frozenset[str]
) -> tuple[Sequence[TaskLibrary], Sequence[Framework], ClientIndex | None, PolicyIndex | None]:
    """The libraries that a module may use, by the words in it; `code` is what of it is no comment and no text."""
    lowered = source.lower()
    code = code or source.encode(errors="surrogatepass")
    roots, policy_roots = client_roots(lowered, code), policy_roots | policy_roots_in(code)
    return (
        task_libraries() if "task" in lowered else (),
        spoken_of(lowered),
        _clients(roots) if roots else None,
        _policies(policy_roots, own) if policy_roots or own else None,
    )


def _clients(roots: frozenset[str]) -> ClientIndex:
    from retrylint.libraries.clients import client_index  # most files need none of it

    return client_index(roots)


def _policies(roots: frozenset[str], own: Sequence[Policy]) -> PolicyIndex:
    from retrylint.libraries.policies import policy_index

    return policy_index(roots).with_own(own)


def _words(
    libraries: Sequence[TaskLibrary],
    frameworks: Sequence[Framework],
    clients: ClientIndex | None,
    policies: PolicyIndex | None,
) -> TaskWords:
    forms = [form for each in frameworks for form in each.forms]
    decorating = [form for form in forms if form.place == "decorator"]
    building = [form for form in forms if form.place in ("call", "policy")]
    return TaskWords(
        frozenset(name.rpartition(".")[2] for each in libraries for name in (*each.decorators, *each.methods))
        | _last_names(decorating)
        | {method for form in decorating for method in form.methods},
        frozenset(option for each in libraries for option in each.retry_options)
        | {option for form in decorating for option in form.options},
        frozenset(each.method.name for each in libraries),
        frozenset(option for each in libraries for option in (each.base, each.bind)),
        _last_names(form for form in decorating if form.default is not None),
        _last_names(form for form in forms if form.place == "raised"),
        BuiltWords(
            _last_names(building) | {method for form in building for method in form.methods},
            tuple(ending for form in building for ending in form.endings),
            frozenset(option for form in building for option in form.options),
            frozenset(name for form in forms if form.place == "mapping" for name in form.names),
        ),
        clients.words if clients is not None else frozenset(),
        policies.words if policies is not None else frozenset(),
        policies.callers if policies is not None else frozenset(),
    )


def _last_names(forms: Iterable[Form]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for form in forms for name in form.names)
