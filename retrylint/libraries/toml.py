"""The files of this package that say what libraries do, as data."""

from __future__ import annotations

import pkgutil
import sys
from typing import Any


def read_toml(filename: str) -> dict[str, Any]:
    """The data of one file of this package."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    text = pkgutil.get_data("retrylint.libraries", filename)  # importlib.resources takes longer to import than this
    assert text is not None
    data: dict[str, Any] = tomllib.loads(text.decode())
    return data
