"""What the page knows: the marts of a period, as tables of numbers over lists of names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ringcentral_report import times
from ringcentral_report.errors import ReportError
from ringcentral_report.packing import Pack
from ringcentral_report.words import DIRECTIONS, OUTCOMES, TO_CALL_BACK, TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringcentral_report.source import Marts

Row = tuple[Any, ...]

#: What the page shows where nothing is asked for.
DAYS = 30
_EXPIRING = 500
_REPEATS = timedelta(7)
_SHORTEST_NUMBER, _NATIONAL = 7, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the report is about.

    Attributes:
        begin: its first local day, None for the latest `DAYS`.
        end: its last local day, None for the latest that there is.
        zone: the name of the marts' time zone, None where nobody has told it.
        account: id of the account, None for all.
        queues: ids or names of the queues that are included; empty for all.
        people: ids or names of the people that are included; empty for all.
        sites: names of the sites that are included; empty for all.
        anonymous: whether numbers and names of callers are left out.
    """

    begin: date | None = None
    end: date | None = None
    zone: str | None = None
    account: str | None = None
    queues: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    anonymous: bool = False


class Names:
    """A list of names, in which tables name them by their place.

    Attributes:
        entries: what the page is told of each.
    """

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self.entries: list[dict[str, Any]] = []

    def place(self, key: tuple[str, str], entry: dict[str, Any]) -> int:
        """Return the place of a key; the entry is added where it is new."""
        if key not in self._places:
            self._places[key] = len(self.entries)
            self.entries.append(entry)
        return self._places[key]


@dataclass(slots=True)
class Facts:
    """All that the page is given.

    Attributes:
        about: names, periods and the short tables, as JSON has them.
        tiles: the figures of the overview, for readers without scripts.
        pack: the long tables.
    """

    about: dict[str, Any] = field(default_factory=dict)
    tiles: dict[str, float | None] = field(default_factory=dict)
    pack: Pack = field(default_factory=Pack)


def gather(marts: Marts, choice: Choice) -> Facts:
    """Read what the report shows.

    Args:
        marts: the tables.
        choice: what the report is about.

    Raises:
        ReportError: the choice does not fit the marts.
    """
    return _Reading(marts, choice).facts()


class _Reading:
    def __init__(self, marts: Marts, choice: Choice) -> None:
        self._marts, self._choice = marts, choice
        self._clock = times.Clock(choice.zone, self._clock_pairs())
        if not self._clock.fits():
            shown = times.Clock(None, self._clock_pairs()).name
            message = (
                f"the marts' days are those of {shown}, not of {choice.zone}: build them with "
                f"DBT_POSTGRES_TIME_ZONE or DBT_DUCKDB_TIME_ZONE={choice.zone}, or leave "
                "--time-zone out"
            )
            raise ReportError(message)
        self._account = "account_id = ?" if choice.account else "1 = 1"
        self._values = (choice.account,) if choice.account else ()
        self._first, self._last, self._seen_to = self._bounds()
        self._begin = choice.begin or max(
            self._first, (choice.end or self._last) - timedelta(DAYS - 1)
        )
        self._end = choice.end or self._last
        if self._begin > self._end:
            message = f"--from {self._begin} is later than --to {self._end}: swap them"
            raise ReportError(message)
        # What is shown, and as long a time before to compare it with.
        before = self._begin - (self._end - self._begin) - timedelta(1)
        self._base = min(before, self._first) if choice.begin is None else before
        self._origin = times.day_number(self._base) * 86400
        self._queues, self._people, self._callers = Names(), Names(), Names()
        self._extensions = self._read_extensions()

    def facts(self) -> Facts:
        """Read all tables."""
        facts = Facts()
        pack = facts.pack
        facts.tiles = self._tiles()
        self._calls(pack)
        self._queue_hours(pack)
        self._people_days(pack)
        self._quarters(pack)
        uncovered, health = self._health()
        facts.about = {
            "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "zone": self._clock.name,
            "anonymous": self._choice.anonymous,
            "base": self._base.isoformat(),
            "first": max(self._base, self._first).isoformat(),
            "from": self._begin.isoformat(),
            "to": self._end.isoformat(),
            "seenTo": None if self._seen_to is None else self._since(self._seen_to),
            "outcomes": OUTCOMES,
            "queues": self._queues.entries,
            "people": self._people.entries,
            "callers": self._callers.entries,
            "uncovered": uncovered,
            "health": health,
            "recordings": self._recordings(),
            "tables": pack.tables,
        }
        return facts

    def _clock_pairs(self) -> list[Row]:
        """Return for each hour with calls a moment, and what the clocks showed."""
        query = """
            SELECT MIN(started_at), MIN(local_started_at) FROM {schema}.calls
            GROUP BY DATE_TRUNC('hour', started_at)
        """
        return self._marts.rows(query)

    def _bounds(self) -> tuple[date, date, datetime | None]:
        query = f"""
            SELECT MIN(local_started_at), MAX(local_started_at), MAX(ended_at)
            FROM {{schema}}.calls WHERE {self._account}
        """  # noqa: S608 - the schema is quoted, values are given apart
        ((first, last, ended),) = self._marts.rows(query, self._values)
        if first is None:
            today = self._choice.end or datetime.now(timezone.utc).date()
            return today, today, None
        return first.date(), last.date(), self._clock.local(ended)

    def _since(self, local: datetime) -> int:
        return times.seconds(local) - self._origin

    def _read_extensions(self) -> dict[tuple[str, str], Row]:
        if "extensions" not in self._marts.tables():
            return {}
        query = """
            SELECT account_id, extension_id, extension_number, name, department, site
            FROM {schema}.extensions
        """
        return {(one[0], one[1]): one[2:] for one in self._marts.rows(query)}

    def _queue(self, account: str, queue: str | None) -> int | None:
        if queue is None:
            return None
        number, name, _, _ = self._extensions.get((account, queue), (None, None, None, None))
        return self._queues.place((account, queue), {"id": queue, "name": name, "number": number})

    def _person(self, account: str, person: str | None) -> int | None:
        if person is None:
            return None
        number, name, department, site = self._extensions.get(
            (account, person), (None, None, None, None)
        )
        entry = {
            "id": person,
            "name": name,
            "number": number,
            "department": department,
            "site": site,
        }
        return self._people.place((account, person), entry)

    def _calls(self, pack: Pack) -> None:
        begin, end = self._range()
        query = f"""
            SELECT calls.account_id, calls.local_started_at, calls.started_at, calls.direction,
              calls.is_internal, calls.type, calls.outcome, calls.queue_id, calls.answered_by_id,
              calls.first_person_id, calls.wait_seconds, calls.talk_seconds, calls.caller_number,
              calls.caller_name, missed.callback_minutes
            FROM {{schema}}.calls AS calls
            LEFT JOIN {{schema}}.missed_calls AS missed
              ON missed.account_id = calls.account_id
              AND missed.conversation_id = calls.conversation_id
            WHERE {self._account.replace("account_id", "calls.account_id")}
              AND calls.local_started_at >= ? AND calls.local_started_at < ?
            ORDER BY calls.local_started_at, calls.conversation_id
        """  # noqa: S608 - the schema is quoted, values are given apart
        rows = self._marts.rows(query, (*self._values, begin - _REPEATS, end))
        since = self._seconds_since_before(rows)
        rows, since = _from(begin, rows, since)
        callers = [self._caller(one) for one in rows]
        pack.add("calls", {
            "at": [self._since(one[1]) for one in rows],
            "direction": [_index(DIRECTIONS, one[3]) for one in rows],
            "internal": [None if one[4] is None else int(one[4]) for one in rows],
            "type": [_index(TYPES, one[5]) for one in rows],
            "outcome": [_outcome(one[6]) for one in rows],
            "queue": [self._queue(one[0], one[7]) for one in rows],
            "answerer": [self._person(one[0], one[8]) for one in rows],
            "person": [self._person(one[0], one[9]) for one in rows],
            "wait": [_thousandths(one[10]) for one in rows],
            "talk": [_thousandths(one[11]) for one in rows],
            "caller": callers,
            "countable": [int(plain_number(one[12]) is not None) for one in rows],
            "before": since,
            "callback": [_thousandths(one[14]) for one in rows],
        }, sorted_by="at")  # fmt: skip

    def _tiles(self) -> dict[str, float | None]:
        """Return the overview's figures of the period: voice only, both directions."""
        query = f"""
            SELECT calls.outcome, COUNT(*), COUNT(missed.called_back_at), SUM(calls.talk_seconds)
            FROM {{schema}}.calls AS calls
            LEFT JOIN {{schema}}.missed_calls AS missed
              ON missed.account_id = calls.account_id
              AND missed.conversation_id = calls.conversation_id
            WHERE {self._account.replace("account_id", "calls.account_id")}
              AND calls.type = 'Voice' AND calls.local_started_at >= ?
              AND calls.local_started_at < ?
            GROUP BY calls.outcome
        """  # noqa: S608 - the schema is quoted, values are given apart
        midnight = datetime.min.time()
        shown = (
            datetime.combine(self._begin, midnight),
            datetime.combine(self._end + timedelta(1), midnight),
        )
        found = self._marts.rows(query, (*self._values, *shown))
        counts = {outcome: number for outcome, number, _, _ in found}
        calls = sum(counts.values())
        talks = [talk for _, _, _, talk in found if talk is not None]
        query = f"""
            SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY wait_seconds)
            FROM {{schema}}.calls
            WHERE {self._account} AND type = 'Voice' AND local_started_at >= ?
              AND local_started_at < ?
        """  # noqa: S608 - the schema is quoted, values are given apart
        ((wait,),) = self._marts.rows(query, (*self._values, *shown))
        return {
            "calls": calls,
            **{
                name: counts.get(name, 0)
                for name in ("answered", "missed", "voicemail", "abandoned", "callback_requested")
            },
            "called_back": sum(back for outcome, _, back, _ in found if outcome in TO_CALL_BACK),
            "answered_share": counts.get("answered", 0) / calls if calls else None,
            "talk_seconds": sum(talks) if talks else None,
            "median_wait_seconds": wait,
        }

    def _seconds_since_before(self, rows: list[Row]) -> list[int | None]:
        """Return for each call from outside how long before the same number called, s."""
        latest: dict[tuple[str, str], datetime] = {}
        found: dict[int, int] = {}
        for place in sorted(range(len(rows)), key=lambda one: rows[one][2]):
            account, _, started, direction, is_internal, kind = rows[place][:6]
            number = plain_number(rows[place][12])
            if direction != "Inbound" or is_internal or kind == "Fax" or number is None:
                continue
            if before := latest.get((account, number)):
                # A moment more than a day is more than a day.
                found[place] = math.ceil((started - before).total_seconds())
            latest[account, number] = started
        return [found.get(place) for place in range(len(rows))]

    def _caller(self, row: Row) -> int | None:
        account, direction, number, name = row[0], row[3], row[12], row[13]
        if direction != "Inbound" or not number:
            return None
        key = account, plain_number(number) or number
        if self._choice.anonymous:
            return self._callers.place(key, {})
        return self._callers.place(key, {"number": key[1], "name": name})

    def _queue_hours(self, pack: Pack) -> None:
        counts = (
            "offered", "answered", "voicemail", "abandoned", "abandoned_short", "missed",
            "callback_requested", "overflow_in", "sla_in_time", "sla_base", "waits",
        )  # fmt: skip
        rows = self._table(
            "queue_performance",
            "local_hour",
            ("queue_id", *counts, "wait_seconds_sum", "wait_seconds_max"),
        )
        pack.add("queues", {
            "hour": [self._since(one[1]) // 3600 for one in rows],
            "queue": [self._queue(one[0], one[2]) for one in rows],
            **{name: [one[place] for one in rows] for place, name in enumerate(counts, 3)},
            "waited": [_thousandths(one[-2]) for one in rows],
            "longest": [_thousandths(one[-1]) for one in rows],
        }, sorted_by="hour")  # fmt: skip

    def _people_days(self, pack: Pack) -> None:
        counts = ("offered", "answered", "refused", "outbound", "connected")
        rows = self._table(
            "people_performance",
            "local_date",
            ("person_id", *counts, "talk_seconds", "first_call_at", "last_call_at"),
        )
        pack.add("people", {
            "day": [(one[1] - self._base).days for one in rows],
            "person": [self._person(one[0], one[2]) for one in rows],
            **{name: [one[place] for one in rows] for place, name in enumerate(counts, 3)},
            "talk": [_thousandths(one[8]) for one in rows],
            "first": [self._minute(one[9]) for one in rows],
            "last": [self._minute(one[10]) for one in rows],
        }, sorted_by="day")  # fmt: skip

    def _minute(self, utc: datetime | None) -> int | None:
        """Return the minute of the day that the clocks showed."""
        if utc is None:
            return None
        local = self._clock.local(utc)
        return local.hour * 60 + local.minute

    def _quarters(self, pack: Pack) -> None:
        rows = self._table("concurrency", "local_quarter", ("peak_calls", "call_seconds"))
        pack.add("quarters", {
            "quarter": [self._since(one[1]) // 900 for one in rows],
            "peak": [one[2] for one in rows],
            "seconds": [_thousandths(one[3]) for one in rows],
        }, sorted_by="quarter")  # fmt: skip

    def _table(self, mart: str, time: str, columns: Sequence[str]) -> list[Row]:
        """Return account, time and columns of a mart's rows in the report's range, by time."""
        if mart not in self._marts.tables():
            return []
        query = f"""
            SELECT account_id, {time}, {", ".join(columns)} FROM {{schema}}.{mart}
            WHERE {self._account} AND {time} >= ? AND {time} < ?
            ORDER BY {time}, 3
        """  # noqa: S608 - names of marts and columns, values are given apart
        return self._marts.rows(query, (*self._values, *self._range()))

    def _range(self) -> tuple[datetime, datetime]:
        midnight = datetime.min.time()
        return (
            datetime.combine(self._base, midnight),
            datetime.combine(self._end + timedelta(1), midnight),
        )

    def _health(self) -> tuple[list[list[int]], list[dict[str, Any]]]:
        """Return what is not covered, as local seconds, and what is known of each month."""
        query = f"""
            SELECT month, is_whole, covered_from, covered_to, calls_read, calls_there, hole_from,
              hole_to
            FROM {{schema}}.archive_health WHERE {self._account} ORDER BY month
        """  # noqa: S608 - names of marts and columns, values are given apart
        rows = self._marts.rows(query, self._values)
        holes = [
            [self._since(self._clock.local(one[6])), self._since(self._clock.local(one[7]))]
            for one in rows
            if one[6] is not None
        ]
        # What lies outside of all months was not read either.
        if rows:
            first = self._since(datetime.combine(_as_date(rows[0][0]), datetime.min.time()))
            holes.insert(0, [-(10**9), first])
        health = [
            {
                "month": _as_date(one[0]).isoformat(),
                "whole": one[1],
                "from": _iso(one[2]),
                "to": _iso(one[3]),
                "read": one[4],
                "there": one[5],
                "holeFrom": _iso(one[6]),
                "holeTo": _iso(one[7]),
            }
            for one in rows
        ]
        return holes, health

    def _recordings(self) -> dict[str, Any] | None:
        if "recordings" not in self._marts.tables():
            return None
        query = f"""
            SELECT status, CAST(expires_at AS DATE), COUNT(*) FROM {{schema}}.recordings
            WHERE {self._account} GROUP BY 1, 2 ORDER BY 1, 2
        """  # noqa: S608 - names of marts and columns, values are given apart
        counts = [
            [status, _iso(day), number]
            for status, day, number in self._marts.rows(query, self._values)
        ]
        query = f"""
            SELECT recordings.recording_id, recordings.type, recordings.started_at,
              recordings.expires_at, recordings.status, calls.account_id, calls.queue_id,
              coalesce(calls.answered_by_id, calls.first_person_id)
            FROM (
              SELECT * FROM {{schema}}.recordings
              WHERE {self._account} AND status IN ('waiting', 'not_archived')
              ORDER BY expires_at, recording_id LIMIT {_EXPIRING}
            ) AS recordings
            LEFT JOIN {{schema}}.calls AS calls
              ON calls.account_id = recordings.account_id
              AND calls.conversation_id = recordings.conversation_id
            ORDER BY recordings.expires_at, recordings.recording_id
        """  # noqa: S608 - names of marts and columns, values are given apart
        expiring = [
            {
                "id": one[0],
                "type": one[1],
                "started": None if one[2] is None else self._since(self._clock.local(one[2])),
                "expires": None if one[3] is None else self._since(self._clock.local(one[3])),
                "status": one[4],
                "queue": self._queue(one[5], one[6]),
                "person": self._person(one[5], one[7]),
            }
            for one in self._marts.rows(query, self._values)
        ]
        return {"counts": counts, "expiring": expiring}


def _as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _index(words: tuple[str, ...], word: str | None) -> int | None:
    return words.index(word) if word in words else None


def _outcome(word: str | None) -> int:
    return OUTCOMES.index(word if word in OUTCOMES else "unknown")


def _thousandths(value: float | None) -> int | None:
    return None if value is None else round(float(value) * 1000)


def _from(
    begin: datetime, rows: list[Row], since: list[int | None]
) -> tuple[list[Row], list[int | None]]:
    first = next((place for place, one in enumerate(rows) if one[1] >= begin), len(rows))
    return rows[first:], since[first:]


def plain_number(text: str | None) -> str | None:
    """Return a phone number as + and its digits, as the marts do; None where it is none."""
    digits = re.sub("[^0-9]", "", text or "")
    if not text or not re.fullmatch("[+]?[0-9() ./-]+", text) or len(digits) < _SHORTEST_NUMBER:
        return None
    return f"+1{digits}" if len(digits) == _NATIONAL and text[0] != "+" else f"+{digits}"
