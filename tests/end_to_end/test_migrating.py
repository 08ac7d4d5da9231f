"""docs/migrating.md: its SQL and its commands, taken out of the page, do what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from expected import EXTENSION_CALL_KEY, calls, differences, moment, with_moments
from loaded import call_rows, empty, settings

from sandbox import Sandbox
from tap_ringcentral_calllog.errors import StateError

PAGE = (Path(__file__).parents[2] / "docs" / "migrating.md").read_text(encoding="utf-8")
RUN = ("run", "tap-ringcentral", "target-postgres")

# What the old taps kept of a call, without what they kept as text, whatever it was.
KEPT = ("uri", "id", "sessionId", "startTime", "duration", "type", "direction", "action", "result")
UNTYPED = ("deleted", "reason", "reasonDescription", "message")
PARTY = ("name", "phoneNumber", "location")


def block(name):
    """Return the page's block that a comment names."""
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return found


def old_record(call, contact=None):
    """Return a call as the old taps wrote it."""
    return {
        "_contact_id": contact,
        **{name: call[name] for name in (*KEPT, *UNTYPED) if name in call},
        **{
            side: {name: call[side][name] for name in PARTY if name in call[side]}
            for side in ("from", "to")
            if side in call
        },
        "extension": {"id": int(call["extension"]["id"]), "uri": call["extension"]["uri"]},
    }


def old_stream(name, records):
    """Return the old taps' messages: their types, and the key that was `id` alone."""
    text, whole = {"type": ["null", "string"]}, {"type": "integer"}

    def parts(**properties):
        return {"type": "object", "properties": properties}

    schema = {
        "_contact_id": {"type": ["null", "integer"]},
        **dict.fromkeys(KEPT, text),
        "startTime": {"type": "string", "format": "date-time"},
        "duration": whole,
        **{one: {} for one in UNTYPED},
        **{side: parts(**dict.fromkeys(PARTY, text)) for side in ("from", "to")},
        "extension": parts(uri=text, id=whole),
    }
    messages = [
        {"type": "SCHEMA", "stream": name, "schema": parts(**schema), "key_properties": ["id"]},
        *({"type": "RECORD", "stream": name, "record": record} for record in records),
    ]
    return "".join(f"{json.dumps(message)}\n" for message in messages)


@pytest.fixture
def old_load(installed, database, tmp_path):
    """Load as the old pipeline did, by a target-postgres with its defaults."""
    target = installed.root / ".meltano/loaders/target-postgres/venv/bin/target-postgres"
    prefix = len("TARGET_POSTGRES_")
    config = {name[prefix:].lower(): value for name, value in settings(database).items()}
    config["port"] = int(config["port"])

    def load(name, records):
        file = tmp_path / "target.json"
        file.write_text(json.dumps({**config, "default_target_schema": "tap_ringcentral"}))
        subprocess.run(
            [target, "--config", file],
            input=old_stream(name, records),
            text=True,
            capture_output=True,
            check=True,
        )

    with database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS ringcentral_before CASCADE")
    yield load
    empty(database)


@pytest.fixture
def ringcentral():
    """A sandbox with calls on both sides of the night in which New York's clocks leap."""
    with Sandbox(calls=60, days=14, now="2026-03-15T15:00:00Z", running=False) as sandbox:
        sandbox.add_call(start_time="2026-03-08T06:30:00.123Z")
        sandbox.add_call(start_time="2026-03-08T07:30:00.123Z", kind="voicemail")
        yield sandbox


def forgotten(call, years):
    """Return a call as one that RingCentral no longer has."""
    start = moment(call["startTime"]) - timedelta(days=365 * years)
    return {**call, "id": f"{call['id']}-{years}", "startTime": f"{start.isoformat()}Z"}


def copied(records, account, extension=None):
    """Return the rows that old records must have become."""
    log = {"extensionId": extension} if extension else {}
    rows = [
        {
            **{name: value for name, value in one.items() if name != "_contact_id"},
            "startTime": one["startTime"],
            "extension": {**one["extension"], "id": str(one["extension"]["id"])},
            "accountId": account,
            **log,
        }
        for one in records
    ]
    key = EXTENSION_CALL_KEY if extension else ("accountId", "id")
    return with_moments({tuple(row[name] for name in key): row for row in rows})


@pytest.mark.parametrize(
    ("stream", "level"), [("company_call_log", "account"), ("call_log", "extension")]
)
def test_old_rows_are_copied(stream, level, project, ringcentral, database, old_load):
    """What RingCentral has forgotten stands in the new table, value by value; the rest is new."""
    account = ringcentral.account_id
    extension = ringcentral.owner_id if level == "extension" else None
    truth = ringcentral.truth(level, extension)
    ringcentral.delete_call(truth[0]["id"])
    truth = ringcentral.truth(level, extension)
    message = {"id": "7", "type": "VoiceMail", "uri": "https://example.com/7"}
    past = [
        {**old_record(forgotten(call, years), extension and int(extension)), **fields}
        for call in truth
        for years, fields in ((1, {}), (2, {"message": message}))
    ]
    old_load(stream, [*past, *(old_record(call, extension and int(extension)) for call in truth)])
    with database.connect() as connection:
        connection.execute(block("sql: aside"))

    environment = {
        **settings(database),
        "TAP_RINGCENTRAL_CALL_LOG_LEVEL": level,
        "TAP_RINGCENTRAL_EXTENSION_IDS": json.dumps([extension or "~"]),
    }
    project.meltano(*RUN, **environment)
    key = EXTENSION_CALL_KEY if extension else ("accountId", "id")
    new = call_rows(database, key)
    assert not differences(new, with_moments(calls(truth, account, extension)))

    check = block("sql: check").replace("company_call_log", stream)
    with database.connect() as connection:
        shifts = {shift for shift, _ in connection.execute(check).fetchall()}
        # Of winter and of summer, because New York's server was not told otherwise.
        assert shifts == {timedelta(hours=-5), timedelta(hours=-4)}
        connection.execute(block("sql: zone"))
        assert connection.execute(check).fetchall() == [(timedelta(0), len(truth))]
        assert connection.execute(block(f"sql: {stream}")).rowcount == len(past)
        assert connection.execute(block(f"sql: {stream}")).rowcount == 0
    expected = {**new, **copied(past, account, extension)}
    assert not differences(call_rows(database, key), expected)

    # Nor does a later run mind them.
    project.meltano(*RUN, **environment)
    assert not differences(call_rows(database, key), expected)


@pytest.mark.parametrize("level", ["account", "extension"])
def test_the_bookmark_is_carried_over(level, project, ringcentral, database):
    """With the page's state the first run begins at its bookmark, and reads all from there on."""
    (own,) = re.findall(r'"extensionId": "(\d+)"', block("state: extension"))
    program, *arguments = shlex.split(block(f"state: {level}").replace(own, ringcentral.owner_id))
    assert program == "meltano"
    project.meltano(*arguments)
    project.meltano(*RUN, **settings(database), TAP_RINGCENTRAL_CALL_LOG_LEVEL=level)
    (bookmark,) = re.findall(r'"replication_key_value": "(.*?)"', block(f"state: {level}"))
    starts = [seen.query["dateFrom"][0] for seen in ringcentral.requests_to("/call-log")]
    assert min(map(_time, starts)) == _time(bookmark)
    extension = ringcentral.owner_id if level == "extension" else None
    truth = [
        call
        for call in ringcentral.truth(level, extension)
        if _time(call["startTime"]) >= _time(bookmark)
    ]
    assert 0 < len(truth) < len(ringcentral.truth(level, extension))
    key = EXTENSION_CALL_KEY if extension else ("accountId", "id")
    expected = with_moments(calls(truth, ringcentral.account_id, extension))
    assert not differences(call_rows(database, key), expected)


def _time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


OLD_BOOKMARK = {"field": "last_record", "last_record": "2026-03-12T00:00:00Z"}


def test_the_old_state_is_refused(sync, ringcentral):
    """A state of company_call_log is refused in the words that the page quotes."""
    (quoted,) = re.findall(r"it refuses \(`(.*?)`\)", PAGE)
    with pytest.raises(StateError, match=quoted):
        sync(ringcentral, {"bookmarks": {"company_call_log": OLD_BOOKMARK}})


def test_the_old_bookmark_of_call_log_is_passed_over(sync, ringcentral):
    """A state of the old call_log loses nothing: all is read from the start."""
    output = sync(ringcentral, {"bookmarks": {"call_log": OLD_BOOKMARK}})
    assert {one["id"] for one in output.records()} == {one["id"] for one in ringcentral.truth()}
