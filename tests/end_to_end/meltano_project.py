"""A Meltano project with this repository's `meltano.yml`, and the environment to run it in."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from preloaded import start
from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Project:
    """A Meltano project with this repository's `meltano.yml`.

    Attributes:
        root: its folder.
        environment: the environment to run Meltano in.
    """

    root: Path
    environment: Mapping[str, str]

    def logged_in(self, sandbox: Sandbox, folder: Path) -> Project:
        """Return the project with a state of its own in a folder, logged in to a sandbox."""
        environment = {
            **self.environment,
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "TAP_RINGCENTRAL_API_URL": sandbox.url,
            "TAP_RINGCENTRAL_CLIENT_ID": sandbox.client_id,
            "TAP_RINGCENTRAL_CLIENT_SECRET": sandbox.client_secret,
            "TAP_RINGCENTRAL_JWT": sandbox.jwt,
            # Far from UTC and the database: what a target makes of times must not depend on it.
            "TZ": "Asia/Kolkata",
        }
        return Project(self.root, environment)

    def meltano(self, *arguments: str, status: int = 0, **environment: str) -> str:
        """Run Meltano and return its output; another exit status fails the test."""
        with TemporaryDirectory() as folder:
            output = Path(folder) / "output"
            process = start(arguments, self.root, {**self.environment, **environment}, output)
            process.join(PATIENCE)
            text = output.read_text()
        assert process.exitcode == status, text[-5000:]
        return text


def clean_environment():
    """Return this process's environment without what would configure Meltano and its plugins."""
    ours = ("TAP_", "TARGET_", "MELTANO_", "COVERAGE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**inherited, "MELTANO_CLI_DISABLE_VERSION_CHECK": "true", "NO_COLOR": "1"}
