"""The vocabulary: what a retry is made of, free of any syntax tree.

Facts are three-valued: known, unbounded, or unknown, and unknown is the default of every field. A check
speaks only of what is known, so a reader that forgets something is silent, never wrong. Times are seconds,
`attempts` are total executions of the operation (three retries are four attempts), lines and columns count
from 1 and columns count characters.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from retrylint import quick

Mechanism = Literal["recursion", "loop", "requeue", "task", "policy", "client", "second-call"]
LimitKind = Literal["explicit", "default", "deadline", "dynamic", "unbounded", "unknown"]
Shape = Literal[
    "none", "fixed", "linear", "polynomial", "exponential", "listed", "random", "server", "dynamic", "unknown"
]
Ending = Literal["raises", "wraps", "returns", "falls-through", "continues", "never", "unknown"]
Role = Literal[
    "definition",
    "decorator",
    "option",
    "operation",
    "handler",
    "sleep",
    "rest",
    "self-call",
    "reschedule",
    "retry-call",
    "worst-call",
    "lost-cause",
    "outermost",
    "call",
    "inner-retry",
]
StepKind = Literal["stand-in", "attempt", "wait", "decision", "round", "raise", "again", "skipped", "end"]
Severity = Literal["error", "warning", "info"]
TrapKind = Literal[
    "swallowed-retry",
    "unbound-retry",
    "ineffective-options",
    "wrong-argument",
    "dead-handler",
    "expires-first",
    "delay-unit",
    "new-key",
    "dropped-arguments",
    "discarded-result",
    "sleep-not-awaited",
    "unused-policy",
    "answers-not-retried",
    "advice-off",
    "permanent-answer",
    "every-method",
    "foreign-exception",
    "no-timeout",
    "wrong-kind",
    "decorator-order",
    "not-entered",
    "swallowed-inside",
    "status-not-raised",
]


@quick.dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    def holds(self, other: Span) -> bool:
        """Does `other` lie within this span?"""
        start, end = (self.line, self.column), (self.end_line, self.end_column)
        return start <= (other.line, other.column) and (other.end_line, other.end_column) <= end


START = Span(1, 1, 1, 1)
"""What stands for a file as a whole."""


@quick.dataclass(frozen=True, slots=True)
class Library:
    """The library that does the retrying: its import name and the name that people say.

    `time_limit` is the exception, an `Exception`, by which it tells a task that it has run too long.
    """

    name: str
    title: str
    time_limit: str | None = None


@quick.dataclass(frozen=True, slots=True)
class Limit:
    """What ends the retrying. `option` names the setting that would say the limit, `said` how it says that there is
    none.
    """

    kind: LimitKind = "unknown"
    attempts: int | None = None
    deadline: float | None = None
    option: str | None = None
    said: str | None = None


@quick.dataclass(frozen=True, slots=True)
class Wait:
    """One wait in seconds: the least and the most it can take (equal without jitter)."""

    low: float
    high: float


@quick.dataclass(frozen=True, slots=True)
class Schedule:
    """The waits between attempts.

    `first` and `longest` are in seconds, before jitter. `waits` lists every wait between executions where the
    number of executions is known. `trailing` is a wait after the last execution, which nothing follows; `rests` tells
    that there is one, though its length or the number of executions may not be known.
    `waits_with` is the qualified function or the option that waits, `blocks` whether it holds the thread.
    """

    shape: Shape = "unknown"
    first: float | None = None
    longest: float | None = None
    jitter: bool | None = None
    waits_with: str | None = None
    blocks: bool | None = None
    waits: tuple[Wait, ...] | None = None
    trailing: Wait | None = None
    rests: bool = False

    @property
    def total(self) -> Wait | None:
        """All waits together, the trailing one included; None where they are not known."""
        if self.waits is None:
            return None
        every = (*self.waits, self.trailing) if self.trailing else self.waits
        return Wait(sum(wait.low for wait in every), sum(wait.high for wait in every))


@quick.dataclass(frozen=True, slots=True)
class Handler:
    """One handler that leads to another attempt; no names is `except:`.

    `discerns`: it looks at the exception before it goes on. `acts`: it does something about the failure before the
    next attempt, such as connecting anew.
    """

    span: Span
    names: tuple[str, ...] = ()
    discerns: bool = False
    acts: bool = False


@quick.dataclass(frozen=True, slots=True)
class Catch:
    """The exceptions that lead to another attempt, qualified where imports tell; `bare` is `except:`.

    `handlers` are those that catch them; names that no handler has are caught by a library. `spared` are the
    exceptions that an earlier handler takes, so that they lead to no other attempt. `chosen`: those of which a helper,
    or a policy, goes on only for some that it tells apart by what they hold, and what may be any class. `condition`:
    what chooses, in words that are the same wherever it is the same one; "" where that is not told.
    """

    names: tuple[str, ...] = ()
    bare: bool = False
    handlers: tuple[Handler, ...] = ()
    spared: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()
    condition: str = ""


@quick.dataclass(frozen=True, slots=True)
class GiveUp:
    """What happens when the attempts run out."""

    ending: Ending = "unknown"
    exception: str | None = None


@quick.dataclass(frozen=True, slots=True)
class Body:
    """What is repeated, and inside what. `in_task`: a task queue's worker runs it. `keyed`: an idempotency key is
    spoken of, which may be among the operation's arguments. `time_limit`: the exception that ends what runs too long.
    `repeats_success`: a success does not end it either. `only_tries`: a round of its loop does nothing else that could
    mend what failed, or end the attempts. `mends`: before it calls itself something is done that may mend what failed,
    or fail itself, or it comes there without a wait on some failures alone. `paced`: between its calls of itself it
    waits, or it counts them as attempts. `waited_for`: someone waits until the attempts end, and nothing but the
    operation ends them. `promises_value`: a success returns a value, and nothing shows that None is an answer.
    `ignores_advice`: it answers 429 or 503 and never looks at `Retry-After`. `held`: what is held while it waits, in
    words, `transaction` where the attempts share one that the first failure breaks, or `work` where a task retries out
    of one.

    Where a site has spans of `operation`s, they stand in the order of `operations`.
    """

    is_async: bool = False
    is_generator: bool = False
    operations: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    in_task: bool = False
    keyed: bool = False
    time_limit: str | None = None
    repeats_success: bool = False
    waited_for: bool = False
    promises_value: bool = False
    ignores_advice: bool = False
    held: str | None = None
    only_tries: bool = False
    mends: bool = False
    paced: bool = False


@quick.dataclass(frozen=True, slots=True)
class Step:
    """One step of the simulated run whose outcome a site has; `text` is the code, or what it does, on one line.

    `number`: of an attempt, which one it is; of what is skipped, how many attempts (None: without an end that is told);
    of a stand-in, the number that stands for one that the code does not tell. `wait` is in seconds, of what is skipped
    in all; None where that is not told. `holds` is the answer of a decision; `assumed`: the code does not tell it, and
    this answer is the worst.
    """

    kind: StepKind
    line: int | None
    text: str
    number: int | None = None
    wait: Wait | None = None
    holds: bool | None = None
    assumed: bool = False


@quick.dataclass(frozen=True, slots=True)
class RetrySite:
    """Code that executes an operation again because it failed, or tells a library to.

    `trace` is None unless it was asked for, and empty where no run of the site could be followed.
    """

    span: Span
    function: str
    mechanism: Mechanism
    library: Library | None = None
    limit: Limit = Limit()
    schedule: Schedule = Schedule()
    catch: Catch = Catch()
    give_up: GiveUp = GiveUp()
    body: Body = Body()
    spans: tuple[tuple[Role, Span], ...] = ()
    trace: tuple[Step, ...] | None = None

    def span_of(self, role: Role) -> Span | None:
        """The first span that plays this role."""
        return next((span for name, span in self.spans if name == role), None)


@quick.dataclass(frozen=True, slots=True)
class Trap:
    """Misuse that only the reader of the arguments can see; a table of kinds makes it a finding.

    `detail` is what is to be said of it, `mend` what to write instead. `site`: the retry, if there is one.
    """

    kind: TrapKind
    span: Span
    site: RetrySite | None
    detail: str = ""
    mend: str = ""


@quick.dataclass(frozen=True, slots=True)
class LeftOut:
    """What repeats something and is no retry: what it is instead (`consumer`, `poll`, ...), and why."""

    span: Span
    function: str
    mechanism: Mechanism
    kind: str
    reason: str


@quick.dataclass(frozen=True, slots=True)
class NotAnalysed:
    """Why a file, or a function of it, could not be analysed. `passing`: it may be otherwise in the next run."""

    reason: str
    span: Span = START
    passing: bool = False


@quick.dataclass(frozen=True, slots=True)
class Location:
    """A place that belongs to a finding, and the part it plays. `filename`: where it is in another file."""

    role: Role
    span: Span
    message: str = ""
    filename: str = ""


USUAL = 3
"""Attempts of a retry whose number is not told, where chains are weighed."""


@quick.dataclass(frozen=True, slots=True)
class Chain:
    """Retries of which each attempt runs the next one, the outermost first; `way`: the calls and retries on it."""

    layers: tuple[RetrySite, ...]
    way: tuple[Location, ...] = ()


@quick.dataclass(frozen=True, slots=True)
class FileFacts:
    """All that is known of one file, whatever rules are selected."""

    sites: tuple[RetrySite, ...] = ()
    traps: tuple[Trap, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    not_analysed: tuple[NotAnalysed, ...] = ()
    chains: tuple[Chain, ...] = ()


@quick.dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. Picklable: it holds no syntax node."""

    code: str
    name: str
    message: str
    filename: str
    span: Span
    severity: Severity = "warning"
    help: str = ""
    site: RetrySite | None = None
    related: tuple[Location, ...] = field(default=())
