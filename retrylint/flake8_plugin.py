"""The flake8 plugin: the engine's findings on the tree and the lines that flake8 has read.

flake8's own select, ignore and noqa narrow them afterwards. The plugin never raises: an error becomes a finding.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from retrylint import __version__
from retrylint.config import Overrides, Settings, SettingsReader
from retrylint.engine import Wanted, examine, honour_comments, internal_error, is_left_out
from retrylint.errors import UserError
from retrylint.model import NotAnalysed

if TYPE_CHECKING:
    from flake8.options.manager import OptionManager

Violation = tuple[int, int, str, type]


class RetrylintPlugin:
    """What flake8 makes for each file; it hands over the parameters by their names."""

    name = "retrylint"
    version = __version__

    def __init__(
        self, tree: ast.Module, lines: Sequence[str], filename: str, options: argparse.Namespace | None = None
    ) -> None:
        self._tree = tree
        self._source = "".join(lines)
        self._filename = filename
        self._options = options

    @staticmethod
    def add_options(manager: OptionManager) -> None:
        """Register retrylint's settings as options of flake8 and of its configuration files."""
        for key, words in (
            ("select", "Rules to check, instead of those that are on"),
            ("extend-select", "Rules to check besides"),
            ("ignore", "Rules to leave out"),
        ):
            manager.add_option(
                f"--retrylint-{key}",
                parse_from_config=True,
                comma_separated_list=True,
                metavar="codes",
                help=f"{words}: codes, prefixes or ALL, separated by commas",
            )
        for key, kind, unit, words in (
            ("blocking", float, "seconds", "Waits that a task may block its worker for (Default: 10)"),
            ("attempts", int, "count", "Attempts that RTY108 allows (Default: 10)"),
            ("wait", float, "seconds", "Waits in all that RTY109 allows (Default: 900)"),
            ("amplification", int, "count", "Attempts that RTY701 allows of retries within retries (Default: 8)"),
            ("file-size", int, "bytes", "Larger files are not analysed (Default: 2000000)"),
            ("file-time", float, "seconds", "A file that takes longer is given up (Default: 10)"),
        ):
            manager.add_option(f"--retrylint-max-{key}", parse_from_config=True, type=kind, metavar=unit, help=words)

    def run(self) -> Iterator[Violation]:
        """Line from 1, column from 0, code and message, and the type that flake8 asks for."""
        try:
            violations = self._findings()
        except UserError as error:
            violations = [self._failure(NotAnalysed(str(error)))]
        except Exception as error:  # an exception here would end flake8's whole run
            violations = [self._failure(internal_error(error))]
        yield from violations

    def _findings(self) -> list[Violation]:
        settings = self._settings()
        if is_left_out(self._filename, settings):
            return []
        _set_aside(len(sys.modules))
        examined = examine(self._source, self._filename, settings, self._tree, Wanted(left_out=False))
        result = honour_comments(examined, settings, noqa=False)  # of which flake8 takes care
        return [
            (finding.span.line, finding.span.column - 1, f"{finding.code} {finding.message}", type(self))
            for finding in result.findings
        ]

    def _settings(self) -> Settings:
        return _reader(_overrides(self._options))(os.path.dirname(self._filename))

    def _failure(self, reason: NotAnalysed) -> Violation:
        return reason.span.line, reason.span.column - 1, f"RTY900 not analysed: {reason.reason}", type(self)


@functools.lru_cache
def _set_aside(modules: int) -> None:
    """Once for so many modules, leave what is alive to no garbage collection.

    flake8 makes so many objects that Python often looks for garbage, which goes over all the modules each time: ours
    made flake8 4 % slower by that alone. What is set aside is freed as ever when nothing refers to it.
    """
    gc.freeze()


@functools.lru_cache(maxsize=1)
def _reader(overrides: Overrides) -> SettingsReader:
    """One reader a process, so that the files of a folder read its configuration once."""
    overrides.check("--retrylint-")
    return SettingsReader(overrides)


def _overrides(options: argparse.Namespace | None) -> Overrides:
    select = getattr(options, "retrylint_select", None)
    return Overrides(
        select=None if select is None else tuple(select),
        extend_select=tuple(getattr(options, "retrylint_extend_select", None) or ()),
        ignore=tuple(getattr(options, "retrylint_ignore", None) or ()),
        max_blocking=getattr(options, "retrylint_max_blocking", None),
        max_attempts=getattr(options, "retrylint_max_attempts", None),
        max_wait=getattr(options, "retrylint_max_wait", None),
        max_amplification=getattr(options, "retrylint_max_amplification", None),
        max_file_size=getattr(options, "retrylint_max_file_size", None),
        max_file_time=getattr(options, "retrylint_max_file_time", None),
    )
