"""What the README says of settings and errors is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tap_ringcentral_calllog.settings_schema import SCHEMA
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS

ROOT = Path(__file__).parents[2]
SDK = re.compile(r"stream_map.*|flattening_.*|faker_config")


def settings() -> dict[str, dict]:
    return {name: spec for name, spec in SCHEMA["properties"].items() if not SDK.fullmatch(name)}


def table() -> list[str]:
    """Return the settings table as it must stand in the README."""
    rows = []
    for name, spec in settings().items():
        default = spec.get("default")
        shown = f"`{default if isinstance(default, str) else json.dumps(default)}`"
        rows.append(f"| `{name}` | {'' if default is None else shown} | {spec['description']} |")
    return rows


def test_the_readme_lists_the_settings_as_they_are():
    """Every setting, with its default and its description, and no other."""
    text = (ROOT / "README.md").read_text()
    part = re.search(r"<!-- settings.*?-->(.*?)<!-- /settings -->", text, re.DOTALL)[1]
    written = part.strip().splitlines()[2:]
    assert written == table(), "\n".join(table())


def test_the_readme_lists_the_streams_as_they_are():
    """Each stream of the table, with its key, route, permissions and rate-limit group."""
    text = (ROOT / "README.md").read_text()
    table = text.partition("## Streams")[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    written = [(row[0], *row[2:7]) for row in rows[-len(SNAPSHOTS) :]]
    assert written == [
        (
            f"`{kind.name}`",
            ", ".join(f"`{key}`" for key in kind.keys),
            "none",
            f"`{kind.path}`",
            ", ".join(f"`{one}`" for one in (kind.app_permission, kind.user_permission) if one),
            kind.group,
        )
        for kind in SNAPSHOTS
    ]


def test_every_error_that_the_readme_explains_exists():
    """The texts in the table of troubles are found in the code."""
    text = (ROOT / "README.md").read_text()
    text = text.partition("## When something goes wrong")[2].partition("\n## ")[0]
    code = "".join(path.read_text() for path in (ROOT / "tap_ringcentral_calllog").rglob("*.py"))
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE):
        for quote in re.findall(r"`(.*?)`", row):
            for piece in quote.split("…"):
                assert piece.strip(" :,") in code, quote
