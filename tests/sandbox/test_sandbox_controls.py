"""What a test does to the sandbox, in its own process and over HTTP."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest
import requests
from waiting import PATIENCE

from sandbox import Clock, Sandbox
from sandbox.__main__ import main
from sandbox.instants import parse

EVERY = {"dateFrom": "2026-01-01T00:00:00Z", "view": "Detailed", "showDeleted": "true"}


def test_clock_stands_or_runs():
    """A clock stands still or runs, and can be moved and set either way."""
    ticks = iter(range(100))
    running = Clock("2026-03-01T00:00:00Z", monotonic=lambda: float(next(ticks)))
    assert [running.now().second for _ in range(3)] == [1, 2, 3]
    still = Clock("2026-03-01T00:00:00Z", running=False)
    assert still.advance(hours=1, seconds=0.5) == still.now()
    assert still.now_ms() == parse("2026-03-01T01:00:00.500Z")
    still.set(datetime(2020, 1, 1, tzinfo=timezone.utc))
    assert still.now().year == 2020
    before = datetime.now(timezone.utc) - timedelta(milliseconds=1)
    assert before < Clock().now() <= datetime.now(timezone.utc)


def test_a_call_can_be_added(opened):
    """A call can be added at any time, of any kind, with any field, to any extension."""
    rc, client = opened()
    one, other = rc.extension_ids[2:4]
    call_id = rc.add_call(
        start_time="2026-03-01T10:00:00.123Z",
        duration=90,
        extension_ids=[one, other],
        kind="voicemail",
        result="Reply",
        from_={"name": "Nobody"},
    )
    record = next(r for r in client.records() if r["id"] == call_id)
    assert record["startTime"] == "2026-03-01T10:00:00.123Z"
    assert (record["duration"], record["result"]) == (90, "Reply")
    assert record["from"] == {"name": "Nobody"}
    assert record["message"]["type"] == "VoiceMail"
    for extension_id in (one, other):
        log = client.records(f"extension/{extension_id}/call-log")
        assert [r["extension"]["id"] for r in log if r["id"] == call_id] == [int(extension_id)]
    assert call_id not in {r["id"] for r in rc.truth("extension")}
    simple = client.records(view="Simple")
    assert "legs" not in next(r for r in simple if r["id"] == call_id)
    assert [r["id"] for r in client.records(showDeleted="true")] == [r["id"] for r in rc.truth()]


def test_added_calls_show_after_their_end(opened):
    """An added call appears like any other: 15 to 30 s after its end, or when told to."""
    rc, _ = opened(calls=0)
    now = rc.clock.now()
    rc.add_call(start_time=now, duration=3600)
    told = rc.add_call(start_time=now, duration=10, visible_at=now + timedelta(minutes=1))
    assert rc.truth() == []
    rc.clock.advance(seconds=60)
    assert [record["id"] for record in rc.truth()] == [told]
    rc.clock.advance(seconds=3600 + 30)
    assert len(rc.truth()) == 2
    assert rc.add_call() in {record["id"] for record in rc.truth()}


def test_a_changed_call_keeps_its_id(opened):
    """A changed call keeps its id, and `lastModifiedTime` moves to now."""
    rc, client = opened(calls=100)
    before = rc.truth()[7]
    rc.clock.advance(minutes=5)
    rc.change_call(before["id"], result="Voicemail", duration=1)
    after = next(r for r in client.records(showDeleted="true") if r["id"] == before["id"])
    assert (after["result"], after["duration"]) == ("Voicemail", 1)
    assert parse(after["lastModifiedTime"]) == rc.clock.now_ms()
    assert after["startTime"] == before["startTime"]
    rc.change_call(before["id"], start_time="2026-02-20T00:00:00Z")
    ids = [record["id"] for record in rc.truth()]
    assert ids.count(before["id"]) == 1
    assert rc.truth(end="2026-02-20T00:00:00Z")[0]["id"] == before["id"]
    assert ids == [record["id"] for record in client.records(showDeleted="true")]


def test_a_removed_call_leaves_no_trace(opened):
    """A removed call leaves no trace."""
    rc, client = opened(calls=100)
    ids = [record["id"] for record in rc.truth()]
    added = rc.add_call(start_time=rc.clock.now() - timedelta(days=30))
    for call_id in (ids[5], added):
        rc.remove_call(call_id)
        with pytest.raises(KeyError):
            rc.remove_call(call_id)
    assert [r["id"] for r in client.records(showDeleted="true")] == ids[:5] + ids[6:]


@pytest.mark.parametrize("call_id", ["nonsense", "", "IzzzzzzzzKzUA", "12"])
def test_an_unknown_call_cannot_be_changed(opened, call_id):
    """What does not exist cannot be changed."""
    rc, _ = opened(calls=10)
    with pytest.raises(KeyError):
        rc.change_call(call_id, result="Missed")


def test_every_request_is_kept(opened):
    """Every request is kept with its query, status, group and time."""
    rc, client = opened(calls=10)
    client.get(direction=["Inbound", "Outbound"])
    client.get("nowhere")
    first, second = rc.requests
    assert (first.method, first.status, first.group) == ("GET", 200, "Heavy")
    assert first.path == "/restapi/v1.0/account/~/call-log"
    assert first.query == {"direction": ["Inbound", "Outbound"]}
    assert first.at == rc.clock.now()
    assert (second.status, second.group) == (404, "")
    assert client.get("nowhere").json()["errorCode"] == "CMN-102"
    rc.forget_requests()
    client.get()
    first = rc.requests[0]
    assert rc.requests_to("call-log") == [first]


def test_many_clients_at_once(opened):
    """Requests and changes from many threads do not get in each other's way."""
    rc, client = opened(calls=200)

    def work(index):
        if index % 3 == 0:
            rc.add_call()
        return client.get(**EVERY, perPage=50).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(48))) == {200}
    assert len(rc.requests) == 48
    assert len(rc.truth()) == len(client.records(showDeleted="true"))


def test_all_of_it_over_http(opened):
    """A test in another process can do and ask the same."""
    rc, client = opened(calls=50)
    control = client.control
    assert control("GET", "credentials").json() == rc.credentials()
    assert rc.credentials()["jwt"] == rc.jwt
    assert control("GET", "truth").json() == rc.truth()
    extension = {"level": "extension", "extension_id": rc.extension_ids[1]}
    assert control("GET", "truth", params=extension).json() == rc.truth(**extension)
    assert control("GET", "clock").json() == {"now": "2026-03-04T17:00:00Z", "running": False}
    control("POST", "clock", json={"set": "2026-03-05T00:00:00Z", "advance": {"hours": 1}})
    assert rc.clock.now_ms() == parse("2026-03-05T01:00:00Z")
    client.log_in()
    call = {"start_time": "2026-03-04T20:00:00Z", "duration": 5, "from": {"name": "X"}}
    call_id = control("POST", "calls", json=call).json()["id"]
    assert control("PATCH", f"calls/{call_id}", json={"result": "Busy"}).status_code == 200
    assert control("DELETE", f"calls/{call_id}").status_code == 200
    record = next(r for r in rc.truth() if r["id"] == call_id)
    assert (record["deleted"], record["result"], record["from"]["name"]) == (True, "Busy", "X")
    assert control("DELETE", f"calls/{call_id}", params={"trace": "false"}).status_code == 200
    assert call_id not in {r["id"] for r in rc.truth()}
    fault = {"kind": "status", "on": "call-log", "status": 502}
    assert control("POST", "faults", json=fault).status_code == 200
    assert [client.get().status_code for _ in range(2)] == [502, 200]
    seen = control("GET", "requests").json()
    assert [one["status"] for one in seen["requests"]][-2:] == [502, 200]
    assert (seen["rejected"], seen["penalties_restarted"]) == (0, 0)
    control("DELETE", "requests")
    assert rc.requests == []
    control("POST", "permissions", json={"user": ["ReadCallLog"]})
    assert client.get().status_code == 403
    control("POST", "budget", json={"group": "Heavy", "requests": 10})
    control("DELETE", "sessions")
    assert client.get().status_code == 401
    control("DELETE", "faults")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "calls/nonsense", {}, 404),
        ("POST", "calls", {"kind": "telepathy"}, 404),
        ("POST", "calls", {"start_time": "now"}, 400),
        ("POST", "calls", {"extension_ids": ["1"]}, 400),
        ("POST", "faults", {"kind": "status", "hook": "x"}, 400),
        ("POST", "clock", {"advance": {"fortnights": 1}}, 400),
        ("GET", "truth?level=galaxy", {}, 400),
        ("GET", "truth?level=extension&extension_id=5", {}, 400),
    ],
)
def test_a_wrong_control_is_refused(opened, method, path, body, status):
    """A control that makes no sense is refused with a reason."""
    _, client = opened(calls=10)
    answer = client.control(method, path, json=body)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_it_listens_on_loopback_only(opened):
    """It listens on the loopback address, and frees its port in the end."""
    rc, _ = opened(calls=0)
    assert rc.url.startswith("http://127.0.0.1:")
    with Sandbox(calls=0) as other:
        port = int(other.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_ends_on_a_signal(number):
    """`python -m sandbox` says in one line where it is and how to log in, and ends on a signal."""
    options = "--port 0 --calls 100 --days 5 --limit Heavy=2/60 --habit max_per_page=7"
    command = [sys.executable, "-m", "sandbox", *options.split(), "--habit", "time_format=offset"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        words = process.stdout.readline().split()
        url = words[3]
        known = requests.get(f"{url}/sandbox/credentials", timeout=PATIENCE).json()
        assert f"jwt={known['jwt']}" in words
        assert len(requests.get(f"{url}/sandbox/truth", timeout=PATIENCE).json()) >= 98
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == ""


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--habit", "smoking=true"], "max_per_page"),
        (["--habit", "max_per_page=lots"], "max_per_page"),
        (["--now", "soon"], "--now"),
        (["--limit", "Heavy"], "--limit"),
        (["--calls", "-3"], "calls >= 0"),
        (["--port", "99999"], "--port"),
        (["--host", "192.0.2.1"], "cannot listen at 192.0.2.1, port 0"),
    ],
)
def test_the_command_refuses_nonsense(arguments, reason, capsys):
    """An option that makes no sense is refused with a reason."""
    with pytest.raises(SystemExit) as caught:
        main(["--port", "0", *arguments])
    assert reason in f"{caught.value}{capsys.readouterr().err}"


def test_command_tells_when_the_port_is_taken():
    """A port that is in use is one clear line, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for options in (["--port", port], ["--port", "0", "--media-port", port]):
            with pytest.raises(SystemExit) as caught:
                main([*options, "--calls", "0"])
            assert str(caught.value).startswith("cannot listen at 127.0.0.1, port ")
            assert port in str(caught.value)
            assert "\n" not in str(caught.value)
