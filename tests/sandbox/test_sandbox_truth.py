"""What is true of conversations, for some that are written out here, with every figure by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from sandbox import Habits
from sandbox.company.story import Menu, Message, Parked, Party, Ring, Story, Talk, Waiting
from sandbox.company.truth import Settings
from sandbox.instants import MINUTE, SECOND, to_ms

# 10:00 in New York, on a Wednesday.
START = to_ms("2026-03-04T15:00:00Z")
NEW_YORK = Settings(zone="America/New_York")


def at(seconds):
    return START + seconds * SECOND


def moment(seconds):
    return datetime.fromtimestamp(at(seconds) / 1000, ZoneInfo("UTC")).replace(tzinfo=None)


@pytest.fixture
def company(opened):
    def open_one(**habits):
        return opened(calls=0, extensions=16, conversations=0, habits=Habits(**habits))[0]

    return open_one


class Plot:
    """Stories that begin at `START`; the number of each is its place."""

    def __init__(self, cast):
        self.cast = cast
        self.ann, self.bob, self.cid = (cast.people[index].id for index in (2, 4, 7))
        self.sales, self.support, self.billing, self.front = cast.queues
        self.one, self.two, self.three = (one.id for one in self.support.members[:3])
        self.outsider = cast.outsiders[1]

    def direct(self, outcome, *steps, form="direct", **fields):
        person = self.cast.person(self.ann)
        return self._story(
            form, outcome, steps, **{"called": person.party, "owner": self.ann, **fields}
        )

    def queue(self, outcome, *steps, **fields):
        queue = self.cast.queue(next(one.queue for one in steps if isinstance(one, Waiting)))
        return self._story(
            "queue", outcome, steps, **{"called": queue.party, "owner": queue.id, **fields}
        )

    def outbound(self, outcome, *steps, form="outbound", **fields):
        about = {
            "caller": self.cast.person(self.ann).party, "called": self.outsider, "owner": self.ann,
            "direction": "Outbound", **fields,
        }  # fmt: skip
        return self._story(form, outcome, steps, **about)

    def _story(self, form, outcome, steps, **fields):
        about = {
            "number": 0, "start": at(0), "end": steps[-1].until if steps else at(5),
            "direction": "Inbound", "caller": self.outsider, **fields,
        }  # fmt: skip
        return Story(form=form, outcome=outcome, steps=steps, **about)

    def answered_in_turn(self):
        """Two members of Support do not take the call, the third does, after 38 s in the queue."""
        support = self.support.id
        return self.queue(
            "answered",
            Menu(at(0), at(12), self.cast.menu),
            Waiting(at(12), at(50), support, "answered"),
            Ring(at(14), at(18), self.one, "declined", support),
            Ring(at(19), at(34), self.two, "missed", support),
            Ring(at(35), at(50), self.three, "answered", support),
            Talk(at(50), at(170), self.three),
            called=self.cast.company,
        )

    def overflowed(self):
        """Support does not take the call within 60 s, the front desk rings the same member, too."""
        support, front = self.support.id, self.front.id
        return self.queue(
            "answered",
            Waiting(at(0), at(60), support, "overflow"),
            Ring(at(2), at(17), self.one, "missed", support),
            Waiting(at(60), at(75), front, "answered"),
            Ring(at(62), at(75), self.one, "answered", front),
            Talk(at(75), at(100), self.one),
        )


# Of each conversation: how it goes, and what is to be said of it at account level.
CASES = {
    "taken by whom it is for": (
        lambda p: p.direct(
            "answered", Ring(at(0), at(8), p.ann, "answered"), Talk(at(8), at(68), p.ann)
        ),
        {
            "direction": "Inbound", "is_internal": False, "outcome": "answered", "queue_id": None,
            "answered_by": "ann", "first_person": "ann", "wait_seconds": None, "ring_seconds": 8,
            "talk_seconds": 60, "transfers": 0, "records": 1, "cost": 0.014,
        },
    ),
    "hung up while it rings": (
        lambda p: p.direct(
            "abandoned", Ring(at(0), at(11), p.ann, "missed"), result="Missed", reason="Hang Up"
        ),
        {"outcome": "abandoned", "answered_by": None, "first_person": "ann", "ring_seconds": None,
         "talk_seconds": None},
    ),
    "voicemail": (
        lambda p: p.direct(
            "voicemail", Ring(at(0), at(20), p.ann, "missed"), Message(at(20), at(50), p.ann)
        ),
        {"outcome": "voicemail", "ended_at": moment(50), "talk_seconds": None},
    ),
    "in turn": (
        lambda p: p.answered_in_turn(),
        {
            "outcome": "answered", "queue_id": "support", "answered_by": "three",
            "first_person": "one", "wait_seconds": 38, "ring_seconds": 36, "talk_seconds": 120,
            "records": 4, "started_at": moment(0), "ended_at": moment(170),
        },
    ),
    "in two queues": (
        lambda p: p.overflowed(),
        {
            "queue_id": "support", "queue_ids": ["support", "front"], "answered_by": "one",
            "first_person": "one", "wait_seconds": 75, "ring_seconds": 73, "talk_seconds": 25,
            "records": 3,
        },
    ),
    "abandoned in the menu": (
        lambda p: p.direct(
            "abandoned", Menu(at(0), at(9), p.cast.menu), owner=p.cast.menu, called=p.cast.company,
            reason="Hang Up",
        ),
        {"outcome": "abandoned", "first_person": None, "queue_id": None, "wait_seconds": None},
    ),
    "handed on": (
        lambda p: p.direct(
            "answered", Ring(at(0), at(5), p.ann, "answered"), Talk(at(5), at(65), p.ann),
            Ring(at(65), at(71), p.bob, "answered"), Talk(at(71), at(100), p.bob, "transfer"),
        ),
        {"answered_by": "ann", "transfers": 1, "talk_seconds": 95, "records": 2},
    ),
    "parked": (
        lambda p: p.direct(
            "answered", Ring(at(0), at(5), p.ann, "answered"), Talk(at(5), at(65), p.ann),
            Parked(at(65), at(90), p.ann, p.cast.park), Talk(at(90), at(120), p.bob, "pickup"),
        ),
        {"answered_by": "ann", "transfers": 0, "talk_seconds": 115, "records": 2},
    ),
    "by the secretary": (
        lambda p: p.direct(
            "answered", Ring(at(0), at(6), p.bob, "answered"),
            Talk(at(6), at(66), p.bob, stands_in_for=p.ann),
        ),
        {"answered_by": "bob", "first_person": "bob", "ring_seconds": 6, "talk_seconds": 60,
         "records": 1},
    ),
    "on the shared line, by nobody knows whom": (
        lambda p: p.direct(
            "answered", Ring(at(0), at(6), "", "answered"), Talk(at(6), at(66), ""),
            form="shared_line", called=p.cast.shared_line, owner=p.cast.shared_line.extension,
        ),
        {"outcome": "answered", "answered_by": None, "first_person": None, "ring_seconds": 6,
         "talk_seconds": 60},
    ),
    "to an outsider": (
        lambda p: p.outbound("answered", Talk(at(9), at(69), p.ann)),
        {"direction": "Outbound", "outcome": "answered", "answered_by": None,
         "first_person": "ann", "ring_seconds": None, "talk_seconds": None, "cost": 0.034},
    ),
    "RingOut that nobody took, but for the own phone": (
        lambda p: p.outbound("not_connected", Ring(at(0), at(4), p.ann, "answered"), form="ringout",
                             end=at(30)),
        {"direction": "Outbound", "outcome": "not_connected", "records": 2, "talk_seconds": None,
         "first_person": "ann"},
    ),
    "within the company": (
        lambda p: p.outbound(
            "answered", Ring(at(0), at(7), p.bob, "answered"), Talk(at(7), at(47), p.bob),
            form="internal", called=p.cast.person(p.bob).party, internal=True, number=1,
        ),
        {"direction": "Outbound", "is_internal": True, "answered_by": "bob", "first_person": "ann",
         "ring_seconds": 7, "talk_seconds": 40, "records": 2},
    ),
    "without legs, by whom it is for": (
        lambda p: p.direct("answered", Ring(at(0), at(8), p.ann, "answered"),
                           Talk(at(8), at(68), p.ann), legs=False),
        {"answered_by": "ann", "ring_seconds": None, "talk_seconds": None},
    ),
    "without legs, in a queue": (
        lambda p: replace(p.answered_in_turn(), legs=False),
        {"queue_id": "support", "answered_by": "three", "first_person": "one",
         "wait_seconds": None, "ring_seconds": None, "talk_seconds": None},
    ),
    "with an unknown word": (
        lambda p: p.direct("unknown", result="Answered by Assistant"),
        {"outcome": "unknown", "answered_by": None, "talk_seconds": None},
    ),
    "from nobody": (
        lambda p: p.direct("missed", Ring(at(0), at(8), p.ann, "missed"), result="No Answer",
                           caller=Party(name="Anonymous")),
        {"outcome": "missed", "caller_number": None, "caller_name": "Anonymous"},
    ),
}  # fmt: skip


def with_names(plot, row):
    """Return a row with the names that stories here have for ids."""
    names = {getattr(plot, name): name for name in ("ann", "bob", "cid", "one", "two", "three")}
    names |= {getattr(plot, name).id: name for name in ("sales", "support", "billing", "front")}
    row = {key.removesuffix("_id"): value for key, value in row.items()}
    row = {
        key: names.get(value, value)
        if not isinstance(value, list)
        else [names[one] for one in value]
        for key, value in row.items()
    }
    return {**row, "queue_id": row["queue"]} if "queue" in row else row


@pytest.mark.parametrize(("tell", "expected"), CASES.values(), ids=CASES)
def test_what_is_said_of_a_conversation(company, tell, expected):
    rc = company()
    plot = Plot(rc.company)
    rc.tell(tell(plot))
    (row,) = rc.analytics(NEW_YORK).calls()
    actual = with_names(plot, row)
    assert {name: actual[name] for name in expected} == expected
    assert row["local_started_at"] == datetime(2026, 3, 4, 10)  # noqa: DTZ001 - local


def test_where_legs_begin_with_the_ring_only_queues_tell_the_answer(company):
    """A direct call tells no answer then, and so not how long they talked."""
    rc = company(legs_begin="ring", queue_records="member")
    plot = Plot(rc.company)
    direct = CASES["taken by whom it is for"][0](plot)
    rc.tell(plot.answered_in_turn(), replace(direct, number=1))
    queued, direct = (with_names(plot, one) for one in rc.analytics(NEW_YORK).calls())
    seconds = [
        (one["wait_seconds"], one["ring_seconds"], one["talk_seconds"]) for one in (queued, direct)
    ]
    assert seconds == [(38, 36, 120), (None, None, None)]
    assert (queued["answered_by"], queued["first_person"], queued["records"]) == ("three", "one", 3)


def test_in_the_logs_of_extensions_no_queue_is_known(company):
    """Who took the call is, and that it came in; several logs tell of one conversation."""
    rc = company()
    plot = Plot(rc.company)
    rc.tell(plot.answered_in_turn())
    truth = rc.analytics(NEW_YORK, [one.id for one in rc.company.people])
    row = with_names(plot, truth.calls()[0])
    assert len(truth.calls()) == 1
    assert not truth.queue_performance()
    expected = {
        "queue": None, "wait_seconds": None, "answered_by": "three", "outcome": "answered",
        "records": 3, "started_at": moment(14), "ring_seconds": 36, "talk_seconds": 120,
        "first_person": "one",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    (row,) = rc.analytics(NEW_YORK, [plot.two]).calls()
    assert (row["outcome"], row["records"], row["direction"]) == ("missed", 1, "Inbound")


def test_deleted_records_tell_nothing(company):
    """Without the main record, the others are all there is; without any, nothing happened."""
    rc = company()
    rc.tell(Plot(rc.company).answered_in_turn())
    rc.delete_conversation(0, "main")
    (row,) = rc.analytics(NEW_YORK).calls()
    assert (row["queue_id"], row["outcome"], row["records"]) == (None, "answered", 3)
    rc.delete_conversation(0)
    assert not rc.analytics(NEW_YORK).calls()


def test_queues_by_the_hour(company):
    """Each call once in each queue that it was in, by that queue's own four settings."""
    rc = company()
    plot = Plot(rc.company)
    billing = plot.billing.id
    stories = [
        plot.answered_in_turn(),  # 38 s: beyond Support's 30 s
        plot.overflowed(),
        *(
            plot.queue("abandoned", Waiting(at(0), at(seconds), billing, "abandoned"))
            for seconds in (14, 15)
        ),
        plot.queue(
            "answered", Waiting(at(0), at(40), billing, "answered"), Talk(at(40), at(50), plot.cid)
        ),
        plot.queue(
            "voicemail",
            Waiting(at(0), at(60), billing, "voicemail"),
            Message(at(60), at(80), billing),
        ),
        plot.queue("callback_requested", Waiting(at(0), at(60), billing, "callback_requested")),
        replace(plot.answered_in_turn(), legs=False),
    ]
    rc.tell(*(replace(one, number=number) for number, one in enumerate(stories)))
    rows = {one["queue_name"]: one for one in rc.analytics(NEW_YORK).queue_performance()}
    hour = datetime(2026, 3, 4, 10)  # noqa: DTZ001 - local
    assert {one["local_hour"] for one in rows.values()} == {hour}
    columns = (
        "offered", "answered", "voicemail", "abandoned", "abandoned_short", "missed",
        "callback_requested", "overflow_in", "sla_in_time", "sla_base", "wait_seconds_sum",
        "wait_seconds_max", "waits", "sla_seconds",
    )  # fmt: skip
    assert {name: tuple(row[one] for one in columns) for name, row in rows.items()} == {
        # Support does not count abandoned ones; of the call without legs no wait is known.
        "Support queue": (3, 2, 0, 0, 0, 0, 0, 0, 0, 1, 98, 60, 2, 30),
        "Front desk": (1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 15, 15, 1, 15),
        # Billing has 40 s, and counts those abandoned after 15 s and more.
        "Billing queue": (5, 1, 1, 2, 1, 0, 1, 0, 1, 3, 189, 60, 5, 40),
    }


def test_people_by_the_day(company):
    """Whom queues rang, who took what, who called whom, and how long they talked."""
    rc = company()
    plot = Plot(rc.company)
    stories = [
        plot.overflowed(),
        plot.answered_in_turn(),
        CASES["handed on"][0](plot),
        CASES["to an outsider"][0](plot),
        plot.outbound("not_connected", start=at(600), end=at(620)),
        plot.direct(
            "answered", Ring(at(0), at(5), plot.ann, "answered"), Talk(at(5), at(15), plot.ann)
        ),
    ]
    # The last one is after midnight in New York, and on the day before in UTC it is not.
    stories[-1] = replace(
        stories[-1], start=at(14 * 3600), end=at(14 * 3600 + 15),
        steps=(
            Ring(at(14 * 3600), at(14 * 3600 + 5), plot.ann, "answered"),
            Talk(at(14 * 3600 + 5), at(14 * 3600 + 15), plot.ann),
        ),
    )  # fmt: skip
    rc.tell(*(replace(one, number=number) for number, one in enumerate(stories)))
    rc.clock.advance(days=1)
    rows = rc.analytics(NEW_YORK).people_performance()
    names = {
        plot.ann: "ann",
        plot.bob: "bob",
        plot.one: "one",
        plot.two: "two",
        plot.three: "three",
    }
    columns = ("offered", "answered", "refused", "outbound", "connected", "talk_seconds")
    assert {
        (names[one["person_id"]], one["local_date"]): tuple(one[name] for name in columns)
        for one in rows
    } == {
        ("one", date(2026, 3, 4)): (3, 1, 2, 0, 0, 25),
        ("two", date(2026, 3, 4)): (1, 0, 1, 0, 0, None),
        ("three", date(2026, 3, 4)): (1, 1, 0, 0, 0, 120),
        ("ann", date(2026, 3, 4)): (0, 1, 0, 2, 1, 60),
        ("bob", date(2026, 3, 4)): (0, 1, 0, 0, 0, 29),
        ("ann", date(2026, 3, 5)): (0, 1, 0, 0, 0, 10),
    }
    ann = next(one for one in rows if one["person_id"] == plot.ann and one["outbound"])
    person = rc.company.person(plot.ann)
    assert (ann["person_name"], ann["department"], ann["site"]) == (
        person.name,
        person.team,
        person.site,
    )
    assert (ann["first_call_at"], ann["last_call_at"]) == (moment(0), moment(600))


def test_missed_calls_and_who_called_back(company):
    """The first outbound call to the number after the missed one; none for numbers not whole."""
    rc = company()
    plot = Plot(rc.company)

    def missed(start, **fields):
        ring = Ring(at(start), at(start + 10), plot.ann, "missed")
        return plot.direct("missed", ring, start=at(start), result="No Answer", **fields)

    def back(start, **fields):
        return plot.outbound("not_connected", start=at(start), end=at(start + 20), **fields)

    masked = Party("+1212555XXXX")
    stories = [
        missed(0),
        missed(100),
        back(95),  # after the start of the first, before that of the second
        back(710),
        back(800),
        missed(900),
        missed(0, caller=masked),
        back(500, called=masked),
        missed(0, caller=Party()),
    ]
    rc.tell(*(replace(one, number=number) for number, one in enumerate(stories)))
    rows = rc.analytics(NEW_YORK).missed_calls()
    ids = {one.story.number: one.id for one in rc.conversations()}
    assert [
        (one["conversation_id"], one["callback_conversation_id"], one["callback_minutes"])
        for one in rows
    ] == [
        (ids[0], ids[2], 95 / 60),
        (ids[1], ids[3], 610 / 60),
        (ids[5], None, None),
        (ids[6], None, None),
        (ids[8], None, None),
    ]
    assert rows[0]["called_back_at"] == moment(95)
    assert {one["person_id"] for one in rows} == {plot.ann}
    assert [one["caller_number"] for one in rows][3:] == [None, None]


def test_missed_callers_who_got_through_later(company):
    """The first answered call from the number after the missed one; none for numbers not whole."""
    rc = company()
    plot = Plot(rc.company)

    def missed(start, **fields):
        ring = Ring(at(start), at(start + 10), plot.ann, "missed")
        return plot.direct("missed", ring, start=at(start), result="No Answer", **fields)

    def taken(start, until, **fields):
        steps = (
            Ring(at(start), at(start + 5), plot.ann, "answered"),
            Talk(at(start + 5), at(until), plot.ann),
        )
        return plot.direct("answered", *steps, start=at(start), **fields)

    masked = Party("+1212555XXXX")
    stories = [
        taken(0, 300),  # had begun before the first one was missed
        missed(100),
        taken(105, 400),  # had begun before that one ended
        missed(200),  # again in vain
        taken(600, 660),
        taken(700, 760),
        missed(900),
        missed(0, caller=masked),
        taken(500, 560, caller=masked),
    ]
    rc.tell(*(replace(one, number=number) for number, one in enumerate(stories)))
    rows = rc.analytics(NEW_YORK).missed_calls()
    assert [one["got_through_at"] for one in rows] == [moment(600), moment(600), None, None]


def test_callers_and_how_often_they_call_again(company):
    """Within a day, three, seven; of withheld and masked numbers nobody can tell."""
    rc = company()
    plot = Plot(rc.company)
    hours = (0, 23, 50, 50 + 3 * 24 + 1, 50 + 10 * 24)

    def call(hour, **fields):
        begin = at(hour * 3600)
        steps = (
            Ring(begin, begin + 5000, plot.ann, "answered"),
            Talk(begin + 5000, begin + 9000, plot.ann),
        )
        return plot.direct("answered", *steps, start=begin, **fields)

    stories = [call(one) for one in hours]
    stories += [call(1, caller=Party("+1212555XXXX")), call(1, caller=Party())]
    rc.tell(*(replace(one, number=number) for number, one in enumerate(stories)))
    rc.clock.advance(days=20)
    row, unknown = rc.analytics(NEW_YORK).callers()
    assert row == {
        "account_id": rc.account_id, "number": plot.outsider.number, "first_at": moment(0),
        "last_at": moment(290 * 3600), "calls": 5, "answered": 5,
        # Apart by 23, 27, 73 and 167 hours.
        "repeats_within_1d": 1, "repeats_within_3d": 2, "repeats_within_7d": 4,
    }  # fmt: skip
    assert (unknown["number"], unknown["calls"], unknown["repeats_within_7d"]) == (None, 2, None)


def test_concurrency_and_volume_across_the_change_of_clocks(company):
    """What New York's clocks show twice is one quarter; calls are cut where a quarter ends."""
    rc = company()
    rc.clock.set("2025-11-03T00:00:00Z")
    plot = Plot(rc.company)
    # 01:10 to 01:20 in summer time, and the same an hour later, in winter time, two at a time.
    spans = [(70, 80), (130, 140), (139, 141), (140, 150)]
    begin = to_ms("2025-11-02T04:00:00Z")
    stories = [
        plot.direct(
            "missed",
            Ring(begin + first * MINUTE, begin + last * MINUTE, plot.ann, "missed"),
            start=begin + first * MINUTE,
            number=number,
        )
        for number, (first, last) in enumerate(spans)
    ]
    rc.tell(*stories)
    truth = rc.analytics(NEW_YORK)
    assert sorted(
        (f"{one['local_quarter']:%d %H:%M}", one["peak_calls"], one["call_seconds"])
        for one in truth.concurrency()
    ) == [("02 01:00", 1, 600), ("02 01:15", 2, 300 + 300 + 120 + 600)]
    assert [
        (one["local_weekday"], one["local_hour"], one["direction"], one["outcome"], one["calls"])
        for one in truth.volume()
    ] == [(7, 1, "Inbound", "missed", 4)]
    starts = [one["local_started_at"] for one in truth.calls()]
    assert [(after - before).total_seconds() for before, after in pairwise(starts)] == [0, 540, 60]
