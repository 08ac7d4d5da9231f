"""What the end-to-end tests share: the Meltano project, installed once, and a PostgreSQL."""

from __future__ import annotations

import pytest
from fixtures import ROOT
from loaded import empty
from meltano_project import Project, clean_environment

from demo.postgres import postgres
from sandbox import Sandbox

# Two weeks around the night in which New York's clocks leap from 2 to 3.
NOW = "2026-03-15T15:00:00Z"

# Whatever might need quoting: by CSV, SQL, COPY or JSON.
TEXT = "comma , quote \" apostrophe ' backslash \\ newline \n return \r\n tab \t \u2260 \U0001f4de"


@pytest.fixture
def empty_project(tmp_path):
    """A project as `meltano init` makes it: of another team, with nothing of this repository."""
    folder = Project(tmp_path, clean_environment())
    folder.meltano("init", "--no-usage-stats", "analytics")
    return Project(tmp_path / "analytics", folder.environment)


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The project with the plugins of its main job; Meltano installs others when a run has them."""
    root = tmp_path_factory.mktemp("project")
    definition = (ROOT / "meltano.yml").read_text()
    assert definition.count("pip_url: -e .\n") == 1
    (root / "meltano.yml").write_text(
        definition.replace("pip_url: -e .\n", f"pip_url: -e {ROOT}\n")
        .replace("pip_url: -r requirements/", f"pip_url: -r {ROOT}/requirements/")
        .replace("-e ./report", f"-e {ROOT}/report")
    )
    (root / "dbt").symlink_to(ROOT / "dbt")
    project = Project(root, clean_environment())
    project.meltano("install", "tap-ringcentral", "target-postgres")
    return project


@pytest.fixture
def ringcentral():
    """A sandbox whose clock stands still, with some calls that are hard on targets."""
    with Sandbox(calls=700, days=14, now=NOW, running=False) as sandbox:
        for hour, fields in enumerate(
            (
                {"from_": {"name": TEXT, "phoneNumber": "007"}, "reasonDescription": TEXT},
                {"result": "NULL", "reason": "\\N", "from_": {"name": "null", "location": " x "}},
                {"billing": {"costIncluded": 0.1, "costPurchased": 1e-05}, "duration": 12_000},
                {"metadataCategories": ["a", "b, c", 'd"']},
                {"futureField": {"deep": [1, {"text": TEXT}]}},
            )
        ):
            # In the hour that New York's clocks leap over, and before and after it.
            sandbox.add_call(start_time=f"2026-03-08T{5 + hour:02}:30:00.123Z", **fields)
        yield sandbox


@pytest.fixture
def project(installed, ringcentral, tmp_path):
    """The project with a state of its own, logged in to the sandbox."""
    return installed.logged_in(ringcentral, tmp_path)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A PostgreSQL whose time zone is not UTC."""
    folder = tmp_path_factory.mktemp("postgres") / "data"
    with postgres(folder, time_zone="America/New_York") as database:
        yield database


@pytest.fixture
def database(server):
    """The PostgreSQL, empty."""
    empty(server)
    return server
