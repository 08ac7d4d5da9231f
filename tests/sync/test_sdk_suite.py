"""The SDK's standard tests for taps, all of them, against a sandbox."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import free_account
from harness import config_for, selecting
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import Fault
from tap_ringcentral_calllog.schemas.messages import messages_schema
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox import Target

# The coverage of what it runs is measured by other tests, for less time.
pytestmark = pytest.mark.unmeasured

# One call with what RingCentral documents and a log of three hundred calls happens not to hold.
_RARE = {
    "partyId": "p-1",
    "sipUuidInfo": "0123456789abcdef",
    "metadataCategories": ["Category"],
    "transferTarget": {"telephonySessionId": "s-2"},
    "transferee": {"telephonySessionId": "s-3"},
    # What nobody documents goes to `extra`.
    "newField": 1,
}


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
# A window is written down when it is read to its end.
_WHOLE = SuiteConfig(max_records_limit=10_000)

# All streams are tried, those included that nobody selects by default.
_CATALOG = selecting(*TapRingCentral(config={}, validate_config=False).streams)

# The SDK lists the tests before they run, and no login is needed for that: `_served` has the login.
_LOGIN = {"api_url": "http://127.0.0.1:1", "client_id": "x", "client_secret": "x", "jwt": "x"}
_ACCOUNT_LEVEL = {**_LOGIN}
_EXTENSION_LEVEL = {**_LOGIN, "call_log_level": "extension"}


@pytest.fixture(scope="module")
def account():
    """An account that has each field of each stream."""
    with free_account(seed=21, calls=300, days=10, now=None) as account:
        now = account.clock.now()
        account.add_call(
            **_RARE,
            legs=[{**_RARE, "extensionId": account.owner_id, "legType": "Accept", "master": True}],
            start_time=now - timedelta(hours=3),
            duration=60,
        )
        # A deletion without its call.
        account.add_call(
            start_time=now - timedelta(hours=4),
            duration=0,
            deleted=True,
            newField=1,
            from_=None,
            to=None,
            legs=None,
        )
        # A call that is under way for as long as the tests run.
        account.add_call(start_time=now - timedelta(minutes=5), duration=20 * 3600)
        for path, schema, single in _LISTS:
            added = {"accountId", "snapshotAt", "extra", "callQueueId"}
            fields = {n: f for n, f in schema["properties"].items() if n not in added}
            edit = _complete(fields, single=single)
            account.fail(Fault("edit", when=_asks_for(path), edit=edit, times=None))
        yield account


@pytest.fixture(scope="module", autouse=True)
def _served(account, tmp_path_factory):
    """Let the tests log in to the account."""
    for config in (_ACCOUNT_LEVEL, _EXTENSION_LEVEL):
        folder = tmp_path_factory.mktemp("files")
        paths = {"recordings_path": str(folder / "audio"), "messages_path": str(folder / "files")}
        config.update(config_for(account, **paths))


TestAccountLevel = get_tap_test_class(
    TapRingCentral,
    config=_ACCOUNT_LEVEL,
    suite_config=_WHOLE,
    catalog=_CATALOG,
)
TestExtensionLevel = get_tap_test_class(
    TapRingCentral,
    config=_EXTENSION_LEVEL,
    suite_config=_WHOLE,
    catalog=_CATALOG,
)
