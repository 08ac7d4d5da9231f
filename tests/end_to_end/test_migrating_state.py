"""docs/migrating.md: its commands replace the old tap, and carry its bookmark over."""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from expected import CALL_KEY, EXTENSION_CALL_KEY, calls, differences, with_moments
from fixtures import ROOT
from loaded import call_rows, settings
from page import OLD_BOOKMARK, PAGE, block, commands

from tap_ringcentral_calllog.errors import StateError

pytestmark = pytest.mark.prove


@pytest.mark.parametrize("level", ["account", "extension"])
def test_the_bookmark_is_carried_over(level, project, ringcentral, database):
    """With the page's state the first run begins at its bookmark, and reads all from there on."""
    extension = ringcentral.owner_id if level == "extension" else None
    (example,) = re.findall(r'"extensionId": "(\d+)"', block("state: extension"))
    command = block(f"state: {level}").replace(example, ringcentral.owner_id)
    project.meltano(*shlex.split(command)[1:])
    project.meltano(
        "run",
        "tap-ringcentral",
        "target-postgres",
        **settings(database),
        TAP_RINGCENTRAL_CALL_LOG_LEVEL=level,
    )

    (bookmark,) = map(_time, re.findall(r'"replication_key_value": "(.*?)"', command))
    asked = ringcentral.requests_to("/call-log")
    first = min(_time(seen.query["dateFrom"][0]) for seen in asked)
    assert bookmark - timedelta(seconds=5) <= first <= bookmark
    whole = ringcentral.truth(level, extension)
    truth = [call for call in whole if _time(call["startTime"]) >= bookmark]
    assert 0 < len(truth) < len(whole)
    expected = with_moments(calls(truth, ringcentral.account_id, extension))
    assert not differences(
        call_rows(database, EXTENSION_CALL_KEY if extension else CALL_KEY), expected
    )


def _time(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_the_old_variant_is_replaced(empty_project):
    """The page's commands take the place of the old variant with this definition."""
    root = empty_project.root
    old = "plugins:\n  extractors:\n  - name: tap-ringcentral\n    variant: dbt-labs\n"
    with (root / "meltano.yml").open("a") as file:
        file.write(f"{old}    namespace: tap_ringcentral\n    executable: tap-ringcentral\n")
    remove, add = commands("commands: replace")
    (path,) = (one for one in add if one.endswith(".yml"))
    empty_project.meltano(*remove)
    assert "dbt-labs" not in (root / "meltano.yml").read_text()
    here = [str(ROOT / path) if one == path else one for one in add]
    empty_project.meltano(*here, "--no-install")
    assert f"variant: {Path(path).stem}\n" in (root / "meltano.yml").read_text()


def test_the_old_state_is_refused(sync, ringcentral):
    """A state of company_call_log is refused in the words that the page quotes."""
    (quoted,) = re.findall(r"refuses a state of `company_call_log` \(`(.*?)`\)", PAGE)
    with pytest.raises(StateError, match=quoted):
        sync(ringcentral, {"bookmarks": {"company_call_log": OLD_BOOKMARK}})


def test_the_old_bookmark_of_call_log_is_passed_over(sync, ringcentral):
    """A state of the old call_log loses nothing: all is read from the start."""
    output = sync(ringcentral, {"bookmarks": {"call_log": OLD_BOOKMARK}})
    assert {one["id"] for one in output.records()} == {one["id"] for one in ringcentral.truth()}
