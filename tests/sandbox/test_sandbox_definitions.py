"""The sandbox answers as RingCentral defines it: fields, types, words, groups and permissions."""

from __future__ import annotations

from datetime import timedelta

import definitions
import pytest

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS

EVER = {"dateFrom": "2026-01-01T00:00:00Z"}
VIEWS = ({"view": "Simple"}, {"view": "Detailed", "showDeleted": "true"})
# For routes of calls and messages, the queries that show the most.
QUERIES = {
    "call-log": [{**EVER, **view} for view in VIEWS],
    "active-calls": VIEWS,
    "call-log-sync": [{"syncType": "FSync", "recordCount": 250, **view} for view in VIEWS],
    "call-log-extract-sync": [{"dateFrom": "2026-02-20T00:00:00Z", **view} for view in VIEWS],
    "message-store": [{**EVER, "availability": ["Alive", "Deleted", "Purged"]}],
    "message-sync": [EVER],
}


@pytest.fixture(scope="module")
def account(opened_once):
    """An account with all that there may be in one, and a call for every documented word."""
    rc, client = opened_once(calls=3000, extensions=12)
    rc.add_every_word()
    for minutes in (5, 7):
        rc.add_call(start_time=rc.clock.now() - timedelta(minutes=minutes), duration=3600)
    rc.disable_extension(rc.extension_ids[-1])
    return rc, client


@pytest.fixture(scope="module")
def calls(account):
    """All calls in the account's log."""
    return account[1].records()


def faults(route, content):
    """Return where an answer is not as RingCentral defines it, and why."""
    return {
        ("/".join("*" if isinstance(one, int) else one for one in error.path), error.message)
        for error in definitions.validator(route).iter_errors(content)
    }


def paths(rc, route):
    """Return the paths of a route for several of the account's ids each."""
    ids = {
        "groupId": list(rc.queue_members_truth()),
        "recordingId": [one["id"] for one in rc.recordings_truth()[:9]],
        "messageId": [one["id"] for one in rc.messages_truth()[:50]],
        # Of their kinds and states; the first one is the user who logs in.
        "extensionId": [one["id"] for one in rc.extensions_truth()],
    }
    if "message" in route:
        ids["extensionId"] = rc.extension_ids[:1] if "{messageId}" in route else rc.extension_ids
    elif "call" in route:
        ids["extensionId"] = rc.extension_ids[:2]
    found = [route.removeprefix("/")]
    for name, values in ids.items():
        if any("{" + name + "}" in path for path in found):
            found = [path.replace("{" + name + "}", str(one)) for path in found for one in values]
    return found


@pytest.mark.parametrize("route", definitions.definitions()["routes"])
def test_every_answer_is_as_ringcentral_defines_it(account, route):
    """No field that it does not define, none missing that it requires, every type and word."""
    rc, client = account
    rows, wrong = 0, set()
    for path in paths(rc, route):
        for query in QUERIES.get(route.rpartition("/")[2], [{}]):
            content = client.get(path, perPage=1000, **query).json()
            rows += len(content.get("records", [content]))
            wrong |= faults(route, content)
    assert rows > 1 or route == "/call-recording"
    assert not wrong


@pytest.mark.parametrize("route", definitions.definitions()["routes"])
def test_every_route_takes_the_permissions_and_the_group_that_are_documented(account, route):
    """The app's and the user's permission, each refused by its name; the answer names the group."""
    rc, client = account
    path, query = paths(rc, route)[0], QUERIES.get(route.rpartition("/")[2], [{}])[0]
    group, app, user = definitions.facts_of(route)
    answer = client.get(path, **query)
    assert (answer.status_code, answer.headers["X-Rate-Limit-Group"]) == (200, group.lower())
    rc.set_permissions(app={app}, user={user} if user else ())
    assert client.get(path, **query).status_code == 200
    for lacking in ({"app": APP_PERMISSIONS - {app}}, {"user": USER_PERMISSIONS - {user}}):
        rc.set_permissions(**{"app": APP_PERMISSIONS, "user": USER_PERMISSIONS, **lacking})
        answer = client.get(path, **query)
        if lacking.get("user") == USER_PERMISSIONS:
            assert answer.status_code == 200
        else:
            missing = answer.json()["errors"][0]["permissionName"]
            assert (answer.status_code, missing) == (403, user if "user" in lacking else app)
    rc.set_permissions(app=APP_PERMISSIONS, user=USER_PERMISSIONS)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"newField": 1}, "records/*"),
        ({"sessionId": None}, "records/*/sessionId"),
        ({"extension": {"id": "1", "uri": "https://x"}}, "records/*/extension/id"),
        ({"result": "Answered by nobody"}, "records/*/result"),
        ({"startTime": "yesterday"}, "records/*/startTime"),
        ({"uri": "account/~"}, "records/*/uri"),
        ({"id": 5}, "records/*/id"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_record_that_differs_from_the_definitions_is_found(account, change, where):
    """A field too many, another type, a word, time or address that RingCentral does not have."""
    _, client = account
    content = client.get("call-log", perPage=1, **EVER).json()
    assert not faults("/call-log", content)
    content["records"][0].update(change)
    assert {path for path, _ in faults("/call-log", content)} == {where}
    del content["records"][0]["startTime"]
    assert ("records/*", "'startTime' is a required property") in faults("/call-log", content)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        *((field, "CallLogRecord") for field in (
            "action", "delegationType", "direction", "internalType", "reason", "result",
            "transport", "type",
        )),
        *((field, "CallLogRecordLegInfo") for field in (
            "action", "delegationType", "direction", "internalType", "legType", "reason", "result",
            "transport", "type",
        )),
    ],
)  # fmt: skip
def test_every_documented_word_is_said_of_some_call(calls, field, kind):
    """And no other: what the tap and the models make of a word can be tried for each."""
    parts = calls if kind == "CallLogRecord" else [leg for one in calls for leg in one["legs"]]
    assert {part[field] for part in parts if field in part} == definitions.words(kind, field)
