"""Every setting is checked, and a wrong one is named without its value."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest

from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.config.settings import (
    LoginSettings,
    Settings,
    from_environment,
    tidied,
    unknown_settings,
)
from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.tap import TapRingCentral

BASE = {"client_id": "app", "client_secret": "hidden", "jwt": "hidden"}


def test_only_the_login_must_be_configured():
    """Only the login needs to be configured."""
    settings = Settings.from_config(BASE, user_agent="tap/1")
    assert settings == Settings(
        login=LoginSettings(client_id="app", client_secret="hidden", jwt="hidden"),
        call_log_level="account",
        extension_ids=("~",),
        account_id="~",
        start_date=None,
        end_date=None,
        lookback=timedelta(hours=24),
        change_tracking=False,
        api_url="https://platform.ringcentral.com",
        page_size=1000,
        rate_limit_share=1.0,
        request_timeout=120.0,
        user_agent="tap/1",
        account_type="standard",
    )


def test_null_and_empty_count_as_not_given():
    """An empty environment variable is no value."""
    assert Settings.from_config({**BASE, "start_date": "", "page_size": None}) == (
        Settings.from_config(BASE)
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=timezone.utc)),
        ("2026-02-03T10:00:00Z", datetime(2026, 2, 3, 10, tzinfo=timezone.utc)),
        ("2026-02-03T10:00:00.250+02:00", datetime(2026, 2, 3, 8, 0, 0, 250000, timezone.utc)),
        ("2026-02-03T10:00-0530", datetime(2026, 2, 3, 15, 30, tzinfo=timezone.utc)),
        ("2026-02-03 10:00z", datetime(2026, 2, 3, 10, tzinfo=timezone.utc)),
    ],
)
def test_a_bare_date_is_midnight_utc(text, moment):
    """A bare date is midnight UTC, an offset is honoured."""
    settings = Settings.from_config({**BASE, "start_date": text})
    assert settings.start_date == moment
    assert settings.start_date.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"client_id": None}, ["client_id must be set"]),
        ({"client_id": 7}, ["client_id must be of type string"]),
        ({"jwt": {"secret": "hidden"}}, ["jwt must be of type string"]),
        ({"call_log_level": "company"}, ["call_log_level", "account, extension"]),
        ({"account_type": "other"}, ["account_type", "standard, hipaa"]),
        ({"page_size": 0}, ["page_size must be at least 1"]),
        ({"page_size": 1001}, ["page_size must be at most 1000"]),
        ({"page_size": "many"}, ["page_size must be of type integer"]),
        ({"page_size": 10.5}, ["page_size must be of type integer"]),
        ({"lookback_hours": 0.5}, ["lookback_hours must be at least 1"]),
        ({"lookback_hours": "long"}, ["lookback_hours must be of type number"]),
        ({"rate_limit_share": 0}, ["rate_limit_share must be at least 0.01"]),
        ({"rate_limit_share": 1.5}, ["rate_limit_share must be at most 1"]),
        ({"rate_limit_share": "nan"}, ["rate_limit_share must be of type number"]),
        ({"rate_limit_share": 0.001}, ["rate_limit_share must be at least 0.01"]),
        ({"lookback_hours": 1e9}, ["lookback_hours must be at most 8784"]),
        ({"request_timeout": 1e10}, ["request_timeout must be at most 3600"]),
        ({"request_timeout": 0}, ["request_timeout must be more than 0"]),
        ({"user_agent": "a\nb"}, ["user_agent does not have the form"]),
        ({"user_agent": "\u20ac"}, ["user_agent does not have the form"]),
        ({"start_date": "0001-01-01"}, ["start_date must be a date"]),
        ({"end_date": "9999-12-31T23:59:59-23:00"}, ["end_date must be a date"]),
        ({"api_url": "http://127.0.0.1:99999"}, ["api_url must be an address"]),
        ({"api_url": "https://exa mple"}, ["api_url must be an address"]),
        ({"extension_ids": "101"}, ["extension_ids must be of type array"]),
        ({"extension_ids": [[]]}, ["extension_ids (one of its items) must be of type string"]),
        ({"extension_ids": []}, ["extension_ids must contain"]),
        ({"extension_ids": ["101/.."]}, ["extension_ids must contain"]),
        ({"account_id": "mine"}, ["account_id must contain"]),
        ({"media_hosts": "media.example.com"}, ["media_hosts must be of type array"]),
        ({"media_hosts": ["https://media.example.com"]}, ["media_hosts must contain host names"]),
        ({"media_hosts": ["media.example.com/x"]}, ["media_hosts must contain host names"]),
        ({"media_hosts": [""]}, ["media_hosts must contain host names"]),
        ({"additional_jwts": "hidden"}, ["additional_jwts must be of type array"]),
        ({"additional_jwts": [7]}, ["additional_jwts (one of its items) must be of type string"]),
        ({"additional_jwts": ["hidden", " \n"]}, ["additional_jwts[1] is empty"]),
        ({"start_date": "2026-02-30"}, ["start_date must be a date", "no such date"]),
        ({"start_date": "2026-02-03T25:00:00Z"}, ["start_date must be a date", "no such date"]),
        ({"start_date": "2026-02-03T10:00:00"}, ["start_date", "no offset"]),
        ({"start_date": "yesterday"}, ["start_date must be a date"]),
        ({"end_date": "T10:00Z"}, ["end_date must be a date"]),
        ({"start_date": 20260203}, ["start_date must be of type string"]),
        ({"start_date": "2026-02-03", "end_date": "2026-02-03T00:00Z"}, ["start_date", "end_date"]),
        ({"api_url": "http://platform.ringcentral.com"}, ["api_url must begin with https"]),
        ({"api_url": "platform.ringcentral.com"}, ["api_url must be an address"]),
        ({"api_url": "https://user:hidden@host"}, ["api_url must be an address"]),
        ({"api_url": "https://[broken"}, ["api_url must be an address"]),
        ({"api_url": "https://[v1.x]"}, ["api_url must be an address"]),
        ({"api_url": "https://:hidden@host"}, ["api_url must be an address"]),
        (
            {"api_url": "https://platform.ringcentral.com/restapi/v1.0/"},
            ["api_url must be an address without a path: remove /restapi/v1.0"],
        ),
        ({"batch_config": {"encoding": {}}}, ["batch_config is not offered"]),
        ({"emit_activate_version_messages": True}, ["emit_activate_version_messages is not"]),
        (
            {"page_size": 0, "call_log_level": "x"},
            ["page_size must be at least 1", "call_log_level must be one of"],
        ),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(wrong, words):
    """One line names all settings concerned and what they must be."""
    TapRingCentral.append_builtin_config(SCHEMA)
    with pytest.raises(SettingsError) as caught:
        Settings.from_config({**BASE, **wrong})
    message = str(caught.value)
    assert all(word in message for word in words), message
    assert "\n" not in message
    assert "hidden" not in message


def test_numbers_and_ids_may_come_as_environment_variables_bring_them():
    """Text for numbers, numbers for ids, decimals for fractions."""
    settings = Settings.from_config(
        {
            **BASE,
            "lookback_hours": Decimal("36.5"),
            "rate_limit_share": "0.5",
            "request_timeout": "30",
            "call_log_level": "extension",
            "extension_ids": [101, "~", "101"],
            "account_id": 4711,
            "user_agent": " mine ",
            "api_url": "http://127.0.0.1:8000/",
            "media_hosts": [" Media.example.com", "media.example.com"],
            "additional_jwts": ["one\n", " two"],
        }
    )
    assert settings.login.additional_jwts == ("one", "two")
    assert "two" not in repr(settings)
    assert settings.lookback == timedelta(hours=36.5)
    assert settings.rate_limit_share == 0.5
    assert settings.request_timeout == 30
    assert settings.extension_ids == ("101", "~")
    assert settings.account_id == "4711"
    assert settings.user_agent == "mine"
    assert settings.api_url == "http://127.0.0.1:8000"
    assert settings.media_hosts == ("media.example.com",)


def test_every_setting_is_described_and_secrets_are_marked():
    """What the Hub and `--about` show is complete."""
    properties = SCHEMA["properties"]
    assert all(spec["title"] and spec["description"] for spec in properties.values())
    secrets = {name for name, spec in properties.items() if spec.get("secret")}
    assert secrets == {
        *("client_secret", "jwt", "additional_jwts", "refresh_token", "username", "password")
    }


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PAGE_SIZE", "geheim", "TAP_PAGE_SIZE must be a whole number"),
        ("EXTENSION_IDS", "geheim", "TAP_EXTENSION_IDS must be JSON"),
        ("JWT", "\udcff\udcfe", "TAP_JWT must be text in UTF-8"),
        ("ADDITIONAL_JWTS", "geheim", "TAP_ADDITIONAL_JWTS must be JSON"),
        (
            "EMIT_ACTIVATE_VERSION_MESSAGES",
            "true",
            (
                "emit_activate_version_messages is not offered: version messages would mark the "
                "archive as deleted; remove TAP_EMIT_ACTIVATE_VERSION_MESSAGES from the "
                "environment"
            ),
        ),
    ],
)
def test_an_environment_variable_of_the_wrong_kind_is_named(name, text, words):
    """What cannot be read as a number or a list is named without its value."""
    with pytest.raises(SettingsError) as caught:
        from_environment({f"TAP_{name}": text}, "TAP_")
    assert str(caught.value) == words


def test_environment_variables_are_read_by_the_kind_of_their_setting():
    """Whole numbers and JSON; text may be anything."""
    given = {"TAP_PAGE_SIZE": "100", "TAP_EXTENSION_IDS": '["~"]', "TAP_JWT": "{", "OTHER": "x"}
    read = {"page_size": 100, "extension_ids": ["~"], "jwt": "{"}
    assert from_environment(given, "TAP_") == read


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_environment_variable_is_as_good_as_none(text):
    """For every setting alike, whatever its kind, and for those that are refused."""
    TapRingCentral.append_builtin_config(SCHEMA)
    names = [*SCHEMA["properties"], "batch_config"]
    assert from_environment({f"TAP_{name.upper()}": text for name in names}, "TAP_") == {}


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ({"client_id": "app\n", "client_secret": " x\r\n", "jwt": "\tx"}, ("app", "x", "x")),
        ({"client_id": "", "client_secret": None, "jwt": " \n"}, (None, None, None)),
        ({"client_id": "\ufeffapp\n", "client_secret": "\ufeff"}, ("app", None, None)),
    ],
)
def test_blanks_around_a_value_are_no_part_of_it(config, left):
    """Files and secret managers end a value with a newline; a blank one is as good as none."""
    found = tidied(config)
    assert tuple(map(found.get, ("client_id", "client_secret", "jwt"))) == left


def test_a_password_may_begin_and_end_with_a_blank():
    """Only line ends are cut off."""
    assert tidied({"password": " x \r\n", "page_size": 0}) == {"password": " x ", "page_size": 0}


@pytest.mark.parametrize("ids", [["101"], ["~", "101"]])
def test_extension_ids_are_refused_at_account_level(ids):
    """Set or by default: the whole company would be read in place of a few extensions."""
    for level in ({}, {"call_log_level": "account"}):
        with pytest.raises(SettingsError, match="extension_ids needs call_log_level 'extension'"):
            Settings.from_config({**BASE, **level, "extension_ids": ids})
    assert Settings.from_config({**BASE, "extension_ids": ["~", "~"]}).call_log_level == "account"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("start_dat", "There is no setting start_dat, it is ignored: did you mean start_date?"),
        ("clientid", "There is no setting clientid, it is ignored: did you mean client_id?"),
        ("zzz", "There is no setting zzz, it is ignored"),
        ("z\n" + "z" * 100, f"There is no setting {'z' * 60}, it is ignored"),
    ],
)
def test_an_unknown_setting_is_told_with_the_nearest_name(name, line):
    """A misspelt setting would have no effect, and nobody would know."""
    assert unknown_settings([name]) == [line]


def test_known_settings_are_not_unknown():
    """Those that are refused say so themselves."""
    assert unknown_settings([*SCHEMA["properties"], "batch_config"]) == []


@pytest.mark.parametrize(("text", "told"), [("true", False), ("OFF", False), ("ture", True)])
def test_a_truth_value_in_the_environment_is_one(text, told):
    """The SDK would read anything else as false."""
    if not told:
        assert from_environment({"TAP_CHANGE_TRACKING": text}, "TAP_") == {
            "change_tracking": text == "true"
        }
        return
    with pytest.raises(SettingsError, match="TAP_CHANGE_TRACKING must be true or false"):
        from_environment({"TAP_CHANGE_TRACKING": text}, "TAP_")


def test_change_tracking_is_for_accounts():
    """One line names both settings."""
    with pytest.raises(SettingsError, match="change_tracking needs call_log_level 'account'"):
        Settings.from_config({**BASE, "change_tracking": True, "call_log_level": "extension"})
