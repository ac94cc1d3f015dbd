"""The sketch: which definitions of a module are worth studying, and what they can see of the module.

It decides by control flow and dataflow over the host's `ast`, so that a function that never calls itself on
failure, or that only does so with other inputs, never reaches libcst.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from retrylint import code, flow
from retrylint.again.resolve import EMPTY, again_test
from retrylint.dataflow import Handover, handovers
from retrylint.model import LeftOut, NotAnalysed, RetrySite, Span
from retrylint.names import Imports, Owner, receiver
from retrylint.screen import Screened
from retrylint.sketch.beside import Beside, functions_beside
from retrylint.sketch.built import Built, built_in
from retrylint.sketch.called import called_definitions
from retrylint.sketch.changed import changed_recursion
from retrylint.sketch.helping import helpers_in, kept_names
from retrylint.sketch.looping import MODULE, Judged, judged_loops
from retrylint.sketch.lower import Lowering
from retrylint.sketch.mentions import TASK_CALL, may_call_twice, may_mean_itself
from retrylint.sketch.outline import DEFINED, FUNCTIONS, Defined, Looping, Outline, outline
from retrylint.sketch.places import makes, places_of
from retrylint.sketch.repeaters import Repeater
from retrylint.sketch.settings import ClassFacts, classes_in, constants_in, imports_in
from retrylint.sketch.task_names import NO_TASKS, TaskNames, last_name, tasks_named
from retrylint.sketch.task_words import TaskWords
from retrylint.sketch.texts import Texts
from retrylint.stepping import may_tell_failure
from retrylint.twice import second_calls

Lines = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Helper:
    """A function beside a candidate that may call it back: the name by which the candidate knows it, and its lines."""

    known_as: str
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A definition to study, or a loop of the module itself: its lines with decorators, and what it may be."""

    owner: Owner
    name: str
    first_line: int
    last_line: int
    may_recur: bool = False
    may_be_task: bool = False
    may_loop: bool = False
    may_requeue: bool = False
    may_call_twice: bool = False
    may_set_client: bool = False
    may_use_helper: bool = False
    may_send: bool = False
    helpers: tuple[Helper, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreign:
    """A retry helper of another module, and what it can see there.

    `runs`: what came of its uses, by the identity of the helper and by what it was given, as far as that hangs on
    nothing else.
    """

    repeater: Repeater
    home: Sketch
    runs: dict[tuple[int, str], RetrySite | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sketch:
    """What the study needs to know of a module.

    `left_out`: what looks like a retry and is none. `refused`: what may be a site, but is nested too deep to be read.
    `helpers`: the small functions that candidates call, by qualified name. `read`: the code of candidates and of those
    beside them, by first and last line; what is not there, the study reads itself. `repeaters`: the functions that
    retry what they are given; `foreign`: those of other modules, by the names that this one has for them. `derived`:
    the module's own names for what retries, or makes a retry of what is given to it.
    """

    candidates: tuple[Candidate, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refused: tuple[NotAnalysed, ...] = ()
    imports: Imports = Imports()
    constants: Mapping[str, code.Expr] = field(default_factory=dict)
    classes: Mapping[str, ClassFacts] = field(default_factory=dict)
    helpers: Mapping[str, code.Function] = field(default_factory=dict)
    built: tuple[Built, ...] = ()
    read: Mapping[Lines, code.Stmt] = field(default_factory=dict)
    repeaters: tuple[Repeater, ...] = ()
    foreign: Mapping[str, Foreign] = field(default_factory=dict)
    derived: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Module:
    """A module, or an excerpt of it: its text, its tree, and what both tell at a glance."""

    text: str
    tree: ast.Module
    seen: Outline
    spans: Lowering

    @classmethod
    def of(cls, text: str, tree: ast.Module, before: Module | None = None) -> Module:
        """`before`: a smaller excerpt, whose functions are part of this tree."""
        functions = frozenset(DEFINED.findall(text))
        seen = outline(tree, functions if all(map(str.isascii, functions)) else None)
        return cls(text, tree, seen, before.spans if before is not None and text.isascii() else Lowering(text))


@dataclass(frozen=True, slots=True)
class Look:
    """What of a module is worth studying, before what that can see of the module is gathered.

    `candidates` by their lines, and the statements (`nodes`) of those that are no definitions. `names`: those of what
    retries what it is given. Else as in a sketch.
    """

    candidates: Mapping[Lines, Candidate]
    nodes: Mapping[Lines, Sequence[ast.stmt]]
    left_out: tuple[LeftOut, ...]
    refused: tuple[NotAnalysed, ...]
    built: tuple[Built, ...]
    repeaters: tuple[Repeater, ...]
    names: frozenset[str]
    derived: frozenset[str]

    def matters(self) -> frozenset[int]:
        """The lines of all that is worth studying."""
        return frozenset(first for first, _ in self.candidates) | {each.span.line for each in self.built}

    def fits(self, module: Module) -> bool:
        """Does all that was found stand in a module as it did? A class of which more is read has another end."""
        return self.candidates.keys() <= {*map(_lines, module.seen.definitions), *self.nodes}


def look(module: Module, words: TaskWords, screened: Screened = Screened(), with_left_out: bool = True) -> Look:
    """Look for what is worth studying in a module. What the screen rules out is not looked for.

    Without `with_left_out`, neither is what only looks like a retry; some of it is told all the same.
    """
    tree, seen, spans, texts = module.tree, module.seen, module.spans, Texts(module.text)
    candidates: dict[Lines, Candidate] = {}
    nodes: dict[Lines, tuple[ast.stmt, ...]] = {}
    left_out: list[LeftOut] = []
    refused: list[NotAnalysed] = []
    retrying: list[Judged] = []
    for judged in judged_loops(seen.loops, spans, with_left_out) if screened.loop else ():
        if isinstance(judged, NotAnalysed):
            refused.append(judged)
        elif judged.retries:
            lines, candidate = _looping(judged.looping)
            candidates.setdefault(lines, candidate)
            retrying.append(judged)
            if judged.looping.home is None:
                nodes[lines] = (judged.looping.node,)
        else:
            left_out.append(judged.left_out)
    naming = tasks_named(seen, words.decorators) if words.decorators or words.classes else NO_TASKS
    for found in _candidates(module.text, texts, seen, spans, words, screened, naming):
        if isinstance(found, NotAnalysed):
            refused.append(found)
        elif isinstance(found, LeftOut):
            left_out.append(found)
        else:
            key = (found.first_line, found.last_line)
            candidates[key] = replace(found, may_loop=key in candidates)
    told = _told_names(texts, seen, words)
    for place in places_of(texts.lines_of(told), told, tree, seen.definitions) if told else ():
        if spans.shallow(place.node) is None:
            continue  # nested too deep to be a setting
        known = candidates.get(place.lines) or Candidate(place.owner, place.name, *place.lines)
        candidates[place.lines] = replace(known, may_set_client=True)
        nodes.setdefault(place.lines, place.nodes)
    repeaters = helpers_in(texts, retrying, seen, spans, words)
    names = frozenset(each.name for each in repeaters) | {name.rpartition(".")[2] for name in words.foreign}
    names |= kept_names(seen, repeaters, words)
    for place in places_of(texts.lines_of(names), names, tree, seen.definitions) if names else ():
        known = candidates.get(place.lines) or Candidate(place.owner, place.name, *place.lines)
        sets_client = known.may_set_client or bool(words.foreign)
        candidates[place.lines] = replace(known, may_use_helper=True, may_set_client=sets_client)
        nodes.setdefault(place.lines, place.nodes)
    left_out.sort(key=lambda each: each.span)
    built = built_in(texts, tree, seen.definitions, spans, words.built)
    derived = (told | names | naming.decorators) - words.clients - words.policies
    return Look(candidates, nodes, tuple(left_out), tuple(refused), built, repeaters, names, derived)


def sketch(look: Look, module: Module) -> Sketch:
    """The sketch of what was found in a module, with what it can see of that module."""
    candidates, seen, spans = look.candidates, module.seen, module.spans
    if not candidates and not look.built:
        return Sketch(left_out=look.left_out, refused=look.refused, derived=look.derived)
    refused = list(look.refused)
    read = dict(_read(candidates, look.nodes, seen, spans, refused))
    homes = [each for each in seen.definitions if _lines(each) in candidates]
    return Sketch(
        candidates=tuple(candidates[key] for key in sorted(candidates) if key in read),
        left_out=look.left_out,
        refused=tuple(refused),
        imports=imports_in(seen, spans),
        constants=constants_in(seen, spans),
        classes=dict(classes_in(seen, spans)),
        helpers=called_definitions(homes, seen.definitions, spans, look.names),
        built=look.built,
        read=read,
        repeaters=look.repeaters,
        derived=look.derived,
    )


def _read(
    candidates: Mapping[Lines, Candidate],
    nodes: Mapping[Lines, Sequence[ast.stmt]],
    seen: Outline,
    spans: Lowering,
    refused: list[NotAnalysed],
) -> Iterator[tuple[Lines, code.Stmt]]:
    """The code of candidates and of the helpers beside them; what is nested too deep is refused.

    `nodes`: the statements of candidates that are no definitions.
    """
    definitions = {_lines(each): (each.node,) for each in seen.definitions}
    for lines, candidate in candidates.items():
        try:
            yield lines, code.in_one([spans.lower(each) for each in nodes.get(lines) or definitions[lines]])
        except code.TooDeepError as error:
            name = candidate.owner.qualified(candidate.name)
            refused.append(NotAnalysed(f"{name} is {error}", Span(lines[0], 1, lines[0], 1)))
    helping = {(each.first_line, each.last_line) for candidate in candidates.values() for each in candidate.helpers}
    for defined in seen.definitions:
        lines = (defined.node.lineno, defined.node.end_lineno or defined.node.lineno)
        if lines in helping and lines not in candidates:
            yield lines, replace(spans.lower(defined.node), decorators=())


def _lines(defined: Defined) -> Lines:
    """The first and the last line of a definition, its decorators included."""
    return defined.first_line, defined.node.end_lineno or defined.node.lineno


def _told_names(texts: Texts, seen: Outline, words: TaskWords) -> frozenset[str]:
    """The names by which a client may be told to retry, or a policy used: its own, of a class that is one, of what
    makes one, of what is set to one.
    """
    words_of_both = words.clients | words.policies
    if not words_of_both:
        return frozenset()
    classes = (each.node for each in seen.definitions if isinstance(each.node, ast.ClassDef))
    own = {each.name for each in classes if any(last_name(base) in words_of_both for base in each.bases)}
    lines = texts.lines_of(words.clients)
    makers = {each.node.name for each in seen.definitions if each.holds(lines) and makes(each.node, words.clients)}
    renamed = {new for old, new in seen.renamed if old in words_of_both}
    made = words.policies | renamed
    kept = {name for (_, name), values in seen.assigned.items() if words.policies and _is_one_of(values, made)}
    return words_of_both | own | makers | renamed | kept


def _is_one_of(values: list[ast.expr], names: AbstractSet[str]) -> bool:
    """Is something set to what a call of these names gives, to one of them itself, or to one with options?"""
    if len(values) != 1:
        return False
    value = values[0]
    given = value.args[:1] if isinstance(value, ast.Call) and last_name(value) == "partial" else []
    return last_name(value) in names or any(last_name(each) in names for each in given)


def _looping(looping: Looping) -> tuple[tuple[int, int], Candidate]:
    """The candidate for a loop that retries: the function that it runs in, or its own lines in the module's body."""
    home = looping.home
    if home is None:
        first, last = looping.node.lineno, looping.node.end_lineno or looping.node.lineno
        return (first, last), Candidate(Owner(), MODULE, first, last, may_loop=True)
    first, last = home.first_line, home.node.end_lineno or home.node.lineno
    return (first, last), Candidate(home.owner, home.node.name, first, last, may_loop=True)


def _candidates(
    source: str, texts: Texts, seen: Outline, spans: Lowering, words: TaskWords, screened: Screened, naming: TaskNames
) -> Iterator[Candidate | LeftOut | NotAnalysed]:
    if not (screened.library or screened.recursion or screened.twice):
        return
    options, calls = texts.lines_of(words.options), _lines_of(source, words.methods, r"\.\s*", r"\s*\(")
    calls = sorted(calls + _lines_of(source, words.raised, r"\braise\s+(?:\w+\.)*"))
    sends = _lines_of(source, TASK_CALL, r"\.\s*")
    lines = source.split("\n") if screened.twice else []
    beside = functions_beside(seen.definitions, texts) if screened.recursion else {}
    for defined in seen.definitions:
        node = defined.node
        may_be_task = screened.library and _may_be_task(
            defined, words, naming, defined.holds(calls), defined.holds(options)
        )
        may_run_again = calls_twice = False
        if isinstance(node, FUNCTIONS):
            may_run_again = (
                screened.recursion
                and not defined.rebound
                and (id(node) in beside or may_mean_itself(node, texts.names_again(defined), defined.holds(sends)))
            )
            calls_twice = screened.twice and may_call_twice(node)
        may_send = isinstance(node, FUNCTIONS) and defined.holds(sends) and defined.holds(options)
        if not (may_be_task or may_run_again or calls_twice or may_send):
            continue
        try:
            lowered = spans.lower(node)
            helpers = {each.known_as: spans.lower(each.node) for each in beside.get(id(node), ())}
        except code.TooDeepError as error:
            span = Span(node.lineno, 1, node.lineno, 1)
            yield NotAnalysed(f"{defined.owner.qualified(node.name)} is {error}", span)
            continue
        handed = _handed(lowered, defined.owner, helpers) if may_run_again else ()
        again = _same(handed)
        other = None if again else changed_recursion(lowered, defined.owner, handed)
        if other is not None:
            yield other
        calls_twice = calls_twice and bool(second_calls(lowered, lines))
        if again or may_be_task or calls_twice or may_send:
            yield Candidate(
                defined.owner,
                node.name,
                defined.first_line,
                node.end_lineno or node.lineno,
                may_recur=any(each.again.how != "enqueued" for each in again),
                may_be_task=may_be_task,
                may_requeue=any(each.again.how == "enqueued" for each in again),
                may_call_twice=calls_twice,
                may_send=may_send,
                helpers=tuple(_helpers(beside.get(id(node), ()))),
            )


def _helpers(beside: Iterable[Beside]) -> Iterator[Helper]:
    for each in beside:
        yield Helper(each.known_as, each.node.lineno, each.node.end_lineno or each.node.lineno)


Handed = Sequence[tuple[flow.SelfCall, Handover]]
"""Self-calls on failure, each with what becomes of the function's inputs."""


def same_self_calls(
    function: code.Function, owner: Owner, helpers: Mapping[str, code.Function] = EMPTY
) -> tuple[flow.SelfCall, ...]:
    """The self-calls on failure that hand the operation's inputs on as they came, at once, later or by a queue."""
    return _same(_handed(function, owner, helpers))


def _handed(function: code.Function, owner: Owner, helpers: Mapping[str, code.Function]) -> Handed:
    found = flow.self_calls(function, again_test(function, owner, helpers))
    if not may_tell_failure(function, found):
        return ()
    handed = handovers(function, found, receiver(function, owner) is not None)
    return list(zip(found, handed, strict=True))


def _same(calls: Handed) -> tuple[flow.SelfCall, ...]:
    """Those self-calls that hand the operation's inputs on as they came."""
    return tuple(call for call, handed in calls if handed.changed is None and not _works_through(call))


def _works_through(self_call: flow.SelfCall) -> bool:
    """Is the helper, through which the function runs again, called where it fails too? Then it is part of the work."""
    if self_call.again.through is None or self_call.origin is None:
        return False
    return any(call.function == self_call.call.function for call in code.calls(*self_call.origin.body))


def _lines_of(source: str, words: frozenset[str], before: str, behind: str = r"\b") -> list[int]:
    """The lines in which one of these words stands."""
    if not words:
        return []
    spelt = "|".join(sorted((word for word in words if word in source), key=len, reverse=True))
    found = re.finditer(f"{before}(?:{spelt}){behind}", source) if spelt else ()
    return [source.count("\n", 0, match.end()) + 1 for match in found]


def _may_be_task(defined: Defined, words: TaskWords, naming: TaskNames, calls_retry: bool, names_option: bool) -> bool:
    """A task by its decorator or base that has something of a retry about it, or a function that calls a retry."""
    node = defined.node
    if isinstance(node, ast.ClassDef):
        if defined.owner.qualified(node.name) in naming.classes:
            runs = any(isinstance(each, FUNCTIONS) and each.name == "run" for each in node.body)
            return calls_retry or names_option or (runs and naming.is_own(node))
        return False
    if calls_retry:
        return True
    for each in node.decorator_list:
        name = last_name(each)
        if name in naming.decorators or name in words.always:
            return True
        if name in words.decorators:
            elsewhere = isinstance(each, ast.Call) and any(
                k.arg is None or k.arg in words.elsewhere for k in each.keywords
            )
            return names_option or elsewhere
    return False
