"""The recordings that calls have are rows of their own, at no request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fixtures import free_account

from sandbox import USER_PERMISSIONS, Habits
from tap_ringcentral_calllog.times import moment


@pytest.mark.parametrize("level", ["account", "extension"])
@pytest.mark.parametrize(("account_type", "days"), [("standard", 90), ("hipaa", 30)])
def test_a_recording_is_a_row_with_the_day_it_expires(sync, level, account_type, days):
    """Each that a call names, and no other; no request of the log more.

    Where the account's settings can't be read, account_type tells for how long they are kept.
    """
    with free_account(seed=71, calls=400, days=9, extensions=2) as account:
        account.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
        given = {"call_log_level": level, "account_type": account_type, "start_date": "2026-03-12"}
        output = sync(account, **given)
        expected = {
            call["recording"]["id"]: call
            for call in account.truth(level=level)
            if "recording" in call and call["startTime"] > "2026-03-12"
        }
        rows = output.records("call_recordings")
        assert expected
        assert {row["id"] for row in rows} == expected.keys()
        for row in rows:
            call = expected[row["id"]]
            recording = call["recording"]
            assert row["accountId"] == account.account_id
            assert row["callId"] == call["id"]
            assert row["type"] == recording["type"]
            assert row["contentUri"] == recording["contentUri"]
            expires = moment(row["expiresAt"]) - moment(call["startTime"])
            assert expires == timedelta(days=days)
        assert len(account.requests_to("/call-log")) == 1


def test_a_call_that_loses_its_recording_keeps_the_row(sync):
    """A row comes only with a recording, so that nothing empties it afterwards."""
    with free_account(seed=72, calls=300, days=3) as account:
        first = sync(account, start_date="2026-03-18")
        rows = first.records("call_recordings")
        account.change_call(rows[0]["callId"], recording=None, legs=None)
        again = sync(account, first.state).records("call_recordings")
        assert rows[0]["id"] not in {row["id"] for row in again}
        assert again


def test_ids_may_be_numbers(sync):
    """They are texts in every stream, so that rows can be joined."""
    habits = Habits(numeric_ids=True)
    with free_account(seed=71, calls=300, days=3, habits=habits) as account:
        rows = sync(account, start_date="2026-03-18").records("call_recordings")
        assert rows
        assert all(row["id"].isdecimal() for row in rows)
