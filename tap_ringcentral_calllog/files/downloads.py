"""Files by the addresses that RingCentral gives: fetched whole, or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests

from tap_ringcentral_calllog.api.transport import MOVED_STATUS, describe, read_some
from tap_ringcentral_calllog.errors import ForeignHostError, Problem, RequestError

if TYPE_CHECKING:
    from tap_ringcentral_calllog.api.connection import Connection
    from tap_ringcentral_calllog.files.hosts import MediaHosts
    from tap_ringcentral_calllog.files.storage.base import Incoming, Storage

_PIECE = 1 << 18

# More redirects than these lead nowhere.
_MOST_HOPS = 3

_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15})")
_LENGTH = re.compile(r"[0-9]{1,15}")

# What proxies and gateways answer with when they mean an error. No recording or attachment is one.
_PAGES = frozenset({"application/json", "text/html"})

_CHANGED = "another file than the one that was begun"

_ANY = "application/octet-stream"
_SUFFIXES = {
    "application/pdf": ".pdf",
    "audio/mpeg": ".mp3",
    "audio/mp3": ".mp3",
    "audio/wav": ".wav",
    "audio/wave": ".wav",
    "audio/x-wav": ".wav",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/tiff": ".tiff",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    _ANY: ".bin",
}

#: What the name of a file may end with.
SUFFIXES = tuple(dict.fromkeys(_SUFFIXES.values()))


def type_of(name: str) -> str | None:
    """Return the type that a file's name tells, if it is one that is known.

    Args:
        name: the name in the storage.
    """
    return next((kind for kind, suffix in _SUFFIXES.items() if name.endswith(suffix)), None)


@dataclass(frozen=True, slots=True)
class File:
    """A file that was fetched.

    Attributes:
        name: its name in the storage.
        size: its size in bytes.
        sha256: its SHA-256, in hexadecimal.
        content_type: its type, as RingCentral says, without parameters.
    """

    name: str
    size: int
    sha256: str
    content_type: str | None


class Downloader:
    """Fetches files into a storage.

    Args:
        connection: the run's connection, whose login goes along.
        storage: where the files are kept.
        hosts: where files may come from.
    """

    def __init__(self, connection: Connection, storage: Storage, hosts: MediaHosts) -> None:
        self._connection = connection
        self._storage = storage
        self._hosts = hosts

    def fetch(self, url: str, stem: str) -> File:
        """Fetch a file, or the rest of one that was begun.

        Args:
            url: its address.
            stem: its name in the storage, without what tells its type.

        Returns:
            The file, which is there as a whole.

        Raises:
            ForeignHostError: when it lies at another host.
            RequestError: when RingCentral does not give it; with status 204 when it is empty.
            StorageError: when it can't be stored.
            UnavailableError: when RingCentral kept failing.
        """
        self._check(url)
        with self._storage.receive(stem) as incoming:
            request = self._connection.session.prepare_request(
                # As the file is, and not as JSON. Given a login here, none is looked for elsewhere.
                requests.Request(
                    "GET",
                    url,
                    headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                    auth=lambda one: one,
                )
            )
            transfer, address = _Transfer(request, incoming), request.url
            try:
                self._download(request, transfer)
            except RequestError as error:
                if error.problem.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise
                # What lies here is no part of it.
                transfer.begin_anew()
                request.url = address
                self._download(request, transfer)
            if not incoming.size:
                problem = Problem(HTTPStatus.NO_CONTENT)
                raise RequestError(str(problem), problem)
            stored = incoming.commit(transfer.size, suffix=transfer.suffix)
            return File(stem + transfer.suffix, stored.size, stored.sha256, transfer.content_type)

    def _download(self, request: requests.PreparedRequest, transfer: _Transfer) -> None:
        """Send the request, and follow where it is sent on to hosts that the login may be shown to.

        Raises:
            ForeignHostError: when it is sent elsewhere.
            RequestError: when it is sent on and on.
        """
        signed = True
        for _ in range(_MOST_HOPS):
            try:
                self._connection.download(request, transfer.receive, signed=signed)
            except RequestError as error:
                if signed or error.problem.status != HTTPStatus.UNAUTHORIZED:
                    raise
                signed = True
                continue
            if transfer.moved is None:
                return
            problem = Problem(transfer.moved.status)
            self._check(transfer.moved.to)
            # Most such addresses bring their own right with them, and take no other.
            request.url, signed = transfer.moved.to, False
            request.headers.pop("Authorization", None)
        msg = f"{problem}, on and on"
        raise RequestError(msg, problem)

    def _check(self, url: str) -> None:
        if not self._hosts.allows(url):
            msg = (
                f"at {self._hosts.shown(url)}, which is not the media host of api_url: if it is "
                "RingCentral's, add it to media_hosts"
            )
            raise ForeignHostError(msg)


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where a request for a file was sent on, and by which status."""

    status: int
    to: str


class _Transfer:
    """One file on its way, over as many answers as it takes."""

    def __init__(self, request: requests.PreparedRequest, incoming: Incoming) -> None:
        self._request = request
        self._incoming = incoming
        self.size: int | None = None
        self.content_type: str | None = None
        self.moved: _Moved | None = None
        self._ask_for_rest()

    @property
    def suffix(self) -> str:
        """What the file's name ends with, by its type."""
        return _SUFFIXES.get(self.content_type or "", _SUFFIXES[_ANY])

    def begin_anew(self) -> None:
        """Forget what is here."""
        self._incoming.restart()
        self._ask_for_rest()

    def receive(self, response: requests.Response) -> str:
        """Take an answer's body, and see to it that the next request goes on where it ends.

        Returns:
            What was wrong with it, if anything.
        """
        try:
            return self._take(response)
        except requests.RequestException as error:
            return describe(error)
        finally:
            response.close()
            self._ask_for_rest()

    def _take(self, response: requests.Response) -> str:
        self.moved = None
        if response.status_code in MOVED_STATUS:
            to = urljoin(response.url, response.headers.get("Location", ""))
            self.moved = _Moved(response.status_code, to)
            return ""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in _PAGES:
            return "a page in place of a file"
        self.content_type = kind or None
        if fault := self._fit(response):
            self._incoming.restart()
            return fault
        while piece := read_some(response, _PIECE):
            if not self._incoming.write(piece):
                self._incoming.restart()
                return _CHANGED
        if self.size is not None and self._incoming.size < self.size:
            return "a file that broke off"
        return ""

    def _fit(self, response: requests.Response) -> str:
        """See how an answer's body goes with what is here, and how long the file is.

        Returns:
            What is wrong with it, if anything.
        """
        length = response.headers.get("Content-Length", "")
        is_plain = not response.headers.get("Content-Encoding")
        before = self.size
        self.size = int(length) if is_plain and _LENGTH.fullmatch(length) else None
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not match or int(match[1]) != self._incoming.size:
                return "another part of a file than was asked for"
            self.size = int(match[2])
            return _CHANGED if before not in {None, self.size} else ""
        if self._incoming.size:
            # The server does not give parts.
            self._incoming.restart()
        return ""

    def _ask_for_rest(self) -> None:
        if self._incoming.size:
            self._request.headers["Range"] = f"bytes={self._incoming.size}-"
        else:
            self._request.headers.pop("Range", None)
