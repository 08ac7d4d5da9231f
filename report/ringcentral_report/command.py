"""The command `ringcentral-report`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ringcentral_report import times
from ringcentral_report.charts import CHARTS, FORMATS, draw
from ringcentral_report.errors import ReportError
from ringcentral_report.facts import gather
from ringcentral_report.page import page
from ringcentral_report.scope import Choice, Scope
from ringcentral_report.source import opened, project_settings

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., None]")


@click.group()
def main() -> None:
    """Make a report of the calls that tap-ringcentral has archived."""


def _option(name: str, help_: str, **how: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401 - whatever click takes
    how = {"envvar": _variable(name), "show_default": True, "help": help_, **how}
    return click.option(name, **how)


def _variable(option: str) -> str:
    return "RINGCENTRAL_REPORT_" + option.strip("-").replace("-", "_").upper()


def _several(name: str, help_: str) -> Callable[[_Function], _Function]:
    # click would split what a variable holds where a name has a space.
    return _option(name, f"{help_} Can be repeated.", multiple=True, envvar=None)


@main.command()
@_option(
    "--source",
    "postgresql://…, a file of DuckDB, or 'postgres' or 'duckdb' for the database of that loader. "
    "Default: the database of the loader that is set up.",
)
@_option("--schema", "Schema of the marts.", default="ringcentral")
@_option("--output", "The file to write. Default: report.html, or the chart's name.")
@_option(
    "--format",
    "The whole report, or a chart of it.",
    type=click.Choice(["html", *FORMATS]),
    default="html",
)
@_option("--chart", "The chart of a format other than html.", type=click.Choice([*CHARTS]))
@_option("--from", "First day to show, such as 2026-01-31. Default: the latest 30 days.")
@_option("--to", "Last day to show. Default: the latest.")
@_option("--time-zone", "The company's time zone, which the marts were built with.")
@_option("--account", "Id of the account. Default: all.")
@_several("--queue", "Only calls of this queue (name, number or id).")
@_several("--person", "Only calls of this person (name, number or id).")
@_several("--site", "Only calls of the people at this site.")
@_option("--anonymous", "Leave out numbers and names of callers.", is_flag=True)
def build(**options: Any) -> None:  # noqa: ANN401 - whatever click gives
    """Write the report as one HTML file."""
    try:
        _build(options)
    except (ReportError, OSError) as error:
        sys.stderr.write(f"ringcentral-report: {error}\n")
        sys.exit(1)


def _build(options: dict[str, Any]) -> None:
    text = {name: str(one) for name, one in options.items() if one not in {None, "", False, ()}}
    zone = text.get("time_zone") or _zone_of_dbt()
    if zone:
        times.zone(zone)
    choice = Choice(
        begin=times.day(text["from"], "--from") if "from" in text else None,
        end=times.day(text["to"], "--to") if "to" in text else None,
        zone=zone,
        account=text.get("account"),
        anonymous="anonymous" in text,
        queues=options["queue"] or _listed("--queue"),
        people=options["person"] or _listed("--person"),
        sites=options["site"] or _listed("--site"),
    )
    kind, name = text["format"], text.get("chart")
    if (kind == "html") is (name is not None):
        message = f"--format {kind} " + (
            "is the whole report: leave --chart out, or give --format svg, png or pdf"
            if name
            else f"needs the --chart to draw: {', '.join(CHARTS)}"
        )
        raise ReportError(message)
    output = Path(text.get("output", f"{name or 'report'}.{kind}"))
    if name and output.suffix != f".{kind}":
        message = f"--output {output} does not end with .{kind}, which --format says"
        raise ReportError(message)
    with opened(text.get("source"), text["schema"]) as marts:
        scope = Scope(marts, choice)
        made = draw(scope, name, kind) if name else page(gather(scope)).encode()
    _write(output, made)
    sys.stdout.write(f"{output.resolve()}\n")


def _write(output: Path, made: bytes) -> None:
    """Write a file; whoever opens it meanwhile finds the old one."""
    unfinished = output.with_name(f".{output.name}.unfinished")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(made)
            unfinished.replace(output)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        message = f"--output {output} cannot be written: {error.strerror}"
        raise ReportError(message) from None


def _listed(option: str) -> tuple[str, ...]:
    """Return what the option's variable holds: a name, or JSON's array of names, as of Meltano."""
    variable = _variable(option)
    text = os.environ.get(variable, "")
    if not text.startswith("["):
        return (text,) if text else ()
    try:
        return tuple(map(str, json.loads(text)))
    except ValueError:
        message = f'{variable} is not a list of names, such as ["Sales", "Support"]'
        raise ReportError(message) from None


def _zone_of_dbt() -> str | None:
    """Return the time zone that the marts are built with, where a setting tells it."""
    for name in ("POSTGRES", "DUCKDB"):
        if zone := os.environ.get(f"DBT_{name}_TIME_ZONE"):
            return zone
    for name in ("postgres", "duckdb"):
        if zone := project_settings(f"dbt-{name}").get("time_zone"):
            return str(zone)
    return None
