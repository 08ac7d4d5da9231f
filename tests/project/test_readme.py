"""What the README and the pages say of settings, streams and errors is what the code does."""

from __future__ import annotations

import ast
import re

import pytest
from fixtures import ROOT

from docs import __main__ as generated
from docs.__main__ import PAGES
from tap_ringcentral_calllog.tap import TapRingCentral


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_what_the_code_says(name):
    """After a change of settings or schemas `make pages` writes them anew."""
    assert (ROOT / "docs" / name).read_text() == PAGES[name]()


def test_stale_pages_are_told_and_written(tmp_path, monkeypatch, capsys):
    """`--check` fails where one differs; without it, it is written."""
    monkeypatch.setattr(generated, "FOLDER", tmp_path)
    for arguments, code in ((["--check"], 1), ([], 0), (["--check"], 0)):
        monkeypatch.setattr("sys.argv", ["docs", *arguments])
        assert generated.main() == code
    assert "docs/streams.md is out of date: run `make pages`" in capsys.readouterr().out
    assert {one.name for one in tmp_path.iterdir()} == set(PAGES)


def test_every_link_to_a_page_leads_somewhere():
    """From the README and all pages, to files and to their headings."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    links = [
        (page, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text())
    ]
    assert len(links) > 50
    for page, link in links:
        path, _, anchor = link.partition("#")
        goal = (page.parent / path) if path else page
        assert goal.exists(), f"{page.name}: {link}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", goal.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
            assert anchor in slugs, f"{page.name}: {link}"


def test_the_readme_names_each_stream():
    """Its table of streams has all that the tap offers, and no others."""
    text = (ROOT / "README.md").read_text()
    table = text.partition("## Streams")[2].partition("|---|---|\n")[2].partition("\n\n")[0]
    named = re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()))
    tap = TapRingCentral(config={}, validate_config=False)
    assert sorted(named) == sorted(tap.streams)


@pytest.mark.parametrize("name", sorted(TapRingCentral(config={}, validate_config=False).streams))
def test_the_page_of_streams_says_what_each_needs(name):
    """Its row of the table has no cell that is empty by accident."""
    (row,) = re.findall(rf"^\| \[`{name}`\].*$", PAGES["streams.md"](), re.MULTILINE)
    _, one_row, key, bookmark, route, permissions, _, kept = map(str.strip, row.split("|")[1:-1])
    assert all((one_row, key, bookmark, route, permissions, kept))


def test_every_line_of_the_log_is_explained():
    """Whatever the code logs above DEBUG has a row in the table of operating.md."""
    page = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    quotes = [quote for row in rows for quote in re.findall(r"`(.*?)`", row)]
    pieces = {piece.strip(" :,.") for quote in quotes for piece in quote.split("…")}
    logged = []
    for path in (ROOT / "tap_ringcentral_calllog").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="info" | "warning" | "error" | "_warn_once"),
                    args=[ast.Constant(value=str() as line), *_],
                ) if re.search(r"[a-z]{3}", line):
                    logged.append(line)
    assert len(logged) > 25
    unexplained = [
        line for line in logged if not any(len(one) > 3 and one in line for one in pieces)
    ]
    assert not unexplained


def test_every_error_that_is_explained_exists():
    """The texts in the table of troubles are found in the code."""
    text = (ROOT / "docs" / "operating.md").read_text()
    text = text.partition("## What each line says")[2].partition("\n## ")[0]
    assert text.count("\n| `") > 20
    code = "".join(path.read_text() for path in (ROOT / "tap_ringcentral_calllog").rglob("*.py"))
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE):
        for quote in re.findall(r"`(.*?)`", row):
            for piece in quote.split("…"):
                assert piece.strip(" :,") in code, quote


def test_the_readme_begins_with_a_picture_that_loads_fast():
    """`make picture` writes it, of the demo's report."""
    text = (ROOT / "README.md").read_text()
    before, _, after = text.partition("](docs/report.png)")
    assert len(before.splitlines()) < 6
    assert after
    picture = (ROOT / "docs" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
