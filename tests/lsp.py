"""A client of a language server, as an editor is one: JSON-RPC over the server's standard streams.

The server is python-lsp-server, which runs flake8 on the text of the open document.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

TIMEOUT = 60.0  # seconds to wait for what the server says; far more than it takes

Message = dict[str, Any]

PLUGINS = ("flake8", "pycodestyle", "pyflakes", "mccabe")
SETTINGS = {"pylsp": {"plugins": {name: {"enabled": name == "flake8"} for name in PLUGINS}}}


class LanguageClient:
    """Speaks with a running server; a thread of its own reads what the server says."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._said: Queue[Message] = Queue()
        self._sent = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def request(self, method: str, params: Message | None) -> Any:
        """Ask, and wait for the answer."""
        self._sent += 1
        self._write({"id": self._sent, "method": method, "params": params})
        return self._next(lambda said: said.get("id") == self._sent and "method" not in said)["result"]

    def notify(self, method: str, params: Message | None = None) -> None:
        self._write({"method": method, "params": params})

    def diagnostics(self, uri: str, version: int) -> list[Message]:
        """The next diagnostics of this version of a document."""

        def is_it(said: Message) -> bool:
            params = said.get("params") or {}
            return (
                said.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version", version) == version
            )

        found: list[Message] = self._next(is_it)["params"]["diagnostics"]
        return found

    def _next(self, wanted: Callable[[Message], bool]) -> Message:
        while True:
            said = self._said.get(timeout=TIMEOUT)
            if "id" in said and "method" in said:  # the server asks something, such as for its configuration
                self._write({"id": said["id"], "result": None})
            if wanted(said):
                return said

    def _write(self, message: Message) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        for line in iter(stream.readline, b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
            elif not line.strip():
                self._said.put(json.loads(stream.read(length)))


@contextmanager
def pylsp(root: Path) -> Iterator[LanguageClient]:
    """A server over a folder, with its flake8 plugin alone."""
    command = [sys.executable, "-m", "pylsp"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root)
    try:
        client = LanguageClient(process)
        opened = {"processId": os.getpid(), "rootUri": root.as_uri(), "capabilities": {}}
        client.request("initialize", opened)
        client.notify("initialized", {})
        client.notify("workspace/didChangeConfiguration", {"settings": SETTINGS})
        yield client
        client.request("shutdown", None)
        client.notify("exit")
        process.wait(TIMEOUT)
    finally:
        process.kill()
        process.communicate()


def opened(client: LanguageClient, path: Path, text: str) -> list[Message]:
    """The diagnostics of retrylint when a file is opened."""
    document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    return _ours(client.diagnostics(path.as_uri(), 1))


def edited(client: LanguageClient, path: Path, text: str, version: int = 2) -> list[Message]:
    """Those when it says something else, which is not saved."""
    document = {"uri": path.as_uri(), "version": version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})
    return _ours(client.diagnostics(path.as_uri(), version))


def _ours(diagnostics: list[Message]) -> list[Message]:
    return [each for each in diagnostics if str(each.get("code", "")).startswith("RTY")]
