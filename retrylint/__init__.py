"""retrylint finds retry anti-patterns before production does.

The public API: `lint_source` and `lint_paths` return findings, `RetrySite` and `Finding` are what they speak of.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrylint.engine import lint_paths, lint_source
    from retrylint.model import Finding, RetrySite

__version__ = "0.1.0"
__all__ = ["Finding", "RetrySite", "__version__", "lint_paths", "lint_source"]

if not TYPE_CHECKING:  # a checker reads the imports above instead

    def __getattr__(name: str) -> object:
        """Import the public names when they are first asked for, because `retrylint --help` needs none of them."""
        if name in ("lint_paths", "lint_source"):
            from retrylint import engine

            return getattr(engine, name)
        if name in ("Finding", "RetrySite"):
            from retrylint import model

            return getattr(model, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
