"""Writes the pages that follow from the code: settings.md, streams.md. `--check` compares only."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Stream

FOLDER = Path(__file__).parent
_GENERATED = "<!-- Written by `make pages`. -->"
# Added by the SDK to every tap.
_SDKS = re.compile(r"stream_map.*|flattening_.*|faker_config")


def settings_page() -> str:
    """Return the page of settings, in Markdown."""
    lines = [
        "# Settings",
        _GENERATED,
        "",
        "Each is an environment variable as well: `TAP_RINGCENTRAL_` and the name in capitals.",
        "In a Meltano project `meltano config set tap-ringcentral <name> <value>` sets it. Dates",
        "are a day or a time, in UTC unless they name a zone. In environment variables lists and",
        "numbers are JSON.",
        "",
        "| setting | type | default | |",
        "|---|---|---|---|",
    ]
    required = set(SCHEMA.get("required", ()))
    for name, spec in SCHEMA["properties"].items():
        if _SDKS.fullmatch(name):
            continue
        default = spec.get("default")
        shown = f"`{default if isinstance(default, str) else json.dumps(default)}`"
        marks = ["required"] * (name in required) + ["secret"] * bool(spec.get("secret"))
        about = f" ({', '.join(marks)})" if marks else ""
        lines.append(
            f"| `{name}` | {_type(spec)} | {'' if default is None else shown} "
            f"| {spec['description']}{about} |"
        )
    lines += [
        "",
        "Of the SDK's own settings `stream_maps`, `stream_map_config`, `faker_config`,",
        "`flattening_enabled`, `flattening_max_depth`, `flattening_max_key_length` and",
        "`flattening_separator` work as <https://sdk.meltano.com> says.",
        "",
        "## Not offered",
        "",
        "The tap refuses two settings that the SDK offers for every tap, because either would lose",
        "or hide archived calls:",
        "",
        "- `batch_config`: batch files bypass stream maps and deselection.",
        "- `emit_activate_version_messages`: they would mark the archive as deleted.",
        "",
    ]
    return "\n".join(lines)


def streams_page() -> str:
    """Return the page of streams and their columns, in Markdown."""
    tap = TapRingCentral(config={}, validate_config=False)
    lines = [
        "# Streams and schemas",
        _GENERATED,
        "",
        "At account level. At extension level `extensionId` is part of the key of `call_log` and",
        "of what comes with it. Routes, permissions, rate-limit groups and how long RingCentral",
        "keeps what: see the table in the [README](../README.md#streams). A field inside of an",
        "object is written `object.field`, one in a list of objects `list[].field`.",
        "",
    ]
    lines += [f"- [{name}](#{name})" for name in tap.streams]
    for name, stream in tap.streams.items():
        lines += ["", f"## {name}", "", *_about(stream), "", "| field | type | |", "|---|---|---|"]
        lines += _fields(stream.schema["properties"])
    return "\n".join([*lines, ""])


def _about(stream: Stream) -> list[str]:
    text = " ".join((type(stream).__doc__ or "").split("\n\n")[0].split())
    key = ", ".join(f"`{one}`" for one in stream.primary_keys or ())
    bookmark = f"`{stream.replication_key}`" if stream.replication_key else "none"
    default = "" if stream.selected_by_default else " Not selected by default."
    description = f"{text} " if text and "table" not in text else ""
    return [f"{description}Key: {key}. Bookmark: {bookmark}.{default}"]


def _fields(properties: dict[str, Any], path: str = "") -> Iterator[str]:
    for name, spec in properties.items():
        here = f"{path}{name}"
        yield f"| `{here}` | {_type(spec)} | {spec.get('description', '')} |"
        yield from _fields(spec.get("properties", {}), f"{here}.")
        yield from _fields(spec.get("items", {}).get("properties", {}), f"{here}[].")


def _type(spec: dict[str, Any]) -> str:
    kinds = [kind for kind in spec.get("type", ["string"]) if kind != "null"]
    kind = "time" if spec.get("format") == "date-time" else kinds[0]
    return f"{kind}, not null" if "null" not in spec.get("type", ["null"]) else kind


PAGES = {"settings.md": settings_page, "streams.md": streams_page}


def main() -> int:
    """Write the pages, or compare them with what is there.

    Returns:
        1 when a page that is there is another one than the code makes, else 0.
    """
    logging.disable(logging.INFO)
    check = "--check" in sys.argv[1:]
    stale = [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text() != page()
    ]
    for name in stale:
        print(f"docs/{name} is not what the code says: make pages")  # noqa: T201 - a command's output
        if not check:
            (FOLDER / name).write_text(PAGES[name]())
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
