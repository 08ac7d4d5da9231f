"""The command `ringcentral-report build`: what it writes, and what it says where it cannot."""

from __future__ import annotations

import base64
import gzip
import json
import re

import duckdb
import pytest
import truth_of_report as expected
from truthful_marts import COLUMNS, ZONE, write_duckdb, write_postgres

from demo.postgres import postgres

DAYS = expected.date(2026, 3, 1), expected.date(2026, 3, 20)
PERIOD = ("--from", DAYS[0], "--to", DAYS[1])


def tiles(text):
    """Return the figures of the overview as they stand in the file."""
    found = re.findall(r'data-metric="(\w+)" data-value="([^"]*)"', text)
    return {name: float(value) if value else None for name, value in found}


def names(text):
    """Return the names that the page is told, which are packed with the numbers."""
    about, numbers = (
        re.findall(rf'<script type="[a-z/]+" id="{name}">(.*?)</script>', text, re.DOTALL)[0]
        for name in ("about", "numbers")
    )
    place = json.loads(about)["tables"]["names"]
    unpacked = gzip.decompress(base64.b64decode(numbers))
    return json.loads(unpacked[place["start"] : place["start"] + place["length"]])


def test_figures_stand_in_the_file(build, company, tmp_path):
    """The overview's tiles can be read without a browser; the path is printed."""
    output = tmp_path / "new" / "report.html"
    done = build("--source", company.file, "--output", output, *PERIOD)
    assert (done.exit_code, done.output) == (0, f"{output}\n")
    wanted = expected.tiles(expected.calls_of(company.marts, *DAYS))
    assert tiles(output.read_text()) == pytest.approx(wanted)


@pytest.mark.parametrize("most_rows", [40_000, 200])
def test_postgres_and_duckdb_say_the_same(build, company, tmp_path, monkeypatch, most_rows):
    """A PostgreSQL that target-postgres is set up with gives what the file gives; sums as well."""
    monkeypatch.setattr("ringcentral_report.calls.MOST_ROWS", most_rows)
    monkeypatch.setattr("ringcentral_report.performance.MOST_QUEUE_HOURS", most_rows)
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
    assert ('"queue_sums"' in one) is (most_rows == 200)
    without = re.compile(r'"made":"[^"]*","madeAt":[0-9]+')
    assert without.sub("", one) == without.sub("", other) == without.sub("", third)


def test_the_marts_beside_the_archive_are_found(build, company, tmp_path, monkeypatch):
    """The marts that dbt has written beside the archive are found."""
    (tmp_path / "calls_marts.duckdb").write_bytes(company.file.read_bytes())
    duckdb.connect(str(tmp_path / "calls.duckdb")).close()
    monkeypatch.setenv("TARGET_DUCKDB_FILEPATH", str(tmp_path / "calls.duckdb"))
    assert build("--output", tmp_path / "report.html").exit_code == 0


def test_an_anonymous_report_names_no_caller(build, company, tmp_path):
    """No number and no name of a caller is in the file; without the option, they are."""
    from_outside = [
        one
        for one in company.marts["calls"]
        if one["direction"] == "Inbound" and not one["is_internal"]
    ]
    colleagues = {one["name"] for one in company.marts["extensions"]}
    numbers = {one["caller_number"] for one in from_outside if one["caller_number"]}
    callers = {one["caller_name"] for one in from_outside if one["caller_name"]} - colleagues
    assert min(len(numbers), len(callers)) > 20
    for options in ([], ["--anonymous"]):
        output = tmp_path / "report.html"
        assert build("--source", company.file, "--output", output, *options).exit_code == 0
        text = output.read_text()
        told = text + json.dumps(names(text), ensure_ascii=False)
        is_told = [any(f'"{one}"' in told for one in some) for some in (numbers, callers)]
        assert is_told == [not options, not options]


def test_a_report_fetches_nothing(build, company, tmp_path):
    """A policy in the file forbids all but what stands in it."""
    output = tmp_path / "report.html"
    assert build("--source", company.file, "--output", output).exit_code == 0
    text = output.read_text()
    (policy,) = re.findall('Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src &#39;none&#39;;")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_report_without_calls_says_so(build, tmp_path):
    """Marts without a row make a report that says so."""
    write_duckdb(tmp_path / "empty.duckdb", {})
    done = build("--source", tmp_path / "empty.duckdb", "--output", tmp_path / "report.html")
    assert done.exit_code == 0, done.output
    found = tiles((tmp_path / "report.html").read_text())
    assert found["calls"] == 0
    assert found["talk_seconds"] is None


def test_queues_people_and_sites_to_include(build, company, tmp_path, monkeypatch):
    """Each can be named by name, number or id, several times, and by Meltano's setting."""
    calls = expected.calls_of(company.marts, *DAYS)
    known = {one["extension_id"]: one for one in company.marts["extensions"]}
    queues = sorted({one["queue_id"] for one in calls} - {None})[:2]
    site, *_ = sorted({one["site"] for one in known.values() if one.get("site")})
    here = {one["extension_id"] for one in known.values() if one.get("site") == site}
    someone = next(one for one in known.values() if one.get("site") not in {None, site})
    of_queues = [one for one in calls if one["queue_id"] in queues]
    of_people = [one for one in calls if people_of(one) & {someone["extension_id"], *here}]
    of_both = [one for one in of_people if one["queue_id"] in queues]
    assert 0 < len(of_both) < min(len(of_queues), len(of_people)) < len(calls)
    by_queue = ("--queue", known[queues[0]]["name"], "--queue", queues[1])
    by_person = ("--person", someone["extension_number"], "--site", site)
    output = tmp_path / "report.html"
    for arguments, wanted in (
        (by_queue, of_queues), (by_person, of_people), ((*by_queue, *by_person), of_both),
    ):  # fmt: skip
        done = build("--source", company.file, "--output", output, *PERIOD, *arguments)
        assert done.exit_code == 0, done.output
        assert tiles(output.read_text()) == pytest.approx(expected.tiles(wanted))
    for setting in (json.dumps(queues), known[queues[0]]["name"]):
        monkeypatch.setenv("RINGCENTRAL_REPORT_QUEUE", setting)
        build("--source", company.file, "--output", output, *PERIOD)
        some = queues if setting[0] == "[" else queues[:1]
        wanted = expected.tiles([one for one in calls if one["queue_id"] in some])
        assert tiles(output.read_text()) == pytest.approx(wanted)


def people_of(call):
    """Return the people whom a call belongs to."""
    return {call["answered_by_id"], call["first_person_id"]}


def test_a_setting_that_is_no_list(build, company, tmp_path, monkeypatch):
    """It is named, in one line."""
    monkeypatch.setenv("RINGCENTRAL_REPORT_SITE", "[London")
    done = build("--source", company.file, "--output", tmp_path / "report.html")
    assert done.output == (
        "ringcentral-report: RINGCENTRAL_REPORT_SITE is not a list of names, such as "
        '["Sales", "Support"]\n'
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "the database is not known: give --source"),
        (("--source", "nowhere.duckdb"), "there is no file nowhere.duckdb"),
        (("--source", "postgresql://u:secret@127.0.0.1:1/x"), "the database cannot be opened"),
        (("--source", "{file}", "--schema", "other"), "there are no marts in the schema other"),
        (("--source", "{file}", "--time-zone", "Mars/Base"), "'Mars/Base' is not a time zone"),
        (("--source", "{file}", "--time-zone", "Asia/Tokyo"), "not Asia/Tokyo"),
        (("--source", "{file}", "--from", "yesterday"), "'yesterday' is not a date: --from"),
        (("--source", "{file}", "--to", "2026-02-30"), "'2026-02-30' is not a date: --to"),
        (("--source", "{file}", "--from", "2026-03-09", "--to", "2026-03-02"), "later than --to"),
        (("--source", "{file}", "--from", "2030-01-01"), "later than the latest call, which began"),
        (("--source", "{file}", "--to", "2020-01-01"), "earlier than the first call, which"),
        (("--source", "{file}", "--from", "0001-01-01"), "not between the years 1970 and 2200"),
        (("--source", "{file}", "--account", "9"), "--account '9': no account with calls has that"),
        (("--source", "{text}"), "the database cannot be opened"),
        (("--source", "mysql://u:secret@h/x"), "the address of the database cannot be read: write"),
        (("--source", "postgresql://u:secret x@h/x"), "the address of the database cannot be read"),
        (("--source", "postgresql://u:secret@secret@h/x"), "the address of the database cannot be"),
        (("--source", "postgresql://u:secret/1@h/x"), "the address of the database cannot be read"),
        (("--source", "postgresql://u:1/secret@h/x"), "the address of the database cannot be read"),
        (("--source", "{file}", "--queue", "Moon"), "--queue 'Moon': no queue with calls has"),
        (("--source", "{file}", "--person", "Nobody"), "--person 'Nobody': no person with calls"),
        (("--source", "{file}", "--site", "Mars"), "--site 'Mars': no extension is at a site"),
    ],
)  # fmt: skip
def test_an_error_is_one_line(build, company, tmp_path, arguments, said):
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


@pytest.mark.parametrize("name", ["", "file/report.html"])
def test_an_output_that_cannot_be_written(build, company, tmp_path, name):
    """A folder, or a folder that is a file: one line, and nothing is left behind."""
    (tmp_path / "file").touch()
    done = build("--source", company.file, "--output", tmp_path / name)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    said = f"ringcentral-report: --output {tmp_path / name} cannot be written: "
    assert done.output.startswith(said)
    assert not list(tmp_path.parent.glob(".*unfinished"))


@pytest.mark.parametrize("name", ["ringcentral.duckdb", "it's one.duckdb", "marts_file.duckdb"])
def test_any_file_name_will_do(build, company, tmp_path, name):
    """Also that of the schema, which DuckDB could not tell from the file."""
    file = tmp_path / name
    file.write_bytes(company.file.read_bytes())
    done = build("--source", file, "--output", tmp_path / "report.html")
    assert done.exit_code == 0, done.output


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
    assert names((tmp_path / "report.html").read_text())["recordings"] is None
