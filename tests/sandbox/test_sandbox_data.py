"""The calls that the sandbox invents, and how their records live."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from sandbox import Sandbox
from sandbox.instants import DAY, HOUR, MINUTE, SECOND, parse, to_ms
from sandbox.plans import LAST_CHANGE, LONGEST, SHOWN_AFTER, Plan, id_of, mix, number_of_id
from sandbox.timetable import Timetable

NOW = "2026-03-04T17:00:00Z"


def without_url(records, rc):
    return [str(record).replace(rc.url, "") for record in records]


def test_same_seed_same_calls(opened):
    """The same seed makes the same calls; another seed makes others."""
    one, again, other = (opened(seed=seed)[0] for seed in (3, 3, 4))
    assert without_url(one.truth(), one) == without_url(again.truth(), again)
    assert without_url(one.truth(), one) != without_url(other.truth(), other)
    assert one.account_id != other.account_id


def test_records_look_like_ringcentrals(opened):
    """A Detailed record has RingCentral's fields, types and size."""
    rc, _ = opened(calls=3000)
    records = rc.truth()
    legs = [leg for record in records for leg in record["legs"]]
    assert 2.0 <= len(legs) / len(records) <= 3.0
    assert all(1 <= len(record["legs"]) <= 4 for record in records)
    assert all(record["legs"][0]["master"] is True for record in records)
    assert not any("master" in leg for record in records for leg in record["legs"][1:])
    assert all({"legType", "from", "to", "startTime", "duration"} <= leg.keys() for leg in legs)
    assert 2000 <= sum(map(len, map(str, records))) / len(records) <= 3500
    assert all(isinstance(record["extension"]["id"], int) for record in records)
    assert all(isinstance(record["billing"]["costIncluded"], float) for record in records)
    seen = {key for record in records for key in record}
    assert {"recording", "shortRecording", "message", "delegate", "transferee"} <= seen
    parties = {key for record in records for key in (*record["from"], *record["to"])}
    assert parties >= {"phoneNumber", "name", "location", "device", "extensionId"}
    assert parties >= {"extensionNumber", "dialerPhoneNumber", "dialedPhoneNumber"}
    numbers = {record[side].get("phoneNumber") for record in records for side in ("from", "to")}
    assert all(re.fullmatch(r"\+1\d{3}55501\d\d", number) for number in numbers)
    assert {record["type"] for record in records} == {"Voice", "Fax"}
    assert {record["direction"] for record in records} == {"Inbound", "Outbound"}
    results = Counter(record["result"] for record in records)
    assert {"Accepted", "Missed", "Voicemail", "Call connected", "Hang Up"} <= results.keys()
    how = {record["recording"]["type"] for record in records if "recording" in record}
    assert how == {"Automatic", "OnDemand"}
    assert any(record["startTime"].endswith(".000Z") for record in records)
    assert not all(record["startTime"].endswith(".000Z") for record in records)


def test_uris_name_account_and_extension(opened):
    """A record's `uri` holds the account id, and at extension level the extension id too."""
    rc, _ = opened()
    records = rc.truth()
    assert len(records) > 200
    for record in records:
        assert f"/account/{rc.account_id}/call-log/{record['id']}" in record["uri"]
    other = rc.extension_ids[1]
    records = rc.truth("extension", other)
    assert len(records) > 20
    for record in records:
        assert f"/account/{rc.account_id}/extension/{other}/call-log/" in record["uri"]
        assert record["extension"]["id"] == int(other)


def test_most_calls_are_in_office_hours(opened):
    """There are far more calls in office hours than at night or at the weekend."""
    rc, _ = opened(calls=3000, days=28)
    hours = Counter(
        (moment.weekday() < 5, 8 <= moment.hour < 18)
        for record in rc.truth()
        for moment in [
            datetime.fromisoformat(record["startTime"][:19]) - timedelta(hours=5),
        ]
    )
    assert hours[True, True] > 0.7 * hours.total()


def test_queue_members_who_do_not_answer_leave_a_missed_record(opened):
    """A call to a queue has one record, and one "Missed" for each member who let it ring."""
    rc, _ = opened(calls=2000)
    groups: dict[str, list] = {}
    for record in rc.truth():
        groups.setdefault(record["telephonySessionId"], []).append(record)
    queues = [group for group in groups.values() if len(group) > 1]
    assert queues
    for group in queues:
        assert len({record["sessionId"] for record in group}) == 1
        newest_first = [record["result"] for record in group]
        assert set(newest_first[:-1]) == {"Missed"}
        members = [record["extension"]["id"] for record in group]
        assert len(set(members)) == len(members)


def test_internal_calls_have_one_id_in_two_logs(opened):
    """An internal call stands under one id in both extensions' logs, at account level once."""
    rc, _ = opened(calls=2000)
    account = [record["id"] for record in rc.truth()]
    assert len(set(account)) == len(account)
    logs = {one: {r["id"]: r for r in rc.truth("extension", one)} for one in rc.extension_ids}
    assert set().union(*logs.values()) == set(account)
    shared = [
        i for i, count in Counter(i for log in logs.values() for i in log).items() if count > 1
    ]
    assert shared
    for call_id in shared:
        directions = sorted(log[call_id]["direction"] for log in logs.values() if call_id in log)
        assert directions == ["Inbound", "Outbound"]


def test_visible_after_the_end(opened):
    """A call enters the log 15 to 30 s after it ends, under its start time."""
    rc, _ = opened(calls=3000, days=10)
    began = rc.clock.now()
    known = {record["id"] for record in rc.truth()}
    fresh = []
    for _ in range(45):
        now = rc.clock.advance(seconds=30)
        for record in rc.truth(start=began - timedelta(hours=1)):
            if record["id"] not in known:
                known.add(record["id"])
                end = parse(record["startTime"]) + record["durationMs"]
                fresh.append((to_ms(now) - end) / SECOND)
    assert len(fresh) > 10
    assert all(15 <= delay < 30 + 30 for delay in fresh)


def test_the_future_is_as_busy_as_the_past(opened):
    """Moving the clock makes new calls appear at the same rate, for two months and more."""
    rc, _ = opened(calls=2000, days=28)
    rc.clock.advance(days=84)
    counts = [
        len(rc.truth(start=rc.clock.now() - timedelta(days=28 * k), end=end))
        for k, end in ((1, None), (2, rc.clock.now() - timedelta(days=28)))
    ]
    assert all(1800 <= count <= 2200 for count in counts)


def plans(count=4000):
    return [Plan(k << 20, 0, mix(k), 10) for k in range(count)]


def test_moments_of_a_life():
    """Recordings come within 15 minutes, corrections within a day, deletions up to weeks later."""
    for plan in plans():
        end = plan.start + plan.duration
        assert 0 < plan.duration <= LONGEST + SECOND
        assert 15 * SECOND <= plan.visible - end <= SHOWN_AFTER
        assert not plan.recorded or 0 < plan.recorded - end <= 15 * MINUTE
        assert not plan.revised or 0 < plan.revised - end < DAY
        assert not plan.deleted or HOUR < plan.deleted - end <= LAST_CHANGE - LONGEST
    shares = {
        name: sum(bool(getattr(plan, name)) for plan in plans()) / 4000
        for name in ("recorded", "revised", "deleted")
    }
    assert 0.05 < shares["recorded"] < 0.3
    assert 0.01 < shares["revised"] < 0.06
    assert 0.003 < shares["deleted"] < 0.02
    assert any(plan.duration > HOUR for plan in plans())


def test_records_change_with_time(opened):
    """Recording, price and deletion show up later, and `lastModifiedTime` moves with each."""
    rc, _ = opened(calls=8000, days=4)
    began = rc.clock.now()
    while_young = {"start": began - timedelta(hours=8), "end": began}
    before = {record["id"]: record for record in rc.truth(**while_young)}
    rc.clock.advance(days=22)
    after = {record["id"]: record for record in rc.truth(**while_young)}
    assert before.keys() <= after.keys()
    changed = {key for key in before if before[key] != after[key]}
    for key in changed:
        assert before[key]["lastModifiedTime"] < after[key]["lastModifiedTime"]
    for sign in (
        lambda old, new: "recording" in new and "recording" not in old,
        lambda old, new: new["billing"]["costPurchased"] > old["billing"]["costPurchased"],
        lambda old, new: new["result"] != old["result"],
        lambda old, new: new.get("deleted") is True and "deleted" not in old,
    ):
        assert any(sign(before[key], after[key]) for key in changed)


def test_ids_round_trip_and_sort():
    """An id leads back to its number, and ids sort as the numbers do."""
    numbers = sorted(mix(k) >> 16 for k in range(500))
    ids = [id_of(number) for number in numbers]
    assert [number_of_id(text) for text in ids] == numbers
    assert ids == sorted(ids)
    assert number_of_id("nonsense!") is None or number_of_id("nonsense!") >= 0


@pytest.mark.parametrize(
    ("calls", "days", "extensions"), [(0, 1, 1), (1, 1, 1), (777, 3, 2), (5000, 365, 40)]
)
def test_the_timetable_lies_in_the_past_in_order(calls, days, extensions):
    """As many calls as asked for lie in the past, in order, each in its extensions' lists."""
    now = to_ms(NOW)
    table = Timetable(5, calls, days, extensions, now)
    assert sum(start < now for start in table.starts) == calls
    assert all(one <= other for one, other in pairwise(table.starts))
    assert all(start >= now - days * DAY for start in table.starts)
    listed = [position for positions in table.by_extension for position in positions]
    assert set(listed) == set(range(len(table.starts)))
    assert all(list(positions) == sorted(positions) for positions in table.by_extension)


@pytest.mark.parametrize("options", [{"calls": -1}, {"days": 0}, {"extensions": 0}])
def test_senseless_numbers_are_refused(options):
    """A sandbox without days or extensions is refused."""
    with pytest.raises(ValueError, match="needed"):
        Sandbox(**options)


def test_naive_times_are_refused():
    """Naive times are refused, for nobody knows which instant they mean."""
    with pytest.raises(ValueError, match="aware"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused
    assert to_ms(datetime(2026, 1, 1, tzinfo=timezone.utc)) == parse("2026-01-01T00:00:00Z")
