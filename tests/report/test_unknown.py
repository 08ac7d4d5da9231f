"""The report shows what nobody knows as unknown: never as 0, as "none" or as 100 %."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

import pytest
from installed_browser import CHROMIUM, IS_REQUIRED
from report_reader import Reader
from truthful_marts import COLUMNS, ZONE, write_duckdb

pytestmark = pytest.mark.unmeasured

if CHROMIUM is None and not IS_REQUIRED:
    pytest.skip(
        "the report is not tested in a browser: no Chromium is installed", allow_module_level=True
    )

# New York is four hours behind UTC from 2026-03-08 on.
HOLE = datetime(2026, 3, 10, 4), datetime(2026, 3, 13, 4)  # noqa: DTZ001 - as the marts have it
BEGIN, END = date(2026, 3, 3), date(2026, 3, 22)
NOON = datetime(2026, 3, 10, 12)  # noqa: DTZ001 - as the marts have it


@pytest.fixture
def opened(browser, build, tmp_path):
    """Build a report of marts, and open it."""
    readers = []

    def make(marts, *arguments):
        file = tmp_path / "marts.duckdb"
        file.unlink(missing_ok=True)
        write_duckdb(file, marts)
        output = file.with_suffix(".html")
        done = build("--source", file, "--output", output, *arguments)
        assert done.exit_code == 0, done.output
        readers.append(Reader(browser, output, viewport={"width": 1280, "height": 900}))
        return readers[-1]

    yield make
    for one in readers:
        assert one.complaints == []
        one.page.context.close()


def call(number, outcome, **more):
    """Return an inbound call: the number of minutes after noon, and how it ended."""
    at = NOON + timedelta(minutes=number)
    return {
        **dict.fromkeys(COLUMNS["calls"]), "account_id": "a", "conversation_id": f"c{number}",
        "started_at": at, "local_started_at": at, "ended_at": at + timedelta(minutes=1),
        "direction": "Inbound", "is_internal": False, "type": "Voice", "outcome": outcome,
        "queue_ids": [], "caller_number": "+16505550100", "other_number": "+16505550100",
        "records": 1, "recordings": 0, **more,
    }  # fmt: skip


def whole(account="a"):
    """Return the health of an archive whose months were read as a whole."""
    first, after = NOON.replace(day=1, hour=0), NOON.replace(month=4, day=1, hour=0)
    return {
        "account_id": account, "month": first.date(), "is_whole": True, "covered_from": first,
        "covered_to": after, "calls_read": 1, "calls_there": 1, "hole_from": None, "hole_to": None,
    }  # fmt: skip


def lead(reader, name):
    reader.turn_to(name)
    return reader.page.locator(f"#{name} .lead").inner_text()


def test_a_period_that_was_not_read(opened, company):
    """No figure of it is known, with scripts or without; of a longer period, the page says so."""
    marts = {
        name: [
            one
            for one in rows
            if not HOLE[0] <= (one.get("started_at") or one.get("last_at") or HOLE[1]) < HOLE[1]
        ]
        for name, rows in company.marts.items()
    }
    account = marts["calls"][0]["account_id"]
    march = {**whole(account), "is_whole": False, "hole_from": HOLE[0], "hole_to": HOLE[1]}
    february = {**whole(account), "month": date(2026, 2, 1)}
    marts["archive_health"] = [february, march]
    reader = opened(marts, "--time-zone", ZONE, "--from", BEGIN, "--to", END)
    notice = reader.page.locator("#overview .notice").inner_text()
    assert "Between Tue, Mar 10, 12:00 AM and Fri, Mar 13, 12:00 AM calls are missing" in notice
    assert reader.tiles()["calls"] > 100
    for name in ("overview", "missed", "queues", "people", "when", "callers"):
        reader.turn_to(name)
        reader.page.fill("[name=from]", "2026-03-10")
        reader.page.fill("[name=to]", "2026-03-12")
        assert set(reader.tiles(name).values()) == {None}
        assert "was read for good" in lead(reader, name)
        assert not reader.page.locator(f"#{name} table").count()
        reader.page.fill("[name=to]", "2026-03-13")
        assert "was read for good" not in lead(reader, name)

    reader = opened(marts, "--time-zone", ZONE, "--from", "2026-03-11", "--to", "2026-03-12")
    plain = re.findall(r'data-metric="\w+" data-value="([^"]*)"', reader.file.read_text())
    assert set(plain) == {""}
    # A whole day without calls is known to have none.
    marts["archive_health"] = [february, whole(account)]
    reader = opened(marts, "--time-zone", ZONE, "--from", "2026-03-11", "--to", "2026-03-12")
    assert reader.tiles()["calls"] == 0
    assert "There are no calls in this period." in lead(reader, "overview")


def test_calls_of_which_nobody_knows_the_outcome(opened):
    """They are neither answered nor missed, and no share counts them."""
    reader = opened({"calls": [call(0, "unknown"), call(1, "unknown"), call(2, "blocked")]})
    assert reader.tiles()["answered_share"] == 0
    said = lead(reader, "missed")
    assert "Every inbound call" not in said
    assert said.endswith("Not answered either: blocked 1, unknown 2.")
    reader = opened({"calls": [call(0, "unknown"), call(1, "unknown")]})
    assert reader.tiles()["answered_share"] is None
    assert lead(reader, "overview").startswith("2 calls, and the outcome of none of them is known.")
    reader = opened({"calls": [call(0, "unknown"), call(1, "answered"), call(2, "missed")]})
    assert reader.tiles()["answered_share"] == 0.5


def test_faxes_are_not_answered(opened):
    """Nor are they missed: no share counts them."""
    fax = {"type": "Fax", "other_number": None}
    calls = [call(0, "answered"), call(1, "fax", **fax), call(2, "fax", **fax)]
    reader = opened({"calls": calls})
    reader.choose(type="Voice and fax")
    assert (reader.tiles()["calls"], reader.tiles()["answered_share"]) == (3, 1)
    assert lead(reader, "missed") == "Every inbound call of this period was answered."
    reader.choose(type="Fax")
    assert lead(reader, "overview").startswith("2 calls. ")
    assert reader.tiles()["answered_share"] is None
    assert lead(reader, "missed") == "There are no inbound calls in this period."


def test_almost_all_is_not_all(opened):
    """One call of 2,500 that nobody answered, and one that somebody did."""
    for most, other, shown in (("answered", "missed", "99.9%"), ("missed", "answered", "0.1%")):
        calls = [call(number / 10, most) for number in range(2_499)] + [call(-1, other)]
        reader = opened({"calls": calls})
        assert f"2,500 calls, {shown} answered" in lead(reader, "overview")
        tile = reader.page.locator("#overview .tile[data-metric=answered_share] .number")
        assert tile.inner_text() == shown
        assert f'<dd class="number">{shown}</dd>' in reader.file.read_text()


@pytest.mark.parametrize("most_rows", [40_000, 1])
def test_who_called_a_moment_ago_may_still_be_called_back(opened, monkeypatch, most_rows):
    """Within the hour, or the day; with single calls, and with sums."""
    monkeypatch.setattr("ringcentral_report.calls.MOST_ROWS", most_rows)
    ages = {"old": 2_000, "this morning": 100, "now": 10, "called back": 5}
    calls = [call(-age, "missed", caller_name=name) for name, age in ages.items()]
    calls.append(call(-1, "answered"))
    copied = ("account_id", "conversation_id", "started_at", "outcome")
    missed = [
        {
            **dict.fromkeys(COLUMNS["missed_calls"]),
            **{name: one[name] for name in copied},
            "caller_number": one["other_number"],
            "callback_minutes": 2 if one["caller_name"] == "called back" else None,
            "called_back_at": NOON if one["caller_name"] == "called back" else None,
        }
        for one in calls
        if one["outcome"] == "missed"
    ]  # fmt: skip
    reader = opened({"calls": calls, "missed_calls": missed})
    reader.turn_to("missed")
    found = reader.tiles("missed")
    assert found["to_call_back"] == 3
    assert found["called_back_within_hour"] == pytest.approx(1 / 3)
    assert found["called_back_within_day"] == pytest.approx(1 / 2)


def test_callers_are_those_of_the_marts(opened):
    """However a number is written, in whichever country."""
    number = {"other_number": "+442079460018"}
    reader = opened({
        "calls": [
            call(0, "answered", caller_number="+442079460018", **number),
            call(1, "answered", caller_number="020 7946 0018", **number),
            call(2, "answered", caller_number="2079460018", **number),
        ],
    })  # fmt: skip
    reader.turn_to("callers")
    assert reader.rows("callers")["+442079460018"]["calls"] == 3
    assert len(reader.rows("callers")) == 1


def test_calls_at_once_of_two_accounts(opened):
    """Nobody knows whether their peaks were at the same moment."""
    quarter = {"local_quarter": NOON, "peak_calls": 3, "call_seconds": 900}
    calls = [call(0, "answered"), call(1, "answered", account_id="b")]
    for accounts, peak in (("a", 3), ("ab", None)):
        rows = [{"account_id": account, **quarter} for account in accounts]
        reader = opened({"calls": calls, "concurrency": rows})
        assert ("is not known" in lead(reader, "when")) == (peak is None)
        assert reader.tiles("when")["peak_calls"] == peak


def test_an_account_that_was_not_read_is_no_period_to_compare_with(opened):
    """Not if the other account was read."""
    days = [call(1440 * day, "answered") for day in range(-8, 8)]
    other = [
        {**one, "account_id": "b", "conversation_id": f"b{one['conversation_id']}"} for one in days
    ]
    period = ("--from", "2026-03-10", "--to", "2026-03-16")
    for health, shown in (([whole(), whole("b")], True), ([whole()], False)):
        reader = opened({"calls": [*days, *other], "archive_health": health}, *period)
        said = reader.page.locator("#overview aside").inner_text()
        assert ("Changes are compared with" in said) == shown


def test_recordings_of_which_nobody_has_read(opened):
    """Without any, there may be some; without a day, one may be lost tomorrow."""
    reader = opened({"calls": [call(0, "answered")]})
    assert "No recordings are known." in lead(reader, "archive")
    assert {
        value for name, value in reader.tiles("archive").items() if name.startswith("recordings")
    } == {None}
    kept = {
        "account_id": "a", "recording_id": "r", "conversation_id": "c0", "type": "Automatic",
        "started_at": NOON, "expires_at": None, "status": "not_archived",
    }  # fmt: skip
    reader = opened({"calls": [call(0, "answered")], "recordings": [kept]})
    assert "No recording will be lost" not in lead(reader, "archive")
    assert "the day is not known" in lead(reader, "archive")
    assert reader.tiles("archive")["recordings_expiring"] is None
    soon = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(days=2)
    dated = {**kept, "recording_id": "s", "expires_at": soon}
    reader = opened({"calls": [call(0, "answered")], "recordings": [kept, dated]})
    assert "1 recording will be deleted" in lead(reader, "archive")
    assert reader.tiles("archive")["recordings_expiring"] == 1


def test_who_refused_and_what_a_queue_lost(opened):
    """Neither counts what the log does not show."""
    day = {
        "account_id": "a", "local_date": NOON.date(), "answered": 0, "outbound": 0, "connected": 0,
    }  # fmt: skip
    people = [
        {**day, "person_id": "p", "person_name": "Nobody knows", "offered": 2, "refused": None},
        {**day, "person_id": "q", "person_name": "One known", "offered": 2, "refused": 1},
        {**day, "person_id": "r", "person_name": "Not offered", "offered": 0, "refused": 0},
    ]
    counts = dict.fromkeys(
        ("voicemail", "abandoned", "abandoned_short", "missed", "callback_requested",
         "overflow_in", "sla_in_time", "sla_base", "waits"), 0)  # fmt: skip
    queue = {
        "account_id": "a", "queue_id": "7", "queue_name": "Sales", "local_hour": NOON, "offered": 3,
        "answered": 1, "unknown": 2, "sla_seconds": 20, **counts,
    }  # fmt: skip
    names = [
        {"account_id": "a", "extension_id": one["person_id"], "name": one["person_name"]}
        for one in people
    ]
    reader = opened({
        "calls": [call(0, "answered")], "people_performance": people, "extensions": names,
        "queue_performance": [queue],
    })  # fmt: skip
    reader.turn_to("people")
    found = reader.rows("people")
    assert {name: one["refused"] for name, one in found.items()} == {
        "Nobody knows": None, "One known": 1, "Not offered": 0,
    }  # fmt: skip
    assert reader.tiles("people")["person_refused"] == 1
    assert "No call is known to be lost in a queue. Of 2 calls" in lead(reader, "queues")
    (row,) = reader.rows("queues").values()
    assert (row["lost"], row["unknown"], row["other"], row["service_level"]) == (0, 2, 0, None)


def test_a_filter_by_queue_says_what_it_leaves_out(opened, company):
    """Calls that came to it from another queue are on the page of queues only."""
    reader = opened(company.marts, "--time-zone", ZONE)
    reader.choose(queue="Sales queue")
    for name in ("overview", "missed", "when", "callers"):
        reader.turn_to(name)
        notices = reader.page.locator(f"#{name} .notice").all_inner_texts()
        assert any("came to this queue first" in one for one in notices), name
    reader.turn_to("queues")
    assert not any(
        "came to this queue first" in one
        for one in reader.page.locator("#queues .notice").all_inner_texts()
    )
