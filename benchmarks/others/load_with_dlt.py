"""Load the call log with dlt, with the legs of calls in a table of their own.

URL START END of the benchmark's server, then the database's address (for DuckDB, its file), the
schema, the kind of database (`postgres` or `duckdb`), and how rows get into a table that exists
(`append` or `merge`). It runs in its own environment.
"""

from __future__ import annotations

import sys
import tempfile

import dlt
from dlt.sources.rest_api import rest_api_source


def main() -> None:
    """Load every page."""
    url, start, end, database, schema, kind, disposition = sys.argv[1:]
    source = rest_api_source(
        {
            "client": {
                "base_url": url,
                "auth": {"type": "bearer", "token": "any"},
                "paginator": {"type": "json_link", "next_url_path": "navigation.nextPage.uri"},
            },
            "resources": [
                {
                    "name": "call_log",
                    "primary_key": "id",
                    "write_disposition": disposition,
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
    with tempfile.TemporaryDirectory() as folder:
        dlt.pipeline(
            pipeline_name="benchmark",
            pipelines_dir=folder,
            destination=getattr(dlt.destinations, kind)(database),
            dataset_name=schema,
        ).run(source)


if __name__ == "__main__":
    main()
