"""A sandbox to order, and a client that logs in to it."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

import definitions
import pytest
import requests
from fixtures import FREE
from waiting import PATIENCE

from sandbox import Sandbox

NOW = "2026-03-04T17:00:00Z"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Client:
    """A plain HTTP client of one sandbox.

    Attributes:
        rc: the sandbox.
        session: sends the access token once `log_in` was called.
    """

    def __init__(self, rc: Sandbox) -> None:
        self.rc = rc
        self.session = requests.Session()

    def token(self, *, auth: Any = None, **form: str) -> requests.Response:
        auth = (self.rc.client_id, self.rc.client_secret) if auth is None else auth
        url = f"{self.rc.url}/restapi/oauth/token"
        return self.session.post(url, data=form, auth=auth or None, headers={"Authorization": None})

    def log_in(self) -> dict[str, Any]:
        answer = self.token(grant_type=JWT_GRANT, assertion=self.rc.jwt)
        answer.raise_for_status()
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return dict(answer.json())

    def get(self, path: str = "call-log", **params: Any) -> requests.Response:
        """GET a path below the account."""
        url = f"{self.rc.url}/restapi/v1.0/account/~/{path}"
        return self.session.get(url, params=params, timeout=PATIENCE)

    def answer(self, path: str, like: str = "", **params: Any) -> Any:
        """GET a path below the account; fail if the answer is not as RingCentral defines it.

        `like` is the path as the definitions have it, if it is another.
        """
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        definitions.validator(f"/{like or path}").validate(answer.json())
        return answer.json()

    def fetch(self, uri: str, **options: Any) -> requests.Response:
        """GET a URI without following redirects."""
        return self.session.get(uri, timeout=PATIENCE, allow_redirects=False, **options)

    def control(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, f"{self.rc.url}/sandbox/{path}", **options)

    def records(self, path: str = "call-log", **params: Any) -> list[dict[str, Any]]:
        """Return the records of all pages."""
        params = {"dateFrom": "2026-01-01T00:00:00Z", "view": "Detailed", "perPage": 500, **params}
        found: list[dict[str, Any]] = []
        for page in range(1, 1001):
            answer = self.get(path, **params, page=page)
            assert answer.status_code == 200, answer.text
            found += answer.json()["records"]
            if "nextPage" not in answer.json()["navigation"]:
                break
        return found


@pytest.fixture(autouse=True)
def _nothing_leaks():
    """Let the tests log what they like: the tap does not run in them."""


@pytest.fixture
def opened():
    """Open a sandbox with these options; return it with a client that is logged in."""
    with ExitStack() as stack:
        yield partial(_open, stack)


@pytest.fixture(scope="module")
def opened_once():
    """Open a sandbox that all tests of a module share."""
    with ExitStack() as stack:
        yield partial(_open, stack)


def _open(stack: ExitStack, **options: Any) -> tuple[Sandbox, Client]:
    defaults = {"calls": 300, "days": 20, "extensions": 6, "now": NOW, "limits": FREE}
    rc = stack.enter_context(Sandbox(**{**defaults, **options}))
    client = Client(rc)
    stack.callback(client.session.close)
    client.log_in()
    rc.forget_requests()
    return rc, client
