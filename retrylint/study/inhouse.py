"""The uses of a project's own retry helpers: each is run with the arguments that it hands over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from operator import itemgetter

from retrylint import code
from retrylint.libraries.policies import PolicyIndex
from retrylint.model import Body, Catch, Library, Limit, RetrySite, Role, Span
from retrylint.names import Owner
from retrylint.operations import named, operations_of
from retrylint.sketch.looping import MODULE
from retrylint.sketch.repeaters import NOBODY, Repeater
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import body_of
from retrylint.study.claim import Claim
from retrylint.study.contexts import request_contexts
from retrylint.study.failing_quietly import Handed, handed_function, quiet_handlers
from retrylint.study.given import Given, errors_in, given_by, home_with, inner_with, stated_in, what_is_handed
from retrylint.study.loop import asking_claims, loop_claims
from retrylint.study.policy import policy_claims
from retrylint.study.policy_catch import MOST
from retrylint.study.scope import Scope, scope_of
from retrylint.study.spelling import spelled

Runs = Callable[[Given], RetrySite | None]
ONCE = (code.Const(False), code.Const(0), code.Const(1))
_UNTOLD = code.Name("untold argument")  # which no code has
MOST_STEPS = 4  # helpers that have it done by one another


@dataclass(frozen=True, slots=True)
class Libraries:
    """What is known of libraries: their policies, and whether a qualified name retries by itself.

    `own`: what came of the uses of the module's own helpers, by the identity of the helper and by what it was given.
    """

    policies: PolicyIndex
    is_known: Callable[[str], bool]
    source: str = ""
    own: dict[tuple[int, str], RetrySite | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Use:
    """A use of a helper: with which arguments, where, and what runs again."""

    repeater: Repeater
    given: Given
    span: Span
    body: Body
    block: code.Block
    handed: Handed | None = None


def inhouse_claims(
    function: code.Function,
    owner: Owner,
    module: Sketch,
    scope: Scope,
    task: Library | None,
    libraries: Libraries,
    depth: int = 0,
) -> Iterator[Claim]:
    """What a function is retried by, and what it retries, through helpers of the project."""
    where = MODULE if function.name == MODULE else owner.qualified(function.name)
    for use in _uses(function, owner, module, scope, task, libraries):
        for site in _sites(use, module, scope, libraries, depth):
            yield Claim(replace(site, function=where), use.block)


def _uses(
    function: code.Function,
    owner: Owner,
    module: Sketch,
    scope: Scope,
    task: Library | None,
    libraries: Libraries,
) -> Iterator[_Use]:
    for decorator in function.decorators:
        repeater, given = _of_decorator(decorator, owner, module, scope)
        if repeater is not None and not _is_of(decorator, scope, libraries.is_known):
            operations = named(operations_of(function.body, lambda call: False), scope.imports)
            contexts = request_contexts(function, owner, module)
            body = body_of(function, scope.imports, tuple(operations), task, contexts)
            yield _Use(repeater, given, function.span, body, function.body, Handed(function, scope.imports))
    for call in code.calls(*function.body):
        repeater, given = _of_call(call, owner, module, scope)
        if repeater is not None and not _is_of(call, scope, libraries.is_known):
            expr = what_is_handed(repeater, call)
            name = scope.imports.name_of(expr) if expr is not None else None
            body = body_of(function, scope.imports, (name,) if name else (), task)
            block = (code.Evaluate(code.Call(expr, (), call.span), call.span),) if expr is not None else ()
            handed = handed_function(expr, function, owner, module) if expr is not None else None
            yield _Use(repeater, given, call.span, body, block, handed)
    for loop in (node for node in code.walk(*function.body) if isinstance(node, code.For)):
        repeater, given = _of_loop(loop, owner, module, scope)
        if repeater is not None and not _is_of(loop.iterable, scope, libraries.is_known):
            operations = named(operations_of(loop.body, lambda call: False), scope.imports)
            body = body_of(function, scope.imports, tuple(operations), task)
            yield _Use(repeater, given, loop.span, body, loop.body)


def _is_of(expr: code.Expr, scope: Scope, is_known: Callable[[str], bool]) -> bool:
    """Is what retries, or what makes it, known by its name?"""
    while isinstance(expr, code.Call):
        expr = expr.function
    name = scope.imports.name_of(expr)
    return name is not None and is_known(name)


def _sites(use: _Use, module: Sketch, scope: Scope, libraries: Libraries, depth: int) -> Iterator[RetrySite]:
    """The site of a use: what retries in the helper, as it runs with these arguments."""
    repeater, given = use.repeater, use.given
    quiet = quiet_handlers(use.handed) if repeater.by == "result" and use.handed is not None else None
    if repeater.by == "result" and quiet is None:
        return  # nothing shows that it is made again because it failed
    if use.handed is not None and use.handed.function.is_async and _hands_on(repeater):
        return  # a coroutine, which fails when the attempts are over
    foreign = next((each for each in module.foreign.values() if each.repeater is repeater), None)
    home = foreign.home if foreign is not None else module
    # what a policy makes of it depends on the libraries that the use may mean
    is_alike = repeater.by in ("loop", "result")
    known = {} if not is_alike else foreign.runs if foreign is not None else libraries.own

    def runs(given: Given) -> RetrySite | None:
        key = id(repeater), repr(sorted(given.items(), key=itemgetter(0)))  # in which 1 is not True
        if key not in known:
            known[key] = _run(repeater, given, home, libraries, depth)
        return known[key]

    site = runs(given)
    if site is None or site.limit.attempts == 1 or (site.limit.kind == "dynamic" and _is_left_at_once(repeater, given)):
        return
    limit = site.limit
    if limit.kind == "explicit" and repeater.by != "policy" and not _says_how_often(repeater, given, limit, runs):
        limit = replace(limit, kind="default")
    if limit.kind == "unbounded":
        limit = replace(limit, option=_ending_option(repeater, given, limit, runs, libraries.policies))
    library, catch = site.library, site.catch
    if repeater.by in ("loop", "result"):
        inner, _ = inner_with(repeater, given)
        constants = home_with(repeater, given, home).constants
        names, spared, chosen = (
            tuple(errors_in(each, constants, given, inner, scope))
            for each in (site.catch.names, site.catch.spared, _chosen(repeater, given, site.catch))
        )
        told = Catch(names, site.catch.bare, (), spared, (*chosen, *_any_class(names, repeater)))
        library, catch = Library("inhouse", repeater.name), quiet or told
    if not quiet:
        catch = replace(catch, condition=_condition(repeater, given))
    schedule = site.schedule
    if repeater.by == "policy" and use.body.is_async:
        schedule = replace(schedule, blocks=False)  # the library sees what it retries, and awaits or never waits
    body = use.body if repeater.holder != NOBODY else replace(use.body, operations=site.body.operations)
    spans: tuple[tuple[Role, Span], ...] = (("definition", repeater.function.span),)
    guard = site.span_of("outermost") or _guard(repeater)
    spans += (("outermost", guard),) if guard is not None else ()
    yield RetrySite(use.span, "", "policy", library, limit, schedule, catch, site.give_up, body, spans)


def _is_left_at_once(repeater: Repeater, given: Given) -> bool:
    """Is it a retry for those who ask for one, by an option that a use leaves at its default of once or never?"""
    options = (each for each in repeater.function.parameters if each.name in repeater.options)
    return any(each.default in ONCE and each.name not in stated_in(given) for each in options)


def _hands_on(repeater: Repeater) -> bool:
    """Does a helper return what it is given by what it calls, and await nothing?"""
    every = code.walk(*repeater.function.body, into_definitions=True)
    if repeater.by != "loop" or any(
        isinstance(each, code.Function) and each.is_async for each in (*repeater.functions, *every)
    ):
        return False
    returned = (node.value for node in code.walk(*repeater.functions[-1].body) if isinstance(node, code.Return))
    return any(isinstance(each, code.Call) and code.dotted(each.function) == repeater.parameter for each in returned)


def _guard(repeater: Repeater) -> Span | None:
    """The test by which a helper retries only where it does not yet: `if not STATE.held: STATE.held = True`."""
    for node in code.walk(*repeater.functions[-1].body):
        if isinstance(node, code.If):
            tested = {code.dotted(each) for each in code.walk(node.test) if isinstance(each, code.Attribute)}
            within = next((block for block in (node.body, node.orelse) if _holds(block, repeater.place)), ())
            for each in within:
                is_set = isinstance(each, code.Assign) and each.value == code.Const(True)
                if is_set and not tested.isdisjoint(map(code.dotted, each.targets)):  # type: ignore[union-attr]
                    return node.span
    return None


def _holds(block: code.Block, place: Span) -> bool:
    return any(each.span.holds(place) for each in block)


def _chosen(repeater: Repeater, given: Given, catch: Catch) -> tuple[str, ...]:
    """The errors that a helper tells apart before it goes on: none where its condition takes any."""
    conditions = (given.get(each.name, each.default) for one in repeater.functions for each in one.parameters)
    if any(isinstance(each, code.Lambda) and each.body == code.Const(True) for each in conditions):
        return ()
    return tuple(name for each in catch.handlers if each.discerns for name in each.names or ("BaseException",))


def _any_class(names: Iterable[str], repeater: Repeater) -> Iterator[str]:
    """Of what a helper catches, what a use did not tell."""
    parameters = {each.name for one in repeater.functions for each in one.parameters}
    return (name for name in names if name == "?" or name in parameters)


def _condition(repeater: Repeater, given: Given) -> str:
    """What tells errors apart in a use of a helper: the helper, with all that it is given but numbers; "" where a part
    of that is not told.
    """
    more = {name: expr for name, expr in given.items() if name not in (*repeater.options, repeater.parameter)}
    if any(expr is None for expr in more.values()):
        return ""
    stated = (f"{name}={spelled(expr, MOST)}" for name, expr in sorted(more.items()) if expr is not None)
    return f"{repeater.name} in line {repeater.function.span.line}: {', '.join(stated)}"


def _says_how_often(repeater: Repeater, given: Given, limit: Limit, runs: Runs) -> bool:
    """Is it for a use that the limit is what it is, and not for what the helper does by itself?"""
    stated = repeater.options & stated_in(given)
    if not stated or not stated <= set(given):
        return bool(stated)
    untold = runs({**given, **dict.fromkeys(stated)})
    return untold is None or untold.limit != limit


def _ending_option(repeater: Repeater, given: Given, limit: Limit, runs: Runs, policies: PolicyIndex) -> str | None:
    """The option with which a use could say a limit; None where that is for the helper to do."""
    for option, more in _additions(repeater, given, policies):
        told = runs(more)
        if told is not None and told.limit.kind != "unbounded":
            return option
    plain = runs({})
    if plain is None or plain.limit.kind != "unbounded":
        return limit.option or next(iter(sorted(repeater.options.intersection(given))), None)
    return None


def _additions(repeater: Repeater, given: Given, policies: PolicyIndex) -> Iterator[tuple[str, Given]]:
    """What a use could say besides: a parameter of the helper, or what a policy takes, where `**` hands it on."""
    yield from ((option, {**given, option: None}) for option in sorted(repeater.options))
    for each in repeater.function.parameters:
        handed = given.get(each.name) if each.kind == "double-star" else None
        if isinstance(handed, code.Mapping):
            for option in sorted(policies.limiting):
                yield option, {**given, each.name: code.Mapping((*handed.items, (code.Const(option), _UNTOLD)))}


def _run(repeater: Repeater, given: Given, home: Sketch, libraries: Libraries, depth: int) -> RetrySite | None:
    """What a helper does with these arguments, at the place where it retries."""
    inner, owner = inner_with(repeater, given)
    return next(_found(repeater, inner, owner, home_with(repeater, given, home), libraries, depth), None)


def _found(
    repeater: Repeater, inner: code.Function, owner: Owner, home: Sketch, libraries: Libraries, depth: int
) -> Iterator[RetrySite]:
    """The sites at the place where a helper retries."""
    claims: Iterator[Claim] = iter(())
    if repeater.by == "loop":
        claims = loop_claims(inner, owner, home, None)
    elif repeater.by == "result":
        claims = asking_claims(inner, owner, home, repeater.parameter)
    elif repeater.by == "policy":
        claims = policy_claims(
            inner, owner, home, scope_of(inner, owner, home), libraries.policies, None, libraries.source
        )
    elif depth < MOST_STEPS:
        claims = inhouse_claims(inner, owner, home, scope_of(inner, owner, home), None, libraries, depth + 1)
    for claim in claims:
        site = claim.found
        if isinstance(site, RetrySite) and (site.span == repeater.place or repeater.place.holds(site.span)):
            yield site


def _of_decorator(decorator: code.Expr, owner: Owner, module: Sketch, scope: Scope) -> tuple[Repeater | None, Given]:
    """The helper that a decorator is, or makes, and what it is given."""
    decorator = _made(decorator, scope)
    called = decorator.function if isinstance(decorator, code.Call) else decorator
    repeater = _named(called, owner, module, scope)
    if repeater is None or repeater.holder == NOBODY or not _is_applied(repeater):
        return None, {}
    if not isinstance(decorator, code.Call):
        return (repeater, {}) if repeater.holder == 0 or _applies_itself(repeater) else (None, {})
    given = given_by(repeater.function, decorator, scope)
    return (repeater, given) if repeater.holder > 0 or repeater.parameter not in given else (None, {})


def _is_applied(repeater: Repeater) -> bool:
    """Does what it gives run what was handed over, rather than the call itself?"""
    return len(repeater.functions) > 1 or repeater.holder == 1 or repeater.by == "policy"


def _applies_itself(repeater: Repeater) -> bool:
    """Does a decorator with options take the function too, where it is used without any: `return made(function)`?"""
    if repeater.holder != 1 or len(repeater.functions) < 2:
        return False
    made, parameters = repeater.functions[1].name, code.own_parameters(repeater.function)
    return any(
        call.function == code.Name(made) and any(code.dotted(each.value) in parameters for each in call.arguments)
        for call in code.calls(*repeater.function.body)
    )


def _of_call(call: code.Call, owner: Owner, module: Sketch, scope: Scope) -> tuple[Repeater | None, Given]:
    """The helper that a call hands something to: `retry_call(fetch, attempts=3)`, `retry(attempts=3)(fetch)`."""
    made = _made(call.function, scope)
    if isinstance(made, code.Call):
        repeater = _named(made.function, owner, module, scope)
        return (repeater, given_by(repeater.function, made, scope)) if repeater and repeater.holder == 1 else (None, {})
    repeater = _named(made, owner, module, scope)
    if repeater is None or repeater.holder > 0:
        return None, {}
    given = given_by(repeater.function, call, scope)
    if repeater.holder == NOBODY:
        is_use = not repeater.optional or not repeater.options.isdisjoint(stated_in(given))
    else:
        is_use = repeater.parameter in given
    return (repeater, given) if is_use else (None, {})


def _made(expr: code.Expr, scope: Scope) -> code.Expr:
    """What a name stands for, where it was set to what a call makes: `patiently = retry(attempts=3)`."""
    meant = scope.meant(expr)
    return meant if isinstance(meant, code.Call) else expr


def _of_loop(loop: code.For, owner: Owner, module: Sketch, scope: Scope) -> tuple[Repeater | None, Given]:
    """The helper that makes the policy whose attempts are a loop's rounds: `for attempt in attempts(3)`."""
    made = loop.iterable
    repeater = _named(made.function, owner, module, scope) if isinstance(made, code.Call) else None
    if repeater is None or repeater.by != "policy" or not len(repeater.functions) == repeater.holder == 1:
        return None, {}
    assert isinstance(made, code.Call)
    return repeater, given_by(repeater.function, made, scope)


def _named(expr: code.Expr, owner: Owner, module: Sketch, scope: Scope) -> Repeater | None:
    """The helper that a name stands for: of the module, of the own class or its bases, or of a class by its name."""
    name = code.dotted(expr)
    if name is None:
        return None
    head, _, last = name.rpartition(".")
    if name in module.foreign and name.partition(".")[0] in scope.imports.table:
        return module.foreign[name].repeater
    if owner.in_class and head in ("self", "cls", scope.receiver):
        return _member(".".join(owner.path), last, module)
    made = scope.meant(code.Name(head)) if head and "." not in head else None
    if isinstance(made, code.Call) and (of_class := code.dotted(made.function)) is not None:
        return _member(of_class, last, module)  # a method of an object, by the class that makes it
    if scope.imports.qualify(name) != name:
        return None
    return _member(head, last, module) if head else _own(head, last, module)


def _own(of_class: str, name: str, module: Sketch) -> Repeater | None:
    found = (each for each in module.repeaters if each.name == name and ".".join(each.owner.path) == of_class)
    return next(found, None)


def _member(of_class: str, name: str, module: Sketch, depth: int = 0) -> Repeater | None:
    """The helper among the members of a class, or of those above it."""
    own = _own(of_class, name, module) or getattr(module.foreign.get(f"{of_class}.{name}"), "repeater", None)
    facts = module.classes.get(of_class)
    if own is not None or facts is None or depth > MOST_STEPS:
        return own
    above = (_member(base, name, module, depth + 1) for base in facts.bases)
    return next((each for each in above if each is not None), None)
