"""JSON schemas of `messages` (voicemail, fax, text messages, pages) and of their files.

Source: https://developers.ringcentral.com/api-reference/Message-Store/readMessage
"""

from __future__ import annotations

from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    boolean,
    extra,
    integer,
    key,
    object_of,
    objects,
    record,
    string,
    time,
)
from tap_ringcentral_calllog.schemas.recordings import file_properties

#: Ids of a message that are numbers (GetMessageInfoResponse of RingCentral's definitions).
NUMERIC_IN_MESSAGE = frozenset({("id",), ("conversationId",), ("attachments", "id")})

#: What the tap adds to a message. A server's field of the same name is kept in `extra`.
ADDED_TO_MESSAGE = frozenset({"accountId", "extra"})

_ACCOUNT = "Id of the RingCentral account that the message belongs to."
_EXTENSION = "Id of the extension whose message it is."


def messages_schema(*, as_sent: bool = False) -> Schema:
    """Describe a record of `messages`: a message in the store of an extension.

    Args:
        as_sent: the schema of a message as RingCentral sends it, which need not have `extensionId`.

    Returns:
        The JSON schema. The keys are `accountId`, `extensionId`, `id`.
    """
    return record(
        accountId=key(_ACCOUNT),
        extensionId=string(_EXTENSION) if as_sent else key(_EXTENSION),
        id=key("The message's id."),
        creationTime=key("When the message was created, in UTC.", format="date-time"),
        lastModifiedTime=time("When the message was last changed, in UTC."),
        uri=string("Address of the message in RingCentral's API."),
        type=string("Kind of message: VoiceMail, Fax, SMS, Pager or Text."),
        direction=string("Inbound or Outbound, seen from the extension."),
        availability=string(
            "Alive, Deleted (it can still be restored) or Purged (its attachments are gone)."
        ),
        messageStatus=string("State of the message's delivery, such as Sent or Received."),
        readStatus=string("Whether the message was read: Read or Unread."),
        priority=string("Priority of the message: Normal or High."),
        subject=string("Subject; of a text message or page, its text."),
        conversationId=string("Id of the conversation that a text message or page belongs to."),
        conversation=object_of(
            "Conversation that a text message or page belongs to.",
            id=string("The conversation's id."),
            uri=string("Address of the conversation in RingCentral's API."),
        ),
        to=objects(
            "Who the message is for.",
            **_party("recipient"),
            **_delivery(),
        ),
        **{"from": object_of("Who sent the message.", **_party("sender"))},
        attachments=objects(
            "What belongs to the message: its audio, text, pages or pictures.",
            id=string("The attachment's id."),
            uri=string("Address of the content."),
            type=string("Kind of attachment, such as AudioRecording or RenderedDocument."),
            contentType=string("Media type of the content, such as audio/mpeg."),
            fileName=string("Name of the file."),
            size=integer("Size in bytes."),
            vmDuration=integer("Length of a voicemail, in seconds."),
            height=integer("Height of a picture, in pixels."),
            width=integer("Width of a picture, in pixels."),
        ),
        vmTranscriptionStatus=string("State of a voicemail's transcription."),
        owner=object_of(
            "Owner of the mailbox that a voicemail is in.",
            extensionId=string("The owner's extension id."),
            extensionType=string("Kind of the owner's extension, such as Department."),
            name=string("The owner's name."),
        ),
        private=boolean("Whether a voicemail can't be forwarded."),
        forwarding=object_of(
            "Where a forwarded voicemail comes from.",
            originalCreationTime=time("When the voicemail was first left, in UTC."),
            originalSender=object_of("Who left the voicemail.", **_party("sender"), **_delivery()),
        ),
        faxPageCount=integer("Number of pages of a fax."),
        faxResolution=string("Resolution of a fax: High (200 dpi) or Low (100 dpi)."),
        coverIndex=integer("Which cover page a fax has; 0 for none."),
        coverPageText=string("What the sender wrote on the cover page."),
        smsDeliveryTime=time("When a text message reached the recipient's phone, in UTC."),
        smsSendingAttemptsCount=integer("How many times sending a text message was attempted."),
        segmentCount=integer("Number of segments of a text message."),
        deliveryErrorCode=string("Why a text message was not delivered, in the gateway's code."),
        pgToDepartment=boolean("Whether a page went to a call queue."),
        extra=extra("from.newField, attachments[0].newField"),
    )


def message_files_schema() -> Schema:
    """Describe a record of `message_files`: a voicemail, the pages of a fax, or an attachment.

    Returns:
        The JSON schema. The keys are `accountId`, `extensionId`, `messageId`, `id`.
    """
    return record(
        accountId=key(_ACCOUNT),
        extensionId=key(_EXTENSION),
        messageId=key("Id of the message: `id` in messages."),
        id=key("The attachment's id."),
        creationTime=key("When the message was created, in UTC.", format="date-time"),
        messageType=string("Kind of message: `type` in messages."),
        type=string("Kind of attachment, such as AudioRecording or RenderedDocument."),
        fileName=string("Name that the sender gave to the file."),
        **file_properties("file"),
    )


def _party(who: str) -> Schema:
    return {
        "phoneNumber": string(f"Phone number of the {who}, possibly formatted."),
        "extensionNumber": string(f"Extension number of the {who}."),
        "extensionId": string(f"Extension id of the {who}."),
        "name": string(f"Name of the {who}, if known."),
        "location": string(f"City and state of the {who}, if known."),
    }


def _delivery() -> Schema:
    return {
        "recipientId": string("Id of the recipient within the message."),
        "target": boolean("Whether the message was sent to this very number of the recipient."),
        "messageStatus": string("State of a fax to this recipient, such as Sent."),
        "faxErrorCode": string("Why a fax to this recipient failed, such as LineBusy."),
    }
