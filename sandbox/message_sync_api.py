"""The sync route of messages: the content of a mailbox, then its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import EXTENSION_PATH
from sandbox.instants import iso
from sandbox.messages_api import MessageQuery, message_json
from sandbox.permits import permitted_mailbox
from sandbox.query import Parameters
from sandbox.refusals import bad_parameter
from sandbox.sync_tokens import SyncToken, accepted, outdated

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.messages import Message
    from sandbox.state import State

_NAME = "message-sync"
_LARGEST_SYNC = 250


def routes(state: State) -> list[Route]:
    """Return the sync route of messages."""
    endpoint = data_route(state, "Light", lambda request: _sync(state, request))
    return [Route(f"{EXTENSION_PATH}/{_NAME}", endpoint)]


def _sync(state: State, request: Request) -> bytes:
    extension_id = permitted_mailbox(state, request, "ReadMessages")
    now, given = state.clock.now_ms(), Parameters.of(request)
    home = f"{state.people.account_url}/extension/{extension_id}"
    first = given.text("syncType", "FSync", "ISync") != "ISync"
    older = False
    if first:
        query = MessageQuery.of(given, state)
        wish = [*query.types, *query.directions]
        count = given.number("recordCount", _LARGEST_SYNC)
        if count > _LARGEST_SYNC:
            raise bad_parameter(name="recordCount")
        found = query.selected(state, extension_id, now)
        found, older = found[:count], len(found) > count
    else:
        token = accepted(state, given.text("syncToken"), _NAME, home)
        wish = token.wish
        found = _changes(state, extension_id, token, now)
        if len(found) > _LARGEST_SYNC:
            raise outdated(code="CLG-105", why="more records changed than one answer holds")
    token = SyncToken(_NAME, home, wish, now, 1 << 62, now, state.sync_epoch)
    records = [msgspec.Raw(message_json(state, one, extension_id, now)) for one in found]
    info: dict[str, object] = {
        "syncType": "FSync" if first else "ISync",
        "syncToken": token.text(),
        "syncTime": iso(now),
    }
    if first:
        info["olderRecordsExist"] = older
    return msgspec.json.encode({"uri": f"{home}/{_NAME}", "records": records, "syncInfo": info})


def _changes(state: State, extension_id: str, token: SyncToken, now: int) -> list[Message]:
    """Return the messages that changed since a token was issued, including deleted ones."""
    types = tuple(one for one in token.wish if one not in {"Inbound", "Outbound"})
    directions = tuple(one for one in token.wish if one in {"Inbound", "Outbound"})
    query = MessageQuery(0, now, types, directions)
    return [
        one
        for one in state.mailboxes.mailbox(extension_id, now)
        if (one.modified(now), one.id) > (token.changed, token.number) and query.wants(one)
    ]
