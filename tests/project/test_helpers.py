"""What the tests share stands in modules that can be told apart."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_each_helper_module_has_a_name_of_its_own():
    """The folders of tests are all on the path, so that of two `marts.py` only one is found."""
    names = Counter(
        path.stem
        for path in TESTS.rglob("*.py")
        if path.name != "conftest.py" and "__pycache__" not in path.parts
    )
    assert names["harness"] == 1
    assert [name for name, count in names.items() if count > 1] == []


def test_no_module_imports_a_conftest():
    """There are several, and which of them is found depends on the tests that run."""
    modules = list(TESTS.rglob("*.py"))
    assert len(modules) > 100
    importing = [
        path.name
        for path in modules
        if re.search(r"^\s*(from|import) conftest\b", path.read_text(), re.MULTILINE)
    ]
    assert importing == []
