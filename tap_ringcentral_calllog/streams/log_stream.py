"""Streams that are read by the route of the call log."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_ringcentral_calllog.api.logins import ACCOUNT_LOG, EXTENSION_LOGS
from tap_ringcentral_calllog.errors import COMPANY_CALL_LOG, RequestError
from tap_ringcentral_calllog.streams.windowed import WindowedStream
from tap_ringcentral_calllog.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.plan.keyset import Query
    from tap_ringcentral_calllog.run import Run

_REFUSED_PARAMETER = "CMN-101"


class LogStream(WindowedStream):
    """A stream that is read from the account's call log, or from the logs of extensions."""

    path = "/call-log"
    replication_key = "startTime"
    user_permission = COMPANY_CALL_LOG

    # Query parameters that select a part of the log; empty for all of it.
    filters: ClassVar[Mapping[str, str]] = {}

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any]) -> None:
        super().__init__(tap, run, schema)
        self.purpose = EXTENSION_LOGS if self.by_extension else ACCOUNT_LOG
        self._ask_deleted = True

    @property
    @override
    def contexts(self) -> list[dict[str, Any]]:
        """One partition per extension, `~` resolved to the one that logged in."""
        if not self.by_extension:
            return []
        return [{"extensionId": one} for one in self.extension_ids()]

    @override
    def get_url(self, context: Context | None) -> str:
        extension = f"/extension/{context['extensionId']}" if context else ""
        return f"{self.account_url}{extension}{self.path}"

    @override
    def ask(self, context: Context | None, query: Query) -> Answer:
        """Ask for a page of calls, deleted ones included.

        Args:
            context: names the extension, at extension level.
            query: bounds on `startTime`, and the page number.
        """
        params = {
            "view": "Detailed",
            "dateFrom": timestamp(query.date_from),
            "dateTo": timestamp(query.date_to),
            "perPage": self.settings.page_size,
            "page": query.page,
            **self.filters,
        }
        fetch = partial(self.fetch, context, purpose=self.purpose, decode=self.page_shaping.decode)
        if not self._ask_deleted:
            return fetch(params)
        try:
            return fetch({**params, "showDeleted": "true"})
        except RequestError as error:
            problem = error.problem
            # RingCentral has documented it for this route only lately; older servers may refuse it.
            if _REFUSED_PARAMETER not in problem.codes or problem.parameter not in {
                None,
                "showDeleted",
            }:
                raise
            answer = fetch(params)
        self._ask_deleted = False
        self.logger.info("RingCentral refuses showDeleted here: deleted calls will not be seen.")
        return answer
