"""The transport of a request: paced, and read completely unless it downloads a file."""

from __future__ import annotations

import re
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_ringcentral_calllog.api.pacing import Pacer

AUTH_GROUP = "Auth"

#: Statuses that redirect to another address of a file.
MOVED_STATUS = frozenset(
    {
        HTTPStatus.MOVED_PERMANENTLY,
        HTTPStatus.FOUND,
        HTTPStatus.SEE_OTHER,
        HTTPStatus.TEMPORARY_REDIRECT,
        HTTPStatus.PERMANENT_REDIRECT,
    }
)
#: Statuses of an answer with a file, the rest of a file, or a redirect to it.
FILE_STATUS = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}) | MOVED_STATUS

# Rate-limit group of a route, until an answer's header names it. The strictest is the default.
# https://developers.ringcentral.com/guide/basics/rate-limits
_GROUPS = (
    (re.compile(r"/restapi/oauth/"), AUTH_GROUP),
    (re.compile(r"/restapi/v1\.0/account/[^/?]+(?:/extension/[^/?]+)?$"), "Light"),
    # Only the answers tell whether audio counts as Heavy.
    (re.compile(r"/recording/[^/?]+/content"), "Recordings"),
    (re.compile(r"/message-store/[^/?]+/content"), "Medium"),
    (re.compile(r"/message-store(?:\?|$)"), "Light"),
    (re.compile(r"/account/[^/?]+/(?:call-queues/[^?]+|call-recording)(?:\?|$)"), "Light"),
    (re.compile(r"/account/[^/?]+/(?:extension|directory/entries|call-queues)(?:\?|$)"), "Medium"),
)
_DEFAULT_GROUP = "Heavy"

# A host as it may be repeated in a message.
_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
# What http.client says when a proxy refuses to connect.
_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")


#: The most that an answer may hold, decoded, in bytes: ten times what a thousand calls take. What
#: is made of it takes several times as much memory.
MOST_BYTES = 32 << 20

# Decoded at once: a small answer may be a large one, compressed.
_AT_ONCE = 1 << 20


class TooLargeError(requests.RequestException):
    """An answer holds more than `MOST_BYTES`."""


class PacedAdapter(HTTPAdapter):
    """Waits for the pacer before each request, and reports each answer to it."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self.sent = 0
        super().__init__()

    @override
    def send(  # type: ignore[override]  # the rest is passed on as it is
        self,
        request: requests.PreparedRequest,
        **kwargs: Any,
    ) -> requests.Response:
        """Wait, send, and read the complete answer, so that a broken one fails here.

        With `stream` a file's body is left to the caller.

        Args:
            request: the request.
            kwargs: as `requests.Session.send` passes them on.

        Returns:
            The answer.

        Raises:
            requests.RequestException: when no complete answer came.
        """
        group = group_of(request.path_url)
        self._pacer.wait(group)
        self.sent += 1
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException:
            self._pacer.observe(group, None, {})
            raise
        # RingCentral has counted it by now: the body may take its time.
        self._pacer.observe(group, response.status_code, response.headers)
        if not kwargs.get("stream") or response.status_code not in FILE_STATUS:
            response.raw = _Body(_read(response))
        return response


class _Body(BytesIO):
    """A body that was read, in place of its connection."""

    def stream(self, amt: int, decode_content: bool) -> Iterator[bytes]:  # noqa: ARG002, FBT001 - as `requests` calls it
        """Yield all of it."""
        yield self.getvalue()


def _read(response: requests.Response) -> bytes:
    """Read a body: at once if its length is known, else in large pieces, until it is too large.

    The 10 KB pieces of `requests` take five times as long.

    Raises:
        requests.RequestException: when it is incomplete, can't be decoded, or is too large.
    """
    length = None if "Content-Encoding" in response.headers else response.raw.length_remaining
    amount = None if length is not None and length <= MOST_BYTES else _AT_ONCE
    pieces, size = [], 0
    try:
        while piece := read_some(response, amount):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise TooLargeError
    finally:
        response.raw.close()
    return b"".join(pieces)


def read_some(response: requests.Response, amount: int | None) -> bytes:
    """Read a part of a body.

    Args:
        response: the answer.
        amount: how many bytes at most, decoded, as they come; None for all that are left.

    Returns:
        The bytes, none at the end.

    Raises:
        requests.RequestException: when it is incomplete or can't be decoded.
    """
    try:
        if amount is None:
            return bytes(response.raw.read(decode_content=True))
        # Return what has arrived, which may be less than requested.
        return bytes(response.raw.read1(amount, decode_content=True) or b"")
    except urllib3.exceptions.DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None


def group_of(path: str) -> str:
    """Return the rate-limit group that a request counts in."""
    return next((group for pattern, group in _GROUPS if pattern.search(path)), _DEFAULT_GROUP)


def host_of(url: object) -> str:
    """Name the host of an address in a message, without the login that the address may hold.

    Args:
        url: the address; a server may have written it.
    """
    host = ""
    if isinstance(url, str):
        with suppress(ValueError):
            # A proxy's address may come without a scheme.
            host = urlsplit(url if "//" in url else f"//{url}").netloc.rpartition("@")[2]
    return host if _HOST.fullmatch(host) else "a host that cannot be read"


def describe(error: requests.RequestException, url: object = None, proxy: str | None = None) -> str:
    """Describe a failure without the exception's text, which may contain addresses and credentials.

    Args:
        error: what `requests` raised.
        url: the address that was asked; None where an answer had begun.
        proxy: the proxy's address, if one was used.
    """
    host, way = host_of(url), f" by the proxy {host_of(proxy)}" if proxy else ""
    at = f" {host}{way}" if url else ""
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"the certificate of{at or ' the server'} could not be verified: if a proxy or an "
            "authority of your company has signed it, set REQUESTS_CA_BUNDLE to a PEM file with "
            "that authority's certificate; SSL_CERT_FILE is not read"
        )
    if isinstance(error, requests.exceptions.ProxyError):
        status = _TUNNEL.search(str(error))
        if status:
            return f"the proxy {host_of(proxy)} refuses the connection to {host} (HTTP {status[1]})"
        return f"the proxy {host_of(proxy)} could not be reached"
    causes = (
        (requests.exceptions.Timeout, f"no answer in time{at and f' from{at}'}"),
        (requests.exceptions.ChunkedEncodingError, "an incomplete answer"),
        (requests.exceptions.ContentDecodingError, "a damaged answer"),
        (requests.exceptions.ConnectionError, f"no connection{at and f' to{at}'}"),
    )
    return next((text for cause, text in causes if isinstance(error, cause)), type(error).__name__)


def refused_by_proxy(error: requests.RequestException) -> bool:
    """Return whether a proxy did not accept the login that stands in its address."""
    if not isinstance(error, requests.exceptions.ProxyError):
        return False
    status = _TUNNEL.search(str(error))
    return status is not None and int(status[1]) == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
