"""Credentials for the sandbox, and the permissions of its users."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

APP_PERMISSIONS = frozenset({"ReadCallLog", "ReadCallRecording", "ReadAccounts", "ReadMessages"})
ALL_MAILBOXES = "ReadMessages, extended scope"
USER_PERMISSIONS = frozenset(
    {
        "ReadCallLog", "FullCompanyCallLog", "ReadCallRecording", "ReadCompanyInfo",
        "ReadExtensions", "ReadMessages", "ReadMessageContent", ALL_MAILBOXES,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credentials:
    """One app and its users: the first user can log in by every grant, the others by JWT.

    Attributes:
        client_id: the app's id.
        client_secret: the app's secret.
        jwt: the first user's JWT credential.
        more_jwts: the JWT credentials of the next users.
        username: the company's main phone number.
        extension: the user's extension number.
        password: the user's password.
    """

    client_id: str
    client_secret: str
    jwt: str
    more_jwts: list[str]
    username: str
    extension: str
    password: str

    @classmethod
    def invented(cls, seed: int, username: str, extension: str, *more: str) -> Credentials:
        """Generate credentials from a seed.

        Args:
            seed: the seed.
            username: the company's main phone number.
            extension: the first user's extension number.
            more: the extension numbers of the other users who may log in.
        """
        dice = random.Random(f"credentials {seed}")
        jwt = _jwt(dice, extension)
        return cls(
            client_id=f"sandbox-app-{seed}",
            client_secret=f"sandbox-secret-{dice.getrandbits(96):024x}",
            jwt=jwt,
            more_jwts=[_jwt(random.Random(f"credentials {seed} {one}"), one) for one in more],
            username=username,
            extension=extension,
            password=f"sandbox-password-{dice.getrandbits(64):016x}",
        )


@dataclass(slots=True)
class Permissions:
    """What the app and its users may do.

    Attributes:
        app: permissions of the app, which become the `scope` of its tokens.
        user: permissions of the users who log in. `FullCompanyCallLog` opens the account's call
            log and those of other extensions, `ALL_MAILBOXES` their messages.
        own: individual permissions of users, by extension id.
    """

    app: frozenset[str] = APP_PERMISSIONS
    user: frozenset[str] = USER_PERMISSIONS
    own: dict[str, frozenset[str]] = field(default_factory=dict)


def _jwt(dice: random.Random, extension: str) -> str:
    claims = f'{{"sub":"{extension}","jti":"{dice.getrandbits(64):016x}"}}'
    parts = [b'{"alg":"RS256"}', claims.encode(), dice.randbytes(48)]
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
