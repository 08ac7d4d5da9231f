"""The SDK's standard tests for taps, all of them, against a sandbox."""

from __future__ import annotations

import atexit
from datetime import timedelta

import pytest
from harness import config_for
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from sandbox import Sandbox
from tap_ringcentral_calllog.tap import TapRingCentral

# It listens from here on, so that its address is known, and answers while the tests run.
_ACCOUNT = Sandbox(seed=21, calls=300, days=10, limits={"Heavy": (10_000, 60.0)})
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
    from_=None,
    to=None,
    legs=None,
)
# A window is written down when it is read to its end.
_WHOLE = SuiteConfig(max_records_limit=10_000)


@pytest.fixture(scope="session", autouse=True)
def _served():
    with _ACCOUNT:
        yield


TestAccountLevel = get_tap_test_class(
    TapRingCentral, config=config_for(_ACCOUNT), suite_config=_WHOLE
)
TestExtensionLevel = get_tap_test_class(
    TapRingCentral,
    config=config_for(_ACCOUNT, call_log_level="extension"),
    suite_config=_WHOLE,
)
