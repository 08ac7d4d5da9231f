"""Recordings: when there are any, how they are fetched, and how they go."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from hashlib import sha256

import pytest
import requests
from waiting import PATIENCE

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from sandbox.instants import DAY, MINUTE, SECOND, parse, to_datetime

LIKE = "recording/{recordingId}"
SMALL = (1_000, 4_000)


@pytest.fixture
def recorded(opened):
    """Open a sandbox of many recordings; return it, a client, and one of them."""

    def open_one(**options):
        rc, client = opened(**{"calls": 300, "file_sizes": SMALL, **options})
        named = [one for one in client.records(recordingType="All") if "recording" in one]
        return rc, client, named[0]["recording"]

    return open_one


def refusal(answer):
    return answer.status_code, answer.json()["errorCode"]


def test_every_named_recording_can_be_fetched(recorded):
    """The recordings that the call log names are the true ones, byte for byte."""
    rc, client, _ = recorded()
    calls = client.records(recordingType="All", showDeleted="true")
    truth = rc.recordings_truth()
    assert [one["recording"]["id"] for one in calls] == [one["id"] for one in truth]
    assert {one["type"] for one in truth} == {"Automatic", "OnDemand"}
    for call, known in zip(calls, truth, strict=True):
        assert (call["id"], call["startTime"]) == (known["callId"], known["startTime"])
        assert call["recording"]["type"] == known["type"]
        about = client.answer(f"recording/{known['id']}", LIKE)
        assert about["contentUri"] == call["recording"]["contentUri"]
        assert (about["duration"], about["contentType"]) == (call["duration"], known["contentType"])
        assert about["duration"] >= 30
        content = client.fetch(about["contentUri"])
        assert content.status_code == 200
        assert content.headers["Content-Length"] == str(known["size"])
        assert sha256(content.content).hexdigest() == known["sha256"]
        assert content.content == rc.recording_bytes(known["id"])
        assert SMALL[0] <= known["size"] <= SMALL[1]
        assert parse(known["expires"]) - parse(known["startTime"]) == 90 * DAY
    assert len({one["sha256"] for one in truth}) == len(truth)
    assert len({one["id"] for one in truth}) == len(truth)


@pytest.mark.parametrize("kind", ["Automatic", "OnDemand", "All"])
def test_calls_are_picked_by_recording_type(recorded, kind):
    """`recordingType` picks the calls with a recording of that type."""
    rc, client, _ = recorded()
    found = [one["id"] for one in client.records(recordingType=kind, showDeleted="true")]
    truth = [one["callId"] for one in rc.recordings_truth() if kind in {"All", one["type"]}]
    assert 0 < len(found) < len(rc.truth())
    assert found == truth


def test_contents_belong_to_the_seed(recorded):
    """The same seed makes the same recordings, another seed others; their sizes are as asked."""
    one, again, other = (recorded(seed=seed)[0].recordings_truth() for seed in (3, 3, 4))
    assert one == again
    assert not {a["sha256"] for a in one} & {b["sha256"] for b in other}
    rc, *_ = recorded(file_sizes=(10, 10))
    assert {one["size"] for one in rc.recordings_truth()} == {10}


def test_the_contents_type_may_be_vague(recorded):
    """Metadata say mpeg or wav; the content's type is sometimes vague or has a charset."""
    rc, client, _ = recorded(calls=500)
    about = [client.get(f"recording/{one['id']}").json() for one in rc.recordings_truth()]
    assert {one["contentType"] for one in about} == {"audio/mpeg", "audio/wav"}
    seen = Counter()
    for one in about:
        content = client.fetch(one["contentUri"])
        seen[content.headers["Content-Type"]] += 1
        magic = b"RIFF" if one["contentType"] == "audio/wav" else b"ID3"
        assert content.content.startswith(magic)
    assert {"audio/mpeg", "audio/wav", "application/octet-stream"} <= seen.keys()
    assert {"audio/mpeg;charset=UTF-8", "audio/wav;charset=UTF-8"} & seen.keys()
    assert seen["audio/mpeg"] > seen.total() / 3


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-9", slice(0, 10)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=900-99999999", slice(900, None)),
        ("bytes=-99999999", slice(0, None)),
    ],
)
def test_a_range_is_a_206(recorded, asked, span):
    """A range of the content is answered with 206 and says where it belongs."""
    rc, client, recording = recorded()
    whole = rc.recording_bytes(recording["id"])
    answer = client.fetch(recording["contentUri"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, whole[span])
    first, last, _ = span.indices(len(whole))
    assert answer.headers["Content-Range"] == f"bytes {first}-{last - 1}/{len(whole)}"
    assert answer.headers["Content-Length"] == str(last - first)


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=-", "lines=1-2", "bytes=0-1,3-4", ""])
def test_a_senseless_range_gets_the_whole(recorded, asked):
    """What is no range, or more than one, gets the whole."""
    rc, client, recording = recorded()
    answer = client.fetch(recording["contentUri"], headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, rc.recording_bytes(recording["id"]))


def test_ranges_beyond_the_end(recorded):
    """A range that begins beyond the end is 416, and says how long the content is."""
    rc, client, recording = recorded()
    size = len(rc.recording_bytes(recording["id"]))
    answer = client.fetch(recording["contentUri"], headers={"Range": f"bytes={size}-"})
    assert refusal(answer) == (416, "CMN-107")
    assert answer.headers["Content-Range"] == f"bytes */{size}"
    assert answer.headers["X-Rate-Limit-Group"] == "heavy"


def test_a_range_of_another_version_gets_the_whole(recorded):
    """A range of another version than the one that is there gets the whole."""
    _, client, recording = recorded()
    etag = client.fetch(recording["contentUri"]).headers["ETag"]
    for known, status in ((etag, 206), ('"another"', 200)):
        headers = {"Range": "bytes=5-", "If-Range": known}
        assert client.fetch(recording["contentUri"], headers=headers).status_code == status


def test_a_server_may_know_nothing_of_ranges(recorded):
    """A server may know nothing of ranges, and leave out tag and length."""
    habits = Habits(content_ranges=False, content_etags=False, content_lengths=False)
    rc, client, recording = recorded(habits=habits)
    answer = client.fetch(recording["contentUri"], headers={"Range": "bytes=5-"})
    assert (answer.status_code, answer.content) == (200, rc.recording_bytes(recording["id"]))
    assert not {"ETag", "Content-Length", "Accept-Ranges"} & answer.headers.keys()


def call_that_just_ended(rc):
    """Return the id of a call whose recording will be ready in five minutes."""
    now = rc.clock.now()
    return rc.add_call(
        start_time=now - timedelta(minutes=2),
        duration=90,
        visible_at=now,
        recording_at=now + timedelta(minutes=5),
    )


@pytest.mark.parametrize(
    ("unready", "metadata", "content"),
    [("absent", 404, 404), ("404", 404, 404), ("202", 200, 202), ("empty", 200, 200)],
)
def test_a_recording_is_not_there_until_it_is_ready(opened, unready, metadata, content):
    """Until it is ready a recording is unknown, or named but answered with 404, 202 or nothing."""
    rc, client = opened(calls=0, habits=Habits(unready_recordings=unready))
    call_id = call_that_just_ended(rc)
    record = next(one for one in rc.truth() if one["id"] == call_id)
    assert ("recording" in record) is (unready != "absent")
    assert rc.recordings_truth() == []
    rc.clock.advance(minutes=5)
    known = next(one for one in rc.truth() if one["id"] == call_id)["recording"]
    rc.clock.advance(minutes=-5, seconds=1)
    client.log_in()
    assert client.get(f"recording/{known['id']}").status_code == metadata
    answer = client.fetch(known["contentUri"])
    assert answer.status_code == content
    assert content == 404 or answer.content == b""
    rc.clock.advance(minutes=5)
    assert client.fetch(known["contentUri"]).content == rc.recording_bytes(known["id"])
    assert [one["callId"] for one in rc.recordings_truth()] == [call_id]


def test_recordings_come_within_fifteen_minutes(recorded):
    """A recording is ready some minutes after the end of its call, fifteen at most."""
    rc, *_ = recorded(calls=1000)
    recordings = rc.recordings_truth()
    assert len(recordings) > 100
    for one in recordings:
        wait = parse(one["readyAt"]) - parse(one["startTime"]) - one["duration"] * SECOND
        assert 0 < wait < 15 * MINUTE + SECOND


@pytest.mark.parametrize(
    ("options", "days"), [({}, 90), ({"hipaa": True}, 30), ({"recording_days": 7.5}, 7.5)]
)
@pytest.mark.parametrize("habit", ["stay", "vanish"])
def test_an_expired_recording_is_a_404(opened, options, days, habit):
    """After 90 days, 30 for health care, a recording is 404; the call may still name it."""
    rc, client = opened(calls=0, habits=Habits(expired_recordings=habit), **options)
    call_id = rc.add_call(duration=60, recording_at=rc.clock.now())
    [known] = rc.recordings_truth()
    [call] = rc.truth()
    rc.clock.set(to_datetime(parse(known["startTime"])) + timedelta(days=days, milliseconds=-1))
    client.log_in()
    assert client.fetch(call["recording"]["contentUri"]).status_code == 200
    rc.clock.set(known["expires"])
    for answer in (
        client.get(f"recording/{known['id']}"),
        client.fetch(call["recording"]["contentUri"]),
    ):
        assert refusal(answer) == (404, "CMN-102")
    assert rc.recordings_truth() == []
    [call] = rc.truth()
    assert (call["id"], "recording" in call) == (call_id, habit == "stay")


@pytest.mark.parametrize("habit", ["stay", "vanish"])
def test_a_forgotten_recording_is_a_404(recorded, habit):
    """A recording that was dropped early is gone like one that expired."""
    rc, client, recording = recorded(habits=Habits(expired_recordings=habit))
    before = rc.recordings_truth()
    rc.forget_recording(recording["id"])
    assert rc.recordings_truth() == before[1:]
    assert refusal(client.get(f"recording/{recording['id']}")) == (404, "CMN-102")
    assert client.fetch(recording["contentUri"]).status_code == 404
    named = [one["recording"]["id"] for one in client.records(recordingType="All")]
    assert (recording["id"] in named) is (habit == "stay")


@pytest.mark.parametrize("recording", ["1", "x", "800000000001", "99999999999999999999", "-5"])
def test_an_unknown_recording_is_a_404(recorded, recording):
    """What was never recorded is 404 CMN-102."""
    _, client, _ = recorded()
    assert refusal(client.get(f"recording/{recording}")) == (404, "CMN-102")
    assert refusal(client.get(f"recording/{recording}/content")) == (404, "CMN-102")


def test_recordings_go_with_their_calls(recorded):
    """A deleted call keeps its recording; of one removed without a trace, nothing is left."""
    rc, client, recording = recorded()
    call_id = rc.recordings_truth()[0]["callId"]
    rc.delete_call(call_id)
    assert client.fetch(recording["contentUri"]).status_code == 200
    rc.remove_call(call_id)
    assert client.fetch(recording["contentUri"]).status_code == 404


def test_a_missing_permission_is_refused(recorded):
    """Recordings take the permission `ReadCallRecording` of app and user, and the right account."""
    rc, client, recording = recorded()
    paths = f"recording/{recording['id']}", f"recording/{recording['id']}/content"
    for grant, code in (
        ({"app": APP_PERMISSIONS - {"ReadCallRecording"}}, "CMN-401"),
        ({"app": APP_PERMISSIONS, "user": USER_PERMISSIONS - {"ReadCallRecording"}}, "CMN-408"),
    ):
        rc.set_permissions(**grant)
        for path in paths:
            answer = client.get(path)
            assert refusal(answer) == (403, code)
            assert answer.json()["errors"][0]["permissionName"] == "ReadCallRecording"
    rc.set_permissions(user=USER_PERMISSIONS)
    uri = recording["contentUri"]
    assert client.fetch(uri.replace(rc.account_id, "5")).status_code == 404
    assert client.fetch(uri, headers={"Authorization": None}).status_code == 401


def test_metadata_and_content_have_their_groups(recorded):
    """Metadata are Heavy, content is Heavy or of a group of its own with its own limit."""
    limits = {"Heavy": (50, 60.0), "Auth": (9, 60.0), "Recordings": (2, 60.0)}
    rc, client, recording = recorded(limits=limits, habits=Habits(recording_group="Recordings"))
    answers = [client.fetch(recording["contentUri"]) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert {answer.headers["X-Rate-Limit-Group"] for answer in answers} == {"recordings"}
    assert client.get(f"recording/{recording['id']}").headers["X-Rate-Limit-Group"] == "heavy"
    assert rc.requests[-1].group == "Heavy"
    for group in ("Heavy", "Media"):
        _, client, recording = recorded(habits=Habits(recording_group=group))
        headers = client.fetch(recording["contentUri"]).headers
        assert headers["X-Rate-Limit-Group"] == group.lower()


def test_files_may_come_from_another_host(recorded):
    """Files may come from a host of their own that serves nothing else."""
    rc, client, recording = recorded(media_port=0)
    uri = recording["contentUri"]
    assert uri.startswith(f"{rc.media_url}/restapi/v1.0/account/{rc.account_id}/recording/")
    assert rc.media_url != rc.url
    assert client.get(f"recording/{recording['id']}").json()["contentUri"] == uri
    assert client.fetch(uri).content == rc.recording_bytes(recording["id"])
    assert rc.requests[-1].headers["host"] == rc.media_url.removeprefix("http://")
    assert rc.requests[-1].headers["authorization"] == "[redacted]"
    nothing = client.fetch(f"{rc.media_url}/restapi/v1.0/account/~/call-log")
    assert refusal(nothing) == (404, "CMN-102")


def test_the_media_port_is_freed():
    """Both ports are free again in the end."""
    with Sandbox(calls=0, media_port=0) as rc:
        port = int(rc.media_url.rpartition(":")[2])
    with Sandbox(calls=0, port=port):
        pass


def test_a_uri_may_name_a_foreign_host(recorded):
    """A URI may name a host that is not RingCentral's."""
    _, client, recording = recorded(media_url="https://media.example.net")
    assert recording["contentUri"].startswith("https://media.example.net/restapi/")
    about = client.get(f"recording/{recording['id']}").json()
    assert about["contentUri"] == recording["contentUri"]


def test_content_may_be_at_a_signed_address(recorded):
    """Content may be at a signed address elsewhere, which takes no access token and expires."""
    rc, client, recording = recorded(habits=Habits(content_redirect="media"), media_port=0)
    answer = client.fetch(recording["contentUri"])
    assert (answer.status_code, answer.content) == (302, b"")
    where = answer.headers["Location"]
    assert where.startswith(rc.media_url)
    fetched = requests.get(where, headers={"Range": "bytes=1-"}, timeout=PATIENCE)
    assert fetched.content == rc.recording_bytes(recording["id"])[1:]
    assert "authorization" not in rc.requests[-1].headers
    assert client.fetch(where).status_code == 400
    assert requests.get(f"{where}0", timeout=PATIENCE).status_code == 403
    rc.clock.advance(minutes=6)
    assert requests.get(where, timeout=PATIENCE).status_code == 403
    rc, client, recording = recorded(habits=Habits(content_redirect="http://localhost:1"))
    assert (
        client.fetch(recording["contentUri"]).headers["Location"].startswith("http://localhost:1/")
    )


def test_a_download_can_be_cut_short(recorded):
    """A download can be cut short like any other answer, with and without a known length."""
    for lengths in (True, False):
        rc, client, recording = recorded(habits=Habits(content_lengths=lengths))
        rc.fail(Fault("cut", on="/content"))
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            client.fetch(recording["contentUri"])
        assert client.fetch(recording["contentUri"]).status_code == 200


def test_habits_reach_metadata(recorded):
    """Bad habits reach metadata, too."""
    rc, client, _ = recorded(habits=Habits(unknown_fields=True, numeric_ids=True))
    known = rc.recordings_truth()[0]["id"]
    about = client.get(f"recording/{known}").json()
    assert (about["id"], about["region"]) == (int(known), "us-01")


def test_another_process_can_drop_a_recording(recorded):
    """A test in another process can ask the same, and drop a recording."""
    rc, client, recording = recorded()
    assert client.control("GET", "recordings").json() == rc.recordings_truth()
    path = f"recordings/{recording['id']}"
    assert client.control("DELETE", path).status_code == 200
    assert client.fetch(recording["contentUri"]).status_code == 404
    assert client.control("DELETE", path).status_code == 400


@pytest.mark.parametrize("sizes", [(5, 4), (-1, 4)])
def test_senseless_sizes_are_refused(sizes):
    """Sizes that make no sense are refused."""
    with pytest.raises(ValueError, match="file_sizes"):
        Sandbox(calls=0, file_sizes=sizes)
