"""Every block of commands, SQL and configuration in the pages is run by a test, or says why not."""

from __future__ import annotations

import re

import pytest
from fixtures import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TESTS = {path.name: path for path in (ROOT / "tests").rglob("*.py")}
# What shows a shape, and is nothing to run.
SHOWN = {"mermaid", "json"}

_BLOCK = re.compile(r"^([^\n]*)\n+( *)```(\w*)\n.*?\n\2```", re.MULTILINE | re.DOTALL)
_RUN_BY_CI = re.compile(r"<!-- run by \.ci/run(.*) -->\n```sh\n(.*?)```", re.DOTALL)


def blocks():
    """Return each block: its page, its language, and the line before it."""
    return [
        pytest.param(page, line.strip(), id=f"{page.name}-{number}-{language}")
        for page in PAGES
        for number, (line, _, language) in enumerate(_BLOCK.findall(page.read_text()))
        if language not in SHOWN
    ]


@pytest.mark.parametrize(("page", "line"), blocks())
def test_a_block_is_run_or_says_why_not(page, line):
    """`<!-- run by TEST -->`, where the test reads the page, or `<!-- not run: REASON -->`."""
    comment = re.fullmatch(r"<!-- (.*) -->", line)
    assert comment, f"{page.name}: nothing says what runs the block after {line!r}"
    if reason := re.fullmatch(r"not run: (.*)", comment[1]):
        assert len(reason[1].split()) > 1
        return
    assert re.match(r"(run|checked)\b.* by ", comment[1])
    named = re.findall(r"test_\w+\.py", comment[1])
    assert named or ".ci/run" in comment[1]
    for name in named:
        assert page.name in _reads(TESTS[name]), f"{name} does not read {page.name}"


def _reads(path, depth=2):
    """Return the text of a test, and of those of its helpers that read pages."""
    text = path.read_text()
    for helper in re.findall(r"^from (\w+) import", text, re.MULTILINE) if depth else ():
        if f"{helper}.py" in TESTS:
            text += _reads(TESTS[f"{helper}.py"], depth - 1)
    return text


def test_blocks_are_found():
    assert len(blocks()) > 40


def test_ci_runs_the_commands_that_the_pages_say_it_runs():
    """As they stand there; all but those that the page excepts."""
    ran = (ROOT / ".ci" / "run").read_text().splitlines()
    said = {}
    for page in PAGES:
        for line, block in _RUN_BY_CI.findall(page.read_text()):
            commands = re.findall(r"^(make [\w-]+)", block, re.MULTILINE)
            said[page.name] = set(commands) - set(re.findall(r"make [\w-]+", line))
    assert said == {
        "README.md": {"make demo", "make test"},
        "CONTRIBUTING.md": {"make test", "make prove", "make demo"},
    }
    assert said["CONTRIBUTING.md"] <= set(ran)
