"""Building blocks of the streams' JSON schemas.

There are no enumerations, because RingCentral extends them, and other properties are allowed. All
properties except the keys and the replication key may be null. Ids are strings, because RingCentral
sends some ids as strings and some as numbers.
"""

from __future__ import annotations

from typing import Any

from tap_ringcentral_calllog.config.schema import EXTENSION

Schema = dict[str, Any]


def log_keys(level: str) -> Schema:
    """Describe the ids of the log that a record belongs to.

    Args:
        level: `account` or `extension`.
    """
    keys = {"accountId": key("Id of the RingCentral account that the log belongs to.")}
    if level == EXTENSION:
        keys["extensionId"] = key("Id of the extension whose log it is.")
    return keys


def snapshot(**properties: Schema) -> Schema:
    """Describe a record of a list that is read as a whole in each run.

    Args:
        properties: the properties between the account's id and the time of the snapshot.
    """
    return record(
        accountId=key("Id of the RingCentral account that was read."),
        **properties,
        snapshotAt={
            **time(
                "When the list was last read with this row in it, by RingCentral's clock, in UTC. "
                "All rows of a run have the same time. A row with an older time than the others no "
                "longer exists at RingCentral."
            ),
            "type": ["string"],
        },
        extra=extra("newField"),
    )


def record(**properties: Schema) -> Schema:
    """Describe a record."""
    return {"type": "object", "properties": properties}


def key(description: str, **more: str) -> Schema:
    """Describe a string that is always there: a part of the key."""
    return {"type": ["string"], **more, "description": description}


def string(description: str) -> Schema:
    """Describe a string."""
    return {"type": ["string", "null"], "description": description}


def time(description: str) -> Schema:
    """Describe a time, in UTC."""
    return {"type": ["string", "null"], "format": "date-time", "description": description}


def integer(description: str) -> Schema:
    """Describe a whole number of 64 bits."""
    return {"type": ["integer", "null"], "description": description}


def number(description: str) -> Schema:
    """Describe a number."""
    return {"type": ["number", "null"], "description": description}


def boolean(description: str) -> Schema:
    """Describe a truth value."""
    return {"type": ["boolean", "null"], "description": description}


def object_of(description: str, /, **properties: Schema) -> Schema:
    """Describe an object."""
    return {"type": ["object", "null"], "properties": properties, "description": description}


def array(description: str, items: Schema) -> Schema:
    """Describe an array."""
    return {"type": ["array", "null"], "items": items, "description": description}


def objects(description: str, /, **properties: Schema) -> Schema:
    """Describe an array of objects."""
    return array(description, {"type": ["object"], "properties": properties})


def extra(examples: str) -> Schema:
    """Describe the property for fields and values that have no other column."""
    return {
        "type": ["object", "null"],
        "description": (
            "Values from RingCentral that have no column of their own, by their path, such as "
            f"{examples}; null if there are none."
        ),
    }
