"""What the page knows: the marts of a period, as tables of numbers over lists of names."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ringcentral_report.archive import health, lies_within, recordings
from ringcentral_report.calls import CALLS, Calls
from ringcentral_report.packing import Pack
from ringcentral_report.performance import pack_people, pack_quarters, pack_queues
from ringcentral_report.words import OUTCOMES, TO_CALL_BACK

if TYPE_CHECKING:
    from datetime import date

    from ringcentral_report.scope import Choice, Scope


@dataclass(slots=True)
class Facts:
    """All that the page is given.

    Attributes:
        about: the period, and where the tables are, as JSON has them.
        status: the period, the time zone and the latest call, for readers without scripts.
        tiles: the figures of the overview, for readers without scripts.
        pack: the tables, and the names in them.
    """

    about: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    tiles: dict[str, float | None] = field(default_factory=dict)
    pack: Pack = field(default_factory=Pack)


def gather(scope: Scope) -> Facts:
    """Read what the report shows."""
    choice = scope.choice
    made = datetime.now(timezone.utc)
    uncovered, months = health(scope)
    facts = Facts(status=_status(scope), tiles=_tiles(scope, uncovered))
    pack = facts.pack
    calls = Calls(scope)
    calls.pack(pack)
    unit = pack_queues(scope, pack)
    pack_people(scope, pack, calls.rows_from)
    pack_quarters(scope, pack)
    kept = recordings(scope)
    pack.add_json("names", {
        "queues": scope.queues.entries,
        "people": scope.people.entries,
        "callers": calls.callers.entries,
        "groups": calls.groups,
        "recordings": kept,
    })  # fmt: skip
    facts.about = {
        "made": made.isoformat(timespec="seconds"),
        "madeAt": scope.since(scope.clock.local(made.replace(tzinfo=None))),
        "zone": scope.clock.name,
        "anonymous": choice.anonymous,
        "included": _included(choice),
        "base": scope.base.isoformat(),
        "first": max(scope.base, scope.first).isoformat(),
        "from": scope.begin.isoformat(),
        "to": scope.end.isoformat(),
        "rowsFrom": scope.since(calls.rows_from),
        "queueUnit": unit,
        "seenTo": None if scope.seen_to is None else scope.since(scope.seen_to),
        "outcomes": OUTCOMES,
        "tiles": facts.tiles,
        "uncovered": uncovered,
        "health": months,
        "tables": pack.tables,
    }  # fmt: skip
    return facts


def _status(scope: Scope) -> str:
    """Return what the page says below its title; in other languages, it says it anew."""

    def day(one: date) -> str:
        return f"{one:%a, %b} {one.day}, {one.year}"

    said = [f"{day(scope.begin)} to {day(scope.end)}."]
    if scope.begin == scope.end:
        said = [f"{day(scope.begin)}."]
    said.append(f"All times are {scope.clock.name} time.")
    if scope.seen_to:
        seen = scope.seen_to
        said.append(f"Latest call: {seen:%a, %b} {seen.day}, {seen:%I:%M %p}.")
    return " ".join([*said, _included(scope.choice)]).strip()


def _included(choice: Choice) -> str:
    """Return what the report is restricted to, as a sentence; nothing where it is not."""
    kinds = {"queue": choice.queues, "person": choice.people, "site": choice.sites}
    named = [f"{kind} {name}" for kind, names in kinds.items() for name in names]
    return f"Only calls of {', '.join(named)}." if named else ""


def _tiles(scope: Scope, uncovered: list[list[int]]) -> dict[str, float | None]:
    """Return the overview's figures of the period: voice only, both directions.

    Args:
        scope: what the report is about.
        uncovered: what was not read for good, as local seconds; of a period that was not read at
            all, no figure is known.
    """
    condition, values = scope.included()
    query = f"""
        SELECT calls.outcome, COUNT(*), COUNT(missed.called_back_at), SUM(calls.talk_seconds)
        {CALLS}
        WHERE {condition} AND calls.type = 'Voice' AND calls.local_started_at >= ?
          AND calls.local_started_at < ?
        GROUP BY calls.outcome
    """
    shown = scope.days(scope.begin, scope.end)
    found = scope.marts.rows(query, (*values, *shown))
    counts = {outcome: number for outcome, number, _, _ in found}
    calls = sum(counts.values())
    known = calls - sum(counts.get(one, 0) for one in ("unknown", "fax", None))
    talks = [float(talk) for _, _, _, talk in found if talk is not None]
    query = f"""
        SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY calls.wait_seconds)
        FROM {{schema}}.calls AS calls
        WHERE {condition} AND calls.type = 'Voice' AND calls.local_started_at >= ?
          AND calls.local_started_at < ?
    """  # noqa: S608 - the schema is quoted, values are given apart
    ((wait,),) = scope.marts.rows(query, (*values, *shown))
    tiles: dict[str, float | None] = {
        "calls": calls,
        **{
            name: counts.get(name, 0)
            for name in ("answered", "missed", "voicemail", "abandoned", "callback_requested")
        },
        "called_back": sum(back for outcome, _, back, _ in found if outcome in TO_CALL_BACK),
        "answered_share": counts.get("answered", 0) / known if known else None,
        "talk_seconds": sum(talks) if talks else None,
        "median_wait_seconds": wait,
    }
    begin, end = map(scope.since, shown)
    if lies_within(begin, end, uncovered) and not _any_call(scope):
        return dict.fromkeys(tiles)
    return tiles


def _any_call(scope: Scope) -> bool:
    """Return whether any call of the period is in the archive, whoever it belongs to."""
    condition, values = scope.account()
    query = f"""
        SELECT COUNT(*) FROM {{schema}}.calls
        WHERE {condition} AND local_started_at >= ? AND local_started_at < ?
    """  # noqa: S608 - the schema is quoted, values are given apart
    ((calls,),) = scope.marts.rows(query, (*values, *scope.days(scope.begin, scope.end)))
    return bool(calls)
