"""The records of messages, and their attached files."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.files import File, invented
from sandbox.instants import MINUTE, iso
from sandbox.plans import NOBODY
from sandbox.refusals import not_found

if TYPE_CHECKING:
    from sandbox.directory import Directory
    from sandbox.messages import Message
    from sandbox.people import People

_NEXT_ATTACHMENT = 100_000_000_000
_OPENINGS = ("Hello,", "Good morning,", "Quick question:", "Sorry I missed you:", "As promised:")
_MATTERS = (
    "the quote for pallet {} is ready for you",
    "could we move our meeting to room {}?",
    "order {} leaves the warehouse tonight",
    "the invoice {} is still open on our side",
    "ticket {} is solved, please confirm 👍",
    "please call back about contract {}",
)
_PARTY = ("phoneNumber", "extensionNumber", "extensionId", "name", "location")


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message.

    Attributes:
        id: its numeric id.
        type: its `type`.
        content_type: its `contentType`.
        name: its `fileName`, empty for none.
    """

    id: int
    type: str
    content_type: str
    name: str = ""


class MessageWriter:
    """Writes the records of messages and makes their files.

    Args:
        seed: the same seed makes the same files.
        people: the people who write.
        directory: the extensions, which have the mailboxes.
        sizes: smallest and largest size of a file, bytes.
    """

    def __init__(
        self, seed: int, people: People, directory: Directory, sizes: tuple[int, int]
    ) -> None:
        self._seed = seed
        self._people = people
        self._directory = directory
        self._sizes = sizes

    def record(self, message: Message, extension_id: str, now: int) -> dict[str, Any]:
        """Return a message's record in the mailbox of an extension."""
        url = f"{self._people.account_url}/extension/{extension_id}"
        availability = message.availability(now)
        owner, other = self._owner(extension_id), self._other(message)
        inbound = message.direction == "Inbound"
        record: dict[str, Any] = {
            "uri": f"{url}/message-store/{message.id}",
            "id": message.id,
            "extensionId": extension_id,
            "to": [owner if inbound else other],
            "from": other if inbound else owner,
            "type": message.type,
            "creationTime": iso(message.created),
            "lastModifiedTime": iso(message.modified(now)),
            "readStatus": message.read_status(now),
            "priority": "High" if message.bits >> 60 == 0 else "Normal",
            "attachments": [],
            "direction": message.direction,
            "availability": availability,
            "messageStatus": "Received" if inbound else "Sent",
        }
        if availability != "Purged":
            record["attachments"] = [
                self._attachment(message, one, extension_id) for one in self.attachments(message)
            ]
        self._add_particulars(record, message, url)
        return {**record, **message.fields}

    def attachments(self, message: Message) -> list[Attachment]:
        """Return the files of a message."""
        second = message.id + _NEXT_ATTACHMENT
        if message.type == "VoiceMail":
            voice = [Attachment(message.id, "AudioRecording", "audio/mpeg")]
            if not _transcribed(message):
                return voice
            return [*voice, Attachment(second, "AudioTranscription", "text/plain")]
        if message.type == "Fax":
            return [Attachment(message.id, "RenderedDocument", "application/pdf")]
        text = Attachment(message.id, "Text", "text/plain")
        if message.type == "Pager" or message.bits >> 40 & 7:
            return [text]
        name = f"IMG_{message.bits >> 44 & 0xFFF:04d}.jpg"
        return [text, Attachment(second, "MmsAttachment", "image/jpeg", name)]

    def file(self, message: Message, attachment_id: str | int) -> File:
        """Return the content of an attachment.

        Raises:
            Refusal: the message has no such attachment.
        """
        for one in self.attachments(message):
            if str(one.id) == str(attachment_id):
                return self._file(message, one)
        raise not_found(parameter="attachmentId")

    def truth(self, message: Message, attachment: Attachment) -> dict[str, Any]:
        """Return a file's properties, for tests."""
        data = self._file(message, attachment).data
        return {
            "messageId": str(message.id),
            "attachmentId": str(attachment.id),
            "type": attachment.type,
            "contentType": attachment.content_type,
            "size": len(data),
            "sha256": sha256(data).hexdigest(),
        }

    def subject(self, message: Message) -> str:
        """Return the text of a text message."""
        bits = message.bits
        opening = _OPENINGS[(bits >> 8) % len(_OPENINGS)]
        matter = _MATTERS[(bits >> 16) % len(_MATTERS)].format(10_000 + bits % 90_000)
        return str(message.fields.get("subject", f"{opening} {matter}"))

    def _file(self, message: Message, one: Attachment) -> File:
        name = one.name or f"{one.id}.{one.content_type[-3:]}"
        if one.content_type == "text/plain":
            text = self.subject(message)
            return File("text/plain;charset=UTF-8", text.encode(errors="replace"), name)
        data = invented(f"message {self._seed} {one.id}", one.content_type, self._sizes)
        return File(one.content_type, data, name)

    def _attachment(self, message: Message, one: Attachment, extension_id: str) -> dict[str, Any]:
        home = f"{self._people.media_url}/extension/{extension_id}"
        record: dict[str, Any] = {
            "id": one.id,
            "uri": f"{home}/message-store/{message.id}/content/{one.id}",
            "type": one.type,
            "contentType": one.content_type,
        }
        if one.type == "AudioRecording":
            record["vmDuration"] = message.duration
        if one.name:
            record |= {"fileName": one.name, "size": len(self._file(message, one).data)}
        return record

    def _add_particulars(self, record: dict[str, Any], message: Message, url: str) -> None:
        bits = message.bits
        if message.type == "VoiceMail":
            done = _transcribed(message)
            record["vmTranscriptionStatus"] = "Completed" if done else "NotAvailable"
        elif message.type == "Fax":
            record["faxPageCount"] = 1 + (bits >> 40 & 7)
            record["faxResolution"] = "High" if bits >> 43 & 1 else "Low"
            if message.direction == "Outbound":
                record["to"] = [{**record["to"][0], "messageStatus": "Sent"}]
        else:
            whose = message.contact if message.partner == NOBODY else 2_000 + message.partner
            conversation = int(message.owners[0]) * 10_000 + whose
            record["subject"] = self.subject(message)
            record["conversationId"] = conversation
            about = {"id": str(conversation), "uri": f"{url}/conversation/{conversation}"}
            record["conversation"] = about
            if message.type == "SMS" and message.direction == "Outbound":
                record["messageStatus"] = "Delivered"
                record["smsDeliveryTime"] = iso(message.created + (bits >> 4) % MINUTE)
                record["smsSendingAttemptsCount"] = 1

    def _owner(self, extension_id: str) -> dict[str, Any]:
        one = self._directory.extension(extension_id)
        party = {"extensionNumber": one.number, "extensionId": one.id, "name": one.name}
        return {"phoneNumber": one.phone, **party} if one.phone else party

    def _other(self, message: Message) -> dict[str, Any]:
        people = self._people
        text = people.callers[message.contact]
        if message.partner != NOBODY:
            text = people.desks[message.partner].party
        party: dict[str, Any] = msgspec.json.decode(text)
        return {name: party[name] for name in _PARTY if name in party}


def _transcribed(message: Message) -> bool:
    return message.bits >> 48 & 1 == 1
