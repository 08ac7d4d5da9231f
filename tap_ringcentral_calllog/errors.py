"""What can go wrong, in words that a user can act on.

```
TapRingCentralError
├── SettingsError       a setting is missing, impossible, or clashes with another
├── StateError          the state is damaged or belongs to another account, level or range
├── LoginError          RingCentral refused the login
├── RequestError        RingCentral refused a request for good
│   └── AccessError     … because the app or the user lacks a right
└── UnavailableError    RingCentral, or the way to it, kept failing
```

No message holds a secret, a phone number, a name or text that a server wrote: of a refusal only the
status and the machine-readable names in it are repeated.
Source of the codes: https://developers.ringcentral.com/guide/basics/errors
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]-]{0,63}")

_NOT_AN_ADMINISTRATOR = frozenset({"CMN-402", "CMN-408"})
_ANOTHER_EXTENSION = frozenset({"CMN-404", "CMN-419"})


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
                dict.fromkeys([*_names(sources, "errorCode"), *_names(sources, "error")]),
            ),
            permission=next(iter(_names(sources, "permissionName")), None),
            parameter=next(iter(_names(sources, "parameterName")), None),
        )

    def __str__(self) -> str:
        """Name status and codes, for the end of a message."""
        return " ".join(["HTTP", str(self.status), *self.codes])


def _names(sources: list[dict[str, Any]], key: str) -> list[str]:
    """Collect what looks like a name, never free text: that may hold anything."""
    values = [source.get(key) for source in sources]
    return [value for value in values if isinstance(value, str) and _NAME.fullmatch(value)]


def refusal(problem: Problem, stream: str) -> RequestError:
    """Turn a refused request into the error that tells the user what to do.

    Args:
        problem: what the answer said.
        stream: the stream that asked.

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
            "the user has no right to another extension's call log: take the extension out of "
            "extension_ids, or log in as a user whose role covers it"
        )
    elif problem.status == 403:  # noqa: PLR2004
        missing = f" {permission}" if permission else ""
        message = f"the app or the user lacks a permission{missing}: check both, then log in anew"
    elif problem.status == 404:  # noqa: PLR2004
        message = (
            "RingCentral knows no such account or extension: check account_id, extension_ids and "
            "api_url"
        )
    elif problem.status == 401:  # noqa: PLR2004
        message = "the login was not accepted, nor was a new one: check the app and its user"
    elif problem.parameter:
        message = f"RingCentral does not accept the parameter {problem.parameter}"
    else:
        message = "RingCentral refused the request"
    kind = AccessError if problem.status in {403, 404} else RequestError
    return kind(f"{stream}: {message} ({problem})", problem)
