"""What the taps of dbt-labs and singer-io wrote: their streams' types, and what they kept.

Their key was `id` alone, in every stream. What they declared without a type came as it was.
"""

from __future__ import annotations

import json
from typing import Any

Record = dict[str, Any]

_TEXT = {"type": ["null", "string"]}
_WHOLE = {"type": "integer"}
_TIME = {"type": "string", "format": "date-time"}


def _object(**properties: Record) -> Record:
    return {"type": "object", "properties": properties}


def _columns(text: str, **others: Record) -> Record:
    return {
        "_contact_id": {"type": ["null", "integer"]},
        **dict.fromkeys(text.split(), _TEXT),
        **others,
    }


def _untyped(names: str) -> Record:
    return {name: {} for name in names.split()}


_CALLS = _columns(
    "uri id sessionId type direction action result",
    startTime=_TIME,
    duration=_WHOLE,
    **_untyped("deleted reason reasonDescription message"),
    extension=_object(uri=_TEXT, id=_WHOLE),
)
_PARTY = dict.fromkeys(("name", "phoneNumber", "location"), _TEXT)

SCHEMAS = {
    "company_call_log": _object(**_CALLS, **{side: _object(**_PARTY) for side in ("from", "to")}),
    "call_log": _object(
        **_CALLS, **{side: _object(**_PARTY, extensionId=_TEXT) for side in ("from", "to")}
    ),
    "messages": _object(
        **_columns(
            "uri id type readStatus priority direction availability messageStatus faxResolution",
            creationTime=_TIME,
            lastModifiedTime=_TIME,
            faxPageCount=_WHOLE,
            coverIndex=_WHOLE,
            **_untyped("to from attachments conversation conversationId subject"),
            **_untyped("smsSendingAttemptsCount vmTranscriptionStatus"),
        )
    ),
}


def kept(stream: str, record: Record, contact: str | None) -> Record:
    """Return what a stream kept of a record of RingCentral's.

    Args:
        stream: the old stream's name.
        record: as RingCentral sends it.
        contact: the extension that the record was asked of, if any.
    """
    found = _fitted(record, SCHEMAS[stream])
    return {**found, "_contact_id": int(contact) if contact else None}


def _fitted(value: Any, schema: Record) -> Any:
    if schema == _WHOLE:
        return int(value)
    if schema == _TEXT:
        return str(value)
    if "properties" in schema:
        parts = schema["properties"]
        return {name: _fitted(one, parts[name]) for name, one in value.items() if name in parts}
    return value


def messages(stream: str, records: list[Record]) -> str:
    """Return the Singer messages that a run wrote."""
    schema = {"type": "SCHEMA", "schema": SCHEMAS[stream], "key_properties": ["id"]}
    rows = [{"type": "RECORD", "record": record} for record in records]
    return "".join(f"{json.dumps({**one, 'stream': stream})}\n" for one in (schema, *rows))
