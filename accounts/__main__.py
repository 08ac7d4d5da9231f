"""`python -m accounts`: write Meltano plugins for a list of accounts."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from accounts.listing import ListError, check, read
from accounts.meltano import command
from accounts.plugins import include_file


def main(arguments: list[str] | None = None) -> int:
    """Write the file and return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        accounts = read(given.list)
        check(accounts, _settings_of_the_tap())
    except ListError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    given.output.write_text(include_file(accounts, given.list.name))
    for account in accounts:
        sys.stdout.write(f"{account.plugin}: set its credentials as {account.prefix}…\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accounts", description="Write Meltano plugins for a list of accounts."
    )
    parser.add_argument("list", type=Path, nargs="?", default="accounts.yml", help="the list")
    parser.add_argument(
        "--output",
        type=Path,
        default="accounts.meltano.yml",
        help="the file to write; add it to include_paths in meltano.yml",
    )
    return parser


def _settings_of_the_tap() -> dict[str, Any]:
    """Ask the tap of the project in this folder for the JSON schema of its settings.

    Raises:
        ListError: when the tap does not run.
    """
    asked = subprocess.run(
        command("invoke", "tap-ringcentral", "--about", "--format=json"),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        settings: dict[str, Any] = json.loads(asked.stdout)["settings"]
    except (ValueError, LookupError):
        msg = (
            "could not get the settings of tap-ringcentral: run this in your Meltano project, "
            "after `meltano install`"
        )
        raise ListError(msg) from None
    return settings


if __name__ == "__main__":
    sys.exit(main())
