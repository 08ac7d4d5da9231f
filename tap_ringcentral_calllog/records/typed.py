"""Records that fit their schema, decoded in one step.

While msgspec parses a record into structs, it also checks their fields. That takes less time than
making dictionaries and checking these afterwards, and structs are encoded as fast. A record that
does not fit is left to `shaper`, which makes it fit.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

import msgspec

from tap_ringcentral_calllog.records.decoding import Listing
from tap_ringcentral_calllog.records.values import INT64, LONGEST_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Path = tuple[str, ...]

_ADDED: Mapping[str, Any] = {"type": ["null"]}

# 29 February does not match: such a time is left to `shaper`.
_CANONICAL_TIME = (
    r"^(?!0000)[0-9]{4}-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)"
    r"|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z\Z"
)
_KEY = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_KEY)]
_TIME = Annotated[str, msgspec.Meta(pattern=_CANONICAL_TIME)]
_INTEGER = Annotated[int, msgspec.Meta(ge=-INT64, le=INT64 - 1)]
# Whole numbers stay whole: as floats they would lose digits.
_NUMBER = _INTEGER | Annotated[float, msgspec.Meta(ge=-INT64, lt=INT64)]


class Fields(msgspec.Struct):
    """An object, such as a call, a party or a leg, whose fields all fit.

    It can be read and changed by field name, like a dictionary.
    """

    #: The attributes behind the names.
    attributes: ClassVar[dict[str, str]] = {}

    def get(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return a field's value; None when it is not there."""
        attribute = self.attributes.get(name)
        value = getattr(self, attribute) if attribute else None
        return None if value is msgspec.UNSET else value

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return a field's value."""
        value = getattr(self, self.attributes[name])
        if value is msgspec.UNSET:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        """Return whether a field is there."""
        attribute = self.attributes.get(str(name))
        return attribute is not None and getattr(self, attribute) is not msgspec.UNSET

    def __setitem__(self, name: str, value: object) -> None:
        """Replace a field's value."""
        setattr(self, self.attributes[name], value)

    def update(self, values: Mapping[str, object]) -> None:
        """Replace fields' values."""
        attributes = self.attributes
        for name, value in values.items():
            setattr(self, attributes[name], value)

    def pop(self, name: str, _default: None = None) -> None:
        """Leave a field out."""
        setattr(self, self.attributes[name], msgspec.UNSET)


class NumericFields(Fields):
    """An object with ids that may be numbers, which become text as soon as it is decoded."""

    #: The attributes behind these ids.
    numeric: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Write the ids out."""
        for attribute in self.numeric:
            value = getattr(self, attribute)
            if type(value) is int:
                setattr(self, attribute, str(value))


def leave_out(record: dict[str, Any] | Fields, path: Path) -> None:
    """Remove a property from a record. Objects that contain the property are copied first.

    Args:
        record: the record.
        path: the names that lead to the property.
    """
    name, *rest = path
    if not rest:
        record.pop(name, None)
    elif isinstance(inner := record.get(name), (dict, Fields)):
        record[name] = inner = copy(inner)
        leave_out(inner, tuple(rest))


def type_of(
    schema: Mapping[str, Any],
    numeric: Collection[Path] = (),
    path: Path = (),
    added: Collection[str] = (),
) -> Any:  # noqa: ANN401 - a type made at run time
    """Return the msgspec type of a value that fits.

    Args:
        schema: the value's JSON schema. A string that may not be null is a part of a key.
        numeric: where ids may be numbers, by paths without array indexes.
        path: where the value stands.
        added: fields that are set later; those of objects inside by their paths (`legs.callId`).
    """
    types = schema["type"]
    if "object" in types:
        return _struct(schema["properties"], numeric, path, added)
    if "array" in types:
        return list[type_of(schema["items"], numeric, path, added)]  # type: ignore[misc]  # see above
    if schema.get("format") == "date-time":
        return _TIME
    if "string" in types:
        text = str if "null" in types else _KEY
        return text | _INTEGER if path in numeric else text
    return bool if "boolean" in types else _INTEGER if "integer" in types else _NUMBER


def _struct(
    properties: Mapping[str, Any], numeric: Collection[Path], path: Path, added: Collection[str]
) -> type[Fields]:
    types: dict[str, Any] = {}
    for name, schema in properties.items():
        inside = [one.removeprefix(f"{name}.") for one in added if one.startswith(f"{name}.")]
        types[name] = type_of(schema, numeric, (*path, name), inside)
        if "null" in schema["type"]:
            types[name] |= msgspec.UnsetType
            # A null object or array is left out: flattening would make an unknown column of it.
            if not {"object", "array"} & set(schema["type"]):
                types[name] |= None
    # A record that has one of these already does not fit.
    types |= dict.fromkeys(sorted(name for name in added if "." not in name), msgspec.UnsetType)
    # Not by their names, because an attribute can't be called "from".
    attributes = {name: f"field_{at}" for at, name in enumerate(types)}
    ids = tuple(attributes[name] for name in properties if (*path, name) in numeric)
    made: Any = msgspec.defstruct(
        "Fields",
        [
            (
                attributes[name],
                type_,
                msgspec.field(
                    name=name,
                    default=msgspec.NODEFAULT
                    if "null" not in properties.get(name, _ADDED)["type"]
                    else msgspec.UNSET,
                ),
            )
            for name, type_ in types.items()
        ],
        bases=(NumericFields if ids else Fields,),
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )
    made.attributes = attributes
    if ids:
        made.numeric = ids
    return cast("type[Fields]", made)


class TypedDecoder:
    """Decodes records that fit.

    Args:
        schema: the JSON schema of a record.
        added: fields that are no part of it, and can be set afterwards, as for `type_of`.
        numeric: where ids may be numbers, by paths without array indexes. They become text.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        added: Collection[str] = (),
        numeric: Collection[Path] = (),
    ) -> None:
        type_ = type_of(schema, numeric, added=added)
        self._decoder = msgspec.json.Decoder(type_)
        #: Decodes an answer whose records all fit.
        self.listing = msgspec.json.Decoder(Listing[type_])  # type: ignore[valid-type]  # see `type_of`

    def decode(self, record: bytes | msgspec.Raw) -> Fields | None:
        """Decode a record; None when it does not fit, or is not JSON.

        Args:
            record: the record's JSON.
        """
        try:
            return cast("Fields", self._decoder.decode(record))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return None
