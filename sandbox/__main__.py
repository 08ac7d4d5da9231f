"""`python -m sandbox`: serve until a signal ends it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from dataclasses import fields

import msgspec

from sandbox.habits import Habits
from sandbox.instants import parse
from sandbox.sandbox import Sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM, and return the exit status."""
    given = _parser().parse_args(arguments)
    try:
        sandbox = _sandbox(given)
    except OSError as error:
        message = f"cannot listen at {given.host}, port {given.port}: {error}"
        raise SystemExit(message) from None
    except ValueError as error:
        raise SystemExit(str(error)) from None
    done = threading.Event()
    with sandbox as rc:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: done.set())
        login = f"client_id={rc.client_id} client_secret={rc.client_secret} jwt={rc.jwt}"
        sys.stdout.write(f"RingCentral sandbox at {rc.url} {login}\n")
        sys.stdout.flush()
        done.wait()
    return 0


def _sandbox(given: argparse.Namespace) -> Sandbox:
    return Sandbox(
        seed=given.seed,
        calls=given.calls,
        days=given.days,
        extensions=given.extensions,
        logins=given.logins,
        messages=given.messages,
        now=given.now,
        running=not given.stopped_clock,
        habits=_habits(given.habit),
        limits=dict(given.limit),
        penalty=given.penalty,
        token_life=given.token_life,
        latency=given.latency,
        hipaa=given.hipaa,
        recording_days=given.recording_days,
        host=given.host,
        port=given.port,
        media_port=given.media_port,
        conversations=given.conversations,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox", description="A local RingCentral.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen at (default: this machine only)")
    add("--port", type=_port, default=8765, help="port, 0 for a free one")
    add("--media-port", type=_port, help="port for files (default: the same)")
    add("--seed", type=int, default=1, help="seed; the same seed gives the same account")
    add("--calls", type=int, default=20_000, help="number of past calls")
    add("--days", type=int, default=90, help="how many days back they go")
    add("--extensions", type=int, default=25, help="number of users")
    add("--logins", type=int, default=1, help="how many of them may log in with a JWT")
    add("--messages", type=int, default=40, help="text messages per user")
    add("--conversations", type=int, help="conversations of an invented company, in addition")
    add("--hipaa", action="store_true", help="a HIPAA account")
    add("--recording-days", type=float, help="days for which recordings are kept")
    add(
        "--now",
        type=_instant,
        help="start time, ISO 8601 with an offset (default: this machine's time)",
    )
    add("--stopped-clock", action="store_true", help="stop the clock")
    add("--limit", type=_limit, action="append", default=[], metavar="GROUP=REQUESTS/SECONDS")
    add("--penalty", type=float, default=60.0, help="seconds of penalty for exceeding the limit")
    add("--token-life", type=int, default=3600, help="lifetime of an access token in seconds")
    add("--latency", type=float, default=0.0, help="seconds added to each answer")
    add("--habit", action="append", default=[], metavar="NAME=VALUE", help="see sandbox/habits.py")
    return parser


def _instant(text: str) -> str:
    parse(text)
    return text


def _port(text: str) -> int:
    if not 0 <= int(text) < 1 << 16:
        message = f"no such port: {text}"
        raise ValueError(message)
    return int(text)


def _limit(text: str) -> tuple[str, tuple[int, float]]:
    group, _, numbers = text.partition("=")
    requests, _, seconds = numbers.partition("/")
    return group, (int(requests), float(seconds or 60))


def _habits(given: list[str]) -> Habits:
    """Parse habits from `name=value` texts. A value that is not JSON is plain text.

    Raises:
        SystemExit: the habit does not exist, or the value is not allowed.
    """
    known = {one.name for one in fields(Habits)}
    chosen = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in known:
            message = f"no such habit: {name}; there are {', '.join(sorted(known))}"
            raise SystemExit(message)
        try:
            chosen[name] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            chosen[name] = value
    try:
        return msgspec.convert(chosen, Habits)
    except msgspec.ValidationError as error:
        message = f"no such value of a habit: {error}"
        raise SystemExit(message) from None


if __name__ == "__main__":
    sys.exit(main())
