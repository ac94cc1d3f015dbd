"""A bar on the terminal while files are checked, if that lasts long enough to wonder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

PATIENCE = 1.0  # seconds
_ERASED = "\r\x1b[K\x1b[?25h"  # the line is empty again, and the cursor is back


class Progress:
    """Collects results, and shows how many of them there are; the bar is gone before anything else is written."""

    def __init__(self, stream: TextIO, patience: float = PATIENCE) -> None:
        self._stream = stream
        self._patience = patience
        self._total = 0

    def begin(self, total: int) -> None:
        """There will be so many results."""
        self._total = total

    def collected(self, results: Iterable[Item]) -> Iterator[Item]:
        """The results, when all of them are there."""
        import click

        started = time.monotonic()
        found: list[Item] = []
        bar = None
        try:
            for result in results:
                found.append(result)
                if bar is not None:
                    bar.update(1)
                elif time.monotonic() - started > self._patience:
                    bar = click.progressbar(
                        length=self._total, label="Checking", show_eta=False, show_pos=True, file=self._stream
                    )
                    bar.update(len(found))
        finally:
            if bar is not None:
                self._stream.write(_ERASED)
                self._stream.flush()
        return iter(found)
