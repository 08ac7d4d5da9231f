"""The models for Snowflake and BigQuery: compiled and parsed. They have never run there."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from fixtures import ROOT

pytestmark = pytest.mark.prove

LOGINS = {
    "snowflake": {
        "type": "snowflake", "account": "nowhere", "user": "nobody", "password": "none",
        "database": "ANALYTICS", "warehouse": "NONE", "schema": "ringcentral",
    },
    "bigquery": {
        "type": "bigquery", "method": "oauth-secrets", "token": "none", "project": "nowhere",
        "dataset": "ringcentral",
    },
}  # fmt: skip
PARSE = """
import json, sys
from pathlib import Path
import sqlglot
kind, *files = sys.argv[1:]
print(json.dumps({Path(one).stem: type(sqlglot.parse_one(Path(one).read_text(), read=kind)).__name__
                  for one in files}))
"""


@pytest.mark.parametrize("kind", LOGINS)
def test_the_models_compile_and_parse(environments, kind, tmp_path):
    """Each model is one statement of that database, with no word of another."""
    requirements = str(ROOT / "requirements" / "dbt-warehouses.txt")
    python = Path(environments.program("warehouses", "--requirement", requirements)).with_name(
        "python"
    )
    profile = {"ringcentral": {"target": kind, "outputs": {kind: LOGINS[kind]}}}
    (tmp_path / "profiles.yml").write_text(json.dumps(profile))
    done = subprocess.run(
        [
            python.with_name("dbt"), "--quiet", "compile", "--no-populate-cache", "--no-introspect",
            "--project-dir", ROOT / "dbt", "--profiles-dir", tmp_path, "--target-path", tmp_path,
            "--log-path", tmp_path, "--vars", json.dumps({"plain": True}),
        ],
        env={**os.environ, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stdout[-3000:]
    folder = tmp_path / "compiled" / "ringcentral" / "models"
    models = [one for one in folder.rglob("*.sql") if ".yml" not in str(one)]
    parsed = subprocess.run(
        [python, "-c", PARSE, kind, *models], capture_output=True, text=True, check=False
    )
    assert not parsed.returncode, parsed.stderr[-3000:]
    kinds = json.loads(parsed.stdout)
    assert {"calls", "queue_performance", "archive_health"} <= kinds.keys()
    assert len(kinds) > 30
    for one in models:
        text = one.read_text()
        assert "->>" not in text
        assert "generate_series" not in text
        assert "epoch" not in text
