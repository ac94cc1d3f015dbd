"""The study: the claimants on the code of the candidates, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from itertools import chain

from retrylint import code
from retrylint.chains.graph import Graph, Module, Node, Region
from retrylint.chains.longest import chains_in
from retrylint.libraries.built_in import client_layer
from retrylint.libraries.clients import ClientIndex
from retrylint.libraries.frameworks import Framework
from retrylint.libraries.policies import PolicyIndex
from retrylint.libraries.spec import TaskLibrary
from retrylint.model import Chain, FileFacts, LeftOut, Library, RetrySite, Trap
from retrylint.names import Imports, Owner
from retrylint.sketch.looping import MODULE
from retrylint.sketch.sketch import Candidate, Sketch
from retrylint.study.around import with_surroundings
from retrylint.study.claim import Claim
from retrylint.study.client import client_claims
from retrylint.study.inhouse import Libraries, inhouse_claims
from retrylint.study.keys import idempotency_trap
from retrylint.study.loop import loop_claims
from retrylint.study.policy import policy_claims
from retrylint.study.recursion import recursion_claim
from retrylint.study.requeue import requeue_claims
from retrylint.study.scope import Scope, scope_of
from retrylint.study.second_call import second_call_claims
from retrylint.study.sending import sending_traps
from retrylint.study.sent_options import sent_options
from retrylint.study.task_traps import task_traps
from retrylint.study.tasks import FoundTask, find_tasks
from retrylint.study.unawaited import sleep_traps
from retrylint.study.work import Works

HAND_WRITTEN = ("recursion", "loop", "requeue", "second-call")


def study(
    source: str,
    module: Sketch,
    libraries: Sequence[TaskLibrary],
    frameworks: Sequence[Framework] = (),
    clients: ClientIndex | None = None,
    policies: PolicyIndex | None = None,
    trace: bool = False,
    tell: Callable[[Sequence[Region]], None] | None = None,
) -> FileFacts:
    """The sites and traps of a module's candidates; with `trace`, hand-written sites tell how they run.

    Where it is given, `tell` is told what runs again with each attempt, and the chains are for the caller to find.
    """
    lines = source.split("\n")
    read: list[tuple[Candidate, code.Stmt]] = []
    refused = list(module.refused)
    for candidate in module.candidates:
        read.append((candidate, module.read[candidate.first_line, candidate.last_line]))
    tasks = find_tasks(read, module, libraries, source)
    works = Works(module, frameworks, source)
    known = _known_libraries(clients, policies, source)
    sites: list[RetrySite] = list(works.built())
    traps: list[Trap] = []
    left_out = list(module.left_out)
    regions: list[Region] = []
    for candidate, definition in read:
        function = definition if isinstance(definition, code.Function) else _as_function(definition)
        scope_here = cache(partial(scope_of, function, candidate.owner, module))  # not all that is read is a site
        task = tasks.get(definition.span)
        if candidate.may_send:
            traps += (trap for library in libraries for trap in sent_options(function, library))
        claims = _claims(candidate, definition, task, works, lines)
        told: Iterator[Claim] = iter(())
        if (candidate.may_set_client or candidate.may_use_helper) and not isinstance(definition, code.Class):
            library = _library_of(definition, task, works)
            told = _library_claims(candidate, function, module, scope_here(), library, clients, policies, known)
        for claim in chain(claims, told):
            site = claim.found
            if isinstance(site, LeftOut):
                left_out.append(site)
                continue
            scope = scope_here()
            site = with_surroundings(site, function, scope.imports, lines, module.helpers)
            traps += claim.traps
            traps += _traps_within(claim.block, site, scope.imports)
            traps += sending_traps(claim.block, site, scope)
            sites.append(_traced(site, claim) if trace else site)
            regions.append(Region(site, claim.block, Node("", candidate.owner.qualified(candidate.name))))
            if task is not None and site.mechanism == "task":
                traps += task_traps(task.task, task.terms, site, module)
    in_order = tuple(sorted(sites, key=lambda site: site.span))
    others = tuple(sorted(left_out, key=lambda each: each.span))
    if tell is not None:
        tell(regions)
    chains = tuple(_chains(_functions(read, module), module, regions)) if tell is None and regions else ()
    return FileFacts(in_order, _once(traps), others, tuple(refused), chains)


def _chains(functions: Mapping[str, code.Function], module: Sketch, regions: Sequence[Region]) -> Iterator[Chain]:
    """The retries within retries of a module, as far as it tells of them by itself."""
    bases = {name: facts.bases for name, facts in module.classes.items()}
    alone = {"": Module(functions, bases, module.imports, regions, module.constants)}
    yield from (chain for _, chain in chains_in(regions, Graph(alone.get, lambda name, path: None, client_layer)))


def _functions(read: Sequence[tuple[Candidate, code.Stmt]], module: Sketch) -> dict[str, code.Function]:
    """The functions that are known, by qualified name: the candidates, and what they call."""
    candidates = {each.owner.qualified(each.name): node for each, node in read if isinstance(node, code.Function)}
    return {**module.helpers, **candidates}


def _traced(site: RetrySite, claim: Claim) -> RetrySite:
    """A hand-written site with the run that its outcome was read off."""
    if site.mechanism not in HAND_WRITTEN:
        return site
    return replace(site, trace=claim.trace() if claim.trace is not None else ())


def _traps_within(block: code.Block, site: RetrySite, imports: Imports) -> Iterator[Trap]:
    """The misuse in what runs again with every attempt."""
    trap = idempotency_trap(block, site, imports)
    yield from [trap] if trap is not None else []
    if site.mechanism != "task":
        yield from sleep_traps(block, imports, site)


def _once(traps: Sequence[Trap]) -> tuple[Trap, ...]:
    """Each trap once, also where two sites share it."""
    return tuple({(trap.kind, trap.span): trap for trap in reversed(traps)}.values())[::-1]


def _library_claims(
    candidate: Candidate,
    function: code.Function,
    module: Sketch,
    scope: Scope,
    task: Library | None,
    clients: ClientIndex | None,
    policies: PolicyIndex | None,
    known: Libraries,
) -> Iterator[Claim]:
    """What a function, or a statement of the module, tells clients of retries, and what retries it or by it.

    That is a policy of a library, or one of the project's own helpers.
    """
    owner = candidate.owner
    if clients is not None and candidate.may_set_client:
        yield from client_claims(function, owner, module, scope, clients)
    if policies is not None and candidate.may_set_client:
        yield from policy_claims(function, owner, module, scope, policies, task, known.source)
    if candidate.may_use_helper:
        yield from inhouse_claims(function, owner, module, scope, task, known)


def _known_libraries(clients: ClientIndex | None, policies: PolicyIndex | None, source: str) -> Libraries:
    """What the uses of helpers ask of libraries."""

    def is_known(name: str) -> bool:
        told = clients is not None and name in clients.names
        return told or (policies is not None and policies.policy(name) is not None)

    return Libraries(policies or PolicyIndex(), is_known, source)


def _library_of(definition: code.Stmt, task: FoundTask | None, works: Works) -> Library | None:
    return _context(definition, task, works) if isinstance(definition, code.Function) else None


def _claims(
    candidate: Candidate, definition: code.Stmt, task: FoundTask | None, works: Works, lines: Sequence[str]
) -> Iterator[Claim]:
    """The sites of a definition, each with the block that runs again with every attempt."""
    if isinstance(definition, code.Function):
        yield from _function_claims(candidate, definition, task, works, lines)
    elif not isinstance(definition, code.Class):
        yield from loop_claims(_as_function(definition), Owner(), works.module, None)
    if task is not None and task.site is not None:
        yield Claim(task.site, definition.body if isinstance(definition, code.Function) else ())
    elif task is None and isinstance(definition, code.Function):
        found = works.site(definition, candidate.owner)
        yield from [Claim(found, definition.body, tuple(works.traps(definition, found)))] if found is not None else []


def _function_claims(
    candidate: Candidate, function: code.Function, task: FoundTask | None, works: Works, lines: Sequence[str]
) -> Iterator[Claim]:
    module = works.module
    context = _context(function, task, works)
    if candidate.may_recur:
        claim = recursion_claim(function, candidate.owner, module, context, _helpers(candidate, module))
        yield from [claim] if claim is not None else []
    if candidate.may_loop:
        yield from loop_claims(function, candidate.owner, module, context)
    if candidate.may_call_twice:
        yield from second_call_claims(function, candidate.owner, module, context, lines)
    if candidate.may_requeue:
        yield from requeue_claims(function, candidate.owner, module)


def _as_function(statement: code.Stmt) -> code.Function:
    """A statement of the module's own body, as the body of a function without a caller."""
    return code.Function(MODULE, (), (), (statement,), is_async=False, span=statement.span)


def _helpers(candidate: Candidate, module: Sketch) -> dict[str, code.Function]:
    """The functions beside a candidate that may call it, by the names under which it knows them."""
    known = ((each.known_as, module.read.get((each.first_line, each.last_line))) for each in candidate.helpers)
    return {name: read for name, read in known if isinstance(read, code.Function)}


def _context(function: code.Function, task: FoundTask | None, works: Works) -> Library | None:
    if task is not None:
        return task.task.library.library
    work = works.work_of(function)
    return work.framework.library if work is not None else None
