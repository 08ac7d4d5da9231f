"""The browser in which the report is tested, and where the tests run without one."""

from __future__ import annotations

import os
import shutil

#: The program, None where none is installed.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
CHROMIUM_OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: `.ci/run` sets it: there, tests that need a browser fail without one.
IS_REQUIRED = os.environ.get("BROWSER_TESTS") == "required"
