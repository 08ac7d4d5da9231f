"""The habits of the server that nobody is sure about."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from sandbox import POISONS, Habits

EVERY = {"dateFrom": "2026-01-01T00:00:00Z", "view": "Detailed", "showDeleted": "true"}


def ids(records):
    return [record["id"] for record in records]


def test_pages_may_be_smaller_than_asked_for(opened):
    """A server may give smaller pages than asked for."""
    rc, client = opened(calls=200, habits=Habits(max_per_page=50))
    answer = client.get(**EVERY, perPage=1000).json()
    assert (len(answer["records"]), answer["paging"]["perPage"]) == (50, 50)
    assert client.records(showDeleted="true", perPage=1000) == rc.truth()


def test_an_empty_page_may_have_a_next_one(opened):
    """Under-full and empty pages may have a next page; nothing is missing in the end."""
    rc, client = opened(calls=120, habits=Habits(underfull=True))
    assert client.records(showDeleted="true", perPage=20) == rc.truth()
    pages = [client.get(**EVERY, perPage=20, page=page).json() for page in range(1, 7)]
    sizes = {len(page["records"]) for page in pages if "nextPage" in page["navigation"]}
    assert sizes == {0, 6, 10, 18, 20}


@pytest.mark.parametrize("unsorted", ["page", "window", True])
def test_records_may_come_in_any_order(opened, unsorted):
    """Records may come in any order, in a page or across pages; nothing is missing."""
    rc, client = opened(calls=200, habits=Habits(unsorted=unsorted))
    truth = ids(rc.truth())
    records = ids(client.records(showDeleted="true", perPage=40))
    assert records != truth
    assert sorted(records) == sorted(truth)
    assert (sorted(records[:40]) == sorted(truth[:40])) is (unsorted == "page")
    assert records == ids(client.records(showDeleted="true", perPage=40))


def test_ids_may_be_numbers(opened):
    """Ids may be numbers."""
    rc, client = opened(habits=Habits(numeric_ids=True))
    for record in client.records():
        assert isinstance(record["id"], int)
        assert isinstance(record["sessionId"], int)
    rc.delete_call(str(rc.truth()[0]["id"]))
    assert rc.truth()[0]["deleted"]


@pytest.mark.parametrize(
    ("time_format", "pattern"),
    [
        ("ms", r".*T..:..:..\.\d{3}Z"),
        ("seconds", r".*T..:..:..Z"),
        ("truncated", r".*T..:..:..Z"),
        ("offset", r".*T..:..:..\.\d{3}-05:00"),
        ("mixed", r".*T..:..:..(\.\d{3})?Z"),
        ("micro", r".*T..:..:..\.\d{3}000Z"),
        ("leap_second", r".*T..:..:([0-4]\d|5[0-8]|60)\.\d{3}Z"),
        ("no_offset", r".*T..:..:..\.\d{3}"),
    ],
)
def test_times_may_be_written_in_many_ways(opened, time_format, pattern):
    """Times may be written in many ways, in records and legs alike."""
    rc, _ = opened(calls=300, habits=Habits(time_format=time_format))
    records = rc.truth()
    times = [record[name] for record in records for name in ("startTime", "lastModifiedTime")]
    times += [leg["startTime"] for record in records for leg in record["legs"]]
    assert len(times) > 900
    assert [text for text in times if not re.fullmatch(pattern, text)] == []


@pytest.mark.parametrize("show_deleted", ["honoured", "ignored", "refused"])
def test_show_deleted_may_work_or_not(opened, show_deleted):
    """`showDeleted` may work, do nothing, or be a bad parameter."""
    rc, client = opened(calls=100, habits=Habits(show_deleted=show_deleted))
    call_id = rc.truth()[3]["id"]
    rc.delete_call(call_id)
    answer = client.get(**EVERY)
    if show_deleted == "refused":
        assert (answer.status_code, answer.json()["errorCode"]) == (400, "CMN-101")
        assert answer.json()["errors"][0]["parameterName"] == "showDeleted"
    else:
        assert (call_id in ids(answer.json()["records"])) is (show_deleted == "honoured")


def test_a_deleted_record_may_be_little_more_than_an_id(opened):
    """A deleted record may be little more than an id."""
    rc, _ = opened(calls=20, habits=Habits(deleted_records="sparse"))
    rc.delete_call(rc.truth()[3]["id"])
    assert set(rc.truth()[3]) == {"uri", "id", "startTime", "deleted"}


def test_unknown_fields_may_turn_up(opened):
    """Fields that nobody has heard of may turn up at every depth."""
    rc, _ = opened(calls=50, habits=Habits(unknown_fields=True))
    records = rc.truth()
    assert len(records) > 40
    for record in records:
        assert record["aiInsights"]["sentiment"]
        assert "verified" in record["from"]
        assert record["extension"]["site"]["id"]
        assert record["legs"][0]["billing"]["currency"]
        assert "presence" in record["legs"][0]["to"]


def test_missing_fields_and_null_objects(opened):
    """Any field may be absent, any object null."""
    rc, _ = opened(habits=Habits(missing_fields=True, null_objects=True))
    records = rc.truth()
    for name in ("from", "to", "legs", "billing", "duration", "telephonySessionId"):
        assert 0 < sum(name not in record for record in records) < len(records) / 4
    for name in ("from", "to", "extension", "billing", "legs"):
        assert any(name in record and record[name] is None for record in records)
    assert all(record["id"] and record["startTime"] for record in records)


@pytest.mark.parametrize(
    ("poison", "trace"),
    [
        ("lone_surrogate", r'"Ad\ud83da"'),
        ("nul", r'"Ber\u0000ta"'),
        ("wrong_types", '"result":7,'),
        ("big_int", "9223372036854788153"),
        ("impossible_date", "2026-02-30T25:61"),
    ],
)
def test_records_may_hold_what_breaks_parsers(opened, poison, trace):
    """Some records hold what breaks parsers and databases, and truth holds the same."""
    rc, client = opened(habits=Habits(poison=(poison,)))
    answer = client.get(**EVERY, perPage=1000)
    assert 3 <= answer.text.count(trace) <= 40
    assert answer.json()["records"] == rc.truth()


def test_all_habits_go_together(opened):
    """All bad habits go together, and still every call is there."""
    habits = Habits(
        date_from_inclusive=False,
        date_to_inclusive=False,
        precision="second",
        max_per_page=50,
        underfull=True,
        unsorted=True,
        numeric_ids=True,
        time_format="mixed",
        rate_headers=False,
        unknown_fields=True,
        missing_fields=True,
        null_objects=True,
        poison=POISONS,
    )
    rc, client = opened(habits=habits)
    found = client.records(showDeleted="true", perPage=1000)
    assert Counter(ids(found)) == Counter(ids(rc.truth()))


def test_dates_that_are_passed_over(opened):
    """A list may hold what was not asked for."""
    rc, client = opened(calls=60, habits=Habits(keeps_dates=False))
    asked = {**EVERY, "dateFrom": "2026-03-04T00:00:00Z", "perPage": 1000}
    assert client.get(**asked).json()["records"] == rc.truth()
