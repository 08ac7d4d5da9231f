"""`meltano invoke tap-ringcentral:login`, for an account of a list as well."""

from __future__ import annotations

import os
import re
import signal
from dataclasses import replace
from urllib.request import urlopen

import pytest
from preloaded import start
from waiting import PATIENCE, wait_until

from accounts.listing import Account
from accounts.plugins import include_file
from demo.processes import free_port

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("plugin", ["tap-ringcentral", "tap-ringcentral--north"])
def test_the_login_runs_as_a_command_of_the_plugin(project, ringcentral, tmp_path, plugin):
    """With the plugin's own settings; the store that it fills is the tap's login from then on."""
    (project.root / "login.meltano.yml").write_text(include_file([Account("north")], "a list"))
    definition = project.root / "meltano.yml"
    before = definition.read_text()
    definition.write_text(f"{before}include_paths: [login.meltano.yml]\n")
    store, output = tmp_path / "tokens.json", tmp_path / "output"
    prefix = "TAP_RINGCENTRAL__NORTH_" if plugin.endswith("north") else "TAP_RINGCENTRAL_"
    kept = {name: one for name, one in project.environment.items() if "TAP_RING" not in name}
    login = {
        f"{prefix}API_URL": ringcentral.url,
        f"{prefix}CLIENT_ID": ringcentral.client_id,
        f"{prefix}CLIENT_SECRET": ringcentral.client_secret,
        f"{prefix}TOKEN_STORE": str(store),
    }
    run = replace(project, environment={**kept, **login})
    back = f"http://127.0.0.1:{free_port()}/callback"
    command = ("invoke", f"{plugin}:login", "--redirect-uri", back)
    output.touch()
    process = start(command, run.root, run.environment, output)
    try:
        invited = wait_until(
            lambda: (
                re.search(rf"{ringcentral.url}/\S+", output.read_text())
                or (not process.is_alive() and process.exitcode)
            ),
            lambda: output.read_text()[-5000:],
        )
        assert not isinstance(invited, int), output.read_text()[-5000:]
        with urlopen(invited[0], timeout=PATIENCE) as answer:  # noqa: S310 - http, on this machine
            assert answer.status == 200
        process.join(PATIENCE)
        assert process.exitcode == 0, output.read_text()[-5000:]
        assert store.exists()
        assert "OK: call_log, " in run.meltano("invoke", plugin, "--test")
    finally:
        if process.is_alive():
            os.killpg(process.pid, signal.SIGKILL)
        definition.write_text(before)
        (project.root / "login.meltano.yml").unlink()
