"""The SDK's standard tests for taps, all of them, against a sandbox."""

from __future__ import annotations

import atexit
import json
from datetime import timedelta
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from harness import config_for, selecting
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.schemas.messages import messages_schema
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Target


# It listens from here on, so that its address is known, and answers while the tests run.
_LIMITS = dict.fromkeys(("Heavy", "Medium", "Light"), (10_000, 60.0))
_ACCOUNT = Sandbox(seed=21, calls=300, days=10, limits=_LIMITS)
# Tests may be shared out among processes; those that run none of these have it as well.
atexit.register(_ACCOUNT.stop)
# One call with what RingCentral documents and a log of three hundred calls happens not to hold.
_RARE = {
    "partyId": "p-1",
    "sipUuidInfo": "0123456789abcdef",
    "metadataCategories": ["Category"],
    "transferTarget": {"telephonySessionId": "s-2"},
    "transferee": {"telephonySessionId": "s-3"},
    "extensionId": _ACCOUNT.owner_id,
    # What nobody documents goes to `extra`.
    "newField": 1,
}
_ACCOUNT.add_call(
    **{**_RARE, "extensionId": None},
    legs=[{**_RARE, "legType": "Accept", "master": True}],
    start_time=_ACCOUNT.clock.now() - timedelta(hours=3),
    duration=60,
)
# And a deletion without its call.
_ACCOUNT.add_call(
    start_time=_ACCOUNT.clock.now() - timedelta(hours=4),
    duration=0,
    deleted=True,
    newField=1,
    from_=None,
    to=None,
    legs=None,
)
# A call that is under way for as long as the tests run.
_ACCOUNT.add_call(start_time=_ACCOUNT.clock.now() - timedelta(minutes=5), duration=20 * 3600)


def _sample(field: dict[str, Any]) -> Any:
    """Return a value of a type, with everything that it may hold."""
    kind = field["type"][0]
    if kind == "object":
        return {name: _sample(inner) for name, inner in field.get("properties", {}).items()}
    if kind == "array":
        return [_sample(field["items"])]
    text = "2026-03-01T12:00:00Z" if "format" in field else "1"
    return {"string": text, "integer": 1, "number": 1.5, "boolean": True}[kind]


def _complete(properties: dict[str, Any], *, single: bool) -> Callable[[bytes], bytes]:
    """Return an edit that gives an answer's first record all that RingCentral documents."""

    def edit(body: bytes) -> bytes:
        answer = json.loads(body)
        for record in [answer] if single else answer["records"][:1]:
            for name in properties.keys() - record.keys():
                record[name] = _sample(properties[name])
            record["newField"] = 1
        return json.dumps(answer).encode()

    return edit


def _asks_for(path: str) -> Callable[[Target], bool]:
    """Return whether a request is for a list's own route."""
    last = path.rpartition("/")[2]
    return lambda target: target.path.partition("?")[0].endswith(f"/{last}")


_LISTS = [
    *((_kind.path, _kind.schema(), _kind.single) for _kind in SNAPSHOTS),
    ("/message-store", messages_schema(), False),
]
for _path, _schema, _single in _LISTS:
    _added = {"accountId", "snapshotAt", "extra", "callQueueId"}
    _fields = {n: f for n, f in _schema["properties"].items() if n not in _added}
    _ACCOUNT.fail(
        Fault("edit", when=_asks_for(_path), edit=_complete(_fields, single=_single), times=None)
    )
# A window is written down when it is read to its end.
_WHOLE = SuiteConfig(max_records_limit=10_000)


@pytest.fixture(scope="session", autouse=True)
def _served():
    with _ACCOUNT:
        yield


_FOLDER = TemporaryDirectory()
atexit.register(_FOLDER.cleanup)
_PATHS = {"recordings_path": f"{_FOLDER.name}/audio", "messages_path": f"{_FOLDER.name}/messages"}

# All streams are tried, those included that nobody selects by default.
_CATALOG = selecting(*TapRingCentral(config={}, validate_config=False).streams)

TestAccountLevel = get_tap_test_class(
    TapRingCentral,
    config=config_for(_ACCOUNT, **_PATHS),
    suite_config=_WHOLE,
    catalog=_CATALOG,
)
TestExtensionLevel = get_tap_test_class(
    TapRingCentral,
    config=config_for(_ACCOUNT, call_log_level="extension", **_PATHS),
    suite_config=_WHOLE,
    catalog=_CATALOG,
)
