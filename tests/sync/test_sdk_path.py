"""What the tap writes by shorter ways is what the SDK would have written."""

from __future__ import annotations

import json
import sys

import pytest
from fixtures import NOW, free_account
from harness import Output
from singer_sdk.helpers.conform import TypeConformanceLevel
from waiting import PATIENCE

from benchmarks import plain_sdk
from sandbox import Habits, Sandbox
from tap_ringcentral_calllog.records import shaper as records
from tap_ringcentral_calllog.streams.base import RingCentralStream
from tap_ringcentral_calllog.tap import TapRingCentral

pytestmark = pytest.mark.unmeasured

STREAMS = ("call_log", "call_legs")
TOP = {
    "call_log": [["uri"], ["legs"], ["transferee"], ["extra"]],
    "call_legs": [["duration"], ["from"], ["extra"]],
}
NESTED = {
    "call_log": [["uri"], ["from", "name"], ["to", "device"], ["billing", "costIncluded"]],
    "call_legs": [["from", "device", "id"], ["extension", "uri"], ["to", "name"], ["to"]],
}


@pytest.fixture(scope="module")
def account():
    """Calls of every kind, with fields that nobody has heard of and some that are missing."""
    habits = Habits(unknown_fields=True, missing_fields=True, null_objects=True)
    with free_account(seed=11, calls=500, days=20, extensions=8, habits=habits) as sandbox:
        yield sandbox


@pytest.fixture
def the_sdks_way(monkeypatch):
    """Let the SDK check, deselect and map every record, as it does for any tap."""
    monkeypatch.setattr(RingCentralStream, "is_left_to_sdk", True)
    monkeypatch.setattr(RingCentralStream, "TYPE_CONFORMANCE_LEVEL", TypeConformanceLevel.RECURSIVE)
    monkeypatch.setattr(records.Shaper, "read", lambda *_, **__: None)


def catalog_without(deselected: dict[str, list[list[str]]]) -> dict:
    """Return the tap's catalog without some properties."""
    catalog = TapRingCentral(config={}, validate_config=False).catalog_dict
    for stream in catalog["streams"]:
        breadcrumbs = [
            [part for name in path for part in ("properties", name)]
            for path in deselected.get(stream["tap_stream_id"], [])
        ]
        for entry in stream["metadata"]:
            if entry["breadcrumb"] in breadcrumbs:
                entry["metadata"]["selected"] = False
    return json.loads(json.dumps(catalog))


CASES = [
    pytest.param({}, id="all"),
    pytest.param({"catalog": catalog_without(TOP)}, id="without some columns"),
    pytest.param({"catalog": catalog_without(NESTED)}, id="without some inner fields"),
    pytest.param({"flattening_enabled": True, "flattening_max_depth": 3}, id="flattened"),
    pytest.param(
        {
            "stream_maps": {
                "call_log": {"uri": None, "who": "record.get('from', {}).get('name', '')"}
            }
        },
        id="mapped",
    ),
    pytest.param(
        {"call_log_level": "extension", "catalog": catalog_without(NESTED)}, id="extension"
    ),
]


def parsed(rows: list[dict]) -> list[dict]:
    """Read the JSON that flattening writes in place of arrays: its order does not matter."""
    return [
        {
            name: json.loads(value) if str(value).startswith(("[", "{")) else value
            for name, value in row.items()
            if not isinstance(value, (dict, list))
        }
        | {name: value for name, value in row.items() if isinstance(value, (dict, list))}
        for row in rows
    ]


@pytest.fixture
def quick(sync, account, settings):
    """What the tap writes by itself."""
    return sync(account, **settings)


@pytest.mark.parametrize("settings", CASES)
def test_the_output_is_the_sdks(quick, the_sdks_way, sync, account, settings):
    """Record by record, deselected and unknown fields, legs, maps and flattening included."""
    del the_sdks_way
    slow = sync(account, **settings)
    for stream in STREAMS:
        assert quick.records(stream)
        assert parsed(quick.records(stream)) == parsed(slow.records(stream))
    assert quick.schema("call_log") == slow.schema("call_log")


def test_what_is_deselected_is_not_there(sync, account):
    """At any depth; and in the other stream it still is."""
    output = sync(account, catalog=catalog_without(NESTED))
    parties = [call["from"] for call in output.records() if "from" in call]
    assert parties
    assert not any("name" in party for party in parties)
    assert any("name" in (leg.get("from") or {}) for leg in output.records("call_legs"))
    assert any("name" in leg["from"] for call in output.records() for leg in call.get("legs", []))
    assert not any("to" in leg for leg in output.records("call_legs"))


def test_values_are_those_of_a_plain_tap(sync, monkeypatch, capsysbinary):
    """A tap with nothing of its own, on the same log: numbers, times and texts are the same."""
    with free_account(seed=12, calls=300, days=20, extensions=8) as sandbox:
        ours = {call["id"]: call for call in sync(sandbox).records() if not call.get("deleted")}
        monkeypatch.setattr(
            plain_sdk, "BearerTokenAuthenticator", lambda **_: sandbox_token(sandbox)
        )
        config = {"api_url": sandbox.url, "start_date": "2026-02-20T00:00:00Z", "end_date": NOW}
        monkeypatch.setattr(sys, "argv", ["tap-plain"])
        plain_sdk.PlainTap(config=config).sync_all()
    messages = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    plain = Output(messages).records()
    assert len(plain) == len(ours) > 250
    for call in plain:
        found = {name: value for name, value in ours[call["id"]].items() if name in call}
        for one in (call, *call["legs"]):
            one["extension"]["id"] = str(one["extension"]["id"])
        assert found == call


def sandbox_token(sandbox: Sandbox):
    """Log in, as a plain tap would."""
    import requests  # noqa: PLC0415
    from singer_sdk.authenticators import BearerTokenAuthenticator  # noqa: PLC0415

    answer = requests.post(
        f"{sandbox.url}/restapi/oauth/token",
        data={
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": sandbox.jwt,
        },
        auth=(sandbox.client_id, sandbox.client_secret),
        timeout=PATIENCE,
    )
    return BearerTokenAuthenticator(token=answer.json()["access_token"])
