"""docs/migrating.md: its SQL and its commands, taken out of the page, do what it says."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import pytest
from expected import (
    CALL_KEY,
    EXTENSION_CALL_KEY,
    by_key,
    calls,
    differences,
    moment,
    text_ids,
    with_moments,
)
from loaded import call_rows, empty, rows, settings
from old_taps import kept, messages
from page import OLD_BOOKMARK, block, commands
from psycopg.errors import CardinalityViolation

from sandbox import Sandbox

pytestmark = pytest.mark.prove


@pytest.fixture
def old_load(installed, database, tmp_path):
    """Load as the old pipeline did, by a target-postgres with its defaults, and put it aside."""
    target = installed.root / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
    prefix = len("TARGET_POSTGRES_")
    config = {name[prefix:].lower(): value for name, value in settings(database).items()}
    file = tmp_path / "target.json"
    file.write_text(
        json.dumps({**config, "port": database.port, "default_target_schema": "tap_ringcentral"})
    )

    def load(stream, records):
        subprocess.run(
            [target, "--config", file],
            input=messages(stream, records),
            text=True,
            capture_output=True,
            check=True,
        )
        with database.connect() as connection:
            connection.execute(block("sql: aside"))

    yield load
    with database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS ringcentral_before CASCADE")
    empty(database)


@pytest.fixture
def ringcentral():
    """A sandbox with calls on both sides of the night in which New York's clocks leap."""
    now = "2026-03-15T15:00:00Z"
    with Sandbox(calls=60, days=14, messages=20, now=now, running=False) as sandbox:
        sandbox.add_call(start_time="2026-03-08T06:30:00.123Z")
        sandbox.add_call(start_time="2026-03-08T07:30:00.123Z", kind="voicemail")
        sandbox.delete_call(sandbox.truth()[0]["id"])
        yield sandbox


def forgotten(record, years, time):
    """Return a record as one that RingCentral no longer has."""
    when = moment(record[time]) - timedelta(days=365 * years)
    return {**record, "id": f"{record['id']}-{years}", time: f"{when.isoformat()}Z"}


def copied(records, account, key):
    """Return the rows that old records must become."""
    found = []
    for record in records:
        row = {name: one for name, one in text_ids(record).items() if name != "_contact_id"}
        if "extensionId" in key:
            row["extensionId"] = str(record["_contact_id"])
        if "conversationId" in row:
            row["conversationId"] = str(row["conversationId"])
        found.append({**row, "accountId": account})
    return with_moments(by_key(found, key))


@pytest.mark.parametrize(
    ("stream", "level", "key"),
    [("company_call_log", "account", CALL_KEY), ("call_log", "extension", EXTENSION_CALL_KEY)],
)
def test_old_calls_are_copied(stream, level, key, project, ringcentral, database, old_load):
    """What RingCentral has forgotten stands in the new table, value by value; the rest is new."""
    account, owner = ringcentral.account_id, ringcentral.owner_id
    extension = owner if level == "extension" else None
    truth = ringcentral.truth(level, extension)
    message = {"id": "7", "type": "VoiceMail", "uri": "https://example.com/7"}
    past = [
        kept(stream, {**forgotten(call, years, "startTime"), **fields}, extension)
        for call in truth
        for years, fields in ((1, {"deleted": True}), (2, {"message": message}))
    ]
    old_load(stream, [*past, *(kept(stream, call, extension) for call in truth)])
    environment = {**settings(database), "TAP_RINGCENTRAL_CALL_LOG_LEVEL": level}
    first, second = commands("commands: begin")
    old_state = {"singer_state": {"bookmarks": {stream: OLD_BOOKMARK}}}
    project.meltano("state", "set", "--force", first[-1], json.dumps(old_state))
    project.meltano(*first)
    project.meltano(*second, **environment)
    new = call_rows(database, key)
    assert not differences(new, with_moments(calls(truth, account, extension)))

    check = block("sql: check").replace("company_call_log", stream)
    with database.connect() as connection:
        shifts = {shift for shift, _ in connection.execute(check).fetchall()}
        # Winter's and summer's: the server's time zone is New York's.
        assert shifts == {timedelta(hours=-5), timedelta(hours=-4)}
        connection.execute(block("sql: zone"))
        assert connection.execute(check).fetchall() == [(timedelta(0), len(truth))]
        assert connection.execute(block(f"sql: {stream}")).rowcount == len(past)
        assert connection.execute(block(f"sql: {stream}")).rowcount == 0
        (found,) = connection.execute(
            'SELECT count(*) FROM tap_ringcentral.call_log WHERE "legCount" IS NULL'
        ).fetchone()
        assert found == len(past)
    expected = {**new, **copied(past, account, key)}
    assert not differences(call_rows(database, key), expected)

    # Nor does a later run mind them.
    project.meltano("run", "tap-ringcentral", "target-postgres", **environment)
    assert not differences(call_rows(database, key), expected)


def test_old_messages_are_copied(project, ringcentral, database, old_load):
    """Messages that RingCentral has forgotten stand in the new table, value by value."""
    account, owner = ringcentral.account_id, ringcentral.owner_id
    truth = ringcentral.messages_truth()
    assert {one["type"] for one in truth} >= {"SMS", "VoiceMail"}
    past = [kept("messages", forgotten(one, 1, "creationTime"), owner) for one in truth]
    old_load("messages", [*past, *(kept("messages", one, owner) for one in truth)])
    project.meltano(
        "run",
        "tap-ringcentral",
        "target-postgres",
        **settings(database),
        TAP_RINGCENTRAL_CALL_LOG_LEVEL="extension",
        TAP_RINGCENTRAL__SELECT='["messages.*"]',
    )
    new = rows(database, "messages", EXTENSION_CALL_KEY)
    with database.connect() as connection:
        connection.execute(block("sql: zone"))
        assert connection.execute(block("sql: messages")).rowcount == len(past)
        assert connection.execute(block("sql: messages")).rowcount == 0
    expected = {**new, **copied(past, account, EXTENSION_CALL_KEY)}
    assert not differences(rows(database, "messages", EXTENSION_CALL_KEY), expected)


def test_two_accounts_in_a_table_are_not_mixed_up(project, ringcentral, database, old_load):
    """The copy fails as a whole when it can't tell whose calls the old ones are."""
    truth = ringcentral.truth()
    past = [kept("company_call_log", forgotten(one, 1, "startTime"), None) for one in truth]
    old_load("company_call_log", past)
    project.meltano("run", "tap-ringcentral", "target-postgres", **settings(database))
    with database.connect() as connection:
        connection.execute(
            "INSERT INTO tap_ringcentral.call_log (\"accountId\", id) VALUES ('1', '1')"
        )
        with pytest.raises(CardinalityViolation):
            connection.execute(block("sql: company_call_log"))
