"""Logging in and out."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import pytest

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
REDIRECT = "http://127.0.0.1:9/back?here=1"


def use(client, token):
    """Return the status of a request with an access token."""
    client.session.headers["Authorization"] = f"Bearer {token}"
    return client.get().status_code


def refresh(client, token, **options):
    return client.token(grant_type="refresh_token", refresh_token=token, **options)


def code_for(client, **more):
    """Go through the browser's part of the authorization code flow and return its redirect."""
    params = {
        "response_type": "code",
        "client_id": client.rc.client_id,
        "redirect_uri": REDIRECT,
        **more,
    }
    url = f"{client.rc.url}/restapi/oauth/authorize"
    answer = client.session.get(url, params=params, allow_redirects=False)
    assert answer.status_code == 302
    where = answer.headers["Location"]
    assert where.startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def test_every_grant_logs_in(opened):
    """A user can log in with a JWT, a refresh token, a code or a password."""
    rc, client = opened(calls=10)
    for form in (
        {"grant_type": JWT_GRANT, "assertion": rc.jwt},
        {"grant_type": "refresh_token", "refresh_token": rc.refresh_token},
        {
            "grant_type": "password",
            "username": rc.username,
            "extension": rc.extension,
            "password": rc.password,
        },
        {
            "grant_type": "authorization_code",
            "code": code_for(client)["code"],
            "redirect_uri": REDIRECT,
        },
    ):
        answer = client.token(**form)
        assert answer.status_code == 200, form
        body = answer.json()
        assert set(body) == {
            "access_token", "expires_in", "refresh_token", "refresh_token_expires_in", "scope",
            "owner_id", "endpoint_id", "token_type",
        }  # fmt: skip
        assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
        assert body["refresh_token_expires_in"] == 604_800
        assert body["owner_id"] == rc.owner_id
        assert "ReadCallLog" in body["scope"].split()
        assert use(client, body["access_token"]) == 200


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": JWT_GRANT, "assertion": "wrong"},
        {"grant_type": JWT_GRANT},
        {"grant_type": "refresh_token", "refresh_token": "wröng"},
        {"grant_type": "password", "username": "x", "extension": "101", "password": "y"},
        {"grant_type": "authorization_code", "code": "wrong", "redirect_uri": REDIRECT},
    ],
)
def test_a_wrong_login_is_a_400(opened, form):
    """A wrong login is a 400 in OAuth's and in RingCentral's terms."""
    _, client = opened(calls=10)
    answer = client.token(**form)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (400, "invalid_grant")
    assert body["errorCode"].startswith("OAU-")
    assert body["errors"][0]["errorCode"] == body["errorCode"]


def test_an_unknown_grant_is_refused(opened):
    """A grant nobody knows is refused as such."""
    _, client = opened(calls=10)
    assert client.token(grant_type="magic").json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("auth", [("sandbox-app-1", "wrong"), ("nobody", "wrong"), False])
def test_an_app_without_its_secret_is_a_401(opened, auth):
    """An app that cannot show its secret is a 401 invalid_client."""
    rc, client = opened(calls=10)
    answer = client.token(auth=auth, grant_type=JWT_GRANT, assertion=rc.jwt)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_public_app_needs_the_code_verifier(opened):
    """A public app proves itself with the code verifier; a code works once, and not for long."""
    rc, client = opened(calls=10)
    verifier = "v" * 43
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    def exchange(code, **more):
        form = {"redirect_uri": REDIRECT, "code_verifier": verifier, **more}
        return client.token(
            auth=False,
            grant_type="authorization_code",
            client_id=rc.client_id,
            code=code,
            **form,
        )

    def fresh():
        back = code_for(client, state="s t", code_challenge=challenge, code_challenge_method="S256")
        assert back["state"] == "s t"
        return back["code"]

    code = fresh()
    answer = exchange(code)
    assert answer.status_code == 200
    assert exchange(code).status_code == 400
    assert exchange(fresh(), code_verifier="w" * 43).status_code == 400
    assert exchange(fresh(), redirect_uri="http://elsewhere").status_code == 400
    code = fresh()
    rc.clock.advance(minutes=2)
    assert exchange(code).status_code == 400
    again = refresh(client, answer.json()["refresh_token"], auth=False, client_id=rc.client_id)
    assert again.status_code == 200


def test_the_consent_page_refuses_strangers(opened):
    """The consent page knows only its own app, and wants a redirect URI."""
    rc, client = opened(calls=10)
    url = f"{rc.url}/restapi/oauth/authorize"
    for params, status in (
        ({"client_id": "nobody", "response_type": "code", "redirect_uri": REDIRECT}, 401),
        ({"client_id": rc.client_id, "response_type": "code"}, 400),
        ({"client_id": rc.client_id, "response_type": "token", "redirect_uri": REDIRECT}, 400),
    ):
        answer = client.session.get(url, params=params, allow_redirects=False)
        assert answer.status_code == status


def test_a_refresh_token_is_good_for_one_refresh(opened):
    """A refresh token is good for one refresh; it dies ten seconds after the new token's use."""
    rc, client = opened(calls=10)
    first = refresh(client, rc.refresh_token).json()
    # The new access token is still unused: the answer may have been lost.
    again = refresh(client, rc.refresh_token).json()
    assert use(client, again["access_token"]) == 200
    rc.clock.advance(seconds=9)
    assert refresh(client, rc.refresh_token).status_code == 200
    rc.clock.advance(seconds=1)
    assert refresh(client, rc.refresh_token).json()["error"] == "invalid_grant"
    assert refresh(client, first["refresh_token"]).status_code == 200
    assert refresh(client, again["refresh_token"]).status_code == 200


def test_an_unused_refresh_does_not_last(opened):
    """Even while the new access token is unused, the old refresh token lasts an hour only."""
    rc, client = opened(calls=10)
    new = refresh(client, rc.refresh_token).json()
    rc.clock.advance(minutes=59)
    assert refresh(client, rc.refresh_token).status_code == 200
    rc.clock.advance(minutes=1)
    assert refresh(client, rc.refresh_token).status_code == 400
    rc.clock.advance(days=6)
    assert refresh(client, new["refresh_token"]).status_code == 200


def test_a_refresh_token_expires(opened):
    """A refresh token that nobody used is dead after seven days."""
    rc, client = opened(calls=10)
    rc.clock.advance(days=7)
    assert refresh(client, rc.refresh_token).status_code == 400


def test_an_access_token_expires(opened):
    """An expired, revoked or unknown access token is a 401 TokenInvalid."""
    rc, client = opened(calls=10, token_life=600)
    body = client.log_in()
    assert body["expires_in"] == 600
    rc.clock.advance(seconds=599)
    assert client.get().status_code == 200
    rc.clock.advance(seconds=1)
    codes = []
    for spoil in (lambda: None, rc.revoke_all_sessions):
        spoil()
        answer = client.get()
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "TokenInvalid")
        codes.append(answer.json()["errors"][0]["errorCode"])
    assert codes == ["OAU-123", "OAU-213"]
    assert rc.requests[-1].group == ""


@pytest.mark.parametrize(
    ("header", "code"), [(None, "CMN-405"), ("Basic abc", "OAU-151"), ("Bearer", "OAU-151")]
)
def test_without_a_token_data_is_a_401(opened, header, code):
    """Data without an access token is a 401 as well."""
    _, client = opened(calls=10)
    client.session.headers["Authorization"] = header
    client.session.trust_env = False
    assert (client.get().status_code, client.get().json()["errorCode"]) == (401, code)


def test_a_sixth_session_ends_the_oldest(opened):
    """A sixth session ends the oldest one, with all its tokens."""
    _, client = opened(calls=10)
    sessions = [client.log_in() for _ in range(5)]
    assert [use(client, one["access_token"]) for one in sessions] == [200] * 5
    client.log_in()
    assert [use(client, one["access_token"]) for one in sessions] == [401] + [200] * 4
    assert refresh(client, sessions[0]["refresh_token"]).status_code == 400
    assert refresh(client, sessions[1]["refresh_token"]).status_code == 200


def test_revoke_ends_the_session(opened):
    """Revoking either token ends the session; the others go on."""
    rc, client = opened(calls=10)
    for name in ("access_token", "refresh_token"):
        gone, stays = client.log_in(), client.log_in()
        answer = client.session.post(
            f"{rc.url}/restapi/oauth/revoke",
            data={"token": gone[name]},
            auth=(rc.client_id, rc.client_secret),
        )
        assert answer.status_code == 200
        assert use(client, gone["access_token"]) == 401
        assert refresh(client, gone["refresh_token"]).status_code == 400
        assert use(client, stays["access_token"]) == 200


def test_scope_tells_the_permissions(opened):
    """The scope lists what the app may do."""
    rc, client = opened(calls=10)
    rc.set_permissions(app={"ReadMessages", "ReadCallLog"})
    assert client.log_in()["scope"] == "ReadCallLog ReadMessages"


def test_secrets_are_not_kept(opened):
    """Logins show among the requests, the secrets in them do not."""
    rc, client = opened(calls=10)
    client.token(grant_type="password", username="u", extension="1", password="hush-hush")
    client.log_in()
    refresh(client, rc.refresh_token)
    seen = rc.requests_to("oauth/token")
    assert [one.form["grant_type"] for one in seen] == [
        ["password"],
        [JWT_GRANT],
        ["refresh_token"],
    ]
    for secret in ("hush-hush", rc.jwt, rc.refresh_token, rc.client_secret):
        assert secret not in repr(rc.requests)
