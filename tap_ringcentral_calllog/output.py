"""Writes messages to the standard output: each one completely, or the run fails."""

from __future__ import annotations

import io
import select
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder
from singer_sdk.singerlib import SingerMessageType
from typing_extensions import override

from tap_ringcentral_calllog.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from singer_sdk.singerlib import Message

_CLOSED = "it is closed"


class MessageWriter(MsgSpecWriter):
    """Writes Singer messages, and measures them.

    Attributes:
        rows: the length of all RECORD messages so far, in bytes.
        last: the length of the last message, in bytes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.last = 0

    @override
    def serialize_message(self, message: Message) -> bytearray:
        line = super().serialize_message(message)
        self.last = len(line)
        if message.type is SingerMessageType.RECORD:
            self.rows += self.last
        return line

    @override
    def write_message(self, message: Message) -> None:
        self.write_lines(self.serialize_message(message))

    def write_rows(self, stream: str, rows: Iterable[Any], read_at: datetime) -> None:
        """Write RECORD messages, with several in each write.

        A pipe takes a write of up to PIPE_BUF bytes as a whole or not at all, so a run that is
        killed leaves no half message to the target, unless a single record is longer.

        Args:
            stream: the stream's name.
            rows: the records.
            read_at: when they were read.
        """
        begin = b'{"type":"RECORD","stream":' + encoder.encode(stream) + b',"record":'
        end = b',"time_extracted":' + encoder.encode(read_at) + b"}\n"
        lines = bytearray()
        for row in rows:
            before = len(lines)
            lines += begin
            encoder.encode_into(row, lines, before + len(begin))
            lines += end
            self.rows += len(lines) - before
            if before and len(lines) > select.PIPE_BUF:
                self.write_lines(lines[:before])
                del lines[:before]
        self.write_lines(lines)

    def write_lines(self, lines: bytes | bytearray) -> None:
        """Write messages, each with its line break."""
        sys.stdout.buffer.write(lines)
        sys.stdout.flush()


class WholeOutput(io.RawIOBase):
    """Writes all bytes, in order, before a write returns.

    One write to a file descriptor may take a part of the bytes, or none: when a pipe is full and
    non-blocking, or when a signal such as SIGCONT interrupts the write. With PYTHONUNBUFFERED,
    Python's own standard output then drops the rest without a word.
    https://docs.python.org/3/library/io.html#io.RawIOBase.write

    Nothing stays in a buffer: after a signal has ended the run in mid-write, nothing more follows.

    Args:
        raw: the unbuffered file that takes the bytes; None when the process has no output.
    """

    def __init__(self, raw: io.RawIOBase | None) -> None:
        super().__init__()
        self._raw = raw

    @override
    def write(self, data: Any) -> int:
        """Write all of the data.

        Args:
            data: the bytes.

        Returns:
            How many there were.

        Raises:
            OutputError: when they cannot be written.
        """
        if self._raw is None:
            raise _failure(_CLOSED)
        view = memoryview(data)
        size, done = view.nbytes, 0
        try:
            while done < size:
                taken = self._raw.write(view[done:])
                if taken is None:
                    # A full pipe. One whose reader is gone counts as ready, and fails then.
                    select.select([], [self._raw], [])
                done += taken or 0
        except OSError as error:
            raise _failure(error.strerror or type(error).__name__) from None
        return size

    @override
    def writable(self) -> bool:
        return True

    @override
    def isatty(self) -> bool:
        return self._raw is not None and self._raw.isatty()

    @override
    def fileno(self) -> int:
        return super().fileno() if self._raw is None else self._raw.fileno()


def whole(output: TextIO | None) -> TextIO:
    """Return a standard output of which every write is complete.

    Args:
        output: `sys.stdout`, buffered or not. An output that is not a file, as in tests, is
            returned unchanged.
    """
    if output is None:
        return _text(WholeOutput(None))
    output.flush()
    buffer = getattr(output, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, io.RawIOBase):
        return output
    return _text(WholeOutput(raw), output.encoding, output.errors)


def _text(raw: WholeOutput, encoding: str = "utf-8", errors: str | None = None) -> TextIO:
    # Without a buffer between the two, as Python itself does it with PYTHONUNBUFFERED.
    return io.TextIOWrapper(cast("BinaryIO", raw), encoding, errors, write_through=True)


def _failure(reason: str) -> OutputError:
    return OutputError(
        f"The output cannot be written ({reason}): the target has ended, or the disk is full. The "
        "next run continues from the last bookmark that the target confirmed"
    )
