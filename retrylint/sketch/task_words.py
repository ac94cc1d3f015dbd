"""The words by which a module may show its retries, as the libraries that it uses and other modules spell them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from retrylint.sketch.built import NOTHING_BUILT, BuiltWords
from retrylint.sketch.mentions import TASK_CALL
from retrylint.sketch.repeaters import Repeater


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

    def within(self, source: str) -> TaskWords:
        """Those of the words that stand in a source; decorators stay, for they tell of tasks that have none."""

        def known(words: frozenset[str]) -> frozenset[str]:
            return frozenset(word for word in words if word in source)

        built = replace(
            self.built,
            calls=known(self.built.calls),
            options=known(self.built.options),
            mappings=known(self.built.mappings),
        )
        return replace(
            self,
            options=known(self.options),
            methods=known(self.methods),
            raised=known(self.raised),
            built=built,
            clients=known(self.clients),
            policies=known(self.policies),
            callers=known(self.callers),
        )

    def spelt(self) -> frozenset[str]:
        """All words that a definition which matters has at least one of."""
        built = self.built.calls | self.built.options | self.built.mappings
        own = self.decorators | self.options | self.methods | self.raised | self.clients | self.policies
        foreign = {name.rpartition(".")[2] for name in self.foreign}
        return own | built | self.callers | foreign | TASK_CALL
