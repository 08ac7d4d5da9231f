"""The command `ringcentral-report build`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import json
import re

import duckdb
import pytest
import truth_of_report as expected
from truthful_marts import COLUMNS, ZONE, write_duckdb, write_postgres

from demo.postgres import postgres


def tiles(text):
    """Return the figures of the overview as they stand in the file."""
    found = re.findall(r'data-metric="(\w+)" data-value="([^"]*)"', text)
    return {name: float(value) if value else None for name, value in found}


def about(text):
    """Return what the page is told beside numbers."""
    (found,) = re.findall(
        r'<script type="application/json" id="about">(.*?)</script>', text, re.DOTALL
    )
    return json.loads(found)


def test_figures_stand_in_the_file(build, company, tmp_path):
    """The overview's tiles can be read without a browser; the path is printed."""
    output = tmp_path / "new" / "report.html"
    done = build(
        "--source", company.file, "--output", output, "--from", "2026-03-01", "--to", "2026-03-20"
    )
    assert (done.exit_code, done.output) == (0, f"{output}\n")
    begin, end = expected.date(2026, 3, 1), expected.date(2026, 3, 20)
    wanted = expected.tiles(expected.calls_of(company.marts, begin, end))
    assert tiles(output.read_text()) == pytest.approx(wanted)


def test_postgres_and_duckdb_say_the_same(build, company, tmp_path, monkeypatch):
    """A PostgreSQL that target-postgres is set up with gives what the file gives."""
    assert build("--source", company.file, "--output", tmp_path / "a.html").exit_code == 0
    with postgres(tmp_path / "postgres") as database:
        write_postgres(database, company.marts)
        for name in ("host", "port", "user", "password"):
            monkeypatch.setenv(f"TARGET_POSTGRES_{name.upper()}", str(getattr(database, name)))
        monkeypatch.setenv("TARGET_POSTGRES_DATABASE", database.name)
        done = build("--output", tmp_path / "b.html")
        assert done.exit_code == 0, done.output
        url = database.url.replace("postgresql://", "postgresql+psycopg://")
        assert build("--source", url, "--output", tmp_path / "c.html").exit_code == 0
    one, other, third = ((tmp_path / f"{name}.html").read_text() for name in "abc")
    without = re.compile(r'"made":"[^"]*"')
    assert without.sub("", one) == without.sub("", other) == without.sub("", third)


def test_loader_of_duckdb(build, company, tmp_path, monkeypatch):
    """The marts that dbt has written beside the archive are found."""
    (tmp_path / "calls_marts.duckdb").write_bytes(company.file.read_bytes())
    duckdb.connect(str(tmp_path / "calls.duckdb")).close()
    monkeypatch.setenv("TARGET_DUCKDB_FILEPATH", str(tmp_path / "calls.duckdb"))
    assert build("--output", tmp_path / "report.html").exit_code == 0


def test_anonymous(build, company, tmp_path):
    """No number and no name of a caller is in the file; without the option, they are."""
    from_outside = [
        one
        for one in company.marts["calls"]
        if one["direction"] == "Inbound" and not one["is_internal"]
    ]
    colleagues = {one["name"] for one in company.marts["extensions"]}
    numbers = {one["caller_number"] for one in from_outside if one["caller_number"]}
    names = {one["caller_name"] for one in from_outside if one["caller_name"]} - colleagues
    assert min(len(numbers), len(names)) > 20
    for options in ([], ["--anonymous"]):
        output = tmp_path / "report.html"
        assert build("--source", company.file, "--output", output, *options).exit_code == 0
        text = output.read_text()
        assert any(one in text for one in numbers) is not options
        assert any(f'"{one}"' in text for one in names) is not bool(options)


def test_nothing_is_fetched(build, company, tmp_path):
    """A policy in the file forbids all but what stands in it."""
    output = tmp_path / "report.html"
    assert build("--source", company.file, "--output", output).exit_code == 0
    text = output.read_text()
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;;")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_no_calls(build, tmp_path):
    """Marts without a row make a report that says so."""
    write_duckdb(tmp_path / "empty.duckdb", {})
    done = build("--source", tmp_path / "empty.duckdb", "--output", tmp_path / "report.html")
    assert done.exit_code == 0, done.output
    found = tiles((tmp_path / "report.html").read_text())
    assert found["calls"] == 0
    assert found["talk_seconds"] is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the database is not known: give --source"),
        (("--source", "nowhere.duckdb"), "there is no file nowhere.duckdb"),
        (("--source", "postgresql://u:secret@127.0.0.1:1/x"), "the database cannot be opened"),
        (("--source", "{file}", "--schema", "other"), "there are no marts in the schema other"),
        (("--source", "{file}", "--time-zone", "Mars/Base"), "'Mars/Base' is no time zone"),
        (("--source", "{file}", "--time-zone", "Asia/Tokyo"), "not of Asia/Tokyo"),
        (("--source", "{file}", "--from", "yesterday"), "'yesterday' is no date: --from"),
        (("--source", "{file}", "--to", "2026-02-30"), "'2026-02-30' is no date: --to"),
        (("--source", "{file}", "--from", "2026-03-09", "--to", "2026-03-02"), "later than --to"),
        (("--source", "{text}"), "the database cannot be opened"),
    ],
)  # fmt: skip
def test_errors(build, company, tmp_path, arguments, said):
    """What cannot be done is one line, and status 1; no file is written, no password shown."""
    (tmp_path / "text.duckdb").write_text("no database " * 1000)
    given = [one.format(file=company.file, text=tmp_path / "text.duckdb") for one in arguments]
    output = tmp_path / "report.html"
    done = build(*given, "--output", output)
    assert done.exit_code == 1
    assert done.output.count("\n") == 1
    assert done.output.startswith("ringcentral-report: ")
    assert said in done.output
    assert "secret" not in done.output
    assert not output.exists()


def test_marts_without_optional_tables(build, company, tmp_path):
    """What the archive does not have is left out, and the rest is shown."""
    file = tmp_path / "calls.duckdb"
    file.write_bytes(company.file.read_bytes())
    with duckdb.connect(str(file)) as connection:
        for mart in COLUMNS.keys() - {"calls", "missed_calls", "archive_health"}:
            connection.execute(f"DROP TABLE ringcentral.{mart}")
    assert (
        build("--source", file, "--output", tmp_path / "report.html", "--time-zone", ZONE).exit_code
        == 0
    )
    assert about((tmp_path / "report.html").read_text())["recordings"] is None
