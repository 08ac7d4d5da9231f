"""Single charts as files, for a mail or a slide: drawn without a browser."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import vl_convert

from ringcentral_report.calls import CALLS
from ringcentral_report.errors import ReportError
from ringcentral_report.page import asset

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from ringcentral_report.scope import Row, Scope

FORMATS = ("svg", "png", "pdf")
_WIDTH = 860
_MOST_BARS = 12
_NOT_ANSWERED = "('missed', 'voicemail', 'abandoned', 'callback_requested')"
_MOST_DAYS = 100
_SHOWN = ("answered", "voicemail", "callback_requested", "missed", "abandoned", "not_connected")
_HEAT_LEVELS = 5
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Value = dict[str, Any]
# The name of the template, the title, the values, and the colours by what they stand for.
Chart = tuple[str, str, list[Value], dict[str, str]]


def draw(scope: Scope, name: str, kind: str) -> bytes:
    """Return a chart of the report's period, voice only, as it is in the page without filters.

    Args:
        scope: what the report is about.
        name: one of `CHARTS`.
        kind: one of `FORMATS`.

    Raises:
        ReportError: there is nothing to draw.
    """
    template, title, values, colours = CHARTS[name](scope)
    if not any(one["calls"] for one in values):
        message = (
            f"--chart {name} has nothing to draw: there is no such call from {scope.begin} to "
            f"{scope.end}"
        )
        raise ReportError(message)
    spec = json.loads(asset(f"charts/{template}.json"))
    days = f"{scope.begin:%b} {scope.begin.day} to {scope.end:%b} {scope.end.day}, {scope.end.year}"
    if template == "week":
        spec["encoding"]["color"]["legend"] = {"title": "Calls"}
    spec |= {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": json.loads(asset("charts/config.json")) | {"font": "sans-serif", "padding": 16},
        "data": {"values": values},
        "title": {"text": title, "subtitle": f"{days}, {scope.clock.name} time", "anchor": "start"},
        "width": _WIDTH,
        "background": "var(--card)",
    }
    if colours:
        spec["encoding"]["color"]["scale"] = {
            "domain": list(colours), "range": [f"var(--{one})" for one in colours.values()],
        }  # fmt: skip
    light = json.loads(asset("palette.json"))["light"]
    drawn = json.dumps(spec)
    for colour, value in light.items():
        drawn = drawn.replace(f"var(--{colour})", value)
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(drawn)).encode()
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(drawn, scale=2))
    return bytes(vl_convert.vegalite_to_pdf(drawn))


def _label(outcome: str) -> str:
    return outcome.replace("_", " ").capitalize() if outcome in _SHOWN else "Other"


def _colours(values: list[Value]) -> dict[str, str]:
    """Return the colours of those outcomes that occur, in their order."""
    found = {one["outcome"] for one in values}
    return {_label(one): one for one in (*_SHOWN, "other") if _label(one) in found}


def _calls(scope: Scope, *columns: str, condition: str = "1 = 1") -> list[Row]:
    """Return columns of the period's voice calls, counted by all of them."""
    included, values = scope.included()
    groups = ", ".join(map(str, range(1, len(columns) + 1)))
    query = f"""
        SELECT {", ".join(columns)}, COUNT(*) {CALLS}
        WHERE {included} AND {condition} AND calls.type = 'Voice'
          AND calls.local_started_at >= ? AND calls.local_started_at < ?
        GROUP BY {groups} ORDER BY {groups}
    """
    return scope.marts.rows(query, (*values, *scope.days(scope.begin, scope.end)))


def _mart(scope: Scope, mart: str, time: str, columns: str, named: tuple[str, str]) -> list[Row]:
    """Return columns of a mart's rows of the period, grouped by two that name something."""
    if mart not in scope.marts.tables():
        return []
    condition, values = scope.included_rows(named[0])
    query = f"""
        SELECT {named[0]}, {named[1]}, {columns} FROM {{schema}}.{mart}
        WHERE {condition} AND {time} >= ? AND {time} < ? GROUP BY 1, 2
    """  # noqa: S608 - names of marts and columns, values are given apart
    rows = scope.marts.rows(query, (*values, *scope.days(scope.begin, scope.end)))
    # Those who share a name are told apart by their ids.
    shared = {name for name, ids in Counter(one[1] for one in rows).items() if ids > 1}
    return [
        (key, f"{name} ({key})" if name and name in shared else name, *counts)
        for key, name, *counts in rows
    ]


def _by_day(scope: Scope) -> Chart:
    is_weekly = (scope.end - scope.begin).days >= _MOST_DAYS
    step = timedelta(7 if is_weekly else 1)
    counts: dict[tuple[date, str], int] = {}
    for day, outcome, calls in _calls(
        scope, "CAST(calls.local_started_at AS DATE)", "calls.outcome"
    ):
        slot = scope.begin + (day - scope.begin) // step * step
        counts[slot, _label(outcome or "")] = counts.get((slot, _label(outcome or "")), 0) + calls
    values = []
    slot = scope.begin
    while slot <= scope.end:
        values += [
            {"when": f"{slot:%b} {slot.day}", "outcome": label, "calls": calls, "order": order}
            for order, label in enumerate(map(_label, (*_SHOWN, "other")))
            if (calls := counts.get((slot, label), 0)) or not order
        ]
        slot += step
    title = "Calls by week, from the day shown" if is_weekly else "Calls by day"
    return "outcomes", title, values, _colours(values)


def _callbacks(scope: Scope) -> Chart:
    state = """
        CASE WHEN missed.callback_minutes <= 60 THEN 0 WHEN missed.callback_minutes <= 1440 THEN 1
          WHEN missed.callback_minutes IS NOT NULL THEN 2
          WHEN missed.got_through_at IS NOT NULL THEN 3
          WHEN missed.caller_number IS NOT NULL THEN 4 ELSE 5 END
    """
    unanswered = f"calls.direction = 'Inbound' AND calls.outcome IN {_NOT_ANSWERED}"
    bins = (
        "Within an hour", "Within a day", "Later", "Got through later", "Not so far",
        "Number hidden",
    )  # fmt: skip
    found: dict[int, int] = dict(_calls(scope, state, condition=unanswered))
    values = [
        {"name": name, "outcome": name, "calls": found.get(place, 0), "order": 0}
        for place, name in enumerate(bins)
    ]
    colours = ("answered", "answered", "answered", "callback_requested", "missed", "other")
    return (
        "bars",
        "How soon callers were called back",
        values,
        dict(zip(bins, colours, strict=True)),
    )


def _queues(scope: Scope) -> Chart:
    columns = ("answered", "voicemail", "callback_requested", "missed", "abandoned")
    sums = ", ".join(f"SUM({one})" for one in ("offered", *columns, "unknown"))
    rows = _mart(scope, "queue_performance", "local_hour", sums, ("queue_id", "queue_name"))
    rows.sort(key=lambda one: (one[3] + one[-1] - one[2], str(one[1])))
    values = []
    for queue, name, offered, *counts, _ in rows[:_MOST_BARS]:
        parts = [*zip(columns, counts, strict=True), ("other", offered - sum(counts))]
        values += [
            {
                "name": name or f"Queue {queue}",
                "outcome": _label(outcome),
                "calls": int(calls),
                "order": order,
            }
            for order, (outcome, calls) in enumerate(parts)
            if calls
        ]
    return "bars", "Calls of each queue: those that lost most first", values, _colours(values)


def _people(scope: Scope) -> Chart:
    rows = _mart(
        scope, "people_performance", "local_date", "SUM(answered), SUM(outbound)",
        ("person_id", "person_name"),
    )  # fmt: skip
    rows.sort(key=lambda one: (-one[2], str(one[1])))
    values = [
        {
            "name": name or f"Extension {person}",
            "outcome": what,
            "calls": int(calls),
            "order": order,
        }
        for person, name, *counts in rows[:_MOST_BARS]
        for order, (what, calls) in enumerate(zip(("Answered", "Outbound"), counts, strict=True))
    ]
    colours = {"Answered": "answered", "Outbound": "callback_requested"}
    return "bars", "Calls answered, and outbound calls", values, colours


def _hours(scope: Scope) -> Chart:
    found = {
        (int(weekday) - 1, int(hour)): calls
        for weekday, hour, calls in _calls(
            scope,
            "EXTRACT(isodow FROM calls.local_started_at)",
            "EXTRACT(hour FROM calls.local_started_at)",
        )
    }
    hours = [hour for _, hour in found]
    step = max(1, -(-max(found.values(), default=0) // _HEAT_LEVELS))
    labels = ["none"] + [
        f"{level * step + 1}" if step == 1 else f"{level * step + 1}\N{EN DASH}{(level + 1) * step}"
        for level in range(-(-max(found.values(), default=0) // step))
    ]
    values = [
        {"weekday": day, "hour": f"{hour}:00", "calls": calls, "level": labels[-(-calls // step)]}
        for place, day in enumerate(_WEEKDAYS)
        for hour in range(min([8, *hours]), max([17, *hours]) + 1)
        for calls in (found.get((place, hour), 0),)
    ]
    colours = {label: f"heat{place}" for place, label in enumerate(labels)}
    return "week", "Calls by weekday and hour", values, colours


CHARTS: dict[str, Callable[[Scope], Chart]] = {
    "calls": _by_day,
    "callbacks": _callbacks,
    "queues": _queues,
    "people": _people,
    "hours": _hours,
}
