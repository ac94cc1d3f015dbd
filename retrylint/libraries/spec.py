"""The schema of `libraries/*.toml`: what is known of a library, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

from retrylint.libraries.toml import read_toml
from retrylint.model import Library

T = TypeVar("T")


class FactsError(ValueError):
    """A library file says something that the schema does not know; the message names file and key."""


@dataclass(frozen=True, slots=True)
class Default:
    """An option and the value that holds where nobody sets it."""

    option: str
    default: float


@dataclass(frozen=True, slots=True)
class RetryMethod:
    """The method by which a running task asks to be run again, and its arguments.

    `positions` are its parameters in order, `signals` arguments that give it away. `attempt` is where the task finds
    how often it was retried, and `most` how often it may be; `exception` the class that the method raises. When the
    retries run out it raises the argument `cause`, and only without that `exhausted`.
    """

    name: str
    positions: tuple[str, ...]
    limit: str
    delay: str
    until: str
    signals: tuple[str, ...]
    attempt: str
    most: str
    exception: str
    cause: str
    exhausted: str


@dataclass(frozen=True, slots=True)
class Automatic:
    """Options by which the library itself retries on exceptions; `cap_default` is in seconds.

    `options` are all those that nothing reads without `exceptions`.
    """

    exceptions: str
    spared: str
    arguments: str
    backoff: str
    cap: str
    cap_default: float
    jitter: str
    jitter_default: bool
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskLibrary:
    """A task queue whose tasks retry. Limits count retries, delays are in seconds.

    `shared` is a decorator that is known by its bare name. `afar` are words by which a module sets the options of
    tasks that stand elsewhere. `publishing_options` tell how a message is published, `expiry` when a task is no longer
    run, `crash` that it runs again if its worker dies. `senders` send a task off with options of their own, `setter`
    puts some to what `signatures` make.
    """

    library: Library
    decorators: tuple[str, ...]
    shared: str
    methods: tuple[str, ...]
    bases: tuple[str, ...]
    current: tuple[str, ...]
    current_name: str
    bind: str
    base: str
    app_base: str
    afar: tuple[str, ...]
    own_options: tuple[str, ...]
    foreign_options: tuple[str, ...]
    retry_options: tuple[str, ...]
    publishing_options: tuple[str, ...]
    expiry: str
    crash: str
    senders: tuple[str, ...]
    setter: str
    signatures: tuple[str, ...]
    limit: Default
    delay: Default
    method: RetryMethod
    automatic: Automatic


@cache
def task_libraries() -> tuple[TaskLibrary, ...]:
    """The task queues that are known. Raises `FactsError` for a file that does not fit the schema."""
    return (read_task_library("celery.toml"),)


def read_task_library(filename: str) -> TaskLibrary:
    """Read one file of this package."""
    return task_library(read_toml(filename), filename)


def task_library(data: Mapping[str, Any], filename: str) -> TaskLibrary:
    """A task library from parsed TOML."""
    task = dict(data.get("task", {}))
    task["library"] = Library(str(data.get("name", "")), str(data.get("title", "")), data.get("time_limit"))
    for name, kind in (("limit", Default), ("delay", Default), ("method", RetryMethod), ("automatic", Automatic)):
        task[name] = _build(kind, task.get(name, {}), f"{filename}: task.{name}")
    return _build(TaskLibrary, task, f"{filename}: task")


def _build(kind: type[T], data: Mapping[str, Any], where: str) -> T:
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for key in sorted(known ^ set(data)):
        raise FactsError(f"{where}: {'missing' if key in known else 'unknown'} key {key!r}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})
