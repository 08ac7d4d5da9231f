"""Run target-postgres as its command does, but with msgspec in place of `json` and `simplejson`.

CONFIG: the target's configuration. It runs in the target's environment. It shows what the target
would gain from what the Meltano SDK already has: nobody should load with this.
"""

from __future__ import annotations

import sys

from singer_sdk.contrib.msgspec import MsgSpecReader, encoder
from singer_sdk.singerlib.encoding.simple import SimpleSingerReader
from target_postgres.connector import PostgresConnector
from target_postgres.target import TargetPostgres


def main() -> None:
    """Run the target."""
    # The way to change both from outside.
    SimpleSingerReader.deserialize_json = MsgSpecReader.deserialize_json  # type: ignore[assignment,method-assign]
    PostgresConnector.serialize_json = lambda _, value: encoder.encode(value).decode()
    TargetPostgres.cli(["--config", *sys.argv[1:]], standalone_mode=False)


if __name__ == "__main__":
    main()
