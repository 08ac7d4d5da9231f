"""Number of requests and waiting time of a run with the sandbox, compared with the optimum."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from math import ceil

from benchmarks.processes import ROOT, tell
from benchmarks.readers import TAP
from sandbox import Sandbox

HEAD = (
    "rate limit",
    "calls by page size",
    "requests",
    "fewest",
    "status 429",
    "seconds",
    "optimum",
    "ratio",
)

_NOW = "2026-03-20T12:00:00Z"
_START = "2025-12-19"
_DAYS = 90
_NO_LIMIT = (1_000_000, 60.0)


@dataclass(frozen=True, slots=True)
class Account:
    """An account and its rate limit.

    Attributes:
        limit: maximum number of requests in a window.
        window: the window's length, s.
        calls: number of calls.
        page_size: calls on a page; small pages turn few calls into many requests.
    """

    limit: int
    window: float
    calls: int
    page_size: int


# Windows are long enough that the limit, not the machine, determines the time.
ACCOUNTS = (
    Account(10, 6.0, 40_000, 1000),
    Account(100, 15.0, 12_500, 50),
    Account(1000, 30.0, 105_000, 50),
)
SMALL = (Account(10, 1.0, 1_000, 50),)


@dataclass(frozen=True, slots=True)
class _Run:
    """The cost of a run.

    Attributes:
        calls: number of calls in the log.
        requests: number of requests for them.
        refused: number of answers with status 429.
        seconds: time from the arrival of the first request to that of the last one.
    """

    calls: int
    requests: int
    refused: int
    seconds: float


def spend(account: Account) -> tuple[str, ...]:
    """Read an account under its rate limit.

    The optimum is the minimum time for its n requests, from the arrival of the first to that of the
    last. If L requests are allowed in W seconds, floor((n - 1) / L) * W seconds must pass. The
    remaining requests then follow at the intervals of a run without a limit. The optimum is never
    less than the time of that run.

    Returns:
        The row for the table.
    """
    tell(f"reading with {account.limit:,} requests in {account.window:g} s")
    run = _read(account, (account.limit, account.window))
    free = _read(account, _NO_LIMIT)
    each = free.seconds / max(free.requests - 1, 1)
    windows, rest = divmod(run.requests - 1, account.limit)
    optimum = max(windows * account.window + rest * each, (run.requests - 1) * each)
    return (
        f"{account.limit:,} in {account.window:g} s",
        f"{run.calls:,} by {account.page_size:,}",
        f"{run.requests:,}",
        f"{ceil(run.calls / account.page_size):,}",
        f"{run.refused}",
        f"{run.seconds:.1f}",
        f"{optimum:.1f}",
        f"{run.seconds / optimum:.2f}",
    )


def _read(account: Account, limit: tuple[int, float]) -> _Run:
    limits = {"Heavy": limit}
    with Sandbox(calls=account.calls, days=_DAYS, now=_NOW, limits=limits) as sandbox:
        settings = {
            "CLIENT_ID": sandbox.client_id,
            "CLIENT_SECRET": sandbox.client_secret,
            "JWT": sandbox.jwt,
            "API_URL": sandbox.url,
            "PAGE_SIZE": str(account.page_size),
            "START_DATE": _START,
        }
        subprocess.run(
            [*TAP, "--config", "ENV"],
            cwd=ROOT,
            env={f"TAP_RINGCENTRAL_{name}": value for name, value in settings.items()},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        asked = sandbox.requests_to("/call-log")
        seconds = asked[-1].monotonic - asked[0].monotonic
        return _Run(len(sandbox.truth()), len(asked), sandbox.rejected, seconds)
