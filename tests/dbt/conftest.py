"""What the tests of the marts share: programs in environments of their own."""

from __future__ import annotations

import os

import pytest
from warehouse import Environments


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    """Where dbt and the targets are installed, once for all tests, also of several processes."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder /= "environments"
    folder.mkdir(exist_ok=True)
    return Environments(folder)
