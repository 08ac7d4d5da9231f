"""A call log that is served as fast as possible, so that the readers determine the speed.

The sandbox makes every record on request. This server builds pages from a thousand of its records
and changes only ids and times. It has no limits and no faults; the sandbox has those.

    python -m benchmarks.server --calls 100000 --latency 0.3

It prints its address, and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sandbox.habits import Habits
from sandbox.people import People
from sandbox.plans import Plan, number_of
from sandbox.recordings import Recordings
from sandbox.render import Renderer
from sandbox.timetable import Timetable

END = datetime(2026, 3, 1, tzinfo=timezone.utc)
STEP = timedelta(seconds=30)

_FORMS = 1_000
_EXTENSIONS = 40
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+Z")


class Log:
    """Calls that start half a minute after each other, the last one before `END`.

    Args:
        calls: the number of calls.
        unknown: whether every call and leg has an undocumented field.
    """

    def __init__(self, calls: int, *, unknown: bool = False) -> None:
        self.calls = calls
        self.start = END - calls * STEP
        self._naive = self.start.replace(tzinfo=None)
        people = People(1, _EXTENSIONS, "https://platform.ringcentral.com")
        self.uri = f"{people.account_url}/call-log"
        self._forms = _forms(people, unknown=unknown)

    def page(self, start: datetime, end: datetime, page: int, size: int) -> tuple[bytes, bool]:
        """Return a page of the calls from `start` to `end`, both included, newest first.

        Returns:
            The records, separated by commas, and whether there is a next page.
        """
        oldest = max(-((self.start - start) // STEP), 0) if start > self.start else 0
        newest = min((end - self.start) // STEP, self.calls - 1) - (page - 1) * size
        positions = range(newest, max(newest - size, oldest - 1), -1)
        records = b",".join(map(self._record, positions))
        return records, newest - size >= oldest

    def _record(self, position: int) -> bytes:
        when = (self._naive + position * STEP).isoformat().encode() + b".000Z"
        return self._forms[position % _FORMS] % {b"id": b"A%012dUA" % position, b"time": when}


def _forms(people: People, *, unknown: bool) -> list[bytes]:
    """Return Detailed records of the sandbox with gaps for id and times.

    Every other call has only its first leg, so that the average is 1.6 legs a call, as in real
    logs.
    """
    now = int(END.timestamp() * 1000)
    table = Timetable(1, 4 * _FORMS, 60, _EXTENSIONS, now)
    renderer = Renderer(people, Recordings(1, 90, (0, 0), Habits()))
    found: list[bytes] = []
    for position, (start, seed, rank) in enumerate(
        zip(table.starts, table.seeds, table.ranks, strict=True)
    ):
        if rank:
            continue
        plan = Plan(number_of(position, seed), start, seed, _EXTENSIONS)
        record = json.loads(renderer.record(plan, now, detailed=True))
        if len(found) % 2:
            del record["legs"][1:]
        if unknown:
            for one in (record, *record["legs"]):
                one["newField"] = {"a": 1}
        identity = record["id"]
        text = json.dumps(record, separators=(",", ":")).encode().replace(b"%", b"%%")
        text = text.replace(identity.encode(), b"%(id)b")
        found.append(_TIME.sub(b"%(time)b", text))
        if len(found) == _FORMS:
            break
    return found


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class _Handler(BaseHTTPRequestHandler):
    """Answers the routes that are needed to read the account's call log."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Accept any login or logout."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = {"access_token": "any", "token_type": "bearer", "expires_in": 3600}
        self._answer(json.dumps({**token, "scope": "ReadCallLog", "owner_id": "1"}).encode())

    def do_GET(self) -> None:
        """Answer with a page."""
        log, url = self.server.log, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        page, size = int(query.get("page", 1)), int(query.get("perPage", 100))
        start, end = _moment(query["dateFrom"]), _moment(query["dateTo"])
        time.sleep(self.server.latency)
        records, more = log.page(start, end, page, size)
        navigation: dict[str, Any] = {}
        if more:
            following = urlencode({**query, "page": page + 1})
            navigation["nextPage"] = {"uri": f"{self.server.url}{url.path}?{following}"}
        rest = {"uri": log.uri, "navigation": navigation, "paging": {"page": page, "perPage": size}}
        self._answer(b'{"records":[' + records + b"]," + json.dumps(rest).encode()[1:])

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (("Limit", "100000"), ("Window", "60"), ("Remaining", "99999")):
            self.send_header(f"X-Rate-Limit-{name}", value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's
        """Write nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, log: Log, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.log, self.latency = log, latency
        self.url = f"http://127.0.0.1:{self.server_port}"


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per answer")
    parser.add_argument("--unknown", action="store_true", help="with undocumented fields")
    options = parser.parse_args()
    server = _Server(Log(options.calls, unknown=options.unknown), options.latency)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.url, flush=True)  # noqa: T201 - what it is started for
    sys.stdin.read()


if __name__ == "__main__":
    main()
