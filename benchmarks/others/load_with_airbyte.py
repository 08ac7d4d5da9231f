"""Load the call log with PyAirbyte, whose caches are Airbyte's destinations on a machine.

URL START END of the benchmark's server, then the database's address (for DuckDB, its file), the
schema, the kind of database (`postgres` or `duckdb`), and the file with the JSON schema of a call.
The legs stay in a column of the calls. It runs in its own environment.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import airbyte
import yaml
from airbyte.caches import DuckDBCache, PostgresCache

if TYPE_CHECKING:
    from airbyte.caches import CacheBase


def main() -> None:
    """Load every page."""
    url, start, end, address, schema, kind, file = sys.argv[1:]
    manifest = yaml.safe_load(Path(__file__).with_name("airbyte_manifest.yaml").read_text())
    for stream in manifest["streams"]:
        stream["schema_loader"]["schema"] = json.loads(Path(file).read_text())
    source = airbyte.get_source(
        "source-ringcentral",
        source_manifest=manifest,
        config={"url": url, "start": start, "end": end},
        streams="*",
    )
    source.read(cache=_cache(kind, address, schema), write_strategy="append")


def _cache(kind: str, address: str, schema: str) -> CacheBase:
    if kind == "duckdb":
        return DuckDBCache(db_path=address, schema_name=schema)
    parts = urlsplit(address)
    return PostgresCache(
        host=parts.hostname,
        port=parts.port,
        username=parts.username,
        password=parts.password,
        database=parts.path.strip("/"),
        schema_name=schema,
    )


if __name__ == "__main__":
    main()
