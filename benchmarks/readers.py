"""The programs that read the call log, and how each is started."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from benchmarks.processes import Range

TAP = [sys.executable, "-m", "tap_ringcentral_calllog"]

# They log in somewhere, and the benchmark's server takes anybody.
_LOGIN = {"client_id": "any", "client_secret": "any", "jwt": "any"}


@dataclass(frozen=True, slots=True)
class Reader:
    """A way to read the call log.

    Attributes:
        name: what it is called in the table.
        command: the program and its arguments.
    """

    name: str
    command: list[str]


class Readers:
    """The readers of one range of calls.

    Args:
        served: the range.
        folder: where configurations and catalogs are put.
    """

    def __init__(self, served: Range, folder: Path) -> None:
        self._served = served
        self._folder = folder
        self._bounds = [served.url, served.start, served.end]
        self._config = {
            "api_url": served.url,
            "start_date": served.start,
            "end_date": served.end,
        }

    def bare(self) -> Reader:
        """Return the bare loop."""
        return Reader("bare loop", [sys.executable, "-m", "benchmarks.bare", *self._bounds])

    def plain(self) -> Reader:
        """Return the plain SDK path."""
        config = self._write("plain.json", self._config)
        command = [sys.executable, "-m", "benchmarks.plain_sdk", "--config", config]
        return Reader("plain SDK path", command)

    def tap(
        self, name: str = "tap-ringcentral", streams: Collection[str] = ("call_log",), **leave: str
    ) -> Reader:
        """Return the tap.

        Args:
            name: what it is called.
            streams: the streams that are selected.
            leave: a property to leave out, by its stream.
        """
        config = self._write("tap.json", _LOGIN | self._config)
        catalog = discover()
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
                elif entry["breadcrumb"] == ["properties", leave.get(stream["tap_stream_id"])]:
                    entry["metadata"]["selected"] = False
        selected = self._write(f"{'-'.join([*streams, *leave])}.json", catalog)
        return Reader(name, [*TAP, "--config", config, "--catalog", selected])

    def other(self, name: str, script: str, python: Path) -> Reader:
        """Return somebody else's way.

        Args:
            name: what it is called.
            script: the script in `benchmarks/others`.
            python: the interpreter of its environment.
        """
        path = str(ROOT / "benchmarks" / "others" / script)
        return Reader(name, [str(python), path, *self._bounds])

    def _write(self, name: str, content: object) -> str:
        path = self._folder / name
        path.write_text(json.dumps(content))
        return str(path)


def discover() -> dict[str, Any]:
    """Return the tap's catalog."""
    found = subprocess.run(
        [*TAP, "--discover"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    catalog: dict[str, Any] = json.loads(found.stdout)
    return catalog
