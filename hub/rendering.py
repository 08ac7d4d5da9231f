"""The definition as YAML, in the form that the Hub's yamllint requires."""

from __future__ import annotations

from typing import Any

import yaml


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as literal blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else "")


_Dumper.add_representer(str, _text)


def rendered(definition: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the definition as YAML, its keys in order."""
    return yaml.dump(definition, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=100)
