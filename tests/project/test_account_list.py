"""The list of accounts, the plugins made of it, and what a failed run asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from fixtures import ROOT

from accounts.__main__ import main
from accounts.listing import Account, ListError, check, read
from accounts.meltano import Ended, Project
from accounts.plugins import LOGIN, include_file
from tap_ringcentral_calllog.config.schema import SCHEMA

EXAMPLE = ROOT / "accounts" / "accounts.yml"


@pytest.fixture
def listed(tmp_path):
    """Read a list with this text."""
    file = tmp_path / "accounts.yml"

    def read_and_check(text):
        file.write_text(text)
        accounts = read(file)
        check(accounts, SCHEMA)
        return accounts

    return read_and_check


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "write a list of accounts"),
        ("name: north", "write a list of accounts"),
        ("- name: [", ", line 1: this is not valid YAML"),
        ("- name: north\n- call_log_level: account", "entry 2 has no name"),
        ("- north", "entry 1 has no name"),
        ("- name: North", "'North' is not a valid name"),
        ("- name: north_east", "'north_east' is not a valid name"),
        ("- name: north--east", "'north--east' is not a valid name"),
        ("- name: 1", "'1' is not a valid name"),
        ("- name: a\n  part_of: north", "a is part of 'north', which is not in the list"),
        ("- name: a\n  part_of: a", "a is part of 'a', which is not in the list"),
        ("- name: north\n- name: north", "two accounts named 'north'"),
        ("- name: north\n  start: 1", "north: the tap has no setting start"),
        ("- name: north\n  call_log_leve: account", "did you mean call_log_level?"),
        ("- name: north\n  jwt: secret-value", "TAP_RINGCENTRAL__NORTH_JWT instead"),
        (
            "- name: north\n  account_type: hippa",
            "north: 'hippa' is not a valid value for account_type",
        ),
        ("- name: north\n  page_size: many", "north: 'many' is not a valid value for page_size"),
    ],
)
def test_a_bad_list_is_one_line(listed, text, said):
    """A list that cannot be used is one line that names the entry, and no secret."""
    with pytest.raises(ListError) as raised:
        listed(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret-value" not in str(raised.value)


def test_a_missing_list_is_one_line(capsys):
    """A list that is not there is one line and exit status 1."""
    assert main(["nowhere.yml"]) == 1
    assert capsys.readouterr().err == "nowhere.yml cannot be read: No such file or directory\n"


def test_the_example_can_be_used(listed):
    """The example is a list that can be used; its dates stay as they were written."""
    accounts = listed(EXAMPLE.read_text())
    assert [one.name for one in accounts] == ["north", "south-east", "west"]
    assert accounts[1].settings["start_date"] == "2026-01-01"


def test_accounts_share_all_but_their_login(listed):
    """An account takes all from its parent but a login, and all accounts share their tables."""
    text = include_file(listed(EXAMPLE.read_text()), "accounts.yml")
    extractors = yaml.safe_load(text)["plugins"]["extractors"]
    assert [one["name"] for one in extractors] == [
        "tap-ringcentral--north",
        "tap-ringcentral--south-east",
        "tap-ringcentral--west",
    ]
    for one in extractors:
        assert one["inherit_from"] == "tap-ringcentral"
        assert one["load_schema"] == "tap_ringcentral"
        assert one["config"].items() >= {**dict.fromkeys(LOGIN, ""), "additional_jwts": []}.items()
    assert extractors[1]["config"]["account_type"] == "hipaa"
    assert "TAP_RINGCENTRAL__NORTH_JWT" in text


def test_a_part_has_settings_and_a_state_of_its_own(listed):
    """A part of an account has the account's login, and settings and a state of its own."""
    accounts = listed("- {name: north, end_date: 2026-02-01}\n- {name: old, part_of: north}")
    whole, part = yaml.safe_load(include_file(accounts, "x"))["plugins"]["extractors"]
    assert whole["config"]["end_date"] == "2026-02-01"
    assert part == {
        "name": "tap-ringcentral--old",
        "inherit_from": "tap-ringcentral--north",
        "load_schema": "tap_ringcentral",
        "config": {},
    }


def test_logins_are_all_there():
    """No way to log in is inherited: what is secret, and what goes with it, is set to nothing."""
    secrets = {name for name, spec in SCHEMA["properties"].items() if spec.get("secret")}
    assert secrets < set(LOGIN) < set(SCHEMA["properties"])


@pytest.mark.parametrize(
    ("lines", "pause"),
    [
        ((), 90),
        (("tap-ringcentral--a RingCentral could not be read: no connection, 6 times",), 90),
        (("tap-ringcentral--a RingCentral asks to wait for 61 minutes (HTTP 429)",), 62 * 60),
        (("tap-ringcentral--a RingCentral asks to wait for 0 minutes (HTTP 429)",), 90),
        (("meltano Another 'x' pipeline is already running which started at",), 310),
        (("target-postgres connection refused",), 90),
        (("tap-ringcentral--a RingCentral refused the login with jwt: check",), None),
        (("tap-ringcentral--a no login is configured",), None),
        (("tap-ringcentral--a client_id must be set",), None),
        (("tap-ringcentral--a call_log: the app lacks the permission ReadCallLog: add",), None),
        (("tap-ringcentral--a the state belongs to account 5",), None),
    ],
)
def test_a_failed_run_waits_as_long_as_ringcentral_asks(lines, pause):
    """A failed run is tried again no sooner than RingCentral wants, and never in vain."""
    assert Ended(1, lines).pause(at_least=90) == pause


def test_a_longer_pause_is_kept():
    """A longer pause than what RingCentral asked for is kept."""
    assert Ended(1, ("RingCentral asks to wait for 20 minutes",)).pause(at_least=7200) == 7200
    assert Ended(1, ("pipeline is already running",)).pause(at_least=400) == 400


def test_a_run_does_not_see_other_accounts_credentials():
    """A run does not see the credentials of other accounts, whatever their names begin with."""
    north, east = Account("north"), Account("north-east")
    part = Account("part", part_of="north")
    project = Project(Path(), (north, east, part))
    everything = {
        "PATH": "/bin",
        "TAP_RINGCENTRAL_API_URL": "u",
        "TAP_RINGCENTRAL__NORTH_JWT": "n",
        "TAP_RINGCENTRAL__NORTH_EAST_JWT": "e",
    }
    shared = {"PATH", "TAP_RINGCENTRAL_API_URL", "NO_COLOR"}
    for account, own in ((north, "NORTH"), (east, "NORTH_EAST"), (part, "NORTH")):
        seen = project.environment_of(account, everything)
        assert seen.keys() == shared | {f"TAP_RINGCENTRAL__{own}_JWT"}
