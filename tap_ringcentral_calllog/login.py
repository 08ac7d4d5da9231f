"""The command `tap-ringcentral-login`: a login in the browser, once, that fills the token store.

It is for apps that offer no JWT.
"""

from __future__ import annotations

import logging
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tap_ringcentral_calllog import cli
from tap_ringcentral_calllog.api.connection import Connection
from tap_ringcentral_calllog.auth.authenticator import log_in
from tap_ringcentral_calllog.auth.browser import (
    COMMAND,
    REDIRECT_URI,
    Authorization,
    RedirectServer,
)
from tap_ringcentral_calllog.auth.token_store import TokenStore
from tap_ringcentral_calllog.config.schema import DEFAULT_API_URL
from tap_ringcentral_calllog.config.settings import Settings, from_environment, tidied
from tap_ringcentral_calllog.errors import LoginError, SettingsError
from tap_ringcentral_calllog.logs import write_nothing_else

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_ringcentral_calllog.auth.authenticator import Post

_TIMEOUT = 300.0
# The tap's settings that matter here.
_SETTINGS = (
    "client_id",
    "client_secret",
    "token_store",
    "refresh_token",
    "api_url",
    "user_agent",
    "request_timeout",
)


def run(
    given: Mapping[str, Any],
    redirect_uri: str = REDIRECT_URI,
    *,
    paste: bool = False,
    timeout: float = _TIMEOUT,
    post: Post | None = None,
) -> None:
    """Log in with the user's browser and fill the token store.

    Args:
        given: the tap's settings `client_id` and `token_store`, and if need be `client_secret`,
            `refresh_token`, `api_url`, `user_agent` and `request_timeout`.
        redirect_uri: registered with the app.
        paste: let the user paste the address that the browser was sent to, instead of listening.
        timeout: how long to wait for the browser, in seconds.
        post: sends a form, as for `Authenticator`. By default, a new connection does.

    Raises:
        LoginError: when the login fails.
        SettingsError: when a setting is wrong or the store can't be used.
        UnavailableError: when RingCentral can't be reached.
    """
    settings = Settings.from_config(given, user_agent=COMMAND)
    if not settings.login.token_store:
        msg = "token_store must be set: the path of the file to write, as for the tap"
        raise SettingsError(msg)
    store = TokenStore(settings.login.token_store, settings.login.refresh_token)
    store.check()
    authorization = Authorization(settings.api_url, settings.login.client_id, redirect_uri)
    grant = authorization.grant_for(_ask(authorization, timeout, paste=paste))
    if post is None:
        connection = Connection(settings, logger=logging.getLogger(COMMAND))
        with closing(connection):
            login = log_in(grant, connection.post_form)
    else:
        login = log_in(grant, post)
    if login.refresh_token is None:
        msg = (
            "RingCentral returned no refresh token: allow the refresh token grant in the app's "
            "settings in the developer console"
        )
        raise LoginError(msg)
    with store.locked():
        store.write(login.refresh_token)
    click.echo(
        f"The login is stored in {store.path}. Configure token_store as the tap's only login, and "
        "run the tap at least once every 7 days."
    )


def _ask(authorization: Authorization, timeout: float, *, paste: bool) -> str:
    invitation = f"Open this address in a browser, and log in:\n\n{authorization.url}\n"
    if paste:
        click.echo(invitation)
        return str(click.prompt("Paste the address that the browser ends up at")).strip()
    with RedirectServer(authorization) as server:
        click.echo(invitation)
        click.echo(f"Waiting for the browser at {authorization.redirect_uri}.")
        return server.wait(timeout)


@click.command(name=COMMAND)
@click.option(
    "--config",
    multiple=True,
    metavar="FILE|ENV",
    help=(
        "The tap's configuration file; may be repeated; later files take precedence. Environment "
        "variables are always read."
    ),
)
@click.option("--client-id", help="Client ID of the app.")
@click.option("--client-secret", help="Client secret of the app. A public app (PKCE) has none.")
@click.option("--token-store", help="Path of the file to write, the tap's setting token_store.")
@click.option("--api-url", help=f"Address of RingCentral's API. Default: {DEFAULT_API_URL}")
@click.option(
    "--redirect-uri",
    default=REDIRECT_URI,
    show_default=True,
    help="Redirect URI, as it is registered with the app.",
)
@click.option("--paste", is_flag=True, help="Do not listen; ask for the address to be pasted.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=1, max=86_400),
    default=_TIMEOUT,
    show_default=True,
    help="How long to wait for the browser, in seconds.",
)
def command(
    config: tuple[str, ...],
    redirect_uri: str,
    timeout: float,
    *,
    paste: bool,
    **options: str | None,
) -> None:
    """Log in to RingCentral in a browser, once, and fill the token store of tap-ringcentral.

    Settings are also read from the tap's environment variables (TAP_RINGCENTRAL_CLIENT_SECRET and
    so on), so a secret need not be on the command line. Options take precedence over environment
    variables, and these over configuration files.
    """
    files = [cli.read_object(Path(path), "--config") for path in config if path != "ENV"]
    sources = [
        *(file or {} for file in files),
        from_environment(os.environ, "TAP_RINGCENTRAL_"),
        options,
    ]
    given = {
        name: value
        for source in sources
        for name, value in tidied(source).items()
        if name in _SETTINGS
    }
    run(given, redirect_uri, paste=paste, timeout=timeout)


def main() -> None:
    """Run the command; errors are one line, and exit code 1."""
    write_nothing_else()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    cli.with_plain_errors(command, logging.getLogger(COMMAND)).main()
