"""Every write reaches the standard output as a whole."""

from __future__ import annotations

import io
import os
import sys
from contextlib import redirect_stdout

import pytest

from tap_ringcentral_calllog.errors import OutputError
from tap_ringcentral_calllog.output import WholeOutput, whole


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
