"""What the tests of the marts share: programs in environments of their own."""

from __future__ import annotations

import pytest
from warehouse import Environments


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    """Where dbt and the targets are installed, once for all tests of a process."""
    return Environments(tmp_path_factory.mktemp("environments"))
