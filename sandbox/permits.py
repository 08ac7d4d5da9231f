"""Checks whether the app and the user have the permission for a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.credentials import ALL_MAILBOXES
from sandbox.refusals import Refusal, not_found
from sandbox.render import ACCOUNT
from sandbox.state import MYSELF

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.state import State

_COMPANY_WIDE = "FullCompanyCallLog"


def check_permissions(state: State, *, app: str, user: str = "") -> None:
    """Check the app's permission and, unless it is empty, the user's.

    Raises:
        Refusal: it is missing.
    """
    if app not in state.permissions.app:
        raise _lacks(code="CMN-401", who="app", permission=app)
    if user and user not in state.allowed:
        raise _lacks(code="CMN-408", who="user", permission=user)


def check_enabled(state: State, extension_id: str) -> None:
    """Refuse a disabled extension if the server has that habit.

    Raises:
        Refusal: it is disabled.
    """
    habit = state.habits.disabled_extensions
    if habit == "served":
        return
    if state.directory.status(state.directory.extension(extension_id)) == "Disabled":
        if habit == "CMN-102":
            raise not_found(parameter="extensionId")
        raise Refusal(403, habit, "This extension is disabled")


def permitted_viewer(state: State, request: Request, *, company_wide: bool = True) -> int:
    """Return the viewer (`ACCOUNT` or the index of an extension) for a request's path.

    Args:
        state: the sandbox.
        request: its path has `account_id` and, for an extension's log, `extension_id`.
        company_wide: whether the account's log requires the permission for all calls.

    Raises:
        Refusal: there is no such account or extension, or a permission is missing.
    """
    check_permissions(state, app="ReadCallLog")
    state.check_account(request.path_params["account_id"])
    viewer = state.viewer(request.path_params.get("extension_id"))
    if viewer >= 0:
        check_enabled(state, state.people.desks[viewer].id)
    user = state.allowed
    if viewer == ACCOUNT and company_wide and _COMPANY_WIDE not in user:
        if state.habits.non_admin_error == "CMN-402":
            raise Refusal(403, "CMN-402", "Only administrators may do this")
        raise _lacks(code="CMN-408", who="user", permission=_COMPANY_WIDE)
    is_another = viewer != ACCOUNT and state.people.desks[viewer].id != state.asking
    if is_another and _COMPANY_WIDE not in user:
        raise Refusal(403, "CMN-404", "This extension is not open to the user")
    if "ReadCallLog" not in user and not (viewer == ACCOUNT and company_wide):
        raise _lacks(code="CMN-408", who="user", permission="ReadCallLog")
    return viewer


def permitted_mailbox(state: State, request: Request, user: str) -> str:
    """Return the extension id of the mailbox in a request's path.

    Args:
        state: the sandbox.
        request: its path has `account_id` and `extension_id`.
        user: the permission that the user needs.

    Raises:
        Refusal: there is no such account or extension, or a permission is missing.
    """
    check_permissions(state, app="ReadMessages", user=user)
    state.check_account(request.path_params["account_id"])
    extension_id: str = request.path_params["extension_id"]
    if extension_id in {MYSELF, state.asking}:
        return state.asking
    state.directory.extension(extension_id)
    if ALL_MAILBOXES not in state.allowed:
        message = "For another extension the user needs [ReadMessages] with extended scope"
        raise Refusal(403, state.habits.foreign_mailbox_error, message)
    check_enabled(state, extension_id)
    return extension_id


def _lacks(*, code: str, who: str, permission: str) -> Refusal:
    message = f"The {who} lacks the [{permission}] permission"
    return Refusal(403, code, message, permissionName=permission)
