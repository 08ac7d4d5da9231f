"""Decoding of an answer's body."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Listing(msgspec.Struct, Generic[T]):
    """An answer with records."""

    records: list[T]
    uri: Any = None
    navigation: Any = None
    paging: Any = None
    syncInfo: Any = None  # noqa: N815 - RingCentral's name


_UNDECODED = msgspec.json.Decoder(Listing[msgspec.Raw])


def decode(
    body: bytes, typed: msgspec.json.Decoder[Listing[Any]] | None = None
) -> tuple[dict[str, Any] | None, str]:
    """Decode a successful answer.

    Args:
        body: the body. It may hold what strict decoders refuse, such as half a surrogate pair.
        typed: decodes an answer whose records all fit a schema.

    Returns:
        The JSON object, and an empty text; or None, and what is wrong with the body. If the body is
        sound, the object has only the members that the tap uses. Its `records` are as `typed`
        decodes them if all of them fit; otherwise they are still encoded: see `decode_record`.
    """
    for decoder in (typed, _UNDECODED):
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            if decoder:
                return msgspec.structs.asdict(decoder.decode(body)), ""
    try:
        content = _decode(body)
    except (ValueError, RecursionError):
        return None, "an answer that is not JSON"
    if not isinstance(content, dict):
        return None, "an answer that is not a JSON object"
    return content, ""


def decode_record(record: object) -> object:
    """Decode one of an answer's records.

    Args:
        record: the record, decoded or not.

    Raises:
        RecursionError: when it nests deeper than Python can decode.
        ValueError: when it is not JSON, although the answer around it is.
    """
    return _decode(bytes(record)) if isinstance(record, msgspec.Raw) else record


def _decode(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = body.decode(errors="replace")
        return json.loads(text, strict=False, parse_int=_integer)


def _integer(digits: str) -> int | str:
    """Read a number; keep it as text if it has more digits than Python reads."""
    try:
        return int(digits)
    except ValueError:
        return digits
