"""sql/archive.sql tells whether an archive is whole, and finds each way in which it is not.

The tap reads a sandbox, whose calls are the truth; its rows stand in PostgreSQL and in DuckDB.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from databases import ARCHIVE, DuckDB, Postgres, period_query
from fixtures import FREE, NOW
from target import Target

from sandbox import Habits, Sandbox

pytestmark = pytest.mark.prove

START = "2026-01-20T06:00:00Z"
COLUMNS = {
    "call_log": ("id", "startTime"),
    "call_log_coverage": (
        "dateFrom", "dateTo", "settledTo", "records", "calls", "deleted", "requests", "readAt",
    ),
}  # fmt: skip
JANUARY, FEBRUARY, MARCH, APRIL = (date(2026, month, 1) for month in (1, 2, 3, 4))


@pytest.fixture(params=["postgres", "duckdb"])
def warehouse(request, server, tmp_path):
    """An empty database."""
    if request.param == "duckdb":
        return DuckDB(tmp_path / "archive.duckdb")
    warehouse = Postgres(server)
    warehouse.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
    return warehouse


@pytest.fixture
def account():
    """An account with calls on most days of two months."""
    options = {"calls": 700, "days": 60, "extensions": 3, "now": NOW, "running": False}
    with Sandbox(seed=41, **options, limits=FREE, habits=Habits(deleted_records="sparse")) as one:
        yield one


@pytest.fixture
def archive(sync, account):
    """Run the tap with the state that it has left, as a target would go on from it."""
    target = Target()

    def run(*, hours=0, state=None, **given):
        account.clock.advance(hours=hours)
        before = target.state if state is None else state
        output = sync(account, before, **{"start_date": START, "page_size": 60, **given})
        target.apply(output.messages)
        return output.state

    run.target = target
    return run


def load(warehouse, target, keys=("accountId",)):
    """Put what a target holds into tables, and make the views."""
    views = ARCHIVE.replace('"accountId"', ", ".join(f'"{key}"' for key in keys))
    warehouse.execute("CREATE SCHEMA IF NOT EXISTS tap_ringcentral")
    for table, columns in COLUMNS.items():
        names = [*keys, *columns]
        kinds = [_kind(name) for name in names]
        fields = ", ".join(f'"{name}" {kind}' for name, kind in zip(names, kinds, strict=True))
        warehouse.execute(f"CREATE TABLE tap_ringcentral.{table} ({fields})")
        rows = [{name: _value(row[name], name) for name in names} for row in target.rows(table)]
        warehouse.insert(f"tap_ringcentral.{table}", rows)
    warehouse.execute(views)


def _kind(name):
    if name.endswith(("Time", "From", "To", "At")):
        return "TIMESTAMP"
    return "VARCHAR" if name.endswith(("id", "Id")) else "BIGINT"


def _value(value, name):
    if _kind(name) != "TIMESTAMP":
        return value
    return datetime.fromisoformat(value.replace("Z", "+00:00")).replace(tzinfo=None)


def at(text):
    return datetime.fromisoformat(text)


def days(warehouse, where="TRUE"):
    """Return the rows of archive_days by day."""
    found = warehouse.rows(f"SELECT * FROM tap_ringcentral.archive_days WHERE {where}")  # noqa: S608 - of the tests
    rows = sorted(found, key=lambda row: row["day"])
    assert len({(row["accountId"], row["day"]) for row in rows}) == len(rows)
    return {row["day"]: row for row in rows}


def months(warehouse):
    """Return the rows of archive_months by month."""
    rows = warehouse.rows("SELECT * FROM tap_ringcentral.archive_months")
    return {row["month"]: row for row in rows}


def asked(warehouse, first, end, account_id):
    """Return the answer of the documentation's query for a period: one row, whatever it finds."""
    (row,) = warehouse.rows(period_query(first, end, account_id))
    return row


def by_day(account, end):
    """Return how many calls that the sandbox shows whole started on each day, up to an end."""
    return Counter(
        date.fromisoformat(call["startTime"][:10])
        for call in account.truth()
        if START <= call["startTime"] < end.isoformat() and "from" in call
    )


def settled_to(warehouse):
    (row,) = warehouse.rows(
        'SELECT MAX("settledTo") AS line FROM tap_ringcentral.call_log_coverage'
    )
    return row["line"]


def test_a_whole_archive_is_shown_to_be_whole(warehouse, archive, account):
    """After runs that read the look-back again; with late calls, deletions and calls that vanish.

    A call counts once, wherever it was read twice.
    """
    archive()
    for hours in (1, 5, 24, 3):
        now = account.clock.now()
        account.add_call(start_time=now - timedelta(hours=20), duration=19 * 3600)
        gone = account.add_call(start_time=now - timedelta(hours=2), duration=60)
        account.add_call(start_time=now - timedelta(hours=23), duration=60)
        account.delete_call(account.truth()[5]["id"])
        archive(hours=hours)
        account.remove_call(gone)
    archive(hours=48)
    load(warehouse, archive.target)
    line, found = settled_to(warehouse), days(warehouse)
    truth = by_day(account, line)
    first = date(2026, 1, 21)
    whole = [day for day in found if first <= day < line.date()]
    assert len(whole) > 55
    for day, row in found.items():
        assert row["isWhole"] == (day in whole), day
        assert row["callsThere"] >= row["callsRead"]
        # What vanished is in the archive only.
        assert row["callsRead"] >= truth[day]
    assert sum(found[day]["callsRead"] for day in whole) <= sum(truth[day] for day in whole) + 4
    quiet = [day for day in whole if day < date(2026, 3, 18)]
    for day in quiet:
        assert found[day]["callsRead"] == found[day]["callsThere"] == truth[day]
    assert {month: row["isWhole"] for month, row in months(warehouse).items()} == {
        JANUARY: False, FEBRUARY: True, MARCH: False,
    }  # fmt: skip
    february = months(warehouse)[FEBRUARY]
    assert (
        february["callsRead"]
        == february["callsThere"]
        == sum(truth[day] for day in truth if day.month == FEBRUARY.month)
    )
    assert february["holeFrom"] is february["holeTo"] is None
    answer = asked(warehouse, FEBRUARY, MARCH, account.account_id)
    assert answer["whole"] is True
    assert answer["read"] == answer["there"] == february["callsRead"]


def test_a_period_before_the_archive_or_beyond_it_is_not_whole(warehouse, archive, account):
    """Also one that only begins too early, or ends too late."""
    archive()
    load(warehouse, archive.target)
    whole = {
        (first, end): asked(warehouse, first, end, account.account_id)["whole"]
        for first, end in (
            (date(2025, 10, 1), date(2025, 11, 1)),
            (date(2025, 12, 20), date(2026, 1, 20)),
            (date(2026, 1, 20), FEBRUARY),
            (date(2026, 1, 21), FEBRUARY),
            (FEBRUARY, date(2026, 3, 19)),
            (FEBRUARY, date(2026, 3, 20)),
            (MARCH, APRIL),
            (date(2026, 5, 1), date(2026, 6, 1)),
        )
    }
    assert [period for period, answer in whole.items() if answer] == [
        (date(2026, 1, 21), FEBRUARY),
        (FEBRUARY, date(2026, 3, 19)),
    ]
    assert not any(answer is None for answer in whole.values())
    edges = months(warehouse)
    assert (edges[JANUARY]["holeFrom"], edges[JANUARY]["holeTo"]) == (
        at("2026-01-01 00:00"), at("2026-01-20 06:00"),
    )  # fmt: skip
    line = settled_to(warehouse)
    # The sandbox's clock goes on while the run logs in.
    assert at("2026-03-19 12:00") <= line < at("2026-03-19 12:01")
    assert (edges[MARCH]["holeFrom"], edges[MARCH]["holeTo"]) == (line, at("2026-04-01 00:00"))
    assert edges[JANUARY]["coveredFrom"] == at("2026-01-20 06:00")
    assert edges[MARCH]["coveredTo"] == line
    assert asked(warehouse, FEBRUARY, MARCH, "0")["whole"] is False


def test_a_gap_in_the_middle_is_found(warehouse, archive, account):
    """With its bounds; the months beside it are not whole, and those that it does not touch are."""
    archive(end_date="2026-02-10T08:00:00Z")
    archive(start_date="2026-03-02T20:00:00Z", state={})
    load(warehouse, archive.target)
    found = days(warehouse)
    gap = [day for day in found if date(2026, 2, 10) <= day <= date(2026, 3, 2)]
    assert not any(found[day]["isWhole"] for day in gap)
    assert found[date(2026, 2, 9)]["isWhole"]
    assert found[date(2026, 3, 3)]["isWhole"]
    edge = found[gap[0]]
    assert (edge["holeFrom"], edge["holeTo"]) == (at("2026-02-10 08:00"), at("2026-02-11 00:00"))
    edge = found[gap[-1]]
    assert (edge["holeFrom"], edge["holeTo"]) == (at("2026-03-02 00:00"), at("2026-03-02 20:00"))
    february = months(warehouse)[FEBRUARY]
    assert february["isWhole"] is False
    assert (february["holeFrom"], february["holeTo"]) == (
        at("2026-02-10 08:00"), at("2026-03-01 00:00"),
    )  # fmt: skip
    assert not asked(warehouse, date(2026, 1, 25), date(2026, 3, 10), account.account_id)["whole"]
    assert asked(warehouse, date(2026, 1, 25), date(2026, 2, 10), account.account_id)["whole"]


def test_rows_that_were_deleted_are_found(warehouse, archive, account):
    """By their day and month, however few: as many are there too few as were deleted."""
    archive()
    load(warehouse, archive.target)
    before = days(warehouse)
    spoilt = {day: row for day, row in before.items() if day.month == 2 and row["callsThere"] > 9}
    assert len(spoilt) > 3
    one = min(spoilt)
    warehouse.execute(
        'DELETE FROM tap_ringcentral.call_log WHERE "id" IN (SELECT MIN("id") '  # noqa: S608 - a day
        f"FROM tap_ringcentral.call_log WHERE CAST(\"startTime\" AS DATE) = DATE '{one}')"
    )
    after = days(warehouse)
    assert [day for day in before if before[day]["isWhole"] and not after[day]["isWhole"]] == [one]
    assert after[one]["callsRead"] - after[one]["callsThere"] == 1
    assert after[one]["holeFrom"] is None
    assert {month for month, row in months(warehouse).items() if row["isWhole"]} == set()
    answer = asked(warehouse, FEBRUARY, MARCH, account.account_id)
    assert answer["whole"] is False
    assert answer["read"] - answer["there"] == 1
    warehouse.execute(
        "DELETE FROM tap_ringcentral.call_log WHERE \"startTime\" >= TIMESTAMP '2026-02-01' "
        "AND \"startTime\" < TIMESTAMP '2026-03-01'"
    )
    answer = asked(warehouse, FEBRUARY, MARCH, account.account_id)
    assert answer["there"] == 0
    assert answer["read"] == sum(row["callsRead"] for day, row in before.items() if day.month == 2)


def test_what_was_read_twice_counts_once(warehouse, archive, account):
    """By a run from the start with a new state, and by two taps that look back differently far."""
    archive()
    archive(hours=7, state={})
    far = near = archive(hours=2, state={}, start_date="2026-03-10T03:00:00Z", lookback_hours=48)
    for _ in range(30):
        near = archive(hours=1, state=near, lookback_hours=4)
    far = archive(hours=0, state=far, lookback_hours=48)
    archive(hours=1, state=near, lookback_hours=4)
    load(warehouse, archive.target)
    found = days(warehouse)
    truth = by_day(account, settled_to(warehouse))
    whole = [day for day, row in found.items() if row["isWhole"]]
    assert len(whole) > 55
    for day in whole:
        assert found[day]["callsRead"] == found[day]["callsThere"] == truth[day], day
    one = next(day for day in reversed(whole) if truth[day])
    warehouse.execute(
        f"DELETE FROM tap_ringcentral.call_log WHERE CAST(\"startTime\" AS DATE) = DATE '{one}'"  # noqa: S608 - a day
    )
    assert not days(warehouse)[one]["isWhole"]
    assert days(warehouse)[one]["callsRead"] == truth[one]


def test_each_extension_has_days_of_its_own(warehouse, archive, account):
    """At extension level, with the views as the documentation changes them."""
    ids = account.extension_ids[:2]
    given = {"call_log_level": "extension"}
    archive(**given, extension_ids=ids)
    archive(**given, extension_ids=ids[:1], hours=72)
    load(warehouse, archive.target, ("accountId", "extensionId"))
    for extension, last in zip(ids, (date(2026, 3, 21), date(2026, 3, 18)), strict=True):
        found = days(warehouse, f"\"extensionId\" = '{extension}'")
        whole = {
            day: (row["callsRead"], row["callsThere"])
            for day, row in found.items()
            if row["isWhole"]
        }
        assert (min(whole), max(whole)) == (date(2026, 1, 21), last)
        truth = Counter(
            date.fromisoformat(call["startTime"][:10])
            for call in account.truth("extension", extension)
            if "from" in call
        )
        assert whole == {day: (truth[day], truth[day]) for day in whole}
        assert sum(truth[day] for day in whole) > 50


def test_what_is_not_final_does_not_count_as_covered(warehouse, archive):
    """Nor does a row of a version that counted no calls: what it says can't be compared."""
    archive()
    load(warehouse, archive.target)
    line = settled_to(warehouse)
    assert at("2026-03-19 12:00") <= line < at("2026-03-19 12:01")
    today = days(warehouse)[line.date()]
    assert (today["coveredTo"], today["holeFrom"]) == (line, line)
    warehouse.execute('UPDATE tap_ringcentral.call_log_coverage SET "calls" = NULL')
    assert days(warehouse) == {}
