"""The archive of audio and of messages' files on an S3 API, and what becomes of it when killed."""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import threading
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests
import s3fs
from fixtures import free_account
from harness import Output, config_for, selecting
from moto.server import ThreadedMotoServer
from processes import messages, nursery
from target import Target
from waiting import PATIENCE

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

START = "2026-03-15"
CONTENT = "/content"
BUCKET = "archive"
PLACE = f"s3://{BUCKET}/kept"
KEY_ID, KEY = "AKIDforAudio0000", "SecretKeyForAudio/0000"

PLACES = {"recording_files": "recordings_path", "message_files": "messages_path"}


def open_account(calls: int = 60, **options: Any) -> Sandbox:
    given = {"seed": 99, "days": 5, "extensions": 3, "messages": 2}
    return free_account(calls=calls, **{**given, **options})


@pytest.fixture
def account():
    """An account of three users, with recordings and messages of five days."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def server():
    """An S3 API on loopback."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(server, monkeypatch, tmp_path, watch):
    """An empty bucket, and the environment with which a user reaches it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "CONFIG_FILE": str(tmp_path / "none"),
        "SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "EC2_METADATA_DISABLED": "true",
        "DEFAULT_REGION": "us-east-1",
        "ENDPOINT_URL": server,
        "ACCESS_KEY_ID": KEY_ID,
        "SECRET_ACCESS_KEY": KEY,
        "MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    watch.guard("S3 key", KEY)
    watch.guard("S3 key id", KEY_ID)
    # It runs in this process, and tells who asks.
    monkeypatch.setattr(logging.getLogger("moto"), "propagate", False)
    # With a key of its own: what the drivers of the test log is not what is tested.
    own = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    # All servers of a process share what is in them.
    requests.post(f"{server}/moto-api/reset", timeout=PATIENCE)
    bucket = boto3.resource("s3", **own).Bucket(BUCKET)
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()
    bucket.meta.client.close()


@contextmanager
def refused(server: str) -> Iterator[None]:
    """Let the S3 API know no credentials for a while."""

    def allow(count: bytes) -> None:
        headers = {"Content-Type": "text/plain"}
        url = f"{server}/moto-api/reset-auth"
        requests.post(url, data=count, headers=headers, timeout=PATIENCE).raise_for_status()

    allow(b"0")
    try:
        yield
    finally:
        allow(b"inf")


@pytest.fixture
def archive(sync):
    """Read streams of files into the bucket."""

    def run(account: Sandbox, *names: str, state: Any = None, **options: Any) -> Output:
        given = {"recordings_path": PLACE, "messages_path": PLACE, "start_date": START, **options}
        return sync(account, state, selecting(*(names or ("recording_files",))), **given)

    return run


def objects(bucket: Any) -> dict[str, str]:
    """Return the hashes of what is in the bucket, by address."""
    return {
        f"s3://{BUCKET}/{one.key}": sha256(one.get()["Body"].read()).hexdigest()
        for one in bucket.objects.all()
    }


def recordings(account: Sandbox) -> dict[str, str]:
    """Return the hashes of the account's recordings."""
    return {str(one["id"]): one["sha256"] for one in account.recordings_truth()}


def attachments(account: Sandbox) -> dict[tuple[str, str, str], str]:
    """Return the hashes of the files of messages, by extension, message and attachment."""
    return {
        (mailbox, str(one["messageId"]), str(one["attachmentId"])): one["sha256"]
        for mailbox in (str(one["id"]) for one in account.extensions_truth())
        for one in account.message_files_truth(mailbox)
        if one["type"] != "Text"
    }


def asked(account: Sandbox) -> list[str]:
    """Return which files were asked for."""
    return [one.path for one in account.requests if CONTENT in one.path]


def test_every_recording_is_in_the_bucket_with_its_hash(archive, account, bucket):
    """Each object is what its row says, and what RingCentral has; nothing else is there."""
    rows = archive(account).records("recording_files")
    truth = {str(one["id"]): one for one in account.recordings_truth()}
    assert len(truth) > 4
    assert {row["id"]: row["sha256"] for row in rows} == recordings(account)
    assert {row["path"]: row["sha256"] for row in rows} == objects(bucket)
    for row in rows:
        assert row["status"] == "archived"
        assert row["size"] == truth[row["id"]]["size"]
        assert row["path"].startswith(f"{PLACE}/{account.account_id}/2026/03/")
    assert len(asked(account)) == len(truth)


def test_what_is_in_the_bucket_is_not_fetched_again(archive, account, bucket):
    """With a state or without one: the store is the truth."""
    first = archive(account)
    stored = objects(bucket)
    types = {row["id"]: row["contentType"] for row in first.records("recording_files")}
    assert "application/octet-stream" in types.values()
    for state in (first.state, None):
        account.forget_requests()
        again = archive(account, state=state).records("recording_files")
        assert not asked(account)
        assert {row["path"]: row["sha256"] for row in again}.items() <= stored.items()
        assert {row["id"]: row["contentType"] for row in again}.items() <= types.items()
    assert {row["id"]: row["sha256"] for row in again} == recordings(account)
    assert objects(bucket) == stored


def test_an_object_that_was_removed_is_fetched_again(archive, account, bucket):
    """And no other one."""
    first = archive(account)
    stored = objects(bucket)
    path = first.records("recording_files")[2]["path"]
    bucket.Object(path.removeprefix(f"s3://{BUCKET}/")).delete()
    account.forget_requests()
    archive(account)
    assert len(asked(account)) == 1
    assert objects(bucket) == stored


def test_the_files_of_messages_are_in_the_bucket_as_well(archive, account, bucket):
    """Voicemail, faxes and pictures, each with its hash; a second run fetches none."""
    output = archive(account, "message_files")
    rows = output.records("message_files")
    keys = ("extensionId", "messageId", "id")
    assert len(attachments(account)) >= 3
    assert {tuple(row[key] for key in keys): row["sha256"] for row in rows} == attachments(account)
    assert {row["path"]: row["sha256"] for row in rows} == objects(bucket)
    account.forget_requests()
    archive(account, "message_files", state=output.state)
    assert not asked(account)
    assert {row["path"]: row["sha256"] for row in rows} == objects(bucket)


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    ("place", "known", "reason"),
    [
        ("s3://nobody/kept", True, "no such bucket or folder"),
        (PLACE, False, "access denied"),
    ],
    ids=["no such bucket", "refused"],
)
def test_a_bucket_that_cannot_be_used_is_named_before_any_request(
    archive, account, bucket, server, caplog, name, place, known, reason
):
    """One line names the setting; the rest of the run goes on, and the run fails at its end."""
    output, setting = Output(), PLACES[name]
    told_before: list[list[str]] = []

    def errors() -> list[str]:
        return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]

    account.fail(Fault("hook", on="/oauth/token", hook=lambda: told_before.append(errors())))
    line = f"{setting} {place} cannot be written: {reason}: check its address, "
    with nullcontext() if known else refused(server), pytest.raises(StorageError, match=line):
        archive(account, "call_log", name, output=output, **{setting: place})
    (told,) = errors()
    assert told.startswith(line)
    assert "\n" not in told
    assert told_before == [[told]]
    calls = [call for call in account.truth() if call["startTime"] >= START]
    assert len(output.records("call_log")) == len(calls)
    assert not asked(account)
    assert not objects(bucket)
    buckets = bucket.meta.client.list_buckets()["Buckets"]
    assert [one["Name"] for one in buckets] == [BUCKET]


def test_a_bucket_that_cannot_be_used_costs_no_request(archive, account, bucket):
    """Where nothing else is selected, RingCentral is not even logged in to."""
    with pytest.raises(StorageError, match="recordings_path"):
        archive(account, recordings_path="s3://nobody")
    assert not account.requests
    assert not objects(bucket)


@pytest.mark.prove
def test_kills_lose_no_recording_and_leave_no_half_object(bucket, tmp_path, watch):
    """Killed at random instants: what is in the bucket is whole, and is never fetched again."""
    chance, kills, target = random.Random(7), 0, Target()
    config, state = tmp_path / "config.json", tmp_path / "state.json"
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(selecting("recording_files")))
    with (
        nursery(small_windows=True) as forked,
        open_account(200, file_sizes=(1_000, 400_000)) as account,
    ):
        truth = recordings(account)
        assert len(truth) > 5 * 3
        given = config_for(account, recordings_path=PLACE, start_date=START)
        config.write_text(json.dumps(given))
        fetched, code = 0, -1
        while code:
            state.write_text(json.dumps(target.state))
            before = {path.rpartition("/")[2].split(".")[0] for path in objects(bucket)}
            account.forget_requests()
            arguments = ["--config", str(config), "--catalog", str(catalog)]
            process = forked.start(*arguments, *(["--state", str(state)] if target.state else []))
            account.clear_faults()
            if kills < 5:
                timer = threading.Timer(chance.uniform(0, 0.2), process.kill)
                after = chance.randint(0, 2)
                account.fail(Fault("hook", on=CONTENT, after=after, hook=timer.start))
                # However fast the machine is, the run is not at its end by then.
                account.fail(Fault("stall", on=CONTENT, after=after + 1, times=None, seconds=3600))
            process.go()
            output = process.read()
            ended = process.wait()
            watch.hear("stderr", ended.errors)
            code = ended.code
            kills += code != 0
            assert code in {0, -signal.SIGKILL}, ended.errors
            target.apply(messages(output))
            assert set(objects(bucket).values()) <= set(truth.values())
            once = {path.split("/")[-2] for path in asked(account)}
            assert not before & once
            fetched += len(once)
    rows = target.rows("recording_files")
    assert {row["id"]: row["sha256"] for row in rows} == truth
    assert {row["path"]: row["sha256"] for row in rows} == objects(bucket)
    assert kills == 5
    assert fetched >= len(truth)
