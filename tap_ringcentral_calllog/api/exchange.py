"""One request and its answer, or what went wrong on the way."""

from __future__ import annotations

from concurrent.futures import wait
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import requests
from requests.utils import select_proxy

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.transport import (
    MOST_BYTES,
    TooLargeError,
    describe,
    host_of,
    refused_by_proxy,
)
from tap_ringcentral_calllog.errors import SettingsError, UnavailableError

if TYPE_CHECKING:
    from requests import PreparedRequest, Response, Session

# The limit for a complete answer, as a multiple of the limit for its next byte.
_WHOLE_ANSWER = 5


def exchange(
    request: PreparedRequest, session: Session, *, timeout: float, stream: bool
) -> tuple[Response | None, str]:
    """Send a request once.

    Args:
        request: the request.
        session: the session to send it with.
        timeout: the limit for a connection and for the answer's next byte, in seconds.
        stream: whether the body of a file is left to the caller.

    Returns:
        The answer and "", or None and why there is none.

    Raises:
        SettingsError: when the environment's proxy or certificates can't be used.
        UnavailableError: when the answer is too large.
    """
    settings = session.merge_environment_settings(request.url, {}, stream, None, None)
    proxy = select_proxy(request.url or "", settings["proxies"])
    send = partial(session.send, request, timeout=timeout, allow_redirects=False)
    # An answer that arrives byte by byte never times out by itself.
    sent = begin(partial(send, **settings))
    longest = timeout * _WHOLE_ANSWER
    if wait([sent], longest).not_done:
        return None, f"no complete answer within {longest:.0f} s from {host_of(request.url)}"
    try:
        response = sent.result()
    except TooLargeError:
        msg = f"an answer is larger than {MOST_BYTES >> 20} MB: lower page_size"
        raise UnavailableError(msg) from None
    except (requests.exceptions.InvalidSchema, ValueError):
        if not settings["proxies"]:
            return None, "an answer that cannot be read"
        # RingCentral's own address was checked before.
        msg = "the proxy's address cannot be used: check HTTPS_PROXY and HTTP_PROXY"
        raise SettingsError(msg) from None
    except requests.RequestException as error:
        if refused_by_proxy(error):
            raise _proxy_login_refused(proxy) from None
        return None, describe(error, request.url, proxy)
    except OSError:
        msg = "REQUESTS_CA_BUNDLE does not name a readable file of certificates"
        raise SettingsError(msg) from None
    if proxy and response.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        raise _proxy_login_refused(proxy)
    return response, ""


def _proxy_login_refused(proxy: str | None) -> SettingsError:
    return SettingsError(
        f"the proxy {host_of(proxy)} does not accept the login in its address (HTTP 407): check "
        "HTTPS_PROXY and HTTP_PROXY"
    )
