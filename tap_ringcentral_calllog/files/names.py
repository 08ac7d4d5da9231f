"""The names of stored files. No other module makes or checks them.

A name is a relative path such as `401494647008/2026/03/20/123.mp3`: account, day, ids, and a suffix
for the type. No two files have the same name, not even on systems that ignore case, and every part
is valid on any file system and object store.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# RingCentral's ids are numbers. An id with any other characters than these, or with more of them,
# is replaced by its hash.
_PLAIN = re.compile(r"[a-z0-9]+")
_LONGEST = 100
_HASHED = "="

# Devices of Windows, with any ending.
# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")

# File systems take 255 bytes in a part of a path, object stores 1024 in a key.
_PART = r"[A-Za-z0-9_=][A-Za-z0-9_.=-]{0,219}"
_NAME = re.compile(rf"(?=.{{1,700}}\Z){_PART}(?:/{_PART})*")

_ANY = "application/octet-stream"
_SUFFIXES = {
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/wave": ".wav",
    "audio/x-wav": ".wav",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tiff",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    _ANY: ".bin",
}

#: What the name of a file may end with.
SUFFIXES = tuple(dict.fromkeys(_SUFFIXES.values()))


def stem_of(account: str, day: datetime, ids: Iterable[str]) -> str:
    """Return the name of a file, without its suffix.

    Args:
        account: the account's id.
        day: the day that it is filed under, in UTC.
        ids: what tells the file apart from the account's other files; always the same number of ids
            for one stream.
    """
    return f"{_part([account])}/{day:%Y/%m/%d}/{_part([*ids])}"


def former_stem_of(account: str, day: datetime, ids: Iterable[str]) -> str | None:
    """Return the name that versions before 0.1.0 of November 2026 gave a file, if different.

    Args:
        account: the account's id.
        day: the day that it is filed under, in UTC.
        ids: as for `stem_of`.

    Returns:
        The name; None if it was the same, was refused, or may also be another file's.
    """
    ids = [*ids]
    if len(ids) > 1 and any("-" in one for one in ids):
        return None
    parts = [account, "-".join(ids)]
    if not all(_FORMERLY_PLAIN.fullmatch(part) for part in parts):
        return None
    safe = [_FORMERLY_ESCAPED.sub(lambda match: f"={ord(match[0]):X}", part) for part in parts]
    stem = f"{safe[0]}/{day:%Y/%m/%d}/{safe[1]}"
    is_usual = stem == stem_of(account, day, ids)
    return None if is_usual or max(map(len, safe)) > _LONGEST else stem


# An escape with other than two digits could stand for another text as well.
_FORMERLY_PLAIN = re.compile(r"[A-Za-z0-9][\x20-\xFF]*")
_FORMERLY_ESCAPED = re.compile(r"[^A-Za-z0-9-]")


def suffix_of(content_type: str | None) -> str:
    """Return the suffix for a type of file.

    Args:
        content_type: the type, in lower case and without parameters; None where it is unknown.
    """
    return _SUFFIXES.get(content_type or "", _SUFFIXES[_ANY])


def type_of(name: str) -> str | None:
    """Return the type for the suffix of a file's name; None if the suffix is unknown."""
    return next((type_ for type_, suffix in _SUFFIXES.items() if name.endswith(suffix)), None)


def checked(name: str, setting: str) -> str:
    """Return a file's name if it is valid.

    Raises:
        StorageError: when it is not. The message leaves it out: part of it may come from a server.
    """
    if _NAME.fullmatch(name):
        return name
    msg = f"{setting}: a file cannot be kept: its name is too long, or has other characters than "
    raise StorageError(msg + "A-Z a-z 0-9 _ . = - and /")


def flat(name: str) -> str:
    """Return a unique name for a file while it is in the folder `INCOMING`."""
    return name.replace("/", "~")


def _part(ids: list[str]) -> str:
    """Return one part of a path for some ids; different ids have different parts."""
    plain = "-".join(ids)
    is_plain = len(plain) <= _LONGEST and all(map(_PLAIN.fullmatch, ids))
    if is_plain and not _RESERVED.fullmatch(plain):
        return plain
    return _HASHED + sha256(json.dumps(ids).encode()).hexdigest()
