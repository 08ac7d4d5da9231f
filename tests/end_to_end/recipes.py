"""docs/recipes.md, whose blocks the tests take out of it and run."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from fixtures import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from meltano_project import Project

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


def block(heading: str, language: str) -> str:
    """Return the first block of a section of the page, in a language."""
    section = PAGE.partition(f"# {heading}\n")[2].partition("\n#")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


def with_recipes(installed: Project, folder: Path, headings: list[str]) -> Project:
    """Return a copy of the project that has the plugins of these sections beside its own."""
    root = folder / "project"
    shutil.copytree(installed.root, root, symlinks=True)
    for number, heading in enumerate(headings):
        (root / f"recipe-{number}.meltano.yml").write_text(block(heading, "yaml"))
    with (root / "meltano.yml").open("a") as file:
        file.write("\ninclude_paths: [recipe-*.meltano.yml]\n")
    return replace(installed, root=root)
