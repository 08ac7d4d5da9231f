"""The plugin definition: a dictionary in the form of the Hub's JSON schema.

Source: https://github.com/meltano/hub (schemas/plugin_definitions)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from hub import texts
from hub.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_STATUS = {
    "Development Status :: 3 - Alpha": "development",
    "Development Status :: 4 - Beta": "beta",
    "Development Status :: 5 - Production/Stable": "active",
    "Development Status :: 7 - Inactive": "inactive",
}


@dataclass(frozen=True, slots=True)
class Package:
    """The metadata of the Python package.

    Attributes:
        name: its name for pip.
        keywords: its keywords.
        classifiers: its classifiers.
        urls: its addresses by their label: `Repository`, `Documentation`.
    """

    name: str
    keywords: Sequence[str]
    classifiers: Sequence[str]
    urls: Mapping[str, str]

    @property
    def variant(self) -> str:
        """The owner of its repository, as the Hub wants it, or the end of the package's name."""
        repository = urlsplit(self.urls.get("Repository", "")).path.strip("/")
        return repository.partition("/")[0].lower() or self.name.rpartition("-")[2]


def definition(about: Mapping[str, Any], streams: Mapping[str, bool], package: Package) -> Any:  # noqa: ANN401 - any JSON
    """Describe the tap to the Hub.

    Args:
        about: what `--about --format=json` says.
        streams: the names of all streams, and whether each is selected by default.
        package: the Python package.

    Returns:
        The definition.
    """
    selected = [f"{name}.*" for name, is_selected in streams.items() if is_selected]
    # A call's legs are rows of call_legs; they need not be a column of call_log as well.
    select = [*selected, "!call_log.legs"]
    others = [f"`{name}`" for name, selected in streams.items() if not selected]
    found = {
        "name": about["name"],
        "variant": package.variant,
        "namespace": about["name"].replace("-", "_"),
        "label": texts.LABEL,
        "description": about["description"],
        "definition": texts.DEFINITION,
        "logo_url": "/assets/logos/extractors/ringcentral.png",
        "domain_url": "https://developers.ringcentral.com/api-reference/Call-Log/readCompanyCallLog",
        "repo": package.urls.get("Repository"),
        "docs": package.urls.get("Documentation"),
        "pip_url": package.name,
        "executable": about["name"],
        "log_parser": "singer-sdk",
        # Without `meltano_sdk`: with it, the Hub would rewrite the settings every night and guess
        # from their names. `jwt` would no longer be sensitive, and `rate_limit_share` an integer.
        "keywords": sorted({"api", *package.keywords} - texts.COMMON_KEYWORDS),
        "maintenance_status": _maintenance(package),
        "quality": "unknown",  # the Hub rates, by its own rule
        "supported_python_versions": about["supported_python_versions"],
        "capabilities": sorted(about["capabilities"]),
        "commands": texts.COMMANDS,
        "select": select,
        "settings": settings(about["settings"]),
        "settings_group_validation": [sorted(login) for login in texts.LOGINS],
        "prereq": texts.PREREQ,
        "settings_preamble": texts.SETTINGS_PREAMBLE,
        "next_steps": texts.NEXT_STEPS,
        "usage": texts.USAGE.format(patterns=json.dumps(select), others=", ".join(others)),
    }
    return {name: value for name, value in found.items() if value is not None}


def _maintenance(package: Package) -> str:
    return next((_STATUS[one] for one in package.classifiers if one in _STATUS), "unknown")
