"""What is released is what was tested: one version, the same Pythons, nothing missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from fixtures import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text()
PYTHONS = re.findall(r'Python :: (3\.\d+)"', PROJECT)
VERSION = re.search(r'^version = "(.*)"$', PROJECT, re.MULTILINE)[1]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The wheel and the sdist, built from a copy of the tree."""
    folder = tmp_path_factory.mktemp("dist")
    tree = folder / "tree"
    names = ("tap_ringcentral_calllog", "README.md", "LICENSE", "CHANGELOG.md", "pyproject.toml")
    for name in names:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tree / name)
    subprocess.run([UV, "build", "--quiet", "--out-dir", folder / "out", tree], check=True)
    return folder / "out"


def test_the_version_has_its_changes():
    """The newest heading of CHANGELOG.md is the version."""
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heading[1] == VERSION


def test_every_python_that_is_promised_is_tested():
    """In both matrices of the workflow, and by `requires-python`."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text())["jobs"]
    for name in ("test", "package"):
        assert jobs[name]["strategy"]["matrix"]["python"] == PYTHONS
    assert f'requires-python = ">={PYTHONS[0]}"' in PROJECT


def test_actions_are_pinned_and_may_write_nothing():
    """By commit, with the version beside it; only publishing may ask for an identity."""
    files = sorted((ROOT / ".github/workflows").glob("*.yml"))
    assert [path.name for path in files] == ["release.yml", "test.yml"]
    for path in files:
        text = path.read_text()
        used = re.findall(r"uses: (\S+)@(\S+) # v\d", text)
        assert used
        assert len(used) == text.count("uses:")
        assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for _, commit in used)
        workflow = yaml.safe_load(text)
        assert workflow["permissions"] == {}
        for name, job in workflow["jobs"].items():
            allowed = {"id-token": "write"} if name == "publish" else {"contents": "read"}
            assert job["permissions"] == allowed


def test_issues_warn_of_credentials():
    """Whoever reports a defect is told before they write."""
    for name in ("defect", "idea"):
        text = (ROOT / ".github/ISSUE_TEMPLATE" / f"{name}.yml").read_text()
        assert "no credentials" in text
        fields = [part for part in yaml.safe_load(text)["body"] if part["type"] != "markdown"]
        assert fields
        assert all("id" in field for field in fields)


def test_what_is_built_holds_the_package_and_nothing_else(dist):
    """Types are marked, the licence goes along, the sandbox and the tests do not."""
    (wheel,) = dist.glob("*.whl")
    (sdist,) = dist.glob("*.tar.gz")
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}
    assert tops == {"tap_ringcentral_calllog", f"tap_ringcentral_calllog-{VERSION}.dist-info"}
    assert "tap_ringcentral_calllog/py.typed" in ZipFile(wheel).namelist()
    with tarfile.open(sdist) as archive:
        names = {name.split("/")[1] for name in archive.getnames()}
    assert {"tap_ringcentral_calllog", "README.md", "LICENSE", "CHANGELOG.md"} <= names
    assert not names & {"sandbox", "tests", "docs", "demo", "benchmarks"}


@pytest.mark.prove
def test_it_runs_where_nothing_else_is(dist, tmp_path, record_testsuite_property):
    """Wheel and sdist, on every Python that is here: --version, --about and --discover."""
    listed = subprocess.run(
        [UV, "python", "list", "--only-installed", "--output-format", "json"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {
        f"{one['version_parts']['major']}.{one['version_parts']['minor']}": one["path"]
        for one in reversed(yaml.safe_load(listed))
        if one["implementation"] == "cpython" and one["variant"] == "default"
    }
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    pythons = {name: found[name] for name in PYTHONS if name in found} | {here: sys.executable}
    for at, (name, python) in enumerate(sorted(pythons.items())):
        (package,) = dist.glob("*.tar.gz" if at == 0 else "*.whl")
        venv = tmp_path / name
        subprocess.run([UV, "venv", "--quiet", "--python", python, venv], check=True)
        scripts = venv / ("Scripts" if os.name == "nt" else "bin")
        subprocess.run(
            [UV, "pip", "install", "--quiet", "--python", scripts / "python", package], check=True
        )
        for option in ("--version", "--about", "--discover"):
            done = subprocess.run(
                [scripts / "tap-ringcentral", option], check=True, capture_output=True, text=True
            )
            assert done.stdout
        subprocess.run(
            [scripts / "tap-ringcentral-login", "--help"], check=True, capture_output=True
        )
    record_testsuite_property("built and run", ", ".join(sorted(pythons)))
