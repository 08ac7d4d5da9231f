"""The routes of recordings: their settings, their metadata and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import ACCOUNT_PATH
from sandbox.content import content_routes
from sandbox.distort import encoded
from sandbox.files import File
from sandbox.instants import SECOND
from sandbox.permits import check_permissions
from sandbox.plans import FILE_IDS, FIRST_RECORDING
from sandbox.recordings import recording_id
from sandbox.refusals import not_found

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.plans import Plan
    from sandbox.state import State

_MOST_RECORDINGS = 100_000
_PATH = ACCOUNT_PATH + "/recording/{recording_id}"


def routes(state: State) -> list[Route]:
    """Return the routes of recordings."""
    metadata = data_route(state, "Heavy", lambda request: _metadata(state, request))
    settings = data_route(state, "Light", lambda request: _settings(state, request))
    return [
        Route(f"{ACCOUNT_PATH}/call-recording", settings),
        Route(_PATH, metadata),
        *media_routes(state),
    ]


def media_routes(state: State) -> list[Route]:
    """Return the routes that a media host serves as well."""
    group, path = state.habits.recording_group, f"{_PATH}/content"
    return content_routes(state, group, path, permit=_permit, find=_content)


def recorded_call(state: State, recording: str | int) -> Plan:
    """Return the call of a recording that is ready or about to be.

    Raises:
        Refusal: the recording does not exist, or was deleted.
    """
    now, text = state.clock.now_ms(), str(recording)
    number = int(text) - FIRST_RECORDING if text.isascii() and text.isdigit() else -1
    if 0 <= number < FILE_IDS:
        for plan in map(state.log.plan, state.log.with_remainder(number)):
            if state.recordings.ready(plan, now) or state.recordings.pending(plan, now):
                return plan
    raise not_found(parameter="callRecordingId")


def _permit(state: State, request: Request) -> None:
    check_permissions(state, app="ReadCallRecording", user="ReadCallRecording")
    state.check_account(request.path_params["account_id"])


def _settings(state: State, request: Request) -> bytes:
    check_permissions(state, app="ReadAccounts", user="ReadCompanyInfo")
    state.check_account(request.path_params["account_id"])
    days = int(state.recordings.days)
    users = [one for one in state.directory.extensions() if one.type == "User"]
    settings = {
        "onDemand": {"enabled": True, "retentionPeriod": days},
        "automatic": {
            "enabled": True,
            "outboundCallTones": True,
            "outboundCallAnnouncement": False,
            "allowMute": False,
            "extensionCount": len(users),
            "retentionPeriod": days,
            "maxNumberLimit": _MOST_RECORDINGS,
        },
        "greetings": [
            {"type": name, "mode": "Default"}
            for name in ("StartRecording", "StopRecording", "AutomaticRecording")
        ],
    }
    return encoded(settings, 0, state.habits)


def _metadata(state: State, request: Request) -> bytes:
    _permit(state, request)
    plan = recorded_call(state, request.path_params["recording_id"])
    pending = state.recordings.pending(plan, state.clock.now_ms())
    if pending and state.habits.unready_recordings == "404":
        raise not_found(parameter="callRecordingId")
    path = f"recording/{recording_id(plan)}"
    record = {
        "id": str(recording_id(plan)),
        "contentUri": f"{state.people.media_url}/{path}/content",
        "contentType": state.recordings.content_type(plan),
        "duration": plan.duration // SECOND,
    }
    return encoded(record, plan.number, state.habits)


def _content(state: State, request: Request) -> File:
    plan = recorded_call(state, request.path_params["recording_id"])
    if not state.recordings.pending(plan, state.clock.now_ms()):
        return state.recordings.content(plan)
    if state.habits.unready_recordings == "404":
        raise not_found(parameter="callRecordingId")
    status = 202 if state.habits.unready_recordings == "202" else 200
    return File("application/octet-stream", b"", "", status)
