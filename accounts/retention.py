"""What the table `retention` says needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

_QUERY = Path(__file__).with_suffix(".sql")
_SILENT = "2 AS silent_days"

#: States of an account, or of a kind of its data. Nobody can mend what is lost.
STOPPED, DANGER, UNKNOWN, LOST = "stopped", "danger", "unknown", "lost"


@dataclass(frozen=True, slots=True)
class Attention:
    """What needs attention in the archive of an account.

    Attributes:
        account_id: RingCentral's id of the account.
        kind: the kind of data; empty where it is the account as a whole.
        state: `stopped`, `danger`, `unknown` or `lost`, as `retention.sql` says.
        text: what is said of it.
    """

    account_id: str
    kind: str
    state: str
    text: str

    @property
    def key(self) -> str:
        """What stays the same as long as the same thing is the matter."""
        return f"account {self.account_id}, {self.kind or 'all kinds'}, {self.state}"

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.key}: {self.text}"


class NoRetentionError(Exception):
    """The table cannot be asked; the message says what to do."""


def attention(url: str, silent_days: int = 2) -> list[Attention]:
    """Ask the table, by the SQL in `retention.sql` beside this file.

    Args:
        url: the database, as target-postgres takes it.
        silent_days: after how many days without a run an account counts as stopped.

    Raises:
        NoRetentionError: when there is no database, no such table, or an older one.
    """
    query = _QUERY.read_text(encoding="utf-8").replace(_SILENT, f"{silent_days:d} AS silent_days")
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=10) as connection:
            rows = connection.execute(query.encode()).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        msg = "there is no table retention: select the stream `retention` in meltano.yml"
        raise NoRetentionError(msg) from None
    except psycopg.errors.UndefinedColumn:
        msg = "the table retention is of an older version: run the tap once, so that it grows"
        raise NoRetentionError(msg) from None
    except psycopg.OperationalError:
        msg = "the database cannot be reached: check TARGET_POSTGRES_SQLALCHEMY_URL"
        raise NoRetentionError(msg) from None
    return [Attention(account, kind or "", state, text) for account, kind, state, text in rows]
