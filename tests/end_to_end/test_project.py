"""What users start from: meltano.yml and sample_config.json say what the code says."""

from __future__ import annotations

import json
import shutil
from difflib import ndiff
from importlib.resources import files

import pytest
import yaml
from fixtures import ROOT
from jsonschema import Draft202012Validator
from meltano_project import Project, clean_environment

from tap_ringcentral_calllog.auth.grants import grant_from
from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.config.settings import Settings
from tap_ringcentral_calllog.tap import TapRingCentral

# The SDK adds settings of its own as soon as a tap is made.
OURS = {
    name: spec
    for name, spec in SCHEMA["properties"].items()
    if not name.startswith(("stream_map", "flattening_", "faker_"))
}


@pytest.fixture(scope="module")
def definition():
    """The content of meltano.yml."""
    return yaml.safe_load((ROOT / "meltano.yml").read_text())


@pytest.fixture(scope="module")
def extractor(definition):
    """The definition of tap-ringcentral."""
    return next(p for p in definition["plugins"]["extractors"] if p["name"] == "tap-ringcentral")


def test_meltano_accepts_it(definition):
    """meltano.yml is what Meltano's own schema asks for."""
    schema = json.loads(files("meltano").joinpath("schemas/meltano.schema.json").read_text())
    assert not list(Draft202012Validator(schema).iter_errors(definition))


def test_every_setting_is_there(extractor):
    """Every setting is there, with the code's description and default; secrets are sensitive."""
    settings = {one["name"]: one for one in extractor["settings"]}
    assert list(settings)[: len(OURS)] == list(OURS)
    for name, spec in OURS.items():
        setting = settings[name]
        assert setting["label"] == spec["title"]
        assert setting["description"] == spec["description"]
        assert setting.get("value") == spec.get("default")
        assert setting.get("sensitive", False) == spec.get("secret", False)
        choices = [choice for choice in spec.get("enum", []) if choice is not None]
        assert [option["value"] for option in setting.get("options", [])] == choices


def test_the_capabilities_are_the_taps(extractor):
    """The capabilities are the tap's own."""
    assert sorted(extractor["capabilities"]) == sorted(c.value for c in TapRingCentral.capabilities)


def test_no_recipe_deletes_from_the_archive(definition):
    """No recipe deletes from the archive."""
    loaders = definition["plugins"]["loaders"]
    assert {loader["name"] for loader in loaders} >= {"target-postgres", "target-snowflake"}
    for loader in loaders:
        assert "hard_delete" not in {s["name"] for s in loader["settings"]} | {*loader["config"]}
        assert loader["config"].get("load_method", "upsert") == "upsert"


def test_sample_config_is_complete_and_valid():
    """sample_config.json names every setting, and the tap takes it."""
    sample = json.loads((ROOT / "sample_config.json").read_text())
    assert list(sample) == list(OURS)
    grant_from(Settings.from_config(sample).login)


@pytest.mark.prove
def test_numbers_may_stand_in_the_environment(project, ringcentral):
    """Whole ones and others: Meltano passes them on, and the tap takes them."""
    given = {
        "LOOKBACK_HOURS": "30.5",
        "RATE_LIMIT_SHARE": "0.9",
        "REQUEST_TIMEOUT": "30.5",
        "PAGE_SIZE": "77",
        "RECORDINGS_PER_RUN": "5",
    }
    settings = {f"TAP_RINGCENTRAL_{name}": value for name, value in given.items()}
    project.meltano("invoke", "tap-ringcentral", "--test", **settings)
    assert ringcentral.requests_to("/call-log")[-1].query["perPage"] == ["77"]


@pytest.fixture
def copied(tmp_path):
    """A folder with meltano.yml alone."""
    shutil.copy(ROOT / "meltano.yml", tmp_path)
    return Project(tmp_path, clean_environment())


def test_a_selection_is_one_line_more(copied):
    """Comments stay where they are, and nothing else is written anew."""
    before = (copied.root / "meltano.yml").read_text().splitlines()
    copied.meltano("select", "tap-ringcentral", "extensions", "*")
    after = (copied.root / "meltano.yml").read_text().splitlines()
    changed = [line for line in ndiff(before, after) if not line.startswith("  ")]
    assert changed == ["+     - extensions.*"]
    assert after[after.index("    - extensions.*") - 1] == "    - '!call_log.legs'"


def test_meltano_leaves_the_file_alone(copied):
    """There is no project id in it, and none gets in, which would write it anew."""
    before = (copied.root / "meltano.yml").read_text()
    assert "project_id" not in yaml.safe_load(before)
    for _ in range(2):
        copied.meltano("schedule", "list")
    # From there, it would be taken.
    assert (copied.root / ".meltano" / "analytics.json").exists()
    assert (copied.root / "meltano.yml").read_text() == before
