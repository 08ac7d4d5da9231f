"""Faults on demand."""

from __future__ import annotations

import gzip

import pytest
import requests

from sandbox import Fault, Sandbox


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 429, 401])
def test_an_answer_can_have_any_status(opened, status):
    """An answer can have any status, with or without `Retry-After`, once or more often."""
    rc, client = opened(calls=10)
    armed = rc.fail(Fault("status", on="call-log", status=status, retry_after=7, times=2))
    for _ in range(2):
        answer = client.get()
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
        assert answer.json()["errors"][0]["errorCode"]
    assert client.get().status_code == 200
    assert (armed.met, armed.struck) == (3, 2)
    rc.fail(Fault("status", status=status))
    assert "Retry-After" not in client.get().headers


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("reset", requests.ConnectionError),
        ("cut", requests.exceptions.ChunkedEncodingError),
        ("bad_gzip", requests.exceptions.ContentDecodingError),
        ("truncated_json", requests.exceptions.JSONDecodeError),
        ("html", requests.exceptions.JSONDecodeError),
    ],
)
def test_an_answer_can_be_broken_once(opened, kind, error):
    """A connection can be reset or cut short, a body be broken; the next answer is whole."""
    rc, client = opened()
    rc.fail(Fault(kind, on="call-log"))
    with pytest.raises(error) as caught:
        client.get().json()
    if kind == "reset":
        assert "reset by peer" in str(caught.value)
        assert rc.requests[-1].status == 0
    assert client.get().json()["records"]
    assert len(rc.requests) == 2


def test_a_fault_strikes_the_requests_it_is_for(opened):
    """A fault strikes the requests it is meant for: by path and query, place and condition."""
    rc, client = opened(calls=10)
    rc.fail(Fault("status", on="page=2", after=1))
    rc.fail(Fault("status", status=500, when=lambda target: "view=Simple" in target.path))
    rc.fail(Fault("status", status=502, on="/extension/", times=None))
    assert [client.get(page=page).status_code for page in (1, 2, 1, 2, 2)] == [
        200, 200, 200, 503, 200,
    ]  # fmt: skip
    assert [client.get(view=view).status_code for view in ("Detailed", "Simple")] == [200, 500]
    assert {client.get("extension/~/call-log").status_code for _ in range(4)} == {502}
    rc.clear_faults()
    assert client.get("extension/~/call-log").status_code == 200


def test_faults_use_up_the_budget(opened):
    """A failed request counts; a request over the limit gets its 429 and spares the fault."""
    rc, client = opened(calls=10, limits={"Heavy": (2, 60.0)})
    armed = rc.fail(Fault("status", times=None))
    assert [client.get().status_code for _ in range(3)] == [503, 503, 429]
    assert armed.struck == 2


def test_a_hook_runs_before_the_answer(opened):
    """A hook runs before the answer is made: calls can vanish between two pages."""
    rc, client = opened(calls=30)
    ids = [record["id"] for record in rc.truth()]
    rc.fail(Fault("hook", on="page=2", hook=lambda: rc.remove_call(ids[0])))
    params = {"dateFrom": "2026-01-01T00:00:00Z", "showDeleted": "true", "perPage": 10}
    pages = [client.get(**params, page=page).json()["records"] for page in (1, 2)]
    assert [record["id"] for page in pages for record in page] == ids[:10] + ids[11:21]


def test_a_body_can_be_edited(opened):
    """An answer's body can be changed as it goes out, into what is no JSON, too."""
    rc, client = opened(calls=3)
    rc.fail(
        Fault("edit", on="call-log", edit=lambda body: body.replace(b'"id":', b'"id":NaN,"x":'))
    )
    assert '"id":NaN,' in client.get(dateFrom="2026-01-01T00:00:00Z").text
    assert "NaN" not in client.get(dateFrom="2026-01-01T00:00:00Z").text


def test_a_stalled_answer_outlasts_its_client(opened):
    """A stalled answer outlasts an impatient client, and does not hold up the server's end."""
    rc, client = opened(calls=10)
    rc.fail(Fault("stall", on="call-log", seconds=30))
    with pytest.raises(requests.ReadTimeout):
        client.session.get(f"{rc.url}/restapi/v1.0/account/~/call-log", timeout=0.05)
    assert client.get().status_code == 200
    rc.fail(Fault("stall", on="call-log", seconds=0.01))
    assert client.get().status_code == 200


def test_every_answer_can_take_longer():
    """Every answer can take longer: longer than an impatient client waits."""
    with Sandbox(calls=10, latency=3600) as rc, pytest.raises(requests.ReadTimeout):
        requests.get(f"{rc.url}/restapi/v1.0/account/~/call-log", timeout=0.05)


def test_a_part_of_a_list(opened):
    """A list can come by half, as if that were all, with status 206."""
    rc, client = opened(calls=10)
    asked = {"perPage": 4, "dateFrom": "2026-01-01T00:00:00Z"}
    whole = client.get(**asked).json()
    assert "nextPage" in whole["navigation"]
    rc.fail(Fault("partial", on="call-log"))
    answer = client.get(**asked)
    assert answer.status_code == 206
    assert answer.json()["records"] == whole["records"][:2]
    assert "nextPage" not in answer.json()["navigation"]


def test_an_answer_can_have_any_date(opened):
    """An answer can be dated as it likes."""
    rc, client = opened(calls=10)
    rc.fail(Fault("date", date="Fri, 31 Dec 9999 23:59:59 GMT"))
    assert client.get().headers["Date"] == "Fri, 31 Dec 9999 23:59:59 GMT"
    assert "2026" in client.get().headers["Date"]


def test_a_body_that_is_compressed(opened):
    """An answer can be gzip, and hold another body."""
    rc, client = opened(calls=10)
    rc.fail(Fault("gzip", times=1))
    assert client.get().json()["records"] == client.get().json()["records"]
    rc.fail(Fault("gzip", edit=lambda _: gzip.compress(b"[1]")))
    assert client.get().json() == [1]


def test_a_body_that_comes_byte_by_byte(opened):
    """It takes its time, and is whole."""
    rc, client = opened(calls=10)
    rc.fail(Fault("drip", edit=None, seconds=0.0001))
    assert client.get(perPage=1).json()["records"]
