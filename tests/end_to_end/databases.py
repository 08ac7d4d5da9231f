"""A PostgreSQL and a DuckDB that the SQL of this repository runs on, behind the same methods."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb
from fixtures import ROOT
from loaded import settings

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

ARCHIVE = (ROOT / "sql" / "archive.sql").read_text(encoding="utf-8")


class Postgres:
    """A PostgreSQL.

    Attributes:
        target: the target's name, and the environment that leads it here.
    """

    def __init__(self, database: Any) -> None:
        self.database = database
        self.target = ("target-postgres", settings(database))

    def execute(self, text: str) -> None:
        """Run statements, some of which may not stand in a transaction."""
        with self.database.connect() as connection:
            connection.autocommit = True
            for one in text.split(";\n"):
                connection.execute(one)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query gives."""
        with self.database.connect() as connection:
            cursor = connection.execute(query)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows, all of the same columns."""
        with self.database.connect() as connection:
            connection.cursor().executemany(*_insert(table, rows, "%s"))


class DuckDB:
    """A DuckDB.

    Attributes:
        target: the target's name, and the environment that leads it here.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.target = ("target-duckdb", {"TARGET_DUCKDB_FILEPATH": str(file)})

    def execute(self, text: str) -> None:
        """Run statements."""
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(text)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query gives."""
        with duckdb.connect(str(self.file)) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows, all of the same columns."""
        with duckdb.connect(str(self.file)) as connection:
            connection.executemany(*_insert(table, rows, "?"))


def period_query(first: date | str, end: date | str, account_id: str) -> str:
    """Return the query of the documentation that tells whether a period is whole.

    Args:
        first: the period's first day.
        end: the day after it.
        account_id: whose.
    """
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"by test_archive_health.py -->\n```sql\n(.*?)```", page, re.DOTALL)
    given = {"2026-02-01": first, "2026-03-01": end, "401494647008": account_id}
    return re.sub("|".join(given), lambda found: str(given[found[0]]), query)


def _insert(table: str, rows: list[dict[str, Any]], mark: str) -> tuple[str, list[list[Any]]]:
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    text = f"INSERT INTO {table} ({columns}) VALUES ({', '.join([mark] * len(names))})"  # noqa: S608 - names of the tests
    return text, [[row[name] for name in names] for row in rows]
