"""The files of clients fit their schema, and an error in one names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrylint.libraries.clients import FILES, client_library, read_client_library
from retrylint.libraries.spec import FactsError
from retrylint.screen import CLIENTS

FOLDER = Path(__file__).parent.parent / "retrylint" / "libraries"
NAMES = sorted({name for names in FILES.values() for name in names})


def test_the_screen_looks_for_every_library() -> None:
    assert set(CLIENTS) == set(FILES)


def test_every_file_is_read() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.toml")}
    assert {name for name, text in texts.items() if "[[client]]" in text} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_tells_how_it_was_proved(name: str) -> None:
    library = read_client_library(name)
    assert library.source.startswith(("Ran with ", "Read in "))
    assert library.clients
    for client in library.clients:
        assert client.names or client.methods or client.families
        assert not client.methods or client.imports


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({"nmaes": ["a.B"]}, r"x\.toml: client 1: unknown key 'nmaes'"),
        ({"limits": [{"position": 1}]}, r"x\.toml: client 1: limits: missing key 'option'"),
        ({"delay": {"fist": 1}}, r"x\.toml: client 1: delay: unknown key 'fist'"),
        ({"kinds": {}}, r"x\.toml: client 1: kinds: missing key 'options'"),
    ],
)
def test_an_error_names_file_and_key(text: dict[str, object], message: str) -> None:
    with pytest.raises(FactsError, match=message):
        client_library({"name": "x", "title": "X", "source": "Ran with x 1.", "client": [text]}, "x.toml")
