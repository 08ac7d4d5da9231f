"""The programs that read the call log, and how each is started."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.environments import environment, pinned
from benchmarks.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from benchmarks.processes import Range

TAP = [sys.executable, "-m", "tap_ringcentral_calllog"]
#: The selected streams, if legs are read as separate rows.
LEGS = ("call_log", "call_legs")

#: A login is required, but the benchmark's server accepts any.
LOGIN = {"client_id": "any", "client_secret": "any", "jwt": "any"}


@dataclass(frozen=True, slots=True)
class Reader:
    """A way to read the call log.

    Attributes:
        name: its name in the table.
        command: the program and its arguments.
    """

    name: str
    command: list[str]


class Readers:
    """The readers of one range of calls.

    Args:
        served: the range.
        folder: the folder for configurations and catalogs.
    """

    def __init__(self, served: Range, folder: Path) -> None:
        self._folder = folder
        self._bounds = [served.url, served.start, served.end]
        self._config = dict(
            zip(("api_url", "start_date", "end_date"), self._bounds, strict=True),
        )

    def ours(self) -> tuple[Reader, Reader, Reader, Reader]:
        """Return the bare loop, the plain SDK path, the tap, and the tap with legs."""
        config = self._write("plain.json", self._config)
        python = [sys.executable, "-m"]
        return (
            Reader("bare loop", [*python, "benchmarks.bare", *self._bounds]),
            Reader("plain SDK path", [*python, "benchmarks.plain_sdk", "--config", config]),
            self.tap(),
            self.tap("tap-ringcentral with call_legs", LEGS),
        )

    def others(self) -> list[Reader]:
        """Return the readers built with other tools, each in a separate environment."""
        scripts = {"airbyte": "read_with_airbyte.py", "dlt": "read_with_dlt.py"}
        folder = ROOT / "benchmarks" / "others"
        return [
            Reader(pinned(name), [str(environment(name)), str(folder / script), *self._bounds])
            for name, script in scripts.items()
        ]

    def tap(
        self, name: str = "tap-ringcentral", streams: Collection[str] = ("call_log",), **leave: str
    ) -> Reader:
        """Return the tap.

        Args:
            name: the reader's name.
            streams: the selected streams.
            leave: a property to deselect, by its stream.
        """
        config = self._write("tap.json", LOGIN | self._config)
        catalog: dict[str, Any] = json.loads(_discovered())
        for stream in catalog["streams"]:
            for entry in stream["metadata"]:
                if not entry["breadcrumb"]:
                    entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
                elif entry["breadcrumb"] == ["properties", leave.get(stream["tap_stream_id"])]:
                    entry["metadata"]["selected"] = False
        selected = self._write(f"{'-'.join([*streams, *leave])}.json", catalog)
        return Reader(name, [*TAP, "--config", config, "--catalog", selected])

    def _write(self, name: str, content: object) -> str:
        path = self._folder / name
        path.write_text(json.dumps(content))
        return str(path)


@cache
def _discovered() -> str:
    command = [*TAP, "--discover"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
