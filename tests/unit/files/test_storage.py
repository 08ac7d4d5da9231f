"""A downloaded file is whole or absent, wherever it is kept and whatever becomes of the process."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import resource
import stat
import subprocess
import sys
from concurrent.futures import TimeoutError  # noqa: A004 - in Python 3.10 it is not the built-in one
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from functools import partial
from hashlib import sha256
from pathlib import Path

import boto3
import fsspec
import pytest
import requests
import s3fs
import storing
from fsspec.implementations.memory import MemoryFileSystem
from fsspec.registry import _registry
from moto.server import ThreadedMotoServer
from waiting import PATIENCE

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.errors import (
    OccupiedError,
    SettingsError,
    StorageBusyError,
    StorageError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files.storage import base
from tap_ringcentral_calllog.files.storage.remote import Remote
from tap_ringcentral_calllog.files.storage.urls import open_storage

NAME = "2026/03/01/401-123.mp3"
STEP = base.STEP
CONTENT = bytes(range(256)) * (3 * STEP // 256) + b"the end"


def opened(url):
    return open_storage(str(url), setting="recordings_path")


def put(storage, content=CONTENT, name=NAME):
    with storage.receive(name) as incoming:
        incoming.write(content)
        return incoming.commit(len(content))


def part(storage, content, tag=storing.TAG):
    with storage.receive(NAME) as incoming:
        incoming.restart(tag)
        incoming.write(content)


def names(path):
    return sorted(str(one.relative_to(path)) for one in path.rglob("*") if one.is_file())


@pytest.fixture(scope="module")
def server():
    """An S3 API on loopback that knows no credentials but its own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def _environment(monkeypatch, tmp_path):
    """What a user sets for S3, and what keeps a test from waiting."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "SECRET-ID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "SECRET-KEY")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)


@pytest.fixture
def bucket(server, _environment, monkeypatch):
    """An empty bucket."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    bucket = boto3.resource("s3").Bucket("archive")
    bucket.create()
    yield bucket
    bucket.objects.delete()
    bucket.delete()
    bucket.meta.client.close()


@pytest.fixture
def memory():
    """What fsspec keeps in memory."""
    MemoryFileSystem.store.clear()
    MemoryFileSystem.pseudo_dirs[:] = [""]
    yield MemoryFileSystem.store
    MemoryFileSystem.store.clear()


@pytest.fixture(params=["folder", "memory", "s3"])
def place(request, tmp_path):
    """A place of each kind."""
    if request.param == "folder":
        return tmp_path / "kept"
    request.getfixturevalue("memory" if request.param == "memory" else "bucket")
    return f"{request.param}://archive/kept"


def test_what_is_received_is_found_as_it_was_by_the_next_run(place):
    """Content, size, hash, time and path, in a place that did not exist."""
    opened(place).check()
    assert opened(place).find(NAME) is None
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    with opened(place).receive(NAME) as incoming:
        assert incoming.size == 0
        for at in range(0, len(CONTENT), 100_000):
            incoming.write(CONTENT[at : at + 100_000])
        assert incoming.size == len(CONTENT)
        received = incoming.commit(len(CONTENT))
    storage = opened(place)
    found = storage.find(NAME)
    assert (found.size, found.modified) == (received.size, received.modified)
    assert found.size == len(CONTENT)
    assert found.modified.utcoffset() == timedelta(0)
    assert before < found.modified <= datetime.now(timezone.utc)
    assert received.sha256 == storage.digest(NAME) == sha256(CONTENT).hexdigest()
    assert storage.path_of(NAME) == f"{place}/{NAME}"
    with fsspec.open(storage.path_of(NAME)) as file:
        assert file.read() == CONTENT


def test_a_check_leaves_nothing(place):
    """It can be made at the start of each run."""
    opened(place).check()
    opened(place).check()
    if isinstance(place, Path):
        assert names(place) == []
    else:
        assert (
            fsspec.filesystem(place.partition(":")[0], skip_instance_cache=True).find(place) == []
        )


@pytest.mark.parametrize("end", [None, ZeroDivisionError, WrongSizeError])
def test_only_a_commit_makes_a_file(place, end):
    """Not the end of the download, nor a broken one; what broke it is what the caller sees."""
    storage = opened(place)

    def download():
        with storage.receive(NAME) as incoming:
            incoming.write(CONTENT)
            assert storage.find(NAME) is None
            if end is ZeroDivisionError:
                raise ZeroDivisionError
            if end is WrongSizeError:
                incoming.commit(len(CONTENT) + 1)

    with pytest.raises(end) if end else nullcontext():
        download()
    assert storage.find(NAME) is None
    with pytest.raises(StorageError, match="recordings_path"):
        storage.digest(NAME)


def test_a_file_of_the_wrong_size_is_thrown_away(place):
    """The next attempt begins anew, also within the same download."""
    storage = opened(place)
    with storage.receive(NAME) as incoming:
        incoming.write(b"an error page of a proxy" * STEP)
        with pytest.raises(WrongSizeError, match=rf"{24 * STEP} bytes .* instead of 5"):
            incoming.commit(5)
    with storage.receive(NAME) as incoming:
        assert incoming.size == 0
        incoming.write(b"an error")
        with pytest.raises(WrongSizeError):
            incoming.commit(5)
        assert incoming.size == 0
        incoming.write(b"audio")
        assert incoming.commit(5).sha256 == sha256(b"audio").hexdigest()
    assert storage.digest(NAME) == sha256(b"audio").hexdigest()


def test_a_server_that_does_not_resume_starts_anew(place):
    """What was there is dropped, from the hash as well."""
    storage = opened(place)
    with storage.receive(NAME) as incoming:
        incoming.write(CONTENT)
        incoming.restart()
        incoming.write(b"audio")
        assert incoming.commit().sha256 == sha256(b"audio").hexdigest()
    assert storage.find(NAME).size == 5


def test_a_file_received_again_replaces_the_first(place):
    """Nothing of a longer one shows."""
    put(opened(place))
    put(opened(place), b"shorter")
    assert opened(place).find(NAME).size == len(b"shorter")
    assert opened(place).digest(NAME) == sha256(b"shorter").hexdigest()


def test_an_empty_file_is_none(place):
    """Nothing is archived by it: it has been left by something else."""
    put(opened(place), b"")
    stem = NAME.removesuffix(".mp3")
    assert opened(place).find(NAME) is None
    assert opened(place).find_any(stem, (".mp3", ".wav")) is None
    put(opened(place), b"audio", f"{stem}.wav")
    assert opened(place).find_any(stem, (".mp3", ".wav"))[0] == f"{stem}.wav"


def test_nothing_is_written_to_a_file_that_is_in_its_place(place):
    """A caller's mistake costs no file."""
    storage = opened(place)
    with storage.receive(NAME) as incoming:
        incoming.write(b"audio")
        incoming.commit()
        with pytest.raises(ValueError, match="closed"):
            incoming.write(b"more")
    assert storage.find(NAME).size == 5


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/etc/passwd", "..", "../x", "a/../../x", "a//b", "a/", "./a", ".incoming/a"),
        *(
            "a/.b",
            "a\0",
            "a\n",
            "a\nb",
            "a\\b",
            "a~b",
            "a b",
            "a*",
            "a?versionId=1",
            "ä",
            "a" * 221,
            "a/" * 350 + "a",
        ),
    ],
)
@pytest.mark.parametrize("place", ["kept", "memory://kept"])
def test_a_name_that_could_lead_elsewhere_is_refused(tmp_path, monkeypatch, memory, place, name):
    """Nor is it shown: a server may have had a hand in it."""
    monkeypatch.chdir(tmp_path)
    storage = opened(place)
    for use in (storage.find, storage.digest, storage.path_of, partial(put, storage, CONTENT)):
        with pytest.raises(StorageError, match="recordings_path: a file cannot be kept") as caught:
            use(name)
        assert len(name) < 5 or name not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert not memory


def test_a_folder_of_a_files_name_is_no_file(place):
    """A level of the archive's tree is not mistaken for a recording."""
    put(opened(place))
    assert opened(place).find("2026/03") is None
    assert opened(place).find(f"{NAME}/x") is None


# Which place


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("kept", "{cwd}/kept/x.mp3"),
        (" kept/../kept/ ", "{cwd}/kept/x.mp3"),
        ("~/kept", "{cwd}/kept/x.mp3"),
        ("file://{cwd}/kept", "{cwd}/kept/x.mp3"),
        ("memory://", "memory://x.mp3"),
        ("MEMORY://a/b//", "memory://a/b/x.mp3"),
        ("s3://archive", "s3://archive/x.mp3"),
        ("s3://archive/a@b/", "s3://archive/a@b/x.mp3"),
        ("s3a://archive", "s3a://archive/x.mp3"),
    ],
)
def test_a_setting_names_a_folder_or_a_url(tmp_path, monkeypatch, memory, url, path):
    """Records hold absolute paths, or URLs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    storage = opened(url.format(cwd=tmp_path))
    assert storage.path_of("x.mp3") == path.format(cwd=tmp_path)
    if "s3" not in url:
        storage.check()
        put(storage, name="x.mp3")
        assert storage.find("x.mp3").size == len(CONTENT)
    assert len(memory) == ("MEMORY" in url.upper())


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "neither a folder nor a URL"),
        ("kept\n", None),
        ("a\nb", "neither a folder nor a URL"),
        ("a\0b", "neither a folder nor a URL"),
        ("s3:archive", "neither a folder nor a URL"),
        ("s3:/SECRET@archive", "neither a folder nor a URL"),
        ("s3://", "neither a folder nor a URL"),
        ("s3:///archive", "neither a folder nor a URL"),
        ("file://kept", "neither a folder nor a URL"),
        ("simplecache::s3://archive", "neither a folder nor a URL"),
        ("az://kept?sig=SECRET", "neither a folder nor a URL"),
        ("memory://kept/[a]", "neither a folder nor a URL"),
        ("s3://ID:SECRET@archive/kept", "give credentials to the driver in its environment"),
        ("s3://SECRET@archive/kept", "give credentials to the driver in its environment"),
        ("az://SECRET:SECRET@account.example/kept", "give credentials to the driver"),
        ("sftp://me:SEC/RET@host/kept", "neither a folder nor a URL"),
        ("sftp://me:SEC@RET/x@host/kept", "neither a folder nor a URL"),
        ("sftp://me:SEC#RET@host/kept", "neither a folder nor a URL"),
        ("sftp://me:SECRET", "neither a folder nor a URL"),
        ("nonsense://me:SECRET@host/kept", "recordings_path nonsense://host/kept: no such storage"),
        (
            "sftp://me:SECRET@host/kept",
            'sftp://host/kept needs a driver: SFTPFileSystem requires "par',
        ),
        (
            "ftp://me:SECRET@127.0.0.1:1/kept",
            "ftp://127.0.0.1:1/kept cannot be opened: Connection ref",
        ),
        ("gs://kept", "gs://kept needs a driver: run pip install 'tap-ringcentral-calllog[gcs]'"),
        ("az://kept", "az://kept needs a driver: run pip install 'tap-ringcentral-calllog[azure]'"),
        (
            "abfs://kept@account.dfs.core.windows.net/a",
            "abfs://kept@account.dfs.core.windows.net/a needs a driver: run pip install",
        ),
    ],
)
def test_what_is_no_place_is_told_in_one_line_without_secrets(
    monkeypatch, tmp_path, caplog, url, told
):
    """The setting is named, and what to do."""
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG)
    if told is None:
        opened(url)
        return
    with pytest.raises(SettingsError, match="recordings_path") as caught:
        opened(url)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "SEC" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or not caught.value.__context__


def test_a_missing_driver_for_s3_is_told(monkeypatch):
    """It is not installed with the tap."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(_registry, "s3", raising=False)
    with pytest.raises(SettingsError, match=r"pip install 'tap-ringcentral-calllog\[s3\]'"):
        opened("s3://archive")


@pytest.mark.parametrize("name", ["file", "loop"])
def test_a_path_that_cannot_be_a_folder_is_told(tmp_path, name):
    """As soon as the settings are read."""
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SettingsError, match=f"recordings_path /.*{name} is not a folder"):
        opened(tmp_path / name)


def test_a_folder_that_cannot_be_made_is_told_by_the_check(tmp_path):
    """Before anything is downloaded."""
    (tmp_path / "file").touch()
    with pytest.raises(
        StorageError, match=r"recordings_path /.*/file/kept cannot be written: Not a"
    ):
        opened(tmp_path / "file/kept").check()


def test_fsspec_is_not_loaded_for_a_folder(tmp_path):
    """It would make `--discover` wait."""
    code = (
        "import sys\n"
        "from tap_ringcentral_calllog.files.storage.urls import open_storage\n"
        "open_storage(sys.argv[1], setting='recordings_path').check()\n"
        "sys.exit('fsspec' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


# A folder


@pytest.fixture
def kept(tmp_path):
    """A folder that does not exist."""
    return tmp_path / "kept"


@pytest.mark.parametrize(
    ("received", "kept_of_it"),
    [
        (0, 0),
        (STEP - 1, 0),
        (STEP, STEP),
        (STEP + 1, STEP),
        (2 * STEP, 2 * STEP),
        (2 * STEP + STEP // 2, 2 * STEP),
    ],
)
def test_an_interrupted_file_is_resumed_by_the_next_process(kept, received, kept_of_it):
    """From its last whole step, with what tells which version of it that is."""
    part(opened(kept), CONTENT[:received])
    assert opened(kept).find(NAME) is None
    with opened(kept).receive(NAME) as incoming:
        assert incoming.size == kept_of_it
        assert incoming.validator == (storing.TAG if kept_of_it else "")
        incoming.write(CONTENT[incoming.size :])
        assert incoming.commit(len(CONTENT)).sha256 == sha256(CONTENT).hexdigest()
    assert (kept / NAME).read_bytes() == CONTENT
    assert names(kept) == [NAME]


def test_what_nobody_knows_the_version_of_is_not_resumed(kept):
    """The rest may be another file's."""
    part(opened(kept), CONTENT, tag="")
    with opened(kept).receive(NAME) as incoming:
        assert (incoming.size, incoming.validator) == (0, "")
    part(opened(kept), CONTENT)
    (tag,) = (kept / ".incoming").glob("*~tag")
    tag.unlink()
    with opened(kept).receive(NAME) as incoming:
        assert (incoming.size, incoming.validator) == (0, "")


def test_a_version_does_not_outlast_its_bytes(kept):
    """Begun anew, the file is known by no version, or by the new one."""
    part(opened(kept), CONTENT)
    with opened(kept).receive(NAME) as incoming:
        incoming.restart()
        incoming.write(CONTENT)
    with opened(kept).receive(NAME) as incoming:
        assert (incoming.size, incoming.validator) == (0, "")
        incoming.restart('"other"')
        incoming.write(CONTENT)
    with opened(kept).receive(NAME) as incoming:
        assert (incoming.size, incoming.validator) == (3 * STEP, '"other"')
        incoming.write(CONTENT[3 * STEP :])
        incoming.commit(len(CONTENT))
    assert names(kept) == [NAME]


def test_what_was_received_can_be_looked_at(place):
    """Before it is put into its place; what comes after it is appended as before."""
    with opened(place).receive(NAME) as incoming:
        incoming.write(b"one ")
        assert incoming.head(3) == b"one"
        incoming.write(b"two")
        assert incoming.head(100) == b"one two"
        assert incoming.commit(7).sha256 == sha256(b"one two").hexdigest()


@pytest.mark.parametrize("thing", ["link", "dangling", "folder", "second name", "pipe"])
@pytest.mark.parametrize("what", ["part", "tag"])
def test_nothing_is_received_into_what_is_no_file_of_its_own(kept, tmp_path, thing, what):
    """A link would lead elsewhere. Another file can be received all the same."""
    part(opened(kept), CONTENT)
    left = next(
        one for one in (kept / ".incoming").iterdir() if one.match("*~tag") == (what == "tag")
    )
    left.unlink()
    other = tmp_path / "other"
    if thing != "dangling":
        other.write_bytes(b"kept")
    match thing:
        case "link" | "dangling":
            left.symlink_to(other)
        case "folder":
            left.mkdir()
        case "second name":
            left.hardlink_to(other)
        case "pipe":
            os.mkfifo(left)
    # The name of a tag goes, and a new file comes in its place.
    is_safe = (what, thing) == ("tag", "second name")
    told = rf"{left} is in the way"
    with nullcontext() if is_safe else pytest.raises(OccupiedError, match=told):
        part(opened(kept), CONTENT)
    assert other.exists() == (thing != "dangling")
    assert thing == "dangling" or other.read_bytes() == b"kept"
    put(opened(kept), b"audio", "2026/03/01/other.mp3")


@pytest.mark.parametrize("level", ["", "2026", "2026/03", "2026/03/01", NAME, ".incoming"])
def test_a_link_in_a_folders_or_files_place_is_not_followed(kept, tmp_path, level):
    """Neither to read nor to write; it is named. The folder itself may be one."""
    put(opened(tmp_path / "elsewhere"))
    before = names(tmp_path / "elsewhere")
    link = kept / level
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere" / level)
    storage = opened(kept)
    if not level:
        assert storage.find(NAME).size == len(CONTENT)
        return
    stem = NAME.removesuffix(".mp3")
    if level == ".incoming":
        with pytest.raises(OccupiedError, match=r"\.incoming is in the way"):
            storage.check()
    else:
        storage.check()
        assert storage.find(NAME) is None
        with pytest.raises(OccupiedError, match=rf"{link} is in the way"):
            storage.find_any(stem, (".wav", ".mp3"))
        with pytest.raises(StorageError, match="recordings_path"):
            storage.digest(NAME)
    if level != NAME:
        with pytest.raises(OccupiedError, match=rf"{link} is in the way"):
            put(storage)
    else:
        put(storage)
        assert not link.is_symlink()
    assert names(tmp_path / "elsewhere") == before
    assert opened(tmp_path / "elsewhere").digest(NAME) == sha256(CONTENT).hexdigest()


def test_a_folder_in_a_files_place_is_named(place):
    """It is no file, and none is fetched into it."""
    stem = NAME.removesuffix(".mp3")
    put(opened(place), name=f"{NAME}/x")
    with pytest.raises(
        OccupiedError, match=r"123\.mp3 is in the way: it is a link, or not the file"
    ):
        opened(place).find_any(stem, (".wav", ".mp3"))
    if isinstance(place, Path):
        with pytest.raises(OccupiedError, match=r"123\.mp3 is in the way"):
            put(opened(place))
    assert opened(place).digest(f"{NAME}/x") == sha256(CONTENT).hexdigest()


def test_two_files_that_differ_by_their_folder_are_two(kept):
    """What is there of one is not taken for the other."""
    part(opened(kept), CONTENT)
    with opened(kept).receive(NAME.replace("2026", "2025")) as incoming:
        assert incoming.size == 0


def test_nothing_remains_of_an_attempt_that_brought_nothing(kept):
    """Refused downloads leave no litter."""
    part(opened(kept), b"")
    assert names(kept) == []


def test_what_is_resumed_has_been_on_the_disk(kept, monkeypatch):
    """Each step is synced before the next begins: after a power cut, the rest may be anything."""
    sizes = []
    fsync = os.fsync

    def spy(handle):
        sizes.append(os.fstat(handle).st_size)
        fsync(handle)

    with opened(kept).receive(NAME) as incoming:
        incoming.restart(storing.TAG)
        monkeypatch.setattr(os, "fsync", spy)
        incoming.write(CONTENT)
        assert sizes == [len(storing.TAG), STEP, 2 * STEP, 3 * STEP]


def test_a_file_is_on_the_disk_when_it_has_its_name(kept, monkeypatch):
    """Content first, then the name, then the folders that hold it."""
    steps = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(handle):
        path = Path(f"/proc/self/fd/{handle}").readlink()
        steps.append(path.name if path.is_dir() else "file")
        fsync(handle)

    def spy_replace(self, target):
        assert (self.read_bytes(), target.exists()) == (b"audio", False)
        steps.append("replace")
        return replace(self, target)

    with opened(kept).receive(NAME) as incoming:
        incoming.write(b"audio")
        monkeypatch.setattr(os, "fsync", spy_fsync)
        monkeypatch.setattr(Path, "replace", spy_replace)
        incoming.commit()
    assert steps == ["file", "kept", "2026", "03", "replace", "01"]


def test_only_the_owner_can_read_what_is_new(tmp_path):
    """Files and folders, whatever the umask is; a folder that exists keeps its mode."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o755)
    before = os.umask(0)
    try:
        part(opened(tmp_path / "shared/kept"), CONTENT)
        modes = {stat.S_IMODE(one.stat().st_mode) for one in (tmp_path / "shared/kept").rglob("*")}
        assert modes == {0o600, 0o700}
        put(opened(tmp_path / "shared/kept"), name="other.mp3")
    finally:
        os.umask(before)
    for one in (tmp_path / "shared").rglob("*"):
        assert stat.S_IMODE(one.stat().st_mode) == (0o700 if one.is_dir() else 0o600)
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


def test_of_two_runs_with_the_same_file_the_second_is_told(kept):
    """The first one's file is whole; another file can be received meanwhile."""
    with opened(kept).receive(NAME) as incoming:
        incoming.write(CONTENT)
        with (
            pytest.raises(StorageBusyError, match=r"another run is receiving .*kept/2026"),
            opened(kept).receive(NAME),
        ):
            pytest.fail("both had it")
        put(opened(kept), b"other", name="other.mp3")
        opened(kept).check()
        incoming.commit(len(CONTENT))
    assert (kept / NAME).read_bytes() == CONTENT
    put(opened(kept))


def test_a_run_that_comes_late_does_not_write_to_the_finished_file(kept, monkeypatch):
    """It has opened what the other one puts in its place before it could lock it."""
    flock = fcntl.flock

    def slow(handle, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        put(opened(kept))
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", slow)
    with opened(kept).receive(NAME) as incoming:
        assert incoming.size == 0
        incoming.write(b"other")
        assert (kept / NAME).read_bytes() == CONTENT
        incoming.commit()
    assert (kept / NAME).read_bytes() == b"other"


def test_what_nobody_resumes_is_removed(kept):
    """After a week; not before, and not what is being received."""
    part(opened(kept), CONTENT)
    opened(kept).check()
    left, tag = sorted((kept / ".incoming").iterdir())
    os.utime(left, (0, 0))
    os.utime(tag, (0, 0))
    with opened(kept).receive(NAME):
        os.utime(left, (0, 0))
        opened(kept).check()
        assert left.exists()
    os.utime(left, (0, 0))
    opened(kept).check()
    assert names(kept) == []


def test_what_another_run_puts_in_its_place_meanwhile_is_no_fault(kept, monkeypatch):
    """It was there when the folder was listed."""
    opened(kept).check()
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([folder / "no-more"]))
    opened(kept).check()


@pytest.fixture
def _full_disk():
    """No file of this process can grow beyond 2 steps."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * STEP + 5, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("_full_disk")
def test_a_disk_that_takes_no_more_is_told_and_what_is_there_is_resumed(kept):
    """In one line, with the file's path."""
    with pytest.raises(
        StorageError, match=r"recordings_path .*401-123\.mp3 cannot be written: File too"
    ):
        part(opened(kept), CONTENT)
    with opened(kept).receive(NAME) as incoming:
        assert incoming.size == 2 * STEP
        incoming.restart()
        incoming.write(CONTENT[:STEP])
        assert incoming.commit(STEP).sha256 == sha256(CONTENT[:STEP]).hexdigest()


@pytest.mark.usefixtures("_full_disk")
def test_a_full_temporary_folder_is_told(memory):
    """It is not the storage that is full."""
    with (
        pytest.raises(StorageError, match=r"the temporary folder /.* cannot be written: File too"),
        opened("memory://kept").receive(NAME) as incoming,
    ):
        incoming.write(CONTENT)
    assert not memory


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_file_that_cannot_be_put_in_its_place_is_told(kept, monkeypatch, step):
    """The disk is full, or worse; the next run goes on from what is there."""

    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, opened(kept).receive(NAME) as incoming:
        incoming.write(b"audio")
        patch.setattr(*((os, "fsync") if step == "fsync" else (Path, "replace")), fail)
        with pytest.raises(StorageError, match=r"401-123\.mp3 cannot be written: No space left"):
            incoming.commit()
    assert opened(kept).find(NAME) is None
    put(opened(kept))


@pytest.mark.parametrize("use", ["check", "find", "digest", "receive"])
def test_a_folder_that_refuses_is_told(kept, monkeypatch, use):
    """Whatever is asked of it, in one line."""
    put(opened(kept))

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    storage = opened(kept)
    uses = {"check": storage.check, "find": lambda: storage.find(NAME)}
    uses |= {"digest": lambda: storage.digest(NAME), "receive": lambda: put(storage)}
    with monkeypatch.context() as patch:
        for owner, name in ((os, "open"), (Path, "stat"), (Path, "open"), (Path, "is_dir")):
            patch.setattr(owner, name, refuse)
        with pytest.raises(
            StorageError, match=r"recordings_path .* cannot be .*: Permission denied"
        ):
            uses[use]()


def storing_in_processes(what, path):
    done = subprocess.run(
        [sys.executable, storing.__file__, what, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_killed_at_any_step_a_file_is_whole_or_absent_and_resumed(kept):
    """SIGKILL at each line of the storage's code; the same bytes after the next run."""
    killed = storing_in_processes("kill", kept)
    assert len(killed) > 100
    assert {whole for whole, _ in killed} == {True, False}
    assert len({resumed for _, resumed in killed}) > 3


def test_processes_that_receive_the_same_files_leave_each_whole(kept):
    """Each file is one process's from beginning to end; those that come late are told."""
    busy = storing_in_processes("race", kept)
    assert len(busy) == 4
    assert sum(busy) > 0


# What fsspec opens


def test_elsewhere_a_file_is_moved_into_place(memory, monkeypatch):
    """Where an upload shows while it is under way, it has another name, which does not remain."""
    seen = []
    move = MemoryFileSystem.mv

    def spy(self, source, target, **options):
        seen.append(sorted(memory))
        assert memory[source].getvalue() == CONTENT
        move(self, source, target, **options)

    monkeypatch.setattr(MemoryFileSystem, "mv", spy)
    put(opened("memory://kept"))
    ((during,),) = seen
    assert during.startswith("/kept/.incoming/")
    assert list(memory) == [f"/kept/{NAME}"]


def test_a_server_with_real_folders_gets_them(tmp_path):
    """As SFTP has them; this machine's files stand in for its."""
    url = f"file://{tmp_path}/kept"
    storage = Remote(url, shown=url, setting="recordings_path")
    storage.check()
    assert put(storage).sha256 == storage.digest(NAME)
    put(storage, b"audio")
    assert names(tmp_path) == [f"kept/{NAME}"]
    assert (tmp_path / "kept" / NAME).read_bytes() == b"audio"


@pytest.mark.usefixtures("memory")
def test_a_driver_is_not_used_by_two_threads_at_once(monkeypatch):
    """SFTP and FTP have one connection, whose answers would get mixed up."""
    storage = opened("memory://kept")
    put_file, list_ = MemoryFileSystem.put_file, MemoryFileSystem.ls
    done, other = [], []

    def slow(self, *arguments, **options):
        other.append(begin(lambda: storage.find_any(NAME[:-4], [".mp3"])))
        with pytest.raises(TimeoutError):
            other[0].result(0.05)
        put_file(self, *arguments, **options)
        done.append("put")

    def listed(self, *arguments, **options):
        done.append("listed")
        return list_(self, *arguments, **options)

    monkeypatch.setattr(MemoryFileSystem, "put_file", slow)
    monkeypatch.setattr(MemoryFileSystem, "ls", listed)
    put(storage)
    found = other[0].result(60)
    assert found
    assert found[0] == NAME
    assert done == ["put", "listed"]


@pytest.mark.usefixtures("memory")
def test_what_a_driver_remembers_is_not_asked(monkeypatch):
    """The store is the truth: another run may have been there."""
    remembered = {}
    info = MemoryFileSystem.info

    def remember(self, path, **_):
        if path not in remembered:
            remembered[path] = info(self, path)
        return remembered[path]

    monkeypatch.setattr(MemoryFileSystem, "info", remember)
    monkeypatch.setattr(MemoryFileSystem, "invalidate_cache", lambda *_: remembered.clear())
    storage = opened("memory://kept")
    put(storage)
    put(opened("memory://kept"), b"audio")
    remembered[f"/kept/{NAME}"] = {"type": "file", "size": 1}
    assert storage.find(NAME).size == 5


@pytest.mark.parametrize("step", ["pipe_file", "info", "makedirs", "mv", "_open"])
def test_an_upload_that_fails_is_told_and_leaves_nothing(memory, monkeypatch, step):
    """The connection is lost, or the store is full."""

    def fail(*_, **__):
        raise OSError(errno.ENOSPC, "SECRET")

    storage = opened("memory://kept")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryFileSystem, step, fail)
        with pytest.raises(
            StorageError, match=r"memory://kept.* cannot be .*: No space left"
        ) as caught:
            storage.check() if step == "pipe_file" else put(storage)
        assert "SECRET" not in str(caught.value)
    assert storage.find(NAME) is None
    assert not memory
    put(storage)


def test_an_upload_that_was_cut_short_is_told(memory, monkeypatch):
    """A driver that reports success does not make a file whole."""
    put_file = MemoryFileSystem.put_file

    def cut(self, source, target, **options):
        put_file(self, source, target, **options)
        memory[target].truncate(5)

    monkeypatch.setattr(MemoryFileSystem, "put_file", cut)
    with pytest.raises(StorageError, match="memory://kept does not hold what was written"):
        put(opened("memory://kept"))
    assert not memory


def test_what_killed_uploads_have_left_is_removed(memory):
    """After a day; not before."""
    storage = opened("memory://kept")
    fsspec.filesystem("memory").pipe_file("/kept/.incoming/a~1", b"left")
    storage.check()
    assert list(memory) == ["/kept/.incoming/a~1"]
    memory["/kept/.incoming/a~1"].modified -= timedelta(days=2)
    memory["/kept/.incoming/a~1"].created -= timedelta(days=2)
    storage.check()
    assert not memory


def test_a_download_leaves_no_file_in_the_temporary_folder(memory, tmp_path, monkeypatch):
    """Not even one that is killed: the file has no name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with opened("memory://kept").receive(NAME) as incoming:
        incoming.write(CONTENT)
        assert list(tmp_path.iterdir()) == []
        incoming.commit()
    assert len(memory) == 1


@pytest.mark.parametrize(
    ("told", "modified"),
    [
        ({"LastModified": datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=1)))}, 11),
        ({"mtime": datetime(2026, 3, 1, 11)}, 11),  # noqa: DTZ001 - as some drivers tell it
        ({"mtime": datetime(2026, 3, 1, 11, tzinfo=timezone.utc).timestamp()}, 11),
        ({"updated": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_is_what_the_driver_tells(monkeypatch, told, modified):
    """In UTC, however it puts it; or nothing."""
    answer = {"type": "file", "size": 5, **told}
    monkeypatch.setattr(MemoryFileSystem, "info", lambda *_, **__: answer)
    found = opened("memory://kept").find(NAME).modified
    assert found == (modified and datetime(2026, 3, 1, modified, tzinfo=timezone.utc))
    assert found is None or found.utcoffset() == timedelta(0)


# S3


def test_an_object_appears_when_its_upload_is_complete(bucket):
    """Under its own name at once: an object store need not allow to copy or delete."""
    with opened("s3://archive/kept").receive(NAME) as incoming:
        incoming.write(CONTENT)
        assert not list(bucket.objects.all())
        incoming.commit(len(CONTENT))
    assert [one.key for one in bucket.objects.all()] == [f"kept/{NAME}"]
    assert bucket.Object(f"kept/{NAME}").get()["Body"].read() == CONTENT


def test_what_another_run_has_stored_meanwhile_is_found(bucket):
    """The store is the truth, not what was once listed."""
    storage = opened("s3://archive/kept")
    storage.check()
    assert storage.find(NAME) is None
    bucket.put_object(Key=f"kept/{NAME}", Body=b"audio")
    assert storage.find(NAME).size == 5
    bucket.Object(f"kept/{NAME}").delete()
    assert storage.find(NAME) is None


def test_a_key_that_may_not_delete_is_enough(bucket, monkeypatch):
    """As archives want it; the check's object is then written over by the next check."""

    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(s3fs.S3FileSystem, "rm_file", refuse)
    opened("s3://archive").check()
    opened("s3://archive").check()
    put(opened("s3://archive"))
    assert [one.key for one in bucket.objects.all()] == [".incoming/probe", NAME]


@pytest.mark.usefixtures("bucket")
def test_a_key_that_may_only_write_is_told(monkeypatch):
    """By the check: what is there already could not be found."""

    def refuse(*_, **__):
        raise PermissionError

    monkeypatch.setattr(s3fs.S3FileSystem, "info", refuse)
    with pytest.raises(StorageError, match="s3://archive/probe cannot be read: access denied"):
        opened("s3://archive").check()


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_does_not_exist_is_told(caplog):
    """Before anything is downloaded; it is not created."""
    with pytest.raises(
        StorageError, match="recordings_path s3://other cannot be written: no such bucket"
    ):
        opened("s3://other").check()
    assert boto3.resource("s3").Bucket("other").creation_date is None
    assert "SECRET" not in caplog.text


@pytest.fixture
def _refused(server):
    """The S3 API knows no credentials any more."""
    configure, plain = f"{server}/moto-api/reset-auth", {"Content-Type": "text/plain"}
    requests.post(configure, data=b"0", headers=plain, timeout=PATIENCE).raise_for_status()
    yield
    requests.post(configure, data=b"inf", headers=plain, timeout=PATIENCE).raise_for_status()


@pytest.mark.usefixtures("bucket", "_refused")
def test_wrong_credentials_are_told():
    """Whatever is asked for."""
    storage = opened("s3://archive/kept")
    for use in (storage.check, lambda: storage.find(NAME), lambda: put(storage)):
        with pytest.raises(StorageError, match=r"cannot be .*: access denied: check") as caught:
            use()
        assert "SECRET" not in str(caught.value)


@pytest.mark.usefixtures("bucket")
def test_no_credentials_are_told(monkeypatch):
    """The environment holds none."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(StorageError, match="NoCredentialsError: check its address"):
        opened("s3://archive/kept").check()


@pytest.mark.usefixtures("_environment")
def test_a_lost_connection_is_told(monkeypatch):
    """In the middle of a run, too; the temporary file goes."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://{}:{}".format(*server.get_host_and_port()))
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir("lost")
    storage = opened("s3://lost/kept")
    storage.check()
    with storage.receive(NAME) as incoming:
        incoming.write(CONTENT)
        server.stop()
        with pytest.raises(StorageError, match=r"cannot be written: .*: check its address"):
            incoming.commit()
    with pytest.raises(StorageError, match=r"cannot be read: .*: check its address"):
        storage.find(NAME)


def test_a_file_is_found_by_the_part_of_its_name_that_is_known(place):
    """Also one that came after the folder was looked at."""
    storage, stem = opened(place), NAME.removesuffix(".mp3")
    assert storage.find_any(stem, (".wav", ".mp3")) is None
    put(storage)
    for one in (storage, opened(place)):
        name, stored = one.find_any(stem, (".wav", ".mp3"))
        assert (name, stored.size) == (NAME, len(CONTENT))
    assert storage.find_any(stem, (".wav",)) is None
    assert storage.find_any(stem.removesuffix("3"), (".mp3",)) is None


@pytest.mark.usefixtures("memory")
def test_a_folder_on_a_server_is_listed_once(monkeypatch):
    """However many files of a day are looked for."""
    asked = []
    listed = MemoryFileSystem.ls

    def ls(self, path, **options):
        asked.append(path)
        return listed(self, path, **options)

    storage = opened("memory://listed")
    for at in range(3):
        put(storage, name=f"2026/03/01/{at}.mp3")
    monkeypatch.setattr(MemoryFileSystem, "ls", ls)
    for at in range(5):
        found = storage.find_any(f"2026/03/01/{at}", (".pdf", ".wav", ".mp3"))
        assert (found is not None) == (at < 3)
    assert len(asked) == 1
