"""The task claimant: a task queue's own retry, from the decorator, the class, the options and the body together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from retrylint import code
from retrylint.exceptions import handler_types
from retrylint.flow import ends
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Catch, GiveUp, Limit, RetrySite, Role, Span, Trap
from retrylint.names import Imports, Owner
from retrylint.operations import named, operations_of
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of, decorator_name
from retrylint.study.caught import catch_of
from retrylint.study.options import Options, base_options, class_options, is_task_class, keyword_options
from retrylint.study.retry_calls import RetryCall, is_swallowed, receivers_of, retry_calls
from retrylint.study.task_schedule import TaskTerms, terms_of


@dataclass(frozen=True, slots=True)
class Task:
    """A function or class that a task queue runs."""

    definition: code.Function | code.Class
    owner: Owner
    library: TaskLibrary
    options: Options
    own_options: Options
    receiver: str | None
    bound: bool
    calls: tuple[RetryCall, ...]
    hands_itself_on: bool
    imports: Imports


def find_task(
    definition: code.Function | code.Class, owner: Owner, module: Sketch, library: TaskLibrary,
    helpers: Mapping[str, tuple[RetryCall, ...]],
) -> Task | None:  # fmt: skip
    """Read a definition as a task of the library, or as a helper that is handed one; None where it is neither."""
    if isinstance(definition, code.Class):
        return _class_task(definition, owner, module, library)
    imports = module.imports.within(definition)
    decorator = task_decorator(definition, module, library)
    if decorator is None:
        calls = helper_calls(definition, owner, library, imports)
        if not calls:
            return None
        options = Options(complete=False)
        return Task(definition, owner, library, options, Options(), None, True, calls, False, imports)
    arguments = decorator.arguments if isinstance(decorator, code.Call) else ()
    own = keyword_options(arguments, module)
    base = own.stated.get(library.base)
    options = own.over(base_options(code.dotted(base) or "?", library, module)) if base is not None else own
    bound = own.stated.get(library.bind) == code.Const(True)
    first = definition.parameters[0].name if definition.parameters else None
    receivers = receivers_of(definition, library, imports) | (
        {first} if first and (bound or first == "self") else set()
    )
    calls = retry_calls(definition, library, receivers)
    handed = _handed_to(definition, first if bound else None)
    calls += tuple(call for name in sorted(handed) for call in helpers.get(name, ()))
    unseen = bool(handed - set(helpers))
    return Task(definition, owner, library, options, own, first, bound, calls, unseen, imports)


def task_decorator(function: code.Function, module: Sketch, library: TaskLibrary) -> code.Expr | None:
    """The decorator that makes a function a task of the library."""
    for decorator in function.decorators:
        named = decorator.function if isinstance(decorator, code.Call) else decorator
        name = decorator_name(decorator, module.imports)
        if name is None:
            continue
        if name in library.decorators or name == "shared_task":
            return decorator
        is_method = isinstance(named, code.Attribute) and named.name in library.methods
        if is_method and _is_own_app(decorator, function, module, library):
            return decorator
    return None


def _is_own_app(decorator: code.Expr, function: code.Function, module: Sketch, library: TaskLibrary) -> bool:
    """Is `app.task` this library's? By where the app comes from, by the options, or by what the body calls."""
    named = decorator.function if isinstance(decorator, code.Call) else decorator
    app = (code.dotted(named) or "").partition(".")[0]
    made_by = module.constants.get(app)
    maker = code.dotted(made_by.function) if isinstance(made_by, code.Call) else None
    kinds = () if maker is None else module.classes[maker].bases if maker in module.classes else (maker,)
    origins = [module.imports.qualify(kind) for kind in kinds or (app,)]
    if any(origin.partition(".")[0] == library.library.name for origin in origins):
        return True
    named_so = any(library.library.name in origin.lower() for origin in origins)
    is_class = maker is not None and maker.rpartition(".")[2][:1].isupper()
    if is_class and not named_so and not any(origin.startswith(".") for origin in origins):
        return False  # an application of another kind, made here
    stated = {a.keyword for a in decorator.arguments} if isinstance(decorator, code.Call) else set()
    if not stated.isdisjoint(library.foreign_options):
        return False
    if not stated.isdisjoint(library.own_options) or named_so:
        return True
    first = function.parameters[0].name if function.parameters else ""
    return bool(retry_calls(function, library, {first, function.name}))


def helper_calls(
    function: code.Function, owner: Owner, library: TaskLibrary, imports: Imports
) -> tuple[RetryCall, ...]:
    """The retry calls of an undecorated function on a parameter that must be a task: raised, or with its arguments."""
    if owner.in_class and not any(code.dotted(each) == "staticmethod" for each in function.decorators):
        return ()
    calls = retry_calls(
        function, library, set(code.own_parameters(function)) | receivers_of(function, library, imports)
    )
    return tuple(call for call in calls if call.is_raised or call.is_told_by(library.method.signals))


def _handed_to(function: code.Function, receiver: str | None) -> set[str]:
    """The functions that a task hands itself on to."""
    found: set[str] = set()
    for call in code.calls(*function.body, into_definitions=True):
        name = code.dotted(call.function)
        handed = receiver is not None and any(each.value == code.Name(receiver) for each in call.arguments)
        if handed and name is not None and name != "super":
            found.add(name)
    return found


def _class_task(definition: code.Class, owner: Owner, module: Sketch, library: TaskLibrary) -> Task | None:
    facts = module.classes.get(owner.qualified(definition.name))
    if facts is None or not is_task_class(facts, library, module):
        return None
    calls: tuple[RetryCall, ...] = ()
    for method in definition.body:
        if isinstance(method, code.Function) and method.parameters:
            calls += retry_calls(method, library, {method.parameters[0].name})
    own = Options(facts.members)
    options = class_options(facts, library, module)
    return Task(definition, owner, library, options, own, None, True, calls, False, module.imports)


def task_site(task: Task, module: Sketch) -> RetrySite | None:
    """The retry of a task; None where it has neither retry nor an option of one, or has it switched off."""
    calls = tuple(call for call in task.calls if not _is_unbound(task, call))
    terms = terms_of(task.options, calls, task.library, module, task.definition)
    configured = not set(task.own_options.stated).isdisjoint(task.library.retry_options)
    if not calls and not terms.automatic:
        if not configured and not task.calls:
            return None
        if not task.calls and terms.limit.attempts == 1:
            return None  # switched off
        if not task.hands_itself_on:
            return _site(task, terms, Limit("explicit", 1, option=task.library.limit.option))
    if terms.limit.attempts is not None and terms.limit.attempts <= 1:
        return None
    return _site(task, terms, terms.limit)


def _site(task: Task, terms: TaskTerms, limit: Limit) -> RetrySite:
    function = task.definition if isinstance(task.definition, code.Function) else None
    retries = limit.attempts != 1
    operations = _operations(task, terms) if retries else {}
    return RetrySite(
        span=task.definition.span,
        function=task.owner.qualified(task.definition.name),
        mechanism="task",
        library=task.library.library,
        limit=limit,
        schedule=terms.schedule if retries else terms.idle,
        catch=_catch(task, terms),
        give_up=GiveUp("never") if limit.kind == "unbounded" else GiveUp("raises"),
        body=terms.class_body
        if function is None
        else body_of(function, task.imports, tuple(operations), task.library.library),
        spans=(*_spans(task), *(("operation", span) for span in operations.values())),
    )


def _catch(task: Task, terms: TaskTerms) -> Catch:
    asking = {id(call.call) for call in task.calls}
    caught = {id(call.caught[1]): call.caught for call in task.calls if call.caught is not None}
    asked = catch_of(caught.values(), task.imports, lambda call: id(call) in asking)
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
    asking = {id(call.call) for call in task.calls}
    blocks = [task.definition.body] if terms.automatic or not blocks else blocks
    found = (each for block in blocks for each in operations_of(block, lambda call: id(call) in asking))
    return named(found, task.imports)


def _spans(task: Task) -> Iterator[tuple[Role, Span]]:
    span = task.definition.span
    for call in task.calls:
        if span.holds(call.call.span):
            yield "retry-call", call.call.span
    for call in task.calls:
        if call.caught is not None and span.holds(call.caught[1].span):
            yield "handler", call.caught[1].span


def task_traps(task: Task, site: RetrySite) -> Iterator[Trap]:
    """Misuse of the retry method: swallowed by the task's own handler, or called on what is not the task."""
    for call in task.calls:
        inside = task.definition.span.holds(call.call.span)
        if inside and is_swallowed(call, task.library, task.imports):
            yield Trap("swallowed-retry", call.call.span, site, f"{code.dotted(call.call.function)}()")
    function = task.definition
    if not isinstance(function, code.Function) or not task.own_options.complete:
        return
    if task.bound and not function.parameters and task.library.bind in task.own_options.stated:
        yield Trap("unbound-retry", function.span, site, f"{task.library.bind}=True")
    for call in task.calls:
        if _is_unbound(task, call):
            yield Trap("unbound-retry", call.call.span, site, f"self.{task.library.method.name}()")


def _is_unbound(task: Task, call: RetryCall) -> bool:
    """Is the retry method called on a first argument that is not the task?"""
    return not task.bound and task.own_options.complete and call.receiver == task.receiver == "self"
