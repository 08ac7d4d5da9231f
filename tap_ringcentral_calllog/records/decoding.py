"""From an answer's body to what it holds."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

# No field of a schema lies so deep in an answer. What does, and nests further than decoders and
# encoders go, becomes text: Python's stop at a thousand levels.
_CUT = 9
_MOST_LEVELS = 100

# What nesting is told by. A string that does not end goes to the end of the text.
_STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_SPACE = re.compile(r'("(?:[^"\\]|\\.)*"?)|\s+', re.DOTALL)


class Text(str):
    """What stood in a place where it nests too deep: JSON, as it was sent, without spaces."""

    __slots__ = ()


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
        The JSON object, or None, and what is wrong with the body. What stands under `records` is
        left to `decode_record`, where the body is sound; of its other members, those are there that
        the tap looks at.
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
        ValueError: when it is no JSON, although the answer around it is.
    """
    return _decode(bytes(record)) if isinstance(record, msgspec.Raw) else record


def _decode(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    # An answer to one request, and each of its records, is far from having so many.
    is_shallow = body.count(b"[") + body.count(b"{") <= _MOST_LEVELS
    try:
        return msgspec.json.decode(body) if is_shallow else _decode_deep(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _loads(body.decode(errors="replace"))


def _decode_deep(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Decode what may nest too deep."""
    text = body.decode(errors="replace")
    spans = _deep_spans(text)
    if not spans:
        return msgspec.json.decode(body)
    # A name that stands nowhere else tells what is put in the place of what is cut out.
    mark = "#"
    while mark in text:
        mark += "#"
    parts, end = [], 0
    for first, last in spans:
        parts += [text[end:first], json.dumps({mark: _SPACE.sub(r"\1", text[first:last])})]
        end = last
    parts.append(text[end:])
    return _loads("".join(parts), mark)


def _deep_spans(text: str) -> list[tuple[int, int]]:
    """Find the objects and arrays at one depth that nest too deep, without recursion."""
    spans, depth, begin, deepest = [], 0, 0, 0
    for match in _STRUCTURE.finditer(text):
        if match[0] in {"[", "{"}:
            depth += 1
            deepest = depth if depth == _CUT else max(deepest, depth)
            begin = match.start() if depth == _CUT else begin
        elif match[0] in {"]", "}"}:
            if depth == _CUT and deepest > _MOST_LEVELS:
                spans.append((begin, match.end()))
            depth -= 1
    return spans


def _loads(text: str, mark: str = "") -> Any:  # noqa: ANN401 - any JSON
    def unmark(found: dict[str, Any]) -> object:
        return Text(found[mark]) if mark in found else found

    hook = unmark if mark else None
    return json.loads(text, strict=False, parse_int=_integer, object_hook=hook)


def _integer(digits: str) -> int | str:
    """Read a number, or leave it as text where Python would not read so many digits."""
    try:
        return int(digits)
    except ValueError:
        return digits
