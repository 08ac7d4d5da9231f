"""`python -m hub` writes the plugin definition; `python -m hub --check` checks that it is current.

It uses the output of the installed tap's `--about` and `--discover`. After a change of
`pyproject.toml`, install the tap again first (`make .venv/made`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from difflib import unified_diff
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

from hub.definition import Package, definition
from hub.rendering import rendered

PACKAGE = "tap-ringcentral-calllog"
FOLDER = Path(__file__).parent / "extractors" / "tap-ringcentral"


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the definition, or check what is written.

    Args:
        arguments: the command line's.
        folder: where the definition is.

    Returns:
        The exit status: 1 when a check finds something else than would be written.
    """
    parser = argparse.ArgumentParser(prog="python -m hub", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args(arguments).check
    package = _package()
    file = folder / f"{package.variant}.yml"
    text = rendered(definition(ask("--about", "--format=json"), _streams(), package))
    before = {one: one.read_text(encoding="utf-8") for one in folder.glob("*.yml")}
    if before == {file: text}:
        return 0
    if check:
        old = "".join(before.values())
        sys.stdout.writelines(
            unified_diff(old.splitlines(keepends=True), text.splitlines(keepends=True))
        )
        sys.stderr.write(f"{file} is not current: run python -m hub\n")
        return 1
    for one in before:  # the variant may have got another name
        one.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return 0


def _package() -> Package:
    told = metadata(PACKAGE)
    urls = (one.split(", ", 1) for one in told.get_all("Project-URL") or [])
    return Package(
        name=told["Name"],
        keywords=(told["Keywords"] or "").split(","),
        classifiers=told.get_all("Classifier") or [],
        urls={label: address for label, address in urls},  # noqa: C416 - dict() wants pairs by type
    )


def _streams() -> dict[str, bool]:
    return {
        stream["tap_stream_id"]: next(
            one["metadata"]["selected-by-default"]
            for one in stream["metadata"]
            if not one["breadcrumb"]
        )
        for stream in ask("--discover")["streams"]
    }


def ask(*arguments: str) -> Any:  # noqa: ANN401 - any JSON
    """Return what the tap says to some arguments."""
    run = subprocess.run(
        [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return json.loads(run.stdout)


if __name__ == "__main__":
    sys.exit(main())
