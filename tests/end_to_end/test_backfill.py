"""A backfill of one account in parts: side by side, into the same tables, and whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from databases import ARCHIVE, Postgres, period_query
from expected import calls, differences, legs, with_moments
from fixtures import ROOT
from loaded import call_rows, leg_rows
from many import block, with_accounts
from waiting import PATIENCE

from sandbox import Sandbox

pytestmark = pytest.mark.prove

NOW = "2026-03-15T15:00:00Z"
# The ends of the ranges in the documentation.
ENDS = ("2025-09-01", "2025-12-01", "2026-03-01")


def test_a_backfill_in_parts_reads_every_call_once(installed, database, tmp_path):
    """The documented lines read every call once, and the archive is shown to be whole.

    A part that is missing shows as a hole; the same lines, run again, fill it, and a part that is
    done reads nothing.
    """
    archive = Postgres(database)
    # All parts log in as one user of one app: RingCentral's limit on that, six times as fast.
    logins, penalty = {"Auth": (5, 10.0)}, 10.0
    with Sandbox(
        calls=350, days=300, now=NOW, running=False, limits=logins, penalty=penalty
    ) as ringcentral:
        for end in ENDS:
            # Both ranges read what starts at their border.
            ringcentral.add_call(start_time=f"{end}T00:00:00Z")
        project = with_accounts(installed, tmp_path, {"north": ringcentral}, database)
        lines = block("test_backfill.py")
        # As if one of the three had been forgotten.
        run(project, lines.replace("in north-2025-06 north-2025-09", "in north-2025-06"))
        archive.execute(ARCHIVE)
        query = period_query("2025-06-01", "2026-03-14", ringcentral.account_id)
        (answer,) = archive.rows(query)
        assert answer["whole"] is False
        hole = f"{answer['hole_from']} {answer['hole_to']}"
        assert hole == "2025-09-01 00:00:00 2025-12-01 00:00:00"

        ringcentral.forget_requests()
        again = lines[lines.index("for part in") :].replace(" north-2025-12", "")
        run(project, again)
        (answer,) = archive.rows(query)
        assert answer["whole"] is True
        assert (
            answer["read"]
            == answer["there"]
            == len(ringcentral.truth(start="2025-06-01T00:00:00Z", end="2026-03-13T23:59:59.999Z"))
        )
        (asked,) = ringcentral.requests_to("/call-log")
        assert asked.query["dateFrom"][0].startswith("2025-08-31T23:59:58")
        truth, account = ringcentral.truth(start="2025-05-31T23:59:58Z"), ringcentral.account_id
        assert not differences(call_rows(database), with_moments(calls(truth, account)))
        assert not differences(leg_rows(database), with_moments(legs(truth, account)))


def run(project, lines):
    """Run lines of the documentation in a project."""
    path = f"{Path(sys.executable).parent}:{project.environment['PATH']}"
    said = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", lines],
        cwd=project.root,
        env={**project.environment, "PATH": path, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    ).stdout
    assert "failed" not in said
