"""Reads from the table `retention` which accounts need attention."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

_QUERY = Path(__file__).with_suffix(".sql")
_SILENT = "2 AS silent_days"

#: States of an account or of a kind of its data. Lost data cannot be recovered.
STOPPED, DANGER, UNKNOWN, LOST = "stopped", "danger", "unknown", "lost"


@dataclass(frozen=True, slots=True)
class Attention:
    """A finding about the archive of an account.

    Attributes:
        account_id: RingCentral's id of the account.
        kind: the kind of data; empty for the account as a whole.
        state: `stopped`, `danger`, `unknown` or `lost`; `retention.sql` defines them.
        text: the explanation.
    """

    account_id: str
    kind: str
    state: str
    text: str

    @property
    def key(self) -> str:
        """The identity of the finding: it stays the same while the problem continues."""
        return f"account {self.account_id}, {self.kind or 'all kinds'}, {self.state}"

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.key}: {self.text}"


class NoRetentionError(Exception):
    """The table cannot be queried; the message says what to do."""


def attention(url: str, silent_days: int = 2) -> list[Attention]:
    """Query the table with `retention.sql` in this folder.

    Args:
        url: the database's address, in target-postgres's form.
        silent_days: number of days without a run after which an account counts as stopped.

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
        msg = "the table retention is from an older version: run the tap once to add its columns"
        raise NoRetentionError(msg) from None
    except psycopg.OperationalError:
        msg = "the database cannot be reached: check TARGET_POSTGRES_SQLALCHEMY_URL"
        raise NoRetentionError(msg) from None
    return [Attention(account, kind or "", state, text) for account, kind, state, text in rows]
