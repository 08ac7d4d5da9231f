"""The expected rows of the marts, computed from the stories.

A conversation consists of the records with the same session, in any log. Where the definitions are
ambiguous, these rules apply:

- Hours, days and quarters of an hour are in the company's time zone. For `queue_performance`, the
  day or hour is when the call entered the queue; everywhere else, when the conversation began. The
  hour that occurs twice in autumn counts as one.
- A conversation counts once in each queue that it entered. Its result belongs to the queue in which
  it occurred: a call that overflowed was only offered to the first queue.
- `abandoned` includes short ones; `abandoned_short` is the number of these.
- `sla_base`: answered and voicemail, plus abandoned ones that are not short if the queue counts
  them. Calls with an unknown wait are left out.
- `offered` and `refused` count the queues that rang a person. `answered` counts all calls that a
  person took, `connected` the placed ones that were answered.
- A person who was offered no call by a queue, took none and placed none has no row on that day. The
  first and last call are among those that the person took or placed. The talk time is as far as
  known.
- A callback is the first outbound call to the same number that starts after the missed call has
  started, no matter who made it and how it ended. Its minutes are between the two starts.
- A missed caller got through later if a call from the same number that starts after the end of the
  missed call was answered.
- Calls from masked or withheld numbers share one row of `callers`, without a number, because nobody
  can recognize repeated calls. Nobody can call back either; `missed_calls` has no number for them.
- A call of zero length is never in progress.
- Deleted records never count.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sandbox.company.known import Known
from sandbox.instants import DAY, MINUTE, SECOND, to_datetime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.company.book import Told
    from sandbox.company.cast import Cast
    from sandbox.company.telling import Teller

Row = dict[str, Any]

_CALL_BACK = frozenset({"missed", "voicemail", "abandoned", "callback_requested"})
_QUARTER = 15 * MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of the marts.

    Attributes:
        zone: the company's time zone.
        queues_known: whether the service levels of queues and the types of extensions are known.
        threshold: if they are unknown, calls should be answered within this many seconds.
        short: if they are unknown, an abandoned call shorter than this never counts, s.
        counts_abandoned: if they are unknown, whether abandoned calls count as not answered in
            time.
        fcr_days: a call is resolved if the number does not call again within this many days.
    """

    zone: str = "UTC"
    queues_known: bool = True
    threshold: int = 20
    short: int = 5
    counts_abandoned: bool = False
    fcr_days: int = 7


@dataclass(slots=True)
class _Sums:
    """Counts by name, of a queue's hour and its waits, or of a person's day and their talks."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[int] = field(default_factory=list)
    moments: list[int] = field(default_factory=list)


class Truth:
    """The expected content of the marts.

    Args:
        told: the conversations and their records that are read.
        cast: the company.
        teller: how records are written.
        settings: the settings of the marts.
    """

    def __init__(
        self, told: Iterable[Told], cast: Cast, teller: Teller, settings: Settings
    ) -> None:
        self._cast, self._settings = cast, settings
        self._zone = ZoneInfo(settings.zone)
        self._known = [Known(one, cast, teller) for one in told]

    def calls(self) -> list[Row]:
        """Return a row for each conversation."""
        return [self._call(one) for one in self._known]

    def _call(self, one: Known) -> Row:
        story = one.story
        return {
            **self._account(),
            "conversation_id": one.id,
            "started_at": _utc(one.start),
            "local_started_at": self._local(one.start),
            "ended_at": _utc(one.end),
            "direction": one.direction,
            "is_internal": story.internal,
            "type": one.type,
            "outcome": one.outcome,
            "queue_id": next(iter(one.queues), None),
            "queue_ids": list(one.queues),
            "answered_by_id": one.answered_by,
            "first_person_id": one.first_person,
            "caller_number": story.caller.number or None,
            "called_number": one.called_number or None,
            "caller_name": one.caller_name or None,
            "wait_seconds": _seconds(one.wait),
            "ring_seconds": _seconds(one.ring),
            "talk_seconds": _seconds(one.talk),
            "transfers": one.transfers,
            "records": len(one.told.sheets),
            "recordings": sum(one.told.recorded),
            "cost": one.cost,
            "is_after_hours": None,
        }

    def queue_performance(self) -> list[Row]:
        """Return a row for each queue and hour in which it was called."""
        found: dict[tuple[str, datetime], _Sums] = defaultdict(_Sums)
        for one in self._known:
            stays = one.stays
            for queue_id in one.queues:
                own = [stay for stay in stays if stay.queue == queue_id]
                first, last = own[0], own[-1]
                sums = found[queue_id, _hour(self._local(first.at))]
                wait = None if last.until is None else (last.until - first.at) // SECOND
                self._count(sums, queue_id, last.end, wait)
                sums.counts["overflow_in"] += stays.index(first) > 0
        return [
            {
                **self._account(),
                "queue_id": queue_id,
                "queue_name": self._name(queue_id),
                "local_hour": hour,
                **{
                    name: sums.counts[name]
                    for name in (
                        "offered", "answered", "voicemail", "abandoned", "abandoned_short",
                        "missed", "callback_requested", "overflow_in", "sla_in_time", "sla_base",
                    )
                },
                "wait_seconds_sum": sum(sums.seconds) if sums.seconds else None,
                "wait_seconds_max": max(sums.seconds, default=None),
                "waits": len(sums.seconds),
                "sla_seconds": self._threshold(queue_id),
            }
            for (queue_id, hour), sums in found.items()
        ]  # fmt: skip

    def _count(self, sums: _Sums, queue_id: str, end: str, wait: int | None) -> None:
        counts, settings = sums.counts, self._settings
        queue = self._cast.queue(queue_id) if settings.queues_known else None
        counts["offered"] += 1
        counts[end] += 1
        if wait is not None:
            sums.seconds.append(wait)
        short = queue.short if queue else settings.short
        is_short = end == "abandoned" and wait is not None and wait < short
        counts["abandoned_short"] += is_short
        in_time = wait is not None and wait <= self._threshold(queue_id)
        counts["sla_in_time"] += end == "answered" and in_time
        counts_abandoned = queue.counts_abandoned if queue else settings.counts_abandoned
        counts["sla_base"] += wait is not None and (
            end in {"answered", "voicemail"}
            or (end == "abandoned" and counts_abandoned and not is_short)
        )

    def _threshold(self, queue_id: str) -> int:
        queue = self._cast.queue(queue_id) if self._settings.queues_known else None
        return queue.threshold if queue else self._settings.threshold

    def people_performance(self) -> list[Row]:
        """Return a row for each person and day with a call."""
        found: dict[tuple[str, datetime], _Sums] = defaultdict(_Sums)
        for one in self._known:
            day = self._local(one.start).replace(hour=0, minute=0, second=0, microsecond=0)
            for part in one.parts:
                sums = found[part.person, day]
                counts = sums.counts
                counts["offered"] += len(part.offers)
                counts["refused"] += len(part.refused)
                counts["answered"] += part.answered
                counts["outbound"] += part.placed
                counts["connected"] += part.placed and one.outcome == "answered"
                if part.talked is not None:
                    sums.seconds.append(part.talked // SECOND)
                if part.answered or part.placed:
                    sums.moments.append(one.start)
        return [
            {
                **self._account(),
                "person_id": person_id,
                **self._person(person_id),
                "local_date": day.date(),
                **{
                    name: sums.counts[name]
                    for name in ("offered", "answered", "refused", "outbound", "connected")
                },
                "talk_seconds": sum(sums.seconds) if sums.seconds else None,
                "first_call_at": _utc(min(sums.moments)) if sums.moments else None,
                "last_call_at": _utc(max(sums.moments)) if sums.moments else None,
            }
            for (person_id, day), sums in found.items()
        ]  # fmt: skip

    def missed_calls(self) -> list[Row]:
        """Return a row for each inbound call that nobody took, with the callback."""
        placed: dict[str, list[Known]] = defaultdict(list)
        answered: dict[str, list[Known]] = defaultdict(list)
        for one in sorted(self._known, key=lambda one: (one.start, one.id)):
            if one.direction == "Outbound" and one.type == "Voice" and one.called_number:
                placed[one.called_number].append(one)
            if one.direction == "Inbound" and one.type == "Voice" and one.outcome == "answered":
                answered[one.story.caller.number].append(one)
        rows = []
        for one in self._known:
            if one.direction != "Inbound" or one.outcome not in _CALL_BACK:
                continue
            number = one.story.caller.number
            later = [other for other in placed[number] if other.start > one.start]
            back = later[0] if later and _is_whole(number) else None
            through = [other.start for other in answered[number] if other.start >= one.end]
            rows.append(
                {
                    **self._account(),
                    "conversation_id": one.id,
                    "started_at": _utc(one.start),
                    "queue_id": next(iter(one.queues), None),
                    "person_id": one.first_person,
                    "caller_number": number if _is_whole(number) else None,
                    "outcome": one.outcome,
                    "called_back_at": _utc(back.start) if back else None,
                    "callback_minutes": (back.start - one.start) / MINUTE if back else None,
                    "callback_conversation_id": back.id if back else None,
                    "got_through_at": _utc(through[0]) if through and _is_whole(number) else None,
                }
            )
        return rows

    def callers(self) -> list[Row]:
        """Return a row for each external number that called."""
        found: dict[str, list[Known]] = defaultdict(list)
        for one in sorted(self._known, key=lambda one: one.start):
            number = one.story.caller.number
            if one.direction == "Inbound" and one.type == "Voice" and not one.story.internal:
                found[number if _is_whole(number) else ""].append(one)
        return [
            {
                **self._account(),
                "number": number or None,
                "first_at": _utc(calls[0].start),
                "last_at": _utc(calls[-1].start),
                "calls": len(calls),
                "answered": sum(one.outcome == "answered" for one in calls),
                **{
                    f"repeats_within_{days}d": sum(
                        after.start - before.start <= days * DAY
                        for before, after in pairwise(calls)
                    )
                    if number
                    else None
                    for days in (1, 3, 7)
                },
            }
            for number, calls in found.items()
        ]

    def first_call_resolution(self, now: int) -> list[Row]:
        """Return a row for each call from outside with a known number.

        Args:
            now: the time of the query, ms.
        """
        found: dict[str, list[Known]] = defaultdict(list)
        for one in sorted(self._known, key=lambda one: one.start):
            number = one.story.caller.number
            from_outside = one.direction == "Inbound" and not one.story.internal
            if from_outside and one.type == "Voice" and _is_whole(number):
                found[number].append(one)
        return [
            {
                **self._account(),
                "conversation_id": one.id,
                "caller_number": number,
                "started_at": _utc(one.start),
                "local_started_at": self._local(one.start),
                "again_at": _utc(again.start) if again else None,
                "is_resolved": self._is_resolved(one, again, now),
            }
            for number, calls in found.items()
            for one, again in zip(calls, [*calls[1:], None], strict=True)
        ]

    def _is_resolved(self, one: Known, again: Known | None, now: int) -> bool | None:
        until = one.start + self._settings.fcr_days * DAY
        failed = one.outcome not in {"answered", "unknown"}
        if failed or one.transfers or (again and again.start <= until):
            return False
        return None if one.outcome == "unknown" or one.transfers is None or until > now else True

    def concurrency(self) -> list[Row]:
        """Return a row for each quarter of an hour in which somebody was on the phone."""
        under_way: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for one in self._known:
            if one.type == "Voice" and one.end > one.start:
                for quarter in range(one.start // _QUARTER, -(-one.end // _QUARTER)):
                    begin, end = quarter * _QUARTER, (quarter + 1) * _QUARTER
                    under_way[quarter].append((max(one.start, begin), min(one.end, end)))
        found: dict[datetime, list[tuple[int, int]]] = defaultdict(list)
        for quarter, spans in under_way.items():
            seconds = sum(end - begin for begin, end in spans)
            found[self._local(quarter * _QUARTER)].append((_peak(spans), seconds))
        return [
            {
                **self._account(),
                "local_quarter": quarter,
                "peak_calls": max(peak for peak, _ in parts),
                "call_seconds": sum(seconds for _, seconds in parts) / SECOND,
            }
            for quarter, parts in found.items()
        ]

    def volume(self) -> list[Row]:
        """Return the number of calls by weekday, hour, direction and outcome."""
        found: dict[tuple[int, int, str, str], int] = defaultdict(int)
        for one in self._known:
            local = self._local(one.start)
            found[local.isoweekday(), local.hour, one.direction, one.outcome] += 1
        return [
            {
                **self._account(),
                "local_weekday": weekday,
                "local_hour": hour,
                "direction": direction,
                "outcome": outcome,
                "calls": calls,
            }
            for (weekday, hour, direction, outcome), calls in found.items()
        ]

    def _account(self) -> Row:
        return {"account_id": self._cast.account_id}

    def _name(self, extension_id: str) -> str | None:
        queue = self._cast.queue(extension_id) if self._settings.queues_known else None
        return queue.name if queue else None

    def _person(self, extension_id: str) -> Row:
        person = self._cast.person(extension_id) if self._settings.queues_known else None
        return {
            "person_name": person.name if person else None,
            "department": person.team if person else None,
            "site": person.site if person else None,
        }

    def _local(self, ms: int) -> datetime:
        return to_datetime(ms).astimezone(self._zone).replace(tzinfo=None)


def _utc(ms: int) -> datetime:
    return to_datetime(ms).replace(tzinfo=None)


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / SECOND


def _hour(local: datetime) -> datetime:
    return local - timedelta(
        minutes=local.minute, seconds=local.second, microseconds=local.microsecond
    )


def _is_whole(number: str) -> bool:
    return number[-1:].isdigit()


def _peak(spans: list[tuple[int, int]]) -> int:
    """Return the peak of simultaneous calls; at the same moment, ends precede starts."""
    moments = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    peak = now = 0
    for _, change in moments:
        now += change
        peak = max(peak, now)
    return peak
