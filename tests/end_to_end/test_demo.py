"""`make demo-sql` opens what `make demo` has left."""

from __future__ import annotations

import subprocess
import sys

import pytest
from fixtures import ROOT
from waiting import PATIENCE

from demo.postgres import postgres
from demo.summary import SCHEMA

pytestmark = pytest.mark.prove

IN = """
import sys
from pathlib import Path
from demo import __main__ as demo
demo.KEPT = Path(sys.argv.pop())
sys.exit(demo.main())
"""


def demo_sql(folder, text):
    """Run `python -m demo sql` on what is kept in a folder."""
    return subprocess.run(
        [sys.executable, "-c", IN, "sql", str(folder)],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_demos_tables_can_be_looked_at(tmp_path):
    """The database starts again, for as long as psql runs, and names need no schema."""
    with postgres(tmp_path / "postgres") as database, database.connect() as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        connection.execute(f"CREATE TABLE {SCHEMA}.call_log AS SELECT 4711 AS id")
    done = demo_sql(tmp_path, "SELECT id FROM call_log;")
    assert done.returncode == 0, done.stderr
    assert "4711" in done.stdout
    assert demo_sql(tmp_path, "\\set ON_ERROR_STOP on\nSELECT nonsense;").returncode == 3


def test_before_the_demo_there_is_nothing_to_look_at(tmp_path):
    """One line says what to do."""
    done = demo_sql(tmp_path / "kept", "SELECT 1;")
    assert done.returncode == 1
    assert done.stderr == "demo: there are no tables yet: run make demo first\n"
