"""The words by which a module may show its retries, as the libraries that it uses and other modules spell them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from retrylint.layout import GAP
from retrylint.sketch.built import NOTHING_BUILT, BuiltWords
from retrylint.sketch.decorating import may_decorate, may_define_task
from retrylint.sketch.mentions import TASK_CALL
from retrylint.sketch.repeaters import Repeater


def _is_followed(code: bytes, word: str, by: bytes) -> bool:
    """Does this stand behind a word anywhere in the code, as far as that is known?"""
    spelt = word.encode()
    if not code:
        return True
    return spelt in code and re.search(spelt + rb"(?<!\w" + spelt + rb")" + GAP + by, code) is not None


@dataclass(frozen=True, slots=True)
class TaskWords:
    """The words by which a file shows its tasks: last names of decorators, options, the retry methods.

    `elsewhere`: options of a decorator that let the rest of a retry be written somewhere else. `always`: decorators
    that need no option. `classes`: may there be classes that are tasks?
    `raised`: exceptions that ask for a retry. `built`: what may retry and is no definition.
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
    classes: bool = False

    def within(self, source: str, code: bytes) -> TaskWords:
        """Those of the words that matter in a source. `code`: what of it is no comment and no text, where that is known
        (see `layout.code_of`).
        """

        def known(words: frozenset[str]) -> frozenset[str]:
            return frozenset(word for word in words if word in source)

        # what is known by the ending of its name alone retries where it says so
        is_stated = any(_is_followed(code, option, b"=") for option in self.built.options)
        built = replace(
            self.built,
            calls=known(self.built.calls),
            endings=self.built.endings if is_stated else (),
            options=known(self.built.options),
            mappings=known(self.built.mappings),
        )
        decorates = not code or may_decorate(code, self.decorators)
        return replace(
            self,
            decorators=self.decorators if decorates else frozenset(),
            always=self.always if decorates else frozenset(),
            classes=bool(self.decorators) and (not code or may_define_task(code)),
            options=known(self.options),
            methods=frozenset(name for name in self.methods if _is_followed(code, name, rb"\(")),
            raised=known(self.raised),
            built=built,
            clients=known(self.clients),
            policies=known(self.policies),
            callers=known(self.callers),
        )

    def spelt(self) -> frozenset[str]:
        """All words that a definition which matters has at least one of, beside its options."""
        built = self.built.calls | self.built.mappings
        own = self.decorators | self.methods | self.raised | self.clients | self.policies
        foreign = {name.rpartition(".")[2] for name in self.foreign}
        return own | built | self.callers | foreign | TASK_CALL
