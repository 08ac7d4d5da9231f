"""All streams of an account in PostgreSQL: `meltano run`, and an hour later again.

What the sandbox knows is what the tables must hold, value by value.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from account_truth import KEYS, SNAPSHOTS, Truth
from expected import differences
from fixtures import free_account
from loaded import empty, rows, settings
from recipes import block

from sandbox import Fault

if TYPE_CHECKING:
    from expected import Rows

pytestmark = pytest.mark.prove

START = "2026-03-15T12:00:00Z"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
#: Those of which each row tells when it was read or stored.
FILES = {"recording_files": "audio", "message_files": "attachments"}


@dataclass
class Load:
    """What a run has left, and what it should have.

    Attributes:
        now: the account's time, in UTC.
        truth: the rows of each stream that the account shows.
        tables: the rows that are in PostgreSQL.
        contents: the hashes of the files that were stored, by path.
        output: what Meltano said.
    """

    now: datetime
    truth: dict[str, Rows]
    tables: dict[str, Rows]
    contents: dict[str, str]
    output: str


@dataclass
class Happened:
    """What happened between the runs, by ids."""

    left: str
    purged: str
    deleted: str
    added: str
    forgotten: str
    lost: str


@pytest.fixture(scope="module")
def account():
    """An account of five users with recordings, voicemail, faxes, text messages and queues."""
    with free_account(seed=95, calls=250, days=5, extensions=5, messages=8) as account:
        for minutes in (5, 7):
            account.add_call(
                start_time=account.clock.now() - timedelta(minutes=minutes), duration=1800
            )
        for kind, direction in (("VoiceMail", "Inbound"), ("Fax", "Inbound"), ("Fax", "Outbound")):
            account.add_message(
                kind=kind,
                direction=direction,
                creation_time="2026-03-18T10:00:00Z",
                deleted_at="2026-03-18T11:00:00Z",
            )
        account.fresh = [
            account.add_message(kind=kind, creation_time="2026-03-20T11:00:00Z")
            for kind in ("SMS", "SMS", "VoiceMail")
        ]
        yield account


@pytest.fixture(scope="module")
def runs(account, installed, server, tmp_path_factory) -> list[Any]:
    """Both loads, and what happened between them."""
    folder = tmp_path_factory.mktemp("streams")
    project = installed.logged_in(account, folder)
    empty(server)

    def load() -> Load:
        truth = Truth(account)
        expected = truth.rows()
        truth.close()
        now = account.clock.now()
        # Time passes while lists are read.
        tick = Fault("hook", on="/members", after=1, hook=lambda: account.clock.advance(seconds=2))
        account.fail(tick)
        output = project.meltano(
            *("run", "tap-ringcentral", "target-postgres"),
            **settings(server),
            TAP_RINGCENTRAL__SELECT='["*.*"]',
            TAP_RINGCENTRAL_START_DATE=START,
            TAP_RINGCENTRAL_RECORDINGS_PATH=str(folder / "audio"),
            TAP_RINGCENTRAL_MESSAGES_PATH=str(folder / "attachments"),
        )
        tables = {name: rows(server, name, key) for name, key in KEYS.items()}
        tables["retention"] = rows(server, "retention", ("kind", "checkedAt"))
        contents = {
            str(one): sha256(one.read_bytes()).hexdigest()
            for kind in FILES.values()
            for one in (folder / kind).rglob("*")
            if one.is_file()
        }
        account.clock.set(now)
        return Load(now.replace(tzinfo=None), expected, tables, contents, output)

    first = load()
    happened = an_hour_passes(account)
    return [first, load(), happened]


def an_hour_passes(account) -> Happened:
    """Somebody leaves; messages, calls and recordings come and go."""
    purged, _, deleted = account.fresh
    known = account.recordings_truth()
    account.clock.advance(hours=1)
    left = account.extension_ids[3]
    account.remove_extension(left)
    account.delete_message(purged, purge=True)
    account.delete_message(deleted)
    added = account.add_message(kind="Fax", creation_time="2026-03-20T12:20:00Z")
    account.add_call(start_time="2026-03-20T12:55:00Z", duration=1800)
    call = account.add_call(
        start_time="2026-03-20T12:05:00Z", duration=300, recording_at="2026-03-20T12:11:00Z"
    )
    lost = next(one["id"] for one in account.recordings_truth() if one["callId"] == call)
    for gone in (lost, known[0]["id"]):
        account.forget_recording(gone)
    return Happened(left, purged, deleted, added, known[0]["id"], lost)


def on_the_hour(table: Rows, loads: list[Load]) -> Rows:
    """Return rows with times of the tap's own as those of the runs, which take some seconds."""

    def told(value: datetime) -> datetime:
        return next((x.now for x in loads if x.now <= value < x.now + MINUTE), value)

    def as_told(name: str, value: Any) -> Any:
        return told(value) if name in {"snapshotAt", "archivedAt"} and value else value

    return {
        tuple(told(one) if isinstance(one, datetime) else one for one in key): {
            name: as_told(name, value) for name, value in row.items()
        }
        for key, row in table.items()
    }


def bare(table: Rows) -> Rows:
    """Return rows of files without where and when they were stored."""
    own = {"path", "archivedAt"}
    return {
        key: {name: value for name, value in row.items() if name not in own}
        for key, row in table.items()
    }


def settled(load: Load, table: str, column: str) -> Rows:
    """Return what the later run need not read again: what is older than the look-back."""
    edge = load.now - DAY
    return {key: row for key, row in load.truth[table].items() if row[column] < edge}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_what_the_account_has_now(runs, name):
    """Each row as RingCentral shows it, all of one moment."""
    load = runs[0]
    assert len({row["snapshotAt"] for row in load.tables[name].values()}) == 1
    assert load.truth[name]
    assert not differences(on_the_hour(load.tables[name], [load]), load.truth[name])


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_what_the_account_has_an_hour_later(runs, name):
    """Rows move on by their key; those of who and what has gone stay with the older time."""
    first, second, _ = runs
    expected = {**first.truth[name], **second.truth[name]}
    moments = {row["snapshotAt"] for row in second.tables[name].values()}
    assert len(moments) == len({row["snapshotAt"] for row in expected.values()})
    assert not differences(on_the_hour(second.tables[name], [first, second]), expected)


def test_one_query_lists_who_is_there_now(runs, server):
    """As docs/recipes.md has it; another account in the same table, read earlier, is whole."""
    _, second, happened = runs
    with server.connect() as connection:
        connection.execute(
            """INSERT INTO tap_ringcentral.extensions ("accountId", "id", "name", "snapshotAt")
            VALUES ('other', '1', 'Ann', '2020-01-01'), ('other', '2', 'Bob', '2020-01-01')"""
        )
        found = {row[:2] for row in connection.execute(block("Current rows", "sql"))}
        connection.rollback()
    assert happened.left not in {one for _, one in found}
    assert found == {*second.truth["extensions"], ("other", "1"), ("other", "2")}


@pytest.mark.parametrize("name", ["extensions", "directory_entries", "call_queue_members"])
def test_a_person_who_left_keeps_their_row(runs, name):
    """With everything that was known, and the time when they were last there."""
    first, second, happened = runs
    kept = {key: row for key, row in second.tables[name].items() if key[-1] == happened.left}
    assert kept
    assert kept == {key: first.tables[name][key] for key in kept}
    assert all(row["snapshotAt"] < second.now for row in kept.values())


def test_every_message_arrives(runs):
    """Every message of every mailbox, whatever its kind."""
    load = runs[0]
    assert {row["type"] for row in load.truth["messages"].values()} >= {"VoiceMail", "Fax", "SMS"}
    assert not differences(load.tables["messages"], load.truth["messages"])


def test_messages_an_hour_later(runs):
    """What came and changed is there; what was purged, or of whom has left, stays as it was."""
    first, second, happened = runs
    expected = {
        **first.truth["messages"],
        **second.truth["messages"],
        **settled(first, "messages", "creationTime"),
    }
    by_id = {row["id"]: row for row in second.tables["messages"].values()}
    assert by_id[happened.deleted]["availability"] == "Deleted"
    assert by_id[happened.purged]["availability"] == "Alive"
    assert happened.added in by_id
    assert happened.left in {row["extensionId"] for row in by_id.values()}
    assert not differences(second.tables["messages"], expected)


def test_every_recording_of_a_call_has_a_row(runs):
    """A row for each, and it outlives RingCentral's copy."""
    first, second, happened = runs
    assert len(first.truth["call_recordings"]) > 20
    assert not differences(first.tables["call_recordings"], first.truth["call_recordings"])
    expected = {**first.truth["call_recordings"], **second.truth["call_recordings"]}
    assert happened.lost in {row["id"] for row in expected.values()}
    assert not differences(second.tables["call_recordings"], expected)


@pytest.mark.parametrize("name", FILES)
def test_every_file_arrives_with_its_size_and_hash(runs, name):
    """Each with its size and hash; the bytes at its path are RingCentral's."""
    load = runs[0]
    assert len(load.truth[name]) > 5
    assert not differences(bare(load.tables[name]), load.truth[name])
    check_contents(load, name)


@pytest.mark.parametrize("name", FILES)
def test_files_an_hour_later(runs, name):
    """What is new is there; what RingCentral forgot stays; a first "not found" settles nothing."""
    first, second, happened = runs
    times = {"recording_files": "startTime", "message_files": "creationTime"}
    expected = {
        **first.truth[name],
        **second.truth[name],
        **settled(first, name, times[name]),
    }
    for key, row in expected.items():
        if happened.forgotten in key:
            assert row["status"] == "gone"
            expected[key] = first.truth[name][key]
    assert len(expected) > len(first.truth[name])
    if name == "recording_files":
        states = {row["id"]: row["status"] for row in second.tables[name].values()}
        assert states[happened.forgotten] == "archived"
        # It is gone when RingCentral says so on another day too.
        expected = {key: row for key, row in expected.items() if happened.lost not in key}
    assert not differences(bare(second.tables[name]), expected)
    check_contents(second, name)


def check_contents(load: Load, name: str) -> None:
    """Compare files with rows: each file has its row, and each row its file."""
    stored = {row["path"]: row["sha256"] for row in load.tables[name].values() if row["path"]}
    folder = f"/{FILES[name]}/"
    assert stored == {path: one for path, one in load.contents.items() if folder in path}
    for row in load.tables[name].values():
        assert (row["path"] is not None) == (row["status"] == "archived")
        assert row["path"] is None or Path(row["path"]).stat().st_size == row["size"]
        # By RingCentral's clock when it was fetched, by the storage's when it is told again.
        stored = row["path"] and Path(row["path"]).stat().st_mtime
        when = stored and datetime.fromtimestamp(stored, timezone.utc).replace(tzinfo=None)
        is_again = when and abs(row["archivedAt"] - when) < MINUTE
        assert is_again or load.now - timedelta(hours=1) <= row["archivedAt"] < load.now + MINUTE


# Kind, stream, for how many days RingCentral keeps it, and how many.
RETENTION = [
    ("callLog", "call_log", 365, None),
    ("automaticRecordings", "recording_files", 90, 100_000),
    ("onDemandRecordings", "recording_files", 90, 200),
    ("voiceMailAndFax", "messages", 30, 200),
    ("voiceMailAndFaxFiles", "message_files", 30, None),
    ("deletedVoiceMailAndFax", "messages", 5, 200),
    ("textMessages", "messages", None, 5000),
]


@pytest.mark.parametrize(("kind", "stream", "days", "most"), RETENTION)
def test_each_run_has_a_row_for_each_kind(runs, account, kind, stream, days, most):
    """A row for each kind and run: how long it is kept, how far the archive is, what is there."""
    for load in runs[:2]:
        (row,) = (
            row
            for row in runs[1].tables["retention"].values()
            if row["kind"] == kind and load.now <= row["checkedAt"] < load.now + MINUTE
        )
        # START is five days ago: of what RingCentral keeps for longer, some may be older.
        is_known = not days or days == (load.now - datetime.fromisoformat(START[:-1])).days
        expected = {
            "accountId": account.account_id,
            "kind": kind,
            "stream": stream,
            "isArchived": True,
            "keptForDays": days,
            "keptAtMost": most,
            "archivedFrom": datetime.fromisoformat(START[:-1]),
            "archivedTo": load.now - DAY,
            "nextToExpire": None,
            "waiting": 0 if is_known else None,
            "gapFrom": None,
            "gapTo": None,
        }
        found = {
            name: value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        assert {name: found[name] for name in expected} == expected
        is_crowded = row["expected"] is not None and row["expected"] >= 0.9 * most
        assert row["inDanger"] == (is_crowded or (False if is_known else None))


def test_what_is_limited_by_number_is_counted(runs, account):
    """What is limited by number: as many as in the five days, for as long as it is kept."""
    first = runs[0]
    owners = {call["id"]: call.get("extension", {}).get("id") for call in account.truth()}
    recordings = Counter(
        (row["type"], owners[row["callId"]] if row["type"] == "OnDemand" else "")
        for row in first.truth["call_recordings"].values()
    )
    kinds = {"VoiceMail": "letter", "Fax": "letter"}
    messages = Counter()
    for row in first.truth["messages"].values():
        folder = "" if row["availability"] == "Deleted" else row["direction"]
        kind = kinds.get(row["type"], "text")
        messages[kind, row["availability"], row["extensionId"], folder] += 1

    def most(counter, *beginning):
        return max(n for key, n in counter.items() if key[: len(beginning)] == beginning)

    found = {row["kind"]: row["expected"] for row in first.tables["retention"].values()}
    assert found == {
        "callLog": None,
        "automaticRecordings": most(recordings, "Automatic") * 90 // 5,
        "onDemandRecordings": most(recordings, "OnDemand") * 90 // 5,
        "voiceMailAndFax": most(messages, "letter", "Alive") * 30 // 5,
        "voiceMailAndFaxFiles": None,
        "deletedVoiceMailAndFax": most(messages, "letter", "Deleted"),
        "textMessages": most(messages, "text"),
    }


def test_a_person_can_be_erased(runs, server):  # noqa: ARG001 - `runs` has loaded it
    """By the SQL of docs/recipes.md: no table holds the number any more, all others stay."""
    # Within a transaction that is rolled back: other tests look at the tables.
    statements = block("Erasing one person", "sql").replace("BEGIN;\n", "", 1)
    statements = statements.replace("COMMIT;\n", "")
    with server.connect() as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'tap_ringcentral'"
            )
        ]
        assert set(names) >= {*KEYS, "retention"}

        def holding(number: str) -> set[str]:
            return {
                name
                for name in names
                if connection.execute(
                    f"SELECT COUNT(*) FROM tap_ringcentral.{name} AS one "  # noqa: S608 - names from above
                    "WHERE CAST(one AS text) LIKE %s",
                    [f"%{number}%"],
                ).fetchone()[0]
            }

        def everyone(name: str) -> int:
            return connection.execute(
                f"SELECT COUNT(*) FROM tap_ringcentral.{name}"  # noqa: S608 - names from above
            ).fetchone()[0]

        (number,) = connection.execute(
            """SELECT "from"->>'phoneNumber' FROM tap_ringcentral.messages
            WHERE "direction" = 'Inbound' AND "from"->>'phoneNumber' IN
              (SELECT "from"->>'phoneNumber' FROM tap_ringcentral.call_log) LIMIT 1"""
        ).fetchone()
        # It may stand where it seldom does, too.
        held = json.dumps({"from": number})
        connection.execute(
            'CREATE TABLE tap_ringcentral.call_log_deletions ("accountId" text, "id" text, '
            '"extra" jsonb)'
        )
        for seldom in (
            "INSERT INTO tap_ringcentral.call_log_deletions VALUES ('1', '1', %s)",
            'UPDATE tap_ringcentral.active_calls SET "extra" = %s',
        ):
            connection.execute(seldom, [held])
        names.append("call_log_deletions")
        before = {name: everyone(name) for name in names}
        assert holding(number) == {
            *("call_log", "call_legs", "messages", "active_calls", "call_log_deletions")
        }
        cursor = connection.execute(statements.replace("+16505550100", number))
        while cursor.nextset():
            pass
        paths = cursor.fetchall()
        assert paths
        assert not holding(number)
        assert [before[one] for one in ("call_log", "call_legs")] == [
            everyone(one) for one in ("call_log", "call_legs")
        ]
        assert 0 < everyone("messages") < before["messages"]
        assert all(path for (path,) in paths)
        connection.rollback()
