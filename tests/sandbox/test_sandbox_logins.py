"""Several users of one app: each has a JWT, a rate limit, sessions and rights of their own."""

from __future__ import annotations

import pytest

from sandbox import USER_PERMISSIONS, Sandbox

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
HEAVY = {"Heavy": (2, 60.0), "Auth": (100, 60.0), "Light": (100, 60.0)}


@pytest.fixture
def users(opened):
    """Return a sandbox, with a client of each of its three users, logged in."""
    rc, first = opened(logins=3, limits=HEAVY, limits_on_sandbox_clock=True)
    clients = [first]
    for jwt in rc.more_jwts:
        client = type(first)(rc)
        answer = client.token(grant_type=JWT_GRANT, assertion=jwt).json()
        client.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        client.owner = answer["owner_id"]
        clients.append(client)
    rc.forget_requests()
    yield rc, *clients
    for client in clients[1:]:
        client.session.close()


def test_each_login_is_another_user(users):
    """Each JWT logs in the user of the next extension, all of them to the one account."""
    rc, first, second, third = users
    own = [client.get("extension/~").json() for client in (first, second, third)]
    assert [str(one["id"]) for one in own] == rc.extension_ids[:3]
    assert [second.owner, third.owner] == rc.extension_ids[1:3]
    assert {one["account"]["id"] for one in own} == {rc.account_id}
    assert [[role["id"] for role in one["roles"]] for one in own] == [["1"]] * 3
    assert [seen.user for seen in rc.requests] == rc.extension_ids[:3]
    assert len({rc.jwt, *rc.more_jwts}) == 3
    assert {rc.secrets()[jwt] for jwt in rc.more_jwts} == {"jwt"}
    assert rc.credentials()["more_jwts"] == rc.more_jwts


def test_each_user_has_a_rate_limit(users):
    """What one has used, or is punished for, leaves the others theirs."""
    rc, first, second, third = users
    assert [first.get().status_code for _ in range(3)] == [200, 200, 429]
    assert [second.get().status_code for _ in range(2)] == [200, 200]
    rc.use_budget("Heavy", 1, user=rc.extension_ids[2])
    assert third.get().headers["X-Rate-Limit-Remaining"] == "0"
    rc.clock.advance(seconds=30)
    assert [client.get().status_code for client in (first, second, third)] == [429, 429, 429]


def test_each_user_has_sessions(users):
    """A user's sixth session ends their oldest, and to end a user's sessions ends no other's."""
    rc, first, second, third = users
    for _ in range(5):
        second.token(grant_type=JWT_GRANT, assertion=rc.more_jwts[0])
    rc.revoke_all_sessions(rc.extension_ids[2])
    statuses = [client.get("extension/~").status_code for client in (first, second, third)]
    assert statuses == [200, 401, 401]


def test_each_user_has_rights(users):
    """Rights of one user's own leave the others theirs; a user may read their own log always."""
    rc, first, second, third = users
    rc.set_permissions(user=USER_PERMISSIONS - {"FullCompanyCallLog"}, of=rc.extension_ids[1])
    assert [client.get().status_code for client in (first, second)] == [200, 403]
    rc.set_permissions(user={"ReadCallLog"})
    assert third.get().json()["errorCode"] == "CMN-408"
    own = f"extension/{rc.extension_ids[1]}/call-log"
    assert [client.get(own).status_code for client in (second, third)] == [200, 403]


def test_users_may_have_other_roles(users):
    """What a test says of a user's roles and sites stands in the answer about their extension."""
    rc, _, second, _ = users
    rc.change_extension(rc.extension_ids[1], roles=[{"id": "7"}], siteAccess="Limited")
    own = second.answer("extension/~", like="extension/{extensionId}")
    assert (own["roles"], own["siteAccess"]) == ([{"id": "7"}], "Limited")


def test_a_session_stays_its_users(users):
    """A refresh token goes on with the session of the user who logged in."""
    rc, _, second, _ = users
    issued = second.token(grant_type=JWT_GRANT, assertion=rc.more_jwts[0]).json()
    answer = second.token(grant_type="refresh_token", refresh_token=issued["refresh_token"])
    assert answer.json()["owner_id"] == rc.extension_ids[1]


@pytest.mark.parametrize("logins", [0, 4])
def test_no_more_logins_than_users(logins):
    """There are as many logins as extensions at most, and one at least."""
    with pytest.raises(ValueError, match="from 1 to 3"):
        Sandbox(extensions=3, logins=logins)
