"""The task claimant: a task queue's own retry, from the decorator, the class, the options and the body together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.flow import ends
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Body, Catch, GiveUp, Limit, RetrySite, Role, Schedule, Span
from retrylint.names import Imports, Owner
from retrylint.operations import named, operations_of
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.caught import catch_of
from retrylint.study.options import Options, base_options, class_options, is_task_class, keyword_options, lineage
from retrylint.study.retry_calls import RetryCall, Scope, receivers_of, retry_calls
from retrylint.study.task_decorator import Decoration, task_decoration
from retrylint.study.task_escape import may_escape
from retrylint.study.task_helpers import handed_on, helper_calls
from retrylint.study.task_schedule import TaskTerms, Way, terms_of

IDLE = Schedule("none", waits=())
NOTHING = Options()


@dataclass(frozen=True, slots=True)
class Task:
    """A function or class that a task queue runs, or a helper that is handed one.

    `options` are all, `own_options` those of its decorator or class body. `receiver` is its first parameter, which is
    the task itself where it is `bound`. `helpers` are the functions that make some of its `calls`; `may_be_retried`:
    another one that cannot be seen may make one too. `is_run`: the queue runs it, and not only what is made of it.
    """

    definition: code.Function | code.Class
    owner: Owner
    library: TaskLibrary
    imports: Imports
    options: Options
    own_options: Options = NOTHING
    decoration: Decoration | None = None
    receiver: str | None = None
    bound: bool = True
    calls: tuple[RetryCall, ...] = ()
    helpers: frozenset[str] = frozenset()
    may_be_retried: bool = False
    is_run: bool = True

    @property
    def name(self) -> str:
        """Its name in the module."""
        return self.owner.qualified(self.definition.name)


def find_task(
    definition: code.Function | code.Class, owner: Owner, module: Sketch, library: TaskLibrary,
    known: Mapping[str, code.Function], is_settled: bool,
) -> Task | None:  # fmt: skip
    """Read a definition as a task of the library, or as a helper that is handed one; None where it is neither.

    `known`: the functions of the module that may be handed a task. `is_settled`: no setting of the module sets the
    options of tasks from afar.
    """
    if isinstance(definition, code.Class):
        return _class_task(definition, owner, module, library, is_settled)
    decoration = task_decoration(definition, module, library)
    if decoration is None and definition.decorators:
        return None
    imports = module.imports.within(definition)
    if decoration is None:
        calls = helper_calls(definition, owner, library, imports)
        options = Options(complete=False)
        return Task(definition, owner, library, imports, options, calls=calls, is_run=False) if calls else None
    own = keyword_options(decoration.arguments, module)
    bases = _bases(own, decoration, library, module)
    options = own
    for base in bases:
        options = options.over(base_options(base or "?", library, module))
    bound = own.stated.get(library.bind) == code.Const(True)
    first = definition.parameters[0].name if definition.parameters else None
    receivers = receivers_of(definition, library, imports) | (
        {first} if first and (bound or first == "self") else set()
    )
    classes = [each for base in bases if base for each in lineage(base, module)]
    handed = handed_on(Scope(definition, first if bound else None), classes, known, library, module.imports)
    return Task(
        definition, owner, library, imports,
        options if is_settled else options.over(Options(complete=False)),
        own, decoration, first, bound,
        retry_calls(definition, library, receivers) + handed.calls, handed.helpers,
        handed.unseen or may_escape(definition, decoration, first if bound else None, library),
    )  # fmt: skip


def _bases(own: Options, decoration: Decoration, library: TaskLibrary, module: Sketch) -> Sequence[str | None]:
    """The classes that a task is made of, as they are spelt: its own, or that of its application."""
    stated = own.stated.get(library.base)
    if stated is not None:
        return (code.dotted(stated),)
    made_by = module.constants.get(decoration.app)
    arguments = made_by.arguments if isinstance(made_by, code.Call) else ()
    return tuple(code.dotted(each.value) for each in arguments if each.keyword == library.app_base)


def _class_task(
    definition: code.Class, owner: Owner, module: Sketch, library: TaskLibrary, is_settled: bool
) -> Task | None:
    facts = module.classes.get(owner.qualified(definition.name))
    if facts is None or not is_task_class(facts, library, module):
        return None
    methods = [each for each in definition.body if isinstance(each, code.Function) and each.parameters]
    calls = [call for each in methods for call in retry_calls(each, library, {each.parameters[0].name})]
    own = Options(facts.members)
    options = class_options(facts, library, module)
    return Task(
        definition, owner, library, module.imports,
        options if is_settled else options.over(Options(complete=False)),
        own, calls=tuple(calls), is_run=any(each.name == "run" for each in methods),
    )  # fmt: skip


def task_terms(task: Task, module: Sketch) -> TaskTerms:
    """What the retries of a task come to. One that only others are made of leaves what it does not say to them."""
    calls = tuple(call for call in task.calls if not is_unbound(task, call))
    return terms_of(task.options, calls, task.library, module, is_open=not task.is_run and _is_class(task))


def task_site(task: Task, terms: TaskTerms, users: Sequence[TaskTerms] = ()) -> RetrySite | None:
    """The retry of a task; None where it has neither retry nor an option of one, or has it switched off.

    `users`: the terms of the tasks that are handed to a helper, whose limits are its own.
    """
    if not terms.is_retried:
        return _idle_site(task, terms)
    worst = terms.worst
    if not task.is_run and not _is_class(task):
        worst = _for_helper(terms, users)
    if worst.limit.attempts is not None and worst.limit.attempts <= 1:
        return None
    return _site(task, terms, worst)


def _is_class(task: Task) -> bool:
    return isinstance(task.definition, code.Class)


def _idle_site(task: Task, terms: TaskTerms) -> RetrySite | None:
    """The site of a task with options of a retry that is never asked for: one attempt."""
    configured = not set(task.own_options.stated).isdisjoint(task.library.retry_options)
    if not task.is_run or not (configured or task.calls):
        return None
    if not task.calls and terms.worst.limit.attempts == 1:
        return None  # switched off
    if task.may_be_retried:
        return _site(task, terms, terms.worst)
    return _site(task, terms, Way(Limit("explicit", 1, option=task.library.limit.option), IDLE))


def _for_helper(terms: TaskTerms, users: Sequence[TaskTerms]) -> Way:
    """A helper's way: as long as one of the tasks of the module that it asks for, where that is known of each."""
    limits = [user.worst.limit for user in users]
    worst = max(limits, key=lambda limit: (limit.kind == "unbounded", limit.attempts or 0), default=None)
    if worst is None or terms.worst.limit.kind != "unknown":
        return terms.worst
    if worst.kind != "unbounded" and any(limit.attempts is None for limit in limits):
        return terms.worst
    schedule = next((user.worst.schedule for user in users if user.worst.limit == worst), terms.worst.schedule)
    return Way(Limit(worst.kind, worst.attempts), schedule)


def _site(task: Task, terms: TaskTerms, way: Way) -> RetrySite:
    function = task.definition if isinstance(task.definition, code.Function) else None
    operations = _operations(task, terms) if way.limit.attempts != 1 else {}
    library = task.library.library
    return RetrySite(
        span=task.definition.span,
        function=task.name,
        mechanism="task",
        library=library,
        limit=way.limit,
        schedule=way.schedule,
        catch=_catch(task, terms),
        give_up=GiveUp("never") if way.limit.kind == "unbounded" else GiveUp() if way.counts else GiveUp("raises"),
        body=Body() if function is None else body_of(function, task.imports, tuple(operations), library),
        spans=(*_spans(task, way), *(("operation", span) for span in operations.values())),
    )


def _catch(task: Task, terms: TaskTerms) -> Catch:
    asking = {call.span for call in task.calls}
    caught = {id(call.caught[1]): call.caught for call in task.calls if call.caught is not None}
    asked = catch_of(caught.values(), task.imports, lambda call: call.span in asking)
    inside = tuple(each for each in asked.handlers if task.definition.span.holds(each.span))
    spared = asked.spared + (terms.spared + _kept(task) if terms.automatic else ())
    return Catch(tuple(dict.fromkeys(terms.automatic + asked.names)), asked.bare, inside, spared)


def _kept(task: Task) -> tuple[str, ...]:
    """The time limit, where the task takes it in a handler of its own and does not let it out to the library."""
    limit = task.library.library.time_limit or ""
    handlers = (node for node in code.walk(*task.definition.body) if isinstance(node, code.Handler))
    keeping = (each for each in handlers if "raise" not in ends(each.body))
    taken = {code.last_name(kind) for each in keeping for kind in handler_types(each)}
    return (limit,) if limit.rpartition(".")[2] in taken else ()


def _operations(task: Task, terms: TaskTerms) -> dict[str, Span]:
    """What is repeated: what the handlers that ask for a retry stand behind, or all that the task does."""
    if not isinstance(task.definition, code.Function):
        return {}
    span = task.definition.span
    blocks = [call.caught[0].body for call in task.calls if call.caught is not None and span.holds(call.caught[0].span)]
    asking = {call.span for call in task.calls}
    blocks = [task.definition.body] if terms.automatic or not blocks else blocks
    found = (each for block in blocks for each in operations_of(block, lambda call: call.span in asking))
    return named(found, task.imports)


def _spans(task: Task, way: Way) -> Iterator[tuple[Role, Span]]:
    """The calls that ask for a retry, the one of several that runs longest, and the handlers that they stand in."""
    span = task.definition.span
    asking = list(dict.fromkeys(call.span for call in task.calls if span.holds(call.span)))
    yield from (("retry-call", each) for each in asking)
    if len(asking) > 1 and way.call is not None and way.call.span in asking:
        yield "worst-call", way.call.span
    for call in task.calls:
        if call.caught is not None and span.holds(call.caught[1].span):
            yield "handler", call.caught[1].span


def is_unbound(task: Task, call: RetryCall) -> bool:
    """Is the retry method called on a first argument that is not the task?"""
    return not task.bound and task.own_options.complete and call.receiver == task.receiver == "self"
