"""Routes that return files: ranges, tags, and signed addresses on another host."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.answers import data_route, refused, stamped
from sandbox.instants import MINUTE
from sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from sandbox.files import File
    from sandbox.state import State

    # Raises `Refusal` if the file does not exist or may not be read.
    Finder = Callable[[State, Request], File]
    Permit = Callable[[State, Request], object]

_SIGNED = "/signed"
_SIGNATURE_LIFE = 5 * MINUTE
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)


def content_routes(
    state: State, group: str, path: str, *, permit: Permit, find: Finder
) -> list[Route]:
    """Return the routes of one type of file.

    Args:
        state: the sandbox.
        group: their rate-limit group.
        path: their path.
        permit: raises `Refusal` if the client may not read the files.
        find: returns the requested file, or raises `Refusal`.
    """

    def answer(request: Request) -> Response:
        permit(state, request)
        file = find(state, request)
        if state.habits.content_redirect and file.status == 200:  # noqa: PLR2004 - HTTP's own
            return RedirectResponse(_signed(state, request.url.path), 302)
        return _delivered(state, request, file)

    async def signed(request: Request) -> Response:
        with state.lock:
            try:
                _check_signature(state, request)
                response = _delivered(state, request, find(state, request))
            except Refusal as refusal:
                response = refused(refusal, {})
            return stamped(state, response)

    return [Route(path, data_route(state, group, answer)), Route(_SIGNED + path, signed)]


def _delivered(state: State, request: Request, file: File) -> Response:
    """Return a file, or the requested range of it."""
    habits, data = state.habits, file.data
    etag = f'"{sha256(data).hexdigest()[:32]}"'
    headers = {"Content-Type": file.content_type}
    if habits.content_etags:
        headers["ETag"] = etag
    if request.query_params.get("contentDisposition") == "Attachment":
        headers["Content-Disposition"] = f"attachment;filename={file.name}"
    status = file.status
    if habits.content_ranges:
        headers["Accept-Ranges"] = "bytes"
        asked = request.headers.get("If-Range", etag) == etag and data
        span = _span(request.headers.get("Range", ""), len(data)) if asked else None
        if span:
            first, last = span
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            data, status = data[first : last + 1], 206
    response = Response(data, status, headers)
    if not habits.content_lengths:
        del response.headers["Content-Length"]
    return response


def _span(header: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte of the requested range, None for the whole file.

    Raises:
        Refusal: the file does not have this range.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        span = max(size - int(last), 0), size - 1
    else:
        span = int(first), min(int(last or size), size - 1)
        if last and int(last) < int(first):
            return None
    if span[0] >= size:
        message = "There is no such range"
        headers = {"Content-Range": f"bytes */{size}"}
        raise Refusal(416, "CMN-107", message, headers=headers)
    return span


def _signed(state: State, path: str) -> str:
    where = state.habits.content_redirect
    base = state.media_url if where == "media" else where
    dies = state.clock.now_ms() + _SIGNATURE_LIFE
    return f"{base}{_SIGNED}{path}?expires={dies}&signature={_signature(state, path, str(dies))}"


def _signature(state: State, path: str, dies: str) -> str:
    return sha256(f"{state.seed} {path} {dies}".encode()).hexdigest()


def _check_signature(state: State, request: Request) -> None:
    if "Authorization" in request.headers:
        # Storage with signed addresses refuses requests that also have an access token.
        raise Refusal(400, "InvalidArgument", "Only one way to authenticate is allowed")
    dies = request.query_params.get("expires", "")
    path = request.url.path.removeprefix(_SIGNED)
    good = request.query_params.get("signature") == _signature(state, path, dies)
    if not good or int(dies) < state.clock.now_ms():
        raise Refusal(403, "AccessDenied", "The signature is wrong or has expired")
