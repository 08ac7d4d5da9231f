"""Who may log in to the sandbox, and with which permissions."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass

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
    """One app and one user, in every form of login.

    Attributes:
        client_id: the app.
        client_secret: the app's secret.
        jwt: the user's JWT credential.
        username: the company's main phone number.
        extension: the user's extension number.
        password: the user's password.
    """

    client_id: str
    client_secret: str
    jwt: str
    username: str
    extension: str
    password: str

    @classmethod
    def invented(cls, seed: int, username: str, extension: str) -> Credentials:
        """Return the credentials that belong to a seed."""
        dice = random.Random(f"credentials {seed}")
        claims = f'{{"sub":"{extension}","jti":"{dice.getrandbits(64):016x}"}}'
        parts = [b'{"alg":"RS256"}', claims.encode(), dice.randbytes(48)]
        return cls(
            client_id=f"sandbox-app-{seed}",
            client_secret=f"sandbox-secret-{dice.getrandbits(96):024x}",
            jwt=".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts),
            username=username,
            extension=extension,
            password=f"sandbox-password-{dice.getrandbits(64):016x}",
        )


@dataclass(slots=True)
class Permissions:
    """What the app and the user may do.

    Attributes:
        app: permissions of the app; they are the `scope` of its tokens.
        user: permissions of the user who logged in. `FullCompanyCallLog` opens the account's call
            log and those of other extensions, `ALL_MAILBOXES` their messages.
    """

    app: frozenset[str] = APP_PERMISSIONS
    user: frozenset[str] = USER_PERMISSIONS
