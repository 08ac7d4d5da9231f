"""Shaping of RingCentral's records, so that every one of them fits its stream's schema.

The SDK's own type conformance takes half of a run, so it is off, and this module guarantees instead
that every record matches its schema, whatever the server sends, and that no field is dropped:

- A field that the schema does not know moves to `extra`, a flat object, under its path, such as
  `from.newField` or `legs[0].newField`. So does a field whose name the tap claims for itself.
- A value of another type is converted where that is exact: 7 to "7", "7" to 7. Otherwise it moves
  to `extra`, and null takes its place (an object or array is left out).
- A null object or array is left out: flattening would make an unknown column of it.
- A time becomes `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`; without a zone it is UTC.
- U+0000 and lone surrogates, which databases and encoders refuse, become U+FFFD. In `extra`,
  integers beyond 64 bits and the numbers that JSON lacks become strings, and a value that nests
  deeper than 30 levels becomes text, which is its JSON.

A record that fits already is decoded in one step, which is faster; its ids may be numbers where
RingCentral sends numbers: see `typed`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

import msgspec

from tap_ringcentral_calllog.records.decoding import decode, decode_record
from tap_ringcentral_calllog.records.typed import TypedDecoder, type_of
from tap_ringcentral_calllog.records.values import (
    put,
    to_boolean,
    to_integer,
    to_key,
    to_number,
    to_storable,
    to_string,
    to_time,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    Record = dict[str, Any]
    Keep = Callable[[str, object], None]
    Path = tuple[str, ...]

# A server that invents names without end must not fill the log.
_MAX_REPORTS = 100
_MAX_NAME = 80

_ESCAPED_UNSTORABLE = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_INDEX = re.compile(r"\[[0-9]+\]")
# What a field may be called. Anything else may be a person's name or number.
_FIELD = re.compile(r"(?!.*[0-9]{5})[A-Za-z_][A-Za-z0-9_]*(?:\[\])*")


class MalformedError(ValueError):
    """A record without a usable key or time; it is left as it came.

    Attributes:
        field: the field's name, or "record".
        reason: what is wrong with it, without its value.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field} {reason}")
        self.field = field
        self.reason = reason


class Shaper:
    """Makes records fit a schema.

    Args:
        schema: the stream's JSON schema. Properties that may not be null are required: they are
            never objects or arrays, nor the empty string.
        added: properties that the tap adds itself; `extra` is always one.
        on_unknown: called once per path that something moves to `extra` from, and at most a
            hundred times. Array indexes are left out (`legs[].newField`), and names that no field
            would have (`from.?`). The path has at most 80 characters, and no values.
        numeric: the ids that are numbers in RingCentral's definitions, by paths without array
            indexes. A record with a number in another id is not decoded in one step.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        added: Collection[str] = (),
        on_unknown: Callable[[str], None] | None = None,
        numeric: Collection[Path] = (),
    ) -> None:
        added = {*added, "extra"}
        properties = {
            name: field for name, field in schema["properties"].items() if name not in added
        }
        self._decoder = TypedDecoder({"type": "object", "properties": properties}, added, numeric)
        self._object = _Object(properties)
        self._required = {
            name: _TIMES if field.get("format") == "date-time" else _KEYS
            for name, field in properties.items()
            if "null" not in field["type"]
        }
        self._on_unknown = on_unknown
        self._reported: set[str] = set()

    def decode(self, body: bytes) -> tuple[dict[str, Any] | None, str]:
        """Decode an answer, as `decoding.decode` does.

        Returns:
            The answer, whose `records` are `Fields` if all of them fit and can be stored.
        """
        return decode(body, None if needs_cleaning(body) else self._decoder.listing)

    def read(self, record: bytes | msgspec.Raw, *, plain: bool) -> Record | None:
        """Decode a record that fits.

        Args:
            record: the record's JSON. It holds nothing that can't be stored: see `needs_cleaning`.
            plain: whether it and the objects inside are to be dictionaries. Otherwise they are
                `Fields`, which do the same.

        Returns:
            What `shape` would return; None when it does not fit, and is to be shaped.
        """
        fields = self._decoder.decode(record)
        if fields is None:
            return None
        row = cast("Record", msgspec.to_builtins(fields) if plain else fields)
        row["extra"] = None
        return row

    def shape(self, record: object, *, clean: bool = True) -> Record:
        """Make a record fit the schema, in place.

        Args:
            record: what the server sent, decoded or not.
            clean: look into every string for what can't be stored; not needed where
                `needs_cleaning` says so of the page.

        Returns:
            The same object, with `extra`, which is null when there is nothing in it.

        Raises:
            MalformedError: when it is not an object, a required field has no usable value, or a
                field nests deeper than Python can encode.
        """
        try:
            return self._shape(decode_record(record), clean=clean)
        except RecursionError:
            raise MalformedError(field="record", reason="nests too deep") from None

    def _shape(self, record: object, *, clean: bool) -> Record:
        if not isinstance(record, dict):
            raise MalformedError(field="record", reason="is not an object")
        record.update(self._keys(record))
        extra: Record = {}
        kept: dict[str, None] = {}

        def keep(path: str, value: object) -> None:
            put(extra, path, to_storable(value))
            kept[_INDEX.sub("[]", path)] = None

        self._object.shape(record, "", keep, clean=clean)
        for path in kept:
            self._report(path)
        record["extra"] = extra or None
        return record

    def _keys(self, record: Record) -> Record:
        """Return the required fields, made fit."""
        for name, field in self._required.items():
            if record.get(name) in (None, ""):
                raise MalformedError(name, "is missing")
            if not _succeeds(field.convert, record[name]):
                raise MalformedError(name, "has no usable value")
        return {name: field.convert(record[name]) for name, field in self._required.items()}

    def _report(self, path: str) -> None:
        if self._on_unknown is None or len(self._reported) >= _MAX_REPORTS:
            return
        if path not in self._reported:
            self._reported.add(path)
            self._on_unknown(".".join(map(_plain, path.split(".")))[:_MAX_NAME])


def _plain(name: str) -> str:
    return name if _FIELD.fullmatch(name) else "?"


def needs_cleaning(page: bytes) -> bool:
    """Return whether a page may hold characters that can't be stored.

    Args:
        page: an answer's body, in UTF-8.

    Returns:
        False when there are certainly none. True is also the answer to an emoji that is written as
        two escapes.
    """
    if b"\x00" in page:
        return True
    return b"\\u" in page and _ESCAPED_UNSTORABLE.search(page) is not None


@dataclass(frozen=True, slots=True)
class _Scalar:
    """How to deal with a value of a simple type.

    Attributes:
        convert: makes a value fit, or raises ValueError.
        left_out: whether its field is left out when there is no value, instead of being null.
    """

    convert: Callable[[object], object]
    left_out: ClassVar[bool] = False

    def shape(self, value: object, path: str, keep: Keep, *, clean: bool) -> object:  # noqa: ARG002 - as all shapes
        """Convert a value.

        Raises:
            ValueError: when that is not possible.
        """
        return self.convert(value)


class _Object:
    """How to deal with an object.

    Args:
        properties: the JSON schemas of its properties.
    """

    left_out = True

    def __init__(self, properties: Mapping[str, Any]) -> None:
        self._type = type_of({"type": "object", "properties": properties})
        self._fields = {name: _field(schema) for name, schema in properties.items()}

    def fits(self, value: object) -> bool:
        """Return whether a value needs no change, at any depth."""
        return _succeeds(msgspec.convert, value, self._type)

    def shape(self, value: object, path: str, keep: Keep, *, clean: bool) -> Record:
        """Change an object so that it fits, in place.

        Args:
            value: the object.
            path: where it stands.
            keep: takes what has no place, with its path.
            clean: look into every string.

        Returns:
            The same object.

        Raises:
            ValueError: when it is not an object.
        """
        if not isinstance(value, dict):
            raise ValueError  # noqa: TRY004 - of the data, not of the caller
        if not clean and self.fits(value):
            return value
        for name, item in list(value.items()):
            field = self._fields.get(name)
            here = f"{path}.{name}" if path else name
            if field is None:
                del value[name]
                keep(here, item)
            elif item is not None:
                try:
                    value[name] = field.shape(item, here, keep, clean=clean)
                except ValueError:
                    value[name] = None
                    keep(here, item)
            if field is not None and field.left_out and value[name] is None:
                del value[name]
        return value


class _Array:
    """How to deal with an array.

    Args:
        items: the JSON schema of its items.
    """

    left_out = True

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._item = _field(items)

    def shape(self, value: object, path: str, keep: Keep, *, clean: bool) -> list[object]:
        """Change an array's items so that they fit, and leave out those that can't.

        An item's path counts those before it that stay: `legs[1]` is what it is in the result.

        Raises:
            ValueError: when it is not an array.
        """
        if not isinstance(value, list):
            raise ValueError  # noqa: TRY004 - of the data, not of the caller
        items: list[object] = []
        for item in value:
            here = f"{path}[{len(items)}]"
            try:
                items.append(self._item.shape(item, here, keep, clean=clean))
            except ValueError:
                keep(here, item)
        return items


def _field(schema: Mapping[str, Any]) -> _Scalar | _Object | _Array:
    if "object" in schema["type"]:
        return _Object(schema["properties"])
    if "array" in schema["type"]:
        return _Array(schema["items"])
    return _scalar(schema)


def _scalar(schema: Mapping[str, Any]) -> _Scalar:
    if schema.get("format") == "date-time":
        return _TIMES
    return next(scalar for name, scalar in _SCALARS.items() if name in schema["type"])


def _succeeds(function: Callable[..., object], *args: object) -> bool:
    try:
        function(*args)
    except (ValueError, msgspec.ValidationError):  # older ones are no ValueError
        return False
    return True


_SCALARS = {
    "string": _Scalar(to_string),
    "integer": _Scalar(to_integer),
    "number": _Scalar(to_number),
    "boolean": _Scalar(to_boolean),
}
_KEYS = _Scalar(to_key)
_TIMES = _Scalar(to_time)
