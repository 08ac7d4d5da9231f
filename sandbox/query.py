"""Checks the query parameters of the call log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.instants import DAY, SECOND, parse
from sandbox.refusals import bad_parameter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from sandbox.habits import Habits

LARGEST_PAGE = 1000
LAST_PAGE = 1000
_FOREVER = 253_402_300_799_999  # the last millisecond of the year 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of a call log.

    Attributes:
        date_from: the earliest start time, ms, always inclusive.
        date_to: the latest start time, ms, always inclusive.
        detailed: whether to use the Detailed view instead of the Simple one.
        show_deleted: whether to include deleted records.
        show_blocked: whether to include blocked calls.
        wanted: the accepted values of fields of a record.
        recording: "Automatic", "OnDemand", "All", or "" to include calls without a recording.
        extension_number: only calls with this extension.
        phone_number: only calls with this number.
    """

    date_from: int
    date_to: int
    detailed: bool = True
    show_deleted: bool = True
    show_blocked: bool = True
    wanted: tuple[tuple[str, tuple[str, ...]], ...] = ()
    recording: str = ""
    extension_number: str = ""
    phone_number: str = ""

    @property
    def picks(self) -> bool:
        """Whether the content of records decides if they match."""
        return bool(
            self.wanted
            or self.recording
            or self.extension_number
            or self.phone_number
            or not self.show_blocked
        )

    def matches(self, record: dict[str, Any]) -> bool:
        """Return whether a Detailed record matches, without regard to the dates."""
        if any(record.get(field) not in values for field, values in self.wanted):
            return False
        if self.recording:
            how = (record.get("recording") or {}).get("type")
            if how is None or self.recording not in {"All", how}:
                return False
        if not self.show_blocked and record.get("result") == "Blocked":
            return False
        parties = [
            part.get(side) or {}
            for part in (record, *(record.get("legs") or ()))
            for side in ("from", "to")
        ]
        return all(
            not value or any(party.get(field) == value for party in parties)
            for field, value in (
                ("extensionNumber", self.extension_number),
                ("phoneNumber", self.phone_number),
            )
        )


@dataclass(frozen=True, slots=True)
class PageAsked:
    """The requested page: its `number`, from 1, and its `size` in records."""

    number: int
    size: int


class Parameters:
    """A request's query parameters.

    Attributes:
        values: the values of each parameter, in order.
    """

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self.values = values

    @classmethod
    def of(cls, request: Request) -> Parameters:
        """Return a request's parameters."""
        given = request.query_params
        return cls({name: given.getlist(name) for name in given})

    def text(self, name: str, *allowed: str) -> str:
        """Return a parameter's value, empty if absent; refuse values not in `allowed`, if given."""
        return next(iter(self.texts(name, *allowed)), "")

    def texts(self, name: str, *allowed: str) -> tuple[str, ...]:
        """Return all values of a repeated parameter."""
        values = tuple(self.values.get(name, ()))
        if allowed and not set(values) <= set(allowed):
            raise bad_parameter(name=name)
        return values

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean parameter."""
        text = self.text(name, "true", "false", "True", "False", "1", "0")
        return text.lower() in {"true", "1"} if text else default

    def number(self, name: str, default: int) -> int:
        """Return a parameter that is an integer, at least 1."""
        text = self.text(name)
        if not text and name not in self.values:
            return default
        if not (text.isascii() and text.isdigit()) or int(text) < 1:
            raise bad_parameter(name=name)
        return int(text)

    def instant(self, name: str) -> int | None:
        """Return a parameter that is a point in time, in ms since 1970."""
        text = self.text(name)
        try:
            return parse(text) if text else None
        except ValueError:
            raise bad_parameter(name=name) from None

    def page(self, habits: Habits, default: int = 100, largest: int = LARGEST_PAGE) -> PageAsked:
        """Return the requested page of a list with these page sizes."""
        number = self.number("page", 1)
        if number > LAST_PAGE:
            raise bad_parameter(name="page")
        if habits.max_per_page < LARGEST_PAGE:
            largest = habits.max_per_page
        return PageAsked(number, min(self.number("perPage", default), largest))

    def query(self, now: int, habits: Habits, *, account_level: bool) -> Query:
        """Return the query.

        Args:
            now: the server's time, ms.
            habits: the server's.
            account_level: whether the account's log is read; some parameters exist only for
                extensions.

        Raises:
            Refusal: a value is invalid.
        """
        asked_to = self.instant("dateTo")
        date_to = now if asked_to is None else asked_to
        asked_from = self.instant("dateFrom")
        date_from = date_to - DAY if asked_from is None else asked_from
        if date_from > date_to:
            raise bad_parameter(name="dateFrom")
        if habits.show_deleted == "refused" and self.text("showDeleted"):
            raise bad_parameter(name="showDeleted")
        show_deleted = self.flag("showDeleted")
        wanted = [
            ("direction", self.texts("direction", "Inbound", "Outbound")),
            ("type", self.texts("type", "Voice", "Fax")),
            ("sessionId", self.texts("sessionId")),
            ("telephonySessionId", self.texts("telephonySessionId")),
        ]
        transports = self.texts("transport", "PSTN", "VoIP")
        if not account_level:
            wanted.append(("transport", transports))
        recording = self.text("recordingType", "Automatic", "OnDemand", "All")
        if not recording and self.flag("withRecording"):
            recording = "All"
        show_blocked = self.flag("showBlocked", default=True)
        extension_number, phone_number = self.text("extensionNumber"), self.text("phoneNumber")
        if extension_number and phone_number:
            raise bad_parameter(name="extensionNumber")
        first, last = bounds(date_from, date_to, habits)
        return Query(
            date_from=first,
            date_to=last,
            detailed=self.text("view", "Simple", "Detailed") == "Detailed",
            show_deleted=show_deleted and habits.show_deleted == "honoured",
            show_blocked=show_blocked or account_level,
            wanted=tuple((field, values) for field, values in wanted if values),
            recording=recording,
            extension_number=extension_number,
            phone_number=phone_number,
        )


def bounds(date_from: int, date_to: int, habits: Habits) -> tuple[int, int]:
    """Return inclusive bounds in ms that select the calls of a server with these habits."""
    if not habits.keeps_dates:
        return 0, _FOREVER
    if habits.precision == "second":
        date_from -= date_from % SECOND
        date_to -= date_to % SECOND
    if habits.time_format == "seconds":
        # Start times are whole seconds: a call matches if its second does.
        first, last = date_from + -date_from % SECOND, date_to - date_to % SECOND
        if date_from == first and not habits.date_from_inclusive:
            first += SECOND
        if date_to == last and not habits.date_to_inclusive:
            last -= SECOND
        return first, last + SECOND - 1
    return date_from + (not habits.date_from_inclusive), date_to - (not habits.date_to_inclusive)
