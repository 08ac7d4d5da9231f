"""What can go wrong, in words that a user can act on.

```
TapRingCentralError
├── SettingsError       a setting is missing, impossible, or clashes with another
├── StateError          the state is damaged or belongs to another account, level or range
├── LoginError          RingCentral refused the login
├── RequestError        RingCentral refused a request for good
│   └── AccessError     … because the app or the user lacks a right
├── UnavailableError    RingCentral, or the way to it, kept failing
└── OutputError         the messages cannot be written: the target has died, or the disk is full
```

No message holds a secret, a phone number, a name or text that a server wrote: of a refusal only the
status and the machine-readable names in it are repeated.
Source of the codes: https://developers.ringcentral.com/guide/basics/errors
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec

# What is repeated of an answer must look like a code of RingCentral or OAuth, or like a name that
# the API's documentation could hold.
_CODE = re.compile(
    r"[A-Z]{2,5}-[0-9]{1,4}|TokenInvalid|AgentInvalid|InvalidParameter|InvalidContent"
    r"|(?:invalid|unsupported|unauthorized)_[a-z_]{1,24}"
    r"|access_denied|server_error|temporarily_unavailable"
)
_NAME = re.compile(r"[A-Za-z]{1,40}(?:\[[0-9]{1,3}\])?")

_NOT_AN_ADMINISTRATOR = frozenset({"CMN-402", "CMN-408"})
_ANOTHER_EXTENSION = frozenset({"CMN-404", "CMN-419"})
_NO_ACCESS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class TapRingCentralError(Exception):
    """Ends the run with its message as the one line that the user reads."""


class SettingsError(TapRingCentralError):
    """A setting is missing, impossible, or clashes with another one."""


class StateError(TapRingCentralError):
    """The state is damaged, or belongs to another account, level or range."""


class LoginError(TapRingCentralError):
    """RingCentral refused the login. Never repeated: a second try would be refused as well."""


class RequestError(TapRingCentralError):
    """RingCentral refused a request for good.

    Attributes:
        problem: what the answer said.
    """

    def __init__(self, message: str, problem: Problem) -> None:
        super().__init__(message)
        self.problem = problem


class AccessError(RequestError):
    """The app or the user lacks a right to what was asked for."""


class UnavailableError(TapRingCentralError):
    """RingCentral, or the way to it, kept failing for as long as the tap was willing to wait."""


class OutputError(TapRingCentralError):
    """The messages cannot be written: the target has died, or the disk is full."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The machine-readable part of a refusal.

    Attributes:
        status: the HTTP status.
        codes: RingCentral's error codes (`CMN-401`), or OAuth's (`invalid_grant`); the general one
            first, then those of the details, without repeats.
        permission: the permission that is missing, when the answer names it.
        parameter: the parameter that is wrong, when the answer names it.
    """

    status: int
    codes: tuple[str, ...] = ()
    permission: str | None = None
    parameter: str | None = None

    @classmethod
    def from_answer(cls, status: int, body: bytes) -> Problem:
        """Read a refusal.

        Args:
            status: the HTTP status.
            body: the answer's body; anything that is not RingCentral's error object counts as none.

        Returns:
            What the answer says.
        """
        try:
            answer = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            answer = None
        if not isinstance(answer, dict):
            return cls(status)
        listed = answer.get("errors")
        details = listed if isinstance(listed, list) else []
        sources = [answer, *(detail for detail in details if isinstance(detail, dict))]
        return cls(
            status,
            codes=tuple(
                dict.fromkeys(
                    [*_words(sources, "errorCode", _CODE), *_words(sources, "error", _CODE)]
                ),
            ),
            permission=next(iter(_words(sources, "permissionName", _NAME)), None),
            parameter=next(iter(_words(sources, "parameterName", _NAME)), None),
        )

    def __str__(self) -> str:
        """Name status and codes, for the end of a message."""
        return " ".join(["HTTP", str(self.status), *self.codes])


def _words(sources: list[dict[str, Any]], key: str, form: re.Pattern[str]) -> list[str]:
    """Collect what has the form of a code or name, never free text: that may hold anything."""
    values = [source.get(key) for source in sources]
    return [value for value in values if isinstance(value, str) and form.fullmatch(value)]


def refusal(problem: Problem, stream: str, extension_id: str | None = None) -> RequestError:
    """Turn a refused request into the error that tells the user what to do.

    Args:
        problem: what the answer said.
        stream: the stream that asked.
        extension_id: the extension whose log was asked for, if any.

    Returns:
        The error to raise: an `AccessError` for status 403 and 404.
    """
    codes = set(problem.codes)
    permission = problem.permission
    if "CMN-401" in codes:
        missing = permission or "that the stream needs"
        message = (
            f"the app lacks the permission {missing}: add it to the app in RingCentral's developer "
            "console, then log in anew"
        )
    elif codes & _NOT_AN_ADMINISTRATOR:
        missing = permission or "FullCompanyCallLog"
        message = (
            f"the user lacks the permission {missing}: set call_log_level to 'extension' to read "
            "the user's own call log, or log in as a user whose role has the permission"
        )
    elif codes & _ANOTHER_EXTENSION:
        message = (
            "the user has no right to another extension's call log: take it out of extension_ids, "
            "or log in as a user whose role covers it"
        )
    elif problem.status == HTTPStatus.FORBIDDEN:
        missing = f" {permission}" if permission else ""
        message = f"the app or the user lacks a permission{missing}: check both, then log in anew"
    elif problem.status == HTTPStatus.NOT_FOUND:
        message = (
            "RingCentral knows no such account or extension: check account_id, extension_ids and "
            "api_url"
        )
    elif problem.status == HTTPStatus.UNAUTHORIZED:
        message = "the login was not accepted, nor was a new one: check the app and its user"
    elif problem.parameter:
        message = f"RingCentral does not accept the parameter {problem.parameter}"
    else:
        message = "RingCentral refused the request"
    kind = AccessError if problem.status in _NO_ACCESS else RequestError
    place = f"{stream} of extension {extension_id}" if extension_id else stream
    return kind(f"{place}: {message} ({problem})", problem)
