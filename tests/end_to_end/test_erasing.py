"""The script of docs/recipes.md that erases a person, on any set of tables."""

from __future__ import annotations

import json
from itertools import chain

import psycopg
import pytest
from databases import Postgres
from recipes import block

pytestmark = pytest.mark.prove

SCRIPT = block("Erasing one person", "sql")
# A table of deletions as sql/marts_postgres.sql makes it, and a view of somebody's own.
VIEWS = """
CREATE TABLE IF NOT EXISTS tap_ringcentral.call_log_deletions (
  "accountId" VARCHAR NOT NULL, "id" VARCHAR NOT NULL, PRIMARY KEY ("accountId", "id")
);
CREATE OR REPLACE VIEW tap_ringcentral.current_calls AS
SELECT calls.* FROM tap_ringcentral.call_log AS calls
LEFT JOIN tap_ringcentral.call_log_deletions AS gone USING ("accountId", "id")
WHERE gone."id" IS NULL;
"""
NUMBER, OTHER = "+16505550100", "+16505550199"
PERSON = json.dumps({"phoneNumber": NUMBER})
SOMEONE = json.dumps({"phoneNumber": OTHER})
KEYS = {
    "call_log": ("accountId", "id"),
    "call_legs": ("accountId", "callId", "legIndex"),
    "call_log_deletions": ("accountId", "id"),
    "active_calls": ("accountId", "id"),
    "messages": ("accountId", "extensionId", "id"),
    "message_files": ("accountId", "extensionId", "messageId", "path"),
    "recording_files": ("accountId", "callId", "path"),
}
# What is loaded where nothing else is selected, and rows of these tables that a person is in.
DEFAULT = ("call_log", "call_legs")
ROWS = {
    "call_log": [("1", "c1", PERSON), ("1", "c2", SOMEONE), ("2", "c1", SOMEONE)],
    # A person may be in a leg alone.
    "call_legs": [("1", "c1", "0", SOMEONE), ("1", "c3", "0", PERSON), ("1", "c2", "0", SOMEONE)],
    "call_log_deletions": [("1", "c4", PERSON), ("1", "c5", SOMEONE)],
    "active_calls": [("1", "c6", PERSON), ("1", "c7", SOMEONE)],
    "messages": [("1", "e", "m1", PERSON), ("1", "e", "m2", SOMEONE), ("1", "f", "m1", SOMEONE)],
    "message_files": [
        ("1", "e", "m1", "fax.pdf"), ("1", "e", "m1", None), ("1", "e", "m2", "other.pdf"),
    ],
    "recording_files": [("1", "c1", "talk.mp3"), ("1", "c2", "other.mp3")],
}  # fmt: skip


@pytest.fixture
def archive(server):
    """Make tables with a person and others in them, and return the database."""

    def make(*tables, views=False, columns=()):
        database = Postgres(server)
        database.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
        database.execute("CREATE SCHEMA tap_ringcentral")
        for table in tables:
            keys = list(KEYS[table])
            has_people = not table.endswith("_files")
            names = [*keys, *(["from"] if has_people else [])]
            kinds = [f'"{name}" {"jsonb" if name == "from" else "text"}' for name in names]
            more = [f'"{name}" jsonb' for name in columns if has_people]
            database.execute(f"CREATE TABLE tap_ringcentral.{table} ({', '.join([*kinds, *more])})")
            database.insert(
                f"tap_ringcentral.{table}",
                [dict(zip(names, row, strict=True)) for row in ROWS[table]],
            )
        if views:
            for statement in (
                'ALTER TABLE tap_ringcentral.call_log ADD "deleted" boolean',
                VIEWS,
            ):
                database.execute(statement.rstrip().removesuffix(";"))
        return database

    return make


def erase(database):
    """Run the script as a client does, and return the paths that it tells."""
    with database.database.connect() as connection:
        connection.autocommit = True
        cursor = connection.execute(SCRIPT)
        found = []
        while True:
            if cursor.description:
                found += [path for (path,) in cursor]
            if not cursor.nextset():
                return found


def check(database, tables):
    """Compare all rows with what they were: a call is emptied, all else of the person is gone."""
    # A call that names the person in any loaded table is emptied in each of them.
    named = {
        (row[0], row[1])
        for table in ("call_log", "call_legs", "call_log_deletions")
        for row in ROWS[table]
        if table in tables and row[-1] == PERSON
    }
    messages = {row[:3] for row in ROWS["messages"] if row[-1] == PERSON and "messages" in tables}
    expected = {
        "active_calls": [row for row in ROWS["active_calls"] if row[-1] != PERSON],
        "messages": [row for row in ROWS["messages"] if row[:3] not in messages],
        "message_files": [row for row in ROWS["message_files"] if row[:3] not in messages],
        "recording_files": [row for row in ROWS["recording_files"] if row[:2] not in named],
    }
    for table in ("call_log", "call_legs", "call_log_deletions"):
        expected[table] = [
            (*row[:-1], None if row[:2] in named else row[-1]) for row in ROWS[table]
        ]
    for table in tables:
        columns = [*KEYS[table], *(["from"] if not table.endswith("_files") else [])]
        rows = database.rows(f"SELECT * FROM tap_ringcentral.{table}")  # noqa: S608 - a stream's name
        found = [tuple(_text(row[name]) for name in columns) for row in rows]
        assert sorted(found, key=str) == sorted(expected[table], key=str), table


def _text(value):
    return json.dumps(value) if isinstance(value, dict) else value


@pytest.mark.parametrize(
    "tables",
    [DEFAULT, tuple(KEYS), *((one,) for one in KEYS), ("messages", "message_files"), ()],
    ids="+".join,
)
def test_a_person_is_erased_from_whatever_tables_there_are(archive, tables):
    """And nobody else, from none; files are named where the tables know them."""
    database = archive(*tables)
    paths = erase(database)
    check(database, tables)
    expected = set()
    if {"messages", "message_files"} <= set(tables):
        expected.add("fax.pdf")
    if {"call_log", "recording_files"} <= set(tables):
        expected.add("talk.mp3")
    assert sorted(paths) == sorted(expected)


def test_it_works_after_the_views_were_made(archive):
    """They make a table of deletions that has nothing but the key; the views stay."""
    database = archive(*DEFAULT, views=True)
    erase(database)
    check(database, DEFAULT)
    (row,) = database.rows(
        'SELECT COUNT(*) AS calls FROM tap_ringcentral.current_calls WHERE "from" IS NULL'
    )
    assert row["calls"] == 1
    erase(database)
    check(database, DEFAULT)


def test_columns_that_flattening_makes_are_emptied_as_well(archive):
    """What belongs to nobody stays."""
    columns = ("from__name", "to__phoneNumber", "legs", "extra", "fromage")
    database = archive("call_log", columns=columns)
    values = ", ".join(f"\"{name}\" = '{SOMEONE}'" for name in columns)
    database.execute(f"UPDATE tap_ringcentral.call_log SET {values}")  # noqa: S608 - of this test
    erase(database)
    rows = database.rows("SELECT * FROM tap_ringcentral.call_log")
    (emptied,) = [row for row in rows if row["from"] is None]
    assert (emptied["accountId"], emptied["id"]) == ("1", "c1")
    assert {name for name in columns if emptied[name] is not None} == {"fromage"}
    kept = [row for row in rows if row["from"] is not None]
    assert all(row[name] is not None for row in kept for name in columns)


def test_it_is_one_transaction(archive):
    """Where a statement fails, everything is as it was."""
    database = archive(*KEYS)
    database.execute(
        "CREATE FUNCTION tap_ringcentral.refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'not now'; END $$"
    )
    database.execute(
        "CREATE TRIGGER refused BEFORE DELETE ON tap_ringcentral.recording_files "
        "EXECUTE FUNCTION tap_ringcentral.refuse()"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="not now"):
        erase(database)
    for table in KEYS:
        rows = database.rows(f"SELECT * FROM tap_ringcentral.{table}")  # noqa: S608 - a stream's name
        found = {_text(value) for value in chain.from_iterable(row.values() for row in rows)}
        assert found >= set(chain.from_iterable(ROWS[table])), table
