"""Conversations of an invented company: what happens in them, and what the call log shows."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import definitions
import pytest

from sandbox import Habits
from sandbox.company.story import Menu, Message, Parked, Ring, Story, Talk, Waiting
from sandbox.instants import SECOND, iso, to_ms

START = to_ms("2026-03-04T15:00:00.250Z")
EVER = {"dateFrom": "2025-01-01T00:00:00Z", "perPage": 1000}


@pytest.fixture
def company(opened):
    """Open a sandbox with a company of 16 people that nobody has called yet."""

    def open_one(**habits):
        return opened(
            calls=0, extensions=16, conversations=0, habits=Habits(**habits), token_life=10**7
        )

    return open_one


@pytest.fixture(scope="module")
def weeks(opened_once):
    """Six weeks of a company."""
    return opened_once(calls=0, days=42, extensions=16, conversations=2500, seed=11)


def at(seconds):
    return START + seconds * SECOND


def queue_call(cast, number=0):
    """A call to Support: one declines, one does not answer, the third takes it and hands it on."""
    queue = cast.queues[1]
    first, second, third = (one.id for one in queue.members[:3])
    other = cast.people[2].id
    return Story(
        number=number,
        form="queue",
        start=at(0),
        end=at(300),
        direction="Inbound",
        outcome="answered",
        caller=cast.outsiders[1],
        called=cast.company,
        owner=queue.id,
        steps=(
            Menu(at(0), at(10), cast.menu),
            Waiting(at(10), at(50), queue.id, "answered"),
            Ring(at(12), at(15), first, "declined", queue.id),
            Ring(at(16), at(31), second, "missed", queue.id),
            Ring(at(32), at(50), third, "answered", queue.id),
            Talk(at(50), at(110), third),
            Ring(at(110), at(118), other, "answered"),
            Talk(at(118), at(300), other, "transfer"),
        ),
    )


def spans(parts):
    """Return of records or legs when they begin and how long they are, s."""
    return [((to_ms(one["startTime"]) - START) / SECOND, one["duration"]) for one in parts]


def test_the_same_seed_makes_the_same_conversations(opened):
    def told(seed):
        rc, _ = opened(calls=0, conversations=150, seed=seed)
        return [one.story for one in rc.conversations()], str(rc.truth()).replace(rc.url, "")

    assert told(3) == told(3)
    assert told(3) != told(4)


def test_a_queues_call_leaves_a_record_for_each_phone_that_it_rang(company):
    """The session ties them together; the main one has a leg for menu, queue, and who talked."""
    rc, client = company()
    story = queue_call(rc.company)
    rc.tell(story)
    main, *others = sorted(client.records(), key=lambda one: one["startTime"])
    queue, people = rc.company.queues[1], [one.id for one in rc.company.people]
    assert {one["telephonySessionId"] for one in others} == {main["telephonySessionId"]}
    assert (main["result"], main["extension"]["id"]) == ("Accepted", int(queue.id))
    assert [one["legType"] for one in main["legs"]] == [
        "Accept", "Accept", "Hunting", "PstnToSip", "TransferCall",
    ]  # fmt: skip
    assert spans(main["legs"]) == [(0, 300), (0, 10), (10, 40), (50, 60), (118, 182)]
    assert [one["extension"]["id"] for one in main["legs"][1:3]] == [
        int(rc.company.menu), int(queue.id),
    ]  # fmt: skip
    assert [(one["result"], *span) for one, span in zip(others, spans(others), strict=True)] == [
        ("Declined", 12, 3), ("Missed", 16, 15), ("Accepted", 32, 78), ("Accepted", 110, 190),
    ]  # fmt: skip
    assert all(str(one["extension"]["id"]) in people for one in others)
    assert others[0]["from"]["name"] == f"{queue.name} - {rc.company.outsiders[1].name}"
    assert others[0]["to"]["phoneNumber"] == queue.phone
    assert "extensionId" not in others[0]["to"]


def test_the_legs_of_answered_calls_begin_with_the_ring_if_the_server_has_that_habit(company):
    """And the record of a queue's call bears the id of who took it, who has no other then."""
    rc, client = company(legs_begin="ring", queue_records="member")
    rc.tell(queue_call(rc.company))
    main, *others = sorted(client.records(), key=lambda one: one["startTime"])
    assert main["extension"]["id"] == int(rc.company.queues[1].members[2].id)
    assert spans(main["legs"]) == [(0, 300), (0, 10), (10, 40), (32, 78), (110, 190)]
    assert [one["result"] for one in others] == ["Declined", "Missed", "Accepted"]


def test_each_log_has_the_records_of_its_own(company):
    """The queue's is in no user's log; what a secretary does for the boss is in both."""
    rc, client = company()
    cast = rc.company
    boss, secretary = cast.people[0], cast.people[-1]
    taken = Talk(at(9), at(90), secretary.id, stands_in_for=boss.id)
    rc.tell(
        queue_call(cast),
        Story(
            number=1, form="direct", start=at(0), end=at(90), direction="Inbound",
            outcome="answered", caller=cast.outsiders[1], called=boss.party, owner=boss.id,
            steps=(Ring(at(0), at(9), secretary.id, "answered"), taken),
        ),
    )  # fmt: skip
    logs = {one: client.records(f"extension/{one.id}/call-log") for one in cast.people}
    member = cast.queues[1].members[0]
    assert [one["result"] for one in logs[member]] == ["Declined"]
    assert [one["id"] for one in logs[boss]] == [one["id"] for one in logs[secretary]]
    for record in (*logs[boss], *logs[secretary]):
        assert record["extension"]["id"] == int(boss.id)
        assert record["delegate"] == {"id": secretary.id, "name": secretary.name}
    assert [one.story.number for one in rc.conversations([boss.id])] == [1]
    assert [one.story.number for one in rc.conversations([member.id])] == [0]


def test_a_conversation_changes_and_goes(company):
    """Records keep their ids, their time of change moves; one too many vanishes; some are late."""
    rc, client = company()
    story = queue_call(rc.company)
    rc.clock.set("2026-03-04T15:00:30Z")
    rc.tell(story)
    assert not client.records()
    rc.clock.set(iso(story.end + 40 * SECOND))
    before = {one["id"]: one for one in client.records()}
    shorter = replace(story, steps=story.steps[:-2], end=at(110), late=86_400_000)
    rc.tell(shorter)
    others = {one["id"]: one for one in client.records()}
    assert [one.role for one in rc.conversations()[0].sheets] == ["ring", "ring", "talk"]
    rc.clock.advance(days=2)
    after = {one["id"]: one for one in client.records()}
    assert (len(before), len(others), len(after)) == (5, 3, 4)
    assert others.keys() < after.keys() < before.keys()
    assert {one["duration"] for one in after.values()} == {110, 3, 15, 78}
    changed = {key: one["lastModifiedTime"] for key, one in after.items()}
    assert all(one > before[key]["lastModifiedTime"] for key, one in changed.items())
    rc.delete_conversation(0, "main")
    assert len(client.records()) == 3
    assert len(client.records(showDeleted="true")) == 4
    rc.delete_conversation(0)
    assert not client.records()
    assert not rc.conversations()


@pytest.mark.parametrize(
    ("habits", "others"),
    [
        ({}, {"Call accepted"}),
        (
            {"legs_begin": "ring", "queue_records": "member"},
            {"Call accepted", "Answered by Assistant"},
        ),
    ],
)
def test_records_are_as_ringcentral_defines_them(opened, habits, others):
    """But for words that it no longer uses, or that are unknown on purpose."""
    rc, client = opened(
        calls=0, days=42, extensions=16, conversations=1500, habits=Habits(**habits)
    )
    pages = [client.get("call-log", **EVER, view=view, page=1) for view in ("Simple", "Detailed")]
    pages += [
        client.get(f"extension/{person.id}/call-log", **EVER, view="Detailed")
        for person in rc.company.people[:2]
    ]
    assert all(page.json()["records"] for page in pages)
    validator = definitions.validator("/call-log")
    undefined = {error.instance for page in pages for error in validator.iter_errors(page.json())}
    assert undefined == others


def test_nobody_real_is_named(weeks):
    """Phone numbers are set aside for fiction, or masked, or those for emergencies."""
    rc, _ = weeks
    records = rc.truth()
    sides = [
        leg[side]
        for one in records
        for leg in (one, *one.get("legs", []))
        for side in ("from", "to")
    ]
    numbers = {one["phoneNumber"] for one in sides if "phoneNumber" in one}
    assert all(re.fullmatch(r"\+1\d{3}555(01\d\d|XXXX)|911|933", one) for one in numbers)
    assert any("X" in one for one in numbers)
    assert any("phoneNumber" not in one["from"] for one in records)


def test_the_company_is_believable(weeks):
    """Every outcome and form occurs, Mondays and office hours are busy, people call back."""
    rc, client = weeks
    told = rc.conversations()
    stories = [one.story for one in told]
    outcomes = Counter(one.outcome for one in stories)
    forms = Counter(one.form for one in stories)
    assert outcomes.keys() == {
        "answered", "voicemail", "abandoned", "missed", "not_connected", "callback_requested",
        "blocked", "failed", "emergency", "fax", "unknown",
    }  # fmt: skip
    assert forms.keys() == {
        "direct", "queue", "outbound", "ringout", "internal", "fax", "conference", "shared_line",
    }  # fmt: skip
    assert 2200 < len(stories) < 2800
    assert 0.6 < outcomes["answered"] / len(stories) < 0.85
    steps = {type(step) for one in stories for step in one.steps}
    assert steps == {Menu, Waiting, Ring, Talk, Parked, Message}
    assert {ring.end for one in stories for ring in one.rings} == {
        "answered", "missed", "elsewhere", "declined", "busy", "offline", "not_accepted",
    }  # fmt: skip
    assert any(len(one.waits) > 1 for one in stories)
    assert any(one.follows >= 0 for one in stories)
    assert {one.session for one in stories} == {"both", "old", "none"}
    assert any(not one.legs for one in stories)
    local = [
        datetime.fromtimestamp(one.start / 1000, ZoneInfo("America/New_York")) for one in stories
    ]
    days = Counter(one.weekday() for one in local)
    assert max(days, key=days.__getitem__) == 0
    assert sum(8 <= one.hour < 18 for one in local) > 0.9 * len(local)
    missed = {one.caller.number: one.end for one in stories if one.outcome == "missed"}
    back = [one for one in stories if one.start > missed.get(one.called.number, one.start)]
    assert len(back) > 10
    busy = defaultdict(list)
    for one in stories:
        for talk in one.talks:
            if talk.person and one.session == "both":
                busy[talk.person].append((talk.at, talk.until))
    assert len(busy) == 16
    ids = {queue.id: {member.id for member in queue.members} for queue in rc.company.queues}
    assert all(
        ring.person in ids[ring.queue] for one in stories for ring in one.rings if ring.queue
    )
    assert {key: set(value) for key, value in rc.queue_members_truth().items()} == ids
    listed = client.answer("extension", perPage=1000)["records"]
    settings = {str(one["id"]): one.get("callQueueInfo") for one in listed}
    assert all(settings[queue.id] == queue.settings for queue in rc.company.queues)
    assert {one["type"] for one in listed} >= {"User", "Department", "IvrMenu", "SharedLinesGroup"}
    assert len({one["site"]["name"] for one in listed}) == 3


def test_more_follow_as_time_goes_by(opened):
    """The future is as busy as the past, and nobody sees it early."""
    rc, _ = opened(calls=0, days=21, extensions=16, conversations=900)
    before = len(rc.conversations())
    rc.clock.advance(days=21)
    assert 1.8 * before < len(rc.conversations()) < 2.2 * before


def test_without_a_company_there_is_nobody_to_call(opened):
    rc, _ = opened()
    with pytest.raises(ValueError, match="no company"):
        rc.conversations()
