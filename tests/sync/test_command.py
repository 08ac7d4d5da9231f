"""The command `tap-ringcentral` as a scheduler, a shell and Meltano see it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from fixtures import FREE
from harness import config_for, selecting

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.tap import TapRingCentral


@pytest.fixture(scope="module")
def account():
    """A small account without a limit that matters."""
    with Sandbox(seed=11, calls=400, days=10, extensions=5, limits=FREE) as sandbox:
        yield sandbox


@pytest.fixture
def config(account, tmp_path):
    """A configuration file."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config_for(account)))
    return path


def messages(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def lines(stderr: str) -> list[str]:
    """Return what is more than INFO."""
    return [line for line in stderr.splitlines() if "| INFO" not in line and line.strip()]


def test_a_run_writes_schema_records_and_state(command, config, account):
    """The messages of all streams with rows, state last, exit code 0, and no warning."""
    done = command("--config", str(config))
    assert done.returncode == 0, done.stderr
    written = messages(done.stdout)
    assert {m["stream"] for m in written if m["type"] == "SCHEMA"} == {
        "call_log",
        "call_legs",
        "call_log_coverage",
        "call_recordings",
        "retention",
    }
    assert sum(m["type"] == "RECORD" and m["stream"] == "call_log" for m in written) == len(
        account.truth(level="account")
    )
    assert written[-1]["type"] == "STATE"
    assert not lines(done.stderr)


def test_discovery_needs_no_configuration(command):
    """The catalog of all streams, with keys and bookmark."""
    done = command("--discover")
    assert done.returncode == 0, done.stderr
    assert not lines(done.stderr)
    streams = {s["tap_stream_id"]: s for s in json.loads(done.stdout)["streams"]}
    assert streams["call_log"]["key_properties"] == ["accountId", "id"]
    assert streams["call_log"]["replication_key"] == "startTime"
    assert streams["call_legs"]["key_properties"] == ["accountId", "callId", "legIndex"]


@pytest.mark.parametrize("form", [(), ("--format=json",), ("--format=markdown",)])
def test_about_describes_the_tap_without_a_configuration(command, form):
    """In three forms, with every setting, and without what is not offered."""
    done = command("--about", *form)
    assert done.returncode == 0, done.stderr
    assert "call_log_level" in done.stdout
    assert "lookback_hours" in done.stdout
    assert "batch_config" not in done.stdout
    if form == ("--format=json",):
        about = json.loads(done.stdout)
        assert "batch" not in about["capabilities"]
        assert "activate-version" not in about["capabilities"]


def test_the_connection_can_be_tested(command, config):
    """`--test` reads one record of each stream, and ends with one line, without any data."""
    done = command("--config", str(config), "--test")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "OK: call_log, call_legs, call_recordings, retention can be read.\n"
    assert not lines(done.stderr)


def everything(account, folder):
    """Return a configuration and a catalog that select all there is, files included."""
    places = {"recordings_path": str(folder / "audio"), "messages_path": str(folder / "files")}
    (folder / "everything.json").write_text(json.dumps(config_for(account, **places)))
    names = TapRingCentral(config={}, validate_config=False).streams
    (folder / "all.json").write_text(json.dumps(selecting(*names)))
    return "--config", str(folder / "everything.json"), "--catalog", str(folder / "all.json")


def test_the_connection_is_tested_with_few_requests(command, watch, tmp_path):
    """However many mailboxes there are, and with files selected; no file is fetched."""
    with Sandbox(seed=5, calls=400, days=30, extensions=29) as account:
        done = command("--test", *everything(account, tmp_path))
        watch.hear("stdout", done.stdout)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 1
        assert done.stdout.startswith("OK: call_log, ")
        assert "messages, message_files, retention can be read" in done.stdout
        paths = [one.path for one in account.requests]
        assert len(paths) <= 20
        assert sum("message-store" in path for path in paths) == 2
        assert not [path for path in paths if "/content" in path]
        assert not [*tmp_path.glob("*/*/*")]


def test_a_test_of_the_connection_looks_into_a_few_mailboxes_only(command, tmp_path):
    """Where those are empty, that is no fault."""
    with Sandbox(seed=5, calls=0, messages=0, extensions=29) as account:
        done = command("--test", *everything(account, tmp_path))
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith(
            "; there is nothing yet in call_log, recording_files, active_calls, messages, "
            "message_files.\n"
        )
        assert len(account.requests_to("message-store")) == 6


def test_a_test_of_the_connection_names_all_that_fails(command, tmp_path):
    """Each with its reason, and none is tried twice; the last line names the streams."""
    with Sandbox(seed=5, calls=40, extensions=3) as account:
        broken = account.fail(Fault("status", status=500, on="/directory", times=None))
        account.fail(Fault("status", status=405, on="/message-store", times=None))
        done = command("--test", *everything(account, tmp_path))
    assert done.returncode == 1
    assert not done.stdout
    told = [line.partition("ERROR")[2] for line in lines(done.stderr) if "ERROR" in line]
    assert len(told) == 4
    assert "directory_entries" in told[0]
    assert "messages of extension" in told[1]
    assert "message_files of extension" in told[2]
    assert told[3].endswith(
        "| directory_entries, messages, message_files cannot be read: see the errors above"
    )
    assert broken.struck == 1


def test_a_login_that_is_refused_ends_a_test(command, account, tmp_path):
    """With its own line, once."""
    (tmp_path / "config.json").write_text(json.dumps(config_for(account, jwt="wrong")))
    done = command("--test", "--config", str(tmp_path / "config.json"))
    assert done.returncode == 1
    (line,) = lines(done.stderr)
    assert "RingCentral refused the login" in line


def test_the_environment_may_hold_the_configuration(command, account):
    """`--config=ENV`, numbers and lists included."""
    settings = config_for(account)
    env = {f"TAP_RINGCENTRAL_{key.upper()}": value for key, value in settings.items()}
    env |= {
        "TAP_RINGCENTRAL_CALL_LOG_LEVEL": "extension",
        "TAP_RINGCENTRAL_EXTENSION_IDS": '["~"]',
        "TAP_RINGCENTRAL_LOOKBACK_HOURS": "30",
        "TAP_RINGCENTRAL_PAGE_SIZE": "100",
    }
    done = command("--config=ENV", env={**os.environ, **env})
    assert done.returncode == 0, done.stderr
    assert account.requests_to("call-log")[-1].query["perPage"] == ["100"]
    assert "partitions" in messages(done.stdout)[-1]["value"]["bookmarks"]["call_log"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_files_with_a_byte_order_mark_are_read(command, account, config, tmp_path, encoding):
    """Configuration, state and catalog as Windows' editors and shells write them."""
    catalog = command("--discover").stdout
    state = messages(command("--config", str(config)).stdout)[-1]["value"]
    given = {"config": config_for(account), "state": state, "catalog": json.loads(catalog)}
    arguments = []
    for name, content in given.items():
        path = tmp_path / f"marked-{name}.json"
        path.write_bytes(json.dumps(content).encode(encoding))
        arguments += [f"--{name}", str(path)]
    account.forget_requests()
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    (asked,) = account.requests_to("/call-log")
    assert asked.query["dateFrom"][0] > state["bookmarks"]["call_log"]["startDate"]


def test_empty_variables_are_no_settings(command, account):
    """They neither fail nor override a file."""
    names = TapRingCentral.config_jsonschema["properties"]
    settings = config_for(account)
    env = {f"TAP_RINGCENTRAL_{name.upper()}": str(settings.get(name, "")) for name in names}
    done = command("--config=ENV", env={**os.environ, **env, "TAP_RINGCENTRAL_LOGLEVEL": ""})
    assert done.returncode == 0, done.stderr
    assert not lines(done.stderr)


@pytest.mark.parametrize("variable", ["LOGLEVEL", "TAP_RINGCENTRAL_LOGLEVEL"])
def test_a_log_level_that_does_not_exist_is_one_line(command, config, variable):
    """Before anything is read."""
    done = command("--config", str(config), env={**os.environ, variable: "trace"})
    assert done.returncode == 1
    assert done.stderr == f"{variable} must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL\n"
    done = command("--config", str(config), env={**os.environ, variable: "warning"})
    assert done.returncode == 0
    assert "INFO" not in done.stderr


def test_stream_maps_work(command, account, tmp_path):
    """Rename, filter, hash and drop."""
    path = tmp_path / "config.json"
    maps = {
        "call_log": {
            "__alias__": "calls",
            "__filter__": "bool(record['direction'] == 'Inbound')",
            "caller": "md5(record.get('from', {}).get('phoneNumber', ''))",
            "from": None,
        },
        "call_legs": "__NULL__",
    }
    path.write_text(json.dumps(config_for(account, stream_maps=maps)))
    done = command("--config", str(path))
    assert done.returncode == 0, done.stderr
    records = [m for m in messages(done.stdout) if m["type"] == "RECORD"]
    assert {m["stream"] for m in records} == {
        "calls",
        "call_log_coverage",
        "call_recordings",
        "retention",
    }
    rows = [m["record"] for m in records if m["stream"] == "calls"]
    assert rows
    assert all(row["direction"] == "Inbound" and "from" not in row for row in rows)
    assert all(len(row["caller"]) == 32 for row in rows)


def test_flattening_leaves_no_unknown_column(command, account, tmp_path):
    """Every column of every row is in the schema, with values rather than objects."""
    path = tmp_path / "config.json"
    flat = {"flattening_enabled": True, "flattening_max_depth": 3}
    path.write_text(json.dumps(config_for(account, **flat)))
    done = command("--config", str(path))
    assert done.returncode == 0, done.stderr
    written = messages(done.stdout)
    for stream in ("call_log", "call_legs"):
        columns = next(
            set(m["schema"]["properties"])
            for m in written
            if m["type"] == "SCHEMA" and m["stream"] == stream
        )
        rows = [m["record"] for m in written if m["type"] == "RECORD" and m["stream"] == stream]
        assert rows
        for row in rows:
            assert set(row) <= columns
            assert not any(isinstance(value, (dict, list)) for value in row.values())
        assert any(row.get("from__phoneNumber") for row in rows)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"jwt": None}, ["jwt", "token_store", "username"]),
        ({"password": "geheim", "username": "+16505550100"}, ["jwt", "username"]),
        ({"jwt": "wrong-geheim"}, ["jwt"]),
        ({"client_secret": "geheim"}, ["client_secret"]),
        ({"page_size": 5000}, ["page_size must be at most 1000"]),
        ({"start_date": "2026-02-30"}, ["start_date"]),
        ({"batch_config": {"encoding": {}, "storage": {}}}, ["batch_config is not offered"]),
        ({"emit_activate_version_messages": True}, ["emit_activate_version_messages"]),
        ({"call_log_level": "company"}, ["call_log_level", "extension"]),
    ],
)
def test_a_wrong_setting_is_one_line(command, account, tmp_path, settings, words):
    """It names the setting, shows no secret and no traceback, and exits with 1."""
    config = {key: v for key, v in config_for(account, **settings).items() if v is not None}
    if "password" in settings:
        config["jwt"] = account.jwt
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    done = command("--config", str(path))
    assert done.returncode == 1
    assert len(lines(done.stderr)) == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr
    assert not [m for m in messages(done.stdout) if m["type"] == "RECORD"]


def test_a_stream_map_that_cannot_be_applied_is_one_line(command, account, tmp_path):
    """An expression may fail on a record; its text, which may hold the record, is not shown."""
    path = tmp_path / "config.json"
    maps = {"call_log": {"x": "nosuch(1)"}}
    path.write_text(json.dumps(config_for(account, stream_maps=maps)))
    done = command("--config", str(path))
    assert done.returncode == 1
    (line,) = lines(done.stderr)
    assert "stream_maps.call_log.x cannot be applied to a record (MapExpressionError)" in line


@pytest.mark.parametrize(
    ("arguments", "content", "word"),
    [
        (["--config", "{missing}"], None, "--config"),
        (["--config", "{file}"], "{broken", "--config"),
        (["--config", "{config}", "--state", "{file}"], "[]", "--state"),
        (["--config", "{config}", "--catalog", "{file}"], "no json", "--catalog"),
        (["--config", "{config}", "--catalog", "{file}"], '{"streams": [{}]}', "--catalog"),
        (["--config", "{file}"], '{"page_size": NaN}', "--config"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    command, config, tmp_path, arguments, content, word
):
    """Configuration, state and catalog that are missing or no JSON object."""
    file = tmp_path / "file.json"
    file.write_text(content or "")
    places = {"missing": tmp_path / "missing.json", "file": file, "config": config}
    done = command(*(argument.format(**places) for argument in arguments))
    assert done.returncode == 1
    assert word in lines(done.stderr)[-1]
    assert "Traceback" not in done.stderr


@pytest.mark.unmeasured
def test_a_killed_run_goes_on_where_it_stopped(tmp_path):
    """Killed twice without warning, the next run completes: not one call is missing."""
    with Sandbox(
        seed=12,
        calls=6000,
        days=60,
        limits=FREE,
        habits=Habits(max_per_page=20),
        latency=0.005,
    ) as sandbox:
        config, state = tmp_path / "config.json", tmp_path / "state.json"
        config.write_text(json.dumps(config_for(sandbox)))
        seen: dict[str, dict] = {}
        bookmarks = []
        for stop_after in (1500, 2500, None):
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tap_ringcentral_calllog",
                    "--config",
                    str(config),
                    *(["--state", str(state)] if state.exists() else []),
                ],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            count = 0
            for line in process.stdout:
                message = json.loads(line) if line.endswith("\n") else {"type": "PARTIAL"}
                if message["type"] == "STATE":
                    state.write_text(json.dumps(message["value"]))
                    bookmarks.append(
                        message["value"]["bookmarks"]
                        .get("call_log", {})
                        .get("replication_key_value")
                    )
                if message["type"] == "RECORD" and message["stream"] == "call_log":
                    seen[message["record"]["id"]] = message["record"]
                    count += 1
                    if stop_after and count >= stop_after:
                        process.send_signal(signal.SIGKILL)
            process.stdout.close()
            process.wait()
        known = [one for one in bookmarks if one]
        assert known == sorted(known)
        assert set(seen) == {call["id"] for call in sandbox.truth(level="account")}


@pytest.mark.unmeasured
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_that_waits_and_shows(watch, number, code, tmp_path):
    """It does not sit out the wait: its exit code, one line, no traceback, no further request."""
    with Sandbox(
        seed=13,
        calls=3000,
        days=30,
        limits={"Heavy": (2, 60.0)},
        habits=Habits(max_per_page=100),
    ) as sandbox:
        config = tmp_path / "config.json"
        config.write_text(json.dumps(config_for(sandbox)))
        process = subprocess.Popen(
            [sys.executable, "-m", "tap_ringcentral_calllog", "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while "Waiting" not in (line := process.stderr.readline()):
            assert line, "the run ended before it waited"
        asked = len(sandbox.requests_to("/call-log"))
        process.send_signal(number)
        rest = process.stderr.read()
        process.stderr.close()
        assert process.wait() == code
        assert len(sandbox.requests_to("/call-log")) == asked
        watch.hear("stderr", rest)
        assert len(lines(rest)) == 1
        assert "next run continues" in rest


def test_a_server_that_keeps_failing_is_one_line(command, tmp_path):
    """After growing waits the run ends with exit code 1 and one line, its state intact."""
    with Sandbox(seed=14, calls=100, days=5, limits=FREE) as sandbox:
        sandbox.fail(Fault("status", status=403, on="call-log", times=None))
        config = tmp_path / "config.json"
        config.write_text(json.dumps(config_for(sandbox)))
        done = command("--config", str(config))
        assert done.returncode == 1
        assert len(lines(done.stderr)) == 1, done.stderr


def _catalog(command, change) -> str:
    catalog = json.loads(command("--discover").stdout)
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = True
        change(stream)
    return json.dumps(catalog)


def _deselect(name: str):
    def change(stream):
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == (["properties", name] if name else []):
                entry["metadata"] = {"inclusion": "available", "selected": False}

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_deselect("startTime"), "call_log: the catalog deselects startTime"),
        (_deselect("legIndex"), "call_legs: the catalog deselects legIndex"),
        (_deselect(""), "the catalog selects no stream"),
    ],
)
def test_a_catalog_that_cannot_work_is_one_line(command, config, tmp_path, change, words):
    """Without key, bookmark or any stream there is nothing to write."""
    path = tmp_path / "catalog.json"
    path.write_text(_catalog(command, change))
    done = command("--config", str(config), "--catalog", str(path))
    assert done.returncode == 1
    assert len(lines(done.stderr)) == 1, done.stderr
    assert words in done.stderr


def test_a_catalog_without_keys_and_bookmark_changes_neither(command, config, tmp_path):
    """They are the streams' own: a hand-made catalog needs only to select."""

    def change(stream):
        del stream["key_properties"], stream["replication_key"], stream["replication_method"]
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"] = {"selected": True}

    path = tmp_path / "catalog.json"
    path.write_text(_catalog(command, lambda s: change(s) if s["stream"] == "call_log" else None))
    done = command("--config", str(config), "--catalog", str(path))
    assert done.returncode == 0, done.stderr
    written = messages(done.stdout)
    schema = next(m for m in written if m["type"] == "SCHEMA" and m["stream"] == "call_log")
    assert schema["key_properties"] == ["accountId", "id"]
    state = [m for m in written if m["type"] == "STATE"][-1]["value"]
    assert state["bookmarks"]["call_log"]["replication_key_value"]


def test_a_stream_map_that_fails_for_a_record_is_one_line(command, account, tmp_path):
    """An expression is found wrong only when it meets a value."""
    path = tmp_path / "config.json"
    maps = {"call_log": {"share": "1 / (duration - duration)"}}
    path.write_text(json.dumps(config_for(account, stream_maps=maps)))
    done = command("--config", str(path))
    assert done.returncode == 1
    (line,) = [line for line in lines(done.stderr) if "ERROR" in line]
    assert "stream_maps.call_log.share cannot be applied to a record (ZeroDivisionError)" in line
    assert "Traceback" not in done.stderr


def test_a_misspelt_variable_is_told(command, account):
    """With the nearest name; Meltano's own variables are none of ours."""
    environment = {f"TAP_RINGCENTRAL_{k.upper()}": v for k, v in config_for(account).items()}
    strange = {"TAP_RINGCENTRAL_START_DAT": "2026-03-01", "TAP_RINGCENTRAL__SELECT": "[]"}
    done = command("--config=ENV", env={**os.environ, **environment, **strange})
    assert done.returncode == 0, done.stderr
    (line,) = lines(done.stderr)
    assert "There is no setting start_dat, it is ignored: did you mean start_date?" in line
