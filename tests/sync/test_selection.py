"""Stream maps and selection: what is not selected needs no map, and a map needs a stream."""

from __future__ import annotations

import pytest
import yaml
from fixtures import ROOT, free_account
from harness import selecting

from tap_ringcentral_calllog.errors import SettingsError

PAGE = ROOT / "docs" / "recipes.md"
# Selected by default, as meltano.yml has it.
DEFAULT = (
    "call_log",
    "call_legs",
    "call_log_deletions",
    "call_log_coverage",
    "call_recordings",
    "retention",
)


@pytest.fixture(scope="module")
def account():
    """An account of a few calls."""
    with free_account(seed=3, calls=40, days=3) as sandbox:
        yield sandbox


def recipe() -> dict:
    """Return the stream maps of the recipe for archives without numbers and names."""
    section = PAGE.read_text().partition("### Without numbers and names\n")[2]
    found = yaml.safe_load(section.partition("```yaml\n")[2].partition("```")[0])
    return found["plugins"]["extractors"][0]["config"]["stream_maps"]


SELECTIONS = [
    *((one,) for one in DEFAULT if one != "retention"),
    *(tuple(one for one in DEFAULT if one != left_out) for left_out in DEFAULT),
]


@pytest.mark.parametrize("selected", SELECTIONS, ids=",".join)
def test_the_recipe_works_with_any_selection(sync, account, selected):
    """Whichever of its streams are selected, what it removes is not written."""
    settings = {"stream_maps": recipe(), "stream_map_config": {"pepper": "x"}}
    output = sync(account, None, selecting(*selected), **settings)
    written = {m["stream"] for m in output.messages if m["type"] == "RECORD"}
    assert written == set(selected) - {"call_log_deletions"}
    fields = {name for stream in written for row in output.records(stream) for name in row}
    assert not fields & {"from", "to", "delegate", "legs", "extra"}


def test_a_map_of_a_deselected_field_does_no_harm(sync, account):
    """It has nothing left to do."""
    catalog = selecting("call_log")
    (stream,) = [one for one in catalog["streams"] if one["tap_stream_id"] == "call_log"]
    for entry in stream["metadata"]:
        if entry["breadcrumb"] == ["properties", "from"]:
            entry["metadata"]["selected"] = False
    output = sync(account, None, catalog, stream_maps={"call_log": {"from": None}})
    assert output.records()
    assert not [row for row in output.records() if "from" in row]


def test_a_map_of_no_stream_is_refused_before_anything_is_read(sync, account):
    """Selected or not, it must exist."""
    account.forget_requests()
    with pytest.raises(SettingsError, match="stream_maps names call_logs, but there is no such"):
        sync(account, stream_maps={"call_logs": {"from": None}})
    with pytest.raises(SettingsError, match=r"stream_maps\.call_log\.form removes a field"):
        sync(account, stream_maps={"call_log": {"form": None}})
    with pytest.raises(SettingsError, match=r"call_log\.x needs stream_map_config\.pepper"):
        sync(account, stream_maps={"call_log": {"x": "md5(config['pepper'])"}})
    assert not account.requests
