"""Whether an active call was over is told by its result and length, and its legs'."""

from __future__ import annotations

import definitions
import pytest

from tap_ringcentral_calllog.records.active import is_over

RESULTS = definitions.words("CallLogRecord", "result") - {"In Progress", "Unknown"}


@pytest.mark.parametrize(
    ("call", "over"),
    [
        # As RingCentral's own samples of active calls are: no length, every leg in progress.
        ({"result": "In Progress", "legs": [{"result": "In Progress"}]}, False),
        ({"result": "In Progress"}, False),
        ({"result": "in progress", "duration": 5}, False),
        ({"result": "Accepted", "duration": 5, "legs": [{"result": "In Progress"}]}, False),
        ({"legs": [{}, {"result": "In Progress"}]}, False),
        ({"result": "Accepted", "duration": 5, "legs": [{"result": "Accepted"}]}, True),
        ({"result": "Missed", "durationMs": 0, "legs": None}, True),
        ({"result": "Accepted"}, None),
        ({"result": "Unknown", "duration": 5}, None),
        ({"result": None, "duration": 5, "legs": [{"result": "Accepted"}]}, None),
        ({}, None),
    ],
)
def test_a_call_is_over_with_a_result_and_a_length(call, over):
    """In progress is a word of its own; an end has another word and a length."""
    assert is_over(call) is over


@pytest.mark.parametrize("result", sorted(RESULTS))
def test_every_other_result_ends_a_call(result):
    """Of those that RingCentral documents."""
    assert is_over({"result": result, "duration": 1, "legs": []}) is True
