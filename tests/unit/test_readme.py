"""What the README and the sample configuration say of the settings is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from tap_ringcentral_calllog.grants import grant_from
from tap_ringcentral_calllog.settings import SCHEMA, Settings

ROOT = Path(__file__).parents[2]
SDK = re.compile(r"stream_map.*|flattening_.*|faker_config")


def settings() -> dict[str, dict]:
    return {name: spec for name, spec in SCHEMA["properties"].items() if not SDK.fullmatch(name)}


def table() -> list[str]:
    """Return the settings table as it must stand in the README."""
    rows = []
    for name, spec in settings().items():
        default = spec.get("default")
        shown = f"`{json.dumps(default) if isinstance(default, list) else default}`"
        rows.append(f"| `{name}` | {'' if default is None else shown} | {spec['description']} |")
    return rows


def test_the_readme_lists_the_settings_as_they_are():
    """Every setting, with its default and its description, and no other."""
    text = (ROOT / "README.md").read_text()
    part = re.search(r"<!-- settings.*?-->(.*?)<!-- /settings -->", text, re.DOTALL)[1]
    written = part.strip().splitlines()[2:]
    assert written == table(), "\n".join(table())


def test_the_sample_configuration_is_complete_and_valid():
    """Every setting stands in it that can stand beside the login it shows."""
    config = json.loads((ROOT / "sample_config.json").read_text())
    Settings.from_config(config)
    grant_from(config)
    other_logins = {"refresh_token", "token_store", "username", "extension", "password"}
    assert config.keys() >= settings().keys() - other_logins
    assert config.keys() <= settings().keys()


def test_meltano_knows_every_setting():
    """Label, description, kind, default and sensitivity are the code's."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    tap = next(p for p in project["plugins"]["extractors"] if p["name"] == "tap-ringcentral")
    listed = {setting["name"]: setting for setting in tap["settings"]}
    assert {name for name in listed if not SDK.fullmatch(name)} == settings().keys()
    for name, spec in settings().items():
        setting = listed[name]
        assert setting["label"] == spec["title"]
        assert setting["description"].strip() == spec["description"]
        assert setting.get("value") == spec.get("default")
        assert bool(setting.get("sensitive")) == bool(spec.get("secret"))
        assert setting["kind"]
    groups = {tuple(sorted(group)) for group in tap["settings_group_validation"]}
    assert ("client_id", "client_secret", "jwt") in groups
    assert "batch" not in tap["capabilities"]
    assert "activate-version" not in tap["capabilities"]


def test_every_error_that_the_readme_explains_exists():
    """The texts in the table of troubles are found in the code."""
    text = (ROOT / "README.md").read_text().partition("## When something goes wrong")[2]
    code = "".join(path.read_text() for path in (ROOT / "tap_ringcentral_calllog").rglob("*.py"))
    code = re.sub(r'"\s*\n\s*f?"', "", code)
    for row in re.findall(r"^\| (`.*?`) \|", text, re.MULTILINE):
        for quote in re.findall(r"`(.*?)`", row):
            for piece in quote.split("…"):
                assert piece.strip(" :,") in code, quote
