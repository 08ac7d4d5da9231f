"""What the report must say, worked out from the rows of the marts."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
Figures = dict[str, float | None]

_TO_CALL_BACK = {"missed", "voicemail", "abandoned"}
_NOT_ANSWERED = {*_TO_CALL_BACK, "callback_requested"}
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local


def calls_of(
    marts: dict[str, list[Row]],
    begin: date,
    end: date,
    *,
    kind: str | None = "Voice",
    direction: str | None = None,
    queue: str | None = None,
    people: set[str] | None = None,
) -> list[Row]:
    """Return the calls of a choice, each with what its missed call says."""
    missed = {one["conversation_id"]: one for one in marts["missed_calls"]}
    return [
        {**one, "missed": missed.get(one["conversation_id"])}
        for one in marts["calls"]
        if begin <= one["local_started_at"].date() <= end
        and kind in {None, one["type"]}
        and direction in {None, one["direction"]}
        and queue in {None, one["queue_id"]}
        and (people is None or people & {one["answered_by_id"], one["first_person_id"]})
    ]


def tiles(calls: list[Row]) -> Figures:
    """Return the figures of the overview."""
    counts = {
        name: sum(one["outcome"] == name for one in calls)
        for name in ("answered", "missed", "voicemail", "abandoned", "callback_requested")
    }
    waits = [one["wait_seconds"] for one in calls if one["wait_seconds"] is not None]
    talks = [one["talk_seconds"] for one in calls if one["talk_seconds"] is not None]
    return {
        "calls": len(calls),
        **counts,
        "called_back": sum(
            one["outcome"] in _TO_CALL_BACK
            and one["missed"] is not None
            and one["missed"]["called_back_at"] is not None
            for one in calls
        ),
        "answered_share": _share(
            counts["answered"], sum(one["outcome"] not in {"unknown", "fax"} for one in calls)
        ),
        "talk_seconds": sum(talks) if talks else None,
        "median_wait_seconds": median(waits) if waits else None,
    }


def missed_tiles(calls: list[Row], read_to: datetime | None = None) -> Figures:
    """Return the figures of the missed calls; `read_to`: the end of the latest call, in UTC."""
    rows = [one["missed"] for one in calls if one["missed"]]
    known = [one for one in rows if one["caller_number"]]
    minutes = [one["callback_minutes"] for one in known if one["callback_minutes"] is not None]
    through = sum(
        one["callback_minutes"] is None and one["got_through_at"] is not None for one in known
    )

    def within(most: int) -> float | None:
        back = [
            one["callback_minutes"] is not None and one["callback_minutes"] <= most for one in known
        ]
        judged = sum(
            is_back or read_to is None or read_to - one["started_at"] >= timedelta(minutes=most)
            for is_back, one in zip(back, known, strict=True)
        )
        return _share(sum(back), judged)

    return {
        "to_call_back": len(known) - len(minutes) - through,
        "called_back_within_hour": within(60),
        "called_back_within_day": within(1440),
        "got_through_later": through,
        "cannot_be_called_back": len(rows) - len(known),
    }


def missed_rows(calls: list[Row]) -> list[Row]:
    """Return each missed call as the page lists it, at seconds of the local clock since 1970."""
    return [_missed(one, one["missed"]) for one in calls if one["missed"]]


def _missed(call: Row, missed: Row) -> Row:
    through, minutes = missed["got_through_at"], missed["callback_minutes"]
    state = "no" if through is None else "got through"
    if minutes is not None:
        state = "yes"
    elif missed["caller_number"] is None:
        state = "number hidden"
    return {
        "caller": call["caller_number"] or "hidden",
        "state": state,
        "figures": {
            "at": (call["local_started_at"] - _EPOCH) // timedelta(seconds=1),
            "callback_minutes": minutes,
            "through_seconds": None
            if through is None
            else round((through - missed["started_at"]).total_seconds()),
        },
    }


def queue_rows(marts: dict[str, list[Row]], begin: date, end: date) -> dict[str, Figures]:
    """Return the figures of each queue, by name."""
    found: dict[str, list[Row]] = {}
    for one in marts["queue_performance"]:
        if begin <= one["local_hour"].date() <= end:
            found.setdefault(one["queue_name"], []).append(one)
    return {name: _queue(rows) for name, rows in found.items()}


def _queue(rows: list[Row]) -> Figures:
    def total(name: str) -> float:
        return sum(one.get(name) or 0 for one in rows)

    longest = [one["wait_seconds_max"] for one in rows if one["wait_seconds_max"] is not None]
    return {
        **{
            name: total(name)
            for name in (
                "offered", "answered", "abandoned", "abandoned_short", "voicemail",
                "callback_requested", "missed", "overflow_in",
            )
        },
        "lost": total("offered") - total("answered") - total("unknown"),
        "other": total("offered")
        - sum(
            total(name)
            for name in (
                "answered", "abandoned", "voicemail", "callback_requested", "missed", "unknown",
            )
        ),
        "sla_seconds": rows[0]["sla_seconds"],
        "service_level": _share(total("sla_in_time"), total("sla_base")),
        "average_wait_seconds": _share(total("wait_seconds_sum"), total("waits")),
        "longest_wait_seconds": max(longest, default=None),
    }  # fmt: skip


def people_rows(marts: dict[str, list[Row]], begin: date, end: date) -> dict[str, Figures]:
    """Return the figures of each person, by name; those who share one, by name and number."""
    everybody = {(one["person_id"], one["person_name"]) for one in marts["people_performance"]}
    shared = Counter(name for _, name in everybody)
    numbers = {one["extension_id"]: one["extension_number"] for one in marts["extensions"]}
    shown = {
        person: f"{name} ({numbers[person]})" if shared[name] > 1 else name
        for person, name in everybody
    }
    found: dict[str, list[Row]] = {}
    for one in marts["people_performance"]:
        if begin <= one["local_date"] <= end:
            found.setdefault(shown[one["person_id"]], []).append(one)
    names = ("answered", "offered", "refused", "outbound", "connected")
    return {
        person: {
            **{name: sum(one[name] for one in rows) for name in names},
            "talk_seconds": sum(one["talk_seconds"] or 0 for one in rows)
            if any(one["talk_seconds"] is not None for one in rows)
            else None,
        }
        for person, rows in found.items()
    }


def caller_rows(marts: dict[str, list[Row]], begin: date, end: date) -> dict[str, Figures]:
    """Return the figures of each number that called from outside, by number."""
    inbound: dict[str, list[Row]] = {}
    for one in sorted(marts["calls"], key=lambda one: one["started_at"]):
        number = one["caller_number"] or ""
        is_ours = (
            one["direction"] == "Inbound" and one["type"] == "Voice" and not one["is_internal"]
        )
        if is_ours and number[-1:].isdigit():
            inbound.setdefault(number, []).append(one)
    found: dict[str, Figures] = {}
    for number, calls in inbound.items():
        shown = [
            (one, one["started_at"] - calls[place - 1]["started_at"] if place else None)
            for place, one in enumerate(calls)
            if begin <= one["local_started_at"].date() <= end
        ]
        if shown:
            found[number] = {
                "calls": len(shown),
                "answered": sum(one["outcome"] == "answered" for one, _ in shown),
                **{
                    f"repeats_within_{days}d": sum(
                        since is not None and since <= timedelta(days) for _, since in shown
                    )
                    for days in (1, 3, 7)
                },
            }
    return found


def hour_rows(calls: list[Row]) -> dict[str, Figures]:
    """Return the figures of each hour of the day, by its name."""
    return _by(calls, lambda local: _hour(local.hour))


def week_rows(calls: list[Row]) -> dict[str, Figures]:
    """Return the figures of each hour of the week, by its name."""
    return _by(calls, lambda local: f"{local:%a}, {_hour(local.hour)}")


def _by(calls: list[Row], name: Callable[[datetime], str]) -> dict[str, Figures]:
    found: dict[str, list[Row]] = {}
    for one in calls:
        found.setdefault(name(one["local_started_at"]), []).append(one)
    lost = {
        name: sum(one["outcome"] in _NOT_ANSWERED for one in rows) for name, rows in found.items()
    }
    return {
        name: {"calls": len(rows), "lost": lost[name], "lost_share": lost[name] / len(rows)}
        for name, rows in found.items()
    }


def _hour(hour: int) -> str:
    """Return an hour as the page names it in English."""
    names = [f"{one % 12 or 12} {'AM' if one < 12 else 'PM'}" for one in (hour, (hour + 1) % 24)]
    return " to ".join(names)


def quarter_rows(quarters: list[Row]) -> dict[str, Figures]:
    """Return the calls at once in each quarter of the day, by its name."""
    found: dict[str, list[int]] = {}
    for one in quarters:
        name = f"{one['local_quarter']:%I:%M} {one['local_quarter']:%p}"
        found.setdefault(name, []).append(one["peak_calls"])
    return {
        name: {"most": max(peaks), "median": median(peaks)}
        for name, peaks in found.items()
        if max(peaks)
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
