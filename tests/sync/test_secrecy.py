"""No token, secret, phone number or person's name shows, with the log at DEBUG.

`tests/conftest.py` holds all tests to it that run the tap. Here are the situations in which
a secret is most likely to show, and the proof that it would be noticed.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import threading
from contextlib import closing, nullcontext, suppress
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import pytest
import requests
from fixtures import free_account
from harness import Output, Watch, config_for, selecting
from relay import Relay
from waiting import PATIENCE

from sandbox import POISONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog import login
from tap_ringcentral_calllog.errors import LoginError, TapRingCentralError

if TYPE_CHECKING:
    from collections.abc import Iterator


LOGGING = """
version: 1
disable_existing_loggers: false
formatters:
  plain: {(): singer_sdk.logging.ConsoleFormatter}
  structured: {(): singer_sdk.logging.StructuredFormatter}
handlers:
  plain: {class: logging.StreamHandler, formatter: plain}
  structured: {class: logging.StreamHandler, formatter: structured}
root: {level: DEBUG, handlers: [plain, structured]}
"""


@pytest.fixture
def account():
    """A small account."""
    with free_account(seed=61, calls=150, days=5) as sandbox:
        yield sandbox


@pytest.fixture
def person(account):
    """Somebody who called: a name and a phone number."""
    return next(
        (party["name"], party["phoneNumber"])
        for party in (call.get("from", {}) for call in account.truth())
        if "name" in party
    )


@pytest.fixture
def loud(command, account, tmp_path):
    """Run the command with everything logged, plainly and with all that a log record has."""
    (tmp_path / "logging.yml").write_text(LOGGING)

    def run(*arguments: str, environment: dict[str, str] | None = None, **settings):
        path = tmp_path / "config.json"
        config = config_for(account, **settings)
        path.write_text(json.dumps({k: v for k, v in config.items() if v is not None}))
        env = {
            **os.environ,
            "TAP_RINGCENTRAL_LOGLEVEL": "DEBUG",
            "SINGER_SDK_LOG_CONFIG": str(tmp_path / "logging.yml"),
            **(environment or {}),
        }
        done = command("--config", str(path), *arguments, env=env)
        assert {logger.partition(".")[0] for logger in loggers(done.stderr)} <= OURS
        return done

    return run


OURS = {"tap-ringcentral", "tap_ringcentral_calllog", "singer_sdk"}
LINE = re.compile(r"[-0-9]{10} [:,0-9]{12} \| [A-Z ]{8} \| (\S+) +\| .*")


def loggers(stderr: str) -> Iterator[str]:
    """Return by which loggers the lines are, in either form. A traceback's are by none."""
    for line in stderr.splitlines():
        if line.startswith("{"):
            told = json.loads(line)
            assert not told.get("exception"), line
            yield told["logger_name"]
        else:
            match = LINE.fullmatch(line)
            assert match, line
            yield match[1]


def is_loud(stderr: str) -> bool:
    return "| DEBUG " in stderr and '"level":"debug"' in stderr


@pytest.fixture
def secrets(account, person):
    """One secret of each kind."""
    form = {
        "grant_type": "refresh_token",
        "refresh_token": account.refresh_token,
        "client_id": account.client_id,
    }
    answer = requests.post(f"{account.url}/restapi/oauth/token", data=form, timeout=PATIENCE).json()
    return {
        "client_secret": account.client_secret,
        "jwt": account.jwt,
        "password": account.password,
        "token": answer["access_token"],
        "refresh token": account.refresh_token,
        "name": person[0],
        "phone number": person[1],
    }


@pytest.mark.parametrize(
    "kind",
    ["client_secret", "jwt", "password", "token", "refresh token", "name", "phone number"],
)
@pytest.mark.parametrize("place", ["log", "extra", "traceback", "STATE", "exception", "stderr"])
def test_every_secret_is_noticed_everywhere(account, secrets, kind, place):
    """The kind and the place are named, the secret is not."""
    watch = Watch()
    watch.opened(account)
    text = f"before {secrets[kind]} after"
    hidden = ValueError("harmless")
    hidden.__context__ = KeyError(text)
    record = logging.makeLogRecord({"name": "x", "msg": "m %s", "args": ("y",)})
    if place == "log":
        record.args = (text,)
        watch.handle(record)
    elif place == "extra":
        record.more = {"field": text}
        watch.handle(record)
    elif place == "traceback":
        record.exc_info = (ValueError, hidden, None)
        watch.handle(record)
    elif place == "STATE":
        watch.hear("STATE", json.dumps({"bookmarks": {text: 1}}))
    elif place == "exception":
        watch.hear_error(hidden)
    else:
        watch.hear_command("", text)
    (leak,) = watch.leaks()
    assert leak.startswith(f"{kind.split()[-1] if kind == 'refresh token' else kind} in ")
    assert secrets[kind] not in leak
    assert not watch.leaks()


def test_records_may_hold_people_and_states_may_not(account, person):
    """A process writes both to one stream."""
    watch = Watch()
    watch.opened(account)
    watch.hear_command(json.dumps({"type": "RECORD", "record": {"name": person[0]}}), "")
    assert not watch.leaks()
    watch.hear_command(json.dumps({"type": "STATE", "value": {"name": person[0]}}), "")
    assert watch.leaks() == ["name in STATE"]


def test_every_logger_is_heard_at_debug(account, watch):
    """Those that a level was set for, too."""
    logging.getLogger("another.package").debug("%s", account.jwt)
    logging.getLogger("singer_sdk.metrics").debug("%s", account.password)
    assert sorted(watch.leaks()) == [
        "jwt in log another.package at DEBUG",
        "password in log singer_sdk.metrics at DEBUG",
    ]


def test_the_secrets_of_a_sandbox_outlive_it(watch):
    """What shows after its end is noticed as well, added calls included."""
    with Sandbox(seed=62, calls=1, days=1) as account:
        account.add_call(from_={"name": "Zoë O'Neil", "phoneNumber": "+44 20 7946 0958"}, to="007")
    watch.hear("a", "zoe, Zo\\u00eb O'Neil")
    watch.hear("b", "tel:02079460958")
    watch.hear("c", "007")
    assert sorted(watch.leaks()) == ["name in a", "phone number in b"]


@pytest.mark.parametrize(
    ("level", "arguments", "logs"),
    [
        ("account", (), True),
        ("extension", (), True),
        ("account", ("--test",), True),
        ("account", ("--discover",), True),
        ("account", ("--about",), False),
    ],
)
def test_a_run_that_works_shows_nothing(loud, level, arguments, logs):
    """At both levels, whatever the command is asked to do."""
    done = loud(*arguments, call_log_level=level)
    assert done.returncode == 0, done.stderr
    assert is_loud(done.stderr) == logs


@pytest.mark.parametrize("kind", ["jwt", "client_secret", "refresh_token", "password"])
def test_a_login_that_is_refused_shows_nothing(loud, account, watch, tmp_path, kind):
    """Neither what was refused, nor anything that belongs to it."""
    watch.guard("refused login", "geheim-geheim")
    settings = {kind: "geheim-geheim"}
    if kind == "refresh_token":
        settings["token_store"] = str(tmp_path / "tokens.json")
    if kind == "password":
        settings |= {"username": account.username, "extension": account.extension}
    done = loud(**settings)
    assert done.returncode == 1
    assert is_loud(done.stderr)
    assert "refused the login" in done.stderr


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("status", status=401, on="/call-log", after=1), 0),
        (Fault("status", status=401, on="/call-log", times=None), 1),
        (Fault("status", status=403, on="/call-log", after=1), 0),
        (Fault("truncated_json", on="/call-log", after=1), 0),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else None,
)
def test_a_fault_shows_nothing(loud, account, fault, code):
    """Refused, renewed or repeated: neither tokens nor what an answer held."""
    struck = account.fail(fault)
    done = loud(page_size=50)
    assert struck.struck
    assert done.returncode == code, done.stderr
    assert is_loud(done.stderr)


# Of each the first line is sound, and what follows is not.
HEADERS = {
    "without a colon": "1\r\nSet-Cookie geheim-geheim\r\nSet-Cookie: id=geheim-geheim",
    "folded": "1\r\n geheim-geheim\r\n\tgeheim-geheim",
    "broken off": "1\r\n: geheim-geheim",
    "rate limit group": "1\r\nX-Rate-Limit-Group: geheim-geheim\r\nX-Rate-Limit-Limit: 1",
}


@pytest.mark.parametrize("lines", HEADERS.values(), ids=HEADERS)
def test_headers_that_cannot_be_read_show_nothing(loud, account, watch, lines):
    """urllib3 would warn of them by showing all headers, at any level."""
    watch.guard("header", "geheim-geheim")
    with Relay(account.url) as relay:
        relay.headers["X-Sound"] = lines
        done = loud(api_url=relay.url, start_date="2026-03-19")
    assert done.returncode == 0, done.stderr
    assert is_loud(done.stderr)


def test_an_address_that_brings_its_own_right_shows_nothing(loud, account, watch, tmp_path):
    """A file's address may lead on to where a signature lets anybody have it."""
    watch.guard("signature", "geheim-geheim")
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(selecting("recording_files")))
    with Relay(account.url) as relay:
        ours, theirs = account.url.encode(), relay.url.encode()
        account.fail(
            Fault("edit", on="/call-log", edit=lambda body: body.replace(ours, theirs), times=None)
        )
        signed = {"Location": f"{relay.url}/signed?signature=geheim-geheim"}
        relay.answers["/recording/"] = (302, signed)
        relay.answers["/signed"] = (404, {"Content-Length": "0"})
        arguments = ("--catalog", str(catalog))
        given = {"api_url": relay.url, "recordings_path": str(tmp_path / "files")}
        done = loud(*arguments, **given)
        assert [one for one in relay.seen if "signature=geheim-geheim" in one.target]
    assert is_loud(done.stderr)


def test_a_stream_map_that_works_shows_no_record(loud):
    """The SDK notes at DEBUG what each expression gave."""
    maps = {"call_log": {"caller": "record.get('from', {}).get('name')"}}
    done = loud(stream_maps=maps)
    assert done.returncode == 0, done.stderr
    assert is_loud(done.stderr)


def test_the_login_of_an_address_is_in_no_state(sync, watch, tmp_path):
    """Whatever becomes of the file: it is noted to be tried again."""
    watch.guard("login", "geheim-geheim")

    def add_login(body: bytes) -> bytes:
        return body.replace(b"://media.", b"://user:geheim-geheim@media.")

    given = {"calls": 60, "days": 5, "media_url": "https://media.example.com"}
    with free_account(seed=64, **given) as account:
        struck = account.fail(Fault("edit", on="/call-log", edit=add_login, times=None))
        output, catalog = Output(), selecting("recording_files")
        with suppress(TapRingCentralError):
            sync(account, None, catalog, output=output, recordings_path=str(tmp_path))
        assert struck.struck
        assert "https://media.example.com/" in json.dumps(output.state)


MAPS = {
    "a conversion": {"x": "int(record['from']['name'])"},
    "a key": {"x": "record[record['to']['name']]"},
    "a filter": {"__filter__": "float(record['from']['phoneNumber'] + record['from']['name']) > 1"},
    "a power": {"x": "10 ** int(record['from']['phoneNumber'])"},
}


@pytest.mark.parametrize("expressions", MAPS.values(), ids=MAPS)
def test_a_stream_map_that_fails_shows_no_record(loud, account, person, expressions):
    """Errors of expressions hold the values that they failed on."""
    account.add_call(from_={"name": person[0], "phoneNumber": person[1]}, to={"name": person[0]})
    done = loud(stream_maps={"call_log": expressions}, page_size=50)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("source", "name", "code"),
    [
        ("file", "start_date", 1),
        ("file", "unknown_setting", 0),
        ("environment", "page_size", 1),
        ("environment", "stream_maps", 1),
        ("environment", "call_log_level", 1),
    ],
)
def test_a_secret_in_the_wrong_setting_shows_nothing(loud, account, source, name, code):
    """Neither from a file nor from the environment."""
    if source == "file":
        done = loud(**{name: account.jwt})
    else:
        variable = {f"TAP_RINGCENTRAL_{name.upper()}": account.jwt}
        done = loud("--config=ENV", environment=variable)
    assert done.returncode == code, done.stderr


@pytest.mark.parametrize(
    "name",
    [
        "page_size",
        "start_date",
        "end_date",
        "account_id",
        "extension_ids",
        "call_log_level",
        "api_url",
        "account_type",
        "lookback_hours",
        "rate_limit_share",
        "request_timeout",
        "username",
    ],
)
@pytest.mark.parametrize("form", [str, lambda secret: [secret], lambda secret: {secret: secret}])
def test_the_line_about_a_setting_does_not_repeat_it(
    sync, account, monkeypatch, tmp_path, name, form
):
    """Whatever was put there by mistake: a secret, a list or an object of it."""
    # A token_store is a file, and gets a lock beside it.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TapRingCentralError):
        sync(account, **{name: form(account.client_secret)})


def malformed(name: str, number: str) -> dict[str, dict]:
    """Return calls that hold a person where nobody would expect one."""
    party = {"name": name, "phoneNumber": number}
    return {
        "party as text": {"from_": name, "to": number},
        "party as list": {"from_": [name, number], "to": [party]},
        "deep": {"from_": {"name": party, "phoneNumber": [number]}, "result": {"a": [[party]]}},
        "legs as text": {"legs": name},
        "leg as text": {"legs": [name, number, {"from": name, "to": {"device": number}}]},
        "times": {"lastModifiedTime": name, "durationMs": number},
        "type": {"type": {"x": name}, "direction": [number]},
        "unknown": {"nickname": name, "callback": {"at": number}},
        "id as object": {"id": {"x": name}},
        "id as list": {"id": [number]},
        "start as name": {"billing": name, "recording": number, "extension": name},
        "surrogate": {"from_": {"name": f"{name}\ud83d", "phoneNumber": f"{number}\x00"}},
        "field named by number": {number: {"called": True}},
        "field named by person": {name: 1},
        "party by number": {"from_": {number: party}},
        "party by person": {"legs": [{"to": {name: number}}]},
    }


@pytest.mark.parametrize("place", malformed("", ""))
def test_a_malformed_record_shows_nobody(sync, account, person, place):
    """What is said about a record names the tap's fields, not what was found there."""
    account.add_call(start_time="2026-03-19T10:00:00Z", **malformed(*person)[place])
    assert sync(account).records()


def test_poison_shows_nobody(sync, watch):
    """Nor do records of all the bad habits at once."""
    habits = Habits(
        poison=POISONS, unknown_fields=True, missing_fields=True, null_objects=True, unsorted=True
    )
    with free_account(seed=63, calls=800, days=9, habits=habits) as account:
        watch.guard("poisoned number", "16505550100")
        assert sync(account).records()


def fetch(url: str) -> str:
    """GET an address without any log, and return where it sends on to."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().getheader("Location", "")


@pytest.mark.parametrize("outcome", ["filled", "refused", "pasted"])
def test_the_login_in_a_browser_shows_nothing(account, monkeypatch, tmp_path, watch, outcome):
    """Neither the code nor the tokens, on the terminal or in the log."""
    secret = "geheim-geheim" if outcome == "refused" else account.client_secret
    watch.guard("client_secret", secret)
    given = {
        "client_id": account.client_id,
        "client_secret": secret,
        "api_url": account.url,
        "token_store": str(tmp_path / "tokens.json"),
    }
    with socket.create_server(("127.0.0.1", 0)) as free:
        uri = f"http://127.0.0.1:{free.getsockname()[1]}/callback"
    shown: list[str] = []
    browsers: list[threading.Thread] = []

    def echo(message):
        shown.append(message)
        if "authorize?" in message and outcome != "pasted":
            address = message.split()[-1]
            browsers.append(threading.Thread(target=lambda: fetch(fetch(address))))
            browsers[0].start()

    monkeypatch.setattr(click, "echo", echo)
    monkeypatch.setattr(click, "prompt", lambda _: fetch(shown[0].split()[-1]))
    failed = pytest.raises(LoginError) if outcome == "refused" else nullcontext()
    with failed as caught:
        login.run(given, uri, paste=outcome == "pasted", timeout=PATIENCE)
    for browser in browsers:
        browser.join(5)
    watch.hear("terminal", "\n".join(shown))
    if caught:
        watch.hear_error(caught.value)
    assert account.requests_to("/oauth/token")
