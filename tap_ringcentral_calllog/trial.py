"""The option `--test`: tries the login, the permissions and each selected stream."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from singer_sdk.exceptions import AbortedSyncFailedException, AbortedSyncPausedException
from singer_sdk.singerlib import RecordMessage
from typing_extensions import override

from tap_ringcentral_calllog.errors import (
    LoginError,
    RequestError,
    TapRingCentralError,
    UnavailableError,
)
from tap_ringcentral_calllog.output import MessageWriter
from tap_ringcentral_calllog.streams.windowed import WindowedStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.singerlib import Message

    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.streams.base import RingCentralStream


class Counting(MessageWriter):
    """Counts the records of streams and writes nothing: they are personal data.

    Attributes:
        records: how many records each stream had.
    """

    def __init__(self) -> None:
        super().__init__()
        self.records: Counter[str] = Counter()

    @override
    def write_message(self, message: Message) -> None:
        if isinstance(message, RecordMessage):
            self.records[message.stream] += 1


def try_streams(streams: Iterable[RingCentralStream], run: Run, written: Counting) -> str:
    """Read a record of each stream. What can't be read is logged, and the others are tried.

    Nothing is tried twice, so that it takes seconds.

    Args:
        streams: all streams. Those are tried that are selected, or have a child that is.
        run: what they share.
        written: takes what they write.

    Returns:
        What was read, in a sentence.

    Raises:
        LoginError: when the login is refused.
        TapRingCentralError: when something can't be read, with the streams' names.
    """
    chosen = [one for one in streams if one.selected or one.has_selected_descendents]
    names = [one.name for one in chosen if one.selected]
    # Child streams, such as deletions, are read with their parents, even if they have no rows.
    own = {one.name for one in chosen if not one.parent_stream_type}
    run.connection.hurry()
    run.connection.check_logins()
    for stream in chosen:
        stream.ABORT_AT_RECORD_COUNT = 1
    tried = {one.name: _failure_of(one) for one in chosen if one.name in own}
    failed = {name: error for name, error in tried.items() if error}
    if len(failed) == 1:
        raise next(iter(failed.values()))
    if failed:
        for one in failed.values():
            run.fail(one)
        msg = f"{', '.join(failed)} cannot be read: see the errors above"
        raise TapRingCentralError(msg)
    noted = {one.name for one in chosen if isinstance(one, WindowedStream) and one.has_records}
    found = noted | written.records.keys()
    empty = [name for name in names if name in own - found]
    return f"OK: {', '.join(name for name in names if name in found) or 'nothing'} can be read" + (
        f"; there is nothing yet in {', '.join(empty)}." if empty else "."
    )


def _failure_of(stream: RingCentralStream) -> TapRingCentralError | None:
    """Read a record of a stream; return why it can't be read, if it can't.

    Raises:
        LoginError: when the login is refused: the others can't be read, either.
    """
    try:
        with suppress(AbortedSyncFailedException, AbortedSyncPausedException):
            stream.sync()
    except LoginError:
        raise
    except (RequestError, UnavailableError) as error:
        return stream.placed(error)
    except TapRingCentralError as error:
        return error
    return None
