"""The settings of a run, checked and converted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from ipaddress import IPv6Address
from math import isfinite
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from tap_ringcentral_calllog.config.schema import ACCOUNT, DEFAULT_API_URL, SCHEMA
from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.times import YEARS, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jsonschema import ValidationError

DEFAULT_RANGE = timedelta(days=365)

# The extension of the user who logs in.
OWN = ("~",)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ].*(Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)
_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")
_LONGEST_NAME = 60
_TRUTH = {
    **dict.fromkeys(("true", "1", "yes", "on"), True),
    **dict.fromkeys(("false", "0", "no", "off"), False),
}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+")
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

# Offered by the SDK for every tap; here they would lose or hide archived calls: see
# docs/settings.md, "Not offered".
_REFUSED = {
    "batch_config": "batch files bypass stream maps and deselection",
    "emit_activate_version_messages": "version messages would mark the archive as deleted",
}


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """The settings of the login. `grant_from` checks that they describe exactly one."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    jwt: str | None = field(default=None, repr=False)
    additional_jwts: tuple[str, ...] = field(default=(), repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    token_store: str | None = None
    username: str | None = field(default=None, repr=False)
    extension: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run, checked and converted. Those of stream maps stay with the SDK."""

    login: LoginSettings
    call_log_level: str
    extension_ids: tuple[str, ...]
    account_id: str
    start_date: datetime | None
    end_date: datetime | None
    lookback: timedelta
    change_tracking: bool
    api_url: str
    page_size: int
    rate_limit_share: float
    request_timeout: float
    user_agent: str
    account_type: str
    recordings_path: str | None = None
    recordings_per_run: int | None = None
    messages_path: str | None = None
    media_hosts: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any], *, user_agent: str = "") -> Settings:
        """Check a configuration.

        Args:
            config: the tap's configuration; null and empty values count as not given.
            user_agent: the default of the setting `user_agent`.

        Returns:
            The settings with their defaults.

        Raises:
            SettingsError: when anything is wrong. The message names all settings concerned, never
                their values.
        """
        given = {**defaults(), **{k: _plain(k, v) for k, v in tidied(config).items()}}
        # The SDK's definition of `stream_maps` is not a JSON schema: see `check_stream_maps`.
        checked = {name: value for name, value in given.items() if name != "stream_maps"}
        problems = [
            *_refused(given),
            *map(_explain, Draft202012Validator(SCHEMA).iter_errors(checked)),
        ]
        if problems:
            raise SettingsError("; ".join(dict.fromkeys(problems)))
        start, end = _date(given, "start_date"), _date(given, "end_date")
        if start and end and start >= end:
            msg = "start_date must be earlier than end_date"
            raise SettingsError(msg)
        if given["change_tracking"] and given["call_log_level"] != ACCOUNT:
            msg = (
                "change_tracking needs call_log_level 'account': RingCentral reports changes for "
                "whole accounts only"
            )
            raise SettingsError(msg)
        ids = tuple(_ids("extension_ids", given["extension_ids"]))
        if given["call_log_level"] == ACCOUNT and ids != OWN:
            msg = (
                "extension_ids needs call_log_level 'extension': at account level it has no "
                "effect, and the whole company's log would be read"
            )
            raise SettingsError(msg)
        given["additional_jwts"] = _jwts(given.get("additional_jwts") or [])
        login = {one.name: given[one.name] for one in fields(LoginSettings) if one.name in given}
        return cls(
            login=LoginSettings(**login),
            call_log_level=given["call_log_level"],
            extension_ids=ids,
            account_id=_ids("account_id", [given["account_id"]])[0],
            start_date=start,
            end_date=end,
            lookback=timedelta(hours=float(given["lookback_hours"])),
            change_tracking=given["change_tracking"],
            api_url=_api_url(given["api_url"]),
            page_size=int(given["page_size"]),
            rate_limit_share=float(given["rate_limit_share"]),
            request_timeout=float(given["request_timeout"]),
            user_agent=given.get("user_agent", user_agent),
            account_type=given["account_type"],
            recordings_path=given.get("recordings_path"),
            recordings_per_run=given.get("recordings_per_run"),
            messages_path=given.get("messages_path"),
            media_hosts=tuple(_hosts("media_hosts", given.get("media_hosts") or [])),
        )


def level_in(config: Mapping[str, Any]) -> str:
    """Return the call log's level. Discovery needs it, even if other settings are missing."""
    return str(config.get("call_log_level") or ACCOUNT)


def defaults() -> dict[str, Any]:
    """Return the settings that have a default, with it."""
    properties = SCHEMA["properties"].items()
    return {name: spec["default"] for name, spec in properties if "default" in spec}


def unknown_settings(given: Iterable[str]) -> list[str]:
    """Return a line for each unknown setting, with the closest known one."""
    known = [name for name in SCHEMA["properties"] if name not in _REFUSED]
    return [
        f"There is no setting {shown(name)}, it is ignored{hint(name, known)}"
        for name in given
        if name not in SCHEMA["properties"] and name not in _REFUSED
    ]


def shown(name: str) -> str:
    """Return a name from a user in a form that is safe in messages."""
    return "".join(filter(str.isprintable, name))[:_LONGEST_NAME]


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about a name that does not exist: the nearest one that does."""
    near = get_close_matches(name, list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def tidied(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a configuration sets: null, empty and blank values count as not given.

    Files and secret managers often end a value with a newline, so whitespace around a text is
    removed. A password may begin or end with blanks, so only its line ends are removed.
    """
    given = {}
    for name, value in config.items():
        if isinstance(value, str):
            # A byte-order mark as well: some editors begin a file with it.
            text = value.removeprefix("\ufeff")
            text = text.strip("\r\n") if name == "password" else text.strip()
            if text.strip():
                given[name] = text
        elif value is not None:
            given[name] = value
    return given


def from_environment(environment: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """Return the settings that environment variables hold. Empty ones are ignored.

    Args:
        environment: the environment variables.
        prefix: what the names of the settings' variables begin with.

    Raises:
        SettingsError: naming the variables that do not have their setting's type, without their
            values.
    """
    given: dict[str, Any] = {}
    problems = [
        f"{name} is not offered: {why}; remove {prefix}{name.upper()} from the environment"
        for name, why in _REFUSED.items()
        if environment.get(f"{prefix}{name.upper()}", "").strip()
    ]
    for name, spec in SCHEMA["properties"].items():
        variable = f"{prefix}{name.upper()}"
        text = environment.get(variable, "")
        if not text.strip() or name in _REFUSED:
            continue
        if any("\ud800" <= character <= "\udfff" for character in text):
            problems.append(f"{variable} must be text in UTF-8")
            continue
        try:
            given[name] = _from_text(text, spec.get("type", []))
        except ValueError as error:
            problems.append(f"{variable} must be {error}")
    if problems:
        raise SettingsError("; ".join(problems))
    return given


def _from_text(text: str, types: list[str]) -> Any:  # noqa: ANN401 - any JSON
    """Convert an environment variable's text to its setting's type.

    Raises:
        ValueError: with what it must be, when it is not.
    """
    if "boolean" in types:
        form, value = "true or false", _TRUTH.get(text.strip().lower())
    elif "integer" in types:
        form, value = "a whole number", _parsed(int, text)
    elif {"array", "object"} & set(types):
        form, value = "JSON", _parsed(json.loads, text)
    else:
        return text
    if value is None:
        raise ValueError(form)
    return value


def _parsed(parse: Callable[[str], Any], text: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return parse(text)
    except (ValueError, RecursionError):
        return None


def _plain(name: str, value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Convert numbers that environment variables give as text, and ids that JSON has as numbers."""
    if name == "extension_ids" and isinstance(value, list):
        return [str(item) if type(item) is int else item for item in value]
    if name == "account_id" and type(value) is int:
        return str(value)
    types = SCHEMA["properties"].get(name, {}).get("type", [])
    if "number" in types and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        return number if isfinite(number) else value
    return value


def _refused(given: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} is not offered: {why}; remove it from the settings"
        for name, why in _REFUSED.items()
        if given.get(name)
    ]


def _explain(error: ValidationError) -> str:
    """Say what a setting must be. The schema's own message would repeat the value."""
    rule: Any = error.validator_value
    name = str(error.path[0]) if error.path else ""
    if error.validator == "required":
        instance: Any = error.instance
        return f"{', '.join(key for key in rule if key not in instance)} must be set"
    if error.validator == "type":
        types = rule if isinstance(rule, list) else [rule]
        place = " (one of its items)" if len(error.path) > 1 else ""
        return f"{name}{place} must be of type {' or '.join(k for k in types if k != 'null')}"
    if error.validator == "enum":
        return f"{name} must be one of {', '.join(choice for choice in rule if choice)}"
    bounds = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
    if error.validator in bounds:
        return f"{name} must be {bounds[error.validator]} {rule}"
    return f"{name} does not have the form that its description requires"


def _date(given: Mapping[str, Any], name: str) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    form = "must be a date (2026-01-31) or a time with its offset (2026-01-31T08:00:00Z)"
    if not _DATE.fullmatch(text) and not _TIME.fullmatch(text):
        msg = f"{name} {form}; it has no offset" if _DATE.match(text) else f"{name} {form}"
        raise SettingsError(msg)
    # Python 3.10 reads only offsets with a colon.
    text = _OFFSET.sub(r"\1:\2", text.upper().replace(" ", "T"))
    try:
        when = moment(text).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        when = None
    if when is None or when.year not in YEARS:
        msg = f"{name} {form}; there is no such date or time"
        raise SettingsError(msg)
    return when


def _ids(name: str, values: list[str]) -> list[str]:
    if not values or not all(
        value == "~" or (value.isascii() and value.isdigit()) for value in values
    ):
        msg = (
            f"{name} must contain RingCentral's numeric ids, or '~' for those of the user who "
            "logs in"
        )
        raise SettingsError(msg)
    return list(dict.fromkeys(values))


def _jwts(values: list[str]) -> tuple[str, ...]:
    jwts = tuple(value.strip() for value in values)
    if not all(jwts):
        msg = f"additional_jwts[{jwts.index('')}] is empty: set it, or take it out of the list"
        raise SettingsError(msg)
    return jwts


def _hosts(name: str, values: list[str]) -> list[str]:
    hosts = [value.strip().lower() for value in values]
    if not all(map(_HOST.fullmatch, hosts)):
        msg = f"{name} must contain host names such as media.example.com, not addresses"
        raise SettingsError(msg)
    return list(dict.fromkeys(hosts))


def _api_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        if "[" in parts.netloc:
            IPv6Address(host)
        sound = parts.port != 0 and _HOST.fullmatch(host) is not None
    except ValueError:
        sound = False
    if not sound or parts.scheme not in {"https", "http"} or "@" in url or parts.query:
        msg = f"api_url must be an address like {DEFAULT_API_URL}"
        raise SettingsError(msg)
    if path := parts.path.rstrip("/"):
        msg = f"api_url must be an address without a path: remove {shown(path)}"
        raise SettingsError(msg)
    if parts.scheme == "http" and host not in LOOPBACK:
        msg = "api_url must begin with https: credentials go there"
        raise SettingsError(msg)
    return f"{parts.scheme}://{parts.netloc}"
