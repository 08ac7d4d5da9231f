"""The routes of active calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import ACCOUNT_PATH, EXTENSION_PATH
from sandbox.distort import distorted
from sandbox.instants import MINUTE
from sandbox.ongoing import ongoing
from sandbox.pages import page_of
from sandbox.permits import permitted_viewer
from sandbox.query import Parameters, Query
from sandbox.render import ACCOUNT

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.state import State


def routes(state: State) -> list[Route]:
    """Return the routes of active calls."""
    endpoint = data_route(state, "Heavy", lambda request: _active_calls(state, request))
    return [Route(f"{path}/active-calls", endpoint) for path in (ACCOUNT_PATH, EXTENSION_PATH)]


def _active_calls(state: State, request: Request) -> bytes:
    viewer = permitted_viewer(state, request, company_wide=False)
    given = Parameters.of(request)
    asked = given.page(state.habits)
    view = given.text("view", "Simple", "Detailed") or "Simple"
    wanted = [
        ("direction", given.texts("direction", "Inbound", "Outbound")),
        ("type", given.texts("type", "Voice", "Fax")),
    ]
    if viewer == ACCOUNT:
        wanted.append(("transport", given.texts("transport", "PSTN", "VoIP")))
    query = Query(
        date_from=0,
        date_to=0,
        detailed=view == "Detailed",
        wanted=tuple((field, values) for field, values in wanted if values),
    )
    lag = round(state.habits.ended_calls_listed * MINUTE)
    found = ongoing(state.log, query, state.clock.now_ms(), viewer, lag)
    records = [json.dumps(record, separators=(",", ":")) for _, record in found]
    if not state.habits.leave_records_alone:
        records = [
            distorted(text, number, state.habits)
            for text, (number, _) in zip(records, found, strict=True)
        ]
    page = page_of([one.encode() for one in records], asked, state.habits, totals=False)
    shared = {**given.values, "view": [view], "perPage": [str(asked.size)]}
    return page.body(f"{state.home(viewer)}/active-calls", shared, asked)
