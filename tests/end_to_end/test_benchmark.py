"""The benchmark runs, and compares readers that have read the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_benchmark_tells_all_that_needs_nothing_installed():
    """It ends with an error when a reader does not write every call."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ")[0].strip("| ") for line in done.stdout.splitlines()]
    for name in ("bare loop", "plain SDK path", "tap-ringcentral", "10 in 1 s", "--discover"):
        assert rows.count(name) == 1
    refused = next(line for line in done.stdout.splitlines() if line.startswith("| 10 in 1 s"))
    assert refused.split(" | ")[4] == "0"
