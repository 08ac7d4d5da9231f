"""The plugin definition for the Meltano Hub, used as another team would: in a project of theirs."""

from __future__ import annotations

import json
import re
import shlex
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import yaml
from expected import CALL_KEY, LEG_KEY, by_key, calls, differences, legs
from fixtures import ROOT

from sandbox import Sandbox

pytestmark = pytest.mark.prove

CALLS = 40
PLUGINS = {"extractors": "tap-ringcentral", "loaders": "target-jsonl"}


@pytest.fixture
def definition():
    """The committed definition, installing the tap from here: it may not be on PyPI yet."""
    (file,) = (ROOT / "hub" / "extractors" / "tap-ringcentral").glob("*.yml")
    return {**yaml.safe_load(file.read_text(encoding="utf-8")), "pip_url": f"-e {ROOT}"}


@pytest.fixture
def definitions(definition):
    """The definitions of tap and target by their kind; the target's would be the Hub's own."""
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["plugins"]
    (loader,) = (one for one in plugins["loaders"] if one["name"] == PLUGINS["loaders"])
    return {"extractors": definition, "loaders": {**loader, "variant": "somebody"}}


@pytest.fixture
def ringcentral():
    """A sandbox with some calls."""
    with Sandbox(calls=CALLS, days=14, running=False) as sandbox:
        yield sandbox


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hub(definitions, tmp_path):
    """The Hub's API as it will be when it has the definition; its address."""
    serve = partial(Quiet, directory=str(tmp_path / "hub"))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        address = f"http://127.0.0.1:{server.server_port}"
        for kind, plugin in definitions.items():
            name, variant = plugin["name"], plugin["variant"]
            folder = tmp_path / "hub" / "plugins" / kind
            folder.mkdir(parents=True)
            (folder / f"{name}--{variant}").write_text(json.dumps(plugin))
            ref = {"ref": f"{address}/plugins/{kind}/{name}--{variant}"}
            listed = {"default_variant": variant, "logo_url": "", "variants": {variant: ref}}
            (folder / "index").write_text(json.dumps({name: listed}))
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield address
        server.shutdown()
        thread.join()


@pytest.fixture
def from_file(empty_project, definitions, tmp_path):
    """The project with the plugins added from files, and what the usage text says to do then."""
    for plugin in definitions.values():
        file = tmp_path / f"{plugin['name']}.yml"
        file.write_text(yaml.safe_dump(plugin))
        empty_project.meltano("add", "--no-install", "--from-ref", str(file), plugin["name"])
    usage = definitions["extractors"]["usage"]
    (command,) = re.findall(r"```bash\nmeltano (config .*?)\n```", usage)
    empty_project.meltano(*shlex.split(command))
    return empty_project


@pytest.fixture
def from_hub(empty_project, hub, definition):
    """The project with the plugins added from the Hub, the tap by its variant."""
    add = partial(empty_project.meltano, "add", "--no-install", MELTANO_HUB_API_ROOT=hub)
    add("--variant", definition["variant"], PLUGINS["extractors"])
    add(PLUGINS["loaders"])
    return empty_project


@pytest.mark.parametrize("source", ["from_file", "from_hub"])
def test_the_definition_works_in_an_empty_project(
    source, request, definition, ringcentral, tmp_path
):
    """`meltano add`, `meltano install` and `meltano run`: every value arrives, and no more."""
    project = request.getfixturevalue(source)
    project.meltano("install")
    project = project.logged_in(ringcentral, tmp_path)
    (command,) = re.findall(r"```bash\nmeltano (.*?)\n```", definition["next_steps"])
    project.meltano(*shlex.split(command))
    output = tmp_path / "output"
    output.mkdir()
    project.meltano("run", *PLUGINS.values(), TARGET_JSONL_DESTINATION_PATH=str(output))

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


def test_secrets_stay_out_of_meltano_yml(from_file):
    """`meltano config set` puts a secret into .env, and `meltano config` does not show it."""
    from_file.meltano("config", "set", "tap-ringcentral", "jwt", "not-to-be-seen")
    assert "not-to-be-seen" not in (from_file.root / "meltano.yml").read_text()
    assert "not-to-be-seen" in (from_file.root / ".env").read_text()
    listed = from_file.meltano("config", "list", "tap-ringcentral")
    assert "jwt" in listed
    assert "not-to-be-seen" not in listed
