"""The sync routes."""

from __future__ import annotations

import pytest

from sandbox import Habits
from sandbox.instants import parse

EXTRACT, SYNC = "call-log-extract-sync", "call-log-sync"


def ids(answer):
    return [record["id"] for record in answer["records"]]


def drain(client, token=None, **params):
    """Follow the extract until there are no newer records; return the records and the token."""
    records = []
    first = {"syncType": "FSync", **params} if token is None else None
    while True:
        count = params.get("recordCount", 50)
        again = {"syncType": "ISync", "syncToken": token, "recordCount": count}
        answer = client.get(EXTRACT, **(first or again)).json()
        first = None
        records += answer["records"]
        token = answer["syncInfo"]["syncToken"]
        if not answer["syncInfo"]["newerRecordsExist"]:
            return records, token


def test_an_extract_gives_records_in_order_of_change(opened):
    """The extract returns records in the order they changed, then those that changed since."""
    rc, client = opened(calls=300)
    since = {"dateFrom": "2026-01-01T00:00:00Z", "view": "Detailed", "recordCount": 40}
    records, token = drain(client, **since)
    truth = [record for record in rc.truth() if "deleted" not in record]
    assert {r["id"] for r in records} == {r["id"] for r in truth}
    assert len(records) == len(truth)
    changed = [record["lastModifiedTime"] for record in records]
    assert changed == sorted(changed)
    assert drain(client, token)[0] == []
    rc.clock.advance(minutes=1)
    rc.change_call(truth[-1]["id"], result="Reply")
    added = rc.add_call(start_time=rc.clock.now(), duration=1)
    records, token = drain(client, token)
    assert truth[-1]["id"] in {record["id"] for record in records}
    assert added not in {record["id"] for record in records}
    rc.clock.advance(hours=1)
    client.log_in()
    records, _ = drain(client, token)
    assert added in {record["id"] for record in records}
    assert all("legs" in record for record in records)


def test_an_extract_begins_an_hour_back(opened):
    """By default an extract begins an hour back, in the Simple view, with 250 records."""
    rc, client = opened(calls=2500, days=4)
    answer = client.get(EXTRACT).json()
    assert answer["records"]
    assert answer["syncInfo"]["syncType"] == "FSync"
    assert parse(answer["syncInfo"]["syncTime"]) == rc.clock.now_ms()
    hour_ago = rc.clock.now_ms() - 3_600_000
    modified = {r["id"]: parse(r["lastModifiedTime"]) for r in rc.truth()}
    assert all(modified[record["id"]] >= hour_ago for record in answer["records"])
    assert "legs" not in answer["records"][0]
    full = client.get(EXTRACT, dateFrom="2026-01-01T00:00:00Z").json()
    assert (len(full["records"]), full["syncInfo"]["newerRecordsExist"]) == (250, True)


@pytest.mark.parametrize("shown", [False, True])
def test_extract_of_deleted_records(opened, shown):
    """Whether the extract shows deletions is a habit."""
    rc, client = opened(calls=50, habits=Habits(extract_sync_deleted=shown))
    _, token = drain(client, dateFrom="2026-01-01T00:00:00Z")
    call_id = next(r["id"] for r in rc.truth() if "deleted" not in r)
    rc.clock.advance(seconds=5)
    rc.delete_call(call_id)
    records, _ = drain(client, token)
    assert (call_id in {r["id"] for r in records if r.get("deleted")}) is shown


@pytest.mark.parametrize("path", [SYNC, f"extension/~/{SYNC}"])
def test_a_sync_gives_the_newest_and_then_what_changed(opened, path):
    """A full sync returns the newest calls, an incremental one what changed since."""
    rc, client = opened()
    level = "extension" if "extension" in path else "account"
    full = client.get(path, syncType="FSync", recordCount=20, view="Detailed").json()
    truth = [record for record in rc.truth(level) if "deleted" not in record]
    assert ids(full) == [record["id"] for record in truth[:20]]
    rc.clock.advance(seconds=1)
    rc.delete_call(truth[0]["id"])
    rc.change_call(truth[1]["id"], result="Reply")
    params = {"syncType": "ISync", "syncToken": full["syncInfo"]["syncToken"]}
    assert ids(client.get(path, **params).json()) == [truth[1]["id"]]
    shown = client.get(path, **params, showDeleted="true").json()
    assert ids(shown) == [truth[0]["id"], truth[1]["id"]]
    assert shown["records"][0]["deleted"]
    assert shown["syncInfo"]["syncType"] == "ISync"
    assert "legs" in shown["records"][1]


def test_a_sync_can_be_for_missed_calls_only(opened):
    """A full sync can be for missed calls only."""
    _, client = opened()
    answer = client.get(SYNC, recordCount=50, statusGroup="Missed").json()
    assert {record["result"] for record in answer["records"]} == {"Missed"}


@pytest.mark.parametrize(
    ("path", "params", "name"),
    [
        (SYNC, {}, "recordCount"),
        (SYNC, {"recordCount": 251}, "recordCount"),
        (SYNC, {"recordCount": 9, "dateFrom": "2026-01-01T00:00:00Z"}, "dateFrom"),
        (SYNC, {"recordCount": 9, "statusGroup": "Odd"}, "statusGroup"),
        (EXTRACT, {"recordCount": 1001}, "recordCount"),
        (EXTRACT, {"syncType": "Sync"}, "syncType"),
    ],
)
def test_a_full_sync_needs_a_proper_count(opened, path, params, name):
    """A full sync without a proper count or from too long ago is refused."""
    _, client = opened(calls=10)
    answer = client.get(path, **params)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "CMN-101")
    assert answer.json()["errors"][0]["parameterName"] == name


def test_tokens_that_are_of_no_use(opened):
    """A token that is broken, foreign, old or behind by too much is a 400 CLG-101 to 105."""
    rc, client = opened(habits=Habits(sync_token_days=1.0))

    def token(path=SYNC):
        return client.get(path, recordCount=5).json()["syncInfo"]["syncToken"]

    def code(text):
        answer = client.get(SYNC, syncType="ISync", syncToken=text)
        assert answer.status_code == 400
        return answer.json()["errorCode"]

    assert code("nonsense") == code("") == "CLG-101"
    assert code(token(EXTRACT)) == code(token(f"extension/~/{SYNC}")) == "CLG-102"
    old = token()
    rc.clock.advance(days=1, seconds=1)
    client.log_in()
    assert code(old) == "CLG-103"
    before = token()
    rc.reset_sync()
    assert code(before) == "CLG-104"
    behind = token()
    rc.clock.advance(seconds=1)
    for _ in range(251):
        rc.add_call(visible_at=rc.clock.now())
    assert code(behind) == "CLG-105"
