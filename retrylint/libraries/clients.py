"""The schema of `[[client]]` in `libraries/*.toml`: how a client is told to retry, as frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from retrylint.libraries.delays import Delay, build, delay_of
from retrylint.libraries.toml import read_toml
from retrylint.model import Ending, Library, Mechanism

NOBODY = Library("", "")
Meaning = Literal["off", "endless", "default", "fails"]
# the files of a library, by the root of its import; Requests hands out the policies of urllib3
FILES: Mapping[str, tuple[str, ...]] = {
    "aiohttp_retry": ("aiohttp_retry.toml",),
    "anthropic": ("anthropic.toml",),
    "api_core": ("google_api_core.toml",),
    "azure": ("azure_core.toml",),
    "boto": ("botocore.toml",),
    "celery": ("kombu.toml",),
    "elastic": ("elasticsearch.toml",),
    "grpc": ("grpc.toml",),
    "httpx": ("httpx.toml", "httpx_retries.toml"),
    "kombu": ("kombu.toml",),
    "langchain": ("langchain_core.toml",),
    "langgraph": ("langchain_core.toml",),
    "motor": ("pymongo.toml",),
    "openai": ("openai.toml",),
    "oslo": ("oslo_db.toml", "oslo_service.toml"),
    "pymongo": ("pymongo.toml",),
    "redis": ("redis.toml",),
    "requests": ("requests.toml", "urllib3.toml"),
    "slack_sdk": ("slack_sdk.toml",),
    "stripe": ("stripe.toml",),
    "urllib3": ("urllib3.toml",),
}


@dataclass(frozen=True, slots=True)
class CountOption:
    """An option that says how often. `position`: where it stands among the arguments without a keyword, from 0.

    `negative`, `zero` and `none` are what such values mean; `most` is the highest number of executions that counts.
    """

    option: str
    position: int | None = None
    counts: Literal["retries", "executions"] = "retries"
    negative: Meaning = "off"
    zero: Meaning = "off"
    none: Meaning = "default"
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Kinds:
    """Options that limit the retries of one kind of failure each, below the limit for all; `default` is theirs.

    `answers` is the kind of failing answers, where these are retried only if their status is listed, or if the limit
    for all is not 0 and they say when to come back, which an option may switch off.
    """

    options: tuple[str, ...]
    default: int | None = None
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """One way to set a client's retries.

    `names`: what is called; `families`: what any class is called whose name begins so. `methods`: methods of objects
    that nobody can see, in modules that import one of `imports`. `settings`: names that the number is assigned to.
    `policy`: the call makes a policy, so that it is a site whatever its arguments; else it is one where a limit or one
    of `switches` is stated, and all of `needs`. `takes`: the option that may hold a policy. `within`: the option whose
    dict holds the others; `key`: the entry of a list of pairs that holds them as JSON.
    `limits`: the first that is stated counts; `default` executions where none is, or `default_for` a value of an
    option, or without end. `deadlines` end all attempts together, after `deadline` seconds where none is stated.
    `delay_in`: the option that holds an object for the waits, one of `delays` by its qualified name. `paced_by`: an
    option whose function may wait otherwise. `told`: the other side says how long to wait. `decorates`: a
    function may be decorated with it. `inert`: what the call makes does nothing until it is handed on.
    `answers`: the option that lists the statuses that are retried; `advice`: the one for following `Retry-After`;
    `verbs`: the one that lists the methods that are, where an empty list stands for all with `verbs_left_out`.
    """

    names: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    policy: bool = False
    switches: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    takes: str = ""
    within: str = ""
    key: str = ""
    limits: tuple[CountOption, ...] = ()
    default: int | None = None
    default_for: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    endless: bool = False
    kinds: Kinds | None = None
    deadlines: tuple[str, ...] = ()
    deadline: float | None = None
    delay: Delay = Delay()
    delay_in: str = ""
    delay_position: int | None = None
    delays: Mapping[str, Delay] = field(default_factory=dict)
    paced_by: str = ""
    paced_position: int | None = None
    told: bool = False
    waits_with: str = ""
    catches: tuple[str, ...] = ()
    ending: Ending = "raises"
    mechanism: Mechanism = "client"
    decorates: bool = False
    inert: bool = False
    answers: str = ""
    advice: str = ""
    verbs: str = ""
    verbs_left_out: bool = False
    library: Library = NOBODY


@dataclass(frozen=True, slots=True)
class ClientLibrary:
    """The clients of one library. `source` says how its facts were proved.

    `calls` send a request; what fails in them comes out as an error of the library, never as a builtin one. So it is
    with the methods of that kind (`calls` by their last names) of what `makers` make.
    """

    library: Library
    source: str
    clients: tuple[Client, ...]
    calls: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    timeout: str = ""


@dataclass(frozen=True, slots=True)
class ClientIndex:
    """The clients by what they are called: qualified names, names of methods, settings, beginnings of names.

    `words`: the last names by which a module may show one, and the options that show a member of a family.
    """

    names: Mapping[str, tuple[Client, ...]]
    methods: Mapping[str, tuple[Client, ...]]
    settings: Mapping[str, tuple[Client, ...]]
    families: tuple[Client, ...]
    words: frozenset[str]


@cache
def client_index(roots: frozenset[str]) -> ClientIndex:
    """The index of the clients of these libraries, by the roots of their imports."""
    clients = [client for library in client_libraries(roots) for client in library.clients]
    names = _by(clients, lambda each: each.names)
    methods = _by(clients, lambda each: each.methods)
    settings = _by(clients, lambda each: each.settings)
    families = tuple(each for each in clients if each.families)
    spelt = [name.rpartition(".")[2] for name in (*names, *methods, *settings)]
    return ClientIndex(names, methods, settings, families, frozenset(spelt).union(*(each.needs for each in families)))


def _by(clients: Sequence[Client], names: Callable[[Client], tuple[str, ...]]) -> dict[str, tuple[Client, ...]]:
    found: dict[str, tuple[Client, ...]] = {}
    for client in clients:
        for name in names(client):
            found[name] = (*found.get(name, ()), client)
    return found


@cache
def client_libraries(roots: frozenset[str]) -> tuple[ClientLibrary, ...]:
    """The clients of these libraries. Raises `FactsError` for a file that does not fit the schema."""
    return tuple(read_client_library(name) for name in sorted({name for root in roots for name in FILES[root]}))


@cache
def read_client_library(filename: str) -> ClientLibrary:
    """Read one file of this package."""
    return client_library(read_toml(filename), filename)


def client_library(data: Mapping[str, Any], filename: str) -> ClientLibrary:
    """The clients of a library from parsed TOML."""
    library = Library(str(data["name"]), str(data["title"]))
    rows = enumerate(data.get("client", ()), 1)
    clients = tuple(_client({**each, "library": library}, f"{filename}: client {n}") for n, each in rows)
    calls, makers = (tuple(data.get(key, ())) for key in ("calls", "makers"))
    return ClientLibrary(library, str(data["source"]), clients, calls, makers, str(data.get("timeout", "")))


def _client(data: dict[str, Any], where: str) -> Client:
    limits = tuple(build(CountOption, row, f"{where}: limits") for row in data.get("limits", ()))
    kinds = build(Kinds, data["kinds"], f"{where}: kinds") if "kinds" in data else None
    delay = delay_of(data.get("delay", {}), f"{where}: delay")
    delays = {name: delay_of(each, f"{where}: delays.{name}") for name, each in data.get("delays", {}).items()}
    return build(Client, {**data, "limits": limits, "kinds": kinds, "delay": delay, "delays": delays}, where)
