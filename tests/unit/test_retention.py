"""What RingCentral keeps, for whom and how long."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_ringcentral_calllog.retention import (
    ACCOUNT,
    AUTOMATIC,
    DEFAULT,
    DELETED_MESSAGES,
    ON_DEMAND,
    TEXTS,
    Kind,
    expires,
    kept_as,
    kinds_for,
)

NOW = datetime(2026, 3, 20, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def kind(name: str = "callLog", account_type: str = "standard", **own: Any) -> Kind:
    return next(one for one in kinds_for(account_type, own) if one.name == name)


@pytest.mark.parametrize(
    ("account_type", "name", "days", "most"),
    [
        ("standard", "callLog", 365, None),
        ("hipaa", "callLog", 365, None),
        ("standard", AUTOMATIC, 90, 100_000),
        ("hipaa", AUTOMATIC, 30, 100_000),
        ("standard", ON_DEMAND, 90, 200),
        ("hipaa", ON_DEMAND, 30, 200),
        ("standard", "voiceMailAndFax", 30, 200),
        ("hipaa", "voiceMailAndFax", 30, 200),
        ("hipaa", "voiceMailAndFaxFiles", 30, None),
        ("hipaa", DELETED_MESSAGES, 5, 200),
        ("standard", TEXTS, None, 5_000),
    ],
)
def test_retention_is_ringcentrals_table(account_type, name, days, most):
    """RingCentral's own table, for both types of account."""
    found = kind(name, account_type)
    assert found.kept == (None if days is None else days * DAY)
    assert found.most == most


def test_an_account_of_health_care_has_no_text_messages():
    """Nothing is to be told of them."""
    assert TEXTS not in {one.name for one in kinds_for("hipaa")}


@pytest.mark.parametrize(
    ("own", "days", "most"),
    [
        ({"automatic": {"retentionPeriod": 45, "maxNumberLimit": 500}}, 45, 500),
        ({"automatic": {"retentionPeriod": 45}}, 45, 100_000),
        ({"automatic": {"retentionPeriod": 0, "maxNumberLimit": 0}}, 90, 100_000),
        ({"automatic": {"retentionPeriod": 10**9}}, 90, 100_000),
        ({"automatic": {"retentionPeriod": "45"}}, 90, 100_000),
        ({"automatic": None, "onDemand": {"retentionPeriod": 1}}, 90, 100_000),
        ({}, 90, 100_000),
    ],
)
def test_an_account_may_have_limits_of_its_own(own, days, most):
    """What makes no sense leaves the usual ones."""
    found = kind(AUTOMATIC, **own)
    assert (found.kept, found.most) == (days * DAY, most)
    assert found.source == (ACCOUNT if days == 45 else DEFAULT)


def test_a_recording_expires_by_its_type():
    """One that is unknown counts as automatic."""
    kinds = kinds_for("standard", {"onDemand": {"retentionPeriod": 7}})
    assert expires(NOW, "OnDemand", kinds) == NOW + 7 * DAY
    assert expires(NOW, "Automatic", kinds) == NOW + 90 * DAY
    assert expires(NOW, None, kinds) == NOW + 90 * DAY


def test_each_type_of_recording_has_a_source_of_its_own():
    """The account's settings may tell of one only."""
    kinds = kinds_for("standard", {"onDemand": {"retentionPeriod": 7}})
    assert kept_as("OnDemand", kinds).source == ACCOUNT
    assert kept_as("Automatic", kinds).source == DEFAULT
