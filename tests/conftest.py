"""What all tests share: how Hypothesis draws, and an environment that no terminal of the developer colours."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# Deadlines measure the machine, not the code, and CI must draw the same examples each time.
settings.register_profile("retrylint", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("many", parent=settings.get_profile("retrylint"), max_examples=5000, derandomize=False)
settings.load_profile("retrylint")  # `--hypothesis-profile many` draws thousands of programs, others each time


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--slow` runs what needs libraries that take long to install."""
    parser.addoption("--slow", action="store_true", help="run the tests marked as slow too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the slow tests out, and say so."""
    if not config.getoption("--slow"):
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="needs --slow, and the libraries of the nox session `clients`"))


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variables that colour output, and without a `.git` folder's influence from outside."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
