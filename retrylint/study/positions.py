"""Where libcst nodes stand: one pass of libcst's own code generation, without its metadata machinery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst
from libcst._nodes.internal import CodegenState  # the public PositionProvider is a wrapper of this with a repository

from retrylint.model import Span

Position = tuple[int, int]


class Positions(CodegenState):
    """Start and end of every node by identity; lines and columns count from 1."""

    __slots__ = ("column", "ends", "line", "starts", "wanted")

    def __init__(self, module: cst.Module) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.line, self.column = 1, 1
        self.starts: dict[int, Position] = {}
        self.ends: dict[int, Position] = {}
        module._codegen(self)  # noqa: SLF001 - what `Module.code` does, with this state

    def span(self, node: cst.CSTNode) -> Span:
        """The span of a node without the white space and the parentheses around it."""
        return Span(*self.starts[id(node)], *self.ends[id(node)])

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self._advance(token)

    def add_token(self, value: str) -> None:
        self._advance(value)

    def pop_trailing_newline(self) -> None:
        """Nothing is kept, so nothing is taken back."""

    def _advance(self, token: str) -> None:
        newline = token.rfind("\n")
        if newline < 0:
            self.column += len(token)
        else:
            self.line += token.count("\n")
            self.column = len(token) - newline

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.starts.setdefault(id(node), (self.line, self.column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        self.ends.setdefault(id(node), (self.line, self.column))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = (self.line, self.column)
        yield
        self.starts[id(node)] = self.starts[id(start_node)] if start_node is not None else start
        self.ends[id(node)] = self.ends[id(end_node)] if end_node is not None else (self.line, self.column)
