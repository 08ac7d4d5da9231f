"""Opens the place that a setting such as `recordings_path` names: a folder or a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.files.storage.folder import Folder
from tap_ringcentral_calllog.files.storage.remote import EXTRAS, Remote

if TYPE_CHECKING:
    from tap_ringcentral_calllog.files.storage.base import Storage

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?P<slashes>//)?(?P<rest>.*)")

# The host, or the bucket; what precedes the last "@" are credentials, or the container on Azure.
_NETLOC = re.compile(r"(?:(?P<user>.*)@)?(?P<host>[^:@]*(?::[0-9]+)?)")

_CONTAINED = frozenset({"az", "abfs", "abfss"})


def open_storage(url: str, *, setting: str) -> Storage:
    """Open the place where files are stored, without a request: see `Storage.check`.

    Args:
        url: a folder, or a URL that fsspec can open (`s3://bucket/folder`).
        setting: the setting that it came from, for messages.

    Raises:
        SettingsError: when it is neither, or the driver is missing. The message contains no
            credentials.
    """
    url = url.strip()
    if not (url and url.isprintable()):
        raise _malformed(setting)
    match = _URL.fullmatch(url)
    if match is None:
        return Folder(url, setting=setting)
    scheme, rest = match["scheme"].lower(), match["rest"]
    if not match["slashes"]:
        raise _malformed(setting)
    if scheme in {"file", "local"}:
        if not rest.startswith("/"):
            raise _malformed(setting)
        return Folder(rest, setting=setting)
    return Remote(
        f"{scheme}://{rest}", shown=f"{scheme}://{_shown(scheme, rest, setting)}", setting=setting
    )


def _shown(scheme: str, rest: str, setting: str) -> str:
    """Return what follows the scheme, without credentials.

    Raises:
        SettingsError: when it is ambiguous where they end, or when they must not be in the URL.
    """
    netloc, slash, path = rest.partition("/")
    match = _NETLOC.fullmatch(netloc)
    # A password with a slash would pass for host and path, a signature follows a question mark.
    if (
        match is None
        or re.search(r"[?#*\[\]\\]", rest)
        or ("@" in path and set(netloc) & set(":@"))
    ):
        raise _malformed(setting)
    user, host = match["user"], match["host"]
    if scheme in EXTRAS:
        if not host:
            raise _malformed(setting)
        if user is not None and (scheme not in _CONTAINED or ":" in user or "@" in user):
            msg = (
                f"{setting}: give credentials to the driver in its environment variables, not here"
            )
            raise SettingsError(msg)
        host = netloc
    return f"{host}{slash}{path}".rstrip("/")


def _malformed(setting: str) -> SettingsError:
    return SettingsError(
        f"{setting} is neither a folder nor a URL such as s3://bucket/folder: give the full path "
        "of a folder that has a colon in its name, and use no ? # * [ ] in a URL"
    )
