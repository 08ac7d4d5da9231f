"""The bare loop: the minimum work in Python to read pages and write RECORD messages.

    python -m benchmarks.bare URL START END

It has no schema, no bookmark and no retry. It is a reference for measurements, not a usable tool.
"""

from __future__ import annotations

import sys

import orjson
import requests


def main() -> None:
    """Write every call as a RECORD message."""
    url, start, end = sys.argv[1:]
    session = requests.Session()
    session.headers["Authorization"] = "Bearer any"
    params: dict[str, str | int] = {"view": "Detailed", "dateFrom": start, "dateTo": end}
    params |= {"perPage": 1000, "page": 1}
    following: str | None = f"{url}/restapi/v1.0/account/~/call-log"
    write = sys.stdout.buffer.write
    while following:
        answer = orjson.loads(session.get(following, params=params, timeout=60).content)
        for record in answer["records"]:
            message = {"type": "RECORD", "stream": "call_log", "record": record}
            write(orjson.dumps(message) + b"\n")
        following, params = answer["navigation"].get("nextPage", {}).get("uri"), {}


if __name__ == "__main__":
    main()
