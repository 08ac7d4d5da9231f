"""What the report is about: which days, which calls, by which clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from ringcentral_report import times
from ringcentral_report.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ringcentral_report.source import Marts

Row = tuple[Any, ...]

#: What the page shows where nothing is asked for.
DAYS = 30
#: The most that a file holds where nothing is asked for.
MOST_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the user has asked for.

    Attributes:
        begin: its first local day, None for the latest `DAYS`.
        end: its last local day, None for the latest that there is.
        zone: the name of the marts' time zone, None where nobody has told it.
        account: id of the account, None for all.
        queues: ids, numbers or names of the queues that are included; empty for all.
        people: ids, numbers or names of the people that are included; empty for all.
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


class Scope:
    """The marts, the days and the calls that a report is about.

    Attributes:
        marts: the tables.
        choice: what the user has asked for.
        clock: of the company.
        begin: the first local day that is shown at first.
        end: the last one.
        base: the day that times are counted from, a time before it to compare with included.
        first: the first local day with a call.
        seen_to: the end of the latest call by the local clock, None where there is no call.
        seen_to_utc: the same in UTC.
        queues: the queues that tables name.
        people: the people that tables name.

    Raises:
        ReportError: the choice does not fit the marts.
    """

    def __init__(self, marts: Marts, choice: Choice) -> None:
        self.marts, self.choice = marts, choice
        self.clock = times.Clock(choice.zone, self._clock_pairs())
        if not self.clock.fits():
            shown = times.Clock(None, self._clock_pairs()).name
            message = (
                f"the marts were built for the time zone {shown}, not {choice.zone}: build them "
                f"with DBT_POSTGRES_TIME_ZONE or DBT_DUCKDB_TIME_ZONE={choice.zone}, or leave "
                "--time-zone out"
            )
            raise ReportError(message)
        self.first, last, self.seen_to_utc = self._bounds()
        seen = self.seen_to_utc
        self.seen_to = None if seen is None else self.clock.local(seen)
        self.end = choice.end or last
        self.begin = choice.begin or max(self.first, self.end - timedelta(DAYS - 1))
        if self.begin > self.end:
            raise ReportError(self._why_there_is_no_day(last))
        # What is shown, and as long a time before to compare it with.
        self.base = self.begin - (self.end - self.begin) - timedelta(1)
        if choice.begin is None:
            self.base = min(self.base, max(self.first, self.end - timedelta(MOST_DAYS)))
        self._origin = times.day_number(self.base) * 86400
        self.queues, self.people = Names(), Names()
        self._extensions = self._read_extensions()
        self._queue_ids = self._chosen_queues()
        self._people_ids = self._chosen_people()

    def _why_there_is_no_day(self, last: date) -> str:
        begin, end = self.choice.begin, self.choice.end
        if begin and end:
            return f"--from {begin} is later than --to {end}: swap them"
        if begin:
            return f"--from {begin} is later than the latest call, which began on {last}"
        return f"--to {end} is earlier than the first call, which began on {self.first}"

    def _clock_pairs(self) -> list[Row]:
        """Return for each hour with calls a moment, and what the clocks showed."""
        query = """
            SELECT MIN(started_at), MIN(local_started_at) FROM {schema}.calls
            GROUP BY DATE_TRUNC('hour', started_at)
        """
        return self.marts.rows(query)

    def _bounds(self) -> tuple[date, date, datetime | None]:
        condition, values = self.account()
        query = f"""
            SELECT MIN(local_started_at), MAX(local_started_at), MAX(ended_at)
            FROM {{schema}}.calls WHERE {condition}
        """  # noqa: S608 - the schema is quoted, values are given apart
        ((first, last, ended),) = self.marts.rows(query, values)
        if first is None:
            if self.choice.account is not None:
                message = f"--account {self.choice.account!r}: no account with calls has that id"
                raise ReportError(message)
            today = self.choice.end or datetime.now(timezone.utc).date()
            return today, today, None
        return first.date(), last.date(), ended

    def _read_extensions(self) -> dict[tuple[str, str], Row]:
        if "extensions" not in self.marts.tables():
            return {}
        query = """
            SELECT account_id, extension_id, extension_number, name, department, site
            FROM {schema}.extensions
        """
        return {(one[0], one[1]): one[2:] for one in self.marts.rows(query)}

    def _chosen_queues(self) -> tuple[str, ...] | None:
        if not self.choice.queues:
            return None
        known = self._ids("calls", "queue_id") | self._ids("queue_performance", "queue_id")
        return self._found("--queue", "queue", self.choice.queues, known)

    def _chosen_people(self) -> tuple[str, ...] | None:
        """Return the people that are named, and those of the sites that are named."""
        if not self.choice.people and not self.choice.sites:
            return None
        known = (
            self._ids("calls", "answered_by_id")
            | self._ids("calls", "first_person_id")
            | self._ids("people_performance", "person_id")
        )
        found = set(self._found("--person", "person", self.choice.people, known))
        for site in self.choice.sites:
            there = {key[1] for key, one in self._extensions.items() if one[3] == site}
            if not there:
                message = f"--site {site!r}: no extension is at a site of that name"
                raise ReportError(message)
            found |= there
        return tuple(sorted(found))

    def _ids(self, mart: str, column: str) -> set[str]:
        if mart not in self.marts.tables():
            return set()
        condition, values = self.account()
        query = f"""
            SELECT DISTINCT {column} FROM {{schema}}.{mart}
            WHERE {condition} AND {column} IS NOT NULL
        """  # noqa: S608 - names of marts and columns, values are given apart
        return {one for (one,) in self.marts.rows(query, values)}

    def _found(
        self, option: str, what: str, wanted: tuple[str, ...], known: set[str]
    ) -> tuple[str, ...]:
        """Return the ids of what the user has named."""
        by_word: dict[str, set[str]] = {one: {one} for one in known}
        for (_, extension), (number, name, _, _) in self._extensions.items():
            if extension in known:
                for word in filter(None, (number, name)):
                    by_word.setdefault(word, set()).add(extension)
        for one in wanted:
            if one not in by_word:
                message = f"{option} {one!r}: no {what} with calls has that name, number or id"
                raise ReportError(message)
        return tuple(sorted(set().union(*(by_word[one] for one in wanted))))

    def account(self, table: str = "") -> tuple[str, tuple[str, ...]]:
        """Return the condition of a query that the account is the one asked for, and its values."""
        if self.choice.account is None:
            return "1 = 1", ()
        return f"{table}account_id = ?", (self.choice.account,)

    def included(self, table: str = "calls.") -> tuple[str, tuple[str, ...]]:
        """Return the condition of a query that calls are included, and its values."""
        condition, values = self.account(table)
        if self._queue_ids is not None:
            condition += f" AND {table}queue_id IN ({_marks(self._queue_ids)})"
            values += self._queue_ids
        if self._people_ids is not None:
            marks = _marks(self._people_ids)
            condition += (
                f" AND ({table}answered_by_id IN ({marks}) OR {table}first_person_id IN ({marks}))"
            )
            values += self._people_ids * 2
        return condition, values

    def included_rows(self, column: str) -> tuple[str, tuple[str, ...]]:
        """Return the condition for a mart with a column of queues or of people, and its values."""
        condition, values = self.account()
        ids = self._queue_ids if column == "queue_id" else self._people_ids
        if ids is not None:
            condition += f" AND {column} IN ({_marks(ids)})"
            values += ids
        return condition, values

    @property
    def is_part(self) -> bool:
        """Whether queues or people are left out."""
        return self._queue_ids is not None or self._people_ids is not None

    def days(self, first: date, last: date) -> tuple[datetime, datetime]:
        """Return the local time from one day to another, both included."""
        midnight = datetime.min.time()
        return datetime.combine(first, midnight), datetime.combine(last + timedelta(1), midnight)

    def since(self, local: date) -> int:
        """Return a local time, or the beginning of a day, as seconds since the base."""
        if not isinstance(local, datetime):
            local = datetime.combine(local, datetime.min.time())
        return times.seconds(local) - self._origin

    def queue(self, account: str | None, queue: str | None) -> int | None:
        """Return the place of a queue among the names."""
        if account is None or queue is None:
            return None
        number, name, _, _ = self._extensions.get((account, queue), (None, None, None, None))
        return self.queues.place((account, queue), {"id": queue, "name": name, "number": number})

    def person(self, account: str | None, person: str | None) -> int | None:
        """Return the place of a person among the names."""
        if account is None or person is None:
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
        return self.people.place((account, person), entry)


def thousandths(value: float | None) -> int | None:
    """Return seconds as whole milliseconds."""
    return None if value is None else round(float(value) * 1000)


def _marks(values: Sequence[str]) -> str:
    # An empty list is no SQL.
    return ", ".join("?" * len(values)) or "NULL"
