"""The table of rules, the choice among them, and their run over a file's facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrylint.checks import blocking, caught, clients, delay, ending, limit, misuse, nested, policies
from retrylint.checks.limits import Limits
from retrylint.checks.report import Report
from retrylint.model import Chain, FileFacts, Finding, RetrySite, Severity, Trap, TrapKind

SiteCheck = Callable[[RetrySite, Limits], Iterable[Report]]
TrapCheck = Callable[[Trap], Report]
ChainCheck = Callable[[Chain, Limits], Iterable[Report]]


class UnknownCodeError(ValueError):
    """A rule code or prefix that no rule has; the message is one line."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `on` by default or not, and what makes its findings: a check of a site, a kind of trap, of a chain."""

    code: str
    name: str
    on: bool
    severity: Severity
    check: SiteCheck | None = None
    trap: TrapKind | None = None
    say: TrapCheck | None = None
    chain: ChainCheck | None = None


# what a use of a project's own retry helper decides; all else is the helper's own
OF_A_USE = frozenset({"RTY103", "RTY108", "RTY109", "RTY301", "RTY302", "RTY303", "RTY304", "RTY404"})

RULES: tuple[Rule, ...] = (
    Rule("RTY101", "unbounded-recursion", True, "error", limit.unbounded_recursion),
    Rule("RTY102", "unbounded-loop", True, "error", limit.unbounded_loop),
    Rule("RTY103", "unbounded-policy", True, "error", policies.unbounded_policy),
    Rule("RTY104", "unlimited-task-retries", True, "error", limit.unlimited_task_retries),
    Rule("RTY105", "implicit-task-limit", True, "warning", limit.implicit_task_limit),
    Rule("RTY106", "unbounded-requeue", True, "error", limit.unbounded_requeue),
    Rule("RTY107", "recursive-retry", True, "warning", limit.recursive_retry),
    Rule("RTY108", "attempts-over-budget", False, "warning", limit.attempts_over_budget),
    Rule("RTY109", "wait-over-budget", False, "warning", limit.wait_over_budget, chain=nested.path_over_budget),
    Rule("RTY201", "no-delay", False, "warning", delay.no_delay),
    Rule("RTY202", "constant-delay", False, "info", delay.constant_delay),
    Rule("RTY203", "no-jitter", False, "info", delay.no_jitter),
    Rule("RTY204", "uncapped-backoff", False, "warning", delay.uncapped_backoff),
    Rule("RTY205", "sleep-after-last-attempt", True, "warning", delay.sleep_after_last_attempt),
    Rule(
        "RTY206",
        "ignores-retry-after",
        False,
        "warning",
        delay.ignores_retry_after,
        "advice-off",
        clients.ignores_advice,
    ),
    Rule("RTY207", "delay-unit", True, "warning", trap="delay-unit", say=misuse.as_told),
    Rule("RTY208", "no-attempt-timeout", False, "warning", trap="no-timeout", say=clients.no_attempt_timeout),
    Rule("RTY301", "blocking-sleep-in-async", True, "error", blocking.blocking_sleep_in_async),
    Rule("RTY302", "sleep-in-task", True, "warning", blocking.sleep_in_task),
    Rule("RTY303", "sleep-in-request", False, "warning", blocking.sleep_in_request),
    Rule("RTY304", "retry-holds-transaction", False, "warning", blocking.holds_transaction),
    Rule("RTY401", "retries-exit", True, "error", caught.retries_exit),
    Rule("RTY402", "retries-everything", False, "warning", caught.retries_everything),
    Rule(
        "RTY403",
        "retries-permanent-error",
        False,
        "warning",
        caught.retries_permanent_error,
        "permanent-answer",
        clients.retries_permanent_answer,
    ),
    Rule("RTY404", "non-idempotent", False, "warning", caught.non_idempotent, "every-method", clients.retries_writes),
    Rule(
        "RTY405",
        "wrong-exception-family",
        False,
        "error",
        trap="foreign-exception",
        say=clients.wrong_exception_family,
    ),
    Rule("RTY407", "new-key-per-attempt", True, "error", trap="new-key", say=misuse.new_key_per_attempt),
    Rule("RTY408", "retries-time-limit", False, "warning", caught.retries_time_limit),
    Rule("RTY501", "swallowed-task-retry", True, "error", trap="swallowed-retry", say=misuse.swallowed_task_retry),
    Rule("RTY502", "unbound-task-retry", True, "error", trap="unbound-retry", say=misuse.unbound_task_retry),
    Rule("RTY503", "wrong-function-kind", True, "error", trap="wrong-kind", say=policies.wrong_kind),
    Rule("RTY504", "decorator-order", True, "error", trap="decorator-order", say=policies.decorator_order),
    Rule("RTY505", "ineffective-options", True, "warning", trap="ineffective-options", say=misuse.as_told),
    Rule("RTY506", "wrong-policy-argument", True, "error", trap="wrong-argument", say=misuse.as_told),
    Rule("RTY507", "dropped-arguments", True, "error", trap="dropped-arguments", say=misuse.dropped_arguments),
    Rule("RTY508", "discarded-result", True, "error", trap="discarded-result", say=misuse.discarded_result),
    Rule("RTY509", "sleep-not-awaited", True, "error", trap="sleep-not-awaited", say=misuse.sleep_not_awaited),
    Rule("RTY510", "repeats-after-success", True, "error", misuse.repeats_after_success),
    Rule("RTY511", "attempt-without-with", True, "error", trap="not-entered", say=policies.attempt_without_with),
    Rule("RTY512", "swallowed-inside", True, "warning", trap="swallowed-inside", say=policies.swallowed_inside),
    Rule("RTY513", "status-never-raised", False, "warning", trap="status-not-raised", say=policies.status_not_raised),
    Rule("RTY514", "unmounted-adapter", True, "error", trap="unused-policy", say=clients.unmounted_adapter),
    Rule("RTY515", "status-not-retried", False, "warning", trap="answers-not-retried", say=clients.status_not_retried),
    Rule("RTY516", "dead-exhaustion-handler", True, "error", trap="dead-handler", say=misuse.dead_handler),
    Rule("RTY517", "expires-before-retry", True, "error", trap="expires-first", say=misuse.expires_first),
    Rule("RTY601", "silent-exhaustion", True, "warning", ending.silent_exhaustion),
    Rule("RTY602", "lost-cause", False, "info", ending.lost_cause),
    Rule("RTY701", "nested-retry", True, "warning", chain=nested.nested_retry),
    Rule("RTY702", "stacked-on-client", False, "warning", chain=nested.stacked_on_client),
    Rule("RTY900", "not-analysed", True, "error"),
    Rule("RTY901", "unused-ignore", False, "warning"),
)
NOT_ANALYSED, UNUSED_IGNORE = RULES[-2:]


def select_rules(select: Sequence[str], extend_select: Sequence[str], ignore: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that a selection by codes, prefixes and `ALL` leaves; without `select`, those that are on.

    The longer prefix wins, and of two that are equally long `ignore`. Raises `UnknownCodeError`.
    """
    for prefix in (*select, *extend_select, *ignore):
        require_known(prefix)
    return tuple(rule for rule in RULES if _is_selected(rule, select, extend_select, ignore))


def _is_selected(rule: Rule, select: Sequence[str], extend_select: Sequence[str], ignore: Sequence[str]) -> bool:
    chosen = _longest(rule, (*select, *extend_select))
    if not select and rule.on:
        chosen = max(chosen, 0)
    return chosen > _longest(rule, ignore)


def _longest(rule: Rule, prefixes: Sequence[str]) -> int:
    """The length of the longest prefix that names the rule; `ALL` is the shortest, -1 is none."""
    fits = [0 if prefix == "ALL" else len(prefix) for prefix in prefixes if prefix == "ALL" or _names(prefix, rule)]
    return max(fits, default=-1)


def _names(prefix: str, rule: Rule) -> bool:
    return rule.code.startswith(prefix) and bool(prefix)


def require_known(prefix: str) -> None:
    """Raise `UnknownCodeError` where a code or prefix names no rule."""
    if prefix == "ALL" or any(_names(prefix, rule) for rule in RULES):
        return
    import difflib  # only mistakes need it

    near = difflib.get_close_matches(prefix, [*(rule.code for rule in RULES), "ALL"], n=1)
    raise UnknownCodeError(f"unknown rule {prefix!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def check_facts(facts: FileFacts, rules: Sequence[Rule], filename: str, limits: Limits) -> tuple[Finding, ...]:
    """The findings of these rules on one file's facts, by place and code."""
    found = [_finding(rule, *told, filename) for rule in rules for told in _reports(rule, facts, limits)]
    return tuple(sorted(found, key=lambda each: (each.span.line, each.span.column, each.code)))


def _reports(rule: Rule, facts: FileFacts, limits: Limits) -> Iterator[tuple[Report, RetrySite | None]]:
    """What a rule says of a file, each with the site that it is said of."""
    if rule is NOT_ANALYSED:
        yield from ((Report(f"not analysed: {each.reason}", each.span), None) for each in facts.not_analysed)
    if rule.check is not None:
        # what a project's own helper decides is said once, where it is defined
        used = rule.code in OF_A_USE
        sites = (site for site in facts.sites if used or site.span_of("definition") is None)
        yield from ((report, site) for site in sites for report in rule.check(site, limits))
    if rule.chain is not None:
        yield from ((report, chain.layers[0]) for chain in facts.chains for report in rule.chain(chain, limits))
    if rule.say is not None:
        yield from ((rule.say(trap), trap.site) for trap in facts.traps if trap.kind == rule.trap)


def _finding(rule: Rule, report: Report, site: RetrySite | None, filename: str) -> Finding:
    return Finding(
        rule.code, rule.name, report.message, filename, report.span, rule.severity, report.help, site, report.related
    )
