"""The way to RingCentral: only ever to where it was configured to, and only ever in safety."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import requests
import trustme
from fixtures import free_account
from relay import Relay

from tap_ringcentral_calllog.errors import (
    LoginError,
    RequestError,
    SettingsError,
    UnreachableError,
)

if TYPE_CHECKING:
    from harness import Output

    from sandbox import Sandbox

LONG_AGO = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
REDIRECTS = (301, 302, 303, 307, 308)


@pytest.fixture(scope="module")
def authority():
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture(scope="module")
def stranger():
    """Another one, which nobody trusts."""
    return trustme.CA()


@pytest.fixture
def account():
    """A small account."""
    with free_account(seed=51, calls=60, days=5) as sandbox:
        yield sandbox


@pytest.fixture
def relay(account):
    """Open something between the tap and the account."""
    with ExitStack() as stack:

        def open_one(certificate: trustme.LeafCert | None = None) -> Relay:
            context = None
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                certificate.configure_cert(context)
            return stack.enter_context(Relay(account.url, context))

        yield open_one


@pytest.fixture
def elsewhere():
    """Another server: its address, and whether anybody came."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)

        def visited() -> bool:
            try:
                listening.accept()[0].close()
            except BlockingIOError:
                return False
            return True

        yield f"http://127.0.0.1:{listening.getsockname()[1]}", visited


@pytest.fixture(autouse=True)
def _machine(monkeypatch, tmp_path):
    """Keep the settings of the machine out."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def trusted(authority, monkeypatch, tmp_path):
    """Trust the private authority, as a user would."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))


def is_whole(output: Output, account: Sandbox) -> bool:
    read = [record["id"] for record in output.records()]
    return sorted(read) == sorted(call["id"] for call in account.truth())


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_private_authority_is_trusted_where_the_environment_says_so(
    sync, account, relay, authority, monkeypatch, tmp_path, variable
):
    """Every request goes over TLS, whatever the addresses in the answers are."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setenv(variable, str(bundle))
    front = relay(authority.issue_cert("127.0.0.1"))
    assert is_whole(sync(account, api_url=front.url), account)
    assert len(front.seen) == len(account.requests)


@pytest.mark.parametrize(
    ("certificate", "trust"),
    [
        (lambda _, stranger: stranger.issue_cert("127.0.0.1"), False),
        (lambda _, stranger: stranger.issue_cert("127.0.0.1"), True),
        (lambda authority, _: authority.issue_cert("localhost"), True),
        (lambda authority, _: authority.issue_cert("127.0.0.1", not_after=LONG_AGO), True),
    ],
    ids=["unknown authority", "another authority", "another host's", "expired"],
)
def test_a_certificate_that_proves_nothing_is_refused(
    sync, account, relay, authority, stranger, request, certificate, trust
):
    """One line names the certificate, and nothing was sent."""
    if trust:
        request.getfixturevalue("trusted")
    front = relay(certificate(authority, stranger))
    with pytest.raises(UnreachableError) as caught:
        sync(account, api_url=front.url)
    host = front.url.removeprefix("https://")
    assert f"the certificate of {host} could not be verified" in str(caught.value)
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)
    assert "SSL_CERT_FILE" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not front.seen
    assert not account.requests


@pytest.mark.parametrize("content", [None, "", "no certificate"], ids=["missing", "empty", "other"])
def test_a_bundle_that_cannot_be_read_trusts_nobody(
    sync, account, relay, authority, monkeypatch, tmp_path, content
):
    """It is named in one line, and nothing is sent."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    front = relay(authority.issue_cert("127.0.0.1"))
    with pytest.raises((SettingsError, UnreachableError), match="certificate"):
        sync(account, api_url=front.url)
    assert not front.seen


def test_a_proxy_is_used_for_https(sync, account, relay, authority, trusted, monkeypatch):
    """It sees where to, and nothing of what is said: not even the login."""
    assert trusted is None
    front, proxy = relay(authority.issue_cert("127.0.0.1")), relay()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert is_whole(sync(account, api_url=front.url), account)
    assert {(one.method, one.target) for one in proxy.seen} == {
        ("CONNECT", front.url.removeprefix("https://"))
    }
    assert not any("Authorization" in one.headers for one in proxy.seen)


def test_the_certificate_is_verified_through_a_proxy(sync, account, relay, stranger, monkeypatch):
    """A proxy that reads along is found out, and named."""
    front, proxy = relay(stranger.issue_cert("127.0.0.1")), relay()
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//proxy-user:proxy-geheim@"))
    with pytest.raises(UnreachableError) as caught:
        sync(account, api_url=front.url)
    hosts = [one.url.partition("//")[2] for one in (front, proxy)]
    told = "the certificate of {} by the proxy {} could not be verified".format(*hosts)
    assert told in str(caught.value)
    assert "proxy-user" not in str(caught.value)
    assert proxy.seen
    assert not front.seen


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_is_used_for_http(sync, account, relay, monkeypatch, variable):
    """All requests go by it, those of the login as well."""
    proxy = relay()
    monkeypatch.setenv(variable, proxy.url)
    assert is_whole(sync(account), account)
    assert len(proxy.seen) == len(account.requests)


@pytest.mark.parametrize("exempt", ["127.0.0.1", "example.com,127.0.0.0/8", "*"])
def test_no_proxy_is_used_where_the_environment_says_so(sync, account, relay, monkeypatch, exempt):
    """NO_PROXY names hosts and networks."""
    proxy = relay()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", exempt)
    assert is_whole(sync(account), account)
    assert not proxy.seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_cannot_be_reached_is_named(
    sync, account, relay, authority, trusted, monkeypatch, watch, scheme
):
    """One line, without the credentials in its address; nobody is asked directly."""
    assert trusted is None
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    watch.guard("proxy password", "proxy-geheim")
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://proxy-user:proxy-geheim@{address}")
    front = relay(authority.issue_cert("127.0.0.1") if scheme == "https" else None)
    with pytest.raises(
        UnreachableError, match=f"the proxy {address} could not be reached"
    ) as caught:
        sync(account, api_url=front.url)
    assert "proxy-user" not in str(caught.value)
    assert not front.seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_gets_its_own_credentials_and_nobody_else_does(
    sync, account, relay, authority, trusted, monkeypatch, watch, scheme
):
    """Those in the proxy's address go to the proxy only, and show nowhere."""
    assert trusted is None
    watch.guard("proxy password", "proxy-geheim")
    watch.guard("proxy password", "cHJveHktdXNlcjpwcm94eS1nZWhlaW0=")
    front, proxy = relay(authority.issue_cert("127.0.0.1") if scheme == "https" else None), relay()
    address = proxy.url.replace("//", "//proxy-user:proxy-geheim@")
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", address)
    assert is_whole(sync(account, api_url=front.url), account)
    assert {one.headers["Proxy-Authorization"] for one in proxy.seen} == {
        "Basic cHJveHktdXNlcjpwcm94eS1nZWhlaW0="
    }
    assert len(front.seen) == len(account.requests)
    assert not any("Proxy-Authorization" in one.headers for one in front.seen)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_one_line(
    sync, account, relay, authority, trusted, monkeypatch, watch, scheme
):
    """Wrong credentials for the proxy: nothing reaches RingCentral, and they do not show."""
    assert trusted is None
    watch.guard("proxy password", "proxy-geheim")
    front, proxy = relay(authority.issue_cert("127.0.0.1") if scheme == "https" else None), relay()
    proxy.answers[""] = (407, {"Proxy-Authenticate": "Basic"})
    address = proxy.url.replace("//", "//proxy-user:proxy-geheim@")
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", address)
    with pytest.raises(SettingsError) as caught:
        sync(account, api_url=front.url)
    host = proxy.url.removeprefix("http://")
    assert f"the proxy {host} does not accept the login in its address" in str(caught.value)
    assert "HTTPS_PROXY" in str(caught.value)
    assert "proxy-user" not in str(caught.value)
    assert len(proxy.seen) == 1
    assert not front.seen


def test_a_proxy_that_lets_nothing_through_is_named(
    sync, account, relay, authority, trusted, monkeypatch
):
    """With the status that it gave, and where the tap wanted to."""
    assert trusted is None
    front, proxy = relay(authority.issue_cert("127.0.0.1")), relay()
    proxy.answers[""] = (403, {})
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    with pytest.raises(UnreachableError) as caught:
        sync(account, api_url=front.url)
    hosts = [one.url.partition("//")[2] for one in (proxy, front)]
    told = "the proxy {} refuses the connection to {} (HTTP 403)".format(*hosts)
    assert told in str(caught.value)


@pytest.mark.parametrize("address", ["http://", "socks5://127.0.0.1:1", "http://127.0.0.1:nine"])
def test_a_proxy_that_cannot_be_one_is_named(sync, account, monkeypatch, address):
    """A broken address, or a kind that is not offered."""
    monkeypatch.setenv("HTTP_PROXY", address)
    with pytest.raises((SettingsError, UnreachableError), match="proxy"):
        sync(account)
    assert not account.requests


@pytest.mark.parametrize("status", REDIRECTS)
@pytest.mark.parametrize(
    ("route", "error"), [("/call-log", RequestError), ("/oauth/token", LoginError)]
)
def test_a_redirect_is_never_followed(sync, account, relay, elsewhere, status, route, error):
    """Neither with a login nor without: whoever it names gets no connection."""
    url, visited = elsewhere
    front = relay()
    front.answers[route] = (status, {"Location": f"{url}/restapi{route}", "Content-Length": "0"})
    with pytest.raises(error, match=f"HTTP {status}"):
        sync(account, api_url=front.url, request_timeout=2)
    assert sum(route in one.target for one in front.seen) == 1
    assert not visited()


@pytest.mark.parametrize("status", REDIRECTS)
def test_the_farewell_is_not_redirected_either(sync, account, relay, elsewhere, status):
    """The token that ends a session goes to api_url only; the run has succeeded all the same."""
    url, visited = elsewhere
    front = relay()
    front.answers["/oauth/revoke"] = (status, {"Location": url, "Content-Length": "0"})
    assert is_whole(sync(account, api_url=front.url, request_timeout=2), account)
    assert front.seen[-1].target == "/restapi/oauth/revoke"
    assert not visited()


@pytest.mark.parametrize("login", ["jwt", "public app"])
def test_a_netrc_has_no_say(sync, account, relay, monkeypatch, tmp_path, login):
    """What it holds for RingCentral's host is neither added to requests nor put in their place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login x password y\ndefault login x password y\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert requests.utils.get_netrc_auth(account.url) == ("x", "y")
    front = relay()
    settings = {}
    if login == "public app":
        store = str(tmp_path / "tokens.json")
        settings = {
            "client_secret": None,
            "token_store": store,
            "refresh_token": account.refresh_token,
        }
    assert is_whole(sync(account, api_url=front.url, **settings), account)
    kinds = {
        "token" if "/oauth/" in one.target else "data": (one.headers["Authorization"] or "").split(
            " "
        )[0]
        for one in front.seen
    }
    assert kinds == {"token": "Basic" if login == "jwt" else "", "data": "Bearer"}


@pytest.mark.parametrize(
    "cookie",
    ["session=someone-else; Path=/", "a=b; Domain=evil.example", "=;;\x00=; Expires=never", ""],
)
def test_cookies_change_nothing(sync, account, relay, cookie):
    """A server that sets some gets its requests all the same, with the login in its header."""
    front = relay()
    front.headers = {"Set-Cookie": cookie}
    assert is_whole(sync(account, api_url=front.url), account)
    assert all(one.headers["Authorization"] for one in front.seen)


@pytest.mark.parametrize(
    "address",
    [
        "http://platform.ringcentral.com",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1:80@evil.example",
        "http://127.0.0.1\n.evil.example",
        "http://localhost\\.evil.example",
        "http://localhost%2eevil.example",
        "http://2130706433",
        "http://0x7f000001",
        "http://0.0.0.0",
        "http://[::ffff:203.0.113.7]",
        "//evil.example",
        "ftp://evil.example",
        "file:///etc/passwd",
        "https://user:hidden-geheim@evil.example",
        "https://user@evil.example",
        "https://:hidden-geheim@evil.example",
        "https://evil.example\\@platform.ringcentral.com",
        "https://platform.ringcentral.com?@evil.example",
    ],
)
def test_an_address_that_is_not_safe_is_refused_before_any_request(
    sync, account, monkeypatch, watch, address
):
    """Credentials go by https, or stay on this machine; the line does not repeat the address."""
    watch.guard("password", "hidden-geheim")
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *names, **_: asked.append(names) or [])
    with pytest.raises(SettingsError, match="api_url") as caught:
        sync(account, api_url=address)
    assert "evil" not in str(caught.value)
    assert not asked


def test_nothing_but_the_configured_host_is_ever_asked(sync, account, relay, monkeypatch):
    """Not even its name is looked up: links in answers are never followed."""
    front = relay()
    asked = set()
    look_up = socket.getaddrinfo

    def note(host, port, *rest, **more):
        asked.add(f"http://{host}:{port}")
        return look_up(host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", note)
    assert is_whole(sync(account, api_url=front.url, page_size=10), account)
    # The relay itself passes on to the sandbox, in this same process.
    assert asked == {front.url, account.url}
    assert len(front.seen) == len(account.requests)
