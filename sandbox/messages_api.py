"""The routes of messages: lists, single ones, and the files attached to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import EXTENSION_PATH
from sandbox.content import content_routes
from sandbox.distort import encoded
from sandbox.instants import DAY
from sandbox.messages import TEXTS, TYPES
from sandbox.pages import page_of
from sandbox.permits import permitted_mailbox
from sandbox.query import Parameters, bounds
from sandbox.refusals import Refusal, bad_parameter, not_found
from sandbox.state import MYSELF

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.files import File
    from sandbox.messages import Message
    from sandbox.state import State

STORE_PATH = EXTENSION_PATH + "/message-store"
_MESSAGE_PATH = STORE_PATH + "/{message_id}"
_CONTENT_PATH = _MESSAGE_PATH + "/content/{attachment_id}"


@dataclass(frozen=True, slots=True)
class MessageQuery:
    """A query of a mailbox; an empty tuple selects everything.

    Attributes:
        date_from: the earliest creation time, ms, always inclusive.
        date_to: the latest creation time, ms, always inclusive.
        types: the types of message.
        directions: the directions.
        availability: the values of `availability`.
        read: the read statuses.
        conversation: the id of a conversation.
        number: a phone number at either end.
    """

    date_from: int
    date_to: int
    types: tuple[str, ...]
    directions: tuple[str, ...]
    availability: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    conversation: str = ""
    number: str = ""

    @classmethod
    def of(cls, given: Parameters, state: State) -> MessageQuery:
        """Return the query of a request.

        Raises:
            Refusal: a value is invalid, or the account refuses queries for this type of message.
        """
        now = state.clock.now_ms()
        date_to = given.instant("dateTo")
        date_to = now if date_to is None else date_to
        date_from = given.instant("dateFrom")
        date_from = date_to - DAY if date_from is None else date_from
        if date_from > date_to:
            raise bad_parameter(name="dateFrom")
        first, last = bounds(date_from, date_to, state.habits)
        types = given.texts("messageType", *TYPES)
        if state.hipaa and state.habits.hipaa_texts == "refused" and TEXTS & set(types):
            raise Refusal(403, "CMN-403", "The feature is not available for this extension type")
        return cls(
            date_from=first,
            date_to=last,
            types=types,
            directions=given.texts("direction", "Inbound", "Outbound"),
            availability=given.texts("availability", "Alive", "Deleted", "Purged"),
            read=given.texts("readStatus", "Read", "Unread"),
            conversation=given.text("conversationId"),
            number=given.text("phoneNumber"),
        )

    def wants(self, message: Message) -> bool:
        """Return whether a message has the requested type and direction."""
        return (not self.types or message.type in self.types) and (
            not self.directions or message.direction in self.directions
        )

    def selected(self, state: State, extension_id: str, now: int) -> list[Message]:
        """Return the requested messages of a mailbox, newest first."""
        availability = self.availability or ("Alive",)
        return [
            one
            for one in state.mailboxes.mailbox(extension_id, now)
            if self.date_from <= one.created <= self.date_to
            and self.wants(one)
            and one.availability(now) in availability
            and (not self.read or one.read_status(now) in self.read)
            and (
                not (self.conversation or self.number) or self._talks(state, one, extension_id, now)
            )
        ]

    def _talks(self, state: State, message: Message, extension_id: str, now: int) -> bool:
        record = state.writer.record(message, extension_id, now)
        ends = (record["from"], *record["to"])
        return (
            not self.conversation or str(record.get("conversationId")) == self.conversation
        ) and (not self.number or self.number in {one.get("phoneNumber") for one in ends})


def routes(state: State) -> list[Route]:
    """Return the routes of messages."""
    store = data_route(state, "Light", lambda request: _store(state, request))
    single = data_route(state, "Light", lambda request: _single(state, request))
    return [Route(STORE_PATH, store), Route(_MESSAGE_PATH, single), *media_routes(state)]


def media_routes(state: State) -> list[Route]:
    """Return the routes that a media host serves as well."""
    return content_routes(state, "Medium", _CONTENT_PATH, permit=_permit_content, find=_content)


def message_json(state: State, message: Message, extension_id: str, now: int) -> bytes:
    """Return a message's record as the server writes it."""
    record = state.writer.record(message, extension_id, now)
    return encoded(record, message.id, state.habits)


def _store(state: State, request: Request) -> bytes:
    extension_id = permitted_mailbox(state, request, "ReadMessages")
    now, given = state.clock.now_ms(), Parameters.of(request)
    asked, query = given.page(state.habits), MessageQuery.of(given, state)
    found = query.selected(state, extension_id, now)
    # Render only the page's records; the others are only numbers here.
    lines = [str(rank).encode() for rank in range(len(found))]
    page = page_of(lines, asked, state.habits)
    page.records[:] = [
        message_json(state, found[int(rank)], extension_id, now) for rank in page.records
    ]
    shared = {**given.values, "perPage": [str(asked.size)]}
    uri = f"{state.people.account_url}/extension/{extension_id}/message-store"
    return page.body(uri, shared, asked)


def _single(state: State, request: Request) -> bytes:
    extension_id = permitted_mailbox(state, request, "ReadMessages")
    return message_json(state, _message(state, request), extension_id, state.clock.now_ms())


def _permit_content(state: State, request: Request) -> None:
    permitted_mailbox(state, request, "ReadMessageContent")


def _content(state: State, request: Request) -> File:
    message = _message(state, request)
    if message.availability(state.clock.now_ms()) == "Purged":
        raise not_found(parameter="attachmentId")
    return state.writer.file(message, request.path_params["attachment_id"])


def _message(state: State, request: Request) -> Message:
    """Return the message in a request's path, if it is in that mailbox."""
    extension_id = request.path_params["extension_id"]
    message = state.mailboxes.message(request.path_params["message_id"], state.clock.now_ms())
    owner = state.asking if extension_id == MYSELF else extension_id
    if owner not in message.owners:
        raise not_found(parameter="messageId")
    return message
