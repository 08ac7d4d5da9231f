"""A word that is added to a seed counts for the calls that are there, too."""

from __future__ import annotations

import shutil

import pytest
from fixtures import FREE, ROOT
from warehouse import DuckDB

from sandbox import Sandbox

pytestmark = pytest.mark.prove

WORD = "Answered by Assistant"
MODELS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def test_a_word_that_becomes_known(environments, tmp_path):
    """The next build, without an option, gives it to all calls; the one after that is partial."""
    warehouse = DuckDB(environments, tmp_path, "UTC")
    warehouse.project = tmp_path / "package"
    shutil.copytree(ROOT / "dbt", warehouse.project, ignore=shutil.ignore_patterns("target"))
    with Sandbox(
        calls=0, days=12, extensions=16, conversations=600, now="2026-03-13T19:00:00Z",
        running=False, limits=FREE,
    ) as rc:  # fmt: skip
        strange = {one.id for one in rc.conversations() if one.story.result == WORD}
        warehouse.load(rc, start_date="2026-01-01T00:00:00Z")
    assert strange

    def outcomes() -> set[str]:
        found = {one["conversation_id"]: one["outcome"] for one in warehouse.rows("calls")}
        return {found[one] for one in strange}

    said = warehouse.dbt("build", *MODELS)
    assert outcomes() == {"unknown"}
    assert f"'{WORD}' is not known" in said
    with (warehouse.project / "seeds" / "call_results.csv").open("a") as seed:
        seed.write(f"{WORD},answered,false\n")
    said = warehouse.dbt("build", *MODELS)
    assert outcomes() == {"answered"}
    assert "is not known" not in said
    calls = warehouse.rows("calls")
    warehouse.dbt("build", *MODELS, margin_minutes=-0.001)
    assert warehouse.ask("SELECT COUNT(*) FROM ringcentral_internal.touched_hours") == [(0,)]
    assert len(warehouse.rows("calls")) == len(calls)
