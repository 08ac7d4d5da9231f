"""The API's refusals of requests: error code, status, and a body that states the reason."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818  (the server's answer, not an error of this program)
    """An answer with `errorCode`, `message` and `errors`.

    Args:
        status: the HTTP status.
        code: RingCentral's error code.
        message: the message for the client.
        headers: more response headers.
        oauth: the `error` of an OAuth answer.
        details: `parameterName` or `permissionName`.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: dict[str, str] | None = None,
        oauth: str = "",
        **details: str,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.body: dict[str, Any] = {
            "errorCode": code,
            "message": message,
            "errors": [{"errorCode": code, "message": message, **details}],
        }
        if oauth:
            self.body = {"error": oauth, "error_description": message, **self.body}


def bad_parameter(*, name: str) -> Refusal:
    """Return the refusal of a parameter's value."""
    message = f"Parameter [{name}] has a value that is not allowed"
    return Refusal(400, "CMN-101", message, parameterName=name)


def not_found(*, parameter: str) -> Refusal:
    """Return the refusal of an id that does not exist."""
    message = f"Parameter [{parameter}] names nothing"
    return Refusal(404, "CMN-102", message, parameterName=parameter)


def invalid_token(
    *, code: str = "OAU-213", message: str = "The access token is unknown or was revoked"
) -> Refusal:
    """Return the refusal of an access token."""
    refusal = Refusal(401, code, message)
    refusal.body["errorCode"] = "TokenInvalid"
    return refusal
