"""The whole pipeline, from RingCentral to the report: every figure is what happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import truth_of_report as expected
from installed_browser import CHROMIUM, CHROMIUM_OPTIONS, IS_REQUIRED
from meltano_project import clean_environment
from playwright.sync_api import sync_playwright
from report_reader import Reader, same, same_missed, same_rows

from sandbox import Sandbox
from sandbox.company.truth import Settings

pytestmark = pytest.mark.prove

if CHROMIUM is None and not IS_REQUIRED:
    pytest.skip(
        "the pipeline's report is not looked at: no Chromium is installed", allow_module_level=True
    )

ZONE = "America/New_York"
PERIOD = date(2026, 2, 10), date(2026, 3, 15)


@pytest.fixture(scope="module")
def company():
    """A company with a clock change in its 40 days."""
    with Sandbox(
        calls=0, days=40, extensions=14, conversations=700, seed=7, zone=ZONE, running=False,
        now="2026-03-15T19:00:00Z",
    ) as rc:  # fmt: skip
        yield rc


def test_one_command_reads_builds_and_reports_with_duckdb(installed, company, tmp_path):
    """`meltano run tap-ringcentral target-duckdb dbt-duckdb:build ringcentral-report:build`."""
    installed.meltano("install", "dbt-duckdb", "ringcentral-report")
    project = replace(installed, environment=clean_environment()).logged_in(company, tmp_path)
    project.meltano("select", "tap-ringcentral", "extensions", "*")
    output = tmp_path / "report.html"
    project.meltano(
        "run", "tap-ringcentral", "target-duckdb", "dbt-duckdb:build", "ringcentral-report:build",
        TARGET_DUCKDB_FILEPATH=str(tmp_path / "calls.duckdb"),
        DBT_DUCKDB_TIME_ZONE=ZONE,
        RINGCENTRAL_REPORT_OUTPUT=str(output),
        RINGCENTRAL_REPORT_FROM=PERIOD[0].isoformat(),
        TAP_RINGCENTRAL_START_DATE="2026-01-01",
    )  # fmt: skip
    truth = company.analytics(Settings(zone=ZONE))
    marts = {
        name: getattr(truth, name)()
        for name in ("calls", "missed_calls", "queue_performance", "people_performance")
    }
    marts["extensions"] = [
        {"extension_id": one.id, "extension_number": one.number} for one in company.company.people
    ]
    calls = expected.calls_of(marts, *PERIOD)
    assert len(calls) > 300
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        reader = Reader(chromium, output)
        same(reader.tiles(), expected.tiles(calls))
        reader.turn_to("missed")
        latest = max(one["ended_at"] for one in marts["calls"])
        same(reader.tiles("missed"), expected.missed_tiles(calls, latest))
        same_missed(reader.listed(), expected.missed_rows(calls))
        reader.turn_to("queues")
        same_rows(reader.rows("queues"), expected.queue_rows(marts, *PERIOD))
        reader.turn_to("people")
        same_rows(reader.rows("people"), expected.people_rows(marts, *PERIOD))
        reader.turn_to("when")
        same_rows(reader.rows("when", 0), expected.hour_rows(calls))
        same_rows(reader.rows("when", 1), expected.week_rows(calls))
        reader.turn_to("callers")
        same_rows(reader.rows("callers"), expected.caller_rows(marts, *PERIOD))
        assert reader.complaints == []
        chromium.close()
