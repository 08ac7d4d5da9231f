"""What the table `retention` says is in danger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

_QUERY = Path(__file__).with_suffix(".sql")


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of data of an account that RingCentral forgets before it is archived.

    Attributes:
        account_id: RingCentral's id of the account.
        kind: what it is.
        text: what is said of it.
    """

    account_id: str
    kind: str
    text: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"account {self.account_id}, {self.kind}: {self.text}"


class NoRetentionError(Exception):
    """The table cannot be asked; the message says what to do."""


def dangers(url: str) -> list[Danger]:
    """Ask the table, by the SQL in `retention.sql` beside this file.

    Args:
        url: the database, as target-postgres takes it.

    Raises:
        NoRetentionError: when there is no database or no such table.
    """
    try:
        with psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=10) as connection:
            rows = connection.execute(_QUERY.read_bytes()).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        msg = "there is no table retention: select the stream `retention` in meltano.yml"
        raise NoRetentionError(msg) from None
    except psycopg.OperationalError:
        msg = "the database cannot be reached: check TARGET_POSTGRES_SQLALCHEMY_URL"
        raise NoRetentionError(msg) from None
    return [Danger(*row) for row in rows]
