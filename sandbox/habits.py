"""Habits of the server: undocumented behavior, and misbehavior that may occur."""

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
    """The server's behavior where the documentation is silent; the defaults are likeliest.

    Attributes:
        date_from_inclusive: whether a call that starts at `dateFrom` is in the answer.
        date_to_inclusive: whether a call that starts at `dateTo` is in the answer.
        precision: the precision to which bounds are truncated before they are compared.
        keeps_dates: whether lists contain only records between the requested dates.
        max_per_page: the page size beyond which `perPage` is silently clamped.
        underfull: pages contain fewer records than requested, or none, although more follow.
        unsorted: "page" shuffles each page, "window" (or True) the whole list across its pages.
        numeric_ids: ids are JSON numbers.
        text_ids: ids are JSON strings.
        time_format: how times are written. "ms": always with milliseconds; "seconds": the server
            has only whole seconds; "truncated": it writes whole seconds, but compares milliseconds;
            "offset": `-05:00` instead of `Z`; "mixed": milliseconds only if not zero; "micro": six
            digits; "leap_second": 59 s are written as 60; "no_offset": no time zone.
        show_deleted: whether `showDeleted` works, is ignored, or is refused.
        deleted_records: whether a deleted record is complete, or little more than its id.
        rate_headers: whether answers have `X-Rate-Limit-*` headers.
        retry_after: whether a 429 has `Retry-After`.
        non_admin_error: the `errorCode` if the user may not read the account's call log.
        unknown_fields: records contain undocumented fields, at several depths.
        missing_fields: some records lack fields that the others have.
        null_objects: some objects in records are null.
        poison: kinds of values that break parsers and databases, each in about one of 50 records.
        extract_sync_deleted: whether the extract sync returns deleted records.
        sync_token_days: how long a sync token is valid.
        disabled_extensions: whether the calls and messages of a disabled extension are still
            served, or the `errorCode` of the refusal.
        foreign_mailbox_error: the `errorCode` if the user may not read another extension's
            messages.
        hipaa_texts: whether a HIPAA account answers requests for text messages with an empty list,
            or refuses them.
        ended_calls_listed: for how many minutes after its end a call is still listed as active,
            with the record that the log will contain.
        unready_recordings: how a recording looks from the end of its call until it is ready.
            "absent": the call's record does not name it yet. Otherwise it does, and a request for
            the content is answered with 404, 202, or an empty body ("empty").
        expired_recordings: whether a call's record still names a recording after its deletion.
        recording_group: the rate-limit group of recordings' content.
        content_redirect: the host to which a 302 redirects requests for content, at a signed
            address that accepts no access token: empty for no redirect, "media" for the sandbox's
            own media host, or the base URL of another host.
        content_ranges: whether a request for a range of content is answered with that range.
        content_etags: whether content has an `ETag`.
        content_lengths: whether content has a `Content-Length`.
        legs_begin: whether the leg of an answered call begins with the answer or with the ring, in
            the records of conversations.
        queue_records: whose extension id those records have for an answered call to a queue: the
            queue's (and the person who answers has a separate record), or that person's.
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
        """Whether records are sent exactly as rendered."""
        return (
            self.time_format == "ms"
            and self.deleted_records == "full"
            and not self.poison
            and not (self.numeric_ids or self.text_ids or self.unknown_fields)
            and not (self.missing_fields or self.null_objects)
        )
