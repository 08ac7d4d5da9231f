"""Habits of the server: behavior that is not documented, and bad behavior that may occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Poison = Literal["lone_surrogate", "nul", "wrong_types", "big_int", "impossible_date"]
POISONS: tuple[Poison, ...] = ("lone_surrogate", "nul", "wrong_types", "big_int", "impossible_date")

TimeFormat = Literal[
    "ms", "seconds", "truncated", "offset", "mixed", "micro", "leap_second", "no_offset"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How the server behaves where its documentation leaves room; the defaults are likeliest.

    Attributes:
        date_from_inclusive: whether a call that starts at `dateFrom` is in the answer.
        date_to_inclusive: whether a call that starts at `dateTo` is in the answer.
        precision: what the bounds are cut down to before they are compared.
        keeps_dates: whether lists hold only what lies between the dates that are asked for.
        max_per_page: the page size beyond which `perPage` is silently clamped.
        underfull: pages hold fewer records than asked for, or none, although more follow.
        unsorted: "page" shuffles each page, "window" (or True) the whole answer across its pages.
        numeric_ids: ids are JSON numbers.
        text_ids: ids are JSON strings.
        time_format: how times are written. "ms": always with milliseconds; "seconds": the server
            knows whole seconds only; "truncated": it writes whole seconds, but compares
            milliseconds; "offset": `-05:00` instead of `Z`; "mixed": milliseconds only where not
            zero; "micro": six digits; "leap_second": 59 s are written as 60; "no_offset": nothing
            says that it is UTC.
        show_deleted: whether `showDeleted` works, does nothing, or is a bad parameter.
        deleted_records: a deleted record comes whole, or with little more than its id.
        rate_headers: whether answers have `X-Rate-Limit-*` headers.
        retry_after: whether a 429 has `Retry-After`.
        non_admin_error: the `errorCode` for the account's call log without the right to it.
        unknown_fields: records hold fields that nobody has heard of, at several depths.
        missing_fields: some records lack fields that the others have.
        null_objects: some objects in records are null.
        poison: kinds of values that break parsers and databases, each in one record in some 50.
        extract_sync_deleted: whether the extract sync returns deleted records.
        sync_token_days: how long a sync token is good for.
        disabled_extensions: whether the calls and messages of a disabled extension are still
            served, or what they are refused with.
        foreign_mailbox_error: the `errorCode` for another extension's messages without the right to
            them.
        hipaa_texts: whether an account of health care answers with no text messages when asked for
            them, or refuses.
        ended_calls_listed: for how many minutes after its end a call is still listed as active, as
            it will stand in the log.
        unready_recordings: what is known of a recording between the end of its call and the moment
            when it is ready. "absent": the call's record does not name it yet; else it does, and
            the content is answered with 404, with 202, or with nothing in it ("empty").
        expired_recordings: whether a call's record goes on naming a recording that is gone.
        recording_group: the rate-limit group of recordings' content.
        content_redirect: where requests for content are sent by a 302 to a signed address that
            needs, and bears, no access token: empty for nowhere, "media" for the sandbox's own
            media host, or the base URL of another.
        content_ranges: whether a request for a range of content gets that, and not the whole.
        content_etags: whether content has an `ETag`.
        content_lengths: whether content has a `Content-Length`.
        legs_begin: where the leg of an answered call begins in the records of conversations: with
            the answer, or with the ring.
        queue_records: whose extension id the record of an answered queue's call bears there: the
            queue's, and who answers has a record besides; or that of who answers.
    """

    date_from_inclusive: bool = True
    date_to_inclusive: bool = True
    precision: Literal["ms", "second"] = "ms"
    keeps_dates: bool = True
    max_per_page: int = 1000
    underfull: bool = False
    unsorted: bool | Literal["page", "window"] = False
    numeric_ids: bool = False
    text_ids: bool = False
    time_format: TimeFormat = "ms"
    show_deleted: Literal["honoured", "ignored", "refused"] = "honoured"
    deleted_records: Literal["full", "sparse"] = "full"
    rate_headers: bool = True
    retry_after: bool = True
    non_admin_error: Literal["CMN-408", "CMN-402"] = "CMN-408"
    unknown_fields: bool = False
    missing_fields: bool = False
    null_objects: bool = False
    poison: tuple[Poison, ...] = ()
    extract_sync_deleted: bool = False
    sync_token_days: float = 30.0
    disabled_extensions: Literal["served", "CMN-102", "CMN-404"] = "served"
    foreign_mailbox_error: Literal["CMN-419", "CMN-404"] = "CMN-419"
    hipaa_texts: Literal["empty", "refused"] = "empty"
    ended_calls_listed: float = 0.0
    unready_recordings: Literal["absent", "404", "202", "empty"] = "absent"
    expired_recordings: Literal["stay", "vanish"] = "stay"
    recording_group: str = "Heavy"
    content_redirect: str = ""
    content_ranges: bool = True
    content_etags: bool = True
    content_lengths: bool = True
    legs_begin: Literal["answer", "ring"] = "answer"
    queue_records: Literal["queue", "member"] = "queue"

    @property
    def leave_records_alone(self) -> bool:
        """Whether records go out just as they are rendered."""
        return (
            self.time_format == "ms"
            and self.deleted_records == "full"
            and not self.poison
            and not (self.numeric_ids or self.text_ids or self.unknown_fields)
            and not (self.missing_fields or self.null_objects)
        )
