"""One account in a project of one's own, and without Meltano, as operating.md says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from expected import CALL_KEY, by_key, calls, differences
from fixtures import ROOT
from many import DOCUMENT
from meltano_project import Project
from waiting import PATIENCE

pytestmark = pytest.mark.prove

BIN = Path(sys.executable).parent
BLOCKS = re.findall(
    r"<!-- run by tests/end_to_end/test_one_account.py -->\n```sh\n(.*?)```",
    DOCUMENT.read_text(),
    re.DOTALL,
)


def block(word):
    """Return the page's only block for this test that contains a word."""
    (found,) = (one for one in BLOCKS if word in one)
    return found


def shell(script, folder, environment, status=0):
    """Run a script as a user would, and return what it prints."""
    done = subprocess.run(
        ["/bin/sh", "-ec", script],
        cwd=folder,
        env={**environment, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == status, done.stderr[-3000:]
    return done.stdout + done.stderr


def test_every_block_of_the_page_is_run_by_one_test_here():
    words = ("--from-ref", "--inherit-from", "states.jsonl", "--config=ENV")
    assert sorted(block(word) for word in words) == sorted(BLOCKS)


def test_the_tap_is_added_from_a_checkout_before_it_is_published(
    empty_project, ringcentral, tmp_path
):
    """The definition's own package name is replaced; CSV gets the same tap, flat."""
    environment = {**empty_project.environment, "CHECKOUT": str(ROOT)}
    shell(block("--from-ref"), empty_project.root, environment)
    shell(block("--inherit-from"), empty_project.root, environment)
    definition = yaml.safe_load((empty_project.root / "meltano.yml").read_text())
    tap, flat = definition["plugins"]["extractors"]
    assert tap["pip_url"] == str(ROOT)
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    assert tap["select"] == ours[0]["select"]
    assert flat["inherit_from"] == "tap-ringcentral"
    assert flat["config"] == ours[1]["config"]
    project = empty_project.logged_in(ringcentral, tmp_path)
    project = Project(project.root, {**project.environment, **_logged_in_flat(project)})
    said = project.meltano("invoke", "tap-ringcentral-flat", "--test")
    assert "OK" in said


def _logged_in_flat(project):
    """Return the login of the tap for the plugin that inherits from it."""
    prefix = "TAP_RINGCENTRAL_"
    return {
        name.replace(prefix, f"{prefix}FLAT_", 1): value
        for name, value in project.environment.items()
        if name.startswith(prefix)
    }


@pytest.fixture
def by_hand(ringcentral, tmp_path):
    """A folder with the configurations of the tap and of a target."""
    config = {
        "api_url": ringcentral.url,
        "client_id": ringcentral.client_id,
        "client_secret": ringcentral.client_secret,
        "jwt": ringcentral.jwt,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "output").mkdir()
    target = {"destination_path": "output", "do_timestamp_file": False}
    (tmp_path / "target.json").write_text(json.dumps(target))
    return tmp_path


def test_without_meltano_the_state_of_one_run_is_where_the_next_begins(
    by_hand, installed, ringcentral
):
    installed.meltano("install", "target-jsonl")
    targets = installed.root / ".meltano" / "loaders" / "target-jsonl" / "venv" / "bin"
    environment = {**os.environ, "PATH": f"{targets}:{os.environ['PATH']}"}
    script = f"PATH=$PATH:{targets}\n{block('states.jsonl')}"
    shell(script, by_hand, environment)
    assert json.loads((by_hand / "state.json").read_text())["bookmarks"]["call_log"]
    truth = ringcentral.truth()
    rows = map(json.loads, (by_hand / "output" / "call_log.jsonl").read_text().splitlines())
    written = by_key(list(rows), CALL_KEY)
    assert not differences(written, calls(truth, ringcentral.account_id, legs=True))
    ringcentral.forget_requests()
    shell(script, by_hand, environment)
    (request,) = ringcentral.requests_to("/call-log")
    state = json.loads((by_hand / "state.json").read_text())["bookmarks"]["call_log"]
    assert request.query["dateFrom"][0] > state["startDate"]


def test_settings_come_from_the_environment(by_hand):
    config = json.loads((by_hand / "config.json").read_text())
    environment = {f"TAP_RINGCENTRAL_{name.upper()}": value for name, value in config.items()}
    said = shell(block("--config=ENV"), by_hand, {**os.environ, **environment})
    assert re.search("^OK", said, re.MULTILINE)
