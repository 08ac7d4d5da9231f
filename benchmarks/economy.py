"""How many requests a run takes and how long it waits, against the optimum, on the sandbox."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from math import ceil

from benchmarks.processes import ROOT
from benchmarks.readers import TAP
from sandbox import Sandbox

_NOW = "2026-03-20T12:00:00Z"
_DAYS = 90


@dataclass(frozen=True, slots=True)
class Economy:
    """What a run took of the rate limit.

    Attributes:
        calls: calls that were read.
        requests: requests for them.
        fewest: the fewest that they could come with.
        refused: answers with status 429.
        seconds: from the first request to the last one.
        optimum: what the limit makes them take at least: each window but the last one as a whole.
    """

    calls: int
    requests: int
    fewest: int
    refused: int
    seconds: float
    optimum: float


def spend(calls: int, page_size: int, limit: int, window: float) -> Economy:
    """Read an account under a rate limit.

    Args:
        calls: how many calls it has.
        page_size: how many a page holds.
        limit: how many requests a window may have.
        window: the window's length, s.
    """
    limits = {"Heavy": (limit, window)}
    with Sandbox(calls=calls, days=_DAYS, now=_NOW, limits=limits) as account:
        variables = {
            "TAP_RINGCENTRAL_CLIENT_ID": account.client_id,
            "TAP_RINGCENTRAL_CLIENT_SECRET": account.client_secret,
            "TAP_RINGCENTRAL_JWT": account.jwt,
            "TAP_RINGCENTRAL_API_URL": account.url,
            "TAP_RINGCENTRAL_PAGE_SIZE": str(page_size),
            "TAP_RINGCENTRAL_START_DATE": "2025-12-19",
        }
        subprocess.run(
            [*TAP, "--config", "ENV"],
            cwd=ROOT,
            env=variables,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        asked = account.requests_to("/call-log")
        found = len(account.truth(level="account"))
        return Economy(
            found,
            len(asked),
            ceil(found / page_size),
            account.rejected,
            asked[-1].monotonic - asked[0].monotonic,
            (len(asked) - 1) // limit * window,
        )
