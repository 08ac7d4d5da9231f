"""Read the call log with dlt's REST source, and write each record as a line of JSON.

URL START END: of the benchmark's server, and the range. It runs in its own environment. dlt's later
steps, which normalize and load the records, are left out, because a tap does not do them.
"""

from __future__ import annotations

import sys

from dlt.common.json import json
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    """Read every page."""
    url, start, end = sys.argv[1:]
    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {"type": "bearer", "token": "any"},
                "paginator": {
                    "type": "json_link",
                    "next_url_path": "navigation.nextPage.uri",
                },
            },
            "resources": [
                {
                    "name": "call_log",
                    "primary_key": "id",
                    "endpoint": {
                        "path": "restapi/v1.0/account/~/call-log",
                        "data_selector": "records",
                        "params": {
                            "view": "Detailed",
                            "dateFrom": start,
                            "dateTo": end,
                            "perPage": 1000,
                        },
                    },
                }
            ],
        },
        name="call_log",
    )
    write = sys.stdout.buffer.write
    for record in source.resources["call_log"]:
        message = {"type": "RECORD", "stream": "call_log", "record": record}
        write(json.dumpb(message) + b"\n")


if __name__ == "__main__":
    main()
