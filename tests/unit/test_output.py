"""Every write reaches the standard output as a whole."""

from __future__ import annotations

import io
import json
import os
import select
import sys
from contextlib import redirect_stdout
from datetime import datetime, timezone

import pytest
from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage

from tap_ringcentral_calllog.errors import OutputError
from tap_ringcentral_calllog.output import MessageWriter, WholeOutput, whole


class Reluctant(io.RawIOBase):
    """Takes so many bytes of each write as it is told, None for none, or fails."""

    def __init__(self, *turns: int | OSError | None) -> None:
        super().__init__()
        self.turns = list(turns)
        self.written = b""
        # Something that is always ready to be written to.
        self._handle = os.open(os.devnull, os.O_WRONLY)

    def write(self, data) -> int | None:
        turn = self.turns.pop(0)
        if isinstance(turn, OSError):
            raise turn
        self.written += bytes(data[: turn or 0])
        return turn

    def fileno(self) -> int:
        return self._handle

    def close(self) -> None:
        if not self.closed:
            os.close(self._handle)
        super().close()


@pytest.mark.parametrize("turns", [(10,), (3, 7), (None, 10), (1, None, None, 8, None, 1)], ids=str)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_write_goes_on_until_all_is_written(turns, kind):
    """Whatever the file takes at once."""
    with Reluctant(*turns) as raw:
        assert WholeOutput(raw).write(kind(b"0123456789")) == 10
        assert raw.written == b"0123456789"
        assert not raw.turns


def test_nothing_is_left_for_later_when_a_write_fails():
    """What comes after half a line would be taken for its end."""
    with Reluctant(4, OSError(28, "No space left on device")) as raw:
        output = WholeOutput(raw)
        with pytest.raises(OutputError, match="No space left on device"):
            output.write(b"0123456789")
        output.close()
        assert raw.written == b"0123"


def test_the_text_of_the_standard_output_is_as_it_was(tmp_path):
    """Encoding and errors are kept, and what was printed before comes first."""
    path = tmp_path / "output"
    with path.open("w", encoding="latin-1", errors="replace") as before:
        before.write("é")
        after = whole(before)
        with redirect_stdout(after):
            sys.stdout.write("ü€")
            sys.stdout.buffer.write(b"!")
        assert after.fileno() == before.fileno()
        assert not after.isatty()
    assert path.read_bytes() == b"\xe9\xfc?!"


def test_what_is_no_file_stays_as_it_is():
    """Such as what stands in for the standard output in tests."""
    output = io.StringIO()
    assert whole(output) is output


def test_a_process_without_output_is_told_when_it_writes():
    """As a program that was started with `>&-`."""
    output = whole(None)
    assert not output.isatty()
    with pytest.raises(OutputError, match="closed"):
        output.write("x")


class Kept(MessageWriter):
    """Keeps what is written, write by write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write_lines(self, lines) -> None:
        self.writes.append(bytes(lines))


def test_rows_are_written_as_the_sdk_writes_records():
    """Byte by byte, and counted."""
    read_at = datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=timezone.utc)
    rows = [{"id": "1", "name": "Zo\u00eb"}, {"id": "2", "cost": 0.5, "legs": [{"a": None}]}]
    writer = Kept()
    writer.write_rows("call_log", rows, read_at)
    messages = [RecordMessage("call_log", row, time_extracted=read_at) for row in rows]
    lines = [bytes(MsgSpecWriter().serialize_message(message)) for message in messages]
    assert b"".join(writer.writes) == b"".join(lines)
    assert writer.rows == sum(map(len, lines))


def test_a_write_of_several_rows_fits_into_a_pipe_as_a_whole():
    """A longer row is written by itself; no write ends within a line."""
    sizes = [10, 1500, 1500, 1500, 3 * select.PIPE_BUF, 10, select.PIPE_BUF, 10]
    writer = Kept()
    rows = [{"id": str(at), "text": "x" * size} for at, size in enumerate(sizes)]
    writer.write_rows("s", rows, datetime.now(timezone.utc))
    assert all(one.endswith(b"}\n") for one in writer.writes)
    assert all(len(one) <= select.PIPE_BUF or one.count(b"\n") == 1 for one in writer.writes if one)
    lines = b"".join(writer.writes).splitlines()
    assert [json.loads(line)["record"] for line in lines] == rows
    assert len(writer.writes) < len(rows)


def test_no_rows_are_no_write():
    writer = Kept()
    writer.write_rows("s", [], datetime.now(timezone.utc))
    assert not b"".join(writer.writes)


def test_rows_leave_no_memory_behind():
    """`Encoder.encode_lines` of msgspec keeps each tuple that it is given."""
    writer, now = Kept(), datetime.now(timezone.utc)
    rows = [{"id": "1"}] * 10_000
    writer.write_rows("s", rows[:100], now)
    writer.writes.clear()
    before = sys.getallocatedblocks()
    writer.write_rows("s", rows, now)
    writer.writes.clear()
    assert sys.getallocatedblocks() - before < len(rows) / 10
