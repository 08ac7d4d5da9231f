"""Files of the right type, generated from a text."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MP3_FRAME = b"\xff\xfb\x90\x64"
_RATE = 8_000


@dataclass(frozen=True, slots=True)
class File:
    """The answer to a request for content.

    Attributes:
        content_type: the `Content-Type` header.
        data: the complete content.
        name: the file's name.
        status: the HTTP status.
    """

    content_type: str
    data: bytes
    name: str
    status: int = 200


def invented(text: str, content_type: str, sizes: tuple[int, int]) -> bytes:
    """Generate a file.

    Args:
        text: the same text makes the same file.
        content_type: the type, which determines how the file begins.
        sizes: smallest and largest size, bytes.
    """
    dice = random.Random(text)
    size = dice.randint(*sizes)
    head = _HEADS[content_type](size)[:size]
    return head + dice.randbytes(size - len(head))


def _wav(size: int) -> bytes:
    length = max(size - 44, 0)
    form = struct.pack("<IHHIIHH", 16, 7, 1, _RATE, _RATE, 1, 8)  # one channel of 8-bit mu-law
    return b"RIFF%sWAVEfmt %sdata%s" % (
        struct.pack("<I", length + 36),
        form,
        struct.pack("<I", length),
    )


_HEADS: dict[str, Callable[[int], bytes]] = {
    "audio/mpeg": lambda _: b"ID3\x04\x00\x00\x00\x00\x00\x00" + _MP3_FRAME,
    "audio/wav": _wav,
    "application/pdf": lambda _: b"%PDF-1.4\n",
    "image/jpeg": lambda _: b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
}
