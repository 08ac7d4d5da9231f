"""Single charts: `ringcentral-report build --format svg|png|pdf --chart NAME`."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path

import pytest
import truth_of_report as expected
from truthful_marts import ZONE

DAYS = date(2026, 3, 3), date(2026, 3, 22)
PERIOD = ("--from", DAYS[0], "--to", DAYS[1], "--time-zone", ZONE)
SHOTS = Path(__file__).parents[2] / ".report-shots"


@pytest.fixture
def drawn(build, company, tmp_path):
    """Draw a chart, and return its marks: what each says of itself, by name of the field."""

    def run(name):
        file = tmp_path / f"{name}.svg"
        options = ("--format", "svg", "--chart", name, "--output", file)
        done = build("--source", company.file, *PERIOD, *options)
        assert (done.exit_code, done.output) == (0, f"{file}\n")
        SHOTS.mkdir(exist_ok=True)
        (SHOTS / f"chart-{name}.svg").write_text(file.read_text())
        labels = re.findall(r'<path aria-label="([^"]*: [^"]*)"', file.read_text())
        return [
            dict(part.split(": ", 1) for part in html.unescape(label).split("; "))
            for label in labels
        ]

    return run


def sums(marks, *fields):
    """Return the calls of marks, added up by what fields say, without nothing."""
    found: dict[object, int] = {}
    for one in marks:
        key = tuple(one[name] for name in fields)
        found[key] = found.get(key, 0) + int(one["calls"].replace(",", ""))
    return {key: calls for key, calls in found.items() if calls}


def label(outcome):
    """Return how the charts name an outcome."""
    shown = {"failed", "blocked", "emergency", "fax", "unknown"}
    return "Other" if outcome in shown else outcome.replace("_", " ").capitalize()


def test_calls_are_drawn_by_day(drawn, company):
    """Each day's calls by outcome are what happened."""
    wanted: dict[object, int] = {}
    for one in expected.calls_of(company.marts, *DAYS):
        local = one["local_started_at"]
        key = f"{local:%b} {local.day}", label(one["outcome"])
        wanted[key] = wanted.get(key, 0) + 1
    assert sums(drawn("calls"), "when", "outcome") == wanted


def test_queues_are_drawn_by_calls_answered(drawn, company):
    """Each queue's calls: as many as were offered, and as many of them answered."""
    marks = drawn("queues")
    rows = expected.queue_rows(company.marts, *DAYS)
    assert sums(marks, "name") == {(name,): one["offered"] for name, one in rows.items()}
    answered = sums([one for one in marks if one["outcome"] == "Answered"], "name")
    assert answered == {(name,): one["answered"] for name, one in rows.items()}


def test_people_are_drawn_by_calls_answered(drawn, company):
    """The twelve who answered most, with their outbound calls."""
    rows = expected.people_rows(company.marts, *DAYS)
    found = sums(drawn("people"), "name", "outcome")
    most = sorted(rows, key=lambda name: (-rows[name]["answered"], name))[:12]
    assert len(rows) > len(most)
    wanted = {(name, "Answered"): rows[name]["answered"] for name in most}
    wanted |= {(name, "Outbound"): rows[name]["outbound"] for name in most}
    assert found == {key: calls for key, calls in wanted.items() if calls}


def test_callbacks_are_drawn_by_delay(drawn, company):
    """How many were called back within an hour, within a day, later, got through, and not."""
    found = sums(drawn("callbacks"), "name")
    calls = expected.calls_of(company.marts, *DAYS)
    wanted = expected.missed_tiles(calls)
    known = sum(found.values()) - wanted["cannot_be_called_back"]
    assert found["Not so far",] == wanted["to_call_back"]
    assert found["Got through later",] == wanted["got_through_later"]
    assert found["Number hidden",] == wanted["cannot_be_called_back"]
    assert found["Within an hour",] / known == pytest.approx(wanted["called_back_within_hour"])
    day = found["Within an hour",] + found["Within a day",]
    assert day / known == pytest.approx(wanted["called_back_within_day"])


def test_hours_of_the_week_are_drawn(drawn, company):
    """Each hour of the week."""
    wanted: dict[object, int] = {}
    for one in expected.calls_of(company.marts, *DAYS):
        local = one["local_started_at"]
        key = f"{local:%a}", f"{local.hour}:00"
        wanted[key] = wanted.get(key, 0) + 1
    found = {(one["weekday"], one["hour"]): one["level"] for one in drawn("hours")}
    assert set(wanted) <= set(found)
    for key, level in found.items():
        first, _, last = level.partition("\N{EN DASH}")
        calls = wanted.get(key, 0)
        assert (level == "none") if not calls else int(first) <= calls <= int(last or first)


@pytest.mark.parametrize(("kind", "begins"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_other_formats_are_what_they_are(build, company, tmp_path, kind, begins):
    """A PNG and a PDF are written as what they are."""
    file = tmp_path / f"calls.{kind}"
    options = ("--format", kind, "--chart", "calls", "--output", file)
    assert build("--source", company.file, *PERIOD, *options).exit_code == 0
    assert file.read_bytes().startswith(begins)
    SHOTS.mkdir(exist_ok=True)
    (SHOTS / f"chart-calls.{kind}").write_bytes(file.read_bytes())


@pytest.mark.parametrize("name", ["calls", "callbacks", "queues", "people", "hours"])
@pytest.mark.parametrize("kind", ["svg", "png"])
def test_nothing_is_drawn_without_calls(build, company, tmp_path, name, kind):
    """A period without calls is said in one line, and no file is written."""
    file = tmp_path / f"{name}.{kind}"
    options = ("--format", kind, "--chart", name, "--output", file)
    days = ("--from", "2020-01-01", "--to", "2020-01-31")
    done = build("--source", company.file, *days, *options)
    assert done.exit_code == 1
    said = f"ringcentral-report: --chart {name} has nothing to draw: there is no such call from"
    assert done.output == f"{said} 2020-01-01 to 2020-01-31\n"
    assert not file.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "svg"), "--format svg needs the --chart to draw: calls, callbacks,"),
        (("--chart", "calls"), "--format html is the whole report: leave --chart out"),
        (("--format", "svg", "--chart", "calls", "--output", "x.html"), "does not end with .svg"),
    ],
)
def test_options_that_do_not_go_together(build, company, options, said):
    """One line says what to give instead."""
    done = build("--source", company.file, *options)
    assert done.exit_code == 1
    assert done.output.startswith("ringcentral-report: ")
    assert done.output.count("\n") == 1
    assert said in done.output
