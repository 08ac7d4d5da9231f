"""The hosts that files may come from: those that may receive the login.

Of RingCentral's two environments, AT&T Office@Hand and Verizon use the one at `ringcentral.biz`.
Source: https://developers.ringcentral.com/guide/basics/multi-brand
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from tap_ringcentral_calllog.config.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterable

# Where the API of an environment is, and where the files of its accounts are.
_MEDIA = {
    "platform.ringcentral.com": "media.ringcentral.com",
    "platform.ringcentral.biz": "media.ringcentral.biz",
}
_API, _FILES = "platform.", "media."

_PORTS = {"https": 443, "http": 80}

# A name and a password before the host. Some servers accept a backslash as a slash.
_LOGIN = re.compile(r"([A-Za-z0-9+.-]+:)?([/\\]*)[^/?#\\]*@")


def without_login(url: str | None) -> str | None:
    """Return an address without the name and the password that it may hold.

    Args:
        url: the address, as RingCentral gave it, if it gave one.
    """
    found = _LOGIN.match(url or "")
    return f"{found[1] or ''}{found[2]}{url[found.end() :]}" if url and found else url


class MediaHosts:
    """Decides which addresses of files may be requested with the login.

    These are `api_url` itself and the media host that belongs to it: `media.X` to `platform.X`. If
    `api_url` is another address, such as a gateway's, the media hosts of both of RingCentral's
    environments are allowed.

    Args:
        api_url: the API's address.
        further: the setting `media_hosts`. A host on this machine may use any port, and http.
    """

    def __init__(self, api_url: str, further: Iterable[str] = ()) -> None:
        api = urlsplit(api_url)
        self._api = _place(api)
        host = api.hostname or ""
        belonging = {_FILES + host.removeprefix(_API)} if host.startswith(_API) else _MEDIA.values()
        self._media = {*belonging, *further}
        # What runs on this machine may give files at another port.
        self._local = LOOPBACK & {host, *further}

    def allows(self, url: object) -> bool:
        """Return whether an address may receive the login."""
        # Some parsers of addresses ignore control characters, others do not.
        if not isinstance(url, str) or not url.isprintable():
            return False
        try:
            parts = urlsplit(url)
            place = _place(parts)
        except ValueError:
            return False
        if parts.username or parts.password or parts.scheme not in _PORTS:
            return False
        if place == self._api or parts.hostname in self._local:
            return True
        return place[0] == "https" and place[2] == _PORTS["https"] and place[1] in self._media


def _place(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return what tells one server from another: scheme, host and port."""
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
