"""Bytes to text as Python reads them, or the reason why they cannot be read."""

from __future__ import annotations

import codecs
import io
import os
import stat

from retrylint.model import NotAnalysed, Span


def read_file(path: str, most: int) -> bytes | NotAnalysed:
    """The bytes of a regular file of `most` bytes at most. Nothing else is opened: a pipe would wait for ever."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode):
            return NotAnalysed("not a regular file")
        with open(path, "rb") as stream:
            data = stream.read(most + 1)
            return data if len(data) <= most else too_large(most)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        return NotAnalysed(f"cannot be read: {getattr(error, 'strerror', None) or error}")


def too_large(most: int) -> NotAnalysed:
    """The reason for a file of more than so many bytes."""
    return NotAnalysed(f"larger than {most:,} bytes (max-file-size)")


def decode(data: bytes) -> str | NotAnalysed:
    """The text of a Python source: a BOM or a coding cookie says the encoding, every newline becomes `\\n`."""
    try:
        text = data.decode(_encoding(data))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        reason = f"encoding: byte 0x{error.object[error.start]:02x} in line {line} is not valid {error.encoding}"
        return NotAnalysed(reason, Span(line, 1, line, 1))
    except (SyntaxError, LookupError, ValueError) as error:
        return NotAnalysed(f"encoding: {error}")
    text = normalise(text)
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return NotAnalysed(f"encoding: a NUL character in line {line}, which Python refuses", Span(line, 1, line, 1))
    return text


def _encoding(data: bytes) -> str:
    first = data.find(b"\n")
    second = data.find(b"\n", first + 1) if first >= 0 else -1
    if data.find(b"coding", 0, second if second >= 0 else len(data)) < 0 and not data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    import tokenize

    try:
        return tokenize.detect_encoding(io.BytesIO(data).readline)[0]
    except SyntaxError:
        data.decode()  # where this fails, its error says more: which byte, and where
        raise


def normalise(text: str) -> str:
    """Text without a byte order mark and with `\\n` for every newline, so that lines and columns agree everywhere."""
    text = text.removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
