"""Whatever code and pages refer to is there: files, headings, tests, names."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from fixtures import ROOT

# Files whose prose refers to others of the project.
_PROSE = ("*.py", "*.md", "*.yml", "*.sql", "*.toml", "Makefile")
# What the project does not hold, but its pages name: a user's own files.
_PATH = re.compile(
    r"(?<![\w/.-])((?:[a-z_]+/)+[\w.-]+\.(?:py|md|sql|yml|yaml|txt|in|toml)|test_\w+\.py)\b"
)
_EXPRESSION = re.compile(r"(?<![\w/.-])((?:[a-z_]+/)*test_\w+\.py) -k (?:\"([^\"]+)\"|([\w]+))")
_SEE_NAME = re.compile(r"\b[Ss]ee `([A-Za-z_][\w.]*)`")
_SEE_HEADING = re.compile(r"\b(?:README(?:\.md)?|[\w/]+\.md), \"([^\"]+)\"")
# "See README" leads nowhere: it has two hundred lines.
_VAGUE = re.compile(r"\b(?:[Ss]ee|[Aa]s) (?:the )?README(?:\.md)?(?!, \"|\.md#|[\w#])")


@cache
def files():
    """Return the project's files with prose, each with its text."""
    listed = subprocess.run(
        [shutil.which("git"), "ls-files", "--cached", "--others", "--exclude-standard", *_PROSE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    found = {ROOT / name: (ROOT / name).read_text() for name in listed if (ROOT / name).is_file()}
    assert len(found) > 200
    return {path: text for path, text in found.items() if path != Path(__file__)}


@cache
def names():
    """Return every name that the project's code defines, and its modules and streams."""
    defined = set()
    for path, text in files().items():
        if path.suffix != ".py":
            continue
        defined.add(path.stem)
        defined.add(path.parent.name)
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                    defined.add(node.name)
                case ast.Name(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                    defined.add(node.id if isinstance(node, ast.Name) else node.attr)
                case ast.arg() | ast.keyword():
                    defined.add(node.arg)
                case ast.Constant(value=str() as value) if value.isidentifier():
                    defined.add(value)
    return defined


def found(pattern, suffixes=(".py", ".md", ".yml", ".sql", ".toml", "")):
    """Return what a pattern finds, with the file that it was found in."""
    matches = [
        (path, match)
        for path, text in files().items()
        if path.suffix in suffixes
        for match in pattern.finditer(text)
    ]
    assert matches, pattern.pattern
    return matches


def test_each_file_that_is_named_exists():
    """By its path from the root or from the page, or a test by its name alone."""
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    dead = {
        f"{path.relative_to(ROOT)}: {match[1]}"
        for path, match in found(_PATH, (".md", ".py", ""))
        if not (path.is_relative_to(ROOT / "tests") and path.suffix == ".py")
        and not any(
            (folder / match[1]).exists()
            for folder in (ROOT, path.parent, ROOT / "tap_ringcentral_calllog")
        )
        and match[1] not in tests
    }
    assert not dead


def test_each_choice_of_tests_finds_some():
    """Of `-k`, each word is in the name of a test of that file."""
    for path, match in found(_EXPRESSION):
        name, words = match[1], re.findall(r"\w+", match[2] or match[3])
        (file,) = (ROOT / "tests").rglob(Path(name).name)
        text = file.read_text()
        tests = re.findall(r"^def (test_\w+)", text, re.MULTILINE)
        chosen = {*words} - {"and", "or", "not"}
        assert chosen, match[0]
        dead = {word for word in chosen if not any(word in test for test in tests)}
        assert not dead, f"{path.name}: {name} -k {dead}"


def test_each_name_that_is_referred_to_is_defined():
    """Of `see ...`, the last part is a module, a class, a function, an attribute or a stream."""
    dead = {
        f"{path.relative_to(ROOT)}: see `{match[1]}`"
        for path, match in found(_SEE_NAME, (".py",))
        if match[1].split(".")[-1] not in names()
    }
    assert not dead


def test_each_heading_that_is_referred_to_is_there():
    """A comment that names a heading of a page."""
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    headings = {
        heading
        for page in pages
        for heading in re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    }
    dead = {
        f"{path.name}: {match[1]}"
        for path, match in found(_SEE_HEADING)
        if match[1] not in headings
    }
    assert not dead


def test_no_reference_is_vague():
    """What refers to the README says to which heading of it."""
    assert not [path.name for path, text in files().items() if _VAGUE.search(text)]
