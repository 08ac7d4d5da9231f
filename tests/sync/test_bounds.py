"""What a server may do to a run: each excess ends with one line, in bounded time and memory."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from typing import Any

import pytest
from fixtures import FREE, free_account
from harness import Output, config_for, selecting
from waiting import PATIENCE

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import TapRingCentralError, UnavailableError, UnreachableError

MOST_MEMORY = 600 << 20

# Runs the command, and says at the end how much memory it took. `getrusage` would count the memory
# of the process that started it, which is as large as the tests before have made it.
MEASURED = """
import atexit, re, runpy, sys
from pathlib import Path
peak = lambda: re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]
atexit.register(lambda: print("MEMORY", peak(), file=sys.stderr))
runpy.run_module("tap_ringcentral_calllog", run_name="__main__", alter_sys=True)
"""


def open_account(**options: Any) -> Sandbox:
    given = {"seed": 81, "calls": 300, "days": 10, "extensions": 8}
    return free_account(**{**given, **options})


@pytest.fixture
def account():
    """A small account."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture
def measured(tmp_path):
    """Run the command in a process of its own; return its error lines and its memory, in bytes."""

    def run(account: Sandbox, *names: str, **settings: Any) -> tuple[list[str], int]:
        # However busy the machine is, each answer is in time.
        given = config_for(account, request_timeout=PATIENCE, **settings)
        (tmp_path / "config.json").write_text(json.dumps(given))
        (tmp_path / "catalog.json").write_text(json.dumps(selecting(*names)))
        files = ("--config", str(tmp_path / "config.json"), "--catalog")
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *files, str(tmp_path / "catalog.json")],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 1
        lines = done.stderr.splitlines()
        (memory,) = [line.split()[1] for line in lines if line.startswith("MEMORY ")]
        return [line for line in lines if "ERROR" in line], int(memory) << 10

    return run


class Endless:
    """A list that always offers a next page with new ids.

    Args:
        records: how many records each page has.
    """

    def __init__(self, records: int) -> None:
        self.records, self.page = records, 0
        self.first: dict[str, Any] = {}

    def __call__(self, answer: bytes) -> bytes:
        content = json.loads(answer)
        self.first = self.first or content["records"][0]
        self.page += 1
        ids = range(self.page * self.records, (self.page + 1) * self.records)
        content["records"] = [{**self.first, "id": one} for one in ids]
        content["navigation"] = {"nextPage": {"uri": "x"}}
        content.pop("paging", None)
        return json.dumps(content).encode()


@pytest.mark.prove
def test_a_small_answer_that_decodes_to_gigabytes_is_not_decoded(measured, account):
    """1.5 GB in 1.5 MB: one line, no second try, little memory."""
    bomb = gzip.compress(bytes(64 << 20)) * 24
    struck = account.fail(Fault("gzip", on="/call-log", times=None, edit=lambda _: bomb))
    errors, memory = measured(account, "call_log")
    (line,) = errors
    assert "call_log: an answer is larger than 32 MB: lower page_size" in line
    assert struck.struck == 1
    assert memory < MOST_MEMORY


@pytest.mark.prove
def test_what_is_measured_is_not_the_memory_of_the_tests(measured, account):
    """Otherwise the next tests would fail after others that take much."""
    large = b"x" * (MOST_MEMORY // 2)
    account.fail(Fault("status", status=403, on="/call-log", times=None))
    _, memory = measured(account, "call_log")
    assert memory < len(large)


@pytest.mark.prove
def test_a_list_without_end_fits_the_memory(measured, account):
    """Of extensions, with a new thousand on each page, and nothing that counts them."""
    account.fail(Fault("edit", on="/extension?", times=None, edit=Endless(1000)))
    errors, memory = measured(account, "extensions")
    assert "extensions: RingCentral offers another page after" in errors[0] or "MB" in errors[0]
    assert memory < MOST_MEMORY
    assert len(account.requests_to("/extension")) < 220


def test_an_answer_with_far_more_records_than_asked_for_is_none(sync, account):
    """It is tried again; the next one is sound."""
    account.fail(Fault("edit", on="/extension?", edit=Endless(10_001)))
    output = sync(account, None, selecting("extensions"))
    assert len(output.records("extensions")) == len(account.extensions_truth())


@pytest.mark.parametrize("counted", ["totalPages", "totalElements"])
def test_a_list_that_goes_on_after_its_own_end_is_given_up(sync, account, counted):
    """Some pages later, as it may grow: nothing of it is written, and the run goes on."""
    endless = Endless(5)

    def edit(answer: bytes) -> bytes:
        total = {counted: json.loads(answer)["paging"][counted]}
        content = json.loads(endless(answer))
        return json.dumps({**content, "paging": total}).encode()

    account.fail(Fault("edit", on="/extension?", times=None, edit=edit))
    output = Output()
    with pytest.raises(UnavailableError, match="extensions: RingCentral offers another page after"):
        sync(account, None, selecting("extensions", "call_queues"), output=output, page_size=50)
    assert len(account.requests_to("/account/~/extension")) <= 15
    assert not output.records("extensions")


@pytest.mark.parametrize("name", ["call_log", "messages"])
def test_a_log_that_passes_over_dates_is_given_up_after_a_few_pages(sync, name):
    """By keys it would be read for ever, and by page numbers a thousand times."""
    habits = Habits(keeps_dates=False, max_per_page=20)
    with open_account(habits=habits, messages=200, days=30) as account:
        level = {"call_log_level": "extension"} if name == "messages" else {}
        with pytest.raises(UnavailableError, match="keep to the requested dates") as caught:
            sync(account, None, selecting(name), start_date="2026-03-18", **level)
        assert str(caught.value).startswith(name)
        route = "/message-store" if name == "messages" else "/call-log"
        assert len(account.requests_to(route)) <= 8


def test_an_answer_that_comes_byte_by_byte_is_given_up(sync, account):
    """Each byte is in time, and the whole never would be."""
    account.fail(Fault("drip", on="/call-log", seconds=0.05))
    output = sync(account, request_timeout=1)
    assert {row["id"] for row in output.records()} == {call["id"] for call in account.truth()}
    assert len(account.requests_to("/call-log")) == 2


def test_headers_that_come_byte_by_byte_are_given_up(sync, account):
    """The same before there is any answer."""
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        while not over.is_set():
            try:
                client = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=feed, args=[client], daemon=True).start()

    def feed(client: socket.socket) -> None:
        with closing(client):
            client.sendall(b"HTTP/1.1 200 OK\r\nX-Header: ")
            with suppress(OSError):
                while not over.wait(0.02):
                    client.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=[listening], daemon=True).start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            with pytest.raises(UnreachableError, match="no complete answer within"):
                sync(account, api_url=url, request_timeout=0.1)
        finally:
            over.set()


def test_a_rate_limit_window_of_a_day_is_not_waited_for(sync):
    """One line says how long it would be, and what was read stays."""
    limits = {**FREE, "Heavy": (3, 86_400.0)}
    with open_account(limits=limits, habits=Habits(max_per_page=20)) as account:
        output = Output()
        with pytest.raises(TapRingCentralError, match=r"call_log: RingCentral asks to wait for 14"):
            sync(account, output=output)
        assert sum(output.slept) < 60
        assert len(account.requests_to("/call-log")) == 3
