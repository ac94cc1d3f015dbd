"""A server on this machine that fails every request and counts them, and a refusing port."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

Failing = Literal["status", "drop", "hang"]


@dataclass(slots=True)
class Server:
    """What the server answers, and the methods of the requests that it has seen.

    `failing`: with `status`, by closing the connection without an answer, or by keeping it open until `closing`.
    """

    url: str = ""
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    failing: Failing = "status"
    requests: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def count(self) -> int:
        """The requests since the last count."""
        seen = len(self.requests)
        self.requests.clear()
        return seen


@contextmanager
def serving() -> Iterator[Server]:
    """A server in a thread of its own, on a free port."""
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            state.requests.append(self.command)
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if state.failing == "hang":
                state.closing.wait()
            if state.failing != "status":
                self.close_connection = True
                return
            self.send_response(state.status)
            for name, value in {"Content-Type": "application/json", **state.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(state.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield state
        finally:
            state.closing.set()
            server.shutdown()


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that nobody listens on, held so that nobody else can take it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
