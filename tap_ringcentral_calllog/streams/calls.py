"""The call log, and the legs of its calls."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import AbortedSyncFailedException, AbortedSyncPausedException

from tap_ringcentral_calllog.client import RingCentralStream
from tap_ringcentral_calllog.errors import AccessError, RequestError, SettingsError
from tap_ringcentral_calllog.legs import Legs, complete_call
from tap_ringcentral_calllog.records import MalformedError, Shaper, needs_cleaning
from tap_ringcentral_calllog.schemas import ADDED_TO_CALL, call_legs_schema, call_log_schema
from tap_ringcentral_calllog.settings_schema import EXTENSION
from tap_ringcentral_calllog.streams.windowed import Page, WindowedStream
from tap_ringcentral_calllog.windows import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import metrics
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.connection import Answer
    from tap_ringcentral_calllog.tap import TapRingCentral
    from tap_ringcentral_calllog.windows import Query

_ACCOUNT_IN_URI = re.compile(r"/account/(\d+)(?:/|$)")
_REFUSED_PARAMETER = "CMN-101"

# A call without any of these is none.
_SUBSTANCE = ("type", "direction", "result", "action", "duration", "from", "to", "legs")


class CallLog(WindowedStream):
    """The calls in the log of the account, or of extensions."""

    name = "call_log"
    replication_key = "startTime"
    app_permission = "ReadCallLog"

    def __init__(self, tap: TapRingCentral) -> None:
        schema = call_log_schema(tap.level)
        super().__init__(tap, schema)
        self.by_extension = tap.level == EXTENSION
        self.primary_keys = ("accountId", *(["extensionId"] if self.by_extension else []), "id")
        self._shaper = Shaper(schema, ADDED_TO_CALL, self._tell_unknown)
        self._legs = Legs(schema)
        self._account_id = ""
        self._ask_deleted = True

    @property
    def contexts(self) -> list[dict[str, Any]]:
        """One partition per extension, `~` resolved to the one that logged in."""
        if not self.by_extension:
            return []
        ids = [self._owner_id() if one == "~" else one for one in self.settings.extension_ids]
        return [{"extensionId": one} for one in dict.fromkeys(ids)]

    def get_url(self, context: Context | None) -> str:
        """Return the log's address.

        Args:
            context: names the extension, at extension level.
        """
        account = f"{self.url_base}/restapi/v1.0/account/{self.settings.account_id}"
        return (
            f"{account}/extension/{context['extensionId']}/call-log"
            if context
            else f"{account}/call-log"
        )

    def read_page(self, context: Context | None, query: Query) -> Page:
        """Ask for a page of calls, deleted ones included.

        Args:
            context: names the extension, at extension level.
            query: bounds on `startTime`, and the page number.

        Returns:
            The calls, shaped and completed.
        """
        answer = self._ask(context, query)
        navigation = answer.content.get("navigation") or {}
        page = Page([], [], [], more=bool(navigation.get("nextPage")))
        log = {"accountId": self._identify(context, answer), **(context or {})}
        clean = needs_cleaning(answer.raw)
        for record in answer.content["records"]:
            try:
                call = self._shaper.shape(record, clean=clean)
            except MalformedError as error:
                self.logger.warning("A call cannot be written: its %s.", error)
                continue
            complete_call(call, log)
            page.records.append(call)
            page.ids.append(call["id"])
            page.times.append(moment(call["startTime"]))
        return page

    def is_writable(self, record: dict[str, Any]) -> bool:
        """Hold back a deletion without the call: as a row it would empty the archived one."""
        return not record.get("deleted") or any(record.get(name) for name in _SUBSTANCE)

    def write_children(self, records: list[dict[str, Any]]) -> None:
        """Write the legs of a page's calls."""
        for child in self.child_streams:
            if isinstance(child, CallLegs) and child.selected:
                child.write([row for record in records for row in self._legs.rows(record)])

    def _ask(self, context: Context | None, query: Query) -> Answer:
        params = {
            "view": "Detailed",
            "dateFrom": timestamp(query.date_from),
            "dateTo": timestamp(query.date_to),
            "perPage": self.settings.page_size,
            "page": query.page,
        }
        if not self._ask_deleted:
            return self.fetch(context, params)
        try:
            return self.fetch(context, {**params, "showDeleted": "true"})
        except RequestError as error:
            problem = error.problem
            # Documented for this route of late only; older servers may refuse it.
            if _REFUSED_PARAMETER not in problem.codes or problem.parameter not in {
                None,
                "showDeleted",
            }:
                raise
            answer = self.fetch(context, params)
        self._ask_deleted = False
        self.logger.info("RingCentral refuses showDeleted here: deleted calls will not be seen.")
        return answer

    def _identify(self, context: Context | None, answer: Answer) -> str:
        """Return the account's id, and make sure that the state is this account's."""
        progress = self.progress(context)
        if not progress.account_id:
            self._account_id = self._account_id or self._find_account_id(answer)
            self._bookmarks.check_account(self._account_id)
            progress.account_id = self._account_id
        return self._account_id

    def _find_account_id(self, answer: Answer) -> str:
        first = next(iter(answer.content["records"]), None)
        for source in (answer.content, first):
            uri = source.get("uri") if isinstance(source, dict) else None
            if isinstance(uri, str) and (match := _ACCOUNT_IN_URI.search(uri)):
                return str(match[1])
        if self.settings.account_id != "~":
            return self.settings.account_id
        return self._ask_account_id()

    def _ask_account_id(self) -> str:
        """Ask for the account's id, where no answer tells it. Needs a permission of its own."""
        with suppress(AccessError):
            account = self.fetch(None, {}, f"{self.url_base}/restapi/v1.0/account/~").content
            if str(account.get("id")).isdecimal():
                return str(account["id"])
        msg = "RingCentral's answers do not tell the account's id: set account_id to it"
        raise SettingsError(msg)

    def _owner_id(self) -> str:
        self.connection.authenticator.login()
        if owner := self.connection.authenticator.owner_id:
            return owner
        msg = "RingCentral did not tell whose login this is: put the id in extension_ids, not '~'"
        raise SettingsError(msg)

    def _tell_unknown(self, path: str) -> None:
        self.logger.info("New field or form of a field, kept in extra: %s", path)


class CallLegs(RingCentralStream):
    """The legs of the calls in the log, read from the same answers."""

    name = "call_legs"
    parent_stream_type = CallLog
    app_permission = CallLog.app_permission
    # The bookmark is the call log's.
    state_partitioning_keys = ()
    # Said once a page otherwise.
    demoted = (*RingCentralStream.demoted, "Beginning sync of", "METRIC")

    def __init__(self, tap: TapRingCentral) -> None:
        super().__init__(tap, call_legs_schema(tap.level))
        extension = ["extensionId"] if tap.level == EXTENSION else []
        self.primary_keys = ("accountId", *extension, "callId", "legIndex")
        self._rows: list[dict[str, Any]] = []

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write a page's legs.

        Args:
            rows: the records.
        """
        self._rows = rows
        try:
            self.sync()
        except (AbortedSyncFailedException, AbortedSyncPausedException):
            # `--test` has seen enough of this stream.
            self.logger.debug("Stopped early.")

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002
        """Return the page's legs."""
        return iter(self._rows)

    def get_record_counter(self, **options: Any) -> metrics.Counter:  # noqa: ANN401
        """Count where the messages are lowered, as each page counts anew."""
        counter = super().get_record_counter(**options)
        counter.logger = self.logger
        return counter

    def get_sync_timer(self) -> metrics.Timer:
        """Take the time where the messages are lowered, as each page is timed anew."""
        timer = super().get_sync_timer()
        timer.logger = self.logger
        return timer
