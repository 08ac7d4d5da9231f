"""The routes of extensions, the directory and call queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.routing import Route

from sandbox.answers import data_route
from sandbox.call_log_api import ACCOUNT_PATH, EXTENSION_PATH
from sandbox.distort import encoded
from sandbox.pages import page_of
from sandbox.permits import check_permissions
from sandbox.query import PageAsked, Parameters
from sandbox.refusals import not_found
from sandbox.state import MYSELF

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from sandbox.directory import Extension
    from sandbox.state import State

_EXTENSION_TYPES = (
    "User", "FaxUser", "VirtualUser", "DigitalUser", "Department", "Announcement", "Voicemail",
    "SharedLinesGroup", "PagingOnly", "IvrMenu", "ApplicationExtension", "ParkLocation", "Limited",
    "Bot", "ProxyAdmin", "DelegatedLinesGroup",
)  # fmt: skip
_LISTED = ("User", "Department", "Announcement", "Voicemail", "PagingOnly", "IvrMenu", "Limited")
_STATUSES = ("Enabled", "Disabled", "NotActivated", "Unassigned")
_LARGEST_DIRECTORY_PAGE = 2_000


def routes(state: State) -> list[Route]:
    """Return the routes of extensions, the directory and call queues."""
    table: list[tuple[str, str, str, Callable[[State, Request], bytes]]] = [
        (f"{ACCOUNT_PATH}/extension", "Medium", "ReadExtensions", _extensions),
        (EXTENSION_PATH, "Light", "ReadExtensions", _extension),
        (f"{ACCOUNT_PATH}/directory/entries", "Medium", "", _directory),
        (f"{ACCOUNT_PATH}/call-queues", "Medium", "ReadExtensions", _queues),
        (f"{ACCOUNT_PATH}/call-queues/{{group_id}}", "Light", "ReadExtensions", _queue),
        (f"{ACCOUNT_PATH}/call-queues/{{group_id}}/members", "Light", "ReadExtensions", _members),
    ]
    return [
        Route(path, _route(state, group, user, handler)) for path, group, user, handler in table
    ]


def _route(
    state: State, group: str, user: str, handler: Callable[[State, Request], bytes]
) -> Callable[[Request], Any]:
    def answer(request: Request) -> bytes:
        check_permissions(state, app="ReadAccounts", user=user)
        state.check_account(request.path_params["account_id"])
        return handler(state, request)

    return data_route(state, group, answer)


def _extensions(state: State, request: Request) -> bytes:
    given = Parameters.of(request)
    wanted = {
        "status": given.texts("status", *_STATUSES),
        "type": given.texts("type", *_EXTENSION_TYPES),
        "extensionNumber": given.texts("extensionNumber"),
    }
    emails = given.texts("email")
    records = [state.directory.record(one) for one in state.directory.extensions()]
    chosen = [
        one
        for one in records
        if all(not values or one.get(name) in values for name, values in wanted.items())
        and (not emails or one["contact"].get("email") in emails)
    ]
    return _listed(state, given, "extension", chosen)


def _extension(state: State, request: Request) -> bytes:
    extension_id = request.path_params["extension_id"]
    mine = extension_id in {MYSELF, state.asking}
    one = state.directory.extension(state.asking if mine else extension_id)
    record = state.directory.record(one)
    account = {"id": state.people.account_id, "uri": state.people.account_url}
    new = state.directory.status(one) == "NotActivated"
    record.update(account=account, setupWizardState="NotStarted" if new else "Completed")
    if state.directory.status(one) == "Disabled":
        record["statusInfo"] = {"reason": "Voluntarily", "comment": "No longer with the company"}
    if mine:
        record.setdefault("roles", [_administrator(state)])
        features = {"SMS": not state.hipaa, "Pager": not state.hipaa, "Voicemail": True,
                    "Fax": True, "HipaaCompliance": state.hipaa}  # fmt: skip
        record["serviceFeatures"] = [
            {"featureName": name, "enabled": True}
            if enabled
            else {"featureName": name, "enabled": False, "reason": "AccountLimitation"}
            for name, enabled in features.items()
        ]
    return encoded(record, int(one.id), state.habits)


def _administrator(state: State) -> dict[str, Any]:
    return {
        "uri": f"{state.people.account_url}/user-role/1",
        "id": "1",
        "displayName": "Super Admin",
        "autoAssigned": False,
        "siteCompatible": True,
        "siteRestricted": False,
    }


def _directory(state: State, request: Request) -> bytes:
    given = Parameters.of(request)
    kind = given.text("type", *_EXTENSION_TYPES)
    found = [
        state.directory.record(one)
        for one in state.directory.extensions()
        if one.type in _LISTED and state.directory.status(one) in {"Enabled", "NotActivated"}
    ]
    own = {} if given.flag("showFederated", default=True) is False else _own(state)
    records = [
        encoded({**_entry(one), **own}, one["id"], state.habits)
        for one in found
        if kind in {"", one["type"]}
    ]
    sizes = {"all": max(len(records), 1), "max": _LARGEST_DIRECTORY_PAGE}
    if (size := sizes.get(given.text("perPage"))) is not None:
        asked = PageAsked(given.number("page", 1), size)
    else:
        asked = given.page(state.habits, 1_000, _LARGEST_DIRECTORY_PAGE)
    page = page_of(records, asked, state.habits)
    raw = [msgspec.Raw(one) for one in page.records]
    return msgspec.json.encode({"records": raw, "paging": page.paging(asked)})


def _own(state: State) -> dict[str, Any]:
    return {"account": {"id": state.people.account_id, "companyName": "Belmont Supplies, Inc."}}


def _entry(record: dict[str, Any]) -> dict[str, Any]:
    contact = record["contact"]
    kept = ("type", "status", "extensionNumber", "site", "profileImage")
    entry = {"id": str(record["id"]), **{name: record[name] for name in kept}}
    if record["type"] != "User":
        return {**entry, "name": record["name"]}
    names = ("firstName", "lastName", "jobTitle", "department", "email")
    entry.update({name: contact[name] for name in names if name in contact})
    if "businessPhone" in contact:
        phone = {"phoneNumber": contact["businessPhone"], "usageType": "DirectNumber"}
        entry["phoneNumbers"] = [{**phone, "type": "VoiceFax"}]
    return entry


def _queues(state: State, request: Request) -> bytes:
    given, directory = Parameters.of(request), state.directory
    member = given.text("memberExtensionId")
    records = [
        directory.queue_record(one, details=False)
        for one in directory.queues()
        if not member or member in {other.id for other in directory.members(one)}
    ]
    return _listed(state, given, "call-queues", records)


def _queue(state: State, request: Request) -> bytes:
    queue = _asked_queue(state, request)
    record = state.directory.queue_record(queue, details=True)
    return encoded(record, int(queue.id), state.habits)


def _asked_queue(state: State, request: Request) -> Extension:
    queue = state.directory.extension(request.path_params["group_id"], "groupId")
    if queue.type != "Department":
        raise not_found(parameter="groupId")
    return queue


def _members(state: State, request: Request) -> bytes:
    queue, directory = _asked_queue(state, request), state.directory
    records = [
        {
            "uri": f"{state.people.account_url}/extension/{one.id}",
            "id": int(one.id),
            "extensionNumber": one.number,
        }
        for one in directory.members(queue)
    ]
    return _listed(state, Parameters.of(request), f"call-queues/{queue.id}/members", records)


def _listed(state: State, given: Parameters, path: str, records: list[dict[str, Any]]) -> bytes:
    asked = given.page(state.habits)
    lines = [encoded(one, int(one["id"]), state.habits) for one in records]
    shared = {**given.values, "perPage": [str(asked.size)]}
    uri = f"{state.people.account_url}/{path}"
    return page_of(lines, asked, state.habits).body(uri, shared, asked)
