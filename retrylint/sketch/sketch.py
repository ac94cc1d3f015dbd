"""The sketch: which definitions of a module are worth studying, and what they can see of the module.

It decides by control flow and dataflow over the host's `ast`, so that a function that never calls itself on
failure, or that only does so with other inputs, never reaches libcst.
"""

from __future__ import annotations

import ast
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from retrylint import code, flow
from retrylint.again.resolve import EMPTY, again_test
from retrylint.dataflow import Handover, handovers
from retrylint.model import LeftOut, NotAnalysed, Span
from retrylint.names import Imports, Owner, receiver
from retrylint.screen import Screened
from retrylint.sketch.beside import Beside, functions_beside
from retrylint.sketch.built import NOTHING_BUILT, Built, BuiltWords, built_in
from retrylint.sketch.called import called_definitions
from retrylint.sketch.changed import changed_recursion
from retrylint.sketch.looping import MODULE, Judged, judged_loops
from retrylint.sketch.lower import Lowering
from retrylint.sketch.mentions import TASK_CALL, may_call_twice, may_mean_itself
from retrylint.sketch.outline import FUNCTIONS, Defined, Looping, Outline, outline
from retrylint.sketch.places import makes, places_of
from retrylint.sketch.repeaters import Repeater, repeaters_in
from retrylint.sketch.task_names import NO_TASKS, TaskNames, last_name, tasks_named
from retrylint.sketch.texts import Texts
from retrylint.sketch.wrappers import Known, may_wrap, wrappers_in
from retrylint.twice import second_calls

DEFINED = re.compile(r"def[ \t\\\n]+(\w+)")
Lines = tuple[int, int]
MOST_WRAPPED = 3  # helpers that have it done by one another
MOST_NODES = 300  # a module constant larger than this is data, not a setting


@dataclass(frozen=True, slots=True)
class TaskWords:
    """The words by which a file shows its tasks: last names of decorators, options, the retry methods.

    `elsewhere`: options of a decorator that let the rest of a retry be written somewhere else. `always`: decorators
    that need no option. `raised`: exceptions that ask for a retry. `built`: what may retry and is no definition.
    `clients`: last names of what sets a client's retries; `policies`: of what retries what it is given, `callers`: of
    those that take it first. `foreign`: the names of such things of other modules, with the helper where it is one.
    """

    decorators: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    always: frozenset[str] = frozenset()
    raised: frozenset[str] = frozenset()
    built: BuiltWords = NOTHING_BUILT
    clients: frozenset[str] = frozenset()
    policies: frozenset[str] = frozenset()
    callers: frozenset[str] = frozenset()
    foreign: Mapping[str, Repeater | None] = field(default_factory=dict)

    def spelt(self) -> frozenset[str]:
        """All words that a definition which matters has at least one of."""
        built = self.built.calls | self.built.options | self.built.mappings
        own = self.decorators | self.options | self.methods | self.raised | self.clients | self.policies
        foreign = {name.rpartition(".")[2] for name in self.foreign}
        return own | built | self.callers | foreign | TASK_CALL


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
class ClassFacts:
    """A class of the module: its bases as written, and what its attributes are set to once."""

    name: str
    bases: tuple[str, ...]
    members: Mapping[str, code.Expr]


@dataclass(frozen=True, slots=True)
class Foreign:
    """A retry helper of another module, and what it can see there."""

    repeater: Repeater
    home: Sketch


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
    def of(cls, text: str, tree: ast.Module) -> Module:
        seen = outline(tree, frozenset(DEFINED.findall(text)) if text.isascii() else None)
        return cls(text, tree, seen, Lowering(text))


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


def look(module: Module, words: TaskWords, screened: Screened = Screened()) -> Look:
    """Look for what is worth studying in a module. What the screen rules out is not looked for."""
    tree, seen, spans, texts = module.tree, module.seen, module.spans, Texts(module.text)
    candidates: dict[Lines, Candidate] = {}
    nodes: dict[Lines, tuple[ast.stmt, ...]] = {}
    left_out: list[LeftOut] = []
    refused: list[NotAnalysed] = []
    retrying: list[Judged] = []
    for judged in judged_loops(seen.loops, spans) if screened.loop else ():
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
    naming = tasks_named(seen, words.decorators) if words.decorators else NO_TASKS
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
        if _lowered(place.node, spans) is None:
            continue  # nested too deep to be a setting
        known = candidates.get(place.lines) or Candidate(place.owner, place.name, *place.lines)
        candidates[place.lines] = replace(known, may_set_client=True)
        nodes.setdefault(place.lines, place.nodes)
    repeaters = _helpers_in(texts, retrying, seen, spans, words)
    names = frozenset(each.name for each in repeaters) | {name.rpartition(".")[2] for name in words.foreign}
    names |= _kept(seen, repeaters, words)
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
    imports = [lowered for each in seen.imports for lowered in spans.lower(each).names]
    homes = [each for each in seen.definitions if _lines(each) in candidates]
    return Sketch(
        candidates=tuple(candidates[key] for key in sorted(candidates) if key in read),
        left_out=look.left_out,
        refused=tuple(refused),
        imports=_imports(imports),
        constants=_constants(seen, spans, ()),
        classes=dict(_classes(seen, spans)),
        helpers=called_definitions(homes, seen.definitions, spans, look.names),
        built=look.built,
        read=read,
        repeaters=look.repeaters,
        derived=look.derived,
    )


def _helpers_in(
    texts: Texts, retrying: Iterable[Judged], seen: Outline, spans: Lowering, words: TaskWords
) -> tuple[Repeater, ...]:
    """The helpers of a module: those that retry by themselves, and those that have it done."""
    found = list(repeaters_in(retrying, seen.loops, seen.definitions, spans))
    own = [each for each in seen.definitions if isinstance(each.node, FUNCTIONS) and not each.rebound]
    homes = [each for each in own if not each.owner.path or each.owner.in_class]
    for _ in range(MOST_WRAPPED):
        names = words.policies | {each.name for each in found} | {name.rpartition(".")[2] for name in words.foreign}
        lines = texts.lines_of(names) if names else []
        taken = {each.qualified for each in found}
        wrapping = [each for each in homes if _holds(each, lines) and each.owner.qualified(each.node.name) not in taken]
        new: list[Repeater] = []
        for each in wrapping:
            known = Known(words.policies, words.callers, partial(_helper_named, found, words.foreign, each.owner))
            lowered = _lowered(each.node, spans) if may_wrap(each.node) else None
            new += wrappers_in(each.owner, lowered, known) if lowered is not None else ()
        if not new:
            break
        found += new
    return tuple(found)


def _kept(seen: Outline, repeaters: Iterable[Repeater], words: TaskWords) -> frozenset[str]:
    """The names of a module for what its helpers make to be given functions: `patiently = retry(attempts=3)`."""
    foreign = {name.rpartition(".")[2] for name, each in words.foreign.items() if each is not None and each.holder == 1}
    makers = foreign | {each.name for each in repeaters if each.holder == 1}
    return frozenset(
        name
        for (owner, name), values in seen.assigned.items()
        if not owner and len(values) == 1 and isinstance(values[0], ast.Call) and last_name(values[0]) in makers
    )


def _helper_named(
    own: Iterable[Repeater], foreign: Mapping[str, Repeater | None], owner: Owner, name: str
) -> Repeater | None:
    """The helper that a member of `owner` knows by a name."""
    if name in foreign:
        return foreign[name]
    head, _, last = name.rpartition(".")
    of_class = owner if head in ("self", "cls") else Owner(tuple(head.split(".")), True) if head else Owner()
    return next((each for each in own if each.name == last and each.owner == of_class), None)


def sketch_of_module(source: str, tree: ast.Module, words: TaskWords = TaskWords()) -> Sketch:
    """What a module has to offer to others: imports, constants, classes, and the helpers that retry.

    Of `words`, the policies and the helpers of other modules count.
    """
    seen = outline(tree, frozenset(DEFINED.findall(source)) if source.isascii() else None)
    spans = Lowering(source)
    judged = [each for each in judged_loops(seen.loops, spans) if isinstance(each, Judged) and each.retries]
    homes = [each.looping.home for each in judged if each.looping.home is not None]
    imports = [lowered for each in seen.imports for lowered in spans.lower(each).names]
    return Sketch(
        imports=_imports(imports),
        constants=_constants(seen, spans, ()),
        classes=dict(_classes(seen, spans)),
        helpers=called_definitions(homes, seen.definitions, spans),
        repeaters=_helpers_in(Texts(source), judged, seen, spans, words),
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
    makers = {each.node.name for each in seen.definitions if _holds(each, lines) and makes(each.node, words.clients)}
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


def _imports(names: Iterable[tuple[str, str]]) -> Imports:
    table: dict[str, str] = {}
    for local, qualified in names:
        table.setdefault(local, qualified)  # `try: import a except ImportError: import b`: the first is meant
    return Imports(table)


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
            defined, words, naming, _holds(defined, calls), _holds(defined, options)
        )
        may_run_again = calls_twice = False
        if isinstance(node, FUNCTIONS):
            may_run_again = (
                screened.recursion
                and not defined.rebound
                and (id(node) in beside or may_mean_itself(node, texts.names_again(defined), _holds(defined, sends)))
            )
            calls_twice = screened.twice and may_call_twice(node)
        may_send = isinstance(node, FUNCTIONS) and _holds(defined, sends) and _holds(defined, options)
        if not (may_be_task or may_run_again or calls_twice or may_send):
            continue
        try:
            lowered = spans.lower(node)
            helpers = {each.known_as: spans.lower(each.node) for each in beside.get(id(node), ())}
        except code.TooDeepError as error:
            span = Span(node.lineno, 1, node.lineno, 1)
            yield NotAnalysed(f"{defined.owner.qualified(node.name)} is {error}", span)
            continue
        running = flow.self_calls(lowered, again_test(lowered, defined.owner, helpers)) if may_run_again else ()
        handed = _handed(lowered, defined.owner, running)
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


def _holds(defined: Defined, lines: list[int]) -> bool:
    """Does one of these lines, which are in order, lie within a definition?"""
    index = bisect_left(lines, defined.first_line)
    return index < len(lines) and lines[index] <= (defined.node.end_lineno or defined.node.lineno)


Handed = Sequence[tuple[flow.SelfCall, Handover]]
"""Self-calls on failure, each with what becomes of the function's inputs."""


def same_self_calls(
    function: code.Function, owner: Owner, helpers: Mapping[str, code.Function] = EMPTY
) -> tuple[flow.SelfCall, ...]:
    """The self-calls on failure that hand the operation's inputs on as they came, at once, later or by a queue."""
    return _same(_handed(function, owner, flow.self_calls(function, again_test(function, owner, helpers))))


def _handed(function: code.Function, owner: Owner, calls: Iterable[flow.SelfCall]) -> Handed:
    found = list(calls)
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


def _constants(seen: Outline, spans: Lowering, path: tuple[str, ...]) -> dict[str, code.Expr]:
    """What the names of a module or class body are set to, where that happens once and the value is small."""
    return {
        name: value
        for (owner, name), values in seen.assigned.items()
        if owner == path and len(values) == 1 and _is_small(values[0])
        for value in (_lowered(values[0], spans),)
        if value is not None
    }


def _lowered(node: ast.AST, spans: Lowering) -> Any:
    """A node as `code`, or None where it is nested too deep to be a setting."""
    try:
        return spans.lower(node)
    except code.TooDeepError:
        return None


def _is_small(value: ast.expr) -> bool:
    return all(count < MOST_NODES for count, _ in enumerate(ast.walk(value)))


def _classes(seen: Outline, spans: Lowering) -> Iterator[tuple[str, ClassFacts]]:
    for defined in seen.definitions:
        node = defined.node
        if isinstance(node, ast.ClassDef):
            bases = tuple(name for base in node.bases if (name := _dotted(base)))
            members = _constants(seen, spans, (*defined.owner.path, node.name))
            for name, value in _initial(node, spans):
                members.pop(name, None)
                members.update({name: value} if value is not None else {})
            yield defined.owner.qualified(node.name), ClassFacts(node.name, bases, members)


def _is_stated(default: code.Expr | None) -> bool:
    """A default of None stands for whatever the class makes of it."""
    return isinstance(default, code.Const) and default.value is not None


def _initial(node: ast.ClassDef, spans: Lowering) -> Iterator[tuple[str, code.Expr | None]]:
    """Attributes that `__init__` sets, with the literal, or the parameter's default, that each is set to once.

    None for one that is set to something else, or again under a condition.
    """
    for method in node.body:
        if not isinstance(method, ast.FunctionDef) or method.name != "__init__":
            continue
        init: code.Function | None = _lowered(method, spans)
        if init is None:
            continue
        this = code.Name(init.parameters[0].name if init.parameters else "")
        defaults = {each.name: each.default for each in init.parameters if _is_stated(each.default)}
        found: dict[str, list[code.Expr | None]] = {}
        for statement in code.walk(*init.body):
            if isinstance(statement, code.Assign):
                value = statement.value
                stated = defaults.get(value.id) if isinstance(value, code.Name) else value
                for target in statement.targets:
                    if isinstance(target, code.Attribute) and target.value == this:
                        found.setdefault(target.name, []).append(
                            stated if isinstance(stated, (code.Const, code.Mapping)) else None
                        )
        yield from ((name, values[0] if len(values) == 1 else None) for name, values in found.items())


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(names)]) if isinstance(node, ast.Name) else None
