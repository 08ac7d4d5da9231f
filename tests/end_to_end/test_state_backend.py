"""A state backend outlives the machine that runs the pipeline."""

from __future__ import annotations

import json
import os
import signal
from threading import Event

import boto3
import pytest
from expected import calls, differences, with_moments
from loaded import call_rows
from many import with_accounts
from moto.server import ThreadedMotoServer
from preloaded import start
from waiting import PATIENCE

from sandbox import Fault, Sandbox

pytestmark = pytest.mark.prove

ID = "prod:tap-ringcentral--north-to-target-postgres"
PIPELINE = ("run", "tap-ringcentral--north", "target-postgres")


@pytest.fixture
def bucket():
    """A bucket for states, and how Meltano finds it."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    login = {"aws_access_key_id": "states", "aws_secret_access_key": "states-secret"}
    s3 = boto3.resource(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **login
    )
    bucket = s3.create_bucket(Bucket="states")
    yield (
        bucket,
        {
            "MELTANO_STATE_BACKEND_URI": "s3://states/prod",
            "MELTANO_STATE_BACKEND_S3_ENDPOINT_URL": f"http://{host}:{port}",
            **{f"MELTANO_STATE_BACKEND_S3_{name.upper()}": value for name, value in login.items()},
        },
    )
    server.stop()


def test_a_lost_machines_run_goes_on_elsewhere(installed, database, bucket, tmp_path):
    """Killed in mid-run, and gone on with on another machine: from the bookmark, with no lock."""
    bucket, found_at = bucket
    free = {"Heavy": (100_000, 60.0)}
    now = "2026-03-15T15:00:00Z"
    with Sandbox(calls=300, days=20, now=now, running=False, limits=free) as ringcentral:
        project = with_accounts(installed, tmp_path, {"north": ringcentral}, database, **found_at)
        project.meltano(*PIPELINE, TAP_RINGCENTRAL__NORTH_START_DATE="2026-02-20")
        kept = {one.key: json.loads(one.get()["Body"].read()) for one in bucket.objects.all()}
        ((key, state),) = kept.items()
        assert key == f"prod/{ID}/state.json"
        bookmark = state["completed"]["singer_state"]["bookmarks"]["call_log"]
        assert bookmark["replication_key_value"].startswith("2026-03-14T15:00:00")

        ringcentral.clock.advance(hours=48)
        ringcentral.forget_requests()
        lose(project, ringcentral, tmp_path / "output")
        ringcentral.clear_faults()
        ringcentral.forget_requests()

        # Another machine: all that Meltano keeps on the first one is gone.
        project.meltano(*PIPELINE, MELTANO_DATABASE_URI=f"sqlite:///{tmp_path / 'other.db'}")
        asked = [seen.query["dateFrom"][0] for seen in ringcentral.requests_to("/call-log")]
        assert min(asked).startswith("2026-03-14T14:59:58")
        truth = ringcentral.truth(start="2026-02-19T23:59:58Z")
        expected = with_moments(calls(truth, ringcentral.account_id))
        assert not differences(call_rows(database), expected)


def lose(project, ringcentral, output):
    """Kill a run, all of it, while the tap waits for an answer."""
    asked, go_on = Event(), Event()

    def hook():
        asked.set()
        go_on.wait(PATIENCE)

    ringcentral.fail(Fault("hook", on="/call-log", hook=hook))
    process = start(PIPELINE, project.root, project.environment, output)
    try:
        assert asked.wait(PATIENCE), output.read_text()[-3000:]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
        go_on.set()
