"""Read the call log with airbyte-cdk, and write its RECORD messages.

URL START END: of the benchmark's server, and the range. It runs in its own environment.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource

_STREAM = {
    "stream": {"name": "call_log", "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
    "sync_mode": "full_refresh",
    "destination_sync_mode": "append",
}


def main() -> None:
    """Run the source as a platform would."""
    url, start, end = sys.argv[1:]
    config, catalog = {"url": url, "start": start, "end": end}, {"streams": [_STREAM]}
    source = YamlDeclarativeSource(
        str(Path(__file__).with_name("airbyte_manifest.yaml")),
        catalog=ConfiguredAirbyteCatalogSerializer.load(catalog),
        config=config,
    )
    with TemporaryDirectory() as folder:
        paths = {"config": config, "catalog": catalog}
        for name, content in paths.items():
            (Path(folder) / name).write_text(json.dumps(content))
        arguments = [part for name in paths for part in (f"--{name}", f"{folder}/{name}")]
        launch(source, ["read", *arguments])


if __name__ == "__main__":
    main()
