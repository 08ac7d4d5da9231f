"""What is in the archive, what is missing, and what RingCentral will forget next."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringcentral_report.scope import Scope

_EXPIRING = 500
_FAR = 10**9


def health(scope: Scope) -> tuple[list[list[int]], list[dict[str, Any]]]:
    """Return what is not covered, as local seconds, and what is known of each month."""
    condition, values = scope.account()
    query = f"""
        SELECT month, is_whole, covered_from, covered_to, calls_read, calls_there, hole_from,
          hole_to, account_id
        FROM {{schema}}.archive_health WHERE {condition} ORDER BY month, account_id
    """  # noqa: S608 - names of marts and columns, values are given apart
    rows = scope.marts.rows(query, values)
    holes = [
        [scope.since(scope.clock.local(one[6])), scope.since(scope.clock.local(one[7]))]
        for one in rows
        if one[6] is not None
    ]
    # What lies before the first month of an account was not read either.
    firsts: dict[str, date] = {}
    for one in rows:
        firsts.setdefault(one[8], _as_date(one[0]))
    if rows:
        holes[:0] = [[-_FAR, scope.since(first)] for first in firsts.values()]
        # Nor does anything tell what was read of an account that has no month.
        holes += [[-_FAR, _FAR] for account in _accounts(scope) if account not in firsts]
    months = [
        {
            "month": _as_date(one[0]).isoformat(),
            "whole": one[1],
            "from": _iso(one[2]),
            "to": _iso(one[3]),
            "read": one[4],
            "there": one[5],
            "holeFrom": _iso(one[6]),
            "holeTo": _iso(one[7]),
            "account": one[8],
        }
        for one in rows
    ]
    return holes, months


def recordings(scope: Scope) -> dict[str, Any] | None:
    """Return how many recordings there are by state and end, and those to be fetched next."""
    if "recordings" not in scope.marts.tables():
        return None
    condition, values = scope.included()
    tables = """
        FROM {schema}.recordings AS recordings
        LEFT JOIN {schema}.calls AS calls
          ON calls.account_id = recordings.account_id
          AND calls.conversation_id = recordings.conversation_id
    """
    if not scope.is_part:
        condition, values = scope.account("recordings.")
    query = f"""
        SELECT recordings.status, CAST(recordings.expires_at AS DATE), COUNT(*)
        {tables} WHERE {condition} GROUP BY 1, 2 ORDER BY 1, 2
    """
    counts = [
        [status, _iso(day), number] for status, day, number in scope.marts.rows(query, values)
    ]
    query = f"""
        SELECT recordings.recording_id, recordings.type, recordings.started_at,
          recordings.expires_at, recordings.status, calls.account_id, calls.queue_id,
          coalesce(calls.answered_by_id, calls.first_person_id)
        {tables}
        WHERE {condition} AND recordings.status IN ('waiting', 'not_archived')
        ORDER BY recordings.expires_at, recordings.recording_id LIMIT {_EXPIRING}
    """
    expiring = [
        {
            "id": one[0],
            "type": one[1],
            "started": None if one[2] is None else scope.since(scope.clock.local(one[2])),
            "expires": None if one[3] is None else scope.since(scope.clock.local(one[3])),
            "status": one[4],
            "queue": scope.queue(one[5], one[6]),
            "person": scope.person(one[5], one[7]),
        }
        for one in scope.marts.rows(query, values)
    ]
    return {"counts": counts, "expiring": expiring}


def lies_within(begin: int, end: int, holes: list[list[int]]) -> bool:
    """Return whether all of a period lies in holes, which may overlap."""
    for hole_begin, hole_end in sorted(holes):
        if hole_begin <= begin:
            begin = max(begin, hole_end)
    return begin >= end


def _accounts(scope: Scope) -> list[str]:
    """Return the accounts that have calls."""
    condition, values = scope.account()
    query = f"SELECT DISTINCT account_id FROM {{schema}}.calls WHERE {condition}"  # noqa: S608 - the schema is quoted, values are given apart
    return [account for (account,) in scope.marts.rows(query, values)]


def _as_date(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else value.isoformat()
