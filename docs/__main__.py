"""Writes the pages made from the code: settings.md, streams.md. `--check` only compares."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.api.transport import group_of
from tap_ringcentral_calllog.config.schema import SCHEMA
from tap_ringcentral_calllog.streams.base import RingCentralStream
from tap_ringcentral_calllog.streams.file_stream import FileStream
from tap_ringcentral_calllog.streams.rows import RowStream
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).parent
_COLUMNS = (
    "stream",
    "one row is",
    "key",
    "bookmark",
    "route",
    "permissions",
    "rate group",
    "RingCentral keeps it",
)
_GENERATED = "<!-- Written by `make pages`. -->"
# Added by the SDK to every tap.
_SDKS = re.compile(r"stream_map.*|flattening_.*|faker_config")


def settings_page() -> str:
    """Return the page of settings, in Markdown."""
    lines = [
        "# Settings",
        _GENERATED,
        "",
        "Each setting is also an environment variable: `TAP_RINGCENTRAL_` followed by the name in",
        "capitals, with lists and numbers as JSON. In a Meltano project, use",
        "`meltano config set tap-ringcentral <name> <value>`. Without Meltano, the tap reads the",
        "variables if `--config=ENV` is given. A time is a day (`2026-01-31`, midnight UTC) or a",
        "time with its offset (`2026-01-31T08:00:00Z`).",
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
        "The SDK's settings `stream_maps`, `stream_map_config`, `faker_config`,",
        "`flattening_enabled`, `flattening_max_depth`, `flattening_max_key_length` and",
        "`flattening_separator` work as described at <https://sdk.meltano.com>.",
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
    streams = _streams()
    lines = [
        "# Streams and schemas",
        _GENERATED,
        "",
        "The table shows keys at account level. At extension level, `extensionId` is also part of",
        "the key of `call_log` and of the streams that come with it, except `call_recordings`.",
        "Routes are below `/restapi/v1.0/account/~`; at extension level, those of the call log are",
        "below `/extension/{id}`. The first permission is the app's, the second is the user's.",
        "",
        f"| {' | '.join(_COLUMNS)} |",
        "|---" * len(_COLUMNS) + "|",
        *(_row(stream) for stream in streams),
        "",
        "A field inside an object is written `object.field`, one in a list of objects",
        "`list[].field`.",
    ]
    for stream in streams:
        default = "" if stream.selected_by_default else " Not selected by default."
        about = f"One row is {stream.one_row}.{default}"
        lines += ["", f"## {stream.name}", "", about, "", "| field | type | |", "|---|---|---|"]
        lines += _fields(stream.schema["properties"])
    return "\n".join([*lines, ""])


def _streams() -> list[RingCentralStream]:
    tap = TapRingCentral(config={}, validate_config=False)
    return [stream for stream in tap.streams.values() if isinstance(stream, RingCentralStream)]


def _row(stream: RingCentralStream) -> str:
    """Return a stream's row of the table: its contract with RingCentral."""
    routes = [route for route in (stream.path, getattr(stream, "details", "")) if route]
    groups = [group_of(f"/restapi/v1.0/account/~{route}") for route in routes]
    if isinstance(stream, FileStream):
        routes.append(stream.file_address)
        groups.append("by the answer's header")
    bookmark = _names([stream.replication_key])
    asked = _names(routes)
    permissions = _names([stream.app_permission, stream.user_permission])
    if isinstance(stream, RowStream):
        bookmark = permissions = "as `call_log`"
        asked = "comes with `call_log`"
    cells = [
        f"[`{stream.name}`](#{stream.name})",
        stream.one_row,
        _names(stream.primary_keys or ()),
        bookmark,
        asked,
        permissions,
        ", ".join(dict.fromkeys(groups)),
        stream.kept,
    ]
    return f"| {' | '.join(cells)} |"


def _names(names: Iterable[str | None]) -> str:
    return ", ".join(f"`{name}`" for name in names if name) or "none"


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
        1 when an existing page differs from what the code makes, otherwise 0.
    """
    check = "--check" in sys.argv[1:]
    stale = [
        name
        for name, page in PAGES.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text() != page()
    ]
    for name in stale:
        done = "is out of date: run `make pages`" if check else "was out of date, and is written"
        print(f"docs/{name} {done}")  # noqa: T201 - a command's output
        if not check:
            (FOLDER / name).write_text(PAGES[name]())
    return int(check and bool(stale))


if __name__ == "__main__":
    logging.disable(logging.INFO)
    sys.exit(main())
