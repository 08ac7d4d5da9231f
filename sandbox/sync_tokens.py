"""The tokens of incremental syncs, and their validity."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING

import msgspec

from sandbox.instants import DAY
from sandbox.refusals import Refusal

if TYPE_CHECKING:
    from sandbox.state import State


class SyncToken(msgspec.Struct):
    """A sync token.

    Attributes:
        route: the route that issued it.
        home: the URI of the account or extension that is synced.
        wish: the first request's parameters, which apply to all later requests.
        changed: time of the last change that the client has seen, ms.
        number: number of the last record seen among those changed in that millisecond.
        issued: when it was issued, ms.
        epoch: `State.sync_epoch` at that time.
    """

    route: str
    home: str
    wish: list[str]
    changed: int
    number: int
    issued: int
    epoch: int

    def text(self) -> str:
        """Return the token in the form that clients receive."""
        return urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


def accepted(state: State, text: str, route: str, home: str) -> SyncToken:
    """Return the token of a request.

    Raises:
        Refusal: it is invalid or outdated for this route and these records.
    """
    try:
        token = msgspec.json.decode(
            urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=SyncToken
        )
    except (ValueError, msgspec.DecodeError):
        raise outdated(code="CLG-101", why="it is malformed") from None
    if (token.route, token.home) != (route, home):
        raise outdated(code="CLG-102", why="it belongs to another log")
    if state.clock.now_ms() - token.issued > state.habits.sync_token_days * DAY:
        raise outdated(code="CLG-103", why="it has expired")
    if token.epoch != state.sync_epoch:
        raise outdated(code="CLG-104", why="the call log was reset")
    return token


def outdated(*, code: str, why: str) -> Refusal:
    """Return the refusal of an outdated sync token."""
    message = f"Parameter [syncToken] is of no use, {why}: start over with FSync"
    return Refusal(400, code, message, parameterName="syncToken")
