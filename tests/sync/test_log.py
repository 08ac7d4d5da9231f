"""The log of a clean run: short, without a warning, and all that there is to know."""

from __future__ import annotations

import json
import os
import re

import pytest
from fixtures import FREE
from harness import config_for, selecting

from sandbox import Sandbox
from tap_ringcentral_calllog.tap import TapRingCentral

USERS = 4

# What a line looks like, once its numbers and times are taken out.
WINDOW = "Read T to T: N records, N request; N % done."
LIST = "Rows read: N. Requests: N."
MAILBOX = "Read extension N, T to T: N records, N request; N % done"
ALL_MAILBOXES = "Read N extensions: N records, N requests."
REACH = "archived up to T; RingCentral keeps"


@pytest.fixture(scope="module")
def account():
    """An account by the machine's own clock, of which nothing expires soon."""
    with Sandbox(seed=5, calls=60, days=20, extensions=USERS, messages=3, limits=FREE) as sandbox:
        yield sandbox


@pytest.fixture
def logged(command, account, tmp_path):
    """Run the command, and return the lines of its log and its messages."""

    def run(*streams: str, state=None, level=None, **settings) -> tuple[list[str], list[dict]]:
        paths = {name: str(tmp_path / name) for name in ("recordings_path", "messages_path")}
        given = {
            "config": config_for(account, **paths, **settings),
            "catalog": selecting(*streams) if streams else None,
            "state": state,
        }
        arguments = []
        for name, content in given.items():
            if content is not None:
                (tmp_path / name).write_text(json.dumps(content))
                arguments += [f"--{name}", str(tmp_path / name)]
        levels = {"TAP_RINGCENTRAL_LOGLEVEL": level} if level else {}
        done = command(*arguments, env={**os.environ, **levels})
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines(), [json.loads(line) for line in done.stdout.splitlines()]

    return run


def mailboxes_in(messages: list[dict]) -> int:
    """Return of how many mailboxes there are rows."""
    rows = (m["record"] for m in messages if m["type"] == "RECORD" and m["stream"] == "messages")
    return len({row["extensionId"] for row in rows})


def shape(line: str) -> str:
    """Return a line without its time and numbers, and with the stream that it is of."""
    _, level, name, text = re.split(r" +\| ", line, maxsplit=3)
    text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "T", text)
    text = re.sub(r"\d+(?:\.\d+)*", "N", text).replace("requests;", "request;")
    text = re.sub(r", about .* left", "", text)
    logger = name.removeprefix("tap-ringcentral").strip(".")
    return f"{'' if level == 'INFO' else level + ' '}{logger}{': ' if logger else ''}{text}"


def test_a_run_by_default_says_what_it_read(logged):
    """Which version, and each window; then, how far the archive is from what is forgotten."""
    lines, written = logged("call_log", "call_legs", "call_log_coverage", "retention")
    start = "tap-ringcentral vN, Meltano SDK vN"
    assert [shape(line) for line in lines] == [start, f"call_log: {WINDOW}"]
    lines, _ = logged(
        "call_log", "call_legs", "call_log_coverage", "retention", state=written[-1]["value"]
    )
    assert [shape(line) for line in lines] == [
        start,
        f"call_log: {REACH} calls from T on.",
        f"call_log: {WINDOW}",
    ]


def test_a_run_of_all_streams_has_a_line_for_each(logged):
    """Of mailboxes, those with something new have one; all of them have one together."""
    streams = list(TapRingCentral(config={}, validate_config=False).streams)
    first, written = logged(*streams)
    second, later = logged(*streams, state=written[-1]["value"])
    assert mailboxes_in(written) == USERS
    for lines, mailboxes in ((first, USERS), (second, mailboxes_in(later))):
        told = [shape(line) for line in lines]
        assert not [line for line in told if line.startswith(("WARNING", "ERROR", "DEBUG"))]
        kept = [line for line in told if REACH not in line and "mailbox" not in line]
        for stream in ("messages", "message_files"):
            assert kept.count(f"{stream}: {ALL_MAILBOXES}") == 1
            of_one = [line for line in kept if line.startswith(f"{stream}: {MAILBOX}")]
            assert len(of_one) == mailboxes
        for stream in ("call_log", "recording_files"):
            assert kept.count(f"{stream}: {WINDOW}") == 1
        for stream in ("extensions", "directory_entries", "call_queues", "call_queue_members"):
            assert kept.count(f"{stream}: {LIST}") == 1
        assert len(kept) <= len(streams) + 2 * mailboxes


def test_at_debug_there_is_the_rest(logged):
    """What the SDK tells of its steps and streams, its metrics, and mailboxes without news."""
    lines, _ = logged("messages", level="DEBUG")
    text = "\n".join(lines)
    for told in ("METRIC", "Skipping deselected stream", "as child stream", "Beginning sync of"):
        assert re.search(rf"\| DEBUG +\|.*{told}", text), told
    assert re.search(r"\| DEBUG +\|.* 0 records, 1 request", text)
