"""`python -m demo.picture`: the README's picture, of the report that the demo has written."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from demo.__main__ import REPORT, ROOT

if TYPE_CHECKING:
    from pathlib import Path

PICTURE = ROOT / "docs" / "report.png"
_WIDTH, _HEIGHT = 1200, 850


def main() -> int:
    """Write the picture and return the exit status."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not REPORT.exists():
        return _fail("there is no report yet: run make demo first")
    if chromium is None:
        return _fail("no Chromium is installed: apt-get install chromium")
    _draw(REPORT, PICTURE, chromium)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes\n")
    return 0


def _fail(reason: str) -> int:
    sys.stderr.write(f"picture: {reason}\n")
    return 1


def _draw(report: Path, picture: Path, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(
            viewport={"width": _WIDTH, "height": _HEIGHT}, locale="en-US", color_scheme="light"
        )
        page.goto(report.as_uri())
        page.wait_for_selector("#overview .chart svg")
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
