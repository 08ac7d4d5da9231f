"""The mart `recordings`: which audio is archived, as the tap has stored it in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fixtures import FREE
from warehouse import STREAMS, DuckDB, Postgres

from demo.postgres import postgres
from sandbox import Habits, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from warehouse import Row, Warehouse

pytestmark = pytest.mark.prove

MODELS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


@pytest.fixture(params=["postgres", "duckdb"])
def warehouse(request, environments, tmp_path) -> Iterator[Warehouse]:
    if request.param == "duckdb":
        yield DuckDB(environments, tmp_path, "UTC")
        return
    with postgres(tmp_path / "data", time_zone="Asia/Tokyo") as database:
        yield Postgres(environments, tmp_path, "UTC", database)


def by_status(warehouse: Warehouse, rc: Sandbox) -> dict[str, dict[str, Row]]:
    """Build the marts, and return the rows of recordings by status and id."""
    warehouse.dbt("build", *MODELS, now=f"{rc.clock.now():%Y-%m-%d %H:%M:%S}")
    found: dict[str, dict[str, Row]] = {}
    for row in warehouse.rows("recordings"):
        found.setdefault(row["status"], {})[row["recording_id"]] = row
    return found


def test_each_recording_is_archived_or_waits_or_is_gone(warehouse, tmp_path):
    """Before files are downloaded, after a bounded run, after a whole one, and when they expire."""
    folder = tmp_path / "audio"
    with Sandbox(
        calls=250, days=12, recording_days=9, running=False, limits=FREE
    ) as rc:  # fmt: skip
        # They would expire while the test lets days pass.
        kept = [
            str(one["id"])
            for one in sorted(rc.recordings_truth(), key=lambda one: one["startTime"])
        ]
        assert len(kept) > 12
        contents = {one: rc.recording_bytes(one) for one in kept}
        warehouse.load(rc, start_date="2026-01-01")
        first = by_status(warehouse, rc)
        assert first["not_archived"].keys() == {*kept}
        # What expired before the first run was never downloaded.
        assert first.keys() <= {"not_archived", "gone"}

        lost = kept[-1]
        rc.forget_recording(lost)
        with_files = {"streams": (*STREAMS, "recording_files"), "recordings_path": str(folder)}
        warehouse.load(rc, **with_files, recordings_per_run=5)
        second = by_status(warehouse, rc)
        assert second["archived"].keys() == {*kept[:5]}
        assert second["waiting"].keys() == {*kept[5:]}
        assert not second.get("not_archived")

        rc.clock.advance(hours=1)
        warehouse.load(rc, **with_files)
        rc.clock.advance(hours=24)
        warehouse.load(rc, **with_files)
        third = by_status(warehouse, rc)
        assert third["archived"].keys() >= {*kept[:-1]}
        assert lost in third["gone"]
        for one in kept[:-1]:
            row = third["archived"][one]
            assert Path(row["path"]).read_bytes() == contents[one]
            assert row["expires_at"] > row["started_at"]
        assert third["gone"][lost]["path"] is None
        assert not third.get("waiting")

        # Archived files stay when RingCentral deletes its own.
        rc.clock.advance(days=10)
        last = by_status(warehouse, rc)
        assert last["archived"].keys() == third["archived"].keys()
        assert last["gone"].keys() == third["gone"].keys()


def test_what_expires_before_it_is_downloaded_is_gone(warehouse):
    """Without a run of the tap: the next build knows the time."""
    with Sandbox(calls=120, days=6, recording_days=20, running=False, limits=FREE) as rc:
        warehouse.load(rc, start_date="2026-01-01")
        first = by_status(warehouse, rc)
        assert first.keys() == {"not_archived"}
        rc.clock.advance(days=17)
        second = by_status(warehouse, rc)
        now = rc.clock.now().replace(tzinfo=None)
        expired = {one for one, row in first["not_archived"].items() if row["expires_at"] <= now}
        assert 0 < len(expired) < len(first["not_archived"])
        assert second["gone"].keys() == expired
        assert second["not_archived"].keys() == first["not_archived"].keys() - expired


def recordings_of_calls(warehouse: Warehouse) -> dict[str, int]:
    return {row["conversation_id"]: row["recordings"] for row in warehouse.rows("calls")}


def test_a_call_had_its_recordings_whatever_its_record_says_later(warehouse):
    """RingCentral drops them from the record of a call; here the call is read again after that."""
    with Sandbox(
        calls=120, days=6, recording_days=20, habits=Habits(expired_recordings="vanish"),
        running=False, limits=FREE,
    ) as rc:  # fmt: skip
        warehouse.load(rc, start_date="2026-01-01")
        warehouse.dbt("build", *MODELS)
        before = recordings_of_calls(warehouse)
        assert sum(before.values()) > 12
        rc.clock.advance(days=21)
        warehouse.forget()
        warehouse.load(rc, start_date="2026-01-01")
        for options in ((), ("--full-refresh",)):
            warehouse.dbt("build", *MODELS, *options)
            after = recordings_of_calls(warehouse)
            assert {one: after[one] for one in before} == before
