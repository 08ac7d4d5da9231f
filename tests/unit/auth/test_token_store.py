"""A refresh token is never lost: not by a kill, a damaged file, or another run."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import threading
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from waiting import PATIENCE

from tap_ringcentral_calllog.auth.token_store import TokenStore
from tap_ringcentral_calllog.errors import SettingsError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


def put(path, token, configured=None):
    store = TokenStore(path, configured)
    with store.locked():
        store.write(token)


def test_what_is_written_is_read_by_the_next_run(path):
    """The store survives from run to run."""
    put(path, "R1")
    assert TokenStore(path).read() == "R1"


def test_the_file_says_what_it_is(path):
    """Token, the hash of the configured token that it supersedes, and an aware time."""
    put(path, "R1", configured="R0")
    content = json.loads(path.read_text())
    stored_at = datetime.fromisoformat(content.pop("stored_at"))
    assert content == {
        "refresh_token": "R1",
        "configured_hash": sha256(b"R0").hexdigest(),
    }
    assert stored_at.utcoffset() == timedelta(0)


def test_the_configured_token_begins_and_the_store_goes_on(path):
    """A configured token is used until it has been exchanged, however often it stays configured."""
    assert TokenStore(path, "R0").read() == "R0"
    put(path, "R1", configured="R0")
    assert TokenStore(path, "R0").read() == "R1"
    assert TokenStore(path, " R0\n").read() == "R1"


def test_a_newly_configured_token_wins_over_the_store(path):
    """Whoever configures a new token wants it used; the stored one may be dead."""
    put(path, "R1", configured="R0")
    assert TokenStore(path, "new").read() == "new"
    put(path, "R2", configured="new")
    assert TokenStore(path, "new").read() == "R2"


def test_a_store_filled_by_hand_wins_over_the_token_that_it_replaced(path):
    """After `tap-ringcentral-login`, the dead token that is still configured stays out of use."""
    put(path, "R1", configured="R0")
    put(path, "from the browser")
    assert TokenStore(path, "R0").read() == "from the browser"
    assert TokenStore(path, "new").read() == "new"


def test_without_any_token_the_user_is_told_where_to_get_one(path):
    """The line names the setting, the path and the command."""
    with pytest.raises(SettingsError, match="tap-ringcentral-login") as caught:
        TokenStore(path).read()
    assert "token_store" in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"R1"',
        b'{"refresh_token": "R1"}',
        b'{"refresh_token": 1, "configured_hash": null, "stored_at": ""}',
        b'{"refresh_token": "", "configured_hash": null, "stored_at": ""}',
        b'{"client_id": "x", "refresh_token": "R1", "token_store": "config.json"}',
    ],
)
@pytest.mark.parametrize("configured", [None, "R0"])
def test_a_damaged_store_is_refused_and_left_alone(path, content, configured):
    """Nothing is guessed from it, and a path to some other file costs that file nothing."""
    path.write_bytes(content)
    store = TokenStore(path, configured)
    for use in (store.read, store.check, lambda: store.write("R9")):
        with pytest.raises(SettingsError, match="token_store") as caught:
            use()
        assert str(path) in str(caught.value)
        assert "R1" not in str(caught.value)
    assert path.read_bytes() == content


def test_only_its_owner_can_read_a_token(path, monkeypatch):
    """From the file's first moment, whatever the umask is and whatever the file was before."""
    modes = []
    fsync = os.fsync

    def spy(handle):
        modes.append(stat.S_IMODE(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", spy)
    before = os.umask(0)
    try:
        put(path, "R1")
    finally:
        os.umask(before)
    assert modes[0] == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    put(path, "R2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_token_is_on_the_disk_under_its_name_when_write_returns(path, monkeypatch):
    """The content is synced before the name is given, the folder after it."""
    put(path, "R1")
    steps = []
    fsync, replace = os.fsync, type(path).replace

    def spy_fsync(handle):
        steps.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def spy_replace(self, target):
        assert json.loads(self.read_text())["refresh_token"] == "R2"
        assert json.loads(path.read_text())["refresh_token"] == "R1"
        assert self.parent == path.parent
        steps.append("replace")
        return replace(self, target)

    store = TokenStore(path)
    with store.locked():
        monkeypatch.setattr(os, "fsync", spy_fsync)
        monkeypatch.setattr(type(path), "replace", spy_replace)
        store.write("R2")
    assert steps == ["file", "replace", "folder"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_token(path, monkeypatch, step, error):
    """A full disk is told in one line; a kill leaves nothing that hinders the next run."""
    put(path, "R1")

    def fail(*_):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if step == "fsync" else (type(path), "replace")), fail)
        with pytest.raises((SettingsError, KeyboardInterrupt)) as caught:
            put(path, "R2")
    if isinstance(error, OSError):
        assert str(caught.value) == f"token_store {path} cannot be written: No space left on device"
    assert TokenStore(path).read() == "R1"
    put(path, "R3")
    assert TokenStore(path).read() == "R3"
    assert sorted(p.name for p in path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


def test_a_file_system_that_cannot_sync_folders_will_do(path, monkeypatch):
    """Some network file systems refuse it; the token is in place by then."""
    fsync = os.fsync

    def picky(handle):
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", picky)
    put(path, "R1")
    assert TokenStore(path).read() == "R1"


def test_a_link_to_the_store_stays_a_link(path, tmp_path):
    """What it points to is replaced, in its own folder, under one lock for both names."""
    real = tmp_path / "real" / "store.json"
    real.parent.mkdir()
    path.symlink_to(real)
    put(path, "R1")
    assert path.is_symlink()
    assert TokenStore(real).read() == TokenStore(path).read() == "R1"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["real", "tokens.json"]


@pytest.mark.parametrize("name", ["missing/tokens.json", "file/tokens.json"])
def test_a_folder_that_cannot_be_used_is_told_before_anything_is_sent(tmp_path, name):
    """Nothing is exchanged that could not be kept."""
    (tmp_path / "file").touch()
    store = TokenStore(tmp_path / name)
    with pytest.raises(SettingsError, match=r"token_store .* cannot be written"), store.locked():
        pytest.fail("the lock was given")


def test_a_folder_without_room_for_a_new_file_is_told_before_anything_is_sent(path):
    """The lock file may be there already; that the store can be replaced is tried each time."""
    put(path, "R1")
    (path.parent / "tokens.json.new").mkdir()
    store = TokenStore(path)
    with pytest.raises(SettingsError, match=r"token_store .* cannot be written"), store.locked():
        pytest.fail("the lock was given")


def test_a_folder_in_place_of_the_store_is_told(tmp_path):
    """The line names setting and path."""
    with pytest.raises(SettingsError, match=r"token_store .* cannot be read: Is a directory"):
        TokenStore(tmp_path).read()


def test_a_path_that_is_none_is_told():
    """A home folder that nobody has, or a NUL."""
    for path in ("~nobody-of-this-name/tokens.json", "tokens\0.json"):
        with pytest.raises(SettingsError, match="not a usable path"):
            TokenStore(path)


def test_the_home_folder_may_be_abbreviated(monkeypatch, tmp_path):
    """As in a shell."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert TokenStore("~/tokens.json").path == tmp_path.resolve() / "tokens.json"


def test_while_one_run_exchanges_its_token_another_waits(path):
    """The second reads what the first wrote, and not the token that the first has spent."""
    put(path, "R1")
    first, second = TokenStore(path), TokenStore(path)
    started, seen = threading.Event(), []

    def other_run():
        started.set()
        with second.locked():
            seen.append(second.read())

    thread = threading.Thread(target=other_run)
    with first.locked():
        thread.start()
        assert started.wait(PATIENCE)
        with (path.parent / "tokens.json.lock").open() as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert first.read() == "R1"
        first.write("R2")
    thread.join(5)
    assert seen == ["R2"]


def test_a_lock_does_not_outlive_a_failure(path):
    """Whatever happens under the lock, the next run gets it."""
    store = TokenStore(path)
    with pytest.raises(ZeroDivisionError), store.locked():
        raise ZeroDivisionError
    with store.locked():
        store.write("R1")


def test_no_token_shows(path):
    """The stored one is not in what a traceback could show of it."""
    put(path, "SECRET-1", configured="SECRET-0")
    stored = TokenStore(path, "SECRET-0")._load()  # noqa: SLF001 - what a traceback would show
    assert stored.refresh_token == "SECRET-1"
    assert "SECRET" not in repr(stored)


def test_a_pipe_in_place_of_the_store_is_told(path):
    """Reading it would never end."""
    os.mkfifo(path)
    with pytest.raises(SettingsError, match="is not a file"):
        TokenStore(path).check()


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
def test_a_store_that_is_mounted_by_itself_is_told_before_anything_is_sent(
    path, monkeypatch, number
):
    """Such a file can be written to, but not replaced; the rehearsal is the replacement itself."""
    put(path, "R1")

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(type(path), "replace", refuse)
    store = TokenStore(path)
    with pytest.raises(SettingsError) as caught, store.locked():
        pytest.fail("the lock was given")
    assert f"token_store {path} cannot be replaced" in str(caught.value)
    assert "mount its folder instead" in str(caught.value)
    assert store.read() == "R1"
    assert sorted(p.name for p in path.parent.iterdir()) == ["tokens.json", "tokens.json.lock"]


@pytest.mark.parametrize("token", ["R1", None], ids=["filled", "not there yet"])
def test_the_rehearsal_changes_nothing(path, token):
    """Neither the store nor the folder, once it is over."""
    if token:
        put(path, token)
    content = path.read_bytes() if token else None
    TokenStore(path).check()
    assert content == (path.read_bytes() if token else None)
    expected = ["tokens.json"] if token else []
    assert sorted(p.name for p in path.parent.iterdir()) == [*expected, "tokens.json.lock"]


def test_the_lock_follows_no_link(path, tmp_path):
    """Somebody else might have put it there, to a file that the user may write to."""
    other = tmp_path / "other"
    path.with_name("tokens.json.lock").symlink_to(other)
    store = TokenStore(path)
    with (
        pytest.raises(SettingsError, match=r"tokens\.json\.lock is a symbolic link"),
        store.locked(),
    ):
        pytest.fail("the lock was given")
    assert not other.exists()


def warnings(caplog) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


def test_a_store_that_others_could_read_is_told_once(path, caplog):
    """Before its token is spent; by then it is closed to them."""
    put(path, "R1")
    path.chmod(0o644)
    store = TokenStore(path)
    for _ in range(2):
        with store.locked():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (line,) = warnings(caplog)
    assert f"token_store {path} could be read by everybody" in line


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_store_in_a_folder_of_others_is_told(tmp_path, caplog, mode):
    """They could put a file of theirs in its place, or a lock."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(mode)
    TokenStore(folder / "tokens.json").check()
    (line,) = warnings(caplog)
    assert "is in a folder that other users can change" in line


@pytest.mark.parametrize(("owner", "told"), [(0, False), (4711, False), (4712, True)])
def test_a_folder_that_belongs_to_somebody_else_is_told(path, caplog, monkeypatch, owner, told):
    """To neither the user nor the system."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    found = type(path).stat

    def owned(self, **options):
        values = list(found(self, **options))
        values[stat.ST_UID] = owner
        return os.stat_result(values)

    monkeypatch.setattr(type(path), "stat", owned)
    TokenStore(path).check()
    assert bool(warnings(caplog)) == told


def test_a_store_of_ones_own_is_told_nothing_about(path, caplog):
    """Nor one that a group may use: Kubernetes makes such ones."""
    path.parent.chmod(0o2770)
    put(path, "R1")
    path.chmod(0o660)
    put(path, "R2")
    assert not warnings(caplog)
