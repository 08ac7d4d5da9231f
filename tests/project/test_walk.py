"""The path of one record in docs/how-a-sync-works.md is the path that a record takes."""

from __future__ import annotations

import ast
import re
import sys

import pytest
from fixtures import ROOT
from harness import selecting

from sandbox import Sandbox

PACKAGE = ROOT / "tap_ringcentral_calllog"
_SECTION = (ROOT / "docs" / "how-a-sync-works.md").read_text().partition("## The path of one")[2]
_ROW = re.compile(r"^\| \w* ?\| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)
STEPS = _ROW.findall(_SECTION.partition("\n## ")[0])


def test_every_row_of_the_table_is_a_step():
    rows = [line for line in _SECTION.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert len(STEPS) == len(rows) - len(("heading", "rule")) > 10


@pytest.mark.parametrize(("file", "name"), STEPS)
def test_each_function_is_in_its_file(file, name):
    nodes = ast.parse((PACKAGE / file).read_text()).body
    for part in name.split("."):
        (found,) = (
            one
            for one in nodes
            if isinstance(one, ast.ClassDef | ast.FunctionDef) and one.name == part
        )
        nodes = found.body


def test_a_call_passes_through_them_in_this_order(sync):
    """In a run of one call, each is called after the one above it."""
    called: list[tuple[str, str]] = []

    def note(frame, event, _):
        if event == "call":
            called.append((frame.f_code.co_filename, frame.f_code.co_name))

    with Sandbox(calls=1, days=1) as rc:
        sys.setprofile(note)
        try:
            output = sync(rc, None, selecting("call_log", "call_log_coverage"))
        finally:
            sys.setprofile(None)
    assert len(output.records()) == 1
    calls = iter(called)
    for file, name in STEPS:
        step = (str(PACKAGE / file), name.rpartition(".")[2])
        assert step in calls, f"{file}: {name}"
