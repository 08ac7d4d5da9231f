"""Calls: the latest one by one, and all of them as sums by hour and by day."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ringcentral_report.scope import Names, Row, Scope, thousandths
from ringcentral_report.words import DIRECTIONS, OUTCOMES, TO_CALL_BACK, TYPES

if TYPE_CHECKING:
    from ringcentral_report.packing import Pack

#: So many calls stand one by one in the file, at most; of more, the latest days that they fill.
MOST_ROWS = 40_000
_REPEATS = timedelta(7)

# What the sums count beside outcomes.
_MISSED = """
    calls.direction = 'Inbound'
    AND calls.outcome IN ('missed', 'voicemail', 'abandoned', 'callback_requested')
"""
_SUMS = {
    "called_back": f"calls.outcome IN {TO_CALL_BACK} AND missed.called_back_at IS NOT NULL",
    "hidden": f"{_MISSED} AND missed.callback_minutes IS NULL AND missed.caller_number IS NULL",
    "open": f"""{_MISSED} AND missed.callback_minutes IS NULL AND missed.got_through_at IS NULL
      AND missed.caller_number IS NOT NULL""",
    "through": f"""{_MISSED} AND missed.callback_minutes IS NULL
      AND missed.got_through_at IS NOT NULL""",
    "within_hour": f"{_MISSED} AND missed.callback_minutes <= 60",
    "within_day": f"{_MISSED} AND missed.callback_minutes <= 1440",
    "later": f"{_MISSED} AND missed.callback_minutes > 1440",
}
# Of a caller who called a moment ago, nobody knows whether the callback comes within the hour.
_JUDGED = {"judged_hour": (60, timedelta(hours=1)), "judged_day": (1440, timedelta(days=1))}
#: Calls, and what is known of those that nobody took.
CALLS = """
    FROM {schema}.calls AS calls
    LEFT JOIN {schema}.missed_calls AS missed
      ON missed.account_id = calls.account_id
      AND missed.conversation_id = calls.conversation_id
"""
_DAY = "CAST(calls.local_started_at AS DATE)"


class Calls:
    """Reads the calls of a report.

    Args:
        scope: what the report is about.

    Attributes:
        callers: those whom the calls name.
        groups: names of sites and of departments, where there are sums of them.
        rows_from: the first day whose calls stand one by one; for earlier days there are sums.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.callers = Names()
        self.groups: dict[str, list[str]] = {"site": [], "department": []}
        self.rows_from = self._first_whole_day()

    def _first_whole_day(self) -> date:
        begin, end = self._scope.days(self._scope.base, self._scope.end)
        condition, values = self._scope.included()
        query = f"""
            SELECT {_DAY}, COUNT(*) FROM {{schema}}.calls AS calls
            WHERE {condition} AND calls.local_started_at >= ? AND calls.local_started_at < ?
            GROUP BY 1 ORDER BY 1 DESC
        """  # noqa: S608 - the schema is quoted, values are given apart
        rows, latest = 0, self._scope.end + timedelta(1)
        for day, calls in self._scope.marts.rows(query, (*values, begin, end)):
            rows += calls
            if rows > MOST_ROWS:
                return latest
            latest = day
        return self._scope.base

    def pack(self, pack: Pack) -> None:
        """Add the calls, and where not all stand one by one, the sums."""
        self._rows(pack)
        if self.rows_from > self._scope.base:
            self._sums(pack)

    def _rows(self, pack: Pack) -> None:
        scope = self._scope
        begin, end = scope.days(self.rows_from, scope.end)
        condition, values = scope.included()
        query = f"""
            SELECT calls.account_id, calls.local_started_at, calls.started_at, calls.direction,
              calls.is_internal, calls.type, calls.outcome, calls.queue_id, calls.answered_by_id,
              calls.first_person_id, calls.wait_seconds, calls.talk_seconds, calls.caller_number,
              calls.caller_name, missed.callback_minutes, missed.got_through_at,
              calls.other_number
            {CALLS}
            WHERE {condition} AND calls.local_started_at >= ? AND calls.local_started_at < ?
            ORDER BY calls.local_started_at, calls.conversation_id
        """
        rows = scope.marts.rows(query, (*values, begin - _REPEATS, end))
        since = _seconds_since_before(rows)
        first = next((place for place, one in enumerate(rows) if one[1] >= begin), len(rows))
        rows, since = rows[first:], since[first:]
        pack.add("calls", {
            "at": [scope.since(one[1]) for one in rows],
            "direction": [_index(DIRECTIONS, one[3]) for one in rows],
            "internal": [None if one[4] is None else int(one[4]) for one in rows],
            "type": [_index(TYPES, one[5]) for one in rows],
            "outcome": [_index(OUTCOMES, one[6]) for one in rows],
            "queue": [scope.queue(one[0], one[7]) for one in rows],
            "answerer": [scope.person(one[0], one[8]) for one in rows],
            "person": [scope.person(one[0], one[9]) for one in rows],
            "wait": [thousandths(one[10]) for one in rows],
            "talk": [thousandths(one[11]) for one in rows],
            "caller": [self._caller(one) for one in rows],
            "countable": [int(one[16] is not None) for one in rows],
            "before": since,
            "callback": [thousandths(one[14]) for one in rows],
            "through": [_seconds(one[2], one[15]) for one in rows],
        }, sorted_by="at")  # fmt: skip

    def _caller(self, row: Row) -> int | None:
        account, direction, number, name, plain = row[0], row[3], row[12], row[13], row[16]
        if direction != "Inbound" or not number:
            return None
        key = account, plain or number
        if self._scope.choice.anonymous:
            return self.callers.place(key, {})
        return self.callers.place(key, {"number": key[1], "name": name})

    def _sums(self, pack: Pack) -> None:
        """Add sums of all calls by hour, and by day for each queue, site and department."""
        scope = self._scope
        self._add_sums(pack, "sums", "DATE_TRUNC('hour', calls.local_started_at)", "NULL", "")
        self._add_sums(pack, "queue_sums", _DAY, "calls.queue_id", "")
        if "extensions" not in scope.marts.tables():
            return
        for field, names in self.groups.items():
            query = f"""
                SELECT DISTINCT {field} FROM {{schema}}.extensions
                WHERE {field} IS NOT NULL ORDER BY 1
            """  # noqa: S608 - names of columns
            names += [name for (name,) in scope.marts.rows(query)]
            self._add_sums(
                pack,
                f"{field}_sums",
                _DAY,
                "groups.name",
                # A call belongs to those of both people, and once where that is the same one.
                f"""
                    JOIN (
                      SELECT calls.account_id, calls.conversation_id, extensions.{field} AS name
                      FROM {{schema}}.calls AS calls
                      JOIN {{schema}}.extensions AS extensions
                        ON extensions.account_id = calls.account_id AND extensions.extension_id
                          IN (calls.answered_by_id, calls.first_person_id)
                      WHERE extensions.{field} IS NOT NULL
                      GROUP BY 1, 2, 3
                    ) AS groups
                      ON groups.account_id = calls.account_id
                      AND groups.conversation_id = calls.conversation_id
                """,  # noqa: S608 - names of columns
            )

    def _add_sums(self, pack: Pack, name: str, time: str, key: str, join: str) -> None:
        scope = self._scope
        condition, values = scope.included()
        known = ", ".join(f"'{one}'" for one in OUTCOMES if one != "unknown")
        counts = {
            **{one: f"calls.outcome = '{one}'" for one in OUTCOMES},
            "unknown": f"COALESCE(calls.outcome, '') NOT IN ({known})",
            **_SUMS,
            **{
                one: f"""{_MISSED} AND missed.caller_number IS NOT NULL
                  AND (missed.callback_minutes <= {minutes} OR calls.started_at <= {ripe})"""
                for one, (minutes, age) in _JUDGED.items()
                for ripe in (_moment(scope.seen_to_utc, age),)
            },
        }
        counted = ", ".join(f"COUNT(*) FILTER (WHERE {one})" for one in counts.values())
        query = f"""
            SELECT {time}, {key}, calls.direction, calls.type, MIN(calls.account_id),
              SUM(calls.talk_seconds), {counted}
            {CALLS} {join}
            WHERE {condition} AND calls.local_started_at >= ? AND calls.local_started_at < ?
            GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
        """
        rows = scope.marts.rows(query, (*values, *scope.days(scope.base, scope.end)))
        keys = {}
        if name == "queue_sums":
            keys = {"queue": [scope.queue(one[4], one[1]) for one in rows]}
        elif name != "sums":
            names = self.groups[name.removesuffix("_sums")]
            keys = {"name": [names.index(one[1]) for one in rows]}
        pack.add(name, {
            "at": [scope.since(one[0]) // 3600 for one in rows],
            **keys,
            "direction": [_index(DIRECTIONS, one[2]) for one in rows],
            "type": [_index(TYPES, one[3]) for one in rows],
            "talk": [thousandths(one[5]) for one in rows],
            **{count: [one[place] for one in rows] for place, count in enumerate(counts, 6)},
        }, sorted_by="at")  # fmt: skip


def _seconds_since_before(rows: list[Row]) -> list[int | None]:
    """Return for each call from outside how long before the same number called, s."""
    latest: dict[tuple[str, str], datetime] = {}
    found: dict[int, int] = {}
    for place in sorted(range(len(rows)), key=lambda one: rows[one][2]):
        account, _, started, direction, is_internal, kind = rows[place][:6]
        number = rows[place][16]
        if direction != "Inbound" or is_internal or kind == "Fax" or number is None:
            continue
        if before := latest.get((account, number)):
            # A moment more than a day is more than a day.
            found[place] = math.ceil((started - before).total_seconds())
        latest[account, number] = started
    return [found.get(place) for place in range(len(rows))]


def _seconds(begin: datetime, end: datetime | None) -> int | None:
    return None if end is None else round((end - begin).total_seconds())


def _moment(latest: datetime | None, age: timedelta) -> str:
    """Return the moment so long before the end of the latest call, for SQL."""
    return "NULL" if latest is None else f"TIMESTAMP '{latest - age}'"


def _index(words: tuple[str, ...], word: str | None) -> int | None:
    if word in words:
        return words.index(word)
    return words.index("unknown") if "unknown" in words else None
