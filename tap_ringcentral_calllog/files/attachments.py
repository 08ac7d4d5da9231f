"""The files that messages have: voicemail, fax pages, attachments of text messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.files.hosts import without_login
from tap_ringcentral_calllog.retention import (
    DELETED_MESSAGES,
    DELETED_MESSAGES_KEPT,
    MESSAGES,
    MESSAGES_KEPT,
    TEXTS,
)
from tap_ringcentral_calllog.times import later, moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_ringcentral_calllog.records.shaper import Record

_FORGOTTEN = frozenset({"VoiceMail", "Fax"})

# The text of a text message is in the message itself, as its subject.
_TEXT = "Text"


def kind_of(message: Mapping[str, Any]) -> str:
    """Return the name of a message's kind, as the stream `retention` has it."""
    if message.get("type") not in _FORGOTTEN:
        return TEXTS
    return DELETED_MESSAGES if message.get("availability") == "Deleted" else MESSAGES


def expires(message: Mapping[str, Any]) -> str | None:
    """Return when RingCentral deletes a message, in UTC; None when it does not."""
    if message.get("type") not in _FORGOTTEN:
        return None
    ends = [later(moment(message["creationTime"]), MESSAGES_KEPT)]
    changed = message.get("lastModifiedTime")
    if message.get("availability") == "Deleted" and changed:
        ends.append(later(moment(changed), DELETED_MESSAGES_KEPT))
    until = min((one for one in ends if one), default=None)
    return timestamp(until) if until else None


def files_of(message: Mapping[str, Any]) -> list[Record]:
    """Find the files of a message.

    Returns:
        What is known about each, in RingCentral's order.
    """
    files: list[Record] = []
    for attachment in message.get("attachments") or ():
        identity = attachment.get("id")
        if identity is None or attachment.get("type") == _TEXT:
            continue
        files.append(
            {
                "messageId": message["id"],
                "id": str(identity),
                "creationTime": message["creationTime"],
                "messageType": message.get("type"),
                "type": attachment.get("type"),
                "fileName": attachment.get("fileName"),
                "contentUri": without_login(attachment.get("uri")),
                "contentType": _plain_type(attachment.get("contentType")),
                "size": attachment.get("size"),
                "expiresAt": expires(message),
            }
        )
    return files


def _plain_type(content_type: str | None) -> str | None:
    """Return a type without its parameters, in lower case."""
    return (content_type or "").partition(";")[0].strip().lower() or None
