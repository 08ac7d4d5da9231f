"""A file is what its record announces, whole and of one version, or it is not there."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import requests
import urllib3

from tap_ringcentral_calllog.errors import (
    ForeignHostError,
    RequestError,
    UnavailableError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files import downloads
from tap_ringcentral_calllog.files.downloads import Downloader, Wanted
from tap_ringcentral_calllog.files.hosts import MediaHosts
from tap_ringcentral_calllog.files.storage.base import STEP
from tap_ringcentral_calllog.files.storage.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Callable

API = "https://platform.ringcentral.com"
URL = "https://media.ringcentral.com/recording/1/content"
STEM = "1/2026/03/20/1"
ONE, OTHER = b"one version " * 60_000, b"other bytes " * 60_000
DATED = {"Date": "Fri, 20 Mar 2026 12:00:00 GMT"}
OLD = "Fri, 20 Mar 2026 11:00:00 GMT"


@dataclass
class Answer:
    """An answer of the server; `breaks_at` is where its body ends too early."""

    body: bytes = b"audio"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks_at: int | None = None


class Server:
    """Stands in for the connection: gives one answer after the other."""

    def __init__(self, *answers: Answer | Callable[[requests.PreparedRequest], Answer]) -> None:
        self.session = requests.Session()
        self.answers = list(answers)
        self.api_url = API
        self.asked: list[dict[str, str]] = []
        self.urls: list[str] = []
        self.elapsed = 0.0
        self.seconds_per_piece = 0.0

    def download(self, request, receive, *, signed=True, purpose=""):
        del signed, purpose
        fault = "nothing"
        while self.answers:
            answer = self.answers.pop(0)
            self.asked.append(dict(request.headers))
            self.urls.append(request.url)
            answer = answer(request) if callable(answer) else answer
            if answer.status not in {200, 206, 302}:
                problem = downloads.Problem.from_answer(answer.status, answer.body)
                raise RequestError(str(problem), problem)
            fault = receive(self._response(request, answer))
            if not fault:
                return
        raise UnavailableError(fault, fault)

    def _response(self, request, answer):
        server = self

        class Body(io.BytesIO):
            def read1(self, size=-1):
                server.elapsed += server.seconds_per_piece
                return super().read1(1 if server.seconds_per_piece else size)

        sent = answer.body if answer.breaks_at is None else answer.body[: answer.breaks_at]
        length = {"Content-Length": str(len(answer.body))}
        response = requests.Response()
        response.status_code, response.url = answer.status, request.url
        headers = {**length, **answer.headers}
        response.headers.update({k: v for k, v in headers.items() if v})
        response.raw = urllib3.HTTPResponse(
            Body(sent), headers=response.headers, status=answer.status, preload_content=False
        )
        return response


@pytest.fixture
def fetch(tmp_path):
    """Fetch a file from a server; returns what is stored, and the file."""

    def run(server, **announced):
        storage = Folder(str(tmp_path / "kept"), setting="recordings_path")
        got = Downloader(server, storage, MediaHosts(API)).fetch(Wanted(URL, STEM, **announced))
        return (tmp_path / "kept" / got.name).read_bytes(), got

    return run


def part(data: bytes, start: int, **headers: str) -> Answer:
    """Return the rest of a file from a byte on."""
    span = f"bytes {start}-{len(data) - 1}/{len(data)}"
    return Answer(data[start:], 206, {"Content-Range": span, **headers})


def kept(tmp_path) -> list[str]:
    return [str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*") if one.is_file()]


@pytest.mark.parametrize("kind", ["text/html", "application/json", "audio/mpeg", "x-odd/type"])
def test_an_announced_type_is_a_type_like_any_other(fetch, kind):
    """A fax may have a page of HTML."""
    content, got = fetch(
        Server(Answer(b"<html>", headers={"Content-Type": kind})), content_type=kind
    )
    assert (content, got.content_type) == (b"<html>", kind)


@pytest.mark.parametrize("kind", ["text/html", "application/json", "TEXT/HTML; charset=utf-8"])
@pytest.mark.parametrize("announced", [None, "audio/mpeg"])
def test_a_page_in_place_of_a_file_is_none(fetch, tmp_path, kind, announced):
    """What a proxy sends with status 200 is not archived."""
    with pytest.raises(UnavailableError, match="a web page instead of a file"):
        fetch(Server(Answer(b"<html>", headers={"Content-Type": kind})), content_type=announced)
    assert not kept(tmp_path)


def test_the_record_tells_the_type_better_than_the_store(fetch):
    """A store of files may know no more than that it is one."""
    octets = {"Content-Type": "application/octet-stream"}
    _, got = fetch(Server(Answer(headers=octets)), content_type="audio/mpeg")
    assert (got.content_type, got.name) == ("audio/mpeg", f"{STEM}.mp3")
    _, got = fetch(Server(Answer(headers=octets)))
    assert (got.content_type, got.name) == ("application/octet-stream", f"{STEM}.bin")


@pytest.mark.parametrize("kind", ["application/json", "audio/mpeg", ""])
def test_ringcentrals_error_is_known_by_its_body(fetch, tmp_path, kind):
    """Whatever its type is, and with status 200."""
    body = b'{"errorCode":"CMN-102","message":"Resource not found"}'
    server = Server(Answer(body, headers={"Content-Type": kind}))
    with pytest.raises(RequestError, match=r"an error instead of a file \(HTTP 200 CMN-102\)"):
        fetch(server, content_type=kind or None)
    assert not kept(tmp_path)


@pytest.mark.parametrize("body", [b'{"message":"hello"}', b"[1]", b'"errorCode"', b"{"])
def test_other_json_is_a_file(fetch, body):
    """Of those that are announced as such."""
    kind = "application/json"
    server = Server(Answer(body, headers={"Content-Type": kind}))
    assert fetch(server, content_type=kind)[0] == body


def test_an_empty_answer_is_called_that(fetch, tmp_path):
    """And not by a status that nobody sent."""
    with pytest.raises(RequestError) as caught:
        fetch(Server(Answer(b"")))
    assert str(caught.value) == "an empty answer (HTTP 200)"
    assert not kept(tmp_path)


def test_a_file_of_the_announced_size_is_kept(fetch):
    """The record and the server say the same, or the server says nothing."""
    assert fetch(Server(Answer()), size=5)[1].size == 5
    assert fetch(Server(Answer(headers={"Content-Length": ""})), size=5)[1].size == 5


@pytest.mark.parametrize("size", [1, 4, 6, 600])
@pytest.mark.parametrize("length", [None, ""])
def test_a_file_of_another_size_than_announced_is_none(fetch, tmp_path, size, length):
    """Neither a longer nor a shorter one."""
    headers = {} if length is None else {"Content-Length": length}
    with pytest.raises(WrongSizeError, match=r"\d+ bytes"):
        fetch(Server(Answer(headers=headers)), size=size)
    assert not kept(tmp_path)


def test_no_file_is_longer_than_any_can_be(fetch, tmp_path, monkeypatch):
    """Whoever announces no length would fill the disk."""
    monkeypatch.setattr(downloads, "LARGEST", STEP)
    endless = Answer(b"x" * (3 * STEP), headers={"Content-Length": ""})
    with pytest.raises(WrongSizeError, match=f"more than the {STEP} bytes"):
        fetch(Server(endless))
    assert not kept(tmp_path)


def test_what_comes_a_byte_a_second_is_given_up(fetch, tmp_path):
    """No byte is late, and all of them would take a week."""
    server = Server(Answer(ONE))
    server.seconds_per_piece = 1.0
    with pytest.raises(UnavailableError, match="a file that arrived too slowly"):
        fetch(server)
    assert 300 < server.elapsed < 310
    assert not [name for name in kept(tmp_path) if ".incoming" not in name]


@pytest.mark.parametrize(
    ("headers", "validator"),
    [({"ETag": '"1"'}, '"1"'), ({"Last-Modified": OLD, **DATED}, OLD)],
    ids=["etag", "date"],
)
def test_the_rest_is_asked_for_if_it_is_of_the_same_version(fetch, headers, validator):
    """By `If-Range`, as RFC 9110 has it."""
    broken = Answer(ONE, headers=headers, breaks_at=STEP + 10)
    server = Server(broken, part(ONE, STEP + 10, **headers))
    assert fetch(server)[0] == ONE
    asked = server.asked[1]
    assert (asked["Range"], asked["If-Range"]) == (f"bytes={STEP + 10}-", validator)


def test_a_changed_file_comes_whole(fetch):
    """A server that keeps to the rules sends no part of it."""
    tagged = {"ETag": '"1"'}, {"ETag": '"2"'}
    broken = Answer(ONE, headers=tagged[0], breaks_at=STEP + 10)
    assert fetch(Server(broken, Answer(OTHER, headers=tagged[1])))[0] == OTHER


@pytest.mark.parametrize("headers", [{"ETag": '"2"'}, {}, {"ETag": 'W/"1"'}], ids=str)
def test_no_part_of_another_version_is_put_behind_the_first(fetch, headers):
    """Nor of one that nobody can tell: the file is fetched from its beginning."""
    broken = Answer(ONE, headers={"ETag": '"1"'}, breaks_at=STEP + 10)
    whole = Answer(OTHER, headers={"ETag": '"2"'})
    server = Server(broken, part(OTHER, STEP + 10, **headers), whole)
    assert fetch(server)[0] == OTHER
    assert "Range" not in server.asked[2]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"1"'},
        {"ETag": "1"},
        {"Last-Modified": OLD},
        {"Last-Modified": DATED["Date"], **DATED},
        {"Last-Modified": "yesterday", **DATED},
    ],
    ids=str,
)
def test_without_a_sure_sign_of_the_version_it_starts_over(fetch, headers):
    """A weak tag, or a date that two versions can have, is none."""
    broken = Answer(ONE, headers=headers, breaks_at=STEP + 10)
    server = Server(broken, Answer(OTHER, headers=headers))
    assert fetch(server)[0] == OTHER
    assert "Range" not in server.asked[1]
    assert "If-Range" not in server.asked[1]


def test_the_next_process_goes_on_with_the_same_version_only(fetch):
    """What lies on the disk has its tag beside it."""
    tag = {"ETag": '"1"'}
    with pytest.raises(UnavailableError):
        fetch(Server(Answer(ONE, headers=tag, breaks_at=2 * STEP + 10)))
    server = Server(part(ONE, 2 * STEP, **tag))
    assert fetch(server)[0] == ONE
    assert server.asked[0]["If-Range"] == '"1"'


def test_a_part_that_is_not_there_is_asked_for_from_the_beginning(fetch):
    """Status 416: what lies here is no part of it."""
    tag = {"ETag": '"1"'}
    with pytest.raises(UnavailableError):
        fetch(Server(Answer(ONE, headers=tag, breaks_at=STEP)))
    assert fetch(Server(Answer(b"", 416), Answer(b"audio")))[0] == b"audio"


def test_a_file_elsewhere_is_not_asked_for(fetch, tmp_path):
    """Neither at first nor where it is sent on to; the line names host and setting."""
    server = Server(Answer(status=302, headers={"Location": "https://files.example.com/1"}))
    line = "files.example.com is not the media host of api_url: if it is RingCentral's, add it to"
    with pytest.raises(ForeignHostError, match=line):
        fetch(server)
    assert len(server.asked) == 1
    assert not kept(tmp_path)


def test_an_address_that_is_a_path_is_one_of_the_api(tmp_path):
    """As RingCentral's own links between pages; `//host/x` names a host."""
    server = Server(Answer(b"audio"))
    storage = Folder(str(tmp_path), setting="recordings_path")
    downloader = Downloader(server, storage, MediaHosts(API))
    downloader.fetch(Wanted("/restapi/v1.0/account/1/recording/2/content", STEM))
    assert server.urls == [f"{API}/restapi/v1.0/account/1/recording/2/content"]
    with pytest.raises(ForeignHostError, match=r"files\.example\.com"):
        downloader.fetch(Wanted("//files.example.com/1", "other"))
    with pytest.raises(ForeignHostError):
        downloader.fetch(Wanted("recording/2/content", "other"))


def test_a_file_that_is_sent_on_and_on_is_none(fetch):
    """Three times are enough."""
    moved = Answer(status=302, headers={"Location": URL})
    with pytest.raises(RequestError, match="HTTP 302, again and again"):
        fetch(Server(moved, moved, moved, moved))
