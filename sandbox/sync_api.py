"""The two sync routes: all changes to the account's log, and the newest calls of a log."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

import msgspec
from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import ACCOUNT_PATH, EXTENSION_PATH
from sandbox.instants import DAY, HOUR, iso
from sandbox.permits import permitted_viewer
from sandbox.query import Parameters, Query
from sandbox.refusals import Refusal, bad_parameter

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.log import Entry
    from sandbox.state import State

_LARGEST_EXTRACT = 1000
_LARGEST_SYNC = 250
_FURTHEST_BACK = 30 * DAY


class _Token(msgspec.Struct):
    """A sync token.

    Attributes:
        route: the route that issued it.
        viewer: whose log.
        detailed: the view, which stays that of the first request.
        changed: up to which change, ms, the client has seen everything,
        number: and among the calls changed in that millisecond, up to which one.
        issued: when, ms.
        epoch: `State.sync_epoch` at the time.
    """

    route: str
    viewer: int
    detailed: bool
    changed: int
    number: int
    issued: int
    epoch: int

    def text(self) -> str:
        return urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


def routes(state: State) -> list[Route]:
    """Return the sync routes."""
    extract = data_route(state, "Heavy", lambda request: _Extract(state, request).answer())
    sync = data_route(state, "Heavy", lambda request: _Sync(state, request).answer())
    return [
        Route(f"{ACCOUNT_PATH}/call-log-extract-sync", extract),
        Route(f"{ACCOUNT_PATH}/call-log-sync", sync),
        Route(f"{EXTENSION_PATH}/call-log-sync", sync),
    ]


class _Route:
    """One request to a sync route."""

    name = ""

    def __init__(self, state: State, request: Request) -> None:
        self.state, self.now = state, state.clock.now_ms()
        self.viewer = permitted_viewer(state, request, company_wide=self.name == "call-log-sync")
        self.given = Parameters.of(request)
        self.detailed = self.given.text("view", "Simple", "Detailed") == "Detailed"
        self.first = self.given.text("syncType", "FSync", "ISync") != "ISync"

    def token(self) -> _Token:
        """Return the token that the request came with.

        Raises:
            Refusal: it is no longer, or never was, good for this route.
        """
        text = self.given.text("syncToken")
        try:
            token = msgspec.json.decode(
                urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Token
            )
        except (ValueError, msgspec.DecodeError):
            raise _outdated(code="CLG-101", why="it is malformed") from None
        if (token.route, token.viewer) != (self.name, self.viewer):
            raise _outdated(code="CLG-102", why="it belongs to another log")
        if self.now - token.issued > self.state.habits.sync_token_days * DAY:
            raise _outdated(code="CLG-103", why="it has expired")
        if token.epoch != self.state.sync_epoch:
            raise _outdated(code="CLG-104", why="the call log was reset")
        return token

    def body(
        self,
        entries: list[Entry],
        seen: tuple[int, int],
        **info: object,
    ) -> bytes:
        """Return the answer's body.

        Args:
            entries: the calls in it.
            seen: the change, and the call's number, up to which the client has seen everything.
            info: more fields of `syncInfo`.
        """
        state = self.state
        query = Query(date_from=0, date_to=self.now, detailed=self.detailed)
        records = [state.log.text(query, one, self.now, self.viewer) for one in entries]
        token = _Token(self.name, self.viewer, self.detailed, *seen, self.now, state.sync_epoch)
        sync_info = {
            "syncType": "FSync" if self.first else "ISync",
            "syncToken": token.text(),
            "syncTime": iso(self.now),
            **info,
        }
        return msgspec.json.encode(
            {
                "uri": f"{state.home(self.viewer)}/{self.name}",
                "records": [msgspec.Raw(record.encode()) for record in records],
                "syncInfo": sync_info,
            }
        )


class _Extract(_Route):
    """Everything that changed since a time, in the order it changed."""

    name = "call-log-extract-sync"

    def answer(self) -> bytes:
        count = self.given.number("recordCount", 250)
        if count > _LARGEST_EXTRACT:
            raise bad_parameter(name="recordCount")
        if self.first:
            date_from = self.given.instant("dateFrom")
            seen = (self.now - HOUR if date_from is None else date_from, -1)
        else:
            token = self.token()
            seen, self.detailed = (token.changed, token.number), token.detailed
        changes = self.state.log.changes(
            seen, self.now, self.viewer, show_deleted=self.state.habits.extract_sync_deleted
        )
        more = len(changes) > count
        if changes:
            seen = changes[:count][-1][:2]
        entries = [entry for _, _, entry in changes[:count]]
        return self.body(entries, seen, newerRecordsExist=more)


class _Sync(_Route):
    """The newest calls, then what changed among them."""

    name = "call-log-sync"

    def answer(self) -> bytes:
        seen = (self.now, 1 << 62)
        if self.first:
            return self.body(self._newest(), seen)
        token = self.token()
        self.detailed = token.detailed
        show_deleted = self.given.flag("showDeleted")
        changes = self.state.log.changes(
            (token.changed, token.number), self.now, self.viewer, show_deleted=show_deleted
        )
        if len(changes) > _LARGEST_SYNC:
            raise _outdated(code="CLG-105", why="more records changed than one answer holds")
        plan = self.state.log.plan
        entries = [entry for _, _, entry in changes]
        entries.sort(key=lambda one: (plan(one).start, plan(one).number), reverse=True)
        return self.body(entries, seen)

    def _newest(self) -> list[Entry]:
        count = self.given.number("recordCount", 0)
        if not 1 <= count <= _LARGEST_SYNC:
            raise bad_parameter(name="recordCount")
        date_from = self.given.instant("dateFrom")
        if date_from is None:
            date_from = self.now - _FURTHEST_BACK
        if date_from < self.now - _FURTHEST_BACK:
            raise bad_parameter(name="dateFrom")
        wanted: tuple[tuple[str, tuple[str, ...]], ...] = ()
        if self.given.text("statusGroup", "Missed", "All") == "Missed":
            wanted = (("result", ("Missed",)),)
        query = Query(date_from=date_from, date_to=self.now, show_deleted=False, wanted=wanted)
        entries = self.state.log.entries(query, self.now, self.viewer)
        return [entry for entry, _ in zip(entries, range(count), strict=False)]


def _outdated(*, code: str, why: str) -> Refusal:
    message = f"Parameter [syncToken] is of no use, {why}: start over with FSync"
    return Refusal(400, code, message, parameterName="syncToken")
