"""Downloads of files, complete or not at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import requests

from tap_ringcentral_calllog.api.logins import ALONE
from tap_ringcentral_calllog.api.transport import MOVED_STATUS, describe, host_of, read_some
from tap_ringcentral_calllog.errors import (
    ForeignHostError,
    Problem,
    RequestError,
    UnavailableError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files.names import suffix_of

if TYPE_CHECKING:
    from tap_ringcentral_calllog.api.connection import Connection
    from tap_ringcentral_calllog.files.hosts import MediaHosts
    from tap_ringcentral_calllog.files.storage.base import Incoming, Storage

_PIECE = 1 << 18

# The most requests for one download: the first one, and those after redirects.
_MOST_HOPS = 3

_RANGE = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/([0-9]{1,15})")
_LENGTH = re.compile(r"[0-9]{1,15}")
_TAG = re.compile(r'"[!#-~]{1,200}"')

# What proxies and gateways answer with when they mean an error, with whatever status.
_PAGES = frozenset({"application/json", "text/html"})

# No error that RingCentral puts into words is longer, in bytes.
_LONGEST_ERROR = 1 << 14

#: No file is longer, in bytes: a day of uncompressed speech is 1.4 GB.
LARGEST = 1 << 31

# A transfer may take this many seconds, plus one for each this many bytes.
_PATIENCE = 300.0
_SLOWEST = 4096

_CHANGED = "a different file than the one that was begun"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to be fetched.

    Attributes:
        url: its address.
        stem: its name in the storage, without the suffix.
        content_type: its type according to the record that names it; None if that has none.
        size: its size in bytes according to the record; None if that has none.
    """

    url: str
    stem: str
    content_type: str | None = None
    size: int | None = None


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
        connection: the run's connection; its login is sent with requests.
        storage: where the files are kept.
        hosts: the hosts that files may come from.
        purpose: what the files are, see `Logins.able`.
    """

    def __init__(
        self, connection: Connection, storage: Storage, hosts: MediaHosts, purpose: str = ALONE
    ) -> None:
        self._purpose = purpose
        self._connection = connection
        self._storage = storage
        self._hosts = hosts

    def fetch(self, wanted: Wanted) -> File:
        """Fetch a file, or the rest of one that was begun.

        Returns:
            The complete file.

        Raises:
            ForeignHostError: when the file is on another host.
            RequestError: when RingCentral refuses it, or sends nothing.
            StorageError: when it can't be stored.
            UnavailableError: when RingCentral kept failing, or was too slow.
            WrongSizeError: when it is not as long as it should be.
        """
        url = self._complete(wanted.url)
        self._check(url)
        with self._storage.receive(wanted.stem) as incoming:
            request = self._connection.session.prepare_request(
                # The file itself, not JSON. With `auth` set, `requests` looks for no other login.
                requests.Request(
                    "GET",
                    url,
                    headers={"Accept": "*/*", "Accept-Encoding": "identity"},
                    auth=lambda one: one,
                )
            )
            transfer, address = _Transfer(request, incoming, wanted, self._connection), request.url
            try:
                self._download(request, transfer)
            except RequestError as error:
                if error.problem.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise
                # What is stored here is not a part of it.
                transfer.begin_anew()
                request.url = address
                self._download(request, transfer)
            transfer.check()
            stored = incoming.commit(transfer.size, suffix=suffix_of(transfer.content_type))
            name = wanted.stem + suffix_of(transfer.content_type)
            return File(name, stored.size, stored.sha256, transfer.content_type)

    def _download(self, request: requests.PreparedRequest, transfer: _Transfer) -> None:
        """Send the request, and follow redirects to hosts that may receive the login.

        Raises:
            ForeignHostError: when it is redirected to another host.
            RequestError: when it is redirected again and again.
        """
        signed = True
        for _ in range(_MOST_HOPS):
            try:
                self._connection.download(
                    request, transfer.receive, signed=signed, purpose=self._purpose
                )
            except RequestError as error:
                if signed or error.problem.status != HTTPStatus.UNAUTHORIZED:
                    raise
                signed = True
                continue
            if transfer.moved is None:
                return
            problem = Problem(transfer.moved.status)
            self._check(transfer.moved.to)
            # Most such addresses contain their own authorization, and accept no other.
            request.url, signed = transfer.moved.to, False
            request.headers.pop("Authorization", None)
        msg = f"{problem}, again and again"
        raise RequestError(msg, problem)

    def _complete(self, url: str) -> str:
        """Return an address that begins with its path as one of the API; any other as it is."""
        is_path = url.startswith("/") and not url.startswith("//")
        return urljoin(self._connection.api_url, url) if is_path else url

    def _check(self, url: str) -> None:
        if not self._hosts.allows(url):
            msg = (
                f"{host_of(url)} is not the media host of api_url: if it is "
                "RingCentral's, add it to media_hosts"
            )
            raise ForeignHostError(msg)


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where a request for a file was sent on, and by which status."""

    status: int
    to: str


class _Transfer:
    """One download, over as many answers as it needs.

    Attributes:
        content_type: its type.
        moved: the address that the last answer redirected to, if any.
    """

    def __init__(
        self,
        request: requests.PreparedRequest,
        incoming: Incoming,
        wanted: Wanted,
        connection: Connection,
    ) -> None:
        self._request = request
        self._incoming = incoming
        self._wanted = wanted
        self._connection = connection
        self._whole: int | None = None
        self.content_type = wanted.content_type
        self.moved: _Moved | None = None
        self._ask_for_rest()

    @property
    def size(self) -> int | None:
        """The size of the file in bytes, from its record or else the server; None if unknown."""
        return self._whole if self._wanted.size is None else self._wanted.size

    def begin_anew(self) -> None:
        """Discard what was received."""
        self._incoming.restart()
        self._ask_for_rest()

    def receive(self, response: requests.Response) -> str:
        """Receive an answer's body, and make the next request continue where it ends.

        Returns:
            What was wrong with it, if anything.

        Raises:
            UnavailableError: when it was too slow.
            WrongSizeError: when it is not as long as it should be.
        """
        try:
            fault = self._receive(response)
        except requests.RequestException as error:
            fault = describe(error)
        finally:
            response.close()
        if fault:
            self._ask_for_rest()
        return fault

    def check(self) -> None:
        """Refuse an answer that is not a file.

        Raises:
            RequestError: when it is empty, or is an error of RingCentral's.
        """
        problem = Problem(HTTPStatus.OK)
        if not self._incoming.size:
            msg = f"an empty answer ({problem})"
            raise RequestError(msg, problem)
        if self._incoming.size <= _LONGEST_ERROR:
            problem = Problem.from_answer(HTTPStatus.OK, self._incoming.head(_LONGEST_ERROR))
            if problem.codes:
                self._incoming.restart()
                msg = f"an error instead of a file ({problem})"
                raise RequestError(msg, problem)

    def _receive(self, response: requests.Response) -> str:
        self.moved = None
        if response.status_code in MOVED_STATUS:
            to = urljoin(response.url, response.headers.get("Location", ""))
            self.moved = _Moved(response.status_code, to)
            return ""
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        announced = self._wanted.content_type
        if content_type in _PAGES and content_type != announced:
            return "a web page instead of a file"
        # The record's type comes from the sender, so it is better than the file server's.
        self.content_type = announced or content_type or None
        if fault := self._fit(response):
            self._incoming.restart()
            return fault
        self._receive_body(response)
        if self._whole is not None and self._incoming.size < self._whole:
            return "an incomplete file"
        return ""

    def _receive_body(self, response: requests.Response) -> None:
        begun, came, most = self._connection.elapsed, 0, self.size or LARGEST
        while piece := read_some(response, _PIECE):
            came += len(piece)
            if self._incoming.size + len(piece) > most:
                self._incoming.restart()
                msg = f"more than the {most} bytes that were announced or are allowed"
                raise WrongSizeError(msg)
            self._incoming.write(piece)
            if self._connection.elapsed - begun > _PATIENCE + came / _SLOWEST:
                fault = "a file that arrived too slowly"
                raise UnavailableError(fault, fault)

    def _fit(self, response: requests.Response) -> str:
        """Check whether an answer's body continues what was received, and how long the file is.

        Returns:
            What is wrong with it, if anything.

        Raises:
            WrongSizeError: when its length is not the one in its record.
        """
        length = response.headers.get("Content-Length", "")
        is_plain = not response.headers.get("Content-Encoding")
        whole = int(length) if is_plain and _LENGTH.fullmatch(length) else None
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            match = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
            if not match or int(match[1]) != self._incoming.size:
                return "a different part of the file than requested"
            if not self._incoming.validator or _validator(response) != self._incoming.validator:
                return _CHANGED
            whole = int(match[2])
        else:
            # The whole file: the server sends no parts, or the file has changed.
            self._incoming.restart(_validator(response))
        announced = self._wanted.size
        if announced is not None and whole not in {None, announced}:
            self._incoming.restart()
            msg = f"{whole} bytes, although the record says {announced}"
            raise WrongSizeError(msg)
        self._whole = whole
        return ""

    def _ask_for_rest(self) -> None:
        headers = self._request.headers
        if self._incoming.size and not self._incoming.validator:
            # Without a validator, the rest might belong to another version of the file.
            self._incoming.restart()
        if self._incoming.size:
            headers["Range"] = f"bytes={self._incoming.size}-"
            headers["If-Range"] = self._incoming.validator
        else:
            headers.pop("Range", None)
            headers.pop("If-Range", None)


def _validator(response: requests.Response) -> str:
    """Return what tells the version of a file for `If-Range`; empty when nothing does for sure.

    Source: https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5
    """
    headers = response.headers
    if headers.get("Content-Encoding"):
        return ""
    if tag := headers.get("ETag"):
        return tag if _TAG.fullmatch(tag) else ""
    changed = headers.get("Last-Modified", "")
    try:
        now, then = (parsedate_to_datetime(one or "") for one in (headers.get("Date"), changed))
        # Within a second there may be two versions.
        return changed if now - then > timedelta(seconds=1) else ""
    except (TypeError, ValueError, OverflowError):
        return ""
