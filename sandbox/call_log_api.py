"""The call-log routes, for the account and for an extension."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.instants import iso
from sandbox.pages import Page, span_of
from sandbox.permits import permitted_viewer
from sandbox.plans import mix
from sandbox.query import Parameters
from sandbox.render import ACCOUNT

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.query import Query
    from sandbox.state import State

ACCOUNT_PATH = "/restapi/v1.0/account/{account_id}"
EXTENSION_PATH = ACCOUNT_PATH + "/extension/{extension_id}"


def routes(state: State) -> list[Route]:
    """Return the routes of the call log."""
    endpoint = data_route(state, "Heavy", lambda request: _call_log(state, request))
    return [Route(f"{path}/call-log", endpoint) for path in (ACCOUNT_PATH, EXTENSION_PATH)]


def _call_log(state: State, request: Request) -> bytes:
    viewer = permitted_viewer(state, request)
    now = state.clock.now_ms()
    parameters = Parameters.of(request)
    asked = parameters.page(state.habits)
    query = parameters.query(now, state.habits, account_level=viewer == ACCOUNT)
    turn = mix(query.date_from ^ query.date_to)
    span = span_of(asked, turn, underfull=state.habits.underfull)
    if state.habits.unsorted in {True, "window"}:
        records, more = _scrambled_page(state, query, now, viewer, span)
    else:
        records, more = state.log.page(query, now, viewer, span)
        if state.habits.unsorted == "page":
            Random(mix(query.date_from + query.date_to + asked.number)).shuffle(records)
    shared = {
        **parameters.values,
        "view": ["Detailed" if query.detailed else "Simple"],
        "dateFrom": parameters.texts("dateFrom") or [iso(query.date_from)],
        "dateTo": parameters.texts("dateTo") or [iso(query.date_to)],
        "perPage": [str(asked.size)],
    }
    page = Page(records, span[0], more)
    return page.body(f"{state.home(viewer)}/call-log", shared, asked)


def _scrambled_page(
    state: State, query: Query, now: int, viewer: int, span: tuple[int, int]
) -> tuple[list[bytes], bool]:
    log = state.log
    entries = sorted(log.entries(query, now, viewer), key=lambda one: mix(log.plan(one).number))
    first, last = span[0], sum(span)
    texts = [log.text(query, one, now, viewer).encode() for one in entries[first:last]]
    return texts, len(entries) > last
