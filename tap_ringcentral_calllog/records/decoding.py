"""Decoding of an answer's body."""

from __future__ import annotations

import json
from typing import Any

import msgspec


class _Listing(msgspec.Struct):
    """An answer with records, which are decoded one by one, when their turn comes."""

    records: list[msgspec.Raw]
    uri: Any = None
    navigation: Any = None
    paging: Any = None
    syncInfo: Any = None  # noqa: N815 - RingCentral's name


_LISTING = msgspec.json.Decoder(_Listing)


def decode(body: bytes) -> tuple[dict[str, Any] | None, str]:
    """Decode a successful answer.

    Args:
        body: the body. It may hold what strict decoders refuse, such as half a surrogate pair.

    Returns:
        The JSON object, or None, and what is wrong with the body. If the body is sound, the items
        of `records` are still encoded, for `decode_record`, and only the other members that the tap
        uses are there.
    """
    try:
        return msgspec.structs.asdict(_LISTING.decode(body)), ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
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
