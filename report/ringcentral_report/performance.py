"""What queues, people and the whole company did, by hour, by day and by quarter of an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringcentral_report.scope import Row, Scope, thousandths

if TYPE_CHECKING:
    from datetime import date, datetime

    from ringcentral_report.packing import Pack

#: Of more rows of queues than this, the hours of a day are added up.
MOST_QUEUE_HOURS = 60_000
_QUEUE_COUNTS = (
    "offered", "answered", "voicemail", "abandoned", "abandoned_short", "missed",
    "callback_requested", "overflow_in", "sla_in_time", "sla_base", "waits", "unknown",
)  # fmt: skip
_PEOPLE_COUNTS = ("offered", "answered", "refused", "outbound", "connected")


def pack_queues(scope: Scope, pack: Pack) -> int:
    """Add what each queue did, by hour, or by day where these are too many.

    Returns:
        The seconds that a row stands for.
    """
    mart, (condition, values) = ("queue_performance", "local_hour"), scope.included_rows("queue_id")
    counted = _rows(scope, mart, "local_hour, 1", (condition, values))
    is_daily = len(counted) > MOST_QUEUE_HOURS
    time = "DATE_TRUNC('day', local_hour)" if is_daily else "local_hour"
    sums = ", ".join(f"SUM({one})" for one in (*_QUEUE_COUNTS, "wait_seconds_sum"))
    columns = f"{time}, queue_id, {sums}, MAX(wait_seconds_max), MAX(sla_seconds)"
    rows = _rows(scope, mart, columns, (f"{condition} GROUP BY 1, 2, 3", values))
    pack.add("queues", {
        "hour": [scope.since(one[1]) // 3600 for one in rows],
        "queue": [scope.queue(one[0], one[2]) for one in rows],
        **{
            name: [None if one[place] is None else int(one[place]) for one in rows]
            for place, name in enumerate(_QUEUE_COUNTS, 3)
        },
        "waited": [thousandths(one[-3]) for one in rows],
        "longest": [thousandths(one[-2]) for one in rows],
    }, sorted_by="hour")  # fmt: skip
    for account, _, queue, *_, threshold in rows:
        place = scope.queue(account, queue)
        if place is not None:
            scope.queues.entries[place]["threshold"] = threshold
    return 86400 if is_daily else 3600


def pack_people(scope: Scope, pack: Pack, rows_from: date) -> None:
    """Add what each person did, by day; first and last calls from a day on."""
    columns = ", ".join((*_PEOPLE_COUNTS, "talk_seconds", "first_call_at", "last_call_at"))
    rows = _rows(
        scope,
        ("people_performance", "local_date"),
        f"local_date, person_id, {columns}",
        scope.included_rows("person_id"),
    )

    def minute(utc: datetime | None, day: date) -> int | None:
        """Return the minute of the day that the clocks showed."""
        if utc is None or day < rows_from:
            return None
        local = scope.clock.local(utc)
        return local.hour * 60 + local.minute

    pack.add("people", {
        "day": [(one[1] - scope.base).days for one in rows],
        "person": [scope.person(one[0], one[2]) for one in rows],
        **{name: [one[place] for one in rows] for place, name in enumerate(_PEOPLE_COUNTS, 3)},
        "talk": [thousandths(one[8]) for one in rows],
        "first": [minute(one[9], one[1]) for one in rows],
        "last": [minute(one[10], one[1]) for one in rows],
    }, sorted_by="day")  # fmt: skip


def pack_quarters(scope: Scope, pack: Pack) -> None:
    """Add how many calls were under way in each quarter of an hour.

    The peaks of several accounts do not add up: at which moment each was, no mart tells.
    """
    mart = ("concurrency", "local_quarter")
    rows = _rows(scope, mart, "local_quarter, peak_calls, call_seconds", scope.account())
    if len({one[0] for one in rows}) > 1:
        rows = []
    pack.add("quarters", {
        "quarter": [scope.since(one[1]) // 900 for one in rows],
        "peak": [one[2] for one in rows],
        "seconds": [thousandths(one[3]) for one in rows],
    }, sorted_by="quarter")  # fmt: skip


def _rows(
    scope: Scope, mart: tuple[str, str], columns: str, where: tuple[str, tuple[str, ...]]
) -> list[Row]:
    """Return columns of a mart's rows in the report's range, by time; `mart` names its time."""
    name, time = mart
    if name not in scope.marts.tables():
        return []
    condition, values = where
    query = f"""
        SELECT account_id, {columns} FROM {{schema}}.{name}
        WHERE {time} >= ? AND {time} < ? AND {condition}
        ORDER BY 2, 3
    """  # noqa: S608 - names of marts and columns, values are given apart
    return scope.marts.rows(query, (*scope.days(scope.base, scope.end), *values))
