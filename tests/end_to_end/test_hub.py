"""The plugin definition for the Meltano Hub, used as another team would: in a project of theirs."""

from __future__ import annotations

import json
import re
import shlex

import pytest
import yaml
from conftest import REPOSITORY
from expected import CALL_KEY, LEG_KEY, by_key, calls, differences, legs

from sandbox import Sandbox

CALLS = 40


@pytest.fixture
def definition():
    """The committed definition, installing the tap from here: it may not be on PyPI yet."""
    (file,) = (REPOSITORY / "hub" / "extractors" / "tap-ringcentral").glob("*.yml")
    return {**yaml.safe_load(file.read_text(encoding="utf-8")), "pip_url": f"-e {REPOSITORY}"}


@pytest.fixture
def loader():
    """The definition of target-jsonl, which would come from the Hub itself."""
    plugins = yaml.safe_load((REPOSITORY / "meltano.yml").read_text(encoding="utf-8"))["plugins"]
    (found,) = (one for one in plugins["loaders"] if one["name"] == "target-jsonl")
    return {**found, "variant": "andyh1203"}


@pytest.fixture
def ringcentral():
    """A sandbox with some calls."""
    with Sandbox(calls=CALLS, days=14, running=False) as sandbox:
        yield sandbox


def test_the_definition_works_in_an_empty_project(
    empty_project, definition, loader, ringcentral, tmp_path
):
    """`meltano add --from-ref`, `meltano install` and `meltano run`: every value arrives."""
    for plugin in (definition, loader):
        file = tmp_path / f"{plugin['name']}.yml"
        file.write_text(yaml.safe_dump(plugin))
        empty_project.meltano("add", "--no-install", "--from-ref", str(file), plugin["name"])
    empty_project.meltano("install")
    # What the definition's own text says to do after --from-ref.
    (command,) = re.findall(r"```bash\nmeltano (config .*?)\n```", definition["usage"])
    empty_project.meltano(*shlex.split(command))

    project = empty_project.logged_in(ringcentral, tmp_path)
    (command,) = re.findall(r"```bash\nmeltano (.*?)\n```", definition["next_steps"])
    project.meltano(*shlex.split(command))
    output = tmp_path / "output"
    output.mkdir()
    project.meltano(
        "run", "tap-ringcentral", "target-jsonl", TARGET_JSONL_DESTINATION_PATH=str(output)
    )

    truth, account = ringcentral.truth(), ringcentral.account_id
    assert len(truth) >= CALLS
    for stream, key, expected in (
        ("call_log", CALL_KEY, calls(truth, account)),
        ("call_legs", LEG_KEY, legs(truth, account)),
    ):
        (file,) = output.glob(f"{stream}-*.jsonl")
        rows = by_key(list(map(json.loads, file.read_text(encoding="utf-8").splitlines())), key)
        assert not differences(rows, expected)
    written = {file.name.rpartition("-")[0] for file in output.iterdir()}
    assert written <= {pattern.partition(".")[0] for pattern in definition["select"]}
