"""More than one login: each user of the app has a rate limit of their own, and all of them help."""

from __future__ import annotations

import json
import logging
import random
from collections import Counter
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event, get_ident
from typing import TYPE_CHECKING, Any

import pytest
import requests
from fixtures import free_account
from harness import Collector, Output, config_for, selecting
from waiting import wait_until

from sandbox import USER_PERMISSIONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.connection import Answer, Connection
from tap_ringcentral_calllog.config.settings import Settings
from tap_ringcentral_calllog.errors import (
    AccessError,
    FilesError,
    LongWaitError,
    OutputError,
    SettingsError,
    UnavailableError,
    UnreachableError,
)
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_ringcentral_calllog.api.logins import UserLogin

# The coverage of what it runs is measured by other tests, for less time.
pytestmark = pytest.mark.unmeasured

NOW = "2026-03-20T12:00:00Z"
LOGS = "/call-log"
CONTENT = "/content"
# By RingCentral's usual limit, and the sandbox's clock, which moves when the tap waits.
USUAL = {"limits_on_sandbox_clock": True, "now": NOW}

REFUSED = (
    "RingCentral refused the login with jwt: the jwt has expired, was revoked, or belongs to "
    "another app or api_url: create a new JWT credential for this app in the developer console "
    "(HTTP 400 OAU-250 invalid_grant)"
)
LIMITED = ", and RingCentral limits requests by user"
OTHER_ROLES = (
    "additional_jwts[0] is not used for the account's call log: its user does not have the same "
    "roles as the main login's user, for all sites."
)
NO_RIGHT = (
    "additional_jwts[0] is not used for recordings: it lacks a right that the main login has (HTTP "
    "403 CMN-408)."
)


def open_log(logins: int = 3, **options: Any) -> Sandbox:
    """Return an account whose log of five days has 60 pages."""
    given = {
        "seed": 17,
        "calls": 1_420,
        "days": 5,
        "extensions": 4,
        "habits": Habits(max_per_page=25),
    }
    return Sandbox(**{**USUAL, **given, "logins": logins, **options})


@contextmanager
def recordings(count: int, logins: int) -> Iterator[Sandbox]:
    """Open an account with a number of recordings, one a minute, and no other calls."""
    with Sandbox(
        seed=18, calls=0, days=5, extensions=3, logins=logins, file_sizes=(10, 20), **USUAL
    ) as account:
        for number in range(count):
            began = moment("2026-03-18T10:00:00Z") + timedelta(minutes=number)
            account.add_call(start_time=began, duration=60, recording_at=began)
        yield account


def ids(records: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["id"] for one in records)


def truth(account: Sandbox) -> Counter[str]:
    return ids(account.truth(level="account", end=NOW))


def seconds(account: Sandbox, part: str) -> float:
    """Return the time from the first to the last request for something, by the sandbox's clock."""
    seen = account.requests_to(part)
    return (seen[-1].at - seen[0].at).total_seconds()


def asked(account: Sandbox, part: str) -> Counter[str]:
    """Return how many requests for something each user has made."""
    return Counter(one.user for one in account.requests_to(part))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was said of logins."""
    told = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    return [one for one in told if one.startswith("additional_jwts")]


@pytest.fixture
def read(sync):
    """Reads the log with all logins of an account."""

    def run(account: Sandbox, *arguments: Any, **options: Any) -> Output:
        given = {"start_date": "2026-03-15", "additional_jwts": account.more_jwts, **options}
        return sync(account, *arguments, by_its_clock=True, **given)

    return run


def test_a_backfill_takes_its_share_of_the_time(read):
    """60 pages with two and with three logins: no refusal, and none asked for twice."""
    taken = {}
    for logins in (1, 2, 3):
        with open_log(logins) as account:
            output = read(account)
            assert ids(output.records()) == truth(account)
            queries = [json.dumps(one.query, sort_keys=True) for one in account.requests_to(LOGS)]
            assert len(set(queries)) == len(queries) == 60
            assert (account.rejected, {one.status for one in account.requests}) == (0, {200})
            assert len(asked(account, LOGS)) == logins
            taken[logins] = seconds(account, LOGS)
    assert 300 <= taken[1] <= 1.02 * 300
    assert taken[2] <= 1.05 * taken[1] / 2
    assert taken[3] <= 1.05 * taken[1] / 3


@pytest.mark.prove
def test_recordings_take_their_share_of_the_time(read, tmp_path):
    """1,000 recordings: each file is fetched once, whole, by whichever login is free first."""
    taken = {}
    for logins in (1, 2, 3):
        with Sandbox(
            seed=18, calls=0, days=5, extensions=3, logins=logins, file_sizes=(10, 20), **USUAL
        ) as account:
            for number in range(1_000):
                began = moment("2026-03-18T10:00:00Z") + timedelta(seconds=number)
                ready = began + timedelta(minutes=2)
                account.add_call(start_time=began, duration=60, recording_at=ready)
            path = str(tmp_path / str(logins))
            output = read(account, None, selecting("recording_files"), recordings_path=path)
            rows = output.records("recording_files")
            found = {one["id"]: sha256(Path(one["path"]).read_bytes()).hexdigest() for one in rows}
            assert found == {str(one["id"]): one["sha256"] for one in account.recordings_truth()}
            assert len(rows) == len(account.requests_to(CONTENT)) == 1_000
            assert account.rejected == 0
            assert len(asked(account, CONTENT)) == logins
            taken[logins] = seconds(account, CONTENT)
    assert 99 * 60 <= taken[1] <= 1.02 * 99 * 60
    assert taken[2] <= 1.05 * taken[1] / 2
    assert taken[3] <= 1.05 * taken[1] / 3


def test_files_are_downloaded_side_by_side(read, tmp_path):
    """While one login waits for a file, the others fetch the next ones; rows keep their order."""
    with recordings(9, logins=3) as account:

        def others_are_fetched() -> bool:
            return len(account.requests_to(CONTENT)) == 8

        # Until the first one is there, no other is asked for.
        second = account.recordings_truth()[-2]["id"]
        slow = f"/{second}{CONTENT}"
        account.fail(Fault("stall", on=slow, seconds=3600, until=others_are_fetched))
        path = str(tmp_path)
        output = read(account, None, selecting("recording_files"), recordings_path=path)
        rows = output.records("recording_files")
        assert len(rows) == len(account.recordings_truth()) == 9
        assert rows == sorted(rows, key=lambda row: row["startTime"])
        assert rows[1]["id"] == str(second)
        assert slow in account.requests_to(CONTENT)[-1].path
        assert len(asked(account, CONTENT)) == 3
        assert account.rejected == 0


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_fails_stops_the_others_for_no_login(read, tmp_path, status):
    """Those beside it and after it are archived, each with one request that succeeds."""
    with recordings(30, logins=3) as account:
        (bad, *good) = (str(one["id"]) for one in account.recordings_truth())
        account.fail(Fault("status", status=status, on=f"/{bad}{CONTENT}", times=None))
        catalog, output = selecting("recording_files"), Output()
        with suppress(FilesError):
            read(account, None, catalog, output=output, recordings_path=str(tmp_path))
        assert ids(output.records("recording_files")) == Counter(good)
        fetched = Counter(one.path.split("/")[-2] for one in account.requests_to(CONTENT))
        assert {one: fetched[one] for one in good} == dict.fromkeys(good, 1)
        noted = output.state["bookmarks"]["recording_files"]["unfinished"]
        assert [one["id"] for one in noted] == [bad]


def test_a_long_wait_is_left_to_the_next_run_and_what_is_under_way_is_not(read, tmp_path):
    """All logins shall wait for an hour with one file; what was fetched has its row at once."""
    with recordings(3, logins=2) as account:
        found = sorted(account.recordings_truth(), key=lambda one: one["startTime"])
        first, beside, held = (str(one["id"]) for one in found)

        def is_asked_for() -> bool:
            return any(f"/{held}{CONTENT}" in one.path for one in account.requests)

        on = f"/{held}{CONTENT}"
        account.fail(Fault("status", on=on, status=429, retry_after=3600, times=None))
        on = f"/{beside}{CONTENT}"
        account.fail(Fault("stall", on=on, seconds=3600, until=is_asked_for))
        catalog, output = selecting("recording_files"), Output()
        given = {"recordings_path": str(tmp_path)}
        with pytest.raises(UnavailableError, match="asks to wait for 60 minutes"):
            read(account, None, catalog, output=output, **given)
        seen = account.requests_to(CONTENT)
        # `beside` is among them, unless both logins were refused `held` before it was begun.
        fetched = Counter(one.path.split("/")[-2] for one in seen if one.status == 200)
        assert first in fetched
        assert held not in fetched
        assert ids(output.records("recording_files")) == fetched
        account.clear_faults()
        account.forget_requests()
        account.clock.advance(hours=2)
        again = read(account, output.state, catalog, **given)
        rest = Counter([first, beside, held]) - fetched
        assert ids(again.records("recording_files")) == rest
        assert Counter(one.path.split("/")[-2] for one in account.requests_to(CONTENT)) == rest


def some_fault(chance: random.Random, account: Sandbox) -> Fault:
    """Return a fault in some of the answers to requests for files."""
    where = {"on": CONTENT, "after": chance.randrange(8), "times": chance.randrange(1, 5)}
    kind = chance.choice(["status", "status", "status", "reset", "cut", "html", "hook"])
    if kind == "hook":
        ends = partial(account.revoke_all_sessions, chance.choice([*account.extension_ids, None]))
        return Fault(kind, hook=ends, **where)
    status = chance.choice([401, 403, 429, 429, 503])
    wait = chance.choice([None, 1, 100, 5000]) if status in {429, 503} else None
    return Fault(kind, status=status, retry_after=wait, **where)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(40))
def test_whatever_fails_no_file_is_lost_and_no_row_is_written_twice(read, tmp_path, seed):
    """Nor does a request exceed a limit, with one to four logins; now and then a run is stopped."""
    chance, told, state = random.Random(seed), Counter(), None
    catalog, path = selecting("recording_files"), str(tmp_path)
    habits = Habits(content_redirect=chance.choice(["", "media"]))
    given = {"logins": chance.randrange(1, 5), "limits": {"Auth": (50, 60.0)}, "habits": habits}
    with Sandbox(
        seed=seed,
        calls=0,
        days=5,
        extensions=4,
        media_port=0,
        file_sizes=(10, 700_000),
        **USUAL,
        **given,
    ) as account:
        for number in range(chance.randrange(5, 50)):
            began = moment("2026-03-16T10:00:00Z") + timedelta(minutes=90 * number)
            account.add_call(start_time=began, duration=60, recording_at=began)
        truth = {str(one["id"]): one for one in account.recordings_truth()}
        for left in reversed(range(4)):
            account.clear_faults()
            for _ in range(left and chance.randrange(1, 6)):
                account.fail(some_fault(chance, account))
            # Where it is stopped, its rows since the last state are written again.
            lines = chance.randrange(3, 90) if left and chance.random() < 0.4 else 1_000
            output = Output()
            stopped = partial(Stopping, lines)
            with suppress(FilesError, LongWaitError, OutputError) if left else nullcontext():
                read(
                    account,
                    state,
                    catalog,
                    output=output,
                    writer=stopped(output),
                    recordings_path=path,
                )
            assert account.rejected == 0
            confirmed = output.messages
            while lines < 1_000 and confirmed and confirmed[-1]["type"] != "STATE":
                confirmed.pop()
            state = output.state or state
            told += ids(output.records("recording_files"))
            noted = {one["id"] for one in bookmark(state).get("unfinished") or ()}
            for one, file in truth.items():
                is_behind = file["startTime"] < bookmark(state).get("replication_key_value", "")
                assert not is_behind or one in told or one in noted
            account.clock.advance(hours=2)
        assert told == dict.fromkeys(truth, 1)
        stored = {one.stem: one for one in tmp_path.rglob("*.*") if one.is_file()}
        found = {one: sha256(stored[one].read_bytes()).hexdigest() for one in truth}
        assert found == {one: file["sha256"] for one, file in truth.items()}


def bookmark(state: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a state holds of recordings."""
    return (state or {}).get("bookmarks", {}).get("recording_files", {})


class Stopping(Collector):
    """Fails after some messages."""

    def __init__(self, most: int, output: Output) -> None:
        super().__init__(output)
        self._most = most

    def write_lines(self, lines: bytes | bytearray) -> None:
        super().write_lines(lines)
        if len(self.output.messages) >= self._most:
            msg = "the target has died"
            raise OutputError(msg)


@pytest.fixture
def connect():
    """Opens connections to an account, and closes them."""
    with ExitStack() as opened:

        def run(account: Sandbox, **options: Any) -> Connection:
            logger = logging.getLogger(__name__)
            settings = Settings.from_config(config_for(account), user_agent="test")
            connection = Connection(settings, logger=logger, **options)
            opened.callback(connection.close)
            return connection

        yield run


def own_extension(account: Sandbox, connection: Connection) -> Answer:
    """Ask for the extension of whoever logged in."""
    url = f"{account.url}/restapi/v1.0/account/~/extension/~"
    request = requests.Request("GET", url, auth=lambda one: one)
    return connection.get(connection.session.prepare_request(request), bool)


def test_requests_that_are_refused_at_once_log_in_once(connect, monkeypatch):
    """Two threads learn that the session was ended: the second one uses the new login."""
    with free_account(calls=0, extensions=1) as account:
        connection, this, others = connect(account), get_ident(), []
        connection.log_in()
        account.revoke_all_sessions()
        take = connection.logins.take

        def take_after_another(group: str, *arguments: Any) -> UserLogin:
            if group == "Auth" and get_ident() == this and not others:
                others.append(begin(lambda: own_extension(account, connection)))
                wait_until(lambda: len(account.requests) >= 3)
            return take(group, *arguments)

        monkeypatch.setattr(connection.logins, "take", take_after_another)
        assert own_extension(account, connection).content
        assert others[0].result(60).content
        seen = Counter((one.path.rpartition("/")[2], one.status) for one in account.requests)
        assert seen == {("token", 200): 2, ("~", 401): 2, ("~", 200): 2}


def test_the_session_is_ended_while_another_request_waits(connect):
    """A run that is stopped sends nothing else: above all, it does not log in again."""
    asleep, awake, slept = Event(), Event(), [0.0]

    def sleep(seconds: float) -> None:
        asleep.set()
        awake.wait(60)
        slept.append(seconds)

    with free_account(calls=0, extensions=1) as account:
        connection = connect(account, sleep=sleep, clock=lambda: sum(slept))
        connection.log_in()
        connection.pacer.observe("Light", 429, {"Retry-After": "60"})
        waiting = begin(lambda: own_extension(account, connection))
        assert asleep.wait(60)
        connection.close()
        awake.set()
        with pytest.raises(UnreachableError):
            waiting.result(60)
        paths = [one.path.rpartition("/")[2] for one in account.requests]
        assert paths == ["token", "revoke"]


@pytest.mark.prove
def test_many_extensions_take_their_share_of_the_time(read, caplog):
    """A request for each of 90 extensions: the run says beforehand how long that takes."""
    caplog.set_level("INFO")
    taken, told = {}, {}
    for logins in (1, 3):
        with Sandbox(seed=19, calls=500, days=5, extensions=90, logins=logins, **USUAL) as account:
            extensions = {"call_log_level": "extension", "extension_ids": account.extension_ids}
            output = read(account, **extensions)
            found = [(one["extensionId"], one["id"]) for one in output.records()]
            expected = [
                (extension, call["id"])
                for extension in account.extension_ids
                for call in account.truth("extension", extension, end=NOW)
            ]
            assert Counter(found) == Counter(expected)
            assert len(account.requests_to(LOGS)) == 90
            assert account.rejected == 0
            taken[logins] = seconds(account, LOGS)
            (line,) = [one for one in caplog.messages if one.startswith("Reading the logs of 90")]
            told[logins] = line
            caplog.clear()
    assert taken == {1: pytest.approx(480, rel=0.02), 3: pytest.approx(120, rel=0.02)}
    assert "8 minutes" in told[1]
    assert "2 minutes" in told[3]


def test_a_run_that_is_stopped_goes_on_from_its_bookmark(read):
    """Whatever record a run with three logins dies at, the next one has the rest of all calls."""
    for last in (1, 350, 1_300):
        with open_log() as account:
            output = Output()
            with pytest.raises(OutputError):
                read(account, output=output, writer=_Dying(output, last))
            account.forget_requests()
            rest = read(account, output.state or None)
            found = ids(output.records()) + ids(rest.records())
            assert found.keys() == truth(account).keys()


class _Dying(Collector):
    """A target that dies at a record."""

    def __init__(self, output: Output, last: int) -> None:
        super().__init__(output)
        self._left = last

    def write_lines(self, lines: bytes | bytearray) -> None:
        for line in lines.splitlines():
            self._left -= line.startswith(b'{"type":"RECORD"')
            if self._left < 0:
                msg = "the target has died"
                raise OutputError(msg)
            super().write_lines(line)


def test_a_penalty_of_one_login_is_not_waited_for(read):
    """Another client has used up a user's budget: one request is refused, others ask meanwhile."""
    with open_log() as account:
        second = account.extension_ids[1]
        use = partial(account.use_budget, "Heavy", 10, user=second)
        account.fail(Fault("hook", on=LOGS, after=11, hook=use))
        output = read(account)
        assert ids(output.records()) == truth(account)
        refused = [one for one in account.requests if one.status == 429]
        assert [one.user for one in refused] == [second]
        assert account.penalties_restarted == 0
        meanwhile = [one for one in account.requests_to(LOGS) if one.at == refused[0].at]
        assert asked_of(meanwhile)[account.extension_ids[2]] == 10
        assert asked(account, LOGS)[second] > 10


def test_the_main_logins_penalty_is_not_waited_for_either(read):
    """What the main login is refused by status 429, another one asks for at once."""
    with open_log(2) as account:
        use = partial(account.use_budget, "Heavy", 10, user=account.owner_id)
        account.fail(Fault("hook", on=LOGS, after=2, hook=use))
        output = read(account)
        assert ids(output.records()) == truth(account)
        (refused,) = [one for one in account.requests_to(LOGS) if one.status == 429]
        following = account.requests_to(LOGS)[3]
        assert (refused.user, following.user) == (account.owner_id, account.extension_ids[1])
        assert (following.query, following.at) == (refused.query, refused.at)
        assert account.penalties_restarted == 0


def asked_of(seen: Any) -> Counter[str]:
    return Counter(one.user for one in seen)


def test_another_accounts_login_ends_the_run(read):
    """Its calls would be mixed with those of the main login's account: nothing is read."""
    with open_log() as account:

        def elsewhere(body: bytes) -> bytes:
            return body.replace(account.account_id.encode(), b"999999000")

        account.fail(Fault("edit", on="/extension/~", after=2, edit=elsewhere))
        output = Output()
        with pytest.raises(SettingsError) as failed:
            read(account, output=output)
        assert str(failed.value) == (
            "additional_jwts[1] belongs to another account than the main login: take it out of "
            "additional_jwts"
        )
        assert output.messages == []
        assert account.requests_to(LOGS) == []


def test_logins_of_no_use_are_named_once(read, caplog):
    """One that is refused, and those of users who have logged in already; the others help."""
    with open_log() as account:
        second, third = account.more_jwts
        jwts = ["invented", account.jwt, second, second, third]
        output = read(account, additional_jwts=jwts)
        assert ids(output.records()) == truth(account)
        assert lines(caplog) == [
            f"additional_jwts[0] is not used: {REFUSED}.",
            f"additional_jwts[1] is not used: it is the same user as the main login{LIMITED}.",
            f"additional_jwts[3] is not used: it is the same user as additional_jwts[2]{LIMITED}.",
        ]
        assert len(asked(account, LOGS)) == 3
        assert account.rejected == 0


@pytest.mark.parametrize("status", [403, 503])
def test_the_run_goes_on_where_nobody_says_whose_logins_they_are(read, caplog, status):
    """Additional logins can't be told from another account's then: all is read without them."""
    with open_log(2) as account:
        account.fail(Fault("status", on="/extension/~", status=status, times=None))
        output = read(account)
        assert ids(output.records()) == truth(account)
        assert asked(account, LOGS).keys() == {account.owner_id}
        (line,) = lines(caplog)
        assert line.startswith("additional_jwts[0] is not used: ")


@pytest.mark.parametrize(
    "fields",
    [
        {"roles": [{"id": "7"}]},
        {"roles": [{"id": "1"}], "siteAccess": "Limited"},
        {"roles": [{"id": "1", "siteRestricted": True}]},
        {"roles": None},
    ],
)
def test_a_login_that_may_see_less_does_not_read_the_accounts_log(read, caplog, tmp_path, fields):
    """A user with another role, or for some sites, may get a part of the log, and no error."""
    catalog = selecting("call_log", "recording_files")
    with open_log(2, calls=600) as account:
        second = account.extension_ids[1]
        account.change_extension(second, **fields)
        output = read(account, None, catalog, recordings_path=str(tmp_path))
        assert ids(output.records()) == truth(account)
        assert asked(account, LOGS).keys() == {account.owner_id}
        assert asked(account, CONTENT)[second] > 10
        assert lines(caplog) == [OTHER_ROLES]


def test_a_login_without_a_right_is_left_out_of_what_it_is_for(read, caplog, tmp_path):
    """The main login asks for what it was refused, and it is named once."""
    catalog = selecting("call_log", "recording_files")
    with open_log(3, calls=600) as account:
        second, third = account.extension_ids[1:3]
        account.set_permissions(user=USER_PERMISSIONS - {"ReadCallRecording"}, of=second)
        output = read(account, None, catalog, recordings_path=str(tmp_path))
        rows = output.records("recording_files")
        assert ids(rows) == Counter(str(one["id"]) for one in account.recordings_truth())
        assert {one["status"] for one in rows} == {"archived"}
        refused = [one for one in account.requests if one.status == 403]
        assert [one.user for one in refused] == [second]
        assert asked(account, CONTENT)[third] > 10
        assert asked(account, LOGS)[second] > 0
        assert lines(caplog) == [NO_RIGHT]


def test_what_the_main_login_is_refused_as_well_counts(read, caplog):
    """An extension that nobody may read is the main login's failure, and no other login's fault."""
    with Sandbox(seed=19, calls=300, days=5, extensions=30, logins=2, **USUAL) as account:
        shut = account.extension_ids[14]
        account.fail(Fault("status", on=f"/{shut}{LOGS}", status=403, code="CMN-404", times=None))
        settings = {"call_log_level": "extension", "extension_ids": account.extension_ids}
        with pytest.raises(AccessError, match=shut):
            read(account, **settings)
        asked_for = [one for one in account.requests if one.status == 403]
        assert {one.user for one in asked_for} == {account.owner_id, account.extension_ids[1]}
        assert lines(caplog) == []


def test_a_login_that_ends_in_mid_run_is_renewed_or_left_out(read, caplog):
    """All of a user's tokens die: one new login. When that is refused as well, the others go on."""
    for works in (True, False):
        with open_log(2) as account:
            second = account.extension_ids[1]
            account.fail(
                Fault("hook", on=LOGS, after=15, hook=partial(account.revoke_all_sessions, second))
            )
            if not works:
                account.fail(Fault("status", on="/oauth/token", after=2, status=400, times=None))
            output = read(account)
            assert ids(output.records()) == truth(account)
            assert asked(account, LOGS)[second] >= (20 if works else 5)
            assert len(lines(caplog)) == (not works)
            caplog.clear()


def test_what_another_login_does_not_get_the_main_one_asks_for(read):
    """A server error to an additional login costs one request, and no wait."""
    with open_log(2) as account:
        account.fail(Fault("status", on=LOGS, after=13, status=503, times=2))
        output = read(account)
        assert ids(output.records()) == truth(account)
        failed = [one for one in account.requests if one.status == 503]
        assert {one.user for one in failed} == {account.owner_id, account.extension_ids[1]}


def test_a_run_that_one_login_is_enough_for_asks_by_no_other(read):
    """But for whose they are: a request of group Light each."""
    with open_log(calls=150) as account:
        read(account)
        assert asked(account, LOGS).keys() == {account.owner_id}
        assert asked(account, "/extension/~") == Counter(account.extension_ids[:3])


def test_the_logins_are_ended_after_a_run(read):
    """As many sessions are revoked as were begun."""
    with open_log(2, calls=300) as account:
        read(account)
        assert len(account.requests_to("/oauth/revoke")) == 2


def test_the_option_test_checks_the_additional_logins(account_config, command):
    """`--test` names those that are of no use, and fails for another account's."""
    account, config = account_config
    done = command("--config", config, "--test")
    assert done.returncode == 0
    assert "additional_jwts[0] is not used: RingCentral refused the login" in done.stderr
    assert done.stdout.startswith("OK: call_log")
    account.fail(
        Fault("edit", on="/extension/~", after=1, edit=lambda body: body.replace(b"4014", b"4015"))
    )
    done = command("--config", config, "--test")
    assert done.returncode == 1
    assert "additional_jwts[1] belongs to another account" in done.stderr


@pytest.fixture
def account_config(tmp_path):
    """An account, and a file with a configuration of its logins, the first one wrong."""
    # Five logins in a minute, as RingCentral allows, would not be enough for two runs.
    with Sandbox(calls=50, days=5, extensions=2, logins=2, limits={"Auth": (50, 60.0)}) as account:
        path = tmp_path / "config.json"
        settings = config_for(account, additional_jwts=["wrong", *account.more_jwts])
        path.write_text(json.dumps(settings))
        yield account, str(path)


def test_several_logins_share_files_that_lie_elsewhere(read, tmp_path):
    """What a file's address redirects to counts for the login that is free first as well."""
    habits = Habits(content_redirect="media")
    with open_log(2, calls=300, media_port=0, habits=habits) as account:
        path = str(tmp_path)
        output = read(account, None, selecting("recording_files"), recordings_path=path)
        rows = output.records("recording_files")
        assert ids(rows) == Counter(str(one["id"]) for one in account.recordings_truth())
        assert {one["status"] for one in rows} == {"archived"}
        assert account.rejected == 0


def test_attachments_and_mailboxes_use_all_logins(read, tmp_path):
    """Mailboxes are asked for in the group Light, files in the group Medium: 50 and 40 a minute."""
    limits = {"Light": (5, 60.0), "Medium": (10, 60.0)}
    with Sandbox(
        seed=20, calls=400, days=5, extensions=30, logins=2, limits=limits, **USUAL
    ) as one:
        catalog, path = selecting("messages", "message_files"), str(tmp_path)
        output = read(one, None, catalog, messages_path=path, start_date="2026-03-10")
        files = {
            (str(file["messageId"]), str(file["attachmentId"]))
            for extension in one.extension_ids
            for file in one.message_files_truth(extension)
            if file["type"] != "Text"
        }
        found = {(row["messageId"], row["id"]) for row in output.records("message_files")}
        assert found <= files
        assert found
        for part in ("/message-store", CONTENT):
            assert asked(one, part).keys() == set(one.extension_ids[:2])
        assert one.rejected == 0
