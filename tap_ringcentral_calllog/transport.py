"""How a request travels: paced, read to its end, and decoded."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from tap_ringcentral_calllog.pacing import Pacer

AUTH_GROUP = "Auth"

# Rate-limit group of a route, until an answer's header names it. The strictest is the default.
# https://developers.ringcentral.com/guide/basics/rate-limits
_GROUPS = (
    (re.compile(r"/restapi/oauth/"), AUTH_GROUP),
    (re.compile(r"/restapi/v1\.0/account/[^/?]+$"), "Light"),
)
_DEFAULT_GROUP = "Heavy"


class PacedAdapter(HTTPAdapter):
    """Sends no request before the pacer lets it, and tells the pacer of each answer.

    Args:
        pacer: the pacer of the connection.
    """

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self.sent = 0
        super().__init__()

    def send(  # type: ignore[override]  # the rest is passed on as it is
        self,
        request: requests.PreparedRequest,
        **kwargs: Any,  # noqa: ANN401 - as requests declares it
    ) -> requests.Response:
        """Wait, send, and read the whole answer, so that a broken one shows here.

        Args:
            request: the request.
            kwargs: as `requests.Session.send` passes them on.

        Returns:
            The answer.

        Raises:
            requests.RequestException: when no whole answer came.
        """
        group = group_of(request)
        self._pacer.wait(group)
        self.sent += 1
        try:
            response = super().send(request, **kwargs)
            if not kwargs.get("stream"):
                response.content  # noqa: B018 - reads it
        except requests.RequestException:
            self._pacer.observe(group, None, {})
            raise
        self._pacer.observe(group, response.status_code, response.headers)
        return response


def group_of(request: requests.PreparedRequest) -> str:
    """Return the rate-limit group that a request counts in."""
    path = request.path_url
    return next((group for pattern, group in _GROUPS if pattern.search(path)), _DEFAULT_GROUP)


def decode(body: bytes) -> tuple[dict[str, Any] | None, str]:
    """Decode a successful answer.

    Args:
        body: the body. It may hold what strict decoders refuse, such as half a surrogate pair.

    Returns:
        The JSON object, or None, and what is wrong with the body.
    """
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            text = body.decode(errors="replace")
            content = json.loads(text, strict=False, parse_int=_integer)
        except (ValueError, RecursionError):
            return None, "an answer that is not JSON"
    if not isinstance(content, dict):
        return None, "an answer that is no JSON object"
    return content, ""


def _integer(digits: str) -> int | str:
    """Read a number, or leave it as text where Python would not read so many digits."""
    try:
        return int(digits)
    except ValueError:
        return digits


def describe(error: requests.RequestException) -> str:
    """Name a failure without the exception's text: that may hold addresses and credentials.

    Args:
        error: what `requests` raised.
    """
    kinds = (
        (requests.exceptions.SSLError, "the server's certificate could not be verified"),
        (requests.exceptions.ProxyError, "the proxy could not be reached"),
        (requests.exceptions.Timeout, "no answer in time"),
        (requests.exceptions.ChunkedEncodingError, "an answer that broke off"),
        (requests.exceptions.ContentDecodingError, "a damaged answer"),
        (requests.exceptions.ConnectionError, "no connection"),
    )
    return next((text for kind, text in kinds if isinstance(error, kind)), type(error).__name__)
