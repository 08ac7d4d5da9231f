"""The bare loop: the minimum work in Python to read pages and write RECORD messages.

    python -m benchmarks.bare URL START END

It has no schema, no bookmark and no retry. It is a reference for measurements, not a usable tool.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import orjson
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Write every call as a RECORD message."""
    write = sys.stdout.buffer.write
    for records in pages(*sys.argv[1:]):
        for record in records:
            message = {"type": "RECORD", "stream": "call_log", "record": record}
            write(orjson.dumps(message) + b"\n")


def pages(url: str, start: str, end: str) -> Iterator[list[dict[str, Any]]]:
    """Read the call log page by page.

    Args:
        url: the server's address.
        start: the earliest start of a call.
        end: the latest.
    """
    session = requests.Session()
    session.headers["Authorization"] = "Bearer any"
    params: dict[str, str | int] = {"view": "Detailed", "dateFrom": start, "dateTo": end}
    params |= {"perPage": 1000, "page": 1}
    following: str | None = f"{url}/restapi/v1.0/account/~/call-log"
    while following:
        answer = orjson.loads(session.get(following, params=params, timeout=60).content)
        yield answer["records"]
        following, params = answer["navigation"].get("nextPage", {}).get("uri"), {}


if __name__ == "__main__":
    main()
