"""The call-log routes: parameters, pages, order, permissions."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import pairwise

import pytest

from sandbox import Habits
from sandbox.instants import iso, parse
from sandbox.log import CallLog
from sandbox.people import People
from sandbox.query import Query
from sandbox.recordings import Recordings
from sandbox.timetable import Timetable

FROM = "2026-01-01T00:00:00Z"
EVERY = {"dateFrom": FROM, "view": "Detailed", "showDeleted": "true"}


def refusal(answer):
    body = answer.json()
    return answer.status_code, body["errorCode"], body["errors"][0]


@pytest.mark.parametrize("per_page", [1000, 250, 7])
def test_pages_hold_the_truth(opened, per_page):
    """All pages together are the truth, in its order, each call once."""
    rc, client = opened(calls=150)
    assert client.records(perPage=per_page, showDeleted="true") == rc.truth()
    other = rc.extension_ids[2]
    records = client.records(f"extension/{other}/call-log", perPage=per_page, showDeleted="true")
    assert records == rc.truth("extension", other)


def test_own_extension_is_a_tilde(opened):
    """`~` and the account's and the owner's numeric ids are the same."""
    rc, client = opened()
    tilde = client.get("extension/~/call-log", **EVERY).json()["records"]
    assert tilde == client.get(f"extension/{rc.owner_id}/call-log", **EVERY).json()["records"]
    url = f"{rc.url}/restapi/v1.0/account/{rc.account_id}/call-log"
    assert client.session.get(url, params=EVERY).status_code == 200


def test_records_come_newest_first(opened):
    """Records are sorted by start time, newest first, and by id within a millisecond."""
    _, client = opened(calls=800, days=2)
    keys = [(parse(r["startTime"]), r["id"]) for r in client.records()]
    assert all(one > other for one, other in pairwise(keys))
    assert len({start for start, _ in keys}) < len(keys)


def test_the_defaults_are_a_day_and_a_hundred_records(opened):
    """Without parameters: the last 24 hours, 100 records a page, the Simple view."""
    rc, client = opened(calls=3000)
    answer = client.get().json()
    day = rc.truth(start=rc.clock.now() - timedelta(days=1))
    visible = [record["id"] for record in day if "deleted" not in record]
    assert [record["id"] for record in answer["records"]] == visible[:100]
    assert answer["paging"] == {"page": 1, "perPage": 100, "pageStart": 0, "pageEnd": 99}
    for record in answer["records"]:
        assert not {"legs", "billing", "lastModifiedTime", "transport"} & record.keys()
        assert {"id", "uri", "startTime", "duration", "from", "to", "result"} <= record.keys()


def test_links_lead_to_the_pages(opened):
    """There are no totals; the page without `nextPage` is the last; links lead to the pages."""
    rc, client = opened(calls=250)
    params = {**EVERY, "perPage": 100}
    first = client.get(**params).json()
    assert set(first["paging"]) == {"page", "perPage", "pageStart", "pageEnd"}
    assert set(first["navigation"]) == {"firstPage", "nextPage"}
    assert first["uri"].startswith(f"{rc.url}/restapi/v1.0/account/{rc.account_id}/call-log?")
    second = client.session.get(first["navigation"]["nextPage"]["uri"]).json()
    assert second["paging"]["page"] == 2
    last = client.session.get(second["navigation"]["nextPage"]["uri"]).json()
    assert set(last["navigation"]) == {"firstPage", "previousPage", "lastPage"}
    back = client.session.get(last["navigation"]["previousPage"]["uri"]).json()
    assert back["records"] == second["records"]
    beyond = client.get(**params, page=9).json()
    assert beyond["records"] == []
    assert "nextPage" not in beyond["navigation"]


@pytest.mark.parametrize(
    ("params", "per_page"), [({"perPage": 5000}, 1000), ({"perPage": 1}, 1), ({}, 100)]
)
def test_per_page_is_clamped(opened, params, per_page):
    """A page size beyond 1000 is silently clamped."""
    _, client = opened(calls=1200)
    answer = client.get(**EVERY, **params).json()
    assert len(answer["records"]) == answer["paging"]["perPage"] == per_page


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dateFrom", "yesterday"),
        ("dateFrom", "2026-02-30T00:00:00Z"),
        ("dateFrom", "2026-02-03T00:00:00"),
        ("dateFrom", "2026-02-03"),
        ("dateFrom", "2027-01-01T00:00:00Z"),
        ("dateTo", "2026-02-03T00:00:00 01:00"),
        ("view", "Full"),
        ("perPage", "0"),
        ("perPage", "-1"),
        ("perPage", "many"),
        ("page", "0"),
        ("page", "1001"),
        ("direction", "Sideways"),
        ("type", "Telex"),
        ("transport", "Pigeon"),
        ("recordingType", "Sometimes"),
        ("withRecording", "perhaps"),
        ("showDeleted", "perhaps"),
        ("showBlocked", "perhaps"),
    ],
)
def test_bad_parameters_are_named(opened, name, value):
    """A value that makes no sense is refused with CMN-101 and the parameter's name."""
    _, client = opened(calls=10)
    status, code, error = refusal(client.get(**{name: value}))
    assert (status, code, error["errorCode"]) == (400, "CMN-101", "CMN-101")
    assert error["parameterName"] == name


def test_number_and_extension_exclude_each_other(opened):
    """`phoneNumber` and `extensionNumber` together are refused."""
    _, client = opened(calls=10)
    assert client.get(phoneNumber="+1", extensionNumber="101").status_code == 400


@pytest.mark.parametrize(
    ("params", "matches"),
    [
        ({"direction": "Inbound"}, lambda r: r["direction"] == "Inbound"),
        ({"direction": ["Inbound", "Outbound"]}, lambda _: True),
        ({"type": "Fax"}, lambda r: r["type"] == "Fax"),
        ({"type": ["Fax", "Voice"]}, lambda _: True),
        ({"recordingType": "All"}, lambda r: "recording" in r),
        ({"withRecording": "true"}, lambda r: "recording" in r),
        (
            {"recordingType": "OnDemand", "withRecording": "true"},
            lambda r: r.get("recording", {}).get("type") == "OnDemand",
        ),
        ({"transport": "VoIP"}, lambda _: True),
        ({"showBlocked": "false"}, lambda _: True),
    ],
)
def test_each_filter_of_the_account_picks_its_records(opened, params, matches):
    """Each filter picks the records it names, across pages; some are for extensions only."""
    rc, client = opened(calls=400)
    expected = [record for record in rc.truth() if matches(record)]
    assert client.records(showDeleted="true", perPage=100, **params) == expected
    assert expected


@pytest.mark.parametrize(
    ("params", "matches"),
    [
        ({"transport": "VoIP"}, lambda r: r["transport"] == "VoIP"),
        ({"transport": ["VoIP", "PSTN"]}, lambda _: True),
        ({"showBlocked": "false"}, lambda r: r["result"] != "Blocked"),
    ],
)
def test_each_filter_of_an_extension_picks_its_records(opened, params, matches):
    """An extension's log can be filtered by transport and rid of blocked calls."""
    rc, client = opened()
    expected = [record for record in rc.truth("extension") if matches(record)]
    assert client.records("extension/~/call-log", showDeleted="true", **params) == expected


def test_filters_by_party_and_session(opened):
    """Calls can be picked by phone number, extension number and session."""
    rc, client = opened(calls=500)
    truth = rc.truth()
    group = next(r["sessionId"] for r in truth if r["result"] == "Missed" and r["reason"])
    for name in ("sessionId", "telephonySessionId"):
        wanted = next(r[name] for r in truth if r["sessionId"] == group)
        found = client.records(**{name: wanted}, showDeleted="true")
        assert found == [r for r in truth if r[name] == wanted]
        assert client.records(**{name: "17"}) == []
    number = truth[0]["from"]["phoneNumber"]
    found = client.records(phoneNumber=number, showDeleted="true")
    assert truth[0] in found
    assert all(number in str(record) for record in found)
    inside = client.records(extensionNumber="103", showDeleted="true")
    assert inside
    assert all("'extensionNumber': '103'" in str(record) for record in inside)


@pytest.mark.parametrize(
    ("habits", "moves", "found"),
    [
        (Habits(), (0, 0), True),
        (Habits(), (1, 5), False),
        (Habits(), (-5, -1), False),
        (Habits(date_from_inclusive=False), (0, 5), False),
        (Habits(date_from_inclusive=False), (-1, 5), True),
        (Habits(date_to_inclusive=False), (-5, 0), False),
        (Habits(date_to_inclusive=False), (-5, 1), True),
        (Habits(precision="second"), (1, 1000), True),
        (Habits(precision="second"), (-5, 1), False),
        (Habits(time_format="seconds"), (-500, 0), True),
        (Habits(time_format="seconds"), (1, 999), False),
        (Habits(time_format="seconds", date_to_inclusive=False), (-500, 0), True),
        (Habits(time_format="seconds", date_to_inclusive=False), (-1500, -500), False),
        (Habits(time_format="seconds", date_from_inclusive=False), (-500, 500), False),
        (Habits(time_format="seconds", date_from_inclusive=False), (-501, 500), True),
        (Habits(time_format="truncated"), (-500, -1), False),
    ],
)
def test_bounds_are_inclusive_to_the_millisecond(opened, habits, moves, found):
    """Bounds are inclusive to the millisecond, unless the server's habits differ."""
    rc, client = opened(calls=0, habits=habits)
    start = parse("2026-03-01T10:00:00.500Z")
    rc.add_call(start_time=iso(start))
    bounds = {"dateFrom": iso(start + moves[0]), "dateTo": iso(start + moves[1])}
    assert bool(client.get(**bounds).json()["records"]) is found


def test_deleted_records_are_for_those_who_ask(opened):
    """Deleted records are served with `deleted: true` to those who ask, and to nobody else."""
    rc, client = opened(calls=50)
    call_id = rc.truth()[10]["id"]
    rc.delete_call(call_id)
    assert call_id not in [record["id"] for record in client.records()]
    deleted = [r for r in client.records(showDeleted="true") if r.get("deleted")]
    assert [record["id"] for record in deleted] == [call_id]
    assert parse(deleted[0]["lastModifiedTime"]) == rc.clock.now_ms()


@pytest.mark.parametrize(
    ("app", "user", "path", "expected"),
    [
        (set(), None, "call-log", (403, "CMN-401", "ReadCallLog")),
        (None, {"ReadCallLog"}, "call-log", (403, "CMN-408", "FullCompanyCallLog")),
        (None, {"ReadCallLog"}, "extension/{other}/call-log", (403, "CMN-404", None)),
        (None, set(), "extension/~/call-log", (403, "CMN-408", "ReadCallLog")),
        (None, None, "extension/12345/call-log", (404, "CMN-102", None)),
    ],
)
def test_a_missing_permission_is_named(opened, app, user, path, expected):
    """Whoever lacks a permission is told its name, whoever asks for nothing real gets a 404."""
    rc, client = opened(calls=10)
    rc.set_permissions(app=app, user=user)
    status, code, error = refusal(client.get(path.format(other=rc.extension_ids[1])))
    assert (status, code, error.get("permissionName")) == expected


def test_own_log_without_company_rights(opened):
    """A user without company rights still reads his own log."""
    rc, client = opened(calls=10)
    rc.set_permissions(user={"ReadCallLog"})
    assert client.get("extension/~/call-log").status_code == 200
    assert client.get(f"extension/{rc.owner_id}/call-log").status_code == 200


def test_other_ways_to_refuse(opened):
    """Some servers name the administrator instead of the permission; accounts may be unknown."""
    rc, client = opened(calls=10, habits=Habits(non_admin_error="CMN-402"))
    rc.set_permissions(user={"ReadCallLog"})
    assert refusal(client.get())[:2] == (403, "CMN-402")
    answer = client.session.get(f"{rc.url}/restapi/v1.0/account/999/call-log")
    assert refusal(answer)[:2] == (404, "CMN-102")


def test_every_answer_carries_date_id_and_limit(opened):
    """Every data answer carries the server's date, a request id and the rate limit."""
    rc, client = opened(limits={"Heavy": (10, 60.0)})
    rc.clock.set("2026-05-06T07:08:09Z")
    client.log_in()
    for left, params in ((9, {}), (8, {"perPage": 0})):
        headers = client.get(**params).headers
        assert headers["Date"] == "Wed, 06 May 2026 07:08:09 GMT"
        assert headers["RCRequestId"]
        assert headers["X-Rate-Limit-Group"] == "heavy"
        assert headers["X-Rate-Limit-Limit"] == "10"
        assert headers["X-Rate-Limit-Remaining"] == str(left)
        assert headers["X-Rate-Limit-Window"] == "60"


def steps_for_a_page(calls):
    """Return how many function calls it takes to put a page of a thousand records together."""
    now = parse("2026-03-04T17:00:00Z")
    people = People(1, 25, "http://127.0.0.1")
    table = Timetable(1, calls, 90, 25, now)
    log = CallLog(table, people, Recordings(1, 90, (0, 0), Habits()), Habits(), 1)
    count = 0

    def step(_frame, event, _argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(step)
    try:
        records, more = log.page(Query(date_from=0, date_to=now), now, -1, (0, 1000))
    finally:
        sys.setprofile(None)
    assert len(records) == 1000
    assert more
    return count


def test_the_length_of_the_log_hardly_matters():
    """A page costs what its records cost, however many calls the log has."""
    assert steps_for_a_page(200_000) < 1.2 * steps_for_a_page(2_000)
