"""The report in a real browser: opened from disk, every figure compared with the truth."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest
import truth_of_report as expected
from axe_playwright_python.sync_playwright import Axe
from fixtures import ROOT
from installed_browser import CHROMIUM, IS_REQUIRED
from report_reader import Reader, same, same_missed, same_rows
from truthful_marts import ZONE, months, write_duckdb

pytestmark = pytest.mark.unmeasured

if CHROMIUM is None and not IS_REQUIRED:
    pytest.skip(
        "the report is not tested in a browser: no Chromium is installed", allow_module_level=True
    )

BEGIN, END = date(2026, 3, 3), date(2026, 3, 22)
PAGES = ("overview", "missed", "queues", "people", "when", "callers", "archive")
SHOTS = ROOT / ".report-shots"
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def report(company, build, tmp_path_factory):
    """The report of a period within the company's time."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    done = build(
        "--source",
        company.file,
        "--output",
        file,
        "--time-zone",
        ZONE,
        "--from",
        BEGIN,
        "--to",
        END,
    )
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture
def reader(browser, report):
    """Somebody who looks at it on a desktop."""
    one = Reader(browser, report, viewport={"width": 1280, "height": 900})
    yield one
    assert one.complaints == []
    assert one.requests == [report.as_uri()]
    one.page.context.close()


def test_the_overview_says_what_happened(reader, company):
    """The tiles of the period, and the outcomes of each day, are what happened."""
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, BEGIN, END)))
    days = reader.page.locator("#overview tbody th").all_text_contents()
    assert len(days) == len(
        {one["local_started_at"].date() for one in expected.calls_of(company.marts, BEGIN, END)}
    )


def test_direction_and_kind_filter_calls(reader, company):
    """Direction and kind."""
    directions = {"Inbound": "Inbound", "Outbound": "Outbound", "In and out": None}
    kinds = {"Voice": "Voice", "Fax": "Fax", "Voice and fax": None}
    for label, direction in directions.items():
        for name, kind in kinds.items():
            reader.choose(direction=label, type=name)
            calls = expected.calls_of(company.marts, BEGIN, END, kind=kind, direction=direction)
            same(reader.tiles(), expected.tiles(calls))


def test_each_queue_filters_calls(reader, company):
    """Each queue."""
    queues = {one["queue_name"]: one["queue_id"] for one in company.marts["queue_performance"]}
    assert len(queues) > 2
    for name, queue in queues.items():
        reader.choose(queue=name)
        same(
            reader.tiles(),
            expected.tiles(expected.calls_of(company.marts, BEGIN, END, queue=queue)),
        )


@pytest.mark.parametrize(
    ("field", "column"), [("person", "name"), ("site", "site"), ("department", "department")]
)
def test_people_sites_and_departments_filter_calls(reader, company, field, column):
    """Each person, site and department."""
    people = [one for one in company.marts["extensions"] if one.get("site")]
    for value in sorted({one[column] for one in people}):
        ids = {one["extension_id"] for one in people if one[column] == value}
        reader.choose(**{field: value})
        same(
            reader.tiles(), expected.tiles(expected.calls_of(company.marts, BEGIN, END, people=ids))
        )


def test_days_within_the_period_filter_calls(reader, company):
    """Days within the period."""
    begin, end = BEGIN + timedelta(4), END - timedelta(3)
    reader.page.fill("[name=from]", begin.isoformat())
    reader.page.fill("[name=to]", end.isoformat())
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, begin, end)))
    reader.choose(period="Sun, Mar 22, 2026")
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, END, END)))
    reader.choose(period="Week of Mar 9")
    week = date(2026, 3, 9), date(2026, 3, 15)
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, *week)))
    reader.page.click("button[type=reset]")
    reader.page.wait_for_function("document.querySelector('[name=period]').selectedIndex === 0")
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, BEGIN, END)))


def test_missed_calls_come_in_the_order_of_need(reader, company):
    """Those to call back come first, and the figures are what happened."""
    reader.turn_to("missed")
    same(
        reader.tiles("missed"), expected.missed_tiles(expected.calls_of(company.marts, BEGIN, END))
    )
    reader.page.locator("#missed .table").get_by_text("Show all").click()
    states = reader.page.locator("#missed td.state").all_text_contents()
    order = ["no", "got through", "number hidden", "yes"]
    assert states == sorted(states, key=order.index)
    assert set(states) == set(order)


def test_each_missed_call_is_shown(reader, company):
    """Who called when, whether anybody called back after how long, and who got through later."""
    reader.turn_to("missed")
    wanted = expected.missed_rows(expected.calls_of(company.marts, BEGIN, END))
    assert {one["state"] for one in wanted} == {"no", "got through", "number hidden", "yes"}
    same_missed(reader.listed(), wanted)


def test_each_queue_has_its_row(reader, company):
    """Each queue's row, and the sums."""
    reader.turn_to("queues")
    wanted = expected.queue_rows(company.marts, BEGIN, END)
    same_rows(reader.rows("queues"), wanted)
    found = reader.tiles("queues")
    assert found["offered"] == sum(one["offered"] for one in wanted.values())
    assert found["lost"] == sum(one["lost"] for one in wanted.values())


def test_each_person_has_a_row(reader, company):
    """Each person's row."""
    reader.turn_to("people")
    same_rows(reader.rows("people"), expected.people_rows(company.marts, BEGIN, END))


def test_each_number_has_a_row(reader, company):
    """Each number's row."""
    reader.turn_to("callers")
    same_rows(reader.rows("callers"), expected.caller_rows(company.marts, BEGIN, END))


def test_hours_of_day_and_week_are_counted(reader, company):
    """The hours of the day and of the week, and the calls under way at once."""
    reader.turn_to("when")
    calls = expected.calls_of(company.marts, BEGIN, END)
    same_rows(reader.rows("when", 0), expected.hour_rows(calls))
    same_rows(reader.rows("when", 1), expected.week_rows(calls))
    quarters = [
        one for one in company.marts["concurrency"] if BEGIN <= one["local_quarter"].date() <= END
    ]
    same_rows(reader.rows("when", 2), expected.quarter_rows(quarters))
    same(reader.tiles("when"), {
        "busiest_hour_calls": max(one["calls"] for one in expected.week_rows(calls).values()),
        "peak_calls": max(one["peak_calls"] for one in quarters),
        "busiest_erlangs": max(one["call_seconds"] for one in quarters) / 900,
    })  # fmt: skip


@pytest.fixture(scope="module")
def sums(company, build, tmp_path_factory):
    """The same report where the file has room for the calls of some days only."""
    file = tmp_path_factory.mktemp("sums") / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ringcentral_report.calls.MOST_ROWS", 150)
        patch.setattr("ringcentral_report.performance.MOST_QUEUE_HOURS", 50)
        done = build(
            "--source", company.file, "--output", file, "--time-zone", ZONE, "--from", BEGIN,
            "--to", END,
        )  # fmt: skip
    assert done.exit_code == 0, done.output
    return file


@pytest.fixture
def sums_reader(browser, sums):
    """Somebody who looks at that one."""
    one = Reader(browser, sums, viewport={"width": 1280, "height": 900})
    yield one
    assert one.complaints == []
    one.page.context.close()


def without_median(calls):
    """Return the overview's figures; single waits are not known there."""
    return {**expected.tiles(calls), "median_wait_seconds": None}


def test_sums_of_calls_are_exact(sums_reader, company):
    """Where single calls do not fit into the file, figures are exact; the median is not told."""
    reader, marts = sums_reader, company.marts
    same(reader.tiles(), expected.tiles(expected.calls_of(marts, BEGIN, END)))
    assert reader.page.locator("#overview tbody tr").count() == len(
        {one["local_started_at"].date() for one in expected.calls_of(marts, BEGIN, END)}
    )
    reader.page.fill("[name=to]", (END - timedelta(6)).isoformat())
    choices = [({"type": "Voice and fax"}, {"kind": None}), ({"direction": "Inbound"},) * 2]
    for site in {one["site"] for one in marts["extensions"] if one.get("site")}:
        ids = {one["extension_id"] for one in marts["extensions"] if one.get("site") == site}
        choices.append(({"site": site}, {"people": ids}))
    for team in {one["department"] for one in marts["extensions"] if one.get("department")}:
        ids = {one["extension_id"] for one in marts["extensions"] if one.get("department") == team}
        choices.append(({"department": team}, {"people": ids}))
    queues = {one["queue_name"]: one["queue_id"] for one in marts["queue_performance"]}
    choices += [({"queue": name}, {"queue": queue}) for name, queue in queues.items()]
    for filters, chosen in choices:
        reader.choose(**filters)
        calls = expected.calls_of(marts, BEGIN, END - timedelta(6), **chosen)
        reader.turn_to("overview")
        same(reader.tiles(), without_median(calls))
        reader.turn_to("missed")
        same(reader.tiles("missed"), expected.missed_tiles(calls))
        for name in filters:
            reader.page.select_option(f"[name={name}]", index=0)
    assert len(choices) > 10


def test_sums_of_hours_queues_and_people(sums_reader, company):
    """They are those of all days, whichever calls are in the file."""
    reader = sums_reader
    calls = expected.calls_of(company.marts, BEGIN, END)
    reader.turn_to("when")
    same_rows(reader.rows("when", 0), expected.hour_rows(calls))
    same_rows(reader.rows("when", 1), expected.week_rows(calls))
    reader.turn_to("queues")
    same_rows(reader.rows("queues"), expected.queue_rows(company.marts, BEGIN, END))
    reader.turn_to("people")
    same_rows(reader.rows("people"), expected.people_rows(company.marts, BEGIN, END))


def test_what_sums_do_not_tell(sums_reader, company):
    """Filters that no sum knows are refused, and a click leads to the days that know them."""
    reader, page = sums_reader, sums_reader.page
    (someone,) = [
        one for one in company.marts["extensions"] if one.get("extension_number") == "101"
    ]
    reader.choose(person=someone["name"])
    for name in ("overview", "missed", "when"):
        reader.turn_to(name)
        assert page.locator(f"#{name} .tile").count() == 0
        assert "single calls" in page.locator(f"#{name} .notice").inner_text()
    reader.turn_to("overview")
    page.locator("#overview").get_by_role("button").click()
    begin = date.fromisoformat(page.input_value("[name=from]"))
    assert BEGIN < begin < END
    ids = {someone["extension_id"]}
    same(reader.tiles(), expected.tiles(expected.calls_of(company.marts, begin, END, people=ids)))
    page.click("button[type=reset]")
    reader.turn_to("callers")
    page.wait_for_selector("#callers .notice")
    same_rows(reader.rows("callers"), expected.caller_rows(company.marts, begin, END))


@pytest.mark.prove
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(browser, report, scheme):
    """Axe finds nothing on any page, in light and in dark: names, contrast, roles."""
    reader = Reader(browser, report, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    for name in PAGES:
        reader.turn_to(name)
        found = Axe().run(reader.page).response["violations"]
        assert not found, [(one["id"], one["nodes"][0]["html"][:300]) for one in found]
    assert reader.complaints == []


# How much of the window moved by itself, and how far.
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))));
})"""


@pytest.mark.prove
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_jumps_when_it_is_drawn(browser, report, width):
    """What is drawn late takes the room that was kept for it."""
    reader = Reader(browser, report, viewport={"width": width, "height": 900})
    for name in PAGES:
        reader.page.goto(f"{report.as_uri()}#{name}")
        reader.page.reload()
        reader.page.wait_for_selector("html[data-ready]")
        if name != "archive":
            reader.page.wait_for_selector(f"#{name} .chart svg")
        status = reader.page.locator("#status").inner_text()
        assert reader.page.evaluate(SHIFTS) < 0.01, name
    # What stands there without scripts is as long: to a reader of English, it is the same.
    assert f'<p id="status">{status}</p>' in report.read_text()


def test_an_old_browser(browser, report):
    """One that cannot unpack the numbers shows those that are plain HTML, and says why."""
    page = browser.new_context().new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(report.as_uri())
    assert "This browser is too old" in page.get_by_role("alert").inner_text()
    assert int(page.locator("[data-metric=calls]").get_attribute("data-value")) > 0


def test_all_can_be_chosen_by_keys(browser, report):
    """A page, a filter and the order of a table are chosen by keys; on a phone, filters open."""
    reader = Reader(browser, report, viewport={"width": 390, "height": 800})
    page = reader.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("nav a[href='#queues']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#queues table")
    assert not page.locator("[name=queue]").is_visible()
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.id") != "filters-toggle":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator("#filters-toggle").get_attribute("aria-expanded") == "true"
    page.locator("[name=queue]").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.querySelectorAll('#queues tbody tr').length === 1")
    assert page.locator("#filters-toggle").inner_text() == "Filters (1 set)"
    page.locator("#queues thead button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#queues thead th").first.get_attribute("aria-sort") == "ascending"
    assert reader.complaints == []


@pytest.mark.prove
@pytest.mark.parametrize("screen", ["desktop", "phone", "dark", "print"])
def test_each_page_fits_its_width(browser, report, screen):
    """Each page is drawn, fits the width, and is kept to look at."""
    width = 390 if screen == "phone" else 1280
    reader = Reader(
        browser, report, viewport={"width": width, "height": 900},
        color_scheme="dark" if screen == "dark" else "light",
    )  # fmt: skip
    SHOTS.mkdir(exist_ok=True)
    for name in PAGES:
        reader.turn_to(name)
        if screen == "print":
            reader.page.emulate_media(media="print")
        drawn = reader.page.locator(f"#{name} .chart svg")
        assert drawn.count() or name == "archive"
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
        reader.page.screenshot(path=SHOTS / f"{name}-{screen}.png", full_page=True)
        reader.page.emulate_media(media="screen")
    assert reader.complaints == []


def test_change_is_shown_where_the_period_before_was_read(browser, build, company, tmp_path):
    """Not where the archive has a hole in the period before."""
    first = company.marts["calls"][0]
    holed = months(first["account_id"], company.marts["calls"])
    holed[0] |= {
        "is_whole": False,
        "hole_from": holed[0]["covered_from"] + timedelta(25),
        "hole_to": holed[0]["covered_to"],
    }
    for health, shown in ((company.marts["archive_health"], 9), (holed, 0), ([], 0)):
        file = tmp_path / f"{shown}-{len(health)}.duckdb"
        write_duckdb(file, {**company.marts, "archive_health": health})
        output = file.with_suffix(".html")
        done = build("--source", file, "--output", output, "--from", "2026-03-08", "--to", END)
        assert done.exit_code == 0, done.output
        reader = Reader(browser, output)
        assert reader.page.locator("#overview .change:not(:empty)").count() == shown
        said = "No changes are shown" in reader.page.locator("#overview aside").inner_text()
        assert said == (not shown)


def test_the_archives_page_shows_a_hole(browser, build, company, tmp_path):
    """Recordings by state, those that RingCentral deletes first, and where the log has a hole."""
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    call = company.marts["calls"][0]
    states = [("waiting", 1), ("not_archived", 5), ("waiting", 20), ("archived", 2), ("gone", -3)]
    recordings = [
        {
            "account_id": call["account_id"], "recording_id": f"r{number}", "type": "Automatic",
            "conversation_id": call["conversation_id"], "started_at": call["started_at"],
            "expires_at": now + timedelta(days), "status": state,
        }
        for number, (state, days) in enumerate(states)
    ]  # fmt: skip
    health = months(call["account_id"], company.marts["calls"])
    begin = health[0]["covered_from"] + timedelta(9)
    before = {"is_whole": False, "covered_from": begin, "hole_to": begin}
    whole = {"is_whole": True, "hole_from": None, "hole_to": None}
    for first, last, holes, said in (
        ({**before, "hole_from": health[0]["covered_from"]}, whole, 0, "no hole from Tue, Feb 10"),
        (
            {**before, "hole_from": begin, "hole_to": begin + timedelta(1)},
            whole,
            1,
            "hole in February",
        ),
    ):
        archive = [health[0] | first, *health[1:-1], health[-1] | last]
        file = tmp_path / f"{holes}.duckdb"
        write_duckdb(file, {**company.marts, "recordings": recordings, "archive_health": archive})
        assert build("--source", file, "--output", file.with_suffix(".html")).exit_code == 0
        reader = Reader(browser, file.with_suffix(".html"))
        reader.turn_to("archive")
        lead = reader.page.locator("#archive .lead").inner_text()
        assert lead.startswith("2 recordings will be deleted by RingCentral within 7 days")
        assert said in lead
        same(reader.tiles("archive"), {
            "recordings_archived": 1, "recordings_waiting": 2, "recordings_not_archived": 1,
            "recordings_gone": 1, "recordings_expiring": 2, "months_whole": len(archive) - 1,
            "months_not_whole": holes,
        })  # fmt: skip
        first_column = reader.page.locator("#archive .table").first.locator("tbody th")
        assert first_column.all_text_contents() == ["r0", "r1", "r2"]


def test_months_of_the_archive(browser, build, company, tmp_path):
    """The month that is not over is no hole unless one lies within it; months stand by time."""
    now = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0)
    this = now.replace(day=1, hour=0, minute=0, second=0)
    after, settled = (this + timedelta(32)).replace(day=1), this + (now - this) / 2
    starts = [this]
    while len(starts) < 4:
        starts.insert(0, (starts[0] - timedelta(1)).replace(day=1))
    whole = [
        {
            "account_id": company.marts["calls"][0]["account_id"], "month": month.date(),
            "is_whole": True, "covered_from": month, "covered_to": end, "calls_read": 9,
            "calls_there": 9,
        }
        for month, end in zip(starts, [*starts[1:], after], strict=True)
    ]  # fmt: skip
    begins = {"is_whole": False, "covered_from": starts[0] + timedelta(3),
              "hole_from": starts[0], "hole_to": starts[0] + timedelta(3)}  # fmt: skip
    tail = {"is_whole": False, "covered_to": settled, "hole_from": settled, "hole_to": after}
    hole = {**tail, "hole_from": this + (settled - this) / 2}
    short = {**tail, "calls_there": 8}
    for last, state in ((tail, "not over yet"), (hole, "not complete"), (short, "not complete")):
        months_ = [whole[0] | begins, *whole[1:3], whole[3] | last]
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.duckdb"
        write_duckdb(file, {**company.marts, "archive_health": months_})
        assert build("--source", file, "--output", file.with_suffix(".html")).exit_code == 0
        reader = Reader(browser, file.with_suffix(".html"))
        reader.turn_to("archive")
        table = reader.page.locator("#archive .table").last.locator("tbody")
        assert table.locator("th").all_text_contents() == [f"{one:%B %Y}" for one in starts[::-1]]
        states = table.locator("td.state").all_text_contents()
        assert states == [state, "complete", "complete", "archive begins"]
        lead = reader.page.locator("#archive .lead").inner_text()
        assert ("has no hole" in lead) == (last is tail)
        assert (f"a hole in {this:%B %Y}" in lead) == (last is not tail)


def test_months_of_two_accounts(browser, build, company, tmp_path):
    """Each has its own row; the one that begins last and the one read least far count."""
    begin = datetime(2026, 1, 1)  # noqa: DTZ001 - as the marts have it
    rows = [
        {
            "account_id": account, "month": date(2026, month, 1), "is_whole": False,
            "covered_from": begin.replace(month=month, day=day),
            "covered_to": begin.replace(month=month + 1),
            "hole_from": begin.replace(month=month), "hole_to": begin.replace(month=month, day=day),
            "calls_read": 1, "calls_there": 1,
        }
        for account, month, day in (("a", 1, 9), ("b", 2, 5))
    ]  # fmt: skip
    whole = {"is_whole": True, "covered_from": begin.replace(month=2), "hole_from": None}
    rows.append(rows[0] | whole | {"month": date(2026, 2, 1), "covered_to": rows[1]["covered_to"]})
    rows[1]["covered_to"] -= timedelta(3)
    file = tmp_path / "two.duckdb"
    write_duckdb(file, {**company.marts, "archive_health": rows})
    assert build("--source", file, "--output", file.with_suffix(".html")).exit_code == 0
    reader = Reader(browser, file.with_suffix(".html"))
    reader.turn_to("archive")
    table = reader.page.locator("#archive .table").last.locator("tbody")
    found = zip(
        table.locator("th").all_text_contents(),
        table.locator("td.state").all_text_contents(),
        strict=True,
    )
    assert set(found) == {
        ("January 2026, account a", "archive begins"),
        ("February 2026, account a", "complete"),
        ("February 2026, account b", "archive begins"),
    }
    lead = reader.page.locator("#archive .lead").inner_text()
    assert lead.endswith("no hole from Thu, Feb 5, 2026 to Feb 26, 12:00 AM (UTC).")


def test_paper_says_what_it_leaves_out(reader):
    """Filters that are set, and how many rows of a long table are shown."""
    reader.turn_to("callers")
    reader.choose(queue="Sales queue", type="Voice and fax")
    assert "Filtered: Sales queue, Voice and fax." in reader.page.inner_text("#status")
    reader.choose(queue="All queues")
    assert not reader.page.locator("#callers .rest").is_visible()
    reader.page.emulate_media(media="print")
    rows = len(reader.page.locator("#callers tbody tr").all())
    assert f"The first {rows} of " in reader.page.inner_text("#callers .rest")


def test_every_figure_is_explained(reader):
    """The button leads to a text for each tile, and for columns that are not tiles."""
    for name in PAGES:
        reader.turn_to(name)
        page = reader.page.locator(f"#{name}")
        page.get_by_role("button", name="What these figures mean").click()
        told = page.locator(".definitions dt").all_text_contents()
        tiles = page.locator(".tile dt").all_text_contents()
        assert told[: len(tiles)] == tiles
        assert all(page.locator(".definitions dd").all_text_contents())
    assert {"Threshold", "Abandoned early"} < set(
        reader.page.locator("#queues .definitions dt").all_text_contents()
    )


def test_one_call_and_none(browser, build, company, tmp_path):
    """Each page of a report of one call, and of none, says what there is."""
    (call,) = [one for one in company.marts["calls"] if one["outcome"] == "answered"][:1]
    for calls, said in (([call], "1 call, 100% answered"), ([], "There are no calls")):
        file = tmp_path / f"{len(calls)}.duckdb"
        write_duckdb(file, {"calls": calls, "extensions": company.marts["extensions"]})
        output = file.with_suffix(".html")
        assert build("--source", file, "--output", output).exit_code == 0
        reader = Reader(browser, output, viewport={"width": 1280, "height": 900})
        assert said in reader.page.locator("#overview .lead").inner_text()
        assert reader.tiles()["calls"] == len(calls)
        for name in PAGES:
            reader.turn_to(name)
            assert reader.page.locator(f"#{name} .lead").inner_text()
            assert "NaN" not in reader.page.locator(f"#{name}").inner_text()
            assert "Infinity" not in reader.page.locator(f"#{name}").inner_text()
            # Neither is known: nobody counted calls under way, or recordings.
            assert "At most 0" not in reader.page.locator(f"#{name}").inner_text()
        if not calls:
            missed = reader.page.locator("#missed .lead").text_content()
            assert missed == "There are no inbound calls in this period."
        assert reader.complaints == []


def test_hostile_names_are_text(browser, build, company, tmp_path):
    """What a caller is called is text, on the page and in the file, and no formula in a CSV."""
    file = tmp_path / "hostile.duckdb"
    file.write_bytes(company.file.read_bytes())
    with duckdb.connect(str(file)) as connection:
        connection.execute("UPDATE ringcentral.calls SET caller_name = ?", [HOSTILE])
        connection.execute(
            "UPDATE ringcentral.extensions SET name = '=1+1' || ? || extension_id", [HOSTILE]
        )
    output = tmp_path / "hostile.html"
    assert build("--source", file, "--output", output).exit_code == 0
    text = output.read_text()
    assert HOSTILE not in text
    assert "onerror" not in text
    reader = Reader(browser, output)
    for name in PAGES:
        reader.turn_to(name)
        assert reader.page.locator("img").count() == 0
    reader.turn_to("missed")
    assert HOSTILE in reader.page.locator("#missed tbody").inner_text()
    with reader.page.expect_download() as download:
        reader.page.locator("#missed").get_by_text("Save as CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 10
    assert all(line.startswith(("'+", "hidden", "Caller", "*", "'*")) for line in lines)
    assert "'=1+1</script>" in "".join(lines)
    assert reader.complaints == []
