"""What the tests of the report share: a company whose truth is known, and a browser."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from installed_browser import CHROMIUM, CHROMIUM_OPTIONS
from playwright.sync_api import sync_playwright
from ringcentral_report.command import main
from truthful_marts import ZONE, rows_of, write_duckdb

from sandbox import Sandbox
from sandbox.company.truth import Settings

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Company:
    """A company, and a file with its marts.

    Attributes:
        marts: the rows of each mart, from the sandbox's truth.
        file: the same in DuckDB.
    """

    marts: dict[str, list[dict[str, Any]]]
    file: Path


@pytest.fixture(scope="session")
def company(tmp_path_factory):
    """A company of 16 people whose clocks have changed within its 40 days."""
    with Sandbox(
        calls=0, days=40, extensions=16, conversations=1_200, seed=2016, zone=ZONE,
        now="2026-03-30T19:00:00Z",
    ) as rc:  # fmt: skip
        marts = rows_of(rc, rc.analytics(Settings(zone=ZONE)))
    file = tmp_path_factory.mktemp("marts") / "calls.duckdb"
    write_duckdb(file, marts)
    return Company(marts, file)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """Keep the settings of this machine's loaders away."""
    for name in os.environ:
        if name.startswith(("TARGET_", "RINGCENTRAL_", "DBT_", "MELTANO_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def build():
    """Run `ringcentral-report build` and return its output and its exit status."""

    def run(*arguments: object) -> Any:
        return CliRunner().invoke(main, ["build", *map(str, arguments)])

    return run


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; where there is none, test_browser.py is left out, or fails here."""
    if CHROMIUM is None:
        pytest.fail("no Chromium is installed: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield chromium
        chromium.close()
