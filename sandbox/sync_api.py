"""The two sync routes: all changes to the account's log, and the newest calls of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import ACCOUNT_PATH, EXTENSION_PATH
from sandbox.instants import DAY, HOUR, iso
from sandbox.permits import permitted_viewer
from sandbox.query import Parameters, Query
from sandbox.refusals import bad_parameter
from sandbox.sync_tokens import SyncToken, accepted, outdated

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.log import Entry
    from sandbox.state import State

_LARGEST_EXTRACT = 1000
_LARGEST_SYNC = 250
_FURTHEST_BACK = 30 * DAY


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
        self.viewer = permitted_viewer(state, request, company_wide=False)
        self.given = Parameters.of(request)
        self.detailed = self.given.text("view", "Simple", "Detailed") == "Detailed"
        self.home = state.home(self.viewer)
        self.first = self.given.text("syncType", "FSync", "ISync") != "ISync"

    def token(self) -> SyncToken:
        """Return the request's token, with the view of the first request."""
        token = accepted(self.state, self.given.text("syncToken"), self.name, self.home)
        self.detailed = token.wish == ["Detailed"]
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
            seen: the last change that the client has seen: its time and the call's number.
            info: additional fields of `syncInfo`.
        """
        state = self.state
        query = Query(date_from=0, date_to=self.now, detailed=self.detailed)
        records = [state.log.text(query, one, self.now, self.viewer) for one in entries]
        wish = ["Detailed" if self.detailed else "Simple"]
        token = SyncToken(self.name, self.home, wish, *seen, self.now, state.sync_epoch)
        sync_info = {
            "syncType": "FSync" if self.first else "ISync",
            "syncToken": token.text(),
            "syncTime": iso(self.now),
            **info,
        }
        return msgspec.json.encode(
            {
                "uri": f"{self.home}/{self.name}",
                "records": [msgspec.Raw(record.encode()) for record in records],
                "syncInfo": sync_info,
            }
        )


class _Extract(_Route):
    """All calls that changed since a given time, in the order of the changes."""

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
            seen = (token.changed, token.number)
        changes = self.state.log.changes(
            seen, self.now, self.viewer, show_deleted=self.state.habits.extract_sync_deleted
        )
        more = len(changes) > count
        if changes:
            seen = changes[:count][-1][:2]
        entries = [entry for _, _, entry in changes[:count]]
        return self.body(entries, seen, newerRecordsExist=more)


class _Sync(_Route):
    """The newest calls, then their changes."""

    name = "call-log-sync"

    def answer(self) -> bytes:
        seen = (self.now, 1 << 62)
        if self.first:
            return self.body(self._newest(), seen)
        token = self.token()
        show_deleted = self.given.flag("showDeleted")
        changes = self.state.log.changes(
            (token.changed, token.number), self.now, self.viewer, show_deleted=show_deleted
        )
        if len(changes) > _LARGEST_SYNC:
            raise outdated(code="CLG-105", why="more records changed than one answer holds")
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
