"""The page docs/analytics.md, and dbt's own tests of the models and their rules."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from fixtures import FREE, ROOT
from warehouse import DuckDB, Postgres

from demo.postgres import postgres
from demo.summary import missed
from sandbox import Sandbox
from sandbox.company.truth import Settings
from sql.__main__ import script

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse import Row, Warehouse

pytestmark = pytest.mark.prove

PAGE = (ROOT / "docs" / "analytics.md").read_text()
# Each query stands under its heading, perhaps after some words.
QUERIES = re.findall(
    r"^### ([^\n]+)\n(?:(?!###).)*?<!-- run by .*? -->\n```sql\n(.*?)```",
    PAGE,
    re.DOTALL | re.MULTILINE,
)
ZONE = "America/New_York"
# What an archive of some weeks may have no rows for.
MAY_BE_EMPTY = {"Recordings that expire this week and are not archived"}


def described(layer: str) -> list[dict[str, Any]]:
    """Return what dbt's documentation says of a layer's models."""
    file = ROOT / "dbt" / "models" / layer / f"_{layer}.yml"
    models = yaml.safe_load(file.read_text())["models"]
    assert models, file
    return models


class Built:
    """Marts, and the truth about what they tell."""

    def __init__(self, warehouse: Warehouse, said: str, missed: list[Row]) -> None:
        self.warehouse, self.said, self.missed = warehouse, said, missed

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask on the day after the sandbox's last whole one."""
        return self.ask_at("2026-03-13 12:00:00+00", query)

    def ask_at(self, now: str, query: str) -> list[tuple[Any, ...]]:
        """Ask at another time."""
        return self.warehouse.ask(query.replace("now()", f"TIMESTAMPTZ '{now}'"))


@pytest.fixture(scope="module", params=["postgres", "duckdb"])
def built(request, environments, tmp_path_factory) -> Iterator[Built]:
    """An archive with all that `meltano.yml` selects and the directory, built with all tests."""
    folder = tmp_path_factory.mktemp("analytics")
    with Sandbox(
        calls=0, days=20, extensions=16, conversations=500, now="2026-03-13T19:00:00Z", zone=ZONE,
        running=False, limits=FREE,
    ) as rc, postgres(folder / "data", time_zone="Asia/Tokyo") as database:  # fmt: skip
        missed = rc.analytics(Settings(zone=ZONE)).missed_calls()
        warehouse: Warehouse = (
            DuckDB(environments, folder, ZONE)
            if request.param == "duckdb"
            else Postgres(environments, folder, ZONE, database)
        )
        warehouse.load(rc, start_date="2026-01-01T00:00:00Z")
        yield Built(warehouse, warehouse.dbt("build"), missed)


def test_dbts_own_tests_pass(built):
    """Each rule by a unit test, each mart by data tests."""
    (passed,) = re.findall(r"PASS=(\d+) WARN=\d+ ERROR=0", built.said)
    assert int(passed) > 60


def test_words_that_nobody_knows_are_named(built):
    """The company has calls with a result that RingCentral does not document."""
    assert "RingCentral's result 'Answered by Assistant' is not known" in built.said


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_each_query_of_the_page_runs(built, title, query):
    """In PostgreSQL and DuckDB as it stands, with rows."""
    assert built.ask(query) or title in MAY_BE_EMPTY


@pytest.mark.parametrize(
    ("now", "yesterday"),
    [
        ("2026-03-13 12:00:00+00", 12),
        # The first and the last hour of a day in New York, each of another day in UTC or Tokyo.
        ("2026-03-13 04:30:00+00", 12),
        ("2026-03-14 03:30:00+00", 12),
        ("2026-03-13 03:30:00+00", 11),
    ],
)
def test_yesterdays_missed_calls_are_the_truth(built, now, yesterday):
    """The page's first query says whom nobody took on the day before, and when they were called."""
    asked = next(query for title, query in QUERIES if title.startswith("Yesterday's missed calls"))
    rows = built.ask_at(now, asked)
    found = sorted((row[2] or "", row[3], row[4] or 0) for row in rows)
    expected = sorted(
        (one["caller_number"] or "", one["outcome"], one["callback_minutes"] or 0)
        for one in built.missed
        # The day before, in New York: four hours behind UTC since 2026-03-08.
        if f"2026-03-{yesterday}T04"
        <= one["started_at"].isoformat()
        < f"2026-03-{yesterday + 1}T04"
    )
    assert [(number, outcome) for number, outcome, _ in found] == [
        (number, outcome) for number, outcome, _ in expected
    ]
    assert [minutes for *_, minutes in found] == pytest.approx(
        [minutes for *_, minutes in expected], abs=0.001
    )
    assert found


def test_the_demos_summary_counts_them_too(built):
    """By queue and person, of the last day before today that had any."""
    yesterday = [
        one
        for one in built.missed
        if "2026-03-12T04" <= one["started_at"].isoformat() < "2026-03-13T04"
    ]
    title, _, head, *rows = missed(built.warehouse.ask, date(2026, 3, 13)).rstrip().splitlines()
    assert title == "Missed calls of Thursday, 2026-03-12, by queue and person:"
    assert head.split() == ["queue", "person", "missed", "called", "back", "soonest"]
    counted = [re.split(r"  +", row.strip()) for row in rows]
    # It shows twelve rows at most.
    groups = {(one["queue_id"], one["person_id"]) for one in yesterday}
    assert len(counted) == min(len(groups), 12)
    if len(groups) <= 12:
        assert sum(int(row[2]) for row in counted) == len(yesterday)
        back = sum(one["called_back_at"] is not None for one in yesterday)
        assert sum(int(row[3]) for row in counted) == back


def test_every_column_is_described(built):
    """Each mart has the columns that dbt's documentation describes, in that order."""
    for mart in described("marts"):
        columns = [one["name"] for one in mart["columns"]]
        assert list(built.warehouse.rows(mart["name"])[0]) == columns, mart["name"]


def test_every_column_below_the_marts_is_described(built):
    """Those of staging and of what lies between, too."""
    for layer in ("staging", "intermediate"):
        for model in described(layer):
            columns = [one["name"] for one in model["columns"]]
            assert built.warehouse.columns(model["name"]) == columns, model["name"]


@pytest.mark.parametrize("layer", ["staging", "intermediate", "marts"])
def test_every_model_is_described(layer):
    """And each column in words."""
    models = described(layer)
    files = {one.stem for one in (ROOT / "dbt/models" / layer).glob("*.sql")}
    assert {one["name"] for one in models} == files - {"metricflow_time_spine"}
    assert all(one["description"] for one in models)
    assert all(one["description"] for model in models for one in model["columns"])


def test_every_seed_is_described():
    """With its columns, in their order."""
    seeds = yaml.safe_load((ROOT / "dbt/seeds/_seeds.yml").read_text())["seeds"]
    found = {one.stem: one.read_text().splitlines() for one in (ROOT / "dbt/seeds").glob("*.csv")}
    assert {one["name"] for one in seeds} == found.keys()
    for seed in seeds:
        head, *rows = found[seed["name"]]
        assert [one["name"] for one in seed["columns"]] == head.split(",")
        words = next(one for one in seed["columns"] if one["name"] == "class")["description"]
        assert {row.split(",")[1] for row in rows} <= set(re.findall(r"\w+", words))


def test_the_plain_sql_is_what_the_models_make(built, environments):
    """`make pages` has been run since the models changed."""
    kind = built.warehouse.kind
    assert (ROOT / "sql" / f"marts_{kind}.sql").read_text() == script(kind, environments.dbt())


def test_the_plain_sql_makes_the_same_marts(built):
    """Without dbt, each table has the same rows."""
    text = (ROOT / "sql" / f"marts_{built.warehouse.kind}.sql").read_text()
    plain = built.warehouse.plain(text.replace("Etc/UTC", ZONE))
    for mart in (one["name"] for one in described("marts")):
        rows = [tuple(one.values()) for one in built.warehouse.rows(mart)]
        assert sorted(map(repr, plain[mart])) == sorted(map(repr, rows)), mart
        assert rows, mart


def test_archive_health_says_what_the_views_say(built):
    """Month by month, as sql/archive.sql, whose tests find each way of not being whole."""
    views = (ROOT / "sql" / "archive.sql").read_text()
    expected = built.warehouse.archive(
        views,
        'SELECT "month", "isWhole", "coveredFrom", "coveredTo", "callsRead", "callsThere", '
        '"holeFrom" FROM tap_ringcentral.archive_months ORDER BY "month"',
    )
    found = built.ask(
        "SELECT month, is_whole, covered_from, covered_to, calls_read, calls_there, hole_from "
        "FROM ringcentral.archive_health WHERE covered_from IS NOT NULL ORDER BY month"
    )
    assert found == expected
    assert len(found) >= 2
    assert sum(one[4] for one in found) > 500
