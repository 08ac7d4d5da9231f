"""STATE messages are written as often as they are worth it, and no more."""

from __future__ import annotations

import json
from typing import Any

import pytest
from singer_sdk.singerlib import RecordMessage

from tap_ringcentral_calllog.output import MessageWriter
from tap_ringcentral_calllog.state.bookmarks import SettledStateWriter

STREAMS = ("messages", "message_files")


class Written(MessageWriter):
    """Keeps lines in place of writing them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def write_lines(self, lines: bytes | bytearray) -> None:
        self.lines += lines.decode().splitlines()

    @property
    def states(self) -> list[str]:
        return [line for line in self.lines if '"type":"STATE"' in line]


class Account:
    """A run over all mailboxes of an account, stream by stream.

    Attributes:
        unconfirmed: after each mailbox, how many requests and how long rows there were since the
            last STATE message.
    """

    def __init__(self, mailboxes: int) -> None:
        self.mailboxes = mailboxes
        self.sent = 0
        self.written = Written()
        self.writer = SettledStateWriter(self.written, lambda: self.sent)
        self.state: dict[str, Any] = {"bookmarks": {}}
        self.unconfirmed: list[tuple[int, int]] = []

    def move(self, stream: str, mailbox: int, bookmark: str) -> None:
        """Move a mailbox's bookmark, and offer the state, as the tap does."""
        partitions = self.state["bookmarks"].setdefault(stream, {"partitions": []})["partitions"]
        partition = {
            "context": {"extensionId": str(401400005008 + mailbox)},
            "callLogLevel": "account",
            "replication_key": "creationTime",
            "replication_key_value": bookmark,
            "accountId": "401494647008",
            "startDate": "2025-03-20T12:00:00.000Z",
            "unfinished": [],
            "toldUntil": bookmark,
            "toldTo": bookmark,
        }
        partitions[mailbox : mailbox + 1] = [partition]
        self.writer.write_state(self.state)

    def run(self, bookmark: str, row: str = "") -> list[str]:
        """Read each mailbox by one request, and return the STATE messages.

        Args:
            bookmark: where all mailboxes end up.
            row: what is found in each, if anything.
        """
        begin, lines = len(self.written.states), self.written.lines
        self.writer.begin(self.state)
        requests = rows = 0
        for stream in STREAMS:
            for mailbox in range(self.mailboxes):
                self.sent += 1
                if row:
                    self.written.write_message(RecordMessage(stream, {"text": row}))
                    rows += len(lines[-1])
                before = len(lines)
                self.move(stream, mailbox, bookmark)
                requests += 1
                if len(lines) > before:
                    requests = rows = 0
                self.unconfirmed.append((requests, rows))
        self.writer.finish(self.state)
        return self.written.states[begin:]


@pytest.mark.parametrize("mailboxes", [1, 10, 100, 1000])
def test_what_idle_runs_write_grows_with_the_mailboxes(mailboxes):
    """Under 5 MB for a thousand of them, the first run's included; it was 987 MB."""
    account = Account(mailboxes)
    for day in ("19", "20"):
        states = account.run(f"2026-03-{day}T12:00:00.000Z")
        assert sum(map(len, states)) <= 7 * len(states[-1])
        assert sum(map(len, states)) < max(mailboxes * 5_000, 5_000)
        assert json.loads(states[-1])["value"] == account.state


@pytest.mark.parametrize("row", ["", "a" * 1000, "a" * 40_000], ids=["idle", "busy", "full"])
def test_a_kill_costs_a_quarter_of_the_mailboxes_at_most(row):
    """And rows as long as a STATE message at most, so that many rows are confirmed at once."""
    account = Account(50)
    longest = len(account.run("2026-03-19T12:00:00.000Z")[-1])
    account.unconfirmed.clear()
    states = account.run("2026-03-20T12:00:00.000Z", row)
    assert max(requests for requests, _ in account.unconfirmed) < 100 / 4
    assert max(rows for _, rows in account.unconfirmed) < longest
    assert len(states) == 100 if len(row) > longest else len(states) < 20
    rows = sum(map(len, account.written.lines)) - sum(map(len, account.written.states))
    assert sum(map(len, states)) <= rows + 7 * longest


def test_few_bookmarks_follow_each_request():
    """As those of the call log, or of three extensions."""
    account = Account(2)
    assert len(account.run("2026-03-20T12:00:00.000Z")) == 4


def test_nothing_is_written_where_nothing_changes():
    """Neither the state that the run began with, nor an empty one."""
    account = Account(2)
    account.run("2026-03-20T12:00:00.000Z")
    assert not account.run("2026-03-20T12:00:00.000Z")
    assert not Account(0).run("")


def test_the_last_message_confirms_what_came_after_the_others():
    """Rows of a stream without a bookmark, such as `retention`."""
    account = Account(1)
    first = account.run("2026-03-20T12:00:00.000Z")[-1]
    account.written.write_message(RecordMessage("retention", {"kind": "calls"}))
    account.writer.finish(account.state)
    assert account.written.lines[-1] == first
    count = len(account.written.lines)
    account.writer.finish(account.state)
    assert len(account.written.lines) == count


def test_what_is_under_way_is_no_part_of_a_message():
    """The SDK keeps it in the state, and makes an empty entry for each stream."""
    account = Account(1)
    account.state["bookmarks"] = {
        "extensions": {},
        "call_log": {"replication_key_value": "x", "progress_markers": {"a": 1}},
    }
    account.writer.write_state(account.state)
    (line,) = account.written.states
    assert json.loads(line)["value"] == {"bookmarks": {"call_log": {"replication_key_value": "x"}}}
