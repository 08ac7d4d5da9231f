"""What all streams share: the connection, and the messages for a refusal."""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import msgspec
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib import Schema
from singer_sdk.streams import RESTStream
from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from tap_ringcentral_calllog.api.logins import ALONE
from tap_ringcentral_calllog.errors import (
    AccessError,
    Problem,
    RequestError,
    SettingsError,
    refusal,
    retold,
)
from tap_ringcentral_calllog.logs import passes
from tap_ringcentral_calllog.records.account import account_id_in
from tap_ringcentral_calllog.records.decoding import decode, decode_record
from tap_ringcentral_calllog.records.pages import Shaping
from tap_ringcentral_calllog.records.typed import leave_out

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.metrics import Counter as RecordCounter
    from singer_sdk.singerlib import Catalog

    from tap_ringcentral_calllog.api.connection import Answer, Connection, Decode
    from tap_ringcentral_calllog.auth.authenticator import Authenticator
    from tap_ringcentral_calllog.config.settings import Settings
    from tap_ringcentral_calllog.errors import Failure
    from tap_ringcentral_calllog.output import MessageWriter
    from tap_ringcentral_calllog.records.shaper import Shaper
    from tap_ringcentral_calllog.run import Run


# What the ids in contexts identify, in the words of messages.
_ASKED = {"extensionId": "extension", "callQueueId": "queue"}

# At most this many failures for the same reason are logged as errors. A user without a right to
# other mailboxes, for example, is refused each of them.
_MOST_ERRORS = 3


def shown(identity: object) -> str:
    """Return an id that is safe in errors: "?" for any other text from a server."""
    return str(identity) if str(identity).isdecimal() else "?"


class RingCentralStream(RESTStream[Any]):
    """A stream that is read through the run's one connection."""

    # Records are shaped to the schema by `records`, faster than the SDK does it.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    # A stream's contract with RingCentral stands on its class, in this order; docs/streams.md is
    # made from it. Routes are below the account's; the rate-limit group follows from them.
    one_row: str = ""
    path = ""
    # The app permission that is needed, as named in a login's scope.
    app_permission: str = ""
    # The permission that the user needs, unless none is documented.
    user_permission: str = ""
    # How long RingCentral keeps it.
    kept: str = ""

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema)
        self.run = run
        self._reported: Counter[str] = Counter()
        self.logger.addFilter(passes)

    @property
    def connection(self) -> Connection:
        """The run's connection, logged in."""
        return self.run.connection

    @property
    def settings(self) -> Settings:
        """The run's settings."""
        return self.run.settings

    @property
    @override
    def url_base(self) -> str:
        return self.settings.api_url

    @property
    def account_url(self) -> str:
        """The account's address, below which its data is found."""
        return f"{self.url_base}/restapi/v1.0/account/{self.settings.account_id}"

    @property
    @override
    def requests_session(self) -> requests.Session:
        """The connection's session, which paces every request."""
        return self.connection.session

    @property
    @override
    def authenticator(self) -> Authenticator:
        """The connection's login."""
        return self.connection.authenticator

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """No partitions: the state does not decide what is read."""
        return None

    @cached_property
    def is_left_to_sdk(self) -> bool:
        """Whether the SDK writes each record: it applies stream maps and ends a test in time."""
        return self.ABORT_AT_RECORD_COUNT is not None or any(
            type(one) is not SameRecordTransform or one.flattening_enabled
            for one in self.stream_maps
        )

    @cached_property
    def _deselected(self) -> list[tuple[str, ...]]:
        """The properties that the catalog deselects, by the names that lead to them."""
        return [
            breadcrumb[1::2]
            for breadcrumb, selected in self.mask.items()
            if breadcrumb and not selected and self.mask[breadcrumb[:-2]]
        ]

    @override
    def get_record_counter(self, **options: Any) -> RecordCounter:
        self._counter = super().get_record_counter(**options)
        return self._counter

    def write_page(self, rows: list[Record]) -> Iterator[Record]:
        """Write a page's records at once.

        The SDK takes twice the time, because it treats each record by itself, and looks up each of
        its properties in the catalog.

        Args:
            rows: the records, shaped.

        Yields:
            The records that the SDK must write itself; otherwise nothing.
        """
        if self.is_left_to_sdk or not self.selected:
            yield from map(msgspec.to_builtins, rows)
            return
        for path in self._deselected:
            for row in rows:
                leave_out(row, path)
        writer = cast("MessageWriter", self._tap.message_writer)
        writer.write_rows(self.name, rows, datetime.now(timezone.utc))
        self.state_manager.is_flushed = False
        self._counter.increment(len(rows))

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Leave the state alone: a bookmark follows a window, not a single record.

        The SDK would set the bookmark to the newest record of an unfinished window.
        """

    @property
    @override
    def effective_schema(self) -> dict[str, Any]:
        """The tap's own schema: a catalog selects, it does not change what records look like."""
        return self.schema

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply a catalog's selection. Keys, bookmark and schema stay the tap's.

        Args:
            catalog: the catalog. One of an older version would hide columns from the target.

        Raises:
            SettingsError: when it deselects one of them.
        """
        keys, bookmark = tuple(self.primary_keys or ()), self.replication_key
        super().apply_catalog(catalog)
        self.primary_keys, self.replication_key = keys, bookmark
        if entry := catalog.get_stream(self.name):
            entry.key_properties = keys
            entry.schema = Schema.from_dict(self.schema)
        needed = [*keys, *([bookmark] if bookmark else [])]
        missing = [name for name in needed if not self.mask["properties", name]]
        if self.selected and missing:
            names = ", ".join(missing)
            msg = (
                f"{self.name}: the catalog deselects {names}, which the stream's key and "
                "bookmark need: select it"
            )
            raise SettingsError(msg)

    @override
    def generate_child_contexts(
        self,
        record: Record,
        context: Context | None,
    ) -> Iterator[Context | None]:
        """Generate none: child streams are written page by page, not record by record."""
        return iter(())

    def fetch(  # noqa: PLR0913 - a request, and all that may differ from one to another
        self,
        context: Context | None,
        params: dict[str, Any],
        url: str | None = None,
        *,
        is_whole: Callable[[dict[str, Any]], bool] | None = None,
        purpose: str = ALONE,
        decode: Decode = decode,
    ) -> Answer:
        """Ask RingCentral for something.

        Args:
            context: the partition's context, for the URL.
            params: the query parameters; lists are repeated.
            url: another URL than the stream's own.
            is_whole: returns whether an answer holds what was asked for, if not the stream's
                own `is_whole`.
            purpose: what it is for; see `Logins.able`.
            decode: decodes an answer, as `decoding.decode` does.

        Returns:
            The answer.

        Raises:
            TapRingCentralError: when that fails, with what to do about it.
        """
        request = self.get_http_request(page=PageContext(context, None))
        request.params.update(params)
        prepared = self.build_prepared_request(
            method=request.method,
            url=url or request.url,
            params=request.encode_params(),
            headers=request.headers,
        )
        try:
            return self.connection.get(prepared, is_whole or self.is_whole, purpose, decode)
        except RequestError as error:
            raise self._refusal(error.problem, context) from None

    def _refusal(self, problem: Problem, context: Context | None = None) -> RequestError:
        """Turn a refusal into an error that says what to do."""
        return refusal(
            problem,
            self.name,
            of=self._part(context),
            app_permission=self.app_permission,
            user_permission=self.user_permission,
        )

    @staticmethod
    def _part(context: Context | None) -> str:
        """Return what a context stands for, such as "extension 5"."""
        asked = context or {}
        return "".join(
            f"{what} {shown(asked[name])}" for name, what in _ASKED.items() if name in asked
        )

    def placed(self, error: Failure, context: Context | None = None) -> Failure:
        """Return an error that names the stream, and the part of it that was asked for.

        Args:
            error: the error. A refusal names them already.
            context: the partition that was requested, if not the whole stream.
        """
        if isinstance(error, RequestError) or str(error).startswith(self.name):
            return error
        part = self._part(context)
        return retold(error, f"{self.name} of {part}: {error}" if part else f"{self.name}: {error}")

    def report(self, error: Failure, context: Context | None = None) -> None:
        """Record that something could not be read. The rest is read, and the run exits with 1.

        Args:
            error: why.
            context: the partition that was requested, if not the whole stream.
        """
        reason = str(error.problem) if isinstance(error, RequestError) else type(error).__name__
        self._reported[reason] += 1
        many = context is not None and self._reported[reason] > _MOST_ERRORS
        self.run.fail(self.placed(error, context), level=logging.INFO if many else logging.ERROR)

    def is_whole(self, content: dict[str, Any]) -> bool:
        """Return whether an answer of the stream's own route holds a list, maybe an empty one."""
        navigation = content.get("navigation")
        return isinstance(content.get("records"), list) and isinstance(navigation, dict | None)

    def account_id(self, answer: Answer | None = None) -> str:
        """Return the account's id.

        Args:
            answer: an answer of the stream. Before one contains the id, a request is needed.

        Raises:
            SettingsError: when neither answers nor settings contain the id.
        """
        run = self.run
        if not run.account_id:
            content = answer.content if answer else {}
            first = decode_record(next(iter(content.get("records") or ()), None))
            found = account_id_in(content, first)
            if not found and self.settings.account_id != "~":
                found = self.settings.account_id
            run.account_id = found or self._ask_account_id()
        return run.account_id

    def _ask_account_id(self) -> str:
        """Request the account's id, if no answer contains it. This needs another permission."""
        account = f"{self.url_base}/restapi/v1.0/account/~"
        for url in (account, f"{account}/extension/~"):
            with suppress(AccessError):
                content = self.fetch(None, {}, url, is_whole=bool).content
                if found := account_id_in(content):
                    return found
                if url == account and str(content.get("id")).isdecimal():
                    return str(content["id"])
        msg = "RingCentral's answers do not contain the account's id: set account_id"
        raise SettingsError(msg)

    @property
    def is_test(self) -> bool:
        """Whether this is a test of the connection, with at most one record of each stream."""
        return self.ABORT_AT_RECORD_COUNT is not None and self.ABORT_AT_RECORD_COUNT <= 1

    def prepare(self) -> None:
        """Check, before any request, whether the stream can be read; if not, deselect it.

        Raises:
            TapRingCentralError: when a setting that the stream needs can't be used.
        """

    def shaping(
        self,
        schema: dict[str, Any],
        added: frozenset[str],
        noun: str,
        numeric: Collection[tuple[str, ...]],
        other: Callable[[object], Shaper | None] = lambda _: None,
    ) -> Shaping:
        """Return what fits the records of answers to a schema.

        Args:
            schema: the JSON schema of the records.
            added: the fields that the tap adds to them.
            noun: what the records are, for the log.
            numeric: where ids are numbers, by paths without array indexes.
            other: returns the shaper of a record that has a schema of its own.
        """
        return Shaping(
            schema,
            added,
            noun,
            logger=self.logger,
            on_unknown=self.log_unknown,
            plain=False,
            numeric=numeric,
            other=other,
        )

    def log_unknown(self, path: str) -> None:
        """Log that a field has no place in the schema. Not for a stream that is not selected.

        Args:
            path: the field's path, without values.
        """
        if self.selected:
            self.logger.info("%s: unknown field or type, kept in extra: %s", self.name, path)

    def check_scope(self) -> None:
        """Refuse to begin when the login's scope shows that the app lacks the permission.

        Raises:
            AccessError: when the permission is missing.
        """
        scope = self.connection.log_in().scope
        if scope is not None and self.app_permission not in scope:
            problem = Problem(403, ("CMN-401",), permission=self.app_permission)
            raise self._refusal(problem)
