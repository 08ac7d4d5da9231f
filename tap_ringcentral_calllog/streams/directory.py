"""What the account has now: its extensions, directory, queues, settings and active calls.

https://developers.ringcentral.com/api-reference names route and permissions of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_ringcentral_calllog.records.active import is_over
from tap_ringcentral_calllog.schemas.account import (
    active_calls_schema,
    call_recording_settings_schema,
)
from tap_ringcentral_calllog.schemas.directory import (
    call_queue_members_schema,
    call_queues_schema,
    directory_entries_schema,
)
from tap_ringcentral_calllog.schemas.extensions import extensions_schema
from tap_ringcentral_calllog.streams.snapshots import Snapshot, SnapshotStream

if TYPE_CHECKING:
    from singer_sdk import Tap

    from tap_ringcentral_calllog.run import Run

SNAPSHOTS = (
    Snapshot(
        name="extensions",
        one_row="a user, queue, menu or other extension, with name, number, contact and rights",
        path="/extension",
        schema=extensions_schema,
    ),
    Snapshot(
        name="directory_entries",
        one_row="an entry of the company directory, allied accounts included",
        path="/directory/entries",
        schema=directory_entries_schema,
        user_permission="",
    ),
    Snapshot(
        name="call_queues",
        one_row="a call queue, with its service-level settings",
        path="/call-queues",
        details="/call-queues/{callQueueId}",
        schema=call_queues_schema,
    ),
    Snapshot(
        name="call_queue_members",
        one_row="a member of a call queue",
        path="/call-queues/{callQueueId}/members",
        keys=("accountId", "callQueueId", "id"),
        schema=call_queue_members_schema,
        parent="call_queues",
    ),
    Snapshot(
        name="active_calls",
        one_row="a call in progress at `snapshotAt`",
        kept="while the call lasts",
        path="/active-calls",
        keys=("accountId", "id", "snapshotAt"),
        schema=active_calls_schema,
        app_permission="ReadCallLog",
        user_permission="ReadCallLog",
        params={"view": "Detailed"},
        added={"isOver": is_over},
    ),
    Snapshot(
        name="call_recording_settings",
        one_row="what the account records, and how long it keeps recordings",
        kept="the current settings only",
        path="/call-recording",
        keys=("accountId",),
        schema=call_recording_settings_schema,
        user_permission="ReadCompanyInfo",
        single=True,
    ),
)


def snapshot_streams(tap: Tap, run: Run) -> list[SnapshotStream]:
    """Create the snapshot streams, parents first."""
    streams: dict[str, SnapshotStream] = {}
    for snapshot in SNAPSHOTS:
        streams[snapshot.name] = SnapshotStream(tap, run, snapshot, streams.get(snapshot.parent))
    return list(streams.values())
