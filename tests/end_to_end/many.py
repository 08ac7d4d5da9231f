"""A Meltano project that reads many accounts, each of them a sandbox; and documented commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fixtures import ROOT
from meltano_project import Project

from accounts.listing import Account, read
from accounts.plugins import include_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from demo.postgres import Database
    from sandbox import Sandbox

DOCUMENT = ROOT / "docs" / "operating.md"


def url_of(database: Database) -> str:
    """Return a database as target-postgres takes it."""
    return (
        f"postgresql+psycopg://{database.user}:{database.password}@{database.host}:{database.port}"
        f"/{database.name}"
    )


def logins(sandboxes: Mapping[str, Sandbox]) -> dict[str, str]:
    """Return the environment that logs each account in to its sandbox."""
    return {
        f"{Account(name).prefix}{setting}": value
        for name, sandbox in sandboxes.items()
        for setting, value in {
            "API_URL": sandbox.url,
            "CLIENT_ID": sandbox.client_id,
            "CLIENT_SECRET": sandbox.client_secret,
            "JWT": sandbox.jwt,
        }.items()
    }


def with_accounts(
    installed: Project,
    folder: Path,
    sandboxes: Mapping[str, Sandbox],
    database: Database,
    **environment: str,
) -> Project:
    """Make a project that shares the plugins of another one, with a state of its own.

    Args:
        installed: the other one.
        folder: where to make it.
        sandboxes: the accounts by their names.
        database: what they are loaded into.
        environment: what else to set.
    """
    definition = (installed.root / "meltano.yml").read_text()
    (folder / "meltano.yml").write_text(f"{definition}\ninclude_paths: [accounts.meltano.yml]\n")
    (folder / ".meltano").symlink_to(installed.root / ".meltano")
    listed = folder / "accounts.yml"
    listed.write_text("".join(f"- name: {name}\n" for name in sandboxes))
    (folder / "accounts.meltano.yml").write_text(include_file(read(listed), listed.name))
    return Project(
        folder,
        {
            **installed.environment,
            **logins(sandboxes),
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "MELTANO_PROJECT_ROOT": str(folder),
            "TARGET_POSTGRES_SQLALCHEMY_URL": url_of(database),
            **environment,
        },
    )


def block(test: str, language: str = "sh") -> str:
    """Return the block of docs/operating.md that says which test runs it."""
    pattern = rf"<!-- [^>]*{re.escape(test)} -->\n```{language}\n(.*?)```"
    (found,) = re.findall(pattern, DOCUMENT.read_text(), re.DOTALL)
    return str(found)
