"""Errors, with messages that a user can act on.

```
TapRingCentralError
├── SettingsError       a setting is missing, impossible, or clashes with another
├── StateError          the state is damaged or belongs to another account, level or range
├── LoginError          RingCentral refused the login
├── RequestError        RingCentral refused a request: repeating it would not help
│   └── AccessError     … because the app or the user lacks a right
├── UnavailableError    one part could not be read: RingCentral or the network failed repeatedly
│   └── LongWaitError     … or RingCentral asks to wait for longer than a run waits
├── UnreachableError    RingCentral answers no request at all, or no login: the run ends
├── OutputError         the messages cannot be written: the target has died, or the disk is full
├── StorageError        the place where downloaded files are kept cannot be used
│   ├── StorageBusyError  … because another run is receiving the same file
│   └── OccupiedError     … for one file, because something else is in its place
├── FilesError          some files could not be fetched, others were
├── ForeignHostError    a file is on a host that must not receive the login
└── WrongSizeError      a download is not as long as announced, or exceeds the limit for a file
```

No message contains a secret, a phone number, a name or a server's text. Of a refusal, a message
repeats only the status and the machine-readable codes.
Source of the codes: https://developers.ringcentral.com/guide/basics/errors
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import msgspec
from typing_extensions import override

# What is repeated of an answer must look like a code of RingCentral or OAuth, or like a name that
# the API's documentation could hold.
_CODE = re.compile(
    r"[A-Z]{2,5}-[0-9]{1,4}|TokenInvalid|AgentInvalid|InvalidParameter|InvalidContent"
    r"|(?:invalid|unsupported|unauthorized)_[a-z_]{1,24}"
    r"|access_denied|server_error|temporarily_unavailable"
)
_NAME = re.compile(r"[A-Za-z]{1,40}(?:\[[0-9]{1,3}\])?")

# Parameters that the tap sends: no other one can be wrong, whatever an answer names.
_SENT = frozenset(
    {"view", "dateFrom", "dateTo", "perPage", "page", "recordingType", "showDeleted"}
    | {"availability", "syncType", "syncToken", "recordCount"}
)

#: What a user needs to read the account's call log.
COMPANY_CALL_LOG = "FullCompanyCallLog"

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
    """RingCentral refused a request, and repeating it would not help.

    Attributes:
        problem: what the answer said.
    """

    def __init__(self, message: str, problem: Problem) -> None:
        super().__init__(message)
        self.problem = problem


class AccessError(RequestError):
    """The app or the user lacks a right to the requested data, or the data does not exist."""


class UnavailableError(TapRingCentralError):
    """A request failed in each of its tries, for reasons that may pass.

    It concerns one part of the run: a mailbox, extension, queue, list or file. The others are read.

    Attributes:
        fault: what was wrong the last time, in a few words; empty when that is the message.
        answered: whether there was an answer at all.
    """

    def __init__(self, message: str, fault: str = "", *, answered: bool = True) -> None:
        super().__init__(message)
        self.fault = fault
        self.answered = answered


class LongWaitError(UnavailableError):
    """RingCentral asks to wait for longer than a run waits: run the tap again after that time."""


class UnreachableError(TapRingCentralError):
    """RingCentral answers no request at all, or no login: any other request would fail, too.

    Not an `UnavailableError`: code that catches that error to skip a part must not catch this one.
    """


class OutputError(TapRingCentralError):
    """The messages cannot be written: the target has died, or the disk is full."""


class StorageError(TapRingCentralError):
    """The place where downloaded files are kept cannot be read or written."""


class StorageBusyError(StorageError):
    """Another run is receiving the same file at this moment."""


class OccupiedError(StorageError):
    """In the place of a file there is something else, or in the place of a folder."""


class FilesError(TapRingCentralError):
    """Some files of a stream could not be fetched; the others were."""


class ForeignHostError(TapRingCentralError):
    """A file lies at a host that is neither RingCentral's nor in `media_hosts`."""


class WrongSizeError(TapRingCentralError):
    """A download is not as long as announced, or exceeds the limit; what was received is deleted.

    The next run starts it from the beginning.
    """


Failure = RequestError | UnavailableError


def retold(error: Failure, message: str) -> Failure:
    """Return an error of the same kind that says something else."""
    if isinstance(error, RequestError):
        return type(error)(message, error.problem)
    return type(error)(message, error.fault, answered=error.answered)


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
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
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

    @property
    def may_be_the_login(self) -> bool:
        """Whether a new login may help: not where RingCentral names another extension."""
        if self.status == HTTPStatus.FORBIDDEN:
            return not _ANOTHER_EXTENSION.intersection(self.codes)
        return self.status == HTTPStatus.UNAUTHORIZED

    @override
    def __str__(self) -> str:
        """Name status and codes, for the end of a message."""
        return " ".join(["HTTP", str(self.status), *self.codes])


def _words(sources: list[dict[str, Any]], key: str, form: re.Pattern[str]) -> list[str]:
    """Collect codes and names, never free text, which may contain anything."""
    values = [source.get(key) for source in sources]
    return [value for value in values if isinstance(value, str) and form.fullmatch(value)]


def refusal(
    problem: Problem,
    stream: str,
    *,
    of: str = "",
    app_permission: str = "",
    user_permission: str = COMPANY_CALL_LOG,
) -> RequestError:
    """Turn a refused request into the error that tells the user what to do.

    Args:
        problem: what the answer said.
        stream: the name of the stream.
        of: the part of it that was requested, such as "extension 5"; empty for the account's data.
        app_permission: the permission that the app needs, in case the answer names none.
        user_permission: the permission that the user needs, in case the answer names none.

    Returns:
        The error to raise: an `AccessError` for status 403 and 404.
    """
    codes = set(problem.codes)
    missing = problem.permission
    # The call log is what the tap is for. Other streams may be left out.
    is_log = user_permission == COMPANY_CALL_LOG
    otherwise = "" if is_log else ", or deselect the stream"
    if "CMN-401" in codes:
        missing = missing or app_permission or "that the stream needs"
        message = (
            f"the app lacks the permission {missing}: add it to the app in RingCentral's "
            f"developer console, then log in again{otherwise}"
        )
    elif codes & _NOT_AN_ADMINISTRATOR:
        missing = missing or user_permission or "that the stream needs"
        other_level = "set call_log_level to 'extension' to read the user's own call log, or "
        message = (
            f"the user lacks the permission {missing}: {other_level if is_log else ''}"
            f"log in as a user whose role has the permission{otherwise}"
        )
    elif codes & _ANOTHER_EXTENSION:
        what = "call log: remove it from extension_ids, or" if is_log else "data:"
        message = (
            f"the user has no right to another extension's {what} log in as a user whose role "
            f"covers it{otherwise}"
        )
    elif problem.status == HTTPStatus.FORBIDDEN:
        missing = f" {missing}" if missing else ""
        message = (
            f"the app or the user lacks a permission{missing}: check both, then log in "
            f"again{otherwise}"
        )
    elif problem.status == HTTPStatus.NOT_FOUND:
        message = _not_found(of, is_log=is_log)
    elif problem.status == HTTPStatus.UNAUTHORIZED:
        message = "RingCentral accepted neither the login nor a new one: check the app and its user"
    elif problem.parameter and problem.parameter.partition("[")[0] in _SENT:
        message = f"RingCentral does not accept the parameter {problem.parameter}"
    else:
        message = "RingCentral refused the request"
    error = AccessError if problem.status in _NO_ACCESS else RequestError
    place = f"{stream} of {of}" if of else stream
    return error(f"{place}: {message} ({problem})", problem)


def _not_found(of: str, *, is_log: bool) -> str:
    if is_log:
        return (
            "RingCentral has no such account or extension: check account_id, extension_ids and "
            "api_url"
        )
    if of:
        return "RingCentral no longer has it: it was deleted after it was listed"
    return "RingCentral has no such account, or no such list for it: check account_id"
