"""docs/migrating.md, whose commands and SQL the tests take out of it and run."""

from __future__ import annotations

import re
import shlex

from fixtures import ROOT

PAGE = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")

#: What the old taps noted, under the name of their stream.
OLD_BOOKMARK = {"field": "last_record", "last_record": "2026-03-12T00:00:00Z"}


def block(name):
    """Return the page's block that a comment names."""
    (found,) = re.findall(
        rf"<!-- run by test_\w+\.py as {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL
    )
    return found


def commands(name):
    """Return the arguments of a block's `meltano` commands."""
    lines = [shlex.split(line) for line in block(name).splitlines()]
    assert all(program == "meltano" for program, *_ in lines)
    return [arguments for _, *arguments in lines]
